//! The empirical Bayes step: shifts and variances of one batch, shrunk over the features.
//!
//! All is on the standardised scale. For feature g of a batch of n rows, `shift` is the mean of its rows and `variance`
//! their variance (divisor n - 1). The sum of squares about any other centre follows from both:
//! (n - 1) variance + n (shift - centre)^2, so that no row is looked at again.

use super::{Adjust, Prior};
use crate::numeric::sum::blocks;

/// Change at which the iteration stops, relative.
const TOLERANCE: f64 = 1e-10;
/// More rounds than any case needs; each brings the change down by a factor.
const ROUNDS: usize = 1000;

/// What a batch adds to one feature.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Effect {
    /// Shift, in standard deviations of the feature.
    pub(super) shift: f64,
    /// Variance, as a multiple of the feature's; above zero.
    pub(super) variance: f64,
}

/// Mean and variance (divisor n - 1); `None` for fewer than two values.
fn moments(values: impl Iterator<Item = f64> + Clone) -> Option<(f64, f64)> {
    let n = values.clone().count();
    if n < 2 {
        return None;
    }
    let mean = values.clone().sum::<f64>() / n as f64;
    Some((mean, values.map(|v| (v - mean) * (v - mean)).sum::<f64>() / (n as f64 - 1.0)))
}

/// Shrinks what was found in a batch of `n` rows. One feature alone has nothing to be shrunk to.
pub(super) fn shrink(found: &[Effect], n: usize, prior: Prior, adjust: Adjust) -> Vec<Effect> {
    let scaled = adjust == Adjust::MeanAndScale && n > 1;
    let found: Vec<Effect> = found
        .iter()
        .map(|effect| Effect { shift: effect.shift, variance: if scaled { effect.variance } else { 1.0 } })
        .collect();
    let shrunk = match (prior, scaled) {
        (Prior::Parametric, true) => parametric(&found, n as f64),
        (Prior::Parametric, false) => shifts(&found),
        (Prior::NonParametric, _) => non_parametric(&found, n as f64),
    };
    let usable =
        |effect: &Effect| effect.variance > 0.0 && effect.variance.is_finite() && effect.shift.is_finite();
    // Where all features of a batch are constant, no variance can be told: the shift alone is taken off.
    let fallback = |effect: &Effect| Effect { shift: effect.shift, variance: 1.0 };
    let shrunk = shrunk.unwrap_or_else(|| found.clone());
    shrunk.iter().zip(&found).map(|(s, f)| if usable(s) { *s } else { fallback(f) }).collect()
}

/// Posterior mean of a shift (Johnson 2007, eq. 3.1).
fn posterior_shift(shift: f64, n: f64, variance: f64, (mean, spread): (f64, f64)) -> f64 {
    (spread * n * shift + variance * mean) / (spread * n + variance)
}

/// Shifts alone, with the weight of a single row of unit variance, as sva's `ComBat(mean.only = TRUE)` has it.
fn shifts(found: &[Effect]) -> Option<Vec<Effect>> {
    let prior = moments(found.iter().map(|effect| effect.shift))?;
    Some(
        found
            .iter()
            .map(|effect| Effect { shift: posterior_shift(effect.shift, 1.0, 1.0, prior), variance: 1.0 })
            .collect(),
    )
}

/// Normal prior of shifts, inverse gamma prior of variances, both by moments over the features; the two posterior means
/// depend on each other and are found in turns.
fn parametric(found: &[Effect], n: f64) -> Option<Vec<Effect>> {
    let of_shifts = moments(found.iter().map(|effect| effect.shift))?;
    let (mean, spread) = moments(found.iter().map(|effect| effect.variance))?;
    // Variances that are all the same leave nothing to learn: their prior is a point.
    let gamma = (spread > 0.0).then(|| (2.0 + mean * mean / spread, mean + mean * mean * mean / spread));
    let solve = |effect: &Effect| {
        let of = |variance| posterior_shift(effect.shift, n, variance, of_shifts);
        let Some((shape, scale)) = gamma else { return Effect { shift: of(mean), variance: mean } };
        let (mut variance, mut shift) = (effect.variance, effect.shift);
        for _ in 0..ROUNDS {
            let next = of(variance);
            let squares = (n - 1.0) * effect.variance + n * (effect.shift - next) * (effect.shift - next);
            let wider = (0.5 * squares + scale) / (n / 2.0 + shape - 1.0);
            let moved = (next - shift).abs().max((wider - variance).abs() / wider);
            (shift, variance) = (next, wider);
            if moved <= TOLERANCE {
                break;
            }
        }
        Effect { shift, variance }
    };
    Some(found.iter().map(solve).collect())
}

/// The mean of the other features' shifts and variances, each weighted by how likely it makes this feature's rows.
/// Likelihoods are compared by their logarithms, so that none vanishes with many rows. Where all variances are set to
/// one (shifts alone), a feature's own variance is in all of its likelihoods alike and drops out.
fn non_parametric(found: &[Effect], n: f64) -> Option<Vec<Effect>> {
    if found.len() < 2 {
        return None;
    }
    // A batch in which a feature is constant tells nothing of other features' variances.
    let others: Vec<(usize, Effect, f64)> = found
        .iter()
        .enumerate()
        .filter(|(_, effect)| effect.variance > 0.0)
        .map(|(at, effect)| (at, *effect, -0.5 * n * libm::log(effect.variance)))
        .collect();
    let solve = |at: usize| {
        let own = found[at];
        let likelihoods: Vec<f64> = others
            .iter()
            .map(|(_, other, constant)| {
                let off = own.shift - other.shift;
                constant - ((n - 1.0) * own.variance + n * off * off) / (2.0 * other.variance)
            })
            .collect();
        let theirs = || others.iter().zip(&likelihoods).filter(|((other, ..), _)| *other != at);
        let largest = theirs().map(|(_, l)| *l).fold(f64::NEG_INFINITY, f64::max);
        let (mut weights, mut shift, mut variance) = (0.0, 0.0, 0.0);
        for ((_, other, _), likelihood) in theirs() {
            let weight = libm::exp(likelihood - largest);
            weights += weight;
            shift += weight * other.shift;
            variance += weight * other.variance;
        }
        Effect { shift: shift / weights, variance: variance / weights }
    };
    Some(blocks(found.len(), solve))
}
