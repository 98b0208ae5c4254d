//! Whether an ICC reaches a threshold, without its interval being computed.
//!
//! An interval costs two quantiles of F, each found by iteration. Whether its lower bound reaches a threshold T needs
//! none: the limit of [`crate::stats::icc`] is solved for the F quantile at which it equals T. For agreement the
//! degrees of freedom change from study to study, and the tail at that F is compared with 2.5 % instead.

use crate::record::{IccBound, IccForm};
use crate::stats::fisher::{quantile, upper_tail};
use crate::stats::mean_squares::MeanSquares;

const TAIL: f64 = 0.975;

/// What studies of one design have to pass.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hurdle {
    form: IccForm,
    bound: IccBound,
    /// The threshold of single measurements; that of means is turned into it.
    threshold: f64,
    /// The F that forms other than agreement have to reach.
    f_needed: f64,
}

impl Hurdle {
    /// For `n` subjects with `k` repeats each.
    pub(super) fn of(form: IccForm, bound: IccBound, threshold: f64, n: usize, k: usize) -> Self {
        let (n, k) = (n as f64, k as f64);
        // Spearman and Brown, the other way round.
        let single = match form {
            IccForm::OneWayMean | IccForm::AgreementMean | IccForm::ConsistencyMean => {
                threshold / (k - (k - 1.0) * threshold)
            }
            _ => threshold,
        };
        let df2 = match form {
            IccForm::OneWaySingle | IccForm::OneWayMean => n * (k - 1.0),
            _ => (n - 1.0) * (k - 1.0),
        };
        let widened = match bound {
            IccBound::Lower => quantile(TAIL, n - 1.0, df2),
            IccBound::Point => 1.0,
        };
        let f_needed = widened * (1.0 + (k - 1.0) * single) / (1.0 - single);
        Self { form, bound, threshold: single, f_needed }
    }

    /// Whether a study's estimate or lower bound reaches the threshold.
    pub(super) fn is_passed(self, squares: &MeanSquares) -> bool {
        match self.form {
            IccForm::OneWaySingle | IccForm::OneWayMean => {
                squares.subjects >= self.f_needed * squares.within && squares.within > 0.0
            }
            IccForm::ConsistencySingle | IccForm::ConsistencyMean => {
                squares.subjects >= self.f_needed * squares.residual && squares.residual > 0.0
            }
            IccForm::AgreementSingle | IccForm::AgreementMean => self.agrees(squares),
        }
    }

    /// Agreement: McGraw & Wong 1996, table 7.
    fn agrees(self, squares: &MeanSquares) -> bool {
        let (n, k, t) = (squares.n as f64, squares.k as f64, self.threshold);
        let (msr, msc, mse) = (squares.subjects, squares.repeats, squares.residual);
        let estimate = (msr - mse) / (msr + (k - 1.0) * mse + k * (msc - mse) / n);
        match self.bound {
            IccBound::Point => estimate >= t,
            IccBound::Lower => {
                let odds = estimate / (1.0 - estimate);
                let (of_repeats, of_residual) = (k * odds / n * msc, (1.0 + k * odds * (n - 1.0) / n) * mse);
                let v = (of_repeats + of_residual) * (of_repeats + of_residual)
                    / (of_repeats * of_repeats / (k - 1.0)
                        + of_residual * of_residual / ((n - 1.0) * (k - 1.0)));
                let spread = k * msc + (k * n - k - n) * mse;
                let at_threshold = n * msr * (1.0 - t) / (n * mse + t * spread);
                v.is_finite() && v > 0.0 && upper_tail(at_threshold, n - 1.0, v) <= 1.0 - TAIL
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::random::Random;
    use crate::stats::icc::icc;

    #[test]
    fn it_decides_as_the_interval_does() {
        let mut random = Random::seeded(11);
        let mut passed = 0;
        for (n, k) in [(5, 2), (10, 2), (20, 2), (12, 4)] {
            for study in 0..150 {
                let noise = random.between(0.1, 0.7);
                let values: Vec<f64> = (0..n)
                    .flat_map(|_| {
                        let subject = random.normal();
                        (0..k)
                            .map(|repeat| {
                                subject
                                    + noise * random.normal()
                                    + f64::from(repeat == 0 && study % 3 == 0) * 0.3
                            })
                            .collect::<Vec<_>>()
                    })
                    .collect();
                let squares = MeanSquares::of(&values, k).unwrap();
                for form in IccForm::ALL.iter().copied() {
                    let icc = icc(&squares, form).unwrap();
                    let lower = icc.interval.map(|(lower, _)| lower);
                    for (bound, figure) in [(IccBound::Point, Some(icc.estimate)), (IccBound::Lower, lower)] {
                        let expected = figure.is_some_and(|figure| figure >= 0.75);
                        let hurdle = Hurdle::of(form, bound, 0.75, n, k);
                        assert_eq!(hurdle.is_passed(&squares), expected, "{form} {bound} {figure:?}");
                        passed += usize::from(expected);
                    }
                }
            }
        }
        assert!(passed > 500, "{passed} passed: too few to compare");
    }
}
