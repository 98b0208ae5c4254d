//! Calibration: whether predicted probabilities are as large as what happens (Cox 1958, Biometrika 45:562;
//! Steyerberg 2019, 15.3; Brier 1950, Mon Weather Rev 78:1).

use nalgebra::DMatrix;

use super::fit::FitFault;
use super::logistic;
use crate::numeric::sum::mean;

/// Predictions nearer to 0 or 1 than this count as so near: the log odds of 0 and 1 are infinite.
const NEAREST: f64 = 1e-15;

/// How predictions and outcomes agree.
#[derive(Clone, Debug, PartialEq)]
pub struct CalibrationFit {
    /// Mean squared distance of prediction and outcome; `None` without rows, or where a prediction is no probability.
    pub brier: Option<f64>,
    /// Coefficient of the predictions' log odds in a logistic model of the outcome. One is perfect, below one the
    /// predictions are too extreme.
    pub slope: Result<f64, FitFault>,
    /// Intercept where that coefficient is held at one. Zero is perfect, above zero more happens than predicted.
    pub intercept: Result<f64, FitFault>,
}

/// Brier score, slope and intercept of predicted probabilities. What is no probability makes all three absent
/// (`NotConverged`); equal predictions have no slope (`Collinear`).
///
/// ```
/// use delta_radiomics::stats::calibration::of;
/// // Of four predicted 1/3 one has the outcome, of four predicted 2/3 three: log odds -ln 3, ln 3 where -ln 2, ln 2
/// // were predicted. Slope ln 3 / ln 2, and no shift.
/// let (low, high) = (1.0 / 3.0, 2.0 / 3.0);
/// let of = of(&[low, low, low, low, high, high, high, high], &[true, false, false, false, true, true, true, false]);
/// assert!((of.slope.unwrap() - 3.0_f64.ln() / 2.0_f64.ln()).abs() < 1e-12);
/// assert!(of.intercept.unwrap().abs() < 1e-12);
/// // (3 (1/3)^2 + (2/3)^2) / 4.
/// assert!((of.brier.unwrap() - 7.0 / 36.0).abs() < 1e-15);
/// ```
///
/// # Panics
/// Where there are not as many outcomes as predictions: a defect of the caller.
pub fn of(p: &[f64], y: &[bool]) -> CalibrationFit {
    let brier = brier(p, y);
    if brier.is_none() {
        let fault = if p.is_empty() { FitFault::TooFew } else { FitFault::NotConverged };
        return CalibrationFit { brier, slope: Err(fault), intercept: Err(fault) };
    }
    let odds: Vec<f64> = p.iter().map(|p| log_odds(*p)).collect();
    let intercept = logistic::fit(&DMatrix::zeros(p.len(), 0), y, Some(&odds)).map(|fit| fit.intercept);
    let slope = logistic::fit(&DMatrix::from_vec(p.len(), 1, odds), y, None).map(|fit| fit.coefficients[0]);
    CalibrationFit { brier, slope, intercept }
}

/// Mean squared distance of predicted probability and outcome. `None` without rows, or where a prediction is no
/// probability.
///
/// ```
/// use delta_radiomics::stats::calibration::brier;
/// // ((1 - 0.5)^2 + (0 - 0.25)^2) / 2.
/// assert_eq!(brier(&[0.5, 0.25], &[true, false]), Some(0.15625));
/// ```
///
/// # Panics
/// Where there are not as many outcomes as predictions: a defect of the caller.
pub fn brier(p: &[f64], y: &[bool]) -> Option<f64> {
    assert_eq!(p.len(), y.len(), "an outcome for each prediction");
    if p.iter().any(|p| !(0.0..=1.0).contains(p)) {
        return None;
    }
    let distance = |(p, y): (&f64, &bool)| if *y { (1.0 - p) * (1.0 - p) } else { p * p };
    mean(&p.iter().zip(y).map(distance).collect::<Vec<_>>())
}

/// ln(p / (1 - p)).
fn log_odds(p: f64) -> f64 {
    let p = p.clamp(NEAREST, 1.0 - NEAREST);
    libm::log(p) - libm::log1p(-p)
}

#[cfg(test)]
mod tests {
    use super::of;
    use crate::stats::cohort_reference::{Cohort, json, near, numbers};
    use crate::stats::fit::FitFault;

    #[test]
    fn what_cannot_be_calibrated_says_why() {
        assert_eq!(of(&[], &[]).slope, Err(FitFault::TooFew));
        assert_eq!(of(&[0.5; 3], &[true; 3]).intercept, Err(FitFault::OneClass));
        let equal = of(&[0.25; 4], &[true, false, true, false]);
        assert_eq!(equal.slope, Err(FitFault::Collinear));
        // Half happens where a quarter was predicted.
        assert!(near(equal.intercept.unwrap(), 3.0_f64.ln(), 1e-12));
        let apart = of(&[0.1, 0.2, 0.8, 0.9], &[false, false, true, true]);
        assert_eq!(apart.slope, Err(FitFault::Separated));
        assert!(apart.intercept.is_ok());
        let no_probability = of(&[0.5, f64::NAN], &[true, false]);
        assert_eq!((no_probability.brier, no_probability.slope), (None, Err(FitFault::NotConverged)));
        assert_eq!(of(&[0.5, 1.5], &[true, false]).brier, None);
    }

    #[test]
    fn certain_predictions_are_held_off_infinity() {
        let of = of(&[0.0, 1.0, 0.0, 1.0, 0.5, 0.5], &[true, true, false, false, true, false]);
        assert!(near(of.slope.unwrap(), 0.0, 1e-12));
        assert!(near(of.intercept.unwrap(), 0.0, 1e-6));
    }

    #[test]
    fn figures_are_those_of_statsmodels_and_scikit_learn() {
        let (Some(cohort), Some(expected)) = (Cohort::read(), json("cohort_expected.json")) else { return };
        let expected = &expected["cv_fixed_lambda"];
        let of = of(&numbers(&expected["predictions"]), &cohort.response);
        for (found, name) in [
            (of.brier.unwrap(), "brier"),
            (of.slope.unwrap(), "calibration_slope"),
            (of.intercept.unwrap(), "calibration_intercept"),
        ] {
            assert!(near(found, expected[name].as_f64().unwrap(), 1e-10), "{name} {found}");
        }
    }
}
