//! Files that are written whole or not at all, and their hashes.

mod fault;
mod file;
mod folder;
mod hash;
mod staging;

use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::diagnose::{Diagnose, Exit};

pub use file::{OutputFile, check_free, write_file};
pub use folder::{Existing, OutputFolder, remove_folder, remove_partials};
pub use hash::{hash_bytes, hash_file, hash_tree};
pub use staging::Staging;

/// What can go wrong while results are written.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The result's folder holds something else.
    #[error("{0}: the folder exists and holds something else than the result of this command")]
    Occupied(PathBuf),
    /// There is a file already.
    #[error("{0}: the file exists")]
    Exists(PathBuf),
    /// Another run is writing to the same place.
    #[error("{0}: another run is writing this result")]
    Locked(PathBuf),
    /// The system refused.
    #[error("{path}: {source}")]
    System {
        /// File or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A record could not be written as JSON.
    #[error("{path}: {source}")]
    Json {
        /// File.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
}

impl StoreError {
    /// An error of the system at a path.
    pub fn at(path: &Path) -> impl FnOnce(std::io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::System { path, source }
    }
}

impl Diagnose for StoreError {
    fn code(&self) -> &'static str {
        match self {
            Self::Occupied(_) | Self::Exists(_) => "E-OUT-OCCUPIED",
            Self::Locked(_) => "E-OUT-LOCKED",
            Self::System { .. } => "E-OUT-SYSTEM",
            Self::Json { .. } => "E-OUT-JSON",
        }
    }
    fn hint(&self) -> String {
        match self {
            Self::Occupied(_) => "Name another folder with --out, or replace it with --force.".into(),
            Self::Exists(_) => "Name another file with --out, or replace it with --force.".into(),
            Self::Locked(_) => {
                "Wait until the other run has ended, or name another folder with --out.".into()
            }
            Self::System { .. } => {
                "Check free space and permissions there; nothing was left half-written.".into()
            }
            Self::Json { .. } => "This is a defect of the program: please report it with the command.".into(),
        }
    }
    fn exit(&self) -> Exit {
        match self {
            Self::Occupied(_) | Self::Exists(_) => Exit::Input,
            Self::Locked(_) | Self::System { .. } => Exit::Surroundings,
            Self::Json { .. } => Exit::Defect,
        }
    }
}

/// Writes a record as indented JSON with a final line break.
pub fn write_json(path: &Path, record: &impl serde::Serialize) -> Result<(), StoreError> {
    let mut text = serde_json::to_string_pretty(record)
        .map_err(|source| StoreError::Json { path: path.to_owned(), source })?;
    text.push('\n');
    std::fs::write(path, text).map_err(StoreError::at(path))
}

/// Writes one file that appears whole under its name, or not at all. What was there before is replaced.
pub fn write_text(path: &Path, text: &str) -> Result<(), StoreError> {
    write_file(path, text.as_bytes(), Existing::Replace)
}
