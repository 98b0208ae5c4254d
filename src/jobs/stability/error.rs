//! What `delta stability` can be refused for, beside what the rooms below refuse.

use std::path::PathBuf;

use thiserror::Error;

use crate::diagnose::{Diagnose, Exit};
use crate::jobs::sheet::SheetFault;

/// Why no stability is assessed.
#[derive(Debug, Error)]
pub enum StabilityFault {
    /// The manifest or table is refused as a table.
    #[error(transparent)]
    Sheet(#[from] SheetFault),
    /// The same repeat twice.
    #[error("{}: rows {first} and {second} are the same repeat: {what}", path.display())]
    Duplicate {
        /// Table.
        path: PathBuf,
        /// Row.
        first: usize,
        /// Row.
        second: usize,
        /// Subject, repeat and what else tells rows apart.
        what: String,
    },
    /// Nothing was repeated.
    #[error("{}: {who} has only one repeat ({repeat})", path.display())]
    OneRepeat {
        /// Table.
        path: PathBuf,
        /// Subject.
        who: String,
        /// Its repeat.
        repeat: String,
    },
    /// A file that a row names is not there.
    #[error("{}: row {row}: there is no {}", path.display(), file.display())]
    MissingFile {
        /// Manifest.
        path: PathBuf,
        /// Row.
        row: usize,
        /// File or folder.
        file: PathBuf,
    },
    /// Repeats of several conditions.
    #[error("{}: the repeats are of several conditions: {present}", path.display())]
    Conditions {
        /// Table.
        path: PathBuf,
        /// Conditions and how many rows each has.
        present: String,
    },
    /// The condition that was asked for is nowhere.
    #[error("--condition {asked:?}: no row has it (present: {present})")]
    NoCondition {
        /// Condition.
        asked: String,
        /// Conditions that are there.
        present: String,
        /// What was probably meant.
        meant: Option<String>,
    },
    /// Scans of several kinds.
    #[error("{}: the scans differ in {what}: {first}, and {second}", path.display())]
    Mixed {
        /// Table.
        path: PathBuf,
        /// Modality, units or measurement.
        what: &'static str,
        /// That of the first.
        first: String,
        /// Another one, and whose.
        second: String,
    },
    /// A subject without any contour.
    #[error("{}: no repeat of subject {subject} has a mask", path.display())]
    NoRegion {
        /// Manifest.
        path: PathBuf,
        /// Subject.
        subject: String,
    },
    /// A rater without a contour.
    #[error("{}: row {row}: a repeat by a rater has no mask", path.display())]
    RaterWithoutMask {
        /// Manifest.
        path: PathBuf,
        /// Row.
        row: usize,
    },
    /// No column holds a feature.
    #[error("{}: no column holds a feature (columns: {present})", path.display())]
    NoFeature {
        /// Table.
        path: PathBuf,
        /// Columns.
        present: String,
    },
    /// A feature that was asked for is nowhere.
    #[error("--feature {asked:?}: no such feature was measured")]
    NoSuchFeature {
        /// Feature.
        asked: String,
        /// What was probably meant.
        meant: Option<String>,
    },
}

impl Diagnose for StabilityFault {
    fn code(&self) -> &'static str {
        match self {
            Self::Sheet(fault) => code_of(fault),
            Self::Duplicate { .. } => "E-REPEATS-DUPLICATE",
            Self::OneRepeat { .. } => "E-REPEATS-ONE",
            Self::MissingFile { .. } => "E-REPEATS-MISSING",
            Self::Conditions { .. } | Self::NoCondition { .. } => "E-REPEATS-CONDITION",
            Self::Mixed { .. } => "E-REPEATS-MIXED",
            Self::NoRegion { .. } | Self::RaterWithoutMask { .. } => "E-REPEATS-NO-MASK",
            Self::NoFeature { .. } | Self::NoSuchFeature { .. } => "E-REPEATS-FEATURE",
        }
    }

    fn hint(&self) -> String {
        let meant = |meant: &Option<String>, otherwise: &str| match meant {
            Some(word) => format!("Did you mean {word}?"),
            None => otherwise.to_owned(),
        };
        match self {
            Self::Sheet(SheetFault::Column { .. }) => {
                "A manifest has subject, repeat and visit_folder, or subject, repeat, image and mask; a table of \
                 features (--features) has subject, repeat and one column per feature, or the columns of features.csv."
                    .into()
            }
            Self::Sheet(SheetFault::NoRows(_)) => "Write one row per repeat below the header.".into(),
            Self::Sheet(fault) => fault.hint(),
            Self::Duplicate { .. } => "Remove one of the rows, or give the repeats different names.".into(),
            Self::OneRepeat { .. } => {
                "Stability needs at least two repeats of each subject: add one, remove the row, or perturb the scans \
                 (--perturb N)."
                    .into()
            }
            Self::MissingFile { .. } => "Paths are relative to the manifest's folder.".into(),
            Self::Conditions { .. } => "Repeats of different conditions are not pooled: choose one with --condition.".into(),
            Self::NoCondition { meant: word, .. } => meant(word, "Name one of these."),
            Self::Mixed { what: "measurement", .. } => {
                "Values that were measured by different settings are not pooled: measure all by one protocol.".into()
            }
            Self::Mixed { .. } => {
                "Noise of one kind of scan says nothing about another: make a manifest of each. Say --modality and \
                 --units where nobody describes the scans."
                    .into()
            }
            Self::NoRegion { .. } => "Draw the regions in at least one repeat; the other gets them by registration.".into(),
            Self::RaterWithoutMask { .. } => "Give the mask that this rater drew.".into(),
            Self::NoFeature { .. } => "Add a column of numbers per feature.".into(),
            Self::NoSuchFeature { meant: word, .. } => meant(word, "`stability.csv` of a result lists the features."),
        }
    }

    fn exit(&self) -> Exit {
        match self {
            Self::NoCondition { .. } | Self::NoSuchFeature { .. } => Exit::Usage,
            _ => Exit::Input,
        }
    }
}

/// What is wrong with a table, under the codes of repeats.
fn code_of(fault: &SheetFault) -> &'static str {
    match fault {
        SheetFault::File { .. } => "E-REPEATS-FILE",
        SheetFault::Separator { .. } => "E-REPEATS-SEPARATOR",
        SheetFault::Column { .. } | SheetFault::TwoColumns { .. } | SheetFault::Misspelt { .. } => {
            "E-REPEATS-COLUMN"
        }
        SheetFault::NoRows(_) => "E-REPEATS-EMPTY",
        SheetFault::EmptyCell { .. } => "E-REPEATS-CELL",
        SheetFault::Word { .. } => "E-REPEATS-WORD",
        SheetFault::Number { .. } => "E-REPEATS-NUMBER",
        SheetFault::Name { .. } => "E-REPEATS-NAME",
        SheetFault::Labels { .. } => "E-REPEATS-LABELS",
    }
}
