//! Survival over time where some are lost from sight (Kaplan and Meier 1958, J Am Stat Assoc 53:457).
//!
//! S(t) is the product of 1 - d / n over the days with events up to t: d events among n at risk. A unit that is lost on
//! a day counts as at risk on that day. Greenwood's variance is S^2 times the sum of d / (n (n - d)); the interval is
//! symmetric in ln(-ln S), so that it stays between 0 and 1: S^exp(+-z se / (S |ln S|)).

use super::repeatability::Z;

/// A product of fractions that should be one half may miss it by rounding.
const HALF: f64 = 0.5 + 1e-12;

/// A day with events.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// Days.
    pub days: f64,
    /// At risk just before.
    pub at_risk: usize,
    /// Events on that day.
    pub events: usize,
    /// Survival from that day on.
    pub survival: f64,
    /// Its standard error (Greenwood); none where nobody survives.
    pub se: Option<f64>,
    /// Its 95 % interval, log-log; none where nobody survives.
    pub interval: Option<(f64, f64)>,
}

/// The steps of survival, one per day with events, in their order. Units whose days are not finite are left out; the
/// shorter of both slices counts.
///
/// ```
/// use delta_radiomics::stats::kaplan_meier::{median, of};
/// // Four at risk on day 1, one of them is lost on day 2, two at risk on day 3.
/// let steps = of(&[1.0, 2.0, 3.0, 4.0], &[true, false, true, false]);
/// assert_eq!(steps.len(), 2);
/// assert_eq!((steps[0].at_risk, steps[0].survival), (4, 0.75));
/// assert_eq!((steps[1].at_risk, steps[1].survival), (2, 0.375));
/// // 0.375^2 (1 / (4 x 3) + 1 / (2 x 1))
/// assert!((steps[1].se.unwrap() - 0.375 * (7.0_f64 / 12.0).sqrt()).abs() < 1e-15);
/// assert_eq!(median(&steps), Some(3.0));
/// ```
pub fn of(days: &[f64], events: &[bool]) -> Vec<Step> {
    let mut units: Vec<(f64, bool)> = days.iter().copied().zip(events.iter().copied()).collect();
    units.retain(|(days, _)| days.is_finite());
    units.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut at_risk, mut survival, mut greenwood) = (units.len(), 1.0, 0.0);
    let mut steps = Vec::new();
    for day in units.chunk_by(|a, b| a.0 == b.0) {
        let d = day.iter().filter(|unit| unit.1).count();
        if d > 0 {
            let (n, lost) = (at_risk as f64, d as f64);
            survival *= (n - lost) / n;
            greenwood += lost / (n * (n - lost));
            let se = (d < at_risk).then(|| survival * greenwood.sqrt());
            let interval = (d < at_risk).then(|| log_log(survival, greenwood));
            steps.push(Step { days: day[0].0, at_risk, events: d, survival, se, interval });
        }
        at_risk -= day.len();
    }
    steps
}

/// Interval that is symmetric in ln(-ln S); `greenwood` is the squared relative standard error.
fn log_log(survival: f64, greenwood: f64) -> (f64, f64) {
    let log = libm::log(survival);
    let width = Z * greenwood.sqrt() / log.abs();
    (libm::exp(log * libm::exp(width)), libm::exp(log * libm::exp(-width)))
}

/// Survival on a day: that of the last step up to it, 1 before the first.
pub fn at(steps: &[Step], days: f64) -> f64 {
    let before = steps.partition_point(|step| step.days <= days);
    if before == 0 { 1.0 } else { steps[before - 1].survival }
}

/// The first day on which at most half survive; `None` where more do to the end.
pub fn median(steps: &[Step]) -> Option<f64> {
    steps.iter().find(|step| step.survival <= HALF).map(|step| step.days)
}

/// How many are still at risk on a day, those with an event or lost on that day among them.
pub fn at_risk(days: &[f64], on: f64) -> usize {
    days.iter().filter(|days| days.is_finite() && **days >= on).count()
}

#[cfg(test)]
mod tests {
    use super::{at, at_risk, median, of};

    #[test]
    fn without_events_there_are_no_steps() {
        assert!(of(&[], &[]).is_empty());
        let steps = of(&[3.0, 4.0], &[false, false]);
        assert!(steps.is_empty());
        assert_eq!((at(&steps, 9.0), median(&steps)), (1.0, None));
    }

    #[test]
    fn without_losses_survival_is_the_share_that_is_left() {
        let days: Vec<f64> = (1..=10).map(f64::from).collect();
        let steps = of(&days, &[true; 10]);
        for (i, step) in steps.iter().enumerate() {
            assert!((step.survival - (9 - i) as f64 / 10.0).abs() < 1e-15);
            if let Some(se) = step.se {
                // Greenwood without losses is the binomial standard error.
                assert!((se - (step.survival * (1.0 - step.survival) / 10.0).sqrt()).abs() < 1e-15);
            }
        }
        assert_eq!(median(&steps), Some(5.0));
        let last = steps[9];
        assert_eq!((last.survival, last.se, last.interval), (0.0, None, None));
    }

    #[test]
    fn events_come_before_losses_of_the_same_day_and_order_does_not_matter() {
        let steps = of(&[5.0, 5.0, 5.0, 2.0], &[false, true, true, false]);
        assert_eq!(steps.len(), 1);
        assert_eq!((steps[0].at_risk, steps[0].events), (3, 2));
        assert_eq!(steps, of(&[2.0, 5.0, 5.0, 5.0], &[false, true, true, false]));
        assert_eq!((at(&steps, 4.9), at(&steps, 5.0)), (1.0, steps[0].survival));
        assert_eq!((at_risk(&[5.0, 5.0, 2.0], 5.0), at_risk(&[5.0, 2.0], 2.0)), (2, 2));
    }

    #[test]
    fn intervals_hold_the_estimate_and_stay_inside() {
        let days: Vec<f64> = (0..60).map(|i| f64::from((i * 37) % 50) + 1.0).collect();
        let events: Vec<bool> = (0..60).map(|i| i % 3 != 0).collect();
        for step in of(&days, &events) {
            if let Some((lower, upper)) = step.interval {
                assert!(0.0 <= lower && lower < step.survival && step.survival < upper && upper <= 1.0);
            }
        }
    }

    #[test]
    fn a_unit_without_days_is_left_out() {
        let steps = of(&[f64::NAN, 1.0, 2.0], &[true, true, false]);
        assert_eq!((steps.len(), steps[0].at_risk), (1, 2));
    }
}
