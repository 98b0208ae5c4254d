//! Planning a test-retest study: the ICC that a number of subjects needs, and the number that an ICC needs.
//!
//! Both turn the interval of [`super::icc`] (McGraw & Wong 1996) around: which estimate has the lower bound of its
//! 95 % interval at the threshold? For agreement, ICC(A,1) and ICC(A,k), repeats are assumed not to be shifted, their
//! mean square equal to the residual's.

use super::fisher::quantile;
use crate::record::IccForm;

const TAIL: f64 = 0.975;

/// More subjects than any study has.
const MOST: usize = 100_000;

/// The estimate whose lower bound is the threshold, for `n` subjects with `k` repeats each. `None` for fewer than two
/// of either, for a threshold of 1 or more, and for one that no lower bound can have.
///
/// ```
/// use delta_radiomics::{record::IccForm, stats::required::icc_needed};
/// let needed = |n| icc_needed(IccForm::AgreementSingle, n, 2, 0.75).unwrap();
/// assert!(needed(10) > 0.92 && needed(50) < 0.86);
/// ```
pub fn icc_needed(form: IccForm, n: usize, k: usize, threshold: f64) -> Option<f64> {
    if n < 2 || k < 2 || !threshold.is_finite() || threshold >= 1.0 {
        return None;
    }
    let (subjects, repeats) = (n as f64, k as f64);
    // What the lower bound makes of F once it is divided by the quantile.
    let low = if averaged(form) {
        1.0 / (1.0 - threshold)
    } else {
        (1.0 + (repeats - 1.0) * threshold) / (1.0 - threshold)
    };
    if low <= 0.0 {
        return None;
    }
    let f = match form {
        IccForm::OneWaySingle | IccForm::OneWayMean => {
            low * quantile(TAIL, subjects - 1.0, subjects * (repeats - 1.0))
        }
        IccForm::ConsistencySingle | IccForm::ConsistencyMean => {
            low * quantile(TAIL, subjects - 1.0, (subjects - 1.0) * (repeats - 1.0))
        }
        IccForm::AgreementSingle | IccForm::AgreementMean => agreement(low, subjects, repeats),
    };
    Some(if averaged(form) { 1.0 - 1.0 / f } else { (f - 1.0) / (f + repeats - 1.0) })
}

/// The smallest number of subjects with `k` repeats each at which an estimate of `icc` has a lower bound that reaches
/// the threshold. `None` where the ICC is not above the threshold, or more than 100,000 would be needed.
///
/// ```
/// use delta_radiomics::{record::IccForm, stats::required::{icc_needed, n_needed}};
/// let n = n_needed(IccForm::ConsistencySingle, 0.9, 2, 0.75).unwrap();
/// let needed = |n| icc_needed(IccForm::ConsistencySingle, n, 2, 0.75).unwrap();
/// assert!(needed(n) <= 0.9 && needed(n - 1) > 0.9);
/// ```
pub fn n_needed(form: IccForm, icc: f64, k: usize, threshold: f64) -> Option<usize> {
    if icc.is_nan() || icc <= threshold {
        return None;
    }
    let enough = |n: usize| icc_needed(form, n, k, threshold).map(|needed| needed <= icc);
    let (mut few, mut many) = (1, 2);
    while !enough(many)? {
        if many == MOST {
            return None;
        }
        few = many;
        many = (2 * many).min(MOST);
    }
    while many - few > 1 {
        let half = usize::midpoint(few, many);
        if enough(half)? {
            many = half;
        } else {
            few = half;
        }
    }
    Some(many)
}

fn averaged(form: IccForm) -> bool {
    matches!(form, IccForm::OneWayMean | IccForm::AgreementMean | IccForm::ConsistencyMean)
}

/// F whose lower bound of agreement is reached: F = low * quantile, where the degrees of freedom below depend on F
/// itself. Without a shift Satterthwaite's a and b are (F - 1)/n and 1 + (F - 1)(n - 1)/n, and their sum is F.
fn agreement(low: f64, n: f64, k: f64) -> f64 {
    let excess = |f: f64| {
        let (a, b) = ((f - 1.0) / n, 1.0 + (f - 1.0) * (n - 1.0) / n);
        let v = f * f / (a * a / (k - 1.0) + b * b / ((n - 1.0) * (k - 1.0)));
        f - low * quantile(TAIL, n - 1.0, v)
    };
    let (mut below, mut above) = (low, 2.0 * low);
    while excess(above) < 0.0 && above < 1e300 {
        below = above;
        above *= 2.0;
    }
    for _ in 0..200 {
        let half = f64::midpoint(below, above);
        if half <= below || half >= above {
            break;
        }
        if excess(half) < 0.0 {
            below = half;
        } else {
            above = half;
        }
    }
    above
}

#[cfg(test)]
mod tests {
    use super::{icc_needed, n_needed};
    use crate::record::IccForm;
    use crate::stats::icc::icc;
    use crate::stats::mean_squares::MeanSquares;

    /// A table without a shift whose ICC of this form is the estimate.
    fn squares(form: IccForm, n: usize, k: usize, estimate: f64) -> MeanSquares {
        let single = match form {
            IccForm::OneWaySingle | IccForm::AgreementSingle | IccForm::ConsistencySingle => estimate,
            _ => estimate / (k as f64 - (k as f64 - 1.0) * estimate),
        };
        let f = (1.0 + (k as f64 - 1.0) * single) / (1.0 - single);
        MeanSquares { n, k, mean: 0.0, subjects: f, repeats: 1.0, residual: 1.0, within: 1.0 }
    }

    #[test]
    fn the_lower_bound_of_what_is_needed_is_the_threshold() {
        for form in IccForm::ALL {
            for (n, k) in [(5, 2), (10, 2), (11, 3), (50, 2), (200, 5)] {
                for threshold in [0.0, 0.5, 0.75, 0.9] {
                    let needed = icc_needed(*form, n, k, threshold).unwrap();
                    let found = icc(&squares(*form, n, k, needed), *form).unwrap();
                    assert!((found.estimate - needed).abs() < 1e-12);
                    let lower = found.interval.unwrap().0;
                    assert!((lower - threshold).abs() < 1e-10, "{form} {n} x {k}: {lower}, not {threshold}");
                }
            }
        }
    }

    #[test]
    fn more_subjects_need_less() {
        for form in IccForm::ALL {
            let needed: Vec<f64> = (3..60).map(|n| icc_needed(*form, n, 2, 0.75).unwrap()).collect();
            assert!(needed.windows(2).all(|pair| pair[1] < pair[0]), "{form}");
            let n = n_needed(*form, 0.9, 2, 0.75).unwrap();
            assert!(icc_needed(*form, n, 2, 0.75).unwrap() <= 0.9);
            assert!(icc_needed(*form, n - 1, 2, 0.75).unwrap() > 0.9);
        }
    }

    #[test]
    fn what_cannot_be_reached_has_no_number() {
        let form = IccForm::AgreementSingle;
        assert_eq!(icc_needed(form, 1, 2, 0.75), None);
        assert_eq!(icc_needed(form, 10, 1, 0.75), None);
        assert_eq!(icc_needed(form, 10, 2, 1.0), None);
        assert_eq!(icc_needed(form, 10, 2, -1.5), None);
        assert_eq!(n_needed(form, 0.75, 2, 0.75), None);
        assert_eq!(n_needed(form, 0.7501, 2, 0.75), None, "more than 100,000");
    }
}
