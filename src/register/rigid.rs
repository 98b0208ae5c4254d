//! Rigid motion by the metric: six parameters, coarse to fine, with weights that let moving organs go.

use std::sync::Arc;

use nalgebra::{Matrix3, Point3, Rotation3, Vector3};
use rayon::prelude::*;

use crate::numeric::quantile::percentiles;
use crate::transform::Rigid;

use super::level::{LeftOut, Level};
use super::metric::{Metric, MetricKind};
use super::optimise::{Descent, Objective, minimise};
use super::settings::RegisterSettings;
use super::warp::{MapSpace, Warped};

/// Angles times this are parameters: 1/100 rad moves a point 100 mm from the centre by 1 mm, so that all six
/// parameters move the body about equally.
const ANGLE_SCALE: f64 = 100.0;

/// Three scaled angles and three shifts in mm, about a centre in the fixed frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RigidParameters {
    /// The fixed point about which is rotated.
    pub centre: Point3<f64>,
    /// Scaled angles about x, y, z; shifts along R, A, S in mm.
    pub values: [f64; 6],
}

impl RigidParameters {
    /// No motion.
    pub fn identity(centre: Point3<f64>) -> Self {
        Self { centre, values: [0.0; 6] }
    }
    /// A rotation (radians) and a shift.
    pub fn new(centre: Point3<f64>, angles: [f64; 3], shift: Vector3<f64>) -> Self {
        let [a, b, c] = angles.map(|v| v * ANGLE_SCALE);
        Self { centre, values: [a, b, c, shift[0], shift[1], shift[2]] }
    }
    /// Those of a motion, about a centre.
    pub fn of(rigid: &Rigid, centre: Point3<f64>) -> Self {
        let (x, y, z) = Rotation3::from_matrix_unchecked(*rigid.rotation()).euler_angles();
        let shift = rigid.rotation() * centre.coords + rigid.shift() - centre.coords;
        Self::new(centre, [x, y, z], shift)
    }
    /// Angles in radians.
    pub fn angles(&self) -> [f64; 3] {
        [0, 1, 2].map(|n| self.values[n] / ANGLE_SCALE)
    }
    /// The motion.
    pub fn rigid(&self) -> Rigid {
        let shift = Vector3::new(self.values[3], self.values[4], self.values[5]);
        Rigid::about(self.centre, self.angles(), shift)
    }

    /// Derivatives of the rotation `Rz Ry Rx` by the scaled angles.
    fn rotation_slopes(&self) -> [Matrix3<f64>; 3] {
        let [a, b, c] = self.angles();
        let ((sa, ca), (sb, cb), (sc, cc)) = (a.sin_cos(), b.sin_cos(), c.sin_cos());
        let x = Matrix3::new(1.0, 0.0, 0.0, 0.0, ca, -sa, 0.0, sa, ca);
        let y = Matrix3::new(cb, 0.0, sb, 0.0, 1.0, 0.0, -sb, 0.0, cb);
        let z = Matrix3::new(cc, -sc, 0.0, sc, cc, 0.0, 0.0, 0.0, 1.0);
        let dx = Matrix3::new(0.0, 0.0, 0.0, 0.0, -sa, -ca, 0.0, ca, -sa);
        let dy = Matrix3::new(-sb, 0.0, cb, 0.0, 0.0, 0.0, -cb, 0.0, -sb);
        let dz = Matrix3::new(-sc, -cc, 0.0, cc, -sc, 0.0, 0.0, 0.0, 0.0);
        [z * y * dx, z * dy * x, dz * y * x].map(|m| m / ANGLE_SCALE)
    }
}

/// The metric as a function of the six parameters.
struct RigidObjective<'a> {
    level: &'a Level,
    metric: Box<dyn Metric>,
    weights: Arc<[f32]>,
    centre: Point3<f64>,
    warped: Warped,
    slope: Vec<f32>,
}

impl<'a> RigidObjective<'a> {
    fn new(level: &'a Level, settings: &RegisterSettings, weights: Vec<f32>, centre: Point3<f64>) -> Self {
        let (n, weights) = (weights.len(), Arc::<[f32]>::from(weights));
        Self {
            level,
            metric: level.metric(settings, weights.clone()),
            weights,
            centre,
            warped: Warped::zeros(n),
            slope: vec![0.0; n],
        }
    }
}

impl Objective for RigidObjective<'_> {
    fn evaluate(&mut self, p: &[f64], gradient: &mut [f64]) -> f64 {
        let values = [p[0], p[1], p[2], p[3], p[4], p[5]];
        let parameters = RigidParameters { centre: self.centre, values };
        let rigid = parameters.rigid();
        let dims = self.level.dims();
        let map = self.level.map(&rigid, None);
        self.warped.fill(&self.level.moving, &map, dims, &self.weights);
        let cost = self.metric.evaluate(&self.warped.values, &mut self.slope);

        // Slopes by the displacement in the fixed frame; the sums need them as forces on T(x).
        let plane = dims[0] * dims[1];
        let fixed = self.level.fixed.grid();
        let sums: Vec<(Vector3<f64>, Matrix3<f64>)> = (0..dims[2])
            .into_par_iter()
            .map(|k| {
                // Forces, and their moments by the index along x and y, in order.
                let (mut force, mut by_x, mut by_y) = (Vector3::zeros(), Vector3::zeros(), Vector3::zeros());
                for j in 0..dims[1] {
                    let (mut row, mut row_x) = (Vector3::zeros(), Vector3::zeros());
                    for i in 0..dims[0] {
                        let o = k * plane + j * dims[0] + i;
                        let g = self.slope[o];
                        if g != 0.0 {
                            let slopes = &self.warped.slopes;
                            let f = Vector3::from_fn(|a, _| f64::from(g * slopes[a][o]));
                            row += f;
                            row_x += f * i as f64;
                        }
                    }
                    force += row;
                    by_x += row_x;
                    by_y += row * j as f64;
                }
                let start = fixed.centre_of([0, 0, k]).point() - self.centre;
                let axes = fixed.linear();
                let moment = force * start.transpose()
                    + by_x * axes.column(0).transpose()
                    + by_y * axes.column(1).transpose();
                (force, moment)
            })
            .collect();
        let (mut force, mut moment) = (Vector3::zeros(), Matrix3::zeros());
        for (f, m) in sums {
            force += f;
            moment += m;
        }
        let (force, moment) = (rigid.rotation() * force, rigid.rotation() * moment);
        for (n, slope) in parameters.rotation_slopes().iter().enumerate() {
            gradient[n] = slope.component_mul(&moment).sum();
            gradient[3 + n] = force[n];
        }
        cost
    }
}

/// How far a rigid optimisation goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effort {
    /// Enough to tell good starts from bad ones.
    Short,
    /// Enough to begin the next level.
    Coarse,
    /// To the end.
    Full,
}

/// A rigid motion with its cost (no robust weights, so that costs of several starts compare).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RigidFit {
    /// The motion.
    pub parameters: RigidParameters,
    /// Cost on the level.
    pub cost: f64,
    /// Evaluations spent.
    pub evaluations: usize,
}

impl Effort {
    /// Descents with the weights of each; the weights are frozen within one.
    fn rounds(self) -> &'static [Robust] {
        match self {
            Self::Short => &[Robust::Off],
            Self::Coarse => &[Robust::On],
            Self::Full => &[Robust::On, Robust::On],
        }
    }

    /// How each of them descends on voxels of some millimetres.
    fn descent(self, voxel: f64) -> Descent {
        let common = Descent {
            first_step: 0.5 * voxel,
            step_cap: 2.0 * voxel,
            tolerance: 1e-4,
            still: 0.02,
            // A thirtieth of what is asked of the whole stage (0.5 mm); below 1e-3 mm the rounding of
            // single-precision images decides, and a search only spends evaluations.
            least_step: 0.01,
            iterations: 30,
        };
        match self {
            Self::Short => common,
            Self::Coarse => Descent { first_step: 0.1 * voxel, tolerance: 1e-5, ..common },
            // A flat optimum is left unfinished by a loose tolerance.
            Self::Full => Descent {
                first_step: 0.1 * voxel,
                tolerance: 1e-6,
                still: 2e-3,
                least_step: 1e-3,
                iterations: 80,
                ..common
            },
        }
    }
}

/// Optimises the motion on one level.
pub fn optimise(
    level: &Level,
    start: &RigidParameters,
    left_out: &LeftOut,
    settings: &RegisterSettings,
    effort: Effort,
) -> RigidFit {
    let voxel = level.fixed.grid().spacing().into_iter().fold(f64::INFINITY, f64::min);
    let descent = effort.descent(voxel);
    let mut now = *start;
    let mut evaluations = 0;
    for robust in effort.rounds() {
        let mut weights = level.weights(&now.rigid(), None, left_out);
        // Mutual information is of the whole body at once: without the places that fit badly it is another one.
        if *robust == Robust::On && settings.metric != MetricKind::Nmi {
            soften(level, settings, &now, &mut weights);
        }
        let mut objective = RigidObjective::new(level, settings, weights, now.centre);
        let end = minimise(&mut objective, &now.values, &descent);
        evaluations += end.evaluations;
        now.values.copy_from_slice(&end.parameters);
    }
    RigidFit { parameters: now, cost: cost(level, settings, &now, left_out), evaluations }
}

/// Whether voxels that fit badly lose weight.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Robust {
    Off,
    On,
}

/// Cost of a motion with plain weights.
pub fn cost(level: &Level, settings: &RegisterSettings, at: &RigidParameters, left_out: &LeftOut) -> f64 {
    let weights = level.weights(&at.rigid(), None, left_out);
    RigidObjective::new(level, settings, weights, at.centre).evaluate(&at.values, &mut [0.0; 6])
}

/// `w <- w / (1 + (r / c)^2)`: `r` the misfit of the voxel, `c` its median. Frozen for one descent.
fn soften(level: &Level, settings: &RegisterSettings, at: &RigidParameters, weights: &mut [f32]) {
    let map = level.map(&at.rigid(), None);
    let warped = level.warped(&map, weights);
    let misfit = level.metric(settings, Arc::from(&*weights)).misfit(&warped.values);
    let used = misfit.iter().zip(weights.iter()).filter(|(_, w)| **w > 0.0);
    let mut used: Vec<f64> = used.map(|(r, _)| f64::from(*r)).collect();
    let Some([median]) = percentiles(&mut used, [50.0]).filter(|[m]| *m > 0.0) else { return };
    for (w, r) in weights.iter_mut().zip(&misfit) {
        let ratio = r / median as f32;
        *w /= 1.0 + ratio * ratio;
    }
}

/// How alike two images are under a rigid motion.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Likeness {
    /// Share of the body that the moving scan sees.
    pub overlap: f64,
    /// Correlation over that share; where contrasts differ, normalised mutual information less 1. Larger is better.
    pub score: f64,
}

/// How alike the images of a level are under a rigid motion, by the measure that suits the settings' metric.
pub fn likeness(level: &Level, rigid: &Rigid, left_out: &LeftOut, settings: &RegisterSettings) -> Likeness {
    if settings.metric == MetricKind::Nmi {
        information(level, rigid, left_out, settings)
    } else {
        correlation(level, rigid, left_out)
    }
}

/// Normalised mutual information less 1 over what both see.
fn information(level: &Level, rigid: &Rigid, left_out: &LeftOut, settings: &RegisterSettings) -> Likeness {
    let weights = level.weights(rigid, None, left_out);
    let seen: f64 = weights.iter().map(|&w| f64::from(w)).sum();
    let warped = level.warped(&level.map(rigid, None), &weights);
    let mut slope = vec![0.0; weights.len()];
    let cost = level.metric(settings, weights.into()).evaluate(&warped.values, &mut slope);
    // The cost counts what is not seen as nothing in common.
    let score = if seen > 0.0 { -cost * level.body_voxels.max(1.0) / seen } else { 0.0 };
    Likeness { overlap: seen / level.body_voxels.max(1.0), score }
}

/// Correlation over what both see.
fn correlation(level: &Level, rigid: &Rigid, left_out: &LeftOut) -> Likeness {
    let weights = level.weights(rigid, None, left_out);
    let map = level.map(rigid, None);
    let dims = level.dims();
    let mut s = [0.0_f64; 6];
    let mut work = MapSpace::default();
    for k in 0..dims[2] {
        let first = k * dims[0] * dims[1];
        map.plane(dims, k, &mut work, |o, p| {
            let w = f64::from(weights[first + o]);
            if w > 0.0 {
                let (f, m) = (f64::from(level.fixed.values()[first + o]), f64::from(level.moving.at(p)));
                let terms = [w, w * f, w * m, w * f * f, w * m * m, w * f * m];
                s.iter_mut().zip(terms).for_each(|(s, t)| *s += t);
            }
        });
    }
    let overlap = s[0] / level.body_voxels.max(1.0);
    if s[0] == 0.0 {
        return Likeness { overlap, score: 0.0 };
    }
    let [f, m, ff, mm, fm] = [1, 2, 3, 4, 5].map(|n| s[n] / s[0]);
    let spread = (ff - f * f) * (mm - m * m);
    Likeness { overlap, score: if spread > 0.0 { (fm - f * m) / spread.sqrt() } else { 0.0 } }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::register::level::tests::textured_level;
    use crate::register::settings::Preset;

    #[test]
    fn the_gradient_is_the_derivative_of_the_cost() {
        let level = textured_level();
        let settings = Preset::Generic.settings();
        let centre = Point3::new(3.0, -2.0, 5.0);
        let at = [4.0, -3.0, 5.0, 1.3, -0.7, 0.9];
        let weights = level.body_weights();
        let mut objective = RigidObjective::new(&level, &settings, weights, centre);
        let mut gradient = [0.0; 6];
        objective.evaluate(&at, &mut gradient);
        let size = gradient.iter().map(|g| g.abs()).fold(0.0, f64::max);
        for n in 0..6 {
            let mut cost = |h: f64| {
                let mut there = at;
                there[n] += h;
                objective.evaluate(&there, &mut [0.0; 6])
            };
            // Linear interpolation has kinks, which a difference straddles: 1 % is what can be asked.
            let measured = (cost(2e-3) - cost(-2e-3)) / 4e-3;
            assert!((measured - gradient[n]).abs() < 0.01 * size, "{n}: {measured} against {}", gradient[n]);
        }
    }

    #[test]
    fn the_parameters_of_a_motion_give_it_back() {
        let rigid =
            Rigid::about(Point3::new(9.0, 1.0, -4.0), [2.5, -0.4, -3.0], Vector3::new(30.0, -20.0, 5.0));
        let back = RigidParameters::of(&rigid, Point3::new(-7.0, 80.0, 11.0)).rigid();
        assert!((back.matrix() - rigid.matrix()).amax() < 1e-12);
    }

    #[test]
    fn rotation_slopes_are_derivatives_of_the_rotation() {
        let p = RigidParameters::new(Point3::origin(), [0.3, -0.2, 0.5], Vector3::zeros());
        for (n, slope) in p.rotation_slopes().iter().enumerate() {
            let at = |h: f64| {
                let mut q = p;
                q.values[n] += h;
                *q.rigid().rotation()
            };
            assert!(((at(1e-4) - at(-1e-4)) / 2e-4 - slope).norm() < 1e-8);
        }
    }
}
