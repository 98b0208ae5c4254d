//! On which scale differences of repeats are even: the precision profile.
//!
//! Noise of a fixed size calls for differences of values, noise that grows with the value for differences of
//! logarithms. Which of both a feature has is seen from pairs: does the absolute difference rise with the mean
//! (Bland & Altman 1999, section 3; Atkinson & Nevill 1998)?

use super::kendall::{Kendall, tau_b};
use crate::record::NoiseScale;

/// Above this p a rising difference may be chance, and the values stay as they are.
const SIGNIFICANT: f64 = 0.05;

/// Kendall's tau-b between a pair's absolute difference and its mean, as values and as logarithms.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PrecisionProfile {
    /// On the values; `None` where either does not vary.
    pub tau_raw: Option<f64>,
    /// Its asymptotic two-sided p.
    pub p_raw: Option<f64>,
    /// On the logarithms; `None` also where a value is not positive.
    pub tau_log: Option<f64>,
    /// Its asymptotic two-sided p.
    pub p_log: Option<f64>,
}

impl PrecisionProfile {
    /// Of pairs of repeats.
    ///
    /// ```
    /// use delta_radiomics::{record::NoiseScale, stats::precision::PrecisionProfile};
    /// // The second scan is larger or smaller by a tenth or a little less, whatever the size.
    /// let factors = [1.1, 0.91, 1.09, 0.9, 1.1, 0.905, 1.095, 0.91];
    /// let pairs: Vec<(f64, f64)> = (0..8).map(|i| (2.0_f64.powi(i), 2.0_f64.powi(i) * factors[i as usize])).collect();
    /// assert_eq!(PrecisionProfile::of(&pairs).scale(), NoiseScale::Log);
    /// // A difference of one, whatever the size.
    /// let pairs: Vec<(f64, f64)> = (1..9).map(|i| (f64::from(i), f64::from(i) + 1.0)).collect();
    /// assert_eq!(PrecisionProfile::of(&pairs).scale(), NoiseScale::Raw);
    /// ```
    pub fn of(pairs: &[(f64, f64)]) -> Self {
        let raw = difference_against_mean(pairs);
        let positive = pairs.iter().all(|pair| pair.0 > 0.0 && pair.1 > 0.0);
        let logs = || pairs.iter().map(|pair| (pair.0.ln(), pair.1.ln())).collect::<Vec<_>>();
        let log = if positive { difference_against_mean(&logs()) } else { None };
        Self {
            tau_raw: raw.map(|k| k.tau),
            p_raw: raw.map(|k| k.p),
            tau_log: log.map(|k| k.tau),
            p_log: log.map(|k| k.p),
        }
    }

    /// Logarithms where the difference surely rises with the mean and their own depends on it less; values else.
    pub fn scale(&self) -> NoiseScale {
        match (self.tau_raw, self.p_raw, self.tau_log) {
            (Some(raw), Some(p), Some(log)) if raw > 0.0 && p < SIGNIFICANT && log.abs() < raw => {
                NoiseScale::Log
            }
            _ => NoiseScale::Raw,
        }
    }
}

fn difference_against_mean(pairs: &[(f64, f64)]) -> Option<Kendall> {
    let of = |(a, b): &(f64, f64)| ((b - a).abs(), f64::midpoint(*a, *b));
    tau_b(&pairs.iter().map(of).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::PrecisionProfile;
    use crate::record::NoiseScale;

    #[test]
    fn a_value_that_is_not_positive_has_no_logarithm() {
        let pairs: Vec<(f64, f64)> = (0..20).map(|i| (f64::from(i), f64::from(i) * 1.1)).collect();
        let profile = PrecisionProfile::of(&pairs);
        assert!(profile.tau_raw.unwrap() > 0.9 && profile.p_raw.unwrap() < 1e-6);
        assert_eq!((profile.tau_log, profile.p_log, profile.scale()), (None, None, NoiseScale::Raw));
    }

    #[test]
    fn equal_repeats_have_no_profile() {
        let profile = PrecisionProfile::of(&[(1.0, 1.0), (2.0, 2.0), (3.0, 3.0)]);
        assert_eq!((profile.tau_raw, profile.scale()), (None, NoiseScale::Raw));
        assert_eq!(PrecisionProfile::of(&[]).tau_raw, None);
    }

    #[test]
    fn a_difference_that_falls_stays_on_the_values() {
        let pairs: Vec<(f64, f64)> =
            (1..20).map(|i| (100.0 * f64::from(i), 100.0 * f64::from(i) + 20.0 - f64::from(i))).collect();
        let profile = PrecisionProfile::of(&pairs);
        assert!(profile.tau_raw.unwrap() < -0.9);
        assert_eq!(profile.scale(), NoiseScale::Raw);
    }
}
