//! What a self-test can be refused for, beside what the rooms below refuse.

use std::path::PathBuf;

use thiserror::Error;

use crate::diagnose::Diagnose;

/// Why nothing is tested.
#[derive(Debug, Error)]
pub enum SelftestError {
    /// Files of the standard are not in the folder.
    #[error("{folder}: no {}", missing.join(", no "))]
    Folder {
        /// The folder that was named.
        folder: PathBuf,
        /// Names of the files.
        missing: Vec<String>,
    },
    /// A table of values cannot be read.
    #[error("{path}: {fault}")]
    Table {
        /// File.
        path: PathBuf,
        /// Why not.
        fault: String,
    },
    /// The report would replace a file that is none.
    #[error("{0}: the file exists and is no report of a self-test")]
    Occupied(PathBuf),
}

impl Diagnose for SelftestError {
    fn code(&self) -> &'static str {
        match self {
            Self::Folder { .. } => "E-SELFTEST-FOLDER",
            Self::Table { .. } => "E-SELFTEST-TABLE",
            Self::Occupied(_) => "E-OUT-OCCUPIED",
        }
    }
    fn hint(&self) -> String {
        match self {
            Self::Folder { .. } => {
                "Name the folder of the standard's phantoms and reference_values.csv, or leave \
                --ibsi out: the digital phantom is part of the program."
                    .into()
            }
            Self::Table { .. } => "Take the table anew from where it came.".into(),
            Self::Occupied(_) => "Name another file with --report, or replace it with --force.".into(),
        }
    }
}
