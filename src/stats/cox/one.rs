//! The model of one column, for many columns in turn.

use super::fit::{COLLINEAR, FLAT, ROUNDING, SETTLED, STEPS, standard};
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
    let mut at = 0.0;
    let mut here = likelihood(&column, at, order);
    if here.information <= COLLINEAR {
        return Err(FitFault::Collinear);
    }
    let widest = column.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
    for _ in 0..STEPS {
        let mut step = here.score / here.information;
        let mut moved = step.abs() * widest;
        if !step.is_finite() || (step * here.score < FLAT.0 && moved > FLAT.1) {
            return Err(FitFault::Separated);
        }
        let mut next = likelihood(&column, at + step, order);
        for _ in 0..30 {
            if next.log_likelihood >= here.log_likelihood - ROUNDING * here.log_likelihood.abs().max(1.0) {
                break;
            }
            step /= 2.0;
            moved = f64::MAX;
            next = likelihood(&column, at + step, order);
        }
        at += step;
        here = next;
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

fn likelihood(column: &[f64], at: f64, order: &Order) -> Likelihood {
    let mut here = Likelihood { log_likelihood: 0.0, score: 0.0, information: 0.0 };
    let [mut sum, mut first, mut second] = [0.0; 3];
    // Weights are relative to the largest of those at risk.
    let mut largest = f64::NEG_INFINITY;
    for tie in order.ties().iter().rev() {
        let [mut event_sum, mut event_first, mut event_second, mut event_x] = [0.0; 4];
        let joining = column[tie.start..tie.end].iter().fold(largest, |m, x| m.max(x * at));
        if joining > largest {
            let scale = libm::exp(largest - joining);
            (sum, first, second, largest) = (sum * scale, first * scale, second * scale, joining);
        }
        for i in (tie.start..tie.end).rev() {
            let x = column[i];
            let weight = libm::exp(x * at - largest);
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
            let at_risk = sum - share * event_sum;
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
