//! Corresponding points: CSV `id, fixed_x, fixed_y, fixed_z, moving_x, moving_y, moving_z`, RAS millimetres.
//!
//! Further columns are ignored, but one: a row whose column `frame` says `lps` is converted.

use std::path::Path;

use delta_table::{Sheet, Table, TableError};
use thiserror::Error;

use super::IoError;
use crate::diagnose::Diagnose;
use crate::geometry::{Fixed, Moving, World};

/// The same piece of anatomy in both scans.
#[derive(Clone, Debug, PartialEq)]
pub struct Landmark {
    /// Its name.
    pub id: String,
    /// In the follow-up scan.
    pub fixed: World<Fixed>,
    /// In the baseline scan.
    pub moving: World<Moving>,
}

/// Why a table of landmarks is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LandmarkFault {
    /// It is no such table.
    #[error("{0}")]
    Table(String),
    /// A coordinate is missing or not finite.
    #[error("row {row}: {column} is no finite number")]
    Coordinate {
        /// Row, the first after the header is 1.
        row: usize,
        /// Column.
        column: &'static str,
    },
    /// A frame that is not known.
    #[error("row {row}: frame {word:?} is neither ras nor lps")]
    Frame {
        /// Row, the first after the header is 1.
        row: usize,
        /// What stands there.
        word: String,
    },
    /// No rows.
    #[error("there are no landmarks")]
    Empty,
}

impl Diagnose for LandmarkFault {
    fn code(&self) -> &'static str {
        match self {
            Self::Table(_) => "E-LANDMARKS-TABLE",
            Self::Coordinate { .. } => "E-LANDMARKS-NUMBER",
            Self::Frame { .. } => "E-LANDMARKS-FRAME",
            Self::Empty => "E-LANDMARKS-EMPTY",
        }
    }
    fn hint(&self) -> String {
        "The columns are id, fixed_x, fixed_y, fixed_z, moving_x, moving_y, moving_z, in RAS millimetres (a column \
         frame may say lps)."
            .into()
    }
}

const COLUMNS: [&str; 6] = ["fixed_x", "fixed_y", "fixed_z", "moving_x", "moving_y", "moving_z"];

/// Reads landmarks.
pub fn read_landmarks(path: &Path) -> Result<Vec<Landmark>, IoError> {
    let refuse = |fault| IoError::Landmarks { path: path.to_owned(), fault };
    let bad = |e| match e {
        TableError::File(e) => IoError::file(path, e),
        // A folder or a missing file is told here by some readers.
        _ if !path.is_file() => IoError::file(path, std::io::ErrorKind::NotFound.into()),
        e => refuse(LandmarkFault::Table(e.to_string().replace('\n', " "))),
    };
    let sheet = Sheet::read_csv(path).map_err(bad)?;
    let ids = sheet.text("id").map_err(bad)?;
    let signs = frame_signs(&sheet).map_err(bad)?.map_err(refuse)?;
    let mut numbers = Vec::new();
    for column in COLUMNS {
        numbers.push(sheet.numbers(column).map_err(bad)?);
    }
    if ids.is_empty() {
        return Err(refuse(LandmarkFault::Empty));
    }
    let landmark = |row: usize| -> Result<Landmark, LandmarkFault> {
        let mut v = [0.0; 6];
        for (n, column) in COLUMNS.into_iter().enumerate() {
            let cell = numbers[n][row].filter(|c| c.is_finite());
            v[n] = cell.ok_or(LandmarkFault::Coordinate { row: row + 1, column })?;
        }
        let sign = signs[row];
        Ok(Landmark {
            id: ids[row].clone().unwrap_or_else(|| row.to_string()),
            fixed: World::new(sign * v[0], sign * v[1], v[2]),
            moving: World::new(sign * v[3], sign * v[4], v[5]),
        })
    };
    (0..ids.len()).map(landmark).collect::<Result<_, _>>().map_err(refuse)
}

/// The factor of x and y of each row: -1 where its `frame` says `lps`.
pub(super) fn frame_signs(sheet: &Sheet) -> Result<Result<Vec<f64>, LandmarkFault>, TableError> {
    if !sheet.names().iter().any(|n| n == "frame") {
        return Ok(Ok(vec![1.0; sheet.rows()]));
    }
    let sign = |(row, frame): (usize, Option<String>)| match frame.map(|f| f.trim().to_lowercase()).as_deref()
    {
        None | Some("" | "ras") => Ok(1.0),
        Some("lps") => Ok(-1.0),
        Some(word) => Err(LandmarkFault::Frame { row: row + 1, word: word.to_owned() }),
    };
    Ok(sheet.text("frame")?.into_iter().enumerate().map(sign).collect())
}

/// Writes landmarks in RAS millimetres.
pub fn write_landmarks(path: &Path, landmarks: &[Landmark]) -> Result<(), IoError> {
    let refuse = |e: TableError| IoError::Landmarks {
        path: path.to_owned(),
        fault: LandmarkFault::Table(e.to_string()),
    };
    let mut table = Table::new();
    table.text("id", landmarks.iter().map(|l| Some(l.id.as_str())));
    for (n, column) in COLUMNS.into_iter().enumerate() {
        let cell = |l: &Landmark| if n < 3 { l.fixed.point()[n] } else { l.moving.point()[n - 3] };
        table.numbers(column, landmarks.iter().map(|l| Some(cell(l)))).map_err(refuse)?;
    }
    table.write_csv(path).map_err(|e| match e {
        TableError::File(e) => IoError::write(path, e),
        e => refuse(e),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Landmark>, IoError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("l.csv");
        std::fs::write(&path, text).unwrap();
        read_landmarks(&path)
    }
    const HEAD: &str = "id,fixed_x,fixed_y,fixed_z,moving_x,moving_y,moving_z";

    #[test]
    fn lps_rows_are_converted_and_further_columns_ignored() {
        let read =
            read(&format!("{HEAD},region,frame\na,1,2,3,4,5,6,lung,ras\nb,1,2,3,4,5,6,,lps\n")).unwrap();
        assert_eq!(read[0].fixed, World::new(1.0, 2.0, 3.0));
        assert_eq!(
            (read[1].fixed, read[1].moving),
            (World::new(-1.0, -2.0, 3.0), World::new(-4.0, -5.0, 6.0))
        );
    }

    #[test]
    fn landmarks_come_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("l.csv");
        let landmarks = vec![Landmark {
            id: "carina".into(),
            fixed: World::new(0.1, -2.25, 1e-9),
            moving: World::new(1.0, 2.0, -3.3),
        }];
        write_landmarks(&path, &landmarks).unwrap();
        assert_eq!(read_landmarks(&path).unwrap(), landmarks);
    }

    #[test]
    fn bad_tables_are_refused() {
        let code = |text: &str| read(text).unwrap_err().code();
        assert_eq!(code("id,fixed_x\n1,2\n"), "E-LANDMARKS-TABLE");
        assert_eq!(code(&format!("{HEAD}\n1,1,2,3,4,5,\n")), "E-LANDMARKS-NUMBER");
        assert_eq!(code(&format!("{HEAD}\n1,1,2,3,4,5,inf\n")), "E-LANDMARKS-NUMBER");
        assert_eq!(code(&format!("{HEAD}\n1,1,2,3,4,5,six\n")), "E-LANDMARKS-TABLE");
        assert_eq!(code(&format!("{HEAD},frame\n1,1,2,3,4,5,6,scanner\n")), "E-LANDMARKS-FRAME");
        assert_eq!(read_landmarks(Path::new("no/such.csv")).unwrap_err().code(), "E-FILE-MISSING");
    }
}
