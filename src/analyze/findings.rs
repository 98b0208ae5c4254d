//! What comes out of an analysis, before a job adds where it came from.

use crate::analyze::Folds;
use crate::record::analysis::{
    Batches, Claim, Difference, FilterStep, KaplanMeier, Missing, ModelKind, ModelResult, Redundancy,
    SampleSize, SubgroupRow, UnivariateRow, Warning,
};

/// What an analysis found.
#[derive(Clone, Debug, PartialEq)]
pub struct Findings {
    /// Values that are missing, by column.
    pub missing: Vec<Missing>,
    /// How many features each filter left, on all units.
    pub filters: Vec<FilterStep>,
    /// Features that say the same, on all units.
    pub redundancy: Option<Redundancy>,
    /// Feature by feature.
    pub univariate: Vec<UnivariateRow>,
    /// The models side by side.
    pub models: Vec<ModelResult>,
    /// Each model against volume alone.
    pub differences: Vec<Difference>,
    /// What may be claimed.
    pub claim: Claim,
    /// Whether there are enough patients.
    pub sample_size: Vec<SampleSize>,
    /// Time to event.
    pub survival: Option<KaplanMeier>,
    /// The model in groups of patients.
    pub subgroups: Vec<SubgroupRow>,
    /// Sites.
    pub batches: Option<Batches>,
    /// What a reader must know.
    pub warnings: Vec<Warning>,
    /// The folds that were used.
    pub folds: Folds,
    /// Predictions of units that the model had not seen, by model, repeat and unit.
    pub predictions: Vec<Prediction>,
}

/// A prediction of one unit by a model that had not seen it (`predictions.csv`).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prediction {
    /// Model.
    pub model: ModelKind,
    /// Repeat of the cross-validation.
    pub repeat: usize,
    /// Row of the cohort.
    pub unit: usize,
    /// Fold it was held out in.
    pub fold: usize,
    /// The linear predictor: log odds, or log hazard.
    pub linear: f64,
    /// Probability of response; none for survival.
    pub probability: Option<f64>,
}
