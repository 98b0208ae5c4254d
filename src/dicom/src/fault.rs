//! What can be wrong with DICOM input.

use std::fmt;
use std::path::{Path, PathBuf};

/// Why something was refused. The fact never holds a UID, a date, or text of the patient or the hospital.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Of what kind it is.
    pub kind: FaultKind,
    /// The file or folder, as it was given.
    pub path: Option<PathBuf>,
    /// What was found.
    pub fact: String,
}

/// Kinds of faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FaultKind {
    /// A file cannot be read.
    Unreadable,
    /// It is no DICOM.
    NotDicom,
    /// It is cut off or damaged, or lacks what its kind must have.
    Broken,
    /// Its pixels are coded in a way that is not read.
    Syntax,
    /// Its slices make no regular volume.
    NoVolume,
    /// There are several series or volumes, and one has to be chosen.
    Choice,
    /// Activity cannot be turned into SUV.
    Suv,
    /// A contour or segment that was asked for is not there, or its name is not unique.
    Region,
    /// Image and contours (or segments) are of different frames of reference.
    Frame,
    /// It cannot be written.
    Unwritable,
}

impl Fault {
    /// A fault that does not know its file yet.
    pub fn of(kind: FaultKind, fact: impl Into<String>) -> Self {
        Self { kind, path: None, fact: fact.into() }
    }

    /// The same, of a file; one that knows its file keeps it.
    #[must_use]
    pub fn at(mut self, path: &Path) -> Self {
        self.path.get_or_insert_with(|| path.to_owned());
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.path {
            Some(path) => write!(f, "{}: {}", path.display(), self.fact),
            None => f.write_str(&self.fact),
        }
    }
}

impl std::error::Error for Fault {}
