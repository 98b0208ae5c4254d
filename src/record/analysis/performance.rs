//! How well predictions of units that a model has not seen agree with what happened.

use serde::{Deserialize, Serialize};

use super::ModelKind;

/// A figure with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The figure.
    pub estimate: f64,
    /// Lower limit.
    pub lower: f64,
    /// Upper limit.
    pub upper: f64,
}

/// How an interval was made, and how often such intervals hold what they should in simulation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IntervalMethod {
    /// A word.
    pub name: String,
    /// In a sentence.
    pub text: String,
    /// Share of simulated cohorts whose interval held the procedure's mean, smallest and largest over the scenarios.
    pub simulated_coverage: Option<(f64, f64)>,
}

/// A point of an ROC curve.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RocPoint {
    /// Share of those without the outcome above the threshold.
    pub false_positive: f64,
    /// Share of those with it.
    pub true_positive: f64,
}

/// Predicted against observed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// Mean squared distance of prediction and outcome.
    pub brier: Option<f64>,
    /// Brier score of the constant prediction.
    pub brier_of_prevalence: Option<f64>,
    /// Slope; one is perfect, below one the predictions are too extreme.
    pub slope: Option<f64>,
    /// Intercept at slope one; zero is perfect.
    pub intercept: Option<f64>,
    /// Why a number is missing.
    pub status: Option<String>,
    /// Groups of predictions, the lowest first.
    pub bins: Vec<Bin>,
    /// Each unit's prediction and outcome, for the rug.
    pub rug: Vec<(f64, bool)>,
}

/// Units with similar predictions.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bin {
    /// Units.
    pub n: usize,
    /// Their mean prediction.
    pub predicted: f64,
    /// The share that had the outcome, with Wilson's interval.
    pub observed: Interval,
}

/// Net benefit at one threshold of decision.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct DecisionPoint {
    /// Probability above which one would treat.
    pub threshold: f64,
    /// Net benefit of the model.
    pub model: f64,
    /// Of treating all.
    pub all: f64,
}

/// How much the model flatters itself on its own units (Harrell's bootstrap).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Optimism {
    /// Discrimination on the units it was fitted to.
    pub apparent: f64,
    /// By how much resampling says that is too high.
    pub optimism: f64,
    /// Apparent minus optimism.
    pub corrected: f64,
    /// Calibration slope of models of resamples on all units.
    pub slope: Option<f64>,
    /// Resamples that could be fitted.
    pub resamples: usize,
}

/// A model against the change of volume alone, on the same folds and resamples.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// Which model.
    pub model: ModelKind,
    /// Its discrimination minus that of volume.
    pub difference: Option<Interval>,
    /// Why there is none.
    pub status: Option<String>,
}
