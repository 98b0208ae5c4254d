//! One level of the pyramid: both images at one resolution, and the weights that stay frozen while it is worked on.

use std::sync::Arc;

use crate::geometry::{Fixed, Frame, Grid, Moving, World};
use crate::image::pyramid::{crop, level};
use crate::labels::Mask;
use crate::transform::Rigid;
use crate::volume::Volume;

use super::metric::{FixedSide, Metric};
use super::prepare::body_mask;
use super::sampled::{Sampled, no_data_as_mean};
use super::settings::RegisterSettings;
use super::warp::{Field, Map, MapSpace, Warped};

/// What must not pull: regions left out of the metric.
#[derive(Clone, Copy, Debug, Default)]
pub struct RegionsLeftOut<'a> {
    /// The baseline lesion; it is dilated by the settings' margin and pulled through the current transform.
    pub moving_lesion: Option<&'a Mask<Moving>>,
    /// The follow-up's lesion where it is drawn.
    pub fixed_lesion: Option<&'a Mask<Fixed>>,
}

/// Both images at one resolution; the fixed one is cropped to its body.
pub struct Level {
    /// The fixed image.
    pub fixed: Volume<f32, Fixed>,
    /// The fixed body, where there is data.
    pub body: Vec<bool>,
    /// Number of voxels of the body.
    pub body_voxels: f64,
    /// The moving image.
    pub moving: Sampled,
    /// Centre of mass of the moving body.
    pub moving_body_centre: World<Moving>,
    /// Half-width of local windows in voxels.
    pub radius: [usize; 3],
    /// By how much a voxel of this level is larger than one of the scans, in mm: what must not pull is blurred about so
    /// far beyond its border.
    pub blur_mm: f64,
}

/// A box of voxels: first voxel and size.
pub type VoxelBox = ([usize; 3], [usize; 3]);

impl Level {
    /// From prepared images.
    pub fn new(
        fixed: &Volume<f32, Fixed>,
        moving: &Volume<f32, Moving>,
        voxel_mm: f64,
        radius: usize,
    ) -> Self {
        let coarse = level(fixed, voxel_mm);
        let body = body_mask(&coarse);
        let spacing = coarse.grid().spacing();
        // Along thick slices the window keeps its size in mm, and at least one neighbour.
        let in_plane = spacing.into_iter().fold(f64::INFINITY, f64::min);
        let radius = spacing.map(|s| ((radius as f64 * in_plane / s).round() as usize).max(1));
        let coarse_moving = level(moving, voxel_mm);
        let blur_mm =
            widening(fixed.grid(), coarse.grid()).max(widening(moving.grid(), coarse_moving.grid()));
        let moving_body_centre = centre_of_mass(coarse_moving.grid(), &body_mask(&coarse_moving));
        let bounds = bounds(coarse.grid(), &body);
        let whole = Self {
            body,
            body_voxels: 0.0,
            fixed: coarse,
            moving: Sampled::new(coarse_moving),
            moving_body_centre,
            radius,
            blur_mm,
        };
        whole.cropped(bounds)
    }

    /// The part of the level inside a box of fixed voxels; NaN (no data) becomes 0 with no weight.
    #[must_use]
    pub fn cropped(self, (low, size): VoxelBox) -> Self {
        let body = crop(&Volume::new(self.fixed.grid().clone(), self.body), low, size).into_values();
        let mut fixed = crop(&self.fixed, low, size);
        no_data_as_mean(&mut fixed);
        let body_voxels = body.iter().filter(|b| **b).count() as f64;
        Self { fixed, body, body_voxels, ..self }
    }

    /// The same level with the moving image reflected in the plane through its body's centre, across one axis of the
    /// world.
    #[must_use]
    pub fn mirrored(&self, axis: usize) -> Self {
        Self {
            fixed: self.fixed.clone(),
            body: self.body.clone(),
            moving: self.moving.mirrored(axis, self.moving_body_centre.point()[axis]),
            ..*self
        }
    }

    /// Voxels along each axis of the fixed part.
    pub fn dims(&self) -> [usize; 3] {
        self.fixed.grid().dims()
    }

    /// 1 inside the body, 0 elsewhere.
    pub fn body_weights(&self) -> Vec<f32> {
        self.body.iter().map(|&b| f32::from(u8::from(b))).collect()
    }

    /// Centre of mass of the fixed body.
    pub fn fixed_body_centre(&self) -> World<Fixed> {
        centre_of_mass(self.fixed.grid(), &self.body)
    }

    /// The map of this level's voxels into this level's moving image.
    pub fn map<'a>(&self, rigid: &Rigid, field: Option<Field<'a>>) -> Map<'a> {
        Map::new(self.fixed.grid(), self.moving.grid(), rigid, field)
    }

    /// Weights under a map: body, seen by the moving scan, and not in a region left out.
    pub fn weights(&self, rigid: &Rigid, field: Option<Field>, left_out: &LeftOut) -> Vec<f32> {
        let grid = self.fixed.grid();
        let (dims, map) = (self.dims(), self.map(rigid, field));
        let lesion_map = left_out.moving.as_ref().map(|m| Map::new(grid, m.grid(), rigid, field));
        let mut weights = self.body_weights();
        let plane = dims[0] * dims[1];
        let mut work = MapSpace::default();
        for (k, weights) in weights.chunks_exact_mut(plane).enumerate() {
            map.plane(dims, k, &mut work, |o, p| {
                if weights[o] > 0.0 && !self.moving.sees(p) {
                    weights[o] = 0.0;
                }
            });
            if let (Some(map), Some(lesion)) = (&lesion_map, &left_out.moving) {
                map.plane(dims, k, &mut work, |o, p| {
                    if nearest_is_in(lesion, p) {
                        weights[o] = 0.0;
                    }
                });
            }
        }
        if let Some(lesion) = &left_out.fixed {
            for (o, w) in weights.iter_mut().enumerate() {
                let p = lesion.grid().index_of(grid.centre_of(grid.voxel(o))).point();
                if nearest_is_in(lesion, [p.x, p.y, p.z]) {
                    *w = 0.0;
                }
            }
        }
        weights
    }

    /// The metric of the settings with these weights.
    pub fn metric(&self, settings: &RegisterSettings, weights: Arc<[f32]>) -> Box<dyn Metric> {
        settings.metric.build(FixedSide {
            dims: self.dims(),
            values: self.fixed.shared_values(),
            weights,
            total: self.body_voxels.max(1.0),
            radius: self.radius,
            moving_range: self.moving.range(),
            noise: settings.noise,
        })
    }

    /// The moving image through a map, where there is weight.
    pub fn warped(&self, map: &Map, weights: &[f32]) -> Warped {
        let mut warped = Warped::zeros(self.fixed.grid().len());
        warped.fill(&self.moving, map, self.dims(), weights);
        warped
    }
}

/// How much larger a level's voxels are than the scan's, in mm along the axis where that is most.
fn widening<F: Frame>(scan: &Grid<F>, level: &Grid<F>) -> f64 {
    let wider = level.spacing().into_iter().zip(scan.spacing()).map(|(level, scan)| level - scan);
    wider.fold(0.0, f64::max)
}

/// Whether the voxel nearest to an index belongs to a region; midway between two, whether one of them does, so that the
/// order in which a mask is stored does not matter.
fn nearest_is_in<F: Frame>(mask: &Mask<F>, p: [f64; 3]) -> bool {
    const MIDWAY: f64 = 1e-6;
    let near = |a: usize| [p[a] - MIDWAY, p[a] + MIDWAY].map(f64::round);
    let [x, y, z] = [near(0), near(1), near(2)];
    let holds = |v: [f64; 3]| v.iter().all(|&c| c >= 0.0) && mask.contains(v.map(|c| c as usize));
    let nearest = [x[0], y[0], z[0]];
    if nearest == [x[1], y[1], z[1]] {
        return holds(nearest);
    }
    (0..8).any(|n| holds([x[n & 1], y[n >> 1 & 1], z[n >> 2]]))
}

/// The box of the set voxels, or the whole grid where there are none.
fn bounds(grid: &Grid<Fixed>, set: &[bool]) -> VoxelBox {
    let (mut low, mut high) = ([usize::MAX; 3], [0; 3]);
    for (o, _) in set.iter().enumerate().filter(|(_, s)| **s) {
        let v = grid.voxel(o);
        for a in 0..3 {
            low[a] = low[a].min(v[a]);
            high[a] = high[a].max(v[a] + 1);
        }
    }
    if high == [0; 3] {
        return ([0; 3], grid.dims());
    }
    (low, [0, 1, 2].map(|a| high[a] - low[a]))
}

/// Regions left out, ready to be looked up.
pub struct LeftOut {
    moving: Option<Mask<Moving>>,
    fixed: Option<Mask<Fixed>>,
}

impl LeftOut {
    /// For a level: the baseline lesion grown by `margin_mm`, the follow-up's as it is drawn, both as far as the level
    /// blurs them. By the margin alone, lesions that shrink from 12 to 7.5 mm (lung) and from 14 to 9 mm (liver) lose 1.5 and
    /// 3.2 % of their carried volume; so they are 0.8 % too large and 1.8 % too small.
    pub fn new(regions: &RegionsLeftOut, margin_mm: f64, level: &Level) -> Self {
        let blurred =
            |m: &Mask<Fixed>| if level.blur_mm > 0.0 { m.dilated(level.blur_mm) } else { m.clone() };
        Self {
            moving: regions
                .moving_lesion
                .filter(|m| !m.is_empty())
                .map(|m| m.dilated(margin_mm + level.blur_mm)),
            fixed: regions.fixed_lesion.filter(|m| !m.is_empty()).map(blurred),
        }
    }
    /// Nothing is left out.
    pub fn nothing() -> Self {
        Self { moving: None, fixed: None }
    }
}

/// The middle of the set voxels in the world; the grid's middle where there are none.
fn centre_of_mass<F: Frame>(grid: &Grid<F>, set: &[bool]) -> World<F> {
    let (mut count, mut sum) = (0.0, nalgebra::Vector3::zeros());
    for (o, _) in set.iter().enumerate().filter(|(_, s)| **s) {
        count += 1.0;
        sum += grid.centre_of(grid.voxel(o)).point().coords;
    }
    if count > 0.0 { World::from_point((sum / count).into()) } else { grid.middle() }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A level of two textured images that overlap in part, on grids of different spacing.
    pub(crate) fn textured_level() -> Level {
        let wave = |p: nalgebra::Point3<f64>| {
            let v = libm::sin(0.23 * p.x + 0.4) + libm::cos(0.19 * p.y) * libm::sin(0.21 * p.z);
            v as f32
        };
        let fixed = Grid::axis_aligned([15, 14, 13], [4.0; 3], [-28.0, -26.0, -25.0]).unwrap();
        let moving = Grid::axis_aligned([17, 15, 14], [3.7, 4.1, 4.0], [-30.0, -28.0, -26.0]).unwrap();
        let at = |o: usize| wave(fixed.centre_of(fixed.voxel(o)).point());
        let fixed_image = Volume::new(fixed.clone(), (0..fixed.len()).map(at).collect());
        let at = |o: usize| wave(moving.centre_of(moving.voxel(o)).point());
        let moving_image = Volume::new(moving.clone(), (0..moving.len()).map(at).collect());
        Level::new(&fixed_image, &moving_image, 4.0, 2)
    }

    #[test]
    fn a_region_grows_by_millimetres_on_an_anisotropic_grid() {
        let grid = Grid::<Moving>::axis_aligned([21, 21, 9], [1.0, 1.0, 3.0], [0.0; 3]).unwrap();
        let one = Mask::from_fn(grid.clone(), |o| grid.voxel(o) == [10, 10, 4]);
        let grown = one.dilated(5.0);
        assert!(grown.contains([15, 10, 4]) && !grown.contains([16, 10, 4]));
        assert!(grown.contains([14, 10, 5]) && !grown.contains([10, 10, 6]));
    }
}
