//! A frozen model on a cohort that it was not fitted to (`applied/metrics.json`).

use serde::{Deserialize, Serialize};

use super::{Calibration, FlowStep, Interval, IntervalMethod, Landmark, ModelKind, TargetKind, Warning};

/// What was scored, and how well where the outcome is known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Applied {
    /// Version of this file's form.
    pub schema: u32,
    /// Version of the program.
    pub version: String,
    /// Which model.
    pub model: ModelKind,
    /// What it predicts.
    pub target: TargetKind,
    /// SHA-256 of `model.json`.
    pub model_sha256: String,
    /// Where the features come from, in words.
    pub source: String,
    /// SHA-256 of each table that was read, by its name.
    pub inputs: Vec<(String, String)>,
    /// Measurement hashes of the features; empty where nobody says them.
    pub measurement_hashes: Vec<String>,
    /// Units that were scored.
    pub units: usize,
    /// Their patients.
    pub patients: usize,
    /// Values of all units that were missing, so that the median of the model's own units stood in.
    pub imputed: usize,
    /// Values of all units that lie outside the range that the model was fitted to.
    pub outside: usize,
    /// Steps from the tables to the scores, and to the units with an outcome.
    pub flow: Vec<FlowStep>,
    /// How well, where outcomes are known.
    pub evaluation: Option<Evaluation>,
    /// What a reader must know.
    pub warnings: Vec<Warning>,
}

/// How a frozen model does on others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// Units with a known outcome.
    pub units: usize,
    /// Their patients.
    pub patients: usize,
    /// Responders, or events.
    pub events: usize,
    /// When time starts, and who is left out by that.
    pub landmark: Landmark,
    /// Area under the ROC curve, or Harrell's C, over all units.
    pub discrimination: Option<Interval>,
    /// How the interval was made.
    pub interval: IntervalMethod,
    /// Predicted against observed.
    pub calibration: Calibration,
    /// What was overridden against advice, in words.
    pub overridden: Vec<String>,
}
