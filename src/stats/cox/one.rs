//! The model of one column, for many columns in turn.

use super::fit::{FLAT, SETTLED, STEPS, standard};
use super::order::Order;
use crate::stats::fit::FitFault;

/// Coefficient and standard error of one column, ties after Efron; `order` is that of the follow-up of the same rows.
///
/// ```
/// use delta_radiomics::stats::cox::{Order, one};
/// let order = Order::of(&[1.0, 2.0, 3.0], &[true, true, true]);
/// let (coefficient, _) = one(&[1.0, 0.0, 1.0], &order).unwrap();
/// assert!((coefficient - 0.5_f64.sqrt().ln()).abs() < 1e-12);
/// ```
///
/// # Errors
/// As [`super::fit`].
pub fn one(values: &[f64], order: &Order) -> Result<(f64, f64), FitFault> {
    if values.len() != order.len() || values.len() < 2 {
        return Err(FitFault::TooFew);
    }
    if order.events() == 0 {
        return Err(FitFault::NoEvents);
    }
    if !values.iter().all(|v| v.is_finite()) {
        return Err(FitFault::NotConverged);
    }
    let (column, scale) = standard(&order.sorted(values)).ok_or(FitFault::Collinear)?;
    let mut weights = vec![0.0; column.len()];
    let mut at = 0.0;
    let mut here = likelihood(&column, at, order, &mut weights);
    let at_zero = here.information;
    if at_zero <= super::fit::COLLINEAR {
        return Err(FitFault::Collinear);
    }
    let widest = column.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
    for _ in 0..STEPS {
        let mut step = here.score / here.information;
        let mut moved = step.abs() * widest;
        let mut next = likelihood(&column, at + step, order, &mut weights);
        for _ in 0..30 {
            if next.log_likelihood >= here.log_likelihood - 1e-13 * here.log_likelihood.abs() {
                break;
            }
            step /= 2.0;
            moved = f64::MAX;
            next = likelihood(&column, at + step, order, &mut weights);
        }
        at += step;
        here = next;
        if here.information.is_nan() || here.information < FLAT * at_zero {
            return Err(FitFault::Separated);
        }
        if moved < SETTLED {
            return Ok((at / scale, 1.0 / (here.information.sqrt() * scale)));
        }
    }
    Err(FitFault::NotConverged)
}

struct Likelihood {
    log_likelihood: f64,
    score: f64,
    information: f64,
}

fn likelihood(column: &[f64], at: f64, order: &Order, weights: &mut [f64]) -> Likelihood {
    let largest = column.iter().fold(f64::NEG_INFINITY, |m, x| m.max(x * at));
    for (weight, x) in weights.iter_mut().zip(column) {
        *weight = libm::exp(x * at - largest);
    }
    let mut here = Likelihood { log_likelihood: 0.0, score: 0.0, information: 0.0 };
    let [mut sum, mut first, mut second] = [0.0; 3];
    for tie in order.ties().iter().rev() {
        let [mut event_sum, mut event_first, mut event_second, mut event_x] = [0.0; 4];
        for i in (tie.start..tie.end).rev() {
            let (weight, x) = (weights[i], column[i]);
            sum += weight;
            first += weight * x;
            second += weight * x * x;
            if i < tie.start + tie.events {
                event_sum += weight;
                event_first += weight * x;
                event_second += weight * x * x;
                event_x += x;
            }
        }
        if tie.events == 0 {
            continue;
        }
        let mut product = 1.0;
        for l in 0..tie.events {
            let share = l as f64 / tie.events as f64;
            let at_risk = (sum - share * event_sum).max(f64::MIN_POSITIVE);
            let mean = (first - share * event_first) / at_risk;
            product *= at_risk;
            // The logarithm of a product is cheaper than a sum of logarithms, as long as the product can be held.
            if !(1e-200..1e200).contains(&product) || l + 1 == tie.events {
                here.log_likelihood -= libm::log(product);
                product = 1.0;
            }
            here.score -= mean;
            here.information += (second - share * event_second) / at_risk - mean * mean;
        }
        here.score += event_x;
        here.log_likelihood += event_x * at - tie.events as f64 * largest;
    }
    here
}
