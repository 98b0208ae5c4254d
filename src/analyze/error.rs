//! Why a cohort cannot be analysed at all.

use thiserror::Error;

use crate::diagnose::Diagnose;

/// Why there is no analysis.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AnalyseError {
    /// Not enough patients with each outcome for one of them in every fold.
    #[error(
        "{events} of {units} units have the outcome; {folds} folds need at least {folds} patients with and without it"
    )]
    TooFew {
        /// Units.
        units: usize,
        /// Those with the outcome.
        events: usize,
        /// Folds.
        folds: usize,
    },
    /// No column to predict by.
    #[error("no block has a column to predict by")]
    NoColumns,
    /// Folds that were given and do not fit.
    #[error("the folds that were given do not fit: {0}")]
    Folds(String),
    /// Columns that a frozen model needs and that are not there.
    #[error("columns that the model needs are not there: {0}")]
    Lacking(String),
    /// A frozen model of a response meets times to an event, or the reverse.
    #[error("the outcome is not of the kind that the model predicts")]
    OtherTarget,
}

impl Diagnose for AnalyseError {
    fn code(&self) -> &'static str {
        match self {
            Self::TooFew { .. } => "E-ANALYSE-FEW",
            Self::NoColumns => "E-ANALYSE-COLUMNS",
            Self::Folds(_) => "E-ANALYSE-FOLDS",
            Self::Lacking(_) => "E-ANALYSE-LACKING",
            Self::OtherTarget => "E-ANALYSE-TARGET",
        }
    }

    fn hint(&self) -> String {
        match self {
            Self::TooFew { .. } => "Ask for fewer folds with --folds, or gather more patients.".into(),
            Self::NoColumns => "Check that features of both visits are there, or give covariates.".into(),
            Self::Lacking(_) => {
                "Measure the new cohort with the protocol and the delta scale that the model was fitted to."
                    .into()
            }
            Self::OtherTarget => "Give outcomes of the kind that the model was fitted to.".into(),
            Self::Folds(_) => "Leave --folds-from out, or make the file by a run on the same units.".into(),
        }
    }
}
