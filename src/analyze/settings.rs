//! How a cohort is analysed.

use crate::record::analysis::ModelKind;
use crate::stats::combat::{Adjust, Prior};

/// Settings of an analysis, each with its default.
#[derive(Clone, Debug, PartialEq)]
pub struct AnalysisSettings {
    /// Seed of everything random.
    pub seed: u64,
    /// Outer folds (5).
    pub folds: usize,
    /// Inner folds, which choose the penalty (5).
    pub inner_folds: usize,
    /// Repeats of the cross-validation with other folds (5).
    pub repeats: usize,
    /// Mixing of the elastic net: 1 lasso, 0 ridge (0.5).
    pub alpha: f64,
    /// Permutations of the labels (200).
    pub permutations: usize,
    /// Resamples of patients, each with a cross-validation of its own (100).
    pub resamples: usize,
    /// A feature whose absolute rank correlation with the change of volume is above this is left out (0.9).
    pub volume_correlation: f64,
    /// Height at which redundant features are joined: one minus their absolute rank correlation (0.1).
    pub redundancy_height: f64,
    /// Features kept by their marginal association before the elastic net; none: n / ln n of the training units
    /// (Fan and Lv 2008).
    pub screened: Option<usize>,
    /// Harmonise sites inside the folds.
    pub combat: Option<ComBatForm>,
    /// Groups with fewer patients than this are not shown (10).
    pub smallest_subgroup: usize,
    /// Horizon in days for calibration and Uno's C; none: the 80th percentile of the event times.
    pub horizon: Option<f64>,
    /// Models that are made where there are columns for them (all).
    pub models: Vec<ModelKind>,
}

/// How sites are harmonised.
#[derive(Clone, Debug, PartialEq)]
pub struct ComBatForm {
    /// Prior of the empirical Bayes step.
    pub prior: Prior,
    /// What is adjusted.
    pub adjust: Adjust,
    /// The site that stays as it is.
    pub reference: Option<String>,
}

impl Default for AnalysisSettings {
    fn default() -> Self {
        Self {
            seed: 1,
            folds: 5,
            inner_folds: 5,
            repeats: 5,
            alpha: 0.5,
            permutations: 200,
            resamples: 100,
            volume_correlation: 0.9,
            redundancy_height: 0.1,
            screened: None,
            combat: None,
            smallest_subgroup: 10,
            horizon: None,
            models: ModelKind::ALL.to_vec(),
        }
    }
}
