//! Logistic regression with an elastic-net penalty.
//!
//! The loss of a row is ln(1 + exp(eta)) - y eta; the mean over rows is penalised (see [`super`]).

use nalgebra::DMatrix;

use super::loss::Loss;
use super::{Penalised, solver};
use crate::stats::fit::FitFault;

/// Least weight of a row in the curvature: rows that are predicted with certainty would leave none. Above the weight
/// that rows have at small lambdas where classes are apart, it would make every step too short.
const LEAST_WEIGHT: f64 = 1e-10;

/// The smallest lambda at which all coefficients are zero; for `alpha` below 0.001 that of 0.001, as ridge has none.
/// Zero where all outcomes are equal.
///
/// ```
/// use delta_radiomics::stats::elastic_net::logistic::largest_lambda;
/// use nalgebra::DMatrix;
/// // Slope at zero: mean of x (y - 1/2) = 1/2.
/// let x = DMatrix::from_column_slice(4, 1, &[1.0, 1.0, -1.0, -1.0]);
/// assert_eq!(largest_lambda(&x, &[true, true, false, false], 1.0), 0.5);
/// ```
pub fn largest_lambda(x: &DMatrix<f64>, y: &[bool], alpha: f64) -> f64 {
    let mut loss = Logistic::of(y);
    let linear = vec![loss.null_intercept(); y.len()];
    solver::largest_lambda(x, &mut loss, &linear, alpha)
}

/// Models at `lambdas`, each started from the one before, so best in decreasing order.
///
/// `x` (rows x columns) is standardised by the caller; the intercept is not penalised.
///
/// # Errors
/// `TooFew` below two rows, `OneClass`, and `NotConverged` where a value or lambda is not finite, a lambda not
/// positive, or the conditions of the minimum are out of reach.
pub fn path(x: &DMatrix<f64>, y: &[bool], alpha: f64, lambdas: &[f64]) -> Result<Vec<Penalised>, FitFault> {
    if y.len() < 2 || x.nrows() != y.len() {
        return Err(FitFault::TooFew);
    }
    if y.iter().all(|v| *v == y[0]) {
        return Err(FitFault::OneClass);
    }
    let loss = Logistic::of(y);
    let intercept = loss.null_intercept();
    solver::path(x, loss, intercept, alpha, lambdas)
}

/// Outcomes, and the curvature where it was last kept.
struct Logistic {
    outcomes: Vec<f64>,
    weights: Vec<f64>,
    kept: Vec<f64>,
}

impl Logistic {
    fn of(y: &[bool]) -> Self {
        let outcomes: Vec<f64> = y.iter().map(|&y| f64::from(u8::from(y))).collect();
        Self { weights: vec![0.0; y.len()], kept: vec![0.0; y.len()], outcomes }
    }

    /// The log odds of all rows together.
    fn null_intercept(&self) -> f64 {
        let positive: f64 = self.outcomes.iter().sum();
        libm::log(positive / (self.outcomes.len() as f64 - positive))
    }
}

impl Loss for Logistic {
    const INTERCEPT: bool = true;

    fn move_to(&mut self, linear: &[f64], residuals: &mut [f64]) {
        for (i, (eta, residual)) in linear.iter().zip(residuals).enumerate() {
            let odds = libm::exp(-eta.abs());
            let smaller = odds / (1.0 + odds);
            let p = if *eta < 0.0 { smaller } else { 1.0 / (1.0 + odds) };
            *residual = self.outcomes[i] - p;
            self.weights[i] = (smaller * (1.0 - smaller)).max(LEAST_WEIGHT);
        }
    }

    fn mean(&self, linear: &[f64]) -> f64 {
        let loss = |(eta, y): (&f64, &f64)| eta.max(0.0) + libm::log1p(libm::exp(-eta.abs())) - y * eta;
        linear.iter().zip(&self.outcomes).map(loss).sum::<f64>() / linear.len() as f64
    }

    fn keep_curvature(&mut self) {
        self.kept.copy_from_slice(&self.weights);
    }

    fn curve(&self, column: &[f64], left: &mut Vec<f64>, right: &mut Vec<f64>) {
        left.extend(column.iter().zip(&self.kept).map(|(x, w)| x * w));
        right.extend_from_slice(column);
    }
}
