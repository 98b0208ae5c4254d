//! Points of one scan, or of both: CSV with the columns of landmarks, of which one scan's three are enough.
//!
//! `x, y, z` are read as those of the scan that is asked for. Millimetres, RAS; a row whose column `frame` says `lps`
//! is converted. Without `id` a point is called by its row.

use std::path::Path;

use delta_table::{Sheet, Table, TableError};

use super::IoError;
use super::landmarks::{LandmarkFault, frame_signs};
use crate::geometry::{Fixed, Moving, World};

/// A scan of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The follow-up.
    Fixed,
    /// The baseline.
    Moving,
}

/// A point with what is known of it.
#[derive(Clone, Debug, PartialEq)]
pub struct PointRow {
    /// Its name.
    pub id: String,
    /// Where it lies in the fixed scan.
    pub fixed: Option<World<Fixed>>,
    /// Where it lies in the moving scan.
    pub moving: Option<World<Moving>>,
}

/// Coordinates per row, `None` where a row has none.
type Coordinates = Vec<Option<[f64; 3]>>;

const FIXED: [&str; 3] = ["fixed_x", "fixed_y", "fixed_z"];
const MOVING: [&str; 3] = ["moving_x", "moving_y", "moving_z"];
const BARE: [&str; 3] = ["x", "y", "z"];

/// Reads points; those of `side` must be complete, the other scan's are taken where they are.
pub fn read_points(path: &Path, side: Side) -> Result<Vec<PointRow>, IoError> {
    let refuse = |fault| IoError::Landmarks { path: path.to_owned(), fault };
    let bad = |e| match e {
        TableError::File(e) => IoError::file(path, e),
        _ if !path.is_file() => IoError::file(path, std::io::ErrorKind::NotFound.into()),
        e => refuse(LandmarkFault::Table(e.to_string().replace('\n', " "))),
    };
    let sheet = Sheet::read_csv(path).map_err(bad)?;
    let names = sheet.names();
    let has = |columns: [&str; 3]| columns.iter().all(|c| names.iter().any(|n| n == c));
    let (own, other) = match side {
        Side::Fixed => (FIXED, MOVING),
        Side::Moving => (MOVING, FIXED),
    };
    let own = if !has(own) && has(BARE) { BARE } else { own };
    let rows = sheet.rows();
    if rows == 0 {
        return Err(refuse(LandmarkFault::Empty));
    }
    let ids = if names.iter().any(|n| n == "id") { sheet.text("id").map_err(bad)? } else { vec![None; rows] };
    let signs = frame_signs(&sheet).map_err(bad)?.map_err(refuse)?;
    let coordinates = |columns: [&'static str; 3]| -> Result<Coordinates, IoError> {
        let mut cells = Vec::new();
        for column in columns {
            cells.push(sheet.numbers(column).map_err(bad)?);
        }
        let finite = |c: usize, row: usize| -> Option<f64> { cells[c][row].filter(|v| v.is_finite()) };
        let point = |row: usize| -> Result<Option<[f64; 3]>, LandmarkFault> {
            if cells.iter().all(|c| c[row].is_none()) {
                return Ok(None);
            }
            let mut p = [0.0; 3];
            for (c, column) in columns.into_iter().enumerate() {
                p[c] = finite(c, row).ok_or(LandmarkFault::Coordinate { row: row + 1, column })?;
            }
            Ok(Some([signs[row] * p[0], signs[row] * p[1], p[2]]))
        };
        (0..rows).map(point).collect::<Result<_, _>>().map_err(refuse)
    };
    let given = coordinates(own)?;
    if let Some(row) = given.iter().position(Option::is_none) {
        return Err(refuse(LandmarkFault::Coordinate { row: row + 1, column: own[0] }));
    }
    let beside = if has(other) { coordinates(other)? } else { vec![None; rows] };
    let (fixed, moving) = match side {
        Side::Fixed => (given, beside),
        Side::Moving => (beside, given),
    };
    let row = |n: usize| PointRow {
        id: ids[n].clone().unwrap_or_else(|| (n + 1).to_string()),
        fixed: fixed[n].map(|[x, y, z]| World::new(x, y, z)),
        moving: moving[n].map(|[x, y, z]| World::new(x, y, z)),
    };
    Ok((0..rows).map(row).collect())
}

/// A point and what a transform made of it.
#[derive(Clone, Debug, PartialEq)]
pub struct MappedPoint {
    /// Its name.
    pub id: String,
    /// In the fixed scan.
    pub fixed: World<Fixed>,
    /// In the moving scan.
    pub moving: World<Moving>,
    /// How far from the moving point the fixed one is mapped, in mm, where the inverse was asked for.
    pub residual_mm: Option<f64>,
    /// Distance in mm to where the table had the point in the other scan.
    pub distance_mm: Option<f64>,
}

/// Writes mapped points in RAS millimetres; a column that no row fills is left out.
pub fn write_points(path: &Path, points: &[MappedPoint]) -> Result<(), IoError> {
    let refuse = |e: TableError| match e {
        TableError::File(e) => IoError::write(path, e),
        e => IoError::Landmarks { path: path.to_owned(), fault: LandmarkFault::Table(e.to_string()) },
    };
    let mut table = Table::new();
    table.text("id", points.iter().map(|p| Some(p.id.as_str())));
    for (c, column) in FIXED.into_iter().enumerate() {
        table.numbers(column, points.iter().map(|p| Some(p.fixed.point()[c]))).map_err(refuse)?;
    }
    for (c, column) in MOVING.into_iter().enumerate() {
        table.numbers(column, points.iter().map(|p| Some(p.moving.point()[c]))).map_err(refuse)?;
    }
    for (column, value) in [
        ("residual_mm", (|p| p.residual_mm) as fn(&MappedPoint) -> Option<f64>),
        ("distance_mm", |p| p.distance_mm),
    ] {
        if points.iter().any(|p| value(p).is_some()) {
            table.numbers(column, points.iter().map(value)).map_err(refuse)?;
        }
    }
    table.text("frame", points.iter().map(|_| Some("ras")));
    table.write_csv(path).map_err(refuse)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::Diagnose as _;

    fn read(text: &str, side: Side) -> Result<Vec<PointRow>, IoError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p.csv");
        std::fs::write(&path, text).unwrap();
        read_points(&path, side)
    }

    #[test]
    fn one_scan_is_enough_and_lps_is_converted() {
        let rows = read("x,y,z,frame\n1,2,3,lps\n4,5,6,\n", Side::Moving).unwrap();
        assert_eq!(rows[0].moving, Some(World::new(-1.0, -2.0, 3.0)));
        assert_eq!((rows[1].moving, rows[1].fixed), (Some(World::new(4.0, 5.0, 6.0)), None));
        assert_eq!(rows[1].id, "2");
        let rows = read("id,fixed_x,fixed_y,fixed_z\na,1,2,3\n", Side::Fixed).unwrap();
        assert_eq!((rows[0].id.as_str(), rows[0].fixed), ("a", Some(World::new(1.0, 2.0, 3.0))));
    }

    #[test]
    fn the_other_scan_is_taken_where_it_is() {
        let head = "id,fixed_x,fixed_y,fixed_z,moving_x,moving_y,moving_z";
        let rows = read(&format!("{head}\na,1,2,3,4,5,6\nb,1,2,3,,,\n"), Side::Fixed).unwrap();
        assert_eq!((rows[0].moving, rows[1].moving), (Some(World::new(4.0, 5.0, 6.0)), None));
        let code = |text: String, side| read(&text, side).unwrap_err().code();
        assert_eq!(code(format!("{head}\nb,1,2,3,,,\n"), Side::Moving), "E-LANDMARKS-NUMBER");
        assert_eq!(code(format!("{head}\nb,1,2,3,4,,\n"), Side::Fixed), "E-LANDMARKS-NUMBER");
        assert_eq!(code("fixed_x,fixed_y\n1,2\n".into(), Side::Fixed), "E-LANDMARKS-TABLE");
        assert_eq!(code("x,y,z\n".into(), Side::Fixed), "E-LANDMARKS-EMPTY");
    }

    #[test]
    fn what_is_written_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p.csv");
        let point = MappedPoint {
            id: "carina".into(),
            fixed: World::new(0.1, -2.25, 1e-9),
            moving: World::new(1.0, 2.0, -3.3),
            residual_mm: Some(1e-7),
            distance_mm: None,
        };
        write_points(&path, std::slice::from_ref(&point)).unwrap();
        let head = std::fs::read_to_string(&path).unwrap();
        assert!(
            head.starts_with("id,fixed_x,fixed_y,fixed_z,moving_x,moving_y,moving_z,residual_mm,frame\n")
        );
        let back = read_points(&path, Side::Fixed).unwrap();
        assert_eq!((back[0].fixed, back[0].moving), (Some(point.fixed), Some(point.moving)));
    }
}
