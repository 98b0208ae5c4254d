//! Logistic regression without a penalty (McCullagh and Nelder 1989, 4.4), by Newton's method.
//!
//! logit P(y = 1) = offset + intercept + x b. The log-likelihood is concave; a Newton step solves Z' W Z d = Z' (y - p)
//! with weights p (1 - p), and is halved until the likelihood does not fall. Columns are centred and scaled inside,
//! so that the units of a feature do not matter. There is no maximum where a combination of columns tells the classes
//! apart (Albert and Anderson 1984, Biometrika 71:1): this is looked for in each step, and said.

mod design;
mod separation;

use nalgebra::{DMatrix, DVector};

pub use super::fit::FitFault;
use design::Design;

/// Newton steps before the fit is given up. Quadratic convergence needs about ten.
const STEPS: usize = 100;

/// A step that moves no linear predictor by more than this is the last: the next would move it by its square.
const LAST_STEP: f64 = 1e-8;

/// A fitted model.
#[derive(Clone, Debug, PartialEq)]
pub struct LogisticFit {
    /// Log odds where all columns are zero.
    pub intercept: f64,
    /// Log odds ratio per unit of each column.
    pub coefficients: Vec<f64>,
    /// Covariance of intercept and coefficients (in this order): the inverse of the information.
    pub covariance: DMatrix<f64>,
    /// Log-likelihood at the maximum.
    pub log_likelihood: f64,
}

impl LogisticFit {
    /// Linear predictors of rows, without an offset.
    ///
    /// # Panics
    /// Where `x` has another number of columns: a defect of the caller.
    pub fn linear(&self, x: &DMatrix<f64>) -> Vec<f64> {
        assert_eq!(x.ncols(), self.coefficients.len(), "a coefficient for each column");
        let mut linear = DVector::from_element(x.nrows(), self.intercept);
        for (column, b) in x.column_iter().zip(&self.coefficients) {
            linear.axpy(*b, &column, 1.0);
        }
        linear.data.into()
    }
}

/// The probability of a linear predictor, 1 / (1 + exp(-linear)).
pub fn probability(linear: f64) -> f64 {
    1.0 / (1.0 + libm::exp(-linear))
}

/// Fits by maximum likelihood. `x` may have no columns (intercept alone); `offset` is added to each row's linear
/// predictor.
///
/// # Errors
/// `TooFew` rows for the parameters; `OneClass`; `Collinear` columns (constant, or a combination of others within
/// 1e-7 of their length); `Separated`; `NotConverged`, also where a value is not finite.
///
/// ```
/// use delta_radiomics::stats::logistic::{FitFault, fit};
/// use nalgebra::DMatrix;
/// // One of three responds without a mark, two of three with it: log odds ln(1/2), ratio of odds 2 / (1/2) = 4.
/// let x = DMatrix::from_column_slice(6, 1, &[0.0, 0.0, 0.0, 1.0, 1.0, 1.0]);
/// let of = fit(&x, &[true, false, false, true, true, false], None).unwrap();
/// assert!((of.intercept - 0.5_f64.ln()).abs() < 1e-12);
/// assert!((of.coefficients[0] - 4.0_f64.ln()).abs() < 1e-12);
/// // Variance of a log odds ratio: 1/1 + 1/2 + 1/2 + 1/1 = 3.
/// assert!((of.covariance[(1, 1)] - 3.0).abs() < 1e-12);
/// // 2 ln(2/3) + ln(1/3), twice.
/// assert!((of.log_likelihood - 2.0 * (4.0_f64 / 27.0).ln()).abs() < 1e-12);
/// assert_eq!(fit(&x, &[false, false, false, true, true, true], None), Err(FitFault::Separated));
/// ```
///
/// # Panics
/// Where rows, outcomes and offsets differ in number: a defect of the caller.
pub fn fit(x: &DMatrix<f64>, y: &[bool], offset: Option<&[f64]>) -> Result<LogisticFit, FitFault> {
    let rows = x.nrows();
    assert_eq!(rows, y.len(), "an outcome for each row");
    assert_eq!(rows, offset.map_or(rows, <[f64]>::len), "an offset for each row");
    if rows < x.ncols() + 1 {
        return Err(FitFault::TooFew);
    }
    if y.iter().all(|y| *y) || !y.iter().any(|y| *y) {
        return Err(FitFault::OneClass);
    }
    if x.iter().chain(offset.unwrap_or(&[])).any(|v| !v.is_finite()) {
        return Err(FitFault::NotConverged);
    }
    let design = Design::of(x)?;
    let offset = offset.map_or_else(|| DVector::zeros(rows), DVector::from_column_slice);
    let mut b = DVector::zeros(x.ncols() + 1);
    let mut moved = DVector::zeros(rows);
    let mut likelihood = log_likelihood(&offset, y);
    for _ in 0..STEPS {
        let linear = &offset + &moved;
        let (gradient, information) = design.derivatives(&linear, y);
        let Some(factor) = information.cholesky() else { return Err(FitFault::NotConverged) };
        let step = factor.solve(&gradient);
        let direction = design.times(&step);
        if separation::proven(&moved, &direction, y) {
            return Err(FitFault::Separated);
        }
        let Some((share, next)) = climb(&linear, &direction, y, likelihood) else {
            return Err(FitFault::NotConverged);
        };
        likelihood = next;
        b.axpy(share, &step, 1.0);
        moved.axpy(share, &direction, 1.0);
        if direction.amax() <= LAST_STEP {
            let (_, information) = design.derivatives(&(&offset + &moved), y);
            let Some(factor) = information.cholesky() else { return Err(FitFault::NotConverged) };
            let (intercept, coefficients) = design.unscale(&b);
            let covariance = design.unscale_covariance(&factor.inverse());
            return Ok(LogisticFit { intercept, coefficients, covariance, log_likelihood: likelihood });
        }
    }
    Err(FitFault::NotConverged)
}

/// The largest of 1, 1/2, 1/4, ... of a step that does not make the outcomes less likely, and their log-likelihood
/// there. Near the maximum a difference below rounding is no fall.
fn climb(linear: &DVector<f64>, direction: &DVector<f64>, y: &[bool], from: f64) -> Option<(f64, f64)> {
    let mut share = 1.0;
    for _ in 0..40 {
        let next = log_likelihood(&(linear + direction * share), y);
        if next >= from - 1e-12 * from.abs() {
            return Some((share, next));
        }
        share /= 2.0;
    }
    None
}

/// Sum of ln P(y), in the order of the rows, without overflow.
fn log_likelihood(linear: &DVector<f64>, y: &[bool]) -> f64 {
    let of = |(linear, y): (&f64, &bool)| {
        let toward = if *y { *linear } else { -linear };
        toward.min(0.0) - libm::log1p(libm::exp(-toward.abs()))
    };
    linear.iter().zip(y).map(of).sum()
}

#[cfg(test)]
mod tests;
