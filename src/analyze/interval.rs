//! An interval that includes training: patients are drawn anew and the whole pipeline is run on each draw.
//!
//! Resampling predictions that are held fixed leaves out the spread that comes from training. A resample here runs
//! one repeat of the cross-validation, so that its figure has the spread between ways to split on top; the mean over
//! repeats has only a part of that. What averaging removes is measured from the repeats of the observed outcome.

use crate::numeric::sum::{mean, ordered_sum};
use crate::record::analysis::{Interval, IntervalMethod};

const Z: f64 = 1.959_963_984_540_054;

/// How often such intervals held what they should (`reports/analysis_simulation.md`), the least and the most over the
/// scenarios; none while it has not been simulated.
const SIMULATED_COVERAGE: Option<(f64, f64)> = None;

/// The spread of a figure: its standard deviation over other patients, for a mean over these repeats.
///
/// `of_resamples` has one repeat each. The variance between `repeats`, of which a mean over R of them keeps one part
/// in R, is taken off; not below the part that is kept.
pub(super) fn spread(of_resamples: &[f64], repeats: &[f64]) -> Option<f64> {
    let total = variance(of_resamples)?;
    let Some(between) = variance(repeats) else { return Some(total.sqrt()) };
    let kept = between / repeats.len() as f64;
    Some((total - between + kept).max(kept).max(0.0).sqrt())
}

/// `estimate +/- 1.96` spreads, within `limits`.
pub(super) fn around(estimate: f64, spread: f64, limits: (f64, f64)) -> Interval {
    Interval {
        estimate,
        lower: (estimate - Z * spread).clamp(limits.0, limits.1),
        upper: (estimate + Z * spread).clamp(limits.0, limits.1),
    }
}

fn variance(values: &[f64]) -> Option<f64> {
    let mean = mean(values)?;
    let squares: Vec<f64> = values.iter().map(|v| (v - mean) * (v - mean)).collect();
    (values.len() > 1).then(|| ordered_sum(&squares) / (values.len() - 1) as f64)
}

/// How the interval was made, in words.
pub(super) fn method(resamples: usize) -> IntervalMethod {
    IntervalMethod {
        name: "patients_through_the_pipeline".into(),
        text: format!(
            "95 % interval: estimate plus and minus 1.96 standard deviations over {resamples} resamples of patients, \
             each with filters, penalty and model learnt anew in a cross-validation of one repeat (copies of a \
             patient in one fold); the variance between splits that the mean over repeats does not have is taken off"
        ),
        simulated_coverage: SIMULATED_COVERAGE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spread_of_splits_is_taken_off_but_for_what_the_mean_keeps() {
        // Variance 4 of resamples (values 0, 2, 4), 1 between repeats (0, 1, 2): 4 - 1 + 1/3.
        let found = spread(&[0.0, 2.0, 4.0], &[0.0, 1.0, 2.0]).unwrap();
        assert!((found * found - (3.0 + 1.0 / 3.0)).abs() < 1e-12);
        // Never below what the mean of repeats has by itself.
        let floor = spread(&[1.0, 1.0, 1.0], &[0.0, 1.0, 2.0]).unwrap();
        assert!((floor * floor - 1.0 / 3.0).abs() < 1e-12);
        // One repeat: nothing to take off.
        assert_eq!(spread(&[0.0, 2.0, 4.0], &[0.5]), Some(2.0));
        assert_eq!(spread(&[0.5], &[0.5, 0.6]), None);
    }

    #[test]
    fn limits_hold() {
        let interval = around(0.95, 0.1, (0.0, 1.0));
        assert_eq!(interval.upper, 1.0);
        assert!((interval.lower - (0.95 - Z * 0.1)).abs() < 1e-15);
    }
}
