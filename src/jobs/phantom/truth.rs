//! What is known of a pair because it was made.

use serde::Serialize;

use super::scan::{Label, Scan, Scene};
use crate::geometry::{Fixed, Grid, Index, Moving, World};
use crate::numeric::random::Random;
use crate::numeric::sum::blocks;
use crate::volume::Volume;

/// A point of the follow-up and the same tissue at baseline.
#[derive(Clone, Debug, PartialEq)]
pub struct Landmark {
    /// In the follow-up.
    pub fixed: World<Fixed>,
    /// At baseline.
    pub moving: World<Moving>,
    /// The labelled region it lies in, else `body`.
    pub region: &'static str,
}

/// Number of landmarks.
const LANDMARKS: usize = 200;
/// Landmarks keep this far below the skin.
const BELOW_SKIN_MM: f64 = 5.0;
/// Landmarks keep this far from the border of the shrinking lesion, whose tissue partly has no counterpart.
const FROM_LESION_MM: f64 = 8.0;

/// The map between two scenes of one body: from follow-up to baseline.
#[derive(Clone, Copy, Debug)]
pub struct TrueMap<'a> {
    /// Baseline.
    pub t0: &'a Scene<'a>,
    /// Follow-up.
    pub t1: &'a Scene<'a>,
}

impl TrueMap<'_> {
    /// Where a point of the follow-up lay at baseline.
    pub fn apply(&self, p: World<Fixed>) -> World<Moving> {
        World::from_point(self.t0.motion.in_scan(self.t1.motion.in_body(p.point())))
    }

    /// Displacement in mm, RAS, at each voxel centre.
    pub fn displacement(&self, grid: &Grid<Fixed>) -> Volume<[f32; 3], Fixed> {
        let vectors = over_voxels(grid, |p| {
            let u = self.apply(p).point() - p.point();
            [u.x as f32, u.y as f32, u.z as f32]
        });
        Volume::new(grid.clone(), vectors)
    }

    /// Range of the Jacobian determinant over the voxel centres of the follow-up's grid.
    pub fn jacobian_range(&self, grid: &Grid<Fixed>) -> [f64; 2] {
        // Poses keep volumes, so the follow-up's deformation is all there is.
        let jacobians = over_voxels(grid, |p| self.t1.motion.jacobian(p.point()));
        jacobians.into_iter().fold([f64::INFINITY, 0.0], |[low, high], j| [low.min(j), high.max(j)])
    }

    /// Random points of the body that both scans see, away from the skin and the shrinking lesion.
    pub fn landmarks(
        &self,
        random: &mut Random,
        fixed: &Grid<Fixed>,
        moving: &Grid<Moving>,
    ) -> Vec<Landmark> {
        let mut found = Vec::with_capacity(LANDMARKS);
        while found.len() < LANDMARKS {
            let [i, j, k] = fixed.dims().map(|n| random.between(0.05, 0.95) * (n as f64 - 1.0));
            let index = Index::new(i, j, k);
            let p = fixed.world_of(index);
            let q = self.apply(p);
            let near_lesion = self.t1.lesion_distance(p.point()) < FROM_LESION_MM
                || self.t0.lesion_distance(q.point()) < FROM_LESION_MM;
            let depth = self.t1.anatomy.depth(self.t1.motion.in_body(p.point()));
            if !near_lesion && depth < -BELOW_SKIN_MM && moving.holds(moving.index_of(q)) {
                let region = self.t1.label(p.point()).map_or("body", Label::name);
                found.push(Landmark { fixed: p, moving: q, region });
            }
        }
        found
    }
}

/// Volumes of the shrinking lesion.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LesionTruth {
    /// At baseline, in closed form, in mL.
    pub baseline_ml: f64,
    /// At follow-up, in closed form, in mL.
    pub followup_ml: f64,
    /// `ln(followup / baseline)`.
    pub log_ratio: f64,
    /// At baseline, voxels of its mask, in mL.
    pub baseline_voxels_ml: f64,
    /// At follow-up, voxels of its mask, in mL.
    pub followup_voxels_ml: f64,
    /// `ln(followup / baseline)` of the voxels' volumes.
    pub log_ratio_voxels: f64,
}

impl LesionTruth {
    /// The volumes in two scenes and their scans.
    pub(super) fn new(scenes: TrueMap<'_>, t0: &Scan<Moving>, t1: &Scan<Fixed>) -> Self {
        let [baseline_ml, followup_ml] = [scenes.t0, scenes.t1].map(|s| s.lesion_volume_mm3() / 1000.0);
        let (baseline_voxels_ml, followup_voxels_ml) =
            (t0.labelled_ml(Label::Lesion), t1.labelled_ml(Label::Lesion));
        Self {
            baseline_ml,
            followup_ml,
            log_ratio: libm::log(followup_ml / baseline_ml),
            baseline_voxels_ml,
            followup_voxels_ml,
            log_ratio_voxels: libm::log(followup_voxels_ml / baseline_voxels_ml),
        }
    }
}

/// `f` at each voxel centre, in storage order.
fn over_voxels<R: Send>(grid: &Grid<Fixed>, f: impl Fn(World<Fixed>) -> R + Sync + Send) -> Vec<R> {
    let [columns, rows, slices] = grid.dims();
    let slabs = blocks(slices, |k| {
        let voxels = (0..rows).flat_map(|j| (0..columns).map(move |i| [i, j, k]));
        voxels.map(|voxel| f(grid.centre_of(voxel))).collect::<Vec<R>>()
    });
    slabs.into_iter().flatten().collect()
}
