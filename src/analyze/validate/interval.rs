//! An interval that includes training: patients are drawn anew and the whole pipeline is run on each draw.
//!
//! Resampling predictions that are held fixed leaves out the spread that comes from training. The draws here have it,
//! and more of it than the cohort: a draw holds 63 % of the patients, so that its figure is lower, and moves more where
//! a clear signal is found in most draws and missed in some. Which correction keeps the coverage was chosen by
//! simulation (`workflow/analysis_simulation.rs`): the standard deviation is taken in relation to that of a coin with
//! the draws' mean, and the upper end is that on the scale of log odds where that is nearer. The spread between ways to
//! split stays in, though a mean over repeats has only a part of it: without it, a weak signal that is found in some
//! cohorts and missed in others is held too rarely.

use crate::numeric::sum::{mean, ordered_sum};
use crate::record::analysis::{Interval, IntervalMethod};
use crate::stats::repeatability::Z;
use crate::stats::{auc, logistic};

/// How often such intervals held what they should, the least and the most over the scenarios of
/// `reports/analysis_simulation.md`.
const SIMULATED_COVERAGE: (f64, f64) = (0.92, 1.0);

/// How a share of pairs moves with the patients.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::analyze) struct Spread {
    /// Mean over the draws.
    mean: f64,
    /// Standard deviation over the draws.
    sd: f64,
    /// Standard deviation of the figure itself, a mean over repeats.
    of_repeats: f64,
}

impl Spread {
    /// By one figure for each draw, and one for each repeat of the cross-validation; none from fewer than two draws.
    pub(in crate::analyze) fn of(drawn: &[f64], repeats: &[f64]) -> Option<Self> {
        Some(Self { mean: mean(drawn)?, sd: variance(drawn)?.sqrt(), of_repeats: of_repeats(repeats) })
    }

    /// The standard deviation of the figure: at least what different folds alone do to it.
    pub(in crate::analyze) fn sd(self) -> f64 {
        (weight(self.mean) * self.sd).max(self.of_repeats)
    }

    /// The interval of a share. At zero or one, draws may all be alike; certainty then rests on the patients of the
    /// `rarer` outcome, none of whom failed.
    pub(in crate::analyze) fn around(self, estimate: f64, rarer: usize) -> Interval {
        if estimate <= 0.0 || estimate >= 1.0 {
            return around(estimate, self.sd().max(where_none_failed(rarer)), (0.0, 1.0));
        }
        let plain = around(estimate, self.sd(), (0.0, 1.0));
        let odds = |p: f64| libm::log(p / (1.0 - p));
        let by_odds = logistic::probability(odds(estimate) + Z * self.sd / (self.mean * (1.0 - self.mean)));
        // Not a number where all draws are at a limit.
        Interval { upper: if by_odds < plain.upper { by_odds } else { plain.upper }, ..plain }
    }
}

/// The interval of a difference of two shares, by their figures in the same draws, and by its repeats; none from fewer
/// than two draws.
pub(in crate::analyze) fn of_difference(
    estimate: f64,
    drawn: &[(f64, f64)],
    repeats: &[f64],
    rarer: usize,
) -> Option<Interval> {
    let (own, other): (Vec<f64>, Vec<f64>) = drawn.iter().copied().unzip();
    let (of_own, of_other) = (weight(mean(&own)?), weight(mean(&other)?));
    let weighted: Vec<f64> = drawn.iter().map(|(a, b)| of_own * a - of_other * b).collect();
    let sd = variance(&weighted)?.sqrt().max(of_repeats(repeats));
    Some(around(estimate, if sd == 0.0 { where_none_failed(rarer) } else { sd }, (-1.0, 1.0)))
}

/// The standard deviation of a coin, in relation to that of a fair one.
fn weight(mean: f64) -> f64 {
    2.0 * (mean * (1.0 - mean)).max(0.0).sqrt()
}

/// `estimate +/- 1.96` standard deviations, within `limits`.
pub(in crate::analyze) fn around(estimate: f64, sd: f64, limits: (f64, f64)) -> Interval {
    Interval {
        estimate,
        lower: (estimate - Z * sd).clamp(limits.0, limits.1),
        upper: (estimate + Z * sd).clamp(limits.0, limits.1),
    }
}

fn where_none_failed(rarer: usize) -> f64 {
    (1.0 - auc::limit_where_all_are_won(rarer)) / Z
}

fn of_repeats(repeats: &[f64]) -> f64 {
    (variance(repeats).unwrap_or(0.0) / repeats.len().max(1) as f64).sqrt()
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
             each with filters, penalty and model learnt anew in a cross-validation of its own (copies of a patient in \
             one fold), weighted by 2 sqrt(m (1 - m)) of their mean m; the upper end on the scale of log odds where \
             that is nearer"
        ),
        simulated_coverage: Some(SIMULATED_COVERAGE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_that_no_draw_moves_is_no_surer_than_its_patients() {
        let spread = Spread::of(&[1.0; 9], &[1.0; 5]).unwrap();
        assert_eq!(spread.around(1.0, 20).upper, 1.0);
        assert!((spread.around(1.0, 20).lower - auc::limit_where_all_are_won(20)).abs() < 1e-12);
        let difference = of_difference(0.3, &[(0.8, 0.5); 4], &[0.3; 5], 20).unwrap();
        assert!((0.3 - difference.lower - (1.0 - auc::limit_where_all_are_won(20))).abs() < 1e-12);
    }

    #[test]
    fn about_one_half_it_is_the_standard_deviation_over_draws() {
        let drawn = [0.4, 0.5, 0.6];
        let spread = Spread::of(&drawn, &[0.5]).unwrap();
        assert!((spread.sd() - 0.1).abs() < 1e-15);
        let interval = spread.around(0.5, 20);
        assert!((interval.lower - (0.5 - Z * 0.1)).abs() < 1e-15);
        // Log odds of 1.96 times 0.1 / 0.25.
        assert!((interval.upper - 1.0 / (1.0 + (-Z * 0.4_f64).exp())).abs() < 1e-12);
        assert_eq!(Spread::of(&[0.5], &[0.5, 0.6]), None);
    }

    #[test]
    fn draws_of_a_clear_signal_count_less() {
        // Mean 0.8: weight 2 sqrt(0.16) = 0.8.
        let spread = Spread::of(&[0.7, 0.8, 0.9], &[0.9]).unwrap();
        assert!((spread.sd() - 0.08).abs() < 1e-12);
        assert!(spread.around(0.95, 20).upper < 1.0);
        // Repeats that differ by more than draws do.
        let spread = Spread::of(&[0.5, 0.5], &[0.3, 0.7]).unwrap();
        assert!((spread.sd() - 0.2).abs() < 1e-12);
    }

    #[test]
    fn a_difference_weighs_each_share() {
        // 0.8 (0.7 to 0.9) and one half that does not move: standard deviation 0.8 times 0.1.
        let found = of_difference(0.3, &[(0.7, 0.5), (0.8, 0.5), (0.9, 0.5)], &[0.3], 20).unwrap();
        assert!((found.upper - (0.3 + Z * 0.08)).abs() < 1e-12);
        assert_eq!(of_difference(0.3, &[(0.7, 0.5)], &[0.3], 20), None);
    }
}
