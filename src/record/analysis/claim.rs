//! What may be claimed.

use serde::{Deserialize, Serialize};

use super::{IntervalMethod, ModelKind};

/// Whether deltas say more than volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClaimVerdict {
    /// They do: permutation p below 0.05, and the lower bound of the difference to volume above zero.
    BeyondVolume,
    /// They do not, or it cannot be told.
    None,
}

/// The claim and what it rests on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Claim {
    /// The verdict.
    pub claim: ClaimVerdict,
    /// The model it is about.
    pub model: ModelKind,
    /// Why, one sentence per reason.
    pub reasons: Vec<String>,
    /// How intervals were made.
    pub interval: IntervalMethod,
}

/// Labels exchanged among patients, the whole pipeline run anew each time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Permutation {
    /// Permutations that were run.
    pub permutations: usize,
    /// `(1 + those as good as observed) / (1 + permutations)`.
    pub p: f64,
    /// Discrimination under each.
    pub discrimination: Vec<f64>,
}
