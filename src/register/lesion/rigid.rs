//! The lesion as a rigid body in a field that bends: it shifts and turns, and its surroundings give way. Of several
//! lesions each is a body of its own.
//!
//! For what does not deform with its surroundings: a calcified or sclerotic lesion, a dense nodule in soft lung. The
//! lesion stays out of the metric, so that its surroundings say where it is and a border that shrank does not drag it;
//! the field around it goes down the same cost as the followed contour's, plus a weight times how far the lesion is
//! from moving rigidly (`rigidity.rs`). After each descent the rigid motion is
//! fitted anew, the points that it takes onto the lesion replace the former, and the weight grows, until the lesion is
//! rigid to 0.2 mm.

use nalgebra::Vector3;

use crate::geometry::{Fixed, Grid, Index, Moving, World};
use crate::labels::Mask;
use crate::register::RegionsLeftOut;
use crate::register::settings::RegisterSettings;
use crate::transform::{Transform, box_corners};
use crate::volume::Volume;

use super::Refined;
use super::rigidity::{best_rigid, rms_mm};
use super::window::{Hold, Neighbourhood};

/// How far a lesion may be from a rigid motion, root mean square, in mm.
pub const TOLERANCE_MM: f64 = 0.2;
/// First weight per mm2. Following a border gains some 0.1 of the metric; a lesion 1 mm off rigid costs five times that.
const FIRST_WEIGHT: f64 = 0.5;
/// The weight grows by this.
const GROWTH: f64 = 4.0;
/// Most descents of a level.
const ROUNDS: usize = 6;
/// At most about so many voxels stand for a lesion: in a ball of 30 mm they are 3 mm apart, closer than the controls.
const VOXELS: usize = 4000;

/// Holds each connected part of the lesion rigid inside the carried transform; `None` where the lesion is outside the
/// scan, or where no field without a fold holds it to [`TOLERANCE_MM`].
pub fn move_rigidly(
    fixed: &Volume<f32, Fixed>,
    moving: &Volume<f32, Moving>,
    carried: &Transform,
    lesion: &Mask<Moving>,
    left_out: RegionsLeftOut,
    settings: &RegisterSettings,
) -> Option<Refined> {
    let around = Neighbourhood::new(fixed, moving, carried, lesion, settings)?;
    let (mut now, mut previous) = (carried.clone(), carried.clone());
    let mut levels = Vec::new();
    let parts = lesion.parts();
    let mut bodies = Bodies::under(carried, &parts)?;
    let mut weight = FIRST_WEIGHT;
    for of in &settings.follow.levels {
        // The border of a lesion that shrank would drag it to one side.
        let level = around.level(of, &now, &left_out)?;
        let before = now.clone();
        for round in 0..ROUNDS {
            if round > 0 {
                if bodies.residual_mm < TOLERANCE_MM {
                    break;
                }
                weight *= GROWTH;
            }
            let (next, log) = level.improve(&now, Some(&Hold { bodies: &bodies.points, weight }))?;
            now = next;
            levels.push(log);
            bodies = Bodies::under(&now, &parts)?;
        }
        previous = before;
    }
    let held = bodies.residual_mm < TOLERANCE_MM;
    held.then_some(Refined { transform: now, previous_level: previous, levels })
}

/// How far a transform is from moving each part of the lesion rigidly: the root mean square distance in mm of the
/// worst part. `None` where no point of the follow-up is taken to the lesion.
pub fn residual_mm(transform: &Transform, lesion: &Mask<Moving>) -> Option<f64> {
    Some(Bodies::under(transform, &lesion.parts())?.residual_mm)
}

/// The parts of a lesion under a transform, seen as rigid bodies.
struct Bodies {
    /// Where the rigid motion of each has its voxels at follow-up.
    points: Vec<Vec<World<Fixed>>>,
    /// Of the worst one.
    residual_mm: f64,
}

impl Bodies {
    /// `None` where nothing is taken to any part.
    fn under(transform: &Transform, parts: &[Mask<Moving>]) -> Option<Self> {
        let (mut points, mut residual_mm) = (Vec::new(), 0.0_f64);
        for part in parts {
            let stride = (part.count() / VOXELS).max(1);
            let held = || part.voxels().step_by(stride).flat_map(|voxel| corners(part.grid(), voxel));
            let (mut from, mut to): (Vec<Vector3<f64>>, Vec<Vector3<f64>>) = (Vec::new(), Vec::new());
            for q in held() {
                let back = transform.inverse(q);
                if back.residual_mm < 0.5 * TOLERANCE_MM {
                    from.push(back.point.point().coords);
                    to.push(q.point().coords);
                }
            }
            if from.is_empty() {
                continue;
            }
            let motion = best_rigid(&from, &to);
            residual_mm = residual_mm.max(rms_mm(&motion, &from, &to));
            // All of them, not those alone that the transform reaches now.
            points.push(held().map(|q| motion.apply_inverse(q)).collect());
        }
        (!points.is_empty()).then_some(Self { points, residual_mm })
    }
}

/// The corners of a voxel: a lesion is as large as its voxels, and not as their centres.
fn corners(grid: &Grid<Moving>, voxel: [usize; 3]) -> impl Iterator<Item = World<Moving>> + '_ {
    let centre = voxel.map(|n| n as f64);
    let corners = box_corners(centre.map(|c| c - 0.5), centre.map(|c| c + 0.5));
    corners.into_iter().map(|p| grid.world_of(Index::from_point(p)))
}
