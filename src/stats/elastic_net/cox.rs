//! Cox regression with an elastic-net penalty.
//!
//! The loss is minus the partial log-likelihood over the number of rows, ties after Breslow (Simon et al. 2011). Unlike
//! there, the curvature is the exact one: with weights w_i = exp(eta_i) H_i (H the cumulative hazard at the row's time)
//! and, for each time with d events, the mean m of a column over those at risk, weighted by exp(eta),
//! n h_ab = sum_i w_i a_i b_i - sum_times d m_a m_b.

use nalgebra::DMatrix;

use super::loss::Loss;
use super::{Penalised, solver};
use crate::stats::cox::Order;
use crate::stats::fit::FitFault;

/// The smallest lambda at which all coefficients are zero; for `alpha` below 0.001 that of 0.001, as ridge has none.
/// Zero without events.
///
/// ```
/// use delta_radiomics::stats::elastic_net::cox::largest_lambda;
/// use nalgebra::DMatrix;
/// // The row with 1 has its event first: 1 less the mean of all, over n.
/// let x = DMatrix::from_column_slice(2, 1, &[1.0, -1.0]);
/// assert_eq!(largest_lambda(&x, &[5.0, 9.0], &[true, false], 1.0), 0.5);
/// ```
pub fn largest_lambda(x: &DMatrix<f64>, days: &[f64], events: &[bool], alpha: f64) -> f64 {
    let order = Order::of(days, events);
    if order.len() != x.nrows() {
        return 0.0;
    }
    solver::largest_lambda(&by_time(x, &order), &mut Breslow::of(&order), &vec![0.0; order.len()], alpha)
}

/// Models at `lambdas`, each started from the one before, so best in decreasing order. Their intercept is 0.
///
/// `x` (rows x columns) is standardised by the caller.
///
/// # Errors
/// `TooFew` below two rows, `NoEvents`, and `NotConverged` where a value or lambda is not finite, a lambda not
/// positive, or the conditions of the minimum are out of reach.
pub fn path(
    x: &DMatrix<f64>,
    days: &[f64],
    events: &[bool],
    alpha: f64,
    lambdas: &[f64],
) -> Result<Vec<Penalised>, FitFault> {
    let order = Order::of(days, events);
    if order.len() < 2 || order.len() != x.nrows() {
        return Err(FitFault::TooFew);
    }
    if order.events() == 0 {
        return Err(FitFault::NoEvents);
    }
    if days.iter().any(|t| !t.is_finite()) {
        return Err(FitFault::NotConverged);
    }
    solver::path(&by_time(x, &order), Breslow::of(&order), 0.0, alpha, lambdas)
}

/// The rows by time, so that a risk set is the end of a column.
fn by_time(x: &DMatrix<f64>, order: &Order) -> DMatrix<f64> {
    let sorted: Vec<f64> =
        x.as_slice().chunks_exact(x.nrows().max(1)).flat_map(|column| order.sorted(column)).collect();
    DMatrix::from_vec(x.nrows(), x.ncols(), sorted)
}

/// Rows by time, and the curvature where it was last kept.
struct Breslow<'a> {
    order: &'a Order,
    /// exp(eta), relative to the largest.
    relative: Vec<f64>,
    /// exp(eta) times the cumulative hazard.
    weights: Vec<f64>,
    /// Sum of `relative` over those at risk, of each distinct time.
    at_risk: Vec<f64>,
    kept: (Vec<f64>, Vec<f64>, Vec<f64>),
}

impl<'a> Breslow<'a> {
    fn of(order: &'a Order) -> Self {
        let (rows, times) = (vec![0.0; order.len()], vec![0.0; order.ties().len()]);
        let kept = (rows.clone(), rows.clone(), times.clone());
        Self { order, relative: rows.clone(), weights: rows, at_risk: times, kept }
    }
}

impl Loss for Breslow<'_> {
    const INTERCEPT: bool = false;

    fn move_to(&mut self, linear: &[f64], residuals: &mut [f64]) {
        let largest = linear.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        for (relative, eta) in self.relative.iter_mut().zip(linear) {
            *relative = libm::exp(eta - largest);
        }
        let mut sum = 0.0;
        for (tie, at_risk) in self.order.ties().iter().zip(&mut self.at_risk).rev() {
            sum += self.relative[tie.start..tie.end].iter().rev().sum::<f64>();
            *at_risk = sum.max(f64::MIN_POSITIVE);
        }
        let mut hazard = 0.0;
        for (tie, at_risk) in self.order.ties().iter().zip(&self.at_risk) {
            hazard += tie.events as f64 / at_risk;
            for i in tie.start..tie.end {
                let event = f64::from(u8::from(i < tie.start + tie.events));
                self.weights[i] = self.relative[i] * hazard;
                residuals[i] = event - self.weights[i];
            }
        }
    }

    fn mean(&self, linear: &[f64]) -> f64 {
        -crate::stats::cox::breslow(linear, self.order) / linear.len() as f64
    }

    fn keep_curvature(&mut self) {
        self.kept.0.copy_from_slice(&self.relative);
        self.kept.1.copy_from_slice(&self.weights);
        self.kept.2.copy_from_slice(&self.at_risk);
    }

    fn curve(&self, column: &[f64], left: &mut Vec<f64>, right: &mut Vec<f64>) {
        let (relative, weights, at_risk) = &self.kept;
        left.extend(column.iter().zip(weights).map(|(x, w)| x * w));
        right.extend_from_slice(column);
        let mut sum = 0.0;
        for (tie, at_risk) in self.order.ties().iter().zip(at_risk).rev() {
            for i in (tie.start..tie.end).rev() {
                sum += relative[i] * column[i];
            }
            if tie.events > 0 {
                let mean = sum / at_risk;
                left.push(-(tie.events as f64) * mean);
                right.push(mean);
            }
        }
    }
}
