//! The noise limit of one patient, from perturbed copies of each visit.

use super::PerturbedRow;
use crate::record::{FeatureKey, Outcome};
use crate::stats::repeatability::Z;

/// Spread of one feature of one region over the perturbations of one scan, on the scale of its values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RegionNoise {
    /// Mean of the perturbed values.
    pub mean: f64,
    /// Within-patient standard deviation about that mean.
    pub wsd: f64,
    /// Its degrees of freedom: values less one.
    pub df: f64,
}

impl RegionNoise {
    /// Of the values of all perturbations; `None` of fewer than two.
    ///
    /// ```
    /// use delta_radiomics::stability::perturb::band::RegionNoise;
    /// let noise = RegionNoise::of(&[1.0, 2.0, 3.0]).unwrap();
    /// assert_eq!((noise.mean, noise.wsd, noise.df), (2.0, 1.0, 2.0));
    /// assert!(RegionNoise::of(&[1.0]).is_none());
    /// ```
    pub fn of(values: &[f64]) -> Option<Self> {
        if values.len() < 2 || values.iter().any(|v| !v.is_finite()) {
            return None;
        }
        let df = values.len() as f64 - 1.0;
        // Of equal values the mean may round, and equal values have no spread.
        if values.iter().all(|v| *v == values[0]) {
            return Some(Self { mean: values[0], wsd: 0.0, df });
        }
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let squares = values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>();
        Some(Self { mean, wsd: (squares / df).sqrt(), df })
    }
}

/// What two visits of one region differ by less than in 95 % of pairs if nothing but perturbation changed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NoiseLimit {
    /// 1.96 sqrt(wSD0^2 + wSD1^2), in the feature's unit.
    pub limit: f64,
    /// wSD of the two visits together, sqrt((wSD0^2 + wSD1^2) / 2): the limit is its repeatability coefficient.
    pub wsd: f64,
    /// Its degrees of freedom (Satterthwaite 1946).
    pub df: f64,
}

impl NoiseLimit {
    /// Of two visits, each with its own noise.
    ///
    /// ```
    /// use delta_radiomics::stability::perturb::band::{NoiseLimit, RegionNoise};
    /// let noise = |wsd| RegionNoise { mean: 10.0, wsd, df: 19.0 };
    /// let alike = NoiseLimit::between(noise(1.0), noise(1.0));
    /// assert!((alike.limit - 2.7718).abs() < 1e-4);
    /// assert!((alike.df - 38.0).abs() < 1e-9);
    /// // Where one visit makes all the noise, its degrees of freedom are all there are.
    /// assert!((NoiseLimit::between(noise(1.0), noise(0.0)).df - 19.0).abs() < 1e-9);
    /// ```
    pub fn between(baseline: RegionNoise, follow_up: RegionNoise) -> Self {
        // Shares of the larger one, so that squares of very large or small values stay in range.
        let scale = baseline.wsd.max(follow_up.wsd);
        if scale == 0.0 {
            return Self { limit: 0.0, wsd: 0.0, df: baseline.df + follow_up.df };
        }
        let share = |noise: RegionNoise| (noise.wsd / scale) * (noise.wsd / scale);
        let (a, b) = (share(baseline), share(follow_up));
        let sum = a + b;
        Self {
            limit: Z * scale * sum.sqrt(),
            wsd: scale * (sum / 2.0).sqrt(),
            df: sum * sum / (a * a / baseline.df + b * b / follow_up.df),
        }
    }
}

/// The noise of every feature of one region, in the order of its rows. `None` where a perturbation has no value: what
/// some perturbations cannot measure has no known noise.
pub fn noise_of(rows: &[PerturbedRow], mask: usize) -> Vec<(FeatureKey, Option<RegionNoise>)> {
    let of_mask: Vec<&PerturbedRow> = rows.iter().filter(|row| row.mask == mask).collect();
    let Some(first) = of_mask.first() else { return Vec::new() };
    let value = |row: &PerturbedRow, n: usize| match row.measured.values[n].outcome {
        Outcome::Value(value) => Some(value),
        _ => None,
    };
    let noise = |n: usize| {
        let values: Option<Vec<f64>> = of_mask.iter().map(|row| value(row, n)).collect();
        values.and_then(|values| RegionNoise::of(&values))
    };
    first.measured.values.iter().enumerate().map(|(n, v)| (v.key.clone(), noise(n))).collect()
}
