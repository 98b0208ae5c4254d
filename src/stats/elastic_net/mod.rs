//! Models with an elastic-net penalty: most coefficients are zero, so that more columns than rows can be fitted.
//!
//! Minimised: the mean loss plus lambda (alpha |b|_1 + (1 - alpha)/2 |b|_2^2), alpha from 0 (ridge) to 1 (lasso), with
//! columns of mean 0 and population SD 1 (the caller's work) and a free intercept (Zou & Hastie 2005; Friedman, Hastie
//! & Tibshirani 2010; for survival Simon et al. 2011).
//!
//! How: lambdas decrease, each model starts from the one before. Columns come in by the sequential strong rule
//! (Tibshirani et al. 2012), a step minimises the parabola of the loss in the columns that are in (coordinate descent,
//! and a solution of all at once where their signs hold), and a model is done when all columns, left out or not, fulfil
//! the conditions of the minimum (Karush, Kuhn, Tucker): with g the gradient of the mean loss,
//! |g_j| <= lambda alpha where b_j = 0, and g_j + lambda alpha sign(b_j) + lambda (1 - alpha) b_j = 0 elsewhere, each
//! within [`KKT_TOLERANCE`] of lambda.
//!
//! ```
//! use delta_radiomics::stats::elastic_net::{lambdas, logistic};
//! use nalgebra::DMatrix;
//! // Two rows of each value of x; three of four tell the outcome. Without penalty the coefficient would be ln 3.
//! let x = DMatrix::from_column_slice(8, 1, &[1.0, 1.0, 1.0, 1.0, -1.0, -1.0, -1.0, -1.0]);
//! let y = [true, true, true, false, false, false, false, true];
//! let largest = logistic::largest_lambda(&x, &y, 1.0);
//! assert_eq!(largest, 0.25);
//! let path = logistic::path(&x, &y, 1.0, &lambdas(largest, 2, 0.5)).unwrap();
//! assert!(path[0].coefficients.is_empty());
//! // The slope is 1/(1 + exp(-b)) - 3/4; it is -1/8 at b = ln(5/3).
//! assert!((path[1].coefficients[0].1 - (5.0_f64 / 3.0).ln()).abs() < 1e-7);
//! ```

pub mod cox;
mod factor;
mod kernel;
pub mod logistic;
mod loss;
mod quadratic;
mod ridge;
mod solver;

#[cfg(test)]
mod tests;

use nalgebra::DMatrix;

use crate::numeric::lanes;

/// By how much a condition of the minimum may be missed, as a share of lambda. Mean losses in cross-validation are then
/// within some 1e-6 of the minimum's, far below their differences between lambdas, so that the choice of lambda does not
/// hang on the solver (at the looser stops of other programs it can: `reports/analysis_benchmarks.md`).
pub const KKT_TOLERANCE: f64 = 1e-7;

/// A model at one lambda.
#[derive(Clone, Debug, PartialEq)]
pub struct Penalised {
    /// Strength of the penalty.
    pub lambda: f64,
    /// Linear predictor where all columns are 0.
    pub intercept: f64,
    /// Column and coefficient of those that are not zero, by column.
    pub coefficients: Vec<(usize, f64)>,
}

impl Penalised {
    /// Linear predictors of rows of the columns that the model was fitted on, standardised as there.
    pub fn linear(&self, x: &DMatrix<f64>) -> Vec<f64> {
        let mut linear = vec![self.intercept; x.nrows()];
        for &(j, coefficient) in &self.coefficients {
            lanes::add(&mut linear, coefficient, kernel::column(x, j));
        }
        linear
    }
}

/// `count` lambdas from `largest` down to `ratio` times that, in equal steps of their logarithm.
///
/// ```
/// use delta_radiomics::stats::elastic_net::lambdas;
/// let path = lambdas(8.0, 4, 0.125);
/// assert!(path.iter().zip([8.0, 4.0, 2.0, 1.0]).all(|(a, b)| (a - b).abs() < 1e-12));
/// ```
pub fn lambdas(largest: f64, count: usize, ratio: f64) -> Vec<f64> {
    let step = libm::log(ratio) / (count.max(2) - 1) as f64;
    (0..count).map(|k| largest * libm::exp(step * k as f64)).collect()
}
