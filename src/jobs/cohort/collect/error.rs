//! Why a study cannot be collected.

use std::path::PathBuf;

use delta_table::TableError;
use thiserror::Error;

use crate::diagnose::{Diagnose, Exit};
use crate::record::Modality;

/// Why a study cannot be collected.
#[derive(Debug, Error)]
pub enum CollectError {
    /// A folder that is no study.
    #[error("{0}: this is no study: it has no subjects.json")]
    NoStudy(PathBuf),
    /// A file of a patient's result is missing or cannot be read.
    #[error("{subject}: {file}: {fact}")]
    Patient {
        /// Subject.
        subject: String,
        /// The file, relative to the study.
        file: PathBuf,
        /// What is wrong with it.
        fact: String,
    },
    /// A table of a patient has other columns than this version writes.
    #[error("{subject}: {file} has other columns than this version of delta writes")]
    Columns {
        /// Subject.
        subject: String,
        /// The file, relative to the study.
        file: PathBuf,
    },
    /// Patients of one modality were measured in different ways, which one column per feature cannot show.
    #[error("{modality}: the patients were measured in {} different ways: {}", ways.len(), ways.join("; "))]
    Mixed {
        /// Modality.
        modality: Modality,
        /// Each measurement, with some of its patients.
        ways: Vec<String>,
    },
    /// A table of the study cannot be written.
    #[error("{file}: {source}")]
    Write {
        /// Name of the file.
        file: String,
        /// Why.
        source: TableError,
    },
}

impl Diagnose for CollectError {
    fn code(&self) -> &'static str {
        match self {
            Self::NoStudy(_) => "E-COLLECT-STUDY",
            Self::Patient { .. } => "E-COLLECT-PATIENT",
            Self::Columns { .. } => "E-COLLECT-COLUMNS",
            Self::Mixed { .. } => "E-COLLECT-MIXED",
            Self::Write { source, .. } => source.code(),
        }
    }

    fn hint(&self) -> String {
        match self {
            Self::NoStudy(_) => "Name the folder that `delta cohort run` was given with --out.".into(),
            Self::Patient { .. } | Self::Columns { .. } => {
                "Remove this patient's folder below patients/ and run `delta cohort run` again: it measures this \
                 patient alone."
                    .into()
            }
            Self::Mixed { .. } => {
                "Run `delta cohort run` again with one protocol for the modality, or collect without --wide: the long \
                 tables name the measurement of each row."
                    .into()
            }
            Self::Write { source, .. } => source.hint(),
        }
    }

    fn exit(&self) -> Exit {
        match self {
            Self::Write { source, .. } => source.exit(),
            _ => Exit::Input,
        }
    }
}
