//! The scans as they are stored as a start of the spline.
//!
//! Where most of the body moves by itself (a breathing abdomen), no rigid motion is right, and the one found may lead
//! the spline astray; most serial scans share a table position. So the spline's first level is tried from both, on voxels
//! twice as large, which costs an eighth. The rigid motion keeps the place unless it loses clearly: where a patient lay
//! elsewhere the scans as stored lose by far.

use crate::geometry::{Fixed, Moving};
use crate::transform::Transform;
use crate::volume::Volume;

use super::level::Level;
use super::run::Given;
use super::settings::{RegisterSettings, SplineLevel};
use super::spline::improve;

/// A rigid motion that moves the corners of the scan by less on average (mm) is no other start than none.
const NOTICEABLE_MM: f64 = 3.0;
/// Share of the cost by which the scans as stored must be ahead. Coarse voxels exaggerate: 3 % on a breathing liver
/// became 0.2 % at the level's own voxels, and changed nothing at its landmarks.
const CLEARLY_AHEAD: f64 = 0.05;
/// Enough iterations to see which of the two gets further.
const MOST_ITERATIONS: usize = 30;

/// Whether the first level of the spline gets further from the scans as they are stored than from the rigid motion.
pub fn stands_as_stored(
    fixed: &Volume<f32, Fixed>,
    moving: &Volume<f32, Moving>,
    rigid: &Transform,
    given: &Given,
    settings: &RegisterSettings,
) -> bool {
    let grid = fixed.grid();
    let stored = Transform::identity();
    let moved = grid.corners().map(|c| rigid.apply(c).distance(stored.apply(c)));
    if moved.iter().sum::<f64>() / 8.0 < NOTICEABLE_MM {
        return false;
    }
    let first = settings.levels[0];
    let iterations = first.iterations.min(MOST_ITERATIONS);
    let first = SplineLevel { voxel_mm: 2.0 * first.voxel_mm, iterations, ..first };
    let level = Level::new(fixed, moving, first.voxel_mm, settings.radius);
    let excluded = given.excluded(&level, settings);
    let cost = |from| improve(grid, &level, &first, from, &excluded, settings).1.after;
    let (from_rigid, from_stored) = (cost(rigid), cost(&stored));
    from_rigid - from_stored > CLEARLY_AHEAD * from_rigid.abs()
}
