//! What `delta stability` can be refused for, beside what the rooms below refuse.

use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::diagnose::{Diagnose, Exit, nearest};
use crate::io::NameFault;

/// Why no stability is assessed.
#[derive(Debug, Error)]
pub enum StabilityFault {
    /// The table cannot be read.
    #[error("{}: {why}", path.display())]
    File {
        /// Manifest or table of features.
        path: PathBuf,
        /// Why not.
        why: String,
    },
    /// Cells are not separated by commas.
    #[error("{}: the cells are separated by {separator}, not by commas", path.display())]
    Separator {
        /// Table.
        path: PathBuf,
        /// What separates them.
        separator: &'static str,
    },
    /// A column is missing.
    #[error("{}: there is no column {column} (columns: {present})", path.display())]
    Column {
        /// Table.
        path: PathBuf,
        /// Column, or what could stand for it.
        column: String,
        /// Columns that are there.
        present: String,
    },
    /// A column is there twice.
    #[error("{}: there are two columns {column}", path.display())]
    TwoColumns {
        /// Table.
        path: PathBuf,
        /// Column.
        column: String,
    },
    /// Nothing but a header.
    #[error("{}: the table has no rows", .0.display())]
    NoRows(PathBuf),
    /// A cell that must be filled is empty.
    #[error("{}: row {row}: the cell {column} is empty", path.display())]
    EmptyCell {
        /// Table.
        path: PathBuf,
        /// Row; the first below the header is 1.
        row: usize,
        /// Column.
        column: String,
    },
    /// A cell does not hold one of the words that it may hold.
    #[error("{}: row {row}: {word:?} in column {column} is not known (known: {known})", path.display())]
    Word {
        /// Table.
        path: PathBuf,
        /// Row.
        row: usize,
        /// Column.
        column: &'static str,
        /// What stands there.
        word: String,
        /// What could stand there.
        known: String,
        /// What was probably meant.
        meant: Option<String>,
    },
    /// Text where a number should be.
    #[error("{}: row {row}: {text:?} in column {column} is no number", path.display())]
    Number {
        /// Table.
        path: PathBuf,
        /// Row.
        row: usize,
        /// Column.
        column: String,
        /// What stands there.
        text: String,
    },
    /// A subject or repeat whose name is not harmless in file names, tables and pages.
    #[error("{}: row {row}: {column} {name:?} cannot be used: {fault}", path.display())]
    Name {
        /// Table.
        path: PathBuf,
        /// Row.
        row: usize,
        /// Column.
        column: &'static str,
        /// Name.
        name: String,
        /// Why not.
        fault: NameFault,
    },
    /// Names or roles by label that cannot be understood.
    #[error("{}: row {row}: {text:?} in column {column} is not of the form 1=lesion;2=liver", path.display())]
    Labels {
        /// Table.
        path: PathBuf,
        /// Row.
        row: usize,
        /// Column.
        column: &'static str,
        /// What stands there.
        text: String,
    },
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

impl StabilityFault {
    /// A table that cannot be read.
    pub fn file(path: &Path, why: &impl ToString) -> Self {
        Self::File { path: path.to_owned(), why: why.to_string() }
    }
    /// A cell with a word that is not known.
    pub fn word(path: &Path, row: usize, column: &'static str, word: &str, known: &[&str]) -> Self {
        Self::Word {
            path: path.to_owned(),
            row,
            column,
            word: word.to_owned(),
            known: known.join(", "),
            meant: nearest(word, known.iter().copied()).map(str::to_owned),
        }
    }
}

impl Diagnose for StabilityFault {
    fn code(&self) -> &'static str {
        match self {
            Self::File { .. } => "E-REPEATS-FILE",
            Self::Separator { .. } => "E-REPEATS-SEPARATOR",
            Self::Column { .. } | Self::TwoColumns { .. } => "E-REPEATS-COLUMN",
            Self::NoRows(_) => "E-REPEATS-EMPTY",
            Self::EmptyCell { .. } => "E-REPEATS-CELL",
            Self::Word { .. } => "E-REPEATS-WORD",
            Self::Number { .. } => "E-REPEATS-NUMBER",
            Self::Name { .. } => "E-REPEATS-NAME",
            Self::Labels { .. } => "E-REPEATS-LABELS",
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
            Self::File { .. } => "Give a CSV with a header, separated by commas.".into(),
            Self::Separator { .. } => {
                "Save the table with commas between cells and points in decimal numbers.".into()
            }
            Self::Column { .. } => {
                "A manifest has subject, repeat and visit_folder, or subject, repeat, image and mask; a table of \
                 features (--features) has subject, repeat and one column per feature, or the columns of features.csv."
                    .into()
            }
            Self::TwoColumns { .. } => "Remove or rename one of them.".into(),
            Self::NoRows(_) => "Write one row per repeat below the header.".into(),
            Self::EmptyCell { .. } => "Fill it; paths are relative to the manifest's folder.".into(),
            Self::Word { meant: word, .. } => meant(word, "Use one of these words."),
            Self::Number { text, .. } if text.contains(',') => {
                "Decimal numbers have a point, not a comma: save the table so.".into()
            }
            Self::Number { .. } => "Correct the cell, or leave it empty where there is no value.".into(),
            Self::Name { .. } => "Choose a name of letters, digits, blanks, - and _ (up to 64).".into(),
            Self::Labels { .. } => {
                "Give labels with their names or roles: 1=lesion;2=organ (roles: lesion, organ, reference).".into()
            }
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
