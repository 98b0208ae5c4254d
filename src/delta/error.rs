//! What can be wrong with a gate or with two tables.

use std::path::PathBuf;

use crate::diagnose::Diagnose;

/// Why a gate is refused, or two visits cannot be compared.
#[derive(Debug, thiserror::Error)]
pub enum DeltaError {
    /// The gate cannot be read.
    #[error("{file}: {source}")]
    GateFile {
        /// The gate.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The gate is no JSON of the expected form.
    #[error("{file}, line {line}: {fact}")]
    GateForm {
        /// The gate.
        file: PathBuf,
        /// Line.
        line: usize,
        /// What is wrong.
        fact: String,
        /// The word that was probably meant.
        nearest: Option<String>,
    },
    /// The gate is of a later version.
    #[error("{file}: schema {found} is newer than this program, which reads schema 1")]
    GateSchema {
        /// The gate.
        file: PathBuf,
        /// Its schema.
        found: u64,
    },
    /// An entry of the gate is impossible.
    #[error("{file}: {key}: {fact}")]
    GateValue {
        /// The gate.
        file: PathBuf,
        /// The entry.
        key: String,
        /// What is wrong.
        fact: String,
    },
    /// The gate was measured with other settings.
    #[error("{file}: the gate's measurement hash is {gate}, this run's is {run}")]
    GateHash {
        /// The gate.
        file: PathBuf,
        /// Its hash.
        gate: String,
        /// The run's.
        run: String,
    },
    /// The gate was made from values that another program measured.
    #[error(
        "{file}: the gate was made from a table without settings of ours, so it cannot judge this run's values"
    )]
    GateForeign {
        /// The gate.
        file: PathBuf,
    },
    /// The gate was measured on another modality.
    #[error("{file}: the gate was made from {gate} scans, these are {run}")]
    GateModality {
        /// The gate.
        file: PathBuf,
        /// Its modality.
        gate: String,
        /// The run's.
        run: String,
    },
    /// The rows of two visits were measured with different settings.
    #[error("{baseline_visit} was measured with settings {baseline}, {followup_visit} with {followup}")]
    RowsHash {
        /// Name of the baseline visit.
        baseline_visit: String,
        /// Its hash.
        baseline: String,
        /// Name of the follow-up visit.
        followup_visit: String,
        /// Its hash.
        followup: String,
    },
}

impl Diagnose for DeltaError {
    fn code(&self) -> &'static str {
        match self {
            Self::GateFile { .. } => "E-GATE-FILE",
            Self::GateForm { .. } => "E-GATE-FORM",
            Self::GateSchema { .. } => "E-GATE-SCHEMA",
            Self::GateValue { .. } => "E-GATE-VALUE",
            Self::GateHash { .. } => "E-GATE-HASH",
            Self::GateForeign { .. } => "E-GATE-FOREIGN",
            Self::GateModality { .. } => "E-GATE-MODALITY",
            Self::RowsHash { .. } => "E-DELTA-HASH",
        }
    }

    fn hint(&self) -> String {
        match self {
            Self::GateFile { .. } => "Name the gate.json that `delta stability` wrote.".into(),
            Self::GateForm { nearest: Some(word), .. } => format!("Did you mean `{word}`?"),
            Self::GateForm { .. } | Self::GateValue { .. } => {
                "Take the gate.json as `delta stability` wrote it.".into()
            }
            Self::GateSchema { found, .. } => format!("Use a version of delta that reads schema {found}."),
            Self::GateHash { .. } => {
                "Noise of one protocol says nothing about values of another: run with the \
                                      protocol that the gate was made with, or make a gate with this one."
                    .into()
            }
            Self::GateForeign { .. } => {
                "Noise of another program's values says nothing about these: make a gate from the repeated scans with \
                 `delta stability MANIFEST`, or leave --gate out."
                    .into()
            }
            Self::GateModality { .. } => "Make a gate from repeats of this modality.".into(),
            Self::RowsHash { .. } => "Measure both visits with one protocol.".into(),
        }
    }
}
