//! Features one by one, and among each other.

use serde::{Deserialize, Serialize};

use super::Interval;

/// What a filter left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilterStep {
    /// Block: `baseline` or `delta`.
    pub block: String,
    /// Filter: `finite`, `gate`, `variance`, `volume`, `redundancy`, `screening`.
    pub filter: String,
    /// Features before.
    pub before: usize,
    /// Features after.
    pub after: usize,
    /// Its rule, in words.
    pub rule: String,
}

/// Features that say the same.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Redundancy {
    /// Height at which the tree was cut: one minus the absolute rank correlation.
    pub height: f64,
    /// Clusters, the largest first.
    pub clusters: Vec<Cluster>,
    /// Features of the heat map, in the tree's order.
    pub shown: Vec<String>,
    /// Spearman correlations among them, row by row.
    pub correlations: Vec<Vec<f64>>,
}

/// Features of one cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cluster {
    /// The feature that stands for it.
    pub representative: String,
    /// All features.
    pub features: Vec<String>,
}

/// One feature against the outcome (`univariate.csv`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UnivariateRow {
    /// Block: `volume`, `clinical`, `baseline` or `delta`.
    pub block: String,
    /// Feature.
    pub feature: String,
    /// Units with a value.
    pub n: usize,
    /// Responders, or events, among them.
    pub events: usize,
    /// Area under the ROC curve, or Harrell's C: above one half where larger values go with the outcome.
    pub discrimination: Option<Interval>,
    /// Mann-Whitney's U of the responders; none for survival.
    pub u: Option<f64>,
    /// Log hazard ratio per standard deviation, Efron; none for a response.
    pub log_hazard_ratio: Option<Interval>,
    /// p of Mann-Whitney, or of Wald's test in Cox's model.
    pub p: Option<f64>,
    /// Adjusted for all rows of its block (Benjamini-Hochberg).
    pub q: Option<f64>,
    /// Rank correlation with the change of volume.
    pub volume_correlation: Option<f64>,
    /// Mutual information of the response and the feature in quartiles, in nats; none for survival.
    pub mutual_information: Option<f64>,
    /// What the gate said: `stable`, `marginal`, `unstable`, `undefined`; none without a gate.
    pub gate: Option<String>,
    /// Why a number is missing: `constant`, `one_class`, `no_events`, `separated`, `too_few`.
    pub status: Option<String>,
}
