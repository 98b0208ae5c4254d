//! An interval that includes training: patients are drawn anew and the whole pipeline is run on each draw.
//!
//! Resampling predictions that are held fixed leaves out the spread that comes from training. A resample here runs the
//! cross-validation twice with different folds, so that a spread has twice the draws. The spread between ways to split is
//! left in, which is too wide for strong signals and needed for weak ones.

use crate::numeric::sum::{mean, ordered_sum};
use crate::record::analysis::{Interval, IntervalMethod};
use crate::stats::auc;
use crate::stats::repeatability::Z;

/// How often such intervals held what they should (`reports/analysis_simulation.md`), the least and the most over the
/// scenarios; none while it has not been simulated.
const SIMULATED_COVERAGE: Option<(f64, f64)> = None;

/// The spread of a figure: its standard deviation over other patients, for a mean over these repeats.
///
/// Each resample has two figures, of different folds. With m their mean and d their difference, the variance of one
/// such figure is Var(m) + E(d^2)/4; it is at least what the mean over `repeats` has by itself. The spread between
/// splits is left in: taking it off was too narrow where a weak signal is found in some cohorts and missed in others.
pub(in crate::analyze) fn spread(of_resamples: &[[f64; 2]], repeats: &[f64]) -> Option<f64> {
    let means: Vec<f64> = of_resamples.iter().map(|pair| f64::midpoint(pair[0], pair[1])).collect();
    let squares: Vec<f64> =
        of_resamples.iter().map(|pair| (pair[0] - pair[1]) * (pair[0] - pair[1])).collect();
    let one = variance(&means)? + mean(&squares)? / 4.0;
    let kept = variance(repeats).unwrap_or(0.0) / repeats.len().max(1) as f64;
    Some(one.max(kept).sqrt())
}

/// `estimate +/- 1.96` spreads, within `limits`.
pub(in crate::analyze) fn around(estimate: f64, spread: f64, limits: (f64, f64)) -> Interval {
    Interval {
        estimate,
        lower: (estimate - Z * spread).clamp(limits.0, limits.1),
        upper: (estimate + Z * spread).clamp(limits.0, limits.1),
    }
}

/// The spread where no resample tells any: all pairs are won in each. Certainty then rests on the patients of the rarer
/// outcome, none of whom failed.
pub(in crate::analyze) fn least_spread(rarer: usize) -> f64 {
    (1.0 - auc::limit_where_all_are_won(rarer)) / Z
}

fn variance(values: &[f64]) -> Option<f64> {
    let mean = mean(values)?;
    let squares: Vec<f64> = values.iter().map(|v| (v - mean) * (v - mean)).collect();
    (values.len() > 1).then(|| ordered_sum(&squares) / (values.len() - 1) as f64)
}

/// How the interval was made, in words.
pub(in crate::analyze) fn method(resamples: usize) -> IntervalMethod {
    IntervalMethod {
        name: "patients_through_the_pipeline".into(),
        text: format!(
            "95 % interval: estimate plus and minus 1.96 standard deviations over {resamples} resamples of patients, \
             each with filters, penalty and model learnt anew in two cross-validations with different folds (copies \
             of a patient in one fold), the spread between splits left in"
        ),
        simulated_coverage: SIMULATED_COVERAGE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_that_no_resample_moves_is_no_surer_than_its_patients() {
        let interval = around(1.0, least_spread(20), (0.0, 1.0));
        assert!((interval.lower - auc::limit_where_all_are_won(20)).abs() < 1e-12);
        assert!(least_spread(5) > least_spread(50));
    }

    #[test]
    fn the_spread_is_that_of_one_cross_validation() {
        // Means 0, 2, 4: variance 4; differences 2, 2, 2: 4/4 added.
        let found = spread(&[[-1.0, 1.0], [3.0, 1.0], [3.0, 5.0]], &[0.0, 1.0, 2.0]).unwrap();
        assert!((found * found - 5.0).abs() < 1e-12);
        // Nothing over patients: that of splits, 4/4.
        let floor = spread(&[[1.0, 3.0], [3.0, 1.0]], &[0.0, 1.0, 2.0]).unwrap();
        assert!((floor * floor - 1.0).abs() < 1e-12);
        // Repeats add nothing.
        let one = spread(&[[-1.0, 1.0], [3.0, 1.0], [3.0, 5.0]], &[0.5]).unwrap();
        assert!((one * one - 5.0).abs() < 1e-12);
        assert_eq!(spread(&[[0.5, 0.5]], &[0.5, 0.6]), None);
    }

    #[test]
    fn limits_hold() {
        let interval = around(0.95, 0.1, (0.0, 1.0));
        assert_eq!(interval.upper, 1.0);
        assert!((interval.lower - (0.95 - Z * 0.1)).abs() < 1e-15);
    }
}
