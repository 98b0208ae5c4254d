//! What a change is, and where it is defined (docs/method.md, Deltas).
//!
//! | baseline f0, follow-up f1 | absolute | relative | log ratio |
//! |---|---|---|---|
//! | both > 0, ratio scale | f1 - f0 | (f1 - f0) / f0 | ln(f1 / f0) |
//! | f0 > 0, f1 = 0, ratio scale | f1 - f0 | -1 | undefined: non_positive |
//! | f0 = 0, ratio scale | f1 - f0 | undefined: baseline_zero | undefined: baseline_zero |
//! | either < 0, ratio scale | f1 - f0 | undefined: non_positive | undefined: non_positive |
//! | not on a ratio scale | f1 - f0 | refused: signed_feature | refused: signed_feature |
//!
//! ```
//! use delta_radiomics::delta::definition::{Ratios, change};
//! use delta_radiomics::record::Outcome;
//! let halved = change(Outcome::Value(8.0), Outcome::Value(4.0), Ratios::Meaningful);
//! assert_eq!(halved.absolute, Outcome::Value(-4.0));
//! assert_eq!(halved.relative, Outcome::Value(-0.5));
//! assert!((halved.log_ratio.value().unwrap() + std::f64::consts::LN_2).abs() < 1e-15);
//! ```

use crate::features::registry::{FeatureInfo, RatioScale};
use crate::record::{FeatureKey, Outcome, Reason, Units};

/// Whether ratios of a feature's values say something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ratios {
    /// The feature is on a ratio scale.
    Meaningful,
    /// It may be negative, or its zero does not mean none.
    Meaningless,
}

/// Whether ratios of this feature say something in these units. A feature that the registry does not know is on no
/// ratio scale, and filters leave no true zero: a filter's response may be negative whatever the units were.
pub fn ratios(key: &FeatureKey, info: Option<FeatureInfo>, units: Units) -> Ratios {
    let meaningful = match info.map(|i| i.ratio) {
        Some(RatioScale::Always) => true,
        Some(RatioScale::WithTrueZero) => units.has_true_zero() && key.image == "original",
        Some(RatioScale::Never) | None => false,
    };
    if meaningful { Ratios::Meaningful } else { Ratios::Meaningless }
}

/// One change on its three scales, each with its own status.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Change {
    /// Follow-up minus baseline.
    pub absolute: Outcome,
    /// `absolute` over baseline.
    pub relative: Outcome,
    /// Natural logarithm of follow-up over baseline.
    pub log_ratio: Outcome,
}

impl Change {
    /// A change that is the same on all scales: none.
    pub fn none(outcome: Outcome) -> Self {
        Self { absolute: outcome, relative: outcome, log_ratio: outcome }
    }

    /// Refuses whatever has a value; what is undefined or refused already keeps its reason.
    #[must_use]
    pub fn refused(self, reason: Reason) -> Self {
        let refuse = |outcome: Outcome| outcome.value().map_or(outcome, |_| Outcome::Refused(reason));
        Self {
            absolute: refuse(self.absolute),
            relative: refuse(self.relative),
            log_ratio: refuse(self.log_ratio),
        }
    }
}

/// The change from `baseline` to `followup`. Where one of them has no value, the change has none for the same
/// reason: a refusal speaks before what is undefined, baseline before follow-up.
pub fn change(baseline: Outcome, followup: Outcome, ratios: Ratios) -> Change {
    let (Some(f0), Some(f1)) = (baseline.value(), followup.value()) else {
        return Change::none(why_none(baseline, followup));
    };
    // A value without a reference in the standard gives a change without one.
    let standardised =
        !matches!((baseline, followup), (Outcome::NotStandardised(_), _) | (_, Outcome::NotStandardised(_)));
    let given = |value: f64| match Outcome::finite(value) {
        Outcome::Value(v) if !standardised => Outcome::NotStandardised(v),
        outcome => outcome,
    };
    let (relative, log_ratio) = match ratios {
        Ratios::Meaningless => {
            (Outcome::Refused(Reason::SignedFeature), Outcome::Refused(Reason::SignedFeature))
        }
        Ratios::Meaningful => match domain(f0, f1) {
            Domain::Positive => (given((f1 - f0) / f0), given(log_ratio(f0, f1))),
            Domain::FollowupZero => (given((f1 - f0) / f0), Outcome::Undefined(Reason::NonPositive)),
            Domain::Outside(reason) => (Outcome::Undefined(reason), Outcome::Undefined(reason)),
        },
    };
    Change { absolute: given(f1 - f0), relative, log_ratio }
}

enum Domain {
    Positive,
    FollowupZero,
    Outside(Reason),
}

fn domain(f0: f64, f1: f64) -> Domain {
    if f0 < 0.0 || f1 < 0.0 {
        Domain::Outside(Reason::NonPositive)
    } else if f0 == 0.0 {
        Domain::Outside(Reason::BaselineZero)
    } else if f1 == 0.0 {
        Domain::FollowupZero
    } else {
        Domain::Positive
    }
}

fn why_none(baseline: Outcome, followup: Outcome) -> Outcome {
    let refused = [baseline, followup].into_iter().find(|o| matches!(o, Outcome::Refused(_)));
    let undefined = [baseline, followup].into_iter().find(|o| o.value().is_none());
    refused.or(undefined).unwrap_or(Outcome::Undefined(Reason::Absent))
}

/// ln(f1 / f0) of two positive values; exchanging them negates it to the last bit, because the larger is always
/// taken over the smaller and the sign set afterwards. `libm` computes it, so that no system's library decides a
/// stored number.
fn log_ratio(f0: f64, f1: f64) -> f64 {
    let (low, high) = if f0 < f1 { (f0, f1) } else { (f1, f0) };
    let magnitude = if high < 2.0 * low {
        // high - low is exact here, so that small changes keep their digits.
        libm::log1p((high - low) / low)
    } else {
        // No quotient that could overflow; the logarithms differ by at least ln 2.
        libm::log(high) - libm::log(low)
    };
    if f1 < f0 { -magnitude } else { magnitude }
}

/// A change per day; none where the interval is unknown or zero.
pub fn per_day(change: Outcome, interval_days: Option<f64>) -> Option<f64> {
    let days = interval_days.filter(|d| *d != 0.0)?;
    change.value().map(|v| v / days).filter(|v| v.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(f0: f64, f1: f64) -> Change {
        change(Outcome::Value(f0), Outcome::Value(f1), Ratios::Meaningful)
    }

    #[test]
    fn each_domain_has_its_status() {
        use Outcome::{Refused, Undefined, Value};
        let unchanged = at(3.0, 3.0);
        assert_eq!(unchanged, Change::none(Value(0.0)));
        let gone = at(5.0, 0.0);
        assert_eq!((gone.absolute, gone.relative), (Value(-5.0), Value(-1.0)));
        assert_eq!(gone.log_ratio, Undefined(Reason::NonPositive));
        let new = at(0.0, 5.0);
        assert_eq!(new.absolute, Value(5.0));
        assert_eq!(
            (new.relative, new.log_ratio),
            (Undefined(Reason::BaselineZero), Undefined(Reason::BaselineZero))
        );
        let negative = at(2.0, -1.0);
        assert_eq!((negative.absolute, negative.relative), (Value(-3.0), Undefined(Reason::NonPositive)));
        let signed = change(Value(2.0), Value(3.0), Ratios::Meaningless);
        assert_eq!((signed.absolute, signed.log_ratio), (Value(1.0), Refused(Reason::SignedFeature)));
    }

    #[test]
    fn a_missing_value_gives_its_reason() {
        use Outcome::{NotStandardised, Refused, Undefined, Value};
        let flat = Undefined(Reason::SingleGreyLevel);
        let ours = Refused(Reason::CarriedMask);
        assert_eq!(change(Value(1.0), flat, Ratios::Meaningful), Change::none(flat));
        assert_eq!(change(flat, ours, Ratios::Meaningful), Change::none(ours));
        let open = change(Value(1.0), NotStandardised(3.0), Ratios::Meaningful);
        assert_eq!((open.absolute, open.relative), (NotStandardised(2.0), NotStandardised(2.0)));
    }

    #[test]
    fn a_refusal_leaves_what_is_undefined() {
        let refused = at(5.0, 0.0).refused(Reason::QaFail);
        assert_eq!(refused.absolute, Outcome::Refused(Reason::QaFail));
        assert_eq!(refused.log_ratio, Outcome::Undefined(Reason::NonPositive));
    }

    #[test]
    fn no_interval_no_rate() {
        let change = Outcome::Value(6.0);
        assert_eq!(per_day(change, Some(3.0)), Some(2.0));
        assert_eq!(per_day(change, Some(0.0)), None);
        assert_eq!(per_day(change, None), None);
        assert_eq!(per_day(Outcome::Refused(Reason::QaFail), Some(3.0)), None);
    }

    #[test]
    fn overflow_is_no_number() {
        assert_eq!(at(f64::MIN_POSITIVE, f64::MAX).relative.value(), None);
        assert!(at(f64::MIN_POSITIVE, f64::MAX).log_ratio.value().is_some());
    }

    proptest! {
        #[test]
        fn swapping_visits_negates_absolute_and_log_ratio(f0 in 1e-30..1e30_f64, f1 in 1e-30..1e30_f64) {
            let (there, back) = (at(f0, f1), at(f1, f0));
            for (a, b) in [(there.absolute, back.absolute), (there.log_ratio, back.log_ratio)] {
                prop_assert_eq!(a.value().unwrap().to_bits(), (-b.value().unwrap()).to_bits());
            }
        }

        #[test]
        fn swapping_close_visits_negates_the_log_ratio(f0 in 1.0..2.0_f64, f1 in 1.0..2.0_f64) {
            let (there, back) = (at(f0, f1).log_ratio.value().unwrap(), at(f1, f0).log_ratio.value().unwrap());
            prop_assert_eq!(there.to_bits(), (-back).to_bits());
        }

        #[test]
        fn multiplying_both_leaves_relative_and_log_ratio(
            f0 in 1e-3..1e3_f64, f1 in 1e-3..1e3_f64, factor in 1e-3..1e3_f64,
        ) {
            let (once, scaled) = (at(f0, f1), at(f0 * factor, f1 * factor));
            let near = |a: Outcome, b: Outcome| (a.value().unwrap() - b.value().unwrap()).abs() < 1e-12 * (1.0 + a.value().unwrap().abs());
            prop_assert!(near(once.log_ratio, scaled.log_ratio));
            prop_assert!(near(once.relative, scaled.relative));
        }

        #[test]
        fn adding_to_both_leaves_the_absolute_delta(f0 in -1e3..1e3_f64, f1 in -1e3..1e3_f64, offset in -1e3..1e3_f64) {
            let (once, moved) = (at(f0, f1).absolute.value().unwrap(), at(f0 + offset, f1 + offset).absolute.value().unwrap());
            prop_assert!((once - moved).abs() < 1e-11);
        }
    }
}
