//! The partial likelihood of given linear predictors, and the baseline survival that goes with them.

use super::order::Order;

/// Partial log-likelihood (Cox 1972) of linear predictors, ties after Breslow (1974).
///
/// ```
/// use delta_radiomics::stats::cox::partial_log_likelihood;
/// // Two rows with equal hazard: the first event is one of two.
/// let found = partial_log_likelihood(&[3.0, 3.0], &[5.0, 9.0], &[true, false]);
/// assert!((found - 0.5_f64.ln()).abs() < 1e-15);
/// ```
pub fn partial_log_likelihood(linear: &[f64], days: &[f64], events: &[bool]) -> f64 {
    let order = Order::of(days, events);
    breslow(&order.sorted(linear), &order)
}

/// The same of linear predictors by time.
pub(in crate::stats) fn breslow(linear: &[f64], order: &Order) -> f64 {
    let (mut log_likelihood, mut at_risk) = (0.0, LogSum::default());
    for tie in order.ties().iter().rev() {
        for eta in linear[tie.start..tie.end].iter().rev() {
            at_risk.add(*eta);
        }
        if tie.events > 0 {
            let of_events: f64 = linear[tie.start..tie.start + tie.events].iter().sum();
            log_likelihood += of_events - tie.events as f64 * at_risk.log();
        }
    }
    log_likelihood
}

/// Survival at linear predictor 0 after each time with an event (Breslow 1972): exp of minus the sum over those times
/// of events / sum of exp(linear predictor) at risk. Days ascend.
///
/// ```
/// use delta_radiomics::stats::cox::baseline_survival;
/// let found = baseline_survival(&[0.0, 0.0], &[5.0, 9.0], &[true, true]);
/// assert_eq!(found[0], (5.0, (-0.5_f64).exp()));
/// assert!((found[1].1 - (-1.5_f64).exp()).abs() < 1e-15);
/// ```
pub fn baseline_survival(linear: &[f64], days: &[f64], events: &[bool]) -> Vec<(f64, f64)> {
    let order = Order::of(days, events);
    let linear = order.sorted(linear);
    let mut at_risk = LogSum::default();
    let mut steps = Vec::new();
    for tie in order.ties().iter().rev() {
        for eta in linear[tie.start..tie.end].iter().rev() {
            at_risk.add(*eta);
        }
        if tie.events > 0 {
            steps.push((tie.days, tie.events as f64 * libm::exp(-at_risk.log())));
        }
    }
    let mut hazard = 0.0;
    steps.reverse();
    steps
        .into_iter()
        .map(|(days, step)| {
            hazard += step;
            (days, libm::exp(-hazard))
        })
        .collect()
}

/// ln of a sum of exponentials, relative to the largest so far.
#[derive(Clone, Copy)]
struct LogSum {
    largest: f64,
    sum: f64,
}

impl Default for LogSum {
    fn default() -> Self {
        Self { largest: f64::NEG_INFINITY, sum: 0.0 }
    }
}

impl LogSum {
    fn add(&mut self, eta: f64) {
        if eta > self.largest {
            self.sum = self.sum * libm::exp(self.largest - eta) + 1.0;
            self.largest = eta;
        } else {
            self.sum += libm::exp(eta - self.largest);
        }
    }

    fn log(self) -> f64 {
        self.largest + libm::log(self.sum)
    }
}
