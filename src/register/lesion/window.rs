//! The neighbourhood of a lesion, in which alone a transform may still bend.
//!
//! Controls whose reach lies inside a window around the carried lesion are free; all else stays as it was found
//! without the lesion.

use nalgebra::Vector3;

use crate::geometry::{Fixed, Grid, Moving, World};
use crate::labels::Mask;
use crate::register::level::{LeftOut, Level, RegionsLeftOut};
use crate::register::optimise::{Objective, minimise};
use crate::register::regulariser::{Barrier, Regulariser, Repaired, Stiffness};
use crate::register::settings::{RegisterSettings, SplineLevel};
use crate::register::spline::{LevelLog, Parts, SplineObjective, descent, flat, lattice_spacing, shaped};
use crate::register::warp::Field;
use crate::transform::{Dense, Lattice, Spline, Transform};
use crate::volume::Volume;

use super::rigidity::Rigidity;

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

/// Points of the follow-up that shall move as rigid bodies.
pub struct Hold<'a> {
    /// The points of each body.
    pub bodies: &'a [Vec<World<Fixed>>],
    /// Weight of each body's mean square distance from a rigid motion, per mm2.
    pub weight: f64,
}

/// What is worked on around a lesion.
pub struct Neighbourhood<'a> {
    fixed: &'a Volume<f32, Fixed>,
    moving: &'a Volume<f32, Moving>,
    settings: &'a RegisterSettings,
    /// In mm along the fixed axes from the first voxel.
    bounds: [[f64; 2]; 3],
}

impl<'a> Neighbourhood<'a> {
    /// Around the carried lesion, by the margin of the settings; `None` where the lesion is outside the scan.
    pub fn new(
        fixed: &'a Volume<f32, Fixed>,
        moving: &'a Volume<f32, Moving>,
        carried: &Transform,
        lesion: &Mask<Moving>,
        settings: &'a RegisterSettings,
    ) -> Option<Self> {
        let mut bounds = carried_box(fixed.grid(), carried, lesion)?;
        for b in &mut bounds {
            b[0] -= settings.follow.margin_mm;
            b[1] += settings.follow.margin_mm;
        }
        Some(Self { fixed, moving, settings, bounds })
    }

    /// One level of it, some regions left out of its metric.
    ///
    /// Its lattice is never coarser than that of `from`: outside the window, a coarser one would lose what was found.
    /// `None` where no voxel of the level is inside the window.
    pub fn level(
        &self,
        of: &SplineLevel,
        from: &Transform,
        left_out: &RegionsLeftOut,
    ) -> Option<WindowLevel<'a>> {
        let grid = self.fixed.grid();
        let mut spacing = lattice_spacing(grid, of.lattice_mm);
        if let Some(found) = &from.spline {
            let found = found.lattice().spacing_mm();
            spacing = [0, 1, 2].map(|a| spacing[a].min(found[a]));
        }
        let whole = Lattice::covering(grid, spacing);
        let window = window(&whole, &self.bounds);
        let lattice = window.lattice(&whole);
        let level = Level::new(self.fixed, self.moving, of.voxel_mm, self.settings.radius);
        let inside = voxel_box(level.fixed.grid(), &lattice)?;
        Some(WindowLevel {
            of: *of,
            left_out: LeftOut::new(left_out, self.settings.lesion_margin_mm, &level),
            level: level.cropped(inside),
            offsets: window.offsets(&whole),
            free: window.free(whole.dims()),
            lattice,
            grid,
            spacing,
            settings: self.settings,
        })
    }
}

/// One level of a window.
pub struct WindowLevel<'a> {
    of: SplineLevel,
    level: Level,
    left_out: LeftOut,
    /// The window's part of the lattice.
    lattice: Lattice,
    /// Where its controls are in the whole lattice.
    offsets: Vec<usize>,
    /// Which of them may move.
    free: Vec<bool>,
    grid: &'a Grid<Fixed>,
    /// Spacing of the lattice in mm.
    spacing: [f64; 3],
    settings: &'a RegisterSettings,
}

impl WindowLevel<'_> {
    /// A better transform. `None` where no field without a fold is found.
    pub fn improve(&self, from: &Transform, hold: Option<&Hold>) -> Option<(Transform, LevelLog)> {
        let Self { level, lattice, settings, .. } = self;
        let whole = match &from.spline {
            Some(spline) => spline.refined(self.grid, self.spacing),
            None => Spline::zero(Lattice::covering(self.grid, self.spacing)),
        };
        let mut start: Vec<f64> =
            whole.coefficients().iter().flat_map(|c| self.offsets.iter().map(|&o| c[o])).collect();
        // A refined field may fold between the samples that were looked at before.
        let repaired = Barrier::unfold(lattice, &mut start, Some(&self.free));
        let dense = Dense::new(lattice, level.fixed.grid());
        let field = Field { dense: &dense, coefficients: &start };
        let h = lattice.spacing_mm();
        let parts = Parts {
            level,
            rigid: &from.rigid,
            lattice,
            extent_mm: [0, 1, 2].map(|a| (lattice.dims()[a] - 3) as f64 * h[a]),
            weights: level.weights(&from.rigid, Some(field), &self.left_out),
            // The window is small and what moves in it is known: a border, by a few mm.
            stiffness: Stiffness::Constant { lambda_mm2: settings.follow.lambda_mm2 },
            variation: 0.0,
            free: Some(self.free.clone()),
        };
        let mut objective = Held {
            likeness: SplineObjective::new(parts, settings),
            bodies: hold
                .map_or_else(Vec::new, |h| h.bodies.iter().map(|b| Rigidity::new(lattice, b)).collect()),
            weight: hold.map_or(0.0, |h| h.weight),
            free: &self.free,
        };
        let mut end = minimise(&mut objective, &start, &descent(level, &self.of, settings.tolerance));
        let last_look = Barrier::unfold(lattice, &mut end.parameters, Some(&self.free));
        if last_look == Repaired::Failed || !end.after.is_finite() {
            return None;
        }
        let mut coefficients = flat(&whole);
        let n = whole.lattice().len();
        for (component, part) in end.parameters.chunks_exact(self.offsets.len()).enumerate() {
            for (&o, &v) in self.offsets.iter().zip(part) {
                coefficients[component * n + o] = v;
            }
        }
        let log = LevelLog::new(self.of, &end, repaired);
        let spline = Some(shaped(whole.lattice(), &coefficients));
        Some((Transform { rigid: from.rigid.clone(), spline }, log))
    }
}

/// The cost of a level, with bodies that are held.
struct Held<'a> {
    likeness: SplineObjective<'a>,
    bodies: Vec<Rigidity>,
    /// Per mm2.
    weight: f64,
    free: &'a [bool],
}

impl Objective for Held<'_> {
    fn evaluate(&mut self, coefficients: &[f64], gradient: &mut [f64]) -> f64 {
        let mut cost = self.likeness.evaluate(coefficients, gradient);
        if self.bodies.is_empty() || cost.is_infinite() {
            return cost;
        }
        let mut pull = vec![0.0; gradient.len()];
        for body in &self.bodies {
            cost += self.weight * body.evaluate(coefficients, self.weight, &mut pull);
        }
        for ((i, g), p) in gradient.iter_mut().enumerate().zip(&pull) {
            if self.free[i % self.free.len()] {
                *g += p;
            }
        }
        cost
    }
}
