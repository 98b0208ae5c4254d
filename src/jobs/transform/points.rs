//! `delta transform points`: points of one scan in the other.

use std::path::Path;

use serde::Serialize;

use super::probe::{Domain, probe};
use super::{Done, Given};
use crate::io::points::{MappedPoint, PointRow, Side, read_points, write_points};
use crate::jobs::Failure;
use crate::numeric::sum::mean;
use crate::store::OutputFile;
use crate::transform::{Chain, PointMap};

/// An inverse that misses its point by more is told, in mm.
const MISSED_MM: f64 = 0.01;

/// Mean and largest of some distances in mm.
#[derive(Clone, Copy, Debug, Serialize)]
struct Distances {
    mean: f64,
    max: f64,
}

impl Distances {
    fn of(values: impl Iterator<Item = f64>) -> Option<Self> {
        let values: Vec<f64> = values.collect();
        Some(Self { mean: mean(&values)?, max: values.iter().copied().fold(0.0, f64::max) })
    }
}

/// Takes the points of a table from `side` to the other scan.
pub fn points(given: &Given, table: &Path, side: Side) -> Result<Done, Failure> {
    let file = given.read()?;
    let rows = read_points(table, side)?;
    let (grid, moving) = (given.known_fixed(&file)?, given.known_moving()?);
    let lattice = file.chain.lattice().map(Domain::Lattice);
    let domain = grid.as_ref().map(Domain::Grid).or(lattice);
    let warning = probe(&rows, side, &file.chain, domain, moving.as_ref());
    let mapped: Vec<MappedPoint> = rows.iter().filter_map(|row| map(row, side, &file.chain)).collect();
    let out = OutputFile::begin(&given.out, given.existing)?;
    write_points(out.path(), &mapped)?;
    out.publish()?;

    let moved = Distances::of(mapped.iter().map(|p| (p.moving.point() - p.fixed.point()).norm()));
    let residual = Distances::of(mapped.iter().filter_map(|p| p.residual_mm));
    let distance = Distances::of(mapped.iter().filter_map(|p| p.distance_mm));
    let missed = mapped.iter().filter(|p| p.residual_mm.is_some_and(|r| r > MISSED_MM)).count();
    let outside = domain.map(|domain| mapped.iter().filter(|p| !domain.holds(p.fixed)).count());
    let (from, to) = match side {
        Side::Fixed => ("fixed", "moving"),
        Side::Moving => ("moving", "fixed"),
    };
    let mut lines = vec![format!("Points:     {} of the {from} scan, taken to the {to} scan", mapped.len())];
    if let Some(moved) = moved {
        lines.push(format!("Moved:      {:.2} mm in the mean, {:.2} mm at most", moved.mean, moved.max));
    }
    if let Some(r) = residual {
        lines.push(format!(
            "Residual:   {:.2e} mm in the mean, {:.2e} mm at most; {missed} points above {MISSED_MM} mm",
            r.mean, r.max
        ));
    }
    if let Some(d) = distance {
        lines.push(format!(
            "Distance:   {:.2} mm in the mean to the table's own, {:.2} mm at most",
            d.mean, d.max
        ));
    }
    if let Some(outside) = outside.filter(|n| *n > 0) {
        lines.push(format!("Outside:    {outside} points lie outside of where the transform was made"));
    }
    lines.extend(warning.map(|warning| format!("Warning:    {warning}")));
    lines.push(format!("Result:     {} (RAS millimetres)", given.out.display()));
    let json = serde_json::json!({
        "out": given.out, "points": mapped.len(), "from": from, "to": to, "moved_mm": moved,
        "residual_mm": residual, "above_residual": missed, "distance_mm": distance, "outside": outside,
        "warning": warning, "warning_text": warning.map(|w| w.to_string()),
    });
    Ok(Done { summary: lines.join("\n"), json, out: given.out.clone(), is_partial: false })
}

/// A row in both scans; rows without the point that is asked for were refused when they were read.
fn map(row: &PointRow, side: Side, chain: &Chain) -> Option<MappedPoint> {
    let id = row.id.clone();
    Some(match side {
        Side::Fixed => {
            let fixed = row.fixed?;
            let moving = chain.apply(fixed);
            let distance_mm = row.moving.map(|q| q.distance(moving));
            MappedPoint { id, fixed, moving, residual_mm: None, distance_mm }
        }
        Side::Moving => {
            let moving = row.moving?;
            let found = chain.inverse(moving);
            let distance_mm = row.fixed.map(|p| p.distance(found.point));
            MappedPoint { id, fixed: found.point, moving, residual_mm: Some(found.residual_mm), distance_mm }
        }
    })
}
