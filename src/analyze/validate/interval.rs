//! An interval that includes training: patients are drawn anew and the whole pipeline is run on each draw.
//!
//! Resampling predictions that are held fixed leaves out the spread that comes from training. A resample here runs the
//! cross-validation twice with different folds, which tells the spread over patients from that over ways to split: the
//! first is what an interval is about, and of the second the mean over R repeats has one part in R. Splits spread more
//! within a resample than within the cohort (copies of a patient share a fold, so that folds hold fewer patients), and
//! would widen the interval by a third if they were left in.

use crate::numeric::sum::{mean, ordered_sum};
use crate::record::analysis::{Interval, IntervalMethod};
use crate::stats::auc;

const Z: f64 = 1.959_963_984_540_054;

/// How often such intervals held what they should (`reports/analysis_simulation.md`), the least and the most over the
/// scenarios; none while it has not been simulated.
const SIMULATED_COVERAGE: Option<(f64, f64)> = None;

/// The spread of a figure: its standard deviation over other patients, for a mean over these repeats.
///
/// Each resample has two figures, of different folds. With m their mean and d their difference, the variance over
/// patients is Var(m) - E(d^2)/4; the variance between `repeats` of the observed outcome, divided by their number, is
/// added, and nothing below that is given.
pub(in crate::analyze) fn spread(of_resamples: &[[f64; 2]], repeats: &[f64]) -> Option<f64> {
    let means: Vec<f64> = of_resamples.iter().map(|pair| f64::midpoint(pair[0], pair[1])).collect();
    let squares: Vec<f64> =
        of_resamples.iter().map(|pair| (pair[0] - pair[1]) * (pair[0] - pair[1])).collect();
    let over_patients = (variance(&means)? - mean(&squares)? / 4.0).max(0.0);
    let splits = variance(repeats).map_or_else(|| mean(&squares).map(|d| d / 2.0), Some)?;
    Some((over_patients + splits / repeats.len().max(1) as f64).sqrt())
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
             of a patient in one fold), which tell the spread over patients from that over splits"
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
    fn patients_and_splits_are_told_apart() {
        // Means 0, 2, 4: variance 4; differences 2, 2, 2: 4/4 taken off; between repeats (0, 1, 2) 1, a third added.
        let found = spread(&[[-1.0, 1.0], [3.0, 1.0], [3.0, 5.0]], &[0.0, 1.0, 2.0]).unwrap();
        assert!((found * found - (3.0 + 1.0 / 3.0)).abs() < 1e-12);
        // Nothing over patients: what the mean of repeats has by itself.
        let floor = spread(&[[1.0, 3.0], [3.0, 1.0]], &[0.0, 1.0, 2.0]).unwrap();
        assert!((floor * floor - 1.0 / 3.0).abs() < 1e-12);
        // One repeat: splits are known from the resamples alone, 4/2.
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
