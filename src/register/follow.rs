//! The followed contour: the transform refined around a lesion, with the lesion back in the metric.
//!
//! The carried contour holds the tissue that was lesion at baseline. To estimate today's border the map must
//! follow the visible edge as the lesion shrinks or grows. Controls whose reach lies inside a window around the
//! carried lesion are free; all else stays as it was found without the lesion.

use nalgebra::Vector3;

use crate::geometry::{Fixed, Grid, Moving};
use crate::labels::Mask;
use crate::transform::{Lattice, Spline, Transform};
use crate::volume::Volume;

use super::level::{LeftOut, Level};
use super::optimise::minimise;
use super::regulariser::{Barrier, Repaired, Stiffness};
use super::settings::{RegisterSettings, SplineLevel};
use super::spline::{LevelLog, Parts, SplineObjective, descent, flat, lattice_spacing, shaped};

/// A box of controls of a lattice.
struct Window {
    low: [usize; 3],
    size: [usize; 3],
}

/// The box around the carried lesion, in mm along the fixed axes from the first voxel; `None` where nothing of it
/// is inside the scan.
fn carried_box(grid: &Grid<Fixed>, carried: &Transform, lesion: &Mask<Moving>) -> Option<[[f64; 2]; 3]> {
    let mut bounds = [[f64::INFINITY, f64::NEG_INFINITY]; 3];
    let local = |p: Vector3<f64>| grid.directions().transpose() * (p - grid.centre_of([0; 3]).point().coords);
    // Every lesion voxel goes back to the fixed frame; a thinned set gives the same box for large lesions.
    let stride = (lesion.count() / 2000).max(1);
    for voxel in lesion.voxels().step_by(stride) {
        let back = carried.inverse(lesion.grid().centre_of(voxel));
        if back.residual_mm > 1.0 || !grid.holds(grid.index_of(back.point)) {
            continue;
        }
        let p = local(back.point.point().coords);
        for a in 0..3 {
            bounds[a] = [bounds[a][0].min(p[a]), bounds[a][1].max(p[a])];
        }
    }
    bounds.iter().all(|b| b[0] <= b[1]).then_some(bounds)
}

/// The controls whose domain covers a box.
fn window(lattice: &Lattice, bounds: &[[f64; 2]; 3]) -> Window {
    let h = lattice.spacing_mm();
    let (mut low, mut size) = ([0; 3], [0; 3]);
    for a in 0..3 {
        let last = lattice.dims()[a] - 3;
        low[a] = ((bounds[a][0] / h[a]).floor().max(0.0) as usize).min(last - 1);
        let end = ((bounds[a][1] / h[a]).ceil().max(0.0) as usize).clamp(low[a] + 1, last);
        size[a] = end - low[a] + 3;
    }
    Window { low, size }
}

impl Window {
    fn lattice(&self, of: &Lattice) -> Lattice {
        let h = of.spacing_mm();
        let step =
            Vector3::new(self.low[0] as f64 * h[0], self.low[1] as f64 * h[1], self.low[2] as f64 * h[2]);
        Lattice::from_parts(self.size, h, of.origin() + of.directions() * step, *of.directions())
    }

    /// Offsets of the window's controls in the whole lattice, in the window's order.
    fn offsets(&self, of: &Lattice) -> Vec<usize> {
        let mut out = Vec::with_capacity(self.size.iter().product());
        for k in 0..self.size[2] {
            for j in 0..self.size[1] {
                for i in 0..self.size[0] {
                    out.push(of.offset(self.low[0] + i, self.low[1] + j, self.low[2] + k));
                }
            }
        }
        out
    }

    /// Controls that act inside the window alone. Where the window ends with the whole lattice nothing lies
    /// beyond, so the last controls are free too.
    fn free(&self, whole: [usize; 3]) -> Vec<bool> {
        let inner = |n: usize, a: usize| {
            let low = n >= 3 || self.low[a] == 0;
            let high = n + 3 < self.size[a] || self.low[a] + self.size[a] == whole[a];
            low && high
        };
        let mut out = Vec::with_capacity(self.size.iter().product());
        for k in 0..self.size[2] {
            for j in 0..self.size[1] {
                for i in 0..self.size[0] {
                    out.push(inner(i, 0) && inner(j, 1) && inner(k, 2));
                }
            }
        }
        out
    }
}

/// The box of voxels of a level inside a window of the lattice; `None` where there are none.
fn voxel_box(level: &Grid<Fixed>, lattice: &Lattice) -> Option<([usize; 3], [usize; 3])> {
    let first =
        lattice.directions().transpose() * (level.centre_of([0; 3]).point().coords - lattice.origin());
    let (mut low, mut size) = ([0; 3], [0; 3]);
    for a in 0..3 {
        let s = level.spacing()[a];
        let extent = (lattice.dims()[a] - 3) as f64 * lattice.spacing_mm()[a];
        let from = (-first[a] / s - 1e-9).ceil().max(0.0);
        let to = ((extent - first[a]) / s + 1e-9).floor().min(level.dims()[a] as f64 - 1.0);
        if to < from {
            return None;
        }
        low[a] = from as usize;
        size[a] = (to - from) as usize + 1;
    }
    Some((low, size))
}

/// A transform refined around a lesion.
pub struct Followed {
    /// The refined transform.
    pub transform: Transform,
    /// After the last but one level: what the last level changed is a measure of uncertainty.
    pub previous_level: Transform,
    /// Its levels.
    pub levels: Vec<LevelLog>,
}

/// Refines the carried transform around a lesion; `None` where the lesion is outside the scan.
pub fn follow(
    fixed: &Volume<f32, Fixed>,
    moving: &Volume<f32, Moving>,
    carried: &Transform,
    lesion: &Mask<Moving>,
    settings: &RegisterSettings,
) -> Option<Followed> {
    let grid = fixed.grid();
    let mut bounds = carried_box(grid, carried, lesion)?;
    for b in &mut bounds {
        b[0] -= settings.follow.margin_mm;
        b[1] += settings.follow.margin_mm;
    }
    let (mut now, mut previous) = (carried.clone(), carried.clone());
    let mut logs = Vec::new();
    for of in &settings.follow.levels {
        let level = Level::new(fixed, moving, of.voxel_mm, settings.radius);
        let (next, log) = follow_level(grid, level, of, &now, &bounds, settings)?;
        previous = std::mem::replace(&mut now, next);
        logs.push(log);
    }
    Some(Followed { transform: now, previous_level: previous, levels: logs })
}

fn follow_level(
    grid: &Grid<Fixed>,
    level: Level,
    of: &SplineLevel,
    from: &Transform,
    bounds: &[[f64; 2]; 3],
    settings: &RegisterSettings,
) -> Option<(Transform, LevelLog)> {
    let spacing = lattice_spacing(grid, of.lattice_mm);
    let whole = match &from.spline {
        Some(spline) => spline.refined(grid, spacing),
        None => Spline::zero(Lattice::covering(grid, spacing)),
    };
    let window = window(whole.lattice(), bounds);
    let lattice = window.lattice(whole.lattice());
    let offsets = window.offsets(whole.lattice());
    let start: Vec<f64> = whole.coefficients().iter().flat_map(|c| offsets.iter().map(|&o| c[o])).collect();
    let level_box = voxel_box(level.fixed.grid(), &lattice)?;
    let level = level.cropped(level_box);
    let dense = crate::transform::Dense::new(&lattice, level.fixed.grid());
    let field = super::warp::Field { dense: &dense, coefficients: &start };
    let weights = level.weights(&from.rigid, Some(field), &LeftOut::nothing());
    let h = lattice.spacing_mm();
    let parts = Parts {
        level: &level,
        rigid: &from.rigid,
        lattice: &lattice,
        extent_mm: [0, 1, 2].map(|a| (lattice.dims()[a] - 3) as f64 * h[a]),
        weights,
        // The window is small and what moves in it is known: a border, by a few mm.
        stiffness: Stiffness::Constant { lambda_mm2: settings.follow.lambda_mm2 },
        variation: 0.0,
        free: Some(window.free(whole.lattice().dims())),
    };
    let mut objective = SplineObjective::new(parts, settings);
    let end = minimise(&mut objective, &start, &descent(&level, of, settings.tolerance));
    let mut coefficients = flat(&whole);
    let n = whole.lattice().len();
    for (component, part) in end.parameters.chunks_exact(offsets.len()).enumerate() {
        for (&o, &v) in offsets.iter().zip(part) {
            coefficients[component * n + o] = v;
        }
    }
    // Refining a field without folds between samples may show one: it is then smoothed away.
    let repaired = Barrier::new(whole.lattice()).repair(&mut coefficients);
    if repaired == Repaired::Failed {
        return None;
    }
    let log = LevelLog::new(*of, &end, repaired);
    let spline = Some(shaped(whole.lattice(), &coefficients));
    Some((Transform { rigid: from.rigid.clone(), spline }, log))
}
