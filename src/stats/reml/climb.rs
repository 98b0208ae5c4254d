//! The most likely variance ratios.
//!
//! Newton's method on the logarithms of the ratios, with the exact gradient and its differences for the curvature. A
//! ratio of zero is no number on that scale: it is looked at by itself, whenever a ratio falls towards it, and left
//! again where the likelihood rises with the ratio.

use super::likelihood::{At, Profile, Ratios};

/// Starting values of a ratio.
const COARSE: [f64; 7] = [0.0, 0.02, 0.15, 1.0, 7.0, 50.0, 400.0];
/// A ratio below this may be zero.
const NEAR_ZERO: f64 = 0.01;
/// Largest step of a logarithm.
const STRIDE: f64 = 3.0;
/// A ratio is known when its logarithm no longer moves by this.
const SETTLED: f64 = 1e-11;
/// Steps of a logarithm below this are Newton's last.
const LAST_STEPS: f64 = 1e-3;
/// Rounding of a deviance, where shifts between repeats outweigh the residual a thousandfold.
const LEVEL: f64 = 1e-8;
/// Step of the differences of gradients.
const PROBE: f64 = 1e-5;

/// Which ratios the model has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Estimated {
    /// Whether repeats have a variance of their own.
    pub repeats: bool,
}

impl Estimated {
    pub const SUBJECTS: Self = Self { repeats: false };
    pub const SUBJECTS_AND_REPEATS: Self = Self { repeats: true };

    fn ratios(self) -> std::ops::Range<usize> {
        0..if self.repeats { 2 } else { 1 }
    }
}

/// The ratios with the smallest deviance.
pub(super) fn summit(profile: &Profile, estimated: Estimated) -> Ratios {
    let mut here = start(profile, estimated);
    for _ in 0..200 {
        let Some(next) = step(profile, estimated, &here) else { break };
        let settled = (0..2).all(|i| {
            let (a, b) = (here.ratios[i], next.ratios[i]);
            (a - b).abs() <= SETTLED * a
        });
        here = next;
        if settled {
            break;
        }
    }
    here.ratios
}

struct Place {
    ratios: Ratios,
    at: At,
}

impl Place {
    fn new(profile: &Profile, ratios: Ratios) -> Self {
        Self { ratios, at: profile.at(ratios) }
    }
    fn with(&self, profile: &Profile, i: usize, ratio: f64) -> Self {
        let mut ratios = self.ratios;
        ratios[i] = ratio;
        Self::new(profile, ratios)
    }
    /// The lower of both, this one if they are level.
    fn or_lower(self, other: Self) -> Self {
        if other.at.deviance < self.at.deviance { other } else { self }
    }
    /// Derivative of the deviance by the logarithm of a ratio.
    fn slope(&self, i: usize) -> f64 {
        self.ratios[i] * self.at.gradient[i]
    }
}

/// The best of few values of each ratio, one ratio after the other, twice.
fn start(profile: &Profile, estimated: Estimated) -> Place {
    let mut best = Place::new(profile, [1.0, 0.0]);
    for _ in 0..2 {
        for i in estimated.ratios() {
            for ratio in COARSE {
                let other = best.with(profile, i, ratio);
                best = best.or_lower(other);
            }
        }
    }
    best
}

/// A lower place; `None` where there is none.
fn step(profile: &Profile, estimated: Estimated, here: &Place) -> Option<Place> {
    for i in estimated.ratios() {
        // At zero the likelihood may rise with the ratio: then zero is left.
        if here.ratios[i] == 0.0 && here.at.gradient[i] < 0.0 {
            let away = (1..9).map(|power| here.with(profile, i, 0.1_f64.powi(power)));
            let best = away.reduce(Place::or_lower)?;
            if best.at.deviance < here.at.deviance {
                return Some(best);
            }
        }
    }
    let free: Vec<usize> = estimated.ratios().filter(|&i| here.ratios[i] > 0.0).collect();
    let direction = newton(profile, here, &free);
    // The gradient is known to more digits than the deviance: the last steps look level, or a little uphill.
    let level = if direction.iter().all(|s| s.abs() < LAST_STEPS) { LEVEL } else { 0.0 };
    let mut stride = 1.0;
    let mut next = loop {
        let mut ratios = here.ratios;
        for &i in &free {
            ratios[i] *= (stride * direction[i]).exp();
        }
        let next = Place::new(profile, ratios);
        if next.at.deviance <= here.at.deviance + level * here.at.deviance.abs().max(1.0) {
            break next;
        }
        stride /= 2.0;
        if stride < 1e-3 {
            return None;
        }
    };
    for &i in &free {
        if direction[i] < 0.0 && next.ratios[i] < NEAR_ZERO {
            let zero = next.with(profile, i, 0.0);
            if zero.at.deviance <= next.at.deviance {
                next = zero;
            }
        }
    }
    Some(next)
}

/// Newton's step in the logarithms of the free ratios; downhill also where the deviance is not convex.
fn newton(profile: &Profile, here: &Place, free: &[usize]) -> Ratios {
    let slopes = [here.slope(0), here.slope(1)];
    let mut curvature = [[1.0, 0.0], [0.0, 1.0]];
    for &i in free {
        let probe = here.with(profile, i, here.ratios[i] * PROBE.exp());
        for &j in free {
            curvature[i][j] = (probe.slope(j) - slopes[j]) / PROBE;
        }
    }
    let cross = f64::midpoint(curvature[0][1], curvature[1][0]);
    let determinant = curvature[0][0] * curvature[1][1] - cross * cross;
    let mut step = [0.0; 2];
    for &i in free {
        let other = 1 - i;
        let beside = if free.len() == 2 { cross * slopes[other] } else { 0.0 };
        let full = -(curvature[other][other] * slopes[i] - beside) / determinant;
        let convex = determinant > 0.0 && curvature[0][0] > 0.0 && curvature[1][1] > 0.0;
        let alone = -slopes[i] / curvature[i][i].abs();
        let chosen = if convex { full } else { alone };
        step[i] = if chosen.is_finite() { chosen.clamp(-STRIDE, STRIDE) } else { 0.0 };
    }
    step
}
