//! What became of a patient: one small file per subject, so that a killed run knows where to go on.

use serde::{Deserialize, Serialize};

/// The content of `state/SUBJECT.json` in a study folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PatientState {
    /// Version of the file's form.
    pub schema: u32,
    /// Subject.
    pub subject: String,
    /// Subject and hash of all that its result depends on: the name of its folder below `patients/`.
    pub key: String,
    /// How it ended.
    pub outcome: PatientOutcome,
}

/// How a patient ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "status")]
pub enum PatientOutcome {
    /// Its result stands below `patients/`.
    Measured,
    /// It gave nothing.
    Failed {
        /// A stable code such as `E-NIFTI-TRUNCATED`.
        code: String,
        /// File and fact.
        fact: String,
        /// The way on.
        hint: String,
    },
}
