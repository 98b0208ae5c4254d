//! Free-form deformation by the metric, coarse to fine.

use std::sync::Arc;

use rayon::prelude::*;

use crate::geometry::{Fixed, Grid};
use crate::transform::{Dense, Lattice, PlaneSpace, Rigid, Spline, Transform};

use super::level::{LeftOut, Level};
use super::metric::Metric;
use super::optimise::{Descended, Descent, Objective, minimise};
use super::regulariser::{Barrier, Bending, Regulariser, Repaired, Stiffness, Variation};
use super::settings::{RegisterSettings, SplineLevel};
use super::warp::{Field, Warped};

/// Metric, bending energy, variation and barrier as a function of the coefficients of one lattice.
pub struct SplineObjective<'a> {
    level: &'a Level,
    rigid: &'a Rigid,
    dense: Dense,
    weights: Arc<[f32]>,
    metric: Box<dyn Metric>,
    bending: Bending,
    stiffness: Stiffness,
    variation: Variation,
    variation_weight: f64,
    barrier: Barrier,
    barrier_weight: f64,
    /// Controls that may move; `None`: all.
    free: Option<Vec<bool>>,
    warped: Warped,
    slope: Vec<f32>,
    /// What the planes of voxels give to lattice planes, component by component.
    pulls: Vec<f64>,
    /// Derivatives of the barrier and of the bending energy.
    penalty: Vec<f64>,
    bend: Vec<f64>,
}

/// What an objective is made of.
pub struct Parts<'a> {
    /// The images.
    pub level: &'a Level,
    /// Acts last.
    pub rigid: &'a Rigid,
    /// The lattice of the coefficients.
    pub lattice: &'a Lattice,
    /// Where the lattice's domain ends, in mm from its first corner.
    pub extent_mm: [f64; 3],
    /// Frozen weights.
    pub weights: Vec<f32>,
    /// What the bending energy costs.
    pub stiffness: Stiffness,
    /// Weight of the total variation.
    pub variation: f64,
    /// Controls that may move; `None`: all.
    pub free: Option<Vec<bool>>,
}

impl<'a> SplineObjective<'a> {
    /// From its parts.
    pub fn new(parts: Parts<'a>, settings: &RegisterSettings) -> Self {
        let Parts { level, rigid, lattice, extent_mm, weights, stiffness, variation, free } = parts;
        let (n, weights) = (weights.len(), Arc::<[f32]>::from(weights));
        let [nx, ny, _] = lattice.dims();
        Self {
            level,
            rigid,
            dense: Dense::new(lattice, level.fixed.grid()),
            pulls: vec![0.0; 3 * nx * ny * level.dims()[2]],
            penalty: vec![0.0; 3 * lattice.len()],
            bend: vec![0.0; 3 * lattice.len()],
            metric: level.metric(settings, weights.clone()),
            weights,
            bending: Bending::new(lattice, extent_mm),
            stiffness,
            variation: Variation::new(lattice),
            variation_weight: variation,
            barrier: Barrier::new(lattice),
            barrier_weight: settings.barrier,
            free,
            warped: Warped::zeros(n),
            slope: vec![0.0; n],
        }
    }

    /// The metric's force on the coefficients: per voxel plane along y and x, then gathered along z.
    fn force(&mut self, gradient: &mut [f64]) {
        let [nx, ny, _] = self.level.dims();
        let plane = nx * ny;
        let [tx, ty, _] = self.dense.tables();
        let slice = tx.controls() * ty.controls();
        self.pulls.par_chunks_exact_mut(3 * slice).enumerate().for_each_init(
            || (vec![0.0_f32; plane], PlaneSpace::default()),
            |(force, space), (k, pulls)| {
                let slope = &self.slope[k * plane..][..plane];
                for (pulls, slopes) in pulls.chunks_exact_mut(slice).zip(&self.warped.slopes) {
                    for ((f, g), s) in force.iter_mut().zip(slope).zip(&slopes[k * plane..][..plane]) {
                        *f = g * s;
                    }
                    self.dense.plane_transposed(force, space, pulls);
                }
            },
        );
        for (component, gradient) in gradient.chunks_exact_mut(self.dense.controls()).enumerate() {
            let planes: Vec<&[f64]> = self.pulls.chunks_exact(slice).skip(component).step_by(3).collect();
            self.dense.gather(&planes, gradient);
        }
    }
}

impl Objective for SplineObjective<'_> {
    fn evaluate(&mut self, coefficients: &[f64], gradient: &mut [f64]) -> f64 {
        // The barrier first: where it is infinite, nothing else needs to be known.
        self.penalty.fill(0.0);
        let barrier = self.barrier.evaluate(coefficients, self.barrier_weight, &mut self.penalty);
        if barrier.is_infinite() {
            return f64::INFINITY;
        }
        let map = self.level.map(self.rigid, Some(Field { dense: &self.dense, coefficients }));
        self.warped.fill(&self.level.moving, &map, self.level.dims(), &self.weights);
        let likeness = self.metric.evaluate(&self.warped.values, &mut self.slope);
        self.force(gradient);
        self.bend.fill(0.0);
        let (bending, weight) = self.stiffness.cost(self.bending.evaluate(coefficients, 1.0, &mut self.bend));
        for ((g, b), p) in gradient.iter_mut().zip(&self.bend).zip(&self.penalty) {
            *g += weight * b + p;
        }
        let variation = if self.variation_weight > 0.0 {
            self.variation.evaluate(coefficients, self.variation_weight, gradient)
        } else {
            0.0
        };
        if let Some(free) = &self.free {
            for component in gradient.chunks_exact_mut(free.len()) {
                component.iter_mut().zip(free).filter(|(_, f)| !**f).for_each(|(g, _)| *g = 0.0);
            }
        }
        likeness + bending + self.variation_weight * variation + self.barrier_weight * barrier
    }
}

/// How a level went.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LevelLog {
    /// Its settings.
    pub level: SplineLevel,
    /// Cost at its start.
    pub before: f64,
    /// Cost at its end.
    pub after: f64,
    /// Evaluations of the cost.
    pub evaluations: usize,
    /// Iterations of the optimiser.
    pub iterations: usize,
    /// Whether the field had to be unfolded at the start of the level.
    pub repaired: Repaired,
}

impl LevelLog {
    /// From the end of a descent.
    pub fn new(level: SplineLevel, end: &Descended, repaired: Repaired) -> Self {
        let Descended { before, after, evaluations, iterations, .. } = *end;
        Self { level, before, after, evaluations, iterations, repaired }
    }
}

/// The descent of one level.
pub fn descent(level: &Level, of: &SplineLevel, tolerance: f64) -> Descent {
    let voxel = level.fixed.grid().spacing().into_iter().fold(f64::INFINITY, f64::min);
    Descent {
        first_step: 0.5 * voxel,
        // Without a cap the first step leaves the basin.
        step_cap: 2.0 * voxel,
        tolerance,
        still: 1e-3 * voxel,
        least_step: 0.0,
        iterations: of.iterations,
    }
}

/// Spacing of the lattice per axis: as wanted, but no finer than the slices.
pub fn lattice_spacing(grid: &Grid<Fixed>, lattice_mm: f64) -> [f64; 3] {
    grid.spacing().map(|s| lattice_mm.max(s))
}

/// Coefficients component by component.
pub fn flat(spline: &Spline) -> Vec<f64> {
    spline.coefficients().concat()
}

/// The spline with these coefficients.
pub fn shaped(lattice: &Lattice, flat: &[f64]) -> Spline {
    let n = lattice.len();
    Spline::new(lattice.clone(), [0, 1, 2].map(|c| flat[c * n..(c + 1) * n].to_vec()))
}

/// One level: from a transform to a better one on this level's lattice.
pub fn improve(
    grid: &Grid<Fixed>,
    level: &Level,
    of: &SplineLevel,
    from: &Transform,
    left_out: &LeftOut,
    settings: &RegisterSettings,
) -> (Transform, LevelLog) {
    let spacing = lattice_spacing(grid, of.lattice_mm);
    let spline = match &from.spline {
        Some(spline) => spline.refined(grid, spacing),
        None => Spline::zero(Lattice::covering(grid, spacing)),
    };
    let lattice = spline.lattice().clone();
    let mut start = flat(&spline);
    let repaired = Barrier::new(&lattice).repair(&mut start);
    let dense = Dense::new(&lattice, level.fixed.grid());
    let field = Field { dense: &dense, coefficients: &start };
    let weights = level.weights(&from.rigid, Some(field), left_out);
    let extent_mm = [0, 1, 2].map(|a| (grid.dims()[a] - 1) as f64 * grid.spacing()[a]);
    let parts = Parts {
        level,
        rigid: &from.rigid,
        lattice: &lattice,
        extent_mm,
        weights,
        stiffness: settings.stiffness(),
        variation: settings.variation,
        free: None,
    };
    let mut objective = SplineObjective::new(parts, settings);
    let mut end = minimise(&mut objective, &start, &descent(level, of, settings.tolerance));
    // The images of the level are no longer needed, and the last look is as large.
    drop(objective);
    Barrier::unfold(&lattice, &mut end.parameters, None);
    let log = LevelLog::new(*of, &end, repaired);
    let spline = Some(shaped(&lattice, &end.parameters));
    (Transform { rigid: from.rigid.clone(), spline }, log)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::register::level::tests::textured_level;
    use crate::register::settings::Preset;

    #[test]
    fn the_gradient_is_the_derivative_of_the_cost_and_zero_for_controls_that_are_held() {
        let level = textured_level();
        let settings = Preset::Generic.settings();
        let rigid = Rigid::about([0.0; 3].into(), [0.05, -0.03, 0.04], [1.0, 0.5, -0.7].into());
        let grid = level.fixed.grid();
        let lattice = Lattice::covering(grid, [15.0; 3]);
        let n = lattice.len();
        let parts = Parts {
            level: &level,
            rigid: &rigid,
            lattice: &lattice,
            extent_mm: [0, 1, 2].map(|a| (grid.dims()[a] - 1) as f64 * grid.spacing()[a]),
            weights: level.body_weights(),
            stiffness: Stiffness::Yielding { lambda_mm2: 10.0, roughness_per_mm2: 1e-3 },
            variation: 0.3,
            free: Some((0..n).map(|o| o % 5 != 0).collect()),
        };
        let mut objective = SplineObjective::new(parts, &settings);
        let at: Vec<f64> = (0..3 * n).map(|i| libm::sin(i as f64 * 0.7)).collect();
        let mut gradient = vec![0.0; 3 * n];
        objective.evaluate(&at, &mut gradient);
        let held = |i: usize| (i % n).is_multiple_of(5);
        assert!((0..3 * n).all(|i| !held(i) || gradient[i] == 0.0));
        for seed in 1..8 {
            let turn: Vec<f64> =
                (0..3 * n).map(|i| if held(i) { 0.0 } else { libm::cos((i * seed) as f64 * 0.31) }).collect();
            let mut cost = |h: f64| {
                let there: Vec<f64> = at.iter().zip(&turn).map(|(c, t)| c + h * t).collect();
                objective.evaluate(&there, &mut vec![0.0; 3 * n])
            };
            // Linear interpolation has kinks, which a difference straddles: 1 % is what can be asked.
            let measured = (cost(2e-3) - cost(-2e-3)) / 4e-3;
            let claimed: f64 = gradient.iter().zip(&turn).map(|(g, t)| g * t).sum();
            let scale: f64 = gradient.iter().zip(&turn).map(|(g, t)| (g * t).abs()).sum();
            assert!((measured - claimed).abs() < 0.01 * scale, "{measured} against {claimed} of {scale}");
        }
    }
}
