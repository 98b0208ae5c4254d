//! What an analysis of a cohort is refused for, beside what tables and the rooms below refuse.

use std::path::{Path, PathBuf};

use delta_table::TableError;
use thiserror::Error;

use crate::diagnose::{Diagnose, Exit};
use crate::jobs::sheet::SheetFault;

/// Why there is no analysis.
#[derive(Debug, Error)]
pub enum AnalyzeFault {
    /// A table is refused as a table.
    #[error(transparent)]
    Sheet(#[from] SheetFault),
    /// A patient or lesion twice.
    #[error("{}: rows {first} and {second} are both {what}", path.display())]
    Duplicate {
        /// Table.
        path: PathBuf,
        /// Row; the first below the header is 1.
        first: usize,
        /// Row.
        second: usize,
        /// Who.
        what: String,
    },
    /// A response or an event that is neither 0 nor 1.
    #[error("{}: row {row}: {column} is {value}, and must be 0 or 1", path.display())]
    NotBinary {
        /// Table.
        path: PathBuf,
        /// Row.
        row: usize,
        /// Column.
        column: &'static str,
        /// What stands there.
        value: f64,
    },
    /// A time below zero.
    #[error("{}: row {row}: {column} is {value}: a day before the baseline", path.display())]
    Negative {
        /// Table.
        path: PathBuf,
        /// Row.
        row: usize,
        /// Column.
        column: &'static str,
        /// What stands there.
        value: f64,
    },
    /// A time without the word whether it was an event, or the other way round.
    #[error("{}: row {row}: {filled} is given, and {empty} is empty", path.display())]
    Half {
        /// Table.
        path: PathBuf,
        /// Row.
        row: usize,
        /// The column that is filled.
        filled: &'static str,
        /// The one that is not.
        empty: &'static str,
    },
    /// Neither kind of outcome.
    #[error("{}: there is no outcome: neither response, nor time_days and event (columns: {present})", path.display())]
    NoOutcome {
        /// Table.
        path: PathBuf,
        /// Columns that are there.
        present: String,
    },
    /// No patient has features and an outcome.
    #[error(
        "{}: none of its patients has features: outcomes of {outcomes}; features of {features}",
        path.display()
    )]
    NobodyShared {
        /// The table of outcomes.
        path: PathBuf,
        /// Some of its names.
        outcomes: String,
        /// Some names of the features.
        features: String,
    },
    /// A target that was known when the follow-up scan was made.
    #[error(
        "{}: the response of {} was known on or before the follow-up scan (incorporated): {}",
        path.display(),
        .patients.len(),
        listed(.patients)
    )]
    Incorporated {
        /// The table of outcomes.
        path: PathBuf,
        /// Who, with the days.
        patients: Vec<String>,
    },
    /// Survival, and nobody says when the follow-up scan was.
    #[error("the day of the follow-up scan is not known of {} of {of}: {}", .missing.len(), listed(.missing))]
    NoScanDay {
        /// Who.
        missing: Vec<String>,
        /// Of so many units.
        of: usize,
    },
    /// Several rows of a patient, of which none can be chosen.
    #[error("{}: {what}", path.display())]
    SeveralRows {
        /// Table.
        path: PathBuf,
        /// Who, and how many.
        what: String,
    },
    /// A visit that nobody has.
    #[error("--visit {asked:?}: no patient has such a follow-up (there are: {present})")]
    NoVisit {
        /// What was asked.
        asked: String,
        /// What there is.
        present: String,
    },
    /// Features of several measurements.
    #[error("{source_of}: the features were measured in {} different ways: {}", .hashes.len(), listed(.hashes))]
    Mixed {
        /// Study or table.
        source_of: String,
        /// Their hashes.
        hashes: Vec<String>,
    },
    /// No feature at all.
    #[error("{source_of}: {what}")]
    NoFeatures {
        /// Study or table.
        source_of: String,
        /// What is missing.
        what: String,
    },
    /// A covariate of so many words that it names rows.
    #[error("{}: column {column} has {levels} different words in {rows} rows", path.display())]
    Levels {
        /// Table.
        path: PathBuf,
        /// Column.
        column: String,
        /// Words.
        levels: usize,
        /// Rows.
        rows: usize,
    },
    /// A column that cannot serve for what it was named for.
    #[error("{}: column {column} cannot be a {role}: {why}", path.display())]
    Unfit {
        /// Table.
        path: PathBuf,
        /// Column.
        column: String,
        /// Covariate or subgroup.
        role: &'static str,
        /// Why.
        why: &'static str,
    },
    /// Harmonisation without sites.
    #[error("{0}")]
    Sites(String),
    /// Nobody is left.
    #[error("nobody is left to analyse: {0}")]
    Nobody(String),
    /// A file of folds that does not fit.
    #[error("{}: {fact}", path.display())]
    Folds {
        /// The file.
        path: PathBuf,
        /// Why.
        fact: String,
    },
    /// A model file that cannot be used.
    #[error("{}: {fact}", path.display())]
    Model {
        /// The file.
        path: PathBuf,
        /// Why.
        fact: String,
    },
    /// Features of another measurement than the model's.
    #[error(
        "{}: the model was fitted to features measured as {}, these were measured as {}",
        path.display(),
        short(.model),
        short(.here)
    )]
    ForeignMeasurement {
        /// The model.
        path: PathBuf,
        /// Its hashes.
        model: Vec<String>,
        /// Those of the features.
        here: Vec<String>,
    },
    /// Columns that a model needs and that are not there.
    #[error("{}: {} of {needed} columns of the model are not there: {}", path.display(), .missing.len(), listed(.missing))]
    MissingColumns {
        /// The model.
        path: PathBuf,
        /// Columns of the model.
        needed: usize,
        /// Those that are missing, with their block.
        missing: Vec<String>,
    },
    /// A table of the result cannot be written.
    #[error("{file}: {source}")]
    Write {
        /// Name of the file.
        file: String,
        /// Why.
        source: TableError,
    },
}

/// Names that are listed.
const SHOWN: usize = 20;

/// Names joined by commas, the first of them.
pub fn listed(names: &[String]) -> String {
    let more = names.len().saturating_sub(SHOWN);
    let shown = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    if more > 0 { format!("{shown} and {more} more") } else { shown }
}

fn short(hashes: &[String]) -> String {
    let short: Vec<&str> = hashes.iter().map(|hash| hash.get(..12).unwrap_or(hash)).collect();
    if short.is_empty() { "they do not say".to_owned() } else { short.join(", ") }
}

impl AnalyzeFault {
    /// A file of folds that does not fit.
    pub fn folds(path: &Path, fact: impl Into<String>) -> Self {
        Self::Folds { path: path.to_owned(), fact: fact.into() }
    }
}

impl Diagnose for AnalyzeFault {
    fn code(&self) -> &'static str {
        match self {
            Self::Sheet(fault) => fault.code(),
            Self::Duplicate { .. } | Self::SeveralRows { .. } => "E-COHORT-ROWS",
            Self::NotBinary { .. } | Self::NoOutcome { .. } => "E-OUTCOME-VALUE",
            Self::Negative { .. } | Self::Half { .. } => "E-OUTCOME-TIME",
            Self::NobodyShared { .. } => "E-OUTCOME-SUBJECTS",
            Self::Incorporated { .. } => "E-OUTCOME-INCORPORATED",
            Self::NoScanDay { .. } => "E-OUTCOME-LANDMARK",
            Self::NoVisit { .. } => "E-COHORT-VISIT",
            Self::Mixed { .. } => "E-COHORT-MIXED",
            Self::NoFeatures { .. } => "E-COHORT-FEATURES",
            Self::Levels { .. } | Self::Unfit { .. } => "E-OUTCOME-COLUMN",
            Self::Sites(_) => "E-COHORT-SITES",
            Self::Nobody(_) => "E-COHORT-NOBODY",
            Self::Folds { .. } => "E-ANALYSE-FOLDS",
            Self::Model { .. } => "E-MODEL-FILE",
            Self::ForeignMeasurement { .. } => "E-MODEL-MEASUREMENT",
            Self::MissingColumns { .. } => "E-MODEL-COLUMNS",
            Self::Write { source, .. } => source.code(),
        }
    }

    fn hint(&self) -> String {
        match self {
            Self::Sheet(fault) => return fault.hint(),
            Self::Duplicate { .. } => "Give each patient, or each lesion, one row.",
            Self::NotBinary { .. } => {
                "Write 1 where it happened, 0 where it did not, and nothing where it is not known."
            }
            Self::Negative { .. } => "Days count from the baseline scan: correct the cell.",
            Self::Half { .. } => "Fill both cells, or leave both empty where the course is not known.",
            Self::NoOutcome { .. } => "Add a column response (0 or 1), or time_days and event (0 or 1).",
            Self::NobodyShared { .. } => "Names must be the same in both, letter by letter.",
            Self::Incorporated { .. } => {
                "Such a response may rest on the very scan that is to predict it. Leave these patients out, take a \
                 later response, or use them against this advice with --allow-incorporated, which the report says."
            }
            Self::NoScanDay { .. } => {
                "A delta is known at the follow-up scan alone, so time starts there. Add a column followup_day (days \
                 from baseline), or give --landmark-day N; --no-landmark lets time start at the baseline, which the \
                 report says."
            }
            Self::SeveralRows { .. } => {
                "Add a column lesion to the outcomes, or keep one row per patient in the features."
            }
            Self::NoVisit { .. } => "Name one of these with --visit.",
            Self::Mixed { .. } => {
                "One column cannot hold features of several measurements: measure all patients by the same settings."
            }
            Self::NoFeatures { .. } => "Features are columns of numbers.",
            Self::Levels { .. } => "A covariate in words has few levels; leave the column out of --covariates.",
            Self::Unfit { .. } => "Name another column.",
            Self::Sites(_) => {
                "Sites stand in the column site of the manifest, of the features or of the outcomes; leave --combat out \
                 without them."
            }
            Self::Nobody(_) => "Check names, visits and outcomes of those who were left out.",
            Self::Folds { .. } => {
                "Take folds.csv of an analysis of the same units: subject, lesion where units are lesions, repeat, fold."
            }
            Self::Model { .. } => "Take model.json as `delta cohort analyze` writes it.",
            Self::ForeignMeasurement { .. } => {
                "Numbers of another measurement are other numbers: measure this cohort by the protocol of the model's."
            }
            Self::MissingColumns { .. } => {
                "A model is applied as it is, never without a part of it: add the columns (covariates stand in the \
                 table of --outcomes)."
            }
            Self::Write { .. } => "Check free space and permissions there; nothing was left half-written.",
        }
        .to_owned()
    }

    fn exit(&self) -> Exit {
        match self {
            Self::Write { source, .. } => source.exit(),
            _ => Exit::Input,
        }
    }
}
