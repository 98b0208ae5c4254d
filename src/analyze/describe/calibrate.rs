//! Predictions of unseen units against what happened: calibration, ROC curve, net benefit.
//!
//! Figures are taken per repeat of the cross-validation and averaged, for a mean of predictions over repeats is a
//! better calibrated model than the one that is offered. The curves show mean predictions.

use crate::analyze::Target;
use crate::analyze::validate::resamples::slope;
use crate::numeric::quantile::{ascending, percentile};
use crate::numeric::sum::mean;
use crate::record::analysis::{Bin, Calibration, DecisionPoint, Interval, RocPoint};
use crate::stats::{calibration, kaplan_meier, net_benefit, wilson};

/// Units per group of a calibration curve, at least; and groups at most.
const GROUP: usize = 10;
const GROUPS: usize = 10;

/// Calibration of probabilities, one vector per repeat.
pub(in crate::analyze) fn response(by_repeat: &[Vec<f64>], labels: &[bool]) -> Calibration {
    let fits: Vec<_> = by_repeat.iter().map(|p| calibration::of(p, labels)).collect();
    let n = labels.len().max(1) as f64;
    let share = labels.iter().filter(|l| **l).count() as f64 / n;
    let finite = |values: Vec<f64>| mean(&values.into_iter().filter(|v| v.is_finite()).collect::<Vec<_>>());
    let slope = finite(fits.iter().filter_map(|fit| fit.slope.ok()).collect());
    let intercept = finite(fits.iter().filter_map(|fit| fit.intercept.ok()).collect());
    let fault = fits.iter().find_map(|fit| fit.slope.err().or(fit.intercept.err()));
    let predicted = mean_of(by_repeat, labels.len());
    let bins = groups(&predicted)
        .into_iter()
        .map(|units| {
            let events = units.iter().filter(|unit| labels[**unit]).count();
            let (lower, upper) = wilson::interval(events, units.len());
            let estimate = events as f64 / units.len() as f64;
            bin(&units, &predicted, Interval { estimate, lower, upper })
        })
        .collect();
    Calibration {
        brier: finite(fits.iter().filter_map(|fit| fit.brier).collect()),
        brier_of_prevalence: (!labels.is_empty()).then_some(share * (1.0 - share)),
        slope,
        intercept,
        status: fault.map(|fault| {
            let failed = fits.iter().filter(|fit| fit.slope.is_err() || fit.intercept.is_err()).count();
            format!("{} in {failed} of {} repeats", fault.word(), fits.len())
        }),
        bins,
        rug: predicted.iter().copied().zip(labels.iter().copied()).collect(),
    }
}

/// Calibration of the probability of an event by the horizon. Observed shares are one minus Kaplan and Meier's
/// survival; the slope is that of Cox's model on the linear predictor. Units lost before the horizon are in neither
/// a Brier score nor the rug.
pub(in crate::analyze) fn survival(
    by_repeat: &[Vec<f64>],
    linear: &[Vec<f64>],
    days: &[f64],
    events: &[bool],
    horizon: f64,
) -> Calibration {
    let target = Target::Survival { days: days.to_vec(), events: events.to_vec() };
    let slopes: Vec<f64> = linear.iter().filter_map(|linear| slope(linear, &target)).collect();
    let predicted = mean_of(by_repeat, days.len());
    let bins = groups(&predicted)
        .into_iter()
        .filter_map(|units| {
            let d: Vec<f64> = units.iter().map(|unit| days[*unit]).collect();
            let e: Vec<bool> = units.iter().map(|unit| events[*unit]).collect();
            let steps = kaplan_meier::of(&d, &e);
            let observed = match steps.iter().take_while(|step| step.days <= horizon).last() {
                Some(step) => {
                    let (low, high) = step.interval.unwrap_or((step.survival, step.survival));
                    Interval { estimate: 1.0 - step.survival, lower: 1.0 - high, upper: 1.0 - low }
                }
                None => Interval { estimate: 0.0, lower: 0.0, upper: 0.0 },
            };
            // A group that is lost before the horizon says nothing of it.
            d.iter().any(|day| *day >= horizon).then(|| bin(&units, &predicted, observed))
        })
        .collect();
    let known = |unit: usize| {
        if events[unit] && days[unit] <= horizon {
            Some(true)
        } else {
            (days[unit] >= horizon).then_some(false)
        }
    };
    Calibration {
        brier: None,
        brier_of_prevalence: None,
        slope: mean(&slopes),
        intercept: None,
        status: Some(format!(
            "at {horizon:.0} days; Brier score and intercept are not given where times are censored"
        )),
        bins,
        rug: (0..days.len()).filter_map(|unit| Some((predicted[unit], known(unit)?))).collect(),
    }
}

/// The 80th percentile of the event times.
pub(in crate::analyze) fn horizon(target: &Target) -> Option<f64> {
    let Target::Survival { days, events } = target else { return None };
    let times = days.iter().zip(events).filter(|(_, event)| **event).map(|(day, _)| *day).collect();
    percentile(&ascending(times), 80.0)
}

/// The ROC curve of mean predictions: one point per distinct value, the strictest first.
pub(in crate::analyze) fn roc(by_repeat: &[Vec<f64>], labels: &[bool]) -> Vec<RocPoint> {
    let predicted = mean_of(by_repeat, labels.len());
    let positive = labels.iter().filter(|l| **l).count();
    let negative = labels.len() - positive;
    if positive == 0 || negative == 0 || by_repeat.is_empty() {
        return Vec::new();
    }
    let mut order: Vec<usize> = (0..labels.len()).collect();
    order.sort_by(|a, b| predicted[*b].total_cmp(&predicted[*a]));
    let mut points = vec![RocPoint { false_positive: 0.0, true_positive: 0.0 }];
    let mut counts = [0_usize; 2];
    for (place, unit) in order.iter().enumerate() {
        counts[usize::from(labels[*unit])] += 1;
        let last = order.get(place + 1).is_none_or(|next| predicted[*next] < predicted[*unit]);
        if last {
            points.push(RocPoint {
                false_positive: counts[0] as f64 / negative as f64,
                true_positive: counts[1] as f64 / positive as f64,
            });
        }
    }
    points
}

/// Net benefit at thresholds of 1 to 99 per cent, averaged over repeats.
pub(in crate::analyze) fn decision(by_repeat: &[Vec<f64>], labels: &[bool]) -> Vec<DecisionPoint> {
    if labels.is_empty() || by_repeat.is_empty() {
        return Vec::new();
    }
    (1..100)
        .filter_map(|percent| {
            let threshold = f64::from(percent) / 100.0;
            let found: Vec<_> =
                by_repeat.iter().filter_map(|p| net_benefit::at(p, labels, threshold)).collect();
            let model: Vec<f64> = found.iter().map(|n| n.model).collect();
            Some(DecisionPoint { threshold, model: mean(&model)?, all: found.first()?.all })
        })
        .collect()
}

fn mean_of(by_repeat: &[Vec<f64>], units: usize) -> Vec<f64> {
    (0..units)
        .map(|unit| {
            let values: Vec<f64> = by_repeat.iter().filter_map(|p| p.get(unit).copied()).collect();
            mean(&values).unwrap_or(0.0)
        })
        .collect()
}

/// Units by rising prediction, in groups of nearly equal size; equal predictions stay in the order of the units.
fn groups(predicted: &[f64]) -> Vec<Vec<usize>> {
    let n = predicted.len();
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|a, b| predicted[*a].total_cmp(&predicted[*b]));
    let count = (n / GROUP).clamp(1, GROUPS);
    (0..count).map(|g| order[g * n / count..(g + 1) * n / count].to_vec()).filter(|g| !g.is_empty()).collect()
}

fn bin(units: &[usize], predicted: &[f64], observed: Interval) -> Bin {
    let values: Vec<f64> = units.iter().map(|unit| predicted[*unit]).collect();
    Bin { n: units.len(), predicted: mean(&values).unwrap_or(0.0), observed }
}
