//! Intraclass correlation: how much of the spread is between subjects (McGraw & Wong 1996; Shrout & Fleiss 1979).
//!
//! | form | question |
//! |---|---|
//! | ICC(1,1) | do exchangeable repeats agree? |
//! | ICC(A,1) | do the numbers agree, so that a shift between repeats counts against them? |
//! | ICC(C,1) | are they consistent, a shift between repeats left aside? |
//! | (1,k), (A,k), (C,k) | the same for means of k repeats |
//!
//! An ICC is relative to the spread between subjects: it does not carry over to a narrower population. A negative
//! estimate is reported as it is.
//!
//! Worked example, Shrout & Fleiss (1979, table 2), four judges and six targets:
//!
//! ```
//! use delta_radiomics::stats::{icc::icc, mean_squares::MeanSquares};
//! use delta_radiomics::record::IccForm;
//! let ratings = [9, 2, 5, 8, 6, 1, 3, 2, 8, 4, 6, 8, 7, 1, 2, 6, 10, 5, 6, 9, 6, 2, 4, 7].map(f64::from);
//! let squares = MeanSquares::of(&ratings, 4).unwrap();
//! let published = [0.166, 0.290, 0.715, 0.443, 0.620, 0.909];
//! for (form, value) in IccForm::ALL.iter().zip(published) {
//!     assert!((icc(&squares, *form).unwrap().estimate - value).abs() < 0.0005, "{form}");
//! }
//! ```

use super::fisher::{quantile, upper_tail};
use super::mean_squares::MeanSquares;
use crate::record::IccForm;

/// Each tail of a 95 % interval.
const TAIL: f64 = 0.975;

/// An intraclass correlation with its 95 % interval and the F test against zero.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Icc {
    /// Estimate; 1 where repeats are equal.
    pub estimate: f64,
    /// Interval; `None` where it is not defined (repeats are equal, or nothing varies).
    pub interval: Option<(f64, f64)>,
    /// F; infinite where repeats are equal.
    pub f: f64,
    /// Degrees of freedom above.
    pub df1: f64,
    /// Degrees of freedom below.
    pub df2: f64,
    /// P of an F as large where the ICC is zero.
    pub p: f64,
}

/// All six in the order of [`IccForm::ALL`], for the time of three: those of means share intervals and tests.
///
/// ```
/// use delta_radiomics::stats::{icc::{icc, iccs}, mean_squares::MeanSquares};
/// use delta_radiomics::record::IccForm;
/// let squares = MeanSquares::of(&[1.0, 1.2, 3.1, 2.9, 5.0, 5.5], 2).unwrap();
/// assert_eq!(iccs(&squares)[4], icc(&squares, IccForm::AgreementMean));
/// ```
pub fn iccs(squares: &MeanSquares) -> [Option<Icc>; 6] {
    let [one_way, agreement, consistency] =
        [IccForm::OneWaySingle, IccForm::AgreementSingle, IccForm::ConsistencySingle]
            .map(|form| single(squares, form));
    let mean = |form, of: &Option<Icc>| of.and_then(|of| of_mean(squares, form, &of));
    let means = [
        mean(IccForm::OneWayMean, &one_way),
        mean(IccForm::AgreementMean, &agreement),
        mean(IccForm::ConsistencyMean, &consistency),
    ];
    [one_way, agreement, consistency, means[0], means[1], means[2]]
}

/// The intraclass correlation of this form; `None` where nothing varies, and that of means where subjects do not.
pub fn icc(squares: &MeanSquares, form: IccForm) -> Option<Icc> {
    let of = match form {
        IccForm::OneWayMean => IccForm::OneWaySingle,
        IccForm::AgreementMean => IccForm::AgreementSingle,
        IccForm::ConsistencyMean => IccForm::ConsistencySingle,
        _ => return single(squares, form),
    };
    of_mean(squares, form, &single(squares, of)?)
}

/// That of single values.
fn single(squares: &MeanSquares, form: IccForm) -> Option<Icc> {
    if squares.subjects + squares.within <= 0.0 {
        return None;
    }
    let (n, k) = (squares.n as f64, squares.k as f64);
    let (noise, df2) = match form {
        IccForm::OneWaySingle => (squares.within, n * (k - 1.0)),
        _ => (squares.residual, (n - 1.0) * (k - 1.0)),
    };
    // Repeats that differ by a shift alone, of subjects that do not differ: 0 / 0.
    if noise <= 0.0 && squares.subjects <= 0.0 {
        return None;
    }
    let df1 = n - 1.0;
    let shift = match form {
        IccForm::AgreementSingle => k * (squares.repeats - squares.residual) / n,
        _ => 0.0,
    };
    let estimate = (squares.subjects - noise) / (squares.subjects + (k - 1.0) * noise + shift);
    let f = squares.subjects / noise;
    let interval = match form {
        _ if noise <= 0.0 || squares.subjects <= 0.0 => None,
        IccForm::AgreementSingle => agreement_interval(squares, estimate),
        _ => {
            let (low, high) = (f / quantile(TAIL, df1, df2), f * quantile(TAIL, df2, df1));
            Some(((low - 1.0) / (low + k - 1.0), (high - 1.0) / (high + k - 1.0)))
        }
    };
    Some(Icc { estimate, interval, f, df1, df2, p: upper_tail(f, df1, df2) })
}

/// That of means of k, with the test of single values and their interval carried over.
fn of_mean(squares: &MeanSquares, form: IccForm, single: &Icc) -> Option<Icc> {
    if squares.subjects <= 0.0 {
        return None;
    }
    let noise = if form == IccForm::OneWayMean { squares.within } else { squares.residual };
    let shift = match form {
        IccForm::AgreementMean => (squares.repeats - squares.residual) / squares.n as f64,
        _ => 0.0,
    };
    let k = squares.k as f64;
    Some(Icc {
        estimate: (squares.subjects - noise) / (squares.subjects + shift),
        interval: single.interval.and_then(|(lower, upper)| of_means(lower, k).zip(of_means(upper, k))),
        ..*single
    })
}

/// Spearman and Brown: the agreement of means of `k` from that of single values. None below -1/(k-1), which a limit of
/// ICC(A,1) can be: there the formula turns to values above 1.
fn of_means(single: f64, k: f64) -> Option<f64> {
    let spread = 1.0 + (k - 1.0) * single;
    (spread > 0.0).then(|| k * single / spread)
}

/// The interval of ICC(A,1) with Satterthwaite's degrees of freedom (McGraw & Wong 1996, table 7).
fn agreement_interval(squares: &MeanSquares, r: f64) -> Option<(f64, f64)> {
    let (n, k) = (squares.n as f64, squares.k as f64);
    let (msr, msc, mse) = (squares.subjects, squares.repeats, squares.residual);
    let a = k * r / (n * (1.0 - r));
    let b = 1.0 + k * r * (n - 1.0) / (n * (1.0 - r));
    let (of_repeats, of_residual) = (a * msc, b * mse);
    let v = (of_repeats + of_residual) * (of_repeats + of_residual)
        / (of_repeats * of_repeats / (k - 1.0) + of_residual * of_residual / ((n - 1.0) * (k - 1.0)));
    if !(v.is_finite() && v > 0.0) {
        return None;
    }
    let (f_low, f_high) = (quantile(TAIL, n - 1.0, v), quantile(TAIL, v, n - 1.0));
    let spread = k * msc + (k * n - k - n) * mse;
    let lower = n * (msr - f_low * mse) / (f_low * spread + n * msr);
    let upper = n * (f_high * msr - mse) / (spread + n * f_high * msr);
    Some((lower, upper))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_repeats_agree_wholly_and_have_no_interval() {
        let squares = MeanSquares::of(&[1.0, 1.0, 2.5, 2.5, 7.0, 7.0], 2).unwrap();
        for form in IccForm::ALL {
            let icc = icc(&squares, *form).unwrap();
            assert_eq!((icc.estimate, icc.interval, icc.p), (1.0, None, 0.0), "{form}");
        }
    }

    #[test]
    fn nothing_is_said_where_nothing_varies() {
        let squares = MeanSquares::of(&[3.5; 8], 2).unwrap();
        assert_eq!(icc(&squares, IccForm::AgreementSingle), None);
        assert_eq!(MeanSquares::of(&[1.0, 2.0], 2), None, "one subject");
        assert_eq!(MeanSquares::of(&[1.0, 2.0, 3.0], 2), None, "a hole");
    }

    #[test]
    fn a_shift_alone_and_squares_that_overflow_are_no_agreement() {
        let shift = MeanSquares::of(&[1.0, 2.0, 1.0, 2.0, 1.0, 2.0], 2).unwrap();
        assert_eq!(icc(&shift, IccForm::AgreementSingle), None);
        assert_eq!(icc(&shift, IccForm::AgreementMean), None);
        let huge = MeanSquares::of(&[1e200, 2e200, 3e200, 5e200, -4e200, 1e199], 2).unwrap();
        for icc in iccs(&huge).into_iter().flatten() {
            assert!(!icc.estimate.is_finite() || icc.p.is_nan(), "{icc:?}");
        }
    }

    #[test]
    fn repeats_that_differ_more_than_subjects_give_a_negative_estimate() {
        let squares = MeanSquares::of(&[1.0, 3.0, 3.0, 1.0, 2.0, 2.0], 2).unwrap();
        let icc = icc(&squares, IccForm::OneWaySingle).unwrap();
        assert!(icc.estimate < 0.0 && icc.p > 0.5 && icc.interval.is_none());
        // The subjects' means are equal: their reliability is no number.
        assert_eq!(super::icc(&squares, IccForm::ConsistencyMean), None);
    }

    #[test]
    fn a_shift_counts_against_agreement_alone() {
        let subjects = [1.0, 4.0, 2.5, 6.0, 3.3, 5.1, 0.4];
        let with = |shift: f64| {
            let noise = [0.1, -0.2, 0.05, 0.0, -0.1, 0.2, -0.05];
            let values: Vec<f64> =
                subjects.iter().zip(noise).flat_map(|(s, e)| [*s, s + e + shift]).collect();
            MeanSquares::of(&values, 2).unwrap()
        };
        let of = |form, shift| icc(&with(shift), form).unwrap().estimate;
        assert!((of(IccForm::ConsistencySingle, 0.0) - of(IccForm::ConsistencySingle, 2.0)).abs() < 1e-12);
        assert!(of(IccForm::AgreementSingle, 2.0) < of(IccForm::AgreementSingle, 0.0) - 0.1);
    }
}
