//! Sites.

use serde::{Deserialize, Serialize};

/// Sites before and after harmonisation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Batches {
    /// Names of the sites.
    pub sites: Vec<String>,
    /// Units of each.
    pub counts: Vec<usize>,
    /// The site of each unit, as a place in `sites`.
    pub of: Vec<usize>,
    /// Principal components of the features as they are.
    pub before: Component,
    /// After ComBat, where it could be fitted.
    pub after: Option<Component>,
    /// How it was harmonised, or why not.
    pub harmonised: Harmonised,
}

/// How it was harmonised.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Harmonised {
    /// Whether the models used it.
    pub in_models: bool,
    /// In words.
    pub text: String,
}

/// The first two principal components of each unit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Component {
    /// Scores, one pair per unit.
    pub scores: Vec<(f64, f64)>,
    /// Share of the variance that each explains.
    pub explained: (f64, f64),
    /// Share of the variance of the first ten components that lies between sites.
    pub between_sites: f64,
}
