//! Why the report of an analysis cannot be written.

use crate::diagnose::{Diagnose, Exit};

/// What is wrong with the record of an analysis.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReportError {
    /// There is neither a model nor a feature in it.
    #[error("there is no model and no feature to report on")]
    Empty,
    /// Two parts that belong together differ in length.
    #[error("{what} do not match")]
    Ragged {
        /// The parts, in words.
        what: &'static str,
    },
    /// A number is infinite or not a number; records say `null` with a reason instead.
    #[error("{what} is not a finite number")]
    NotFinite {
        /// The number, in words.
        what: String,
    },
}

impl Diagnose for ReportError {
    fn code(&self) -> &'static str {
        match self {
            Self::Empty => "E-ANALYSIS-EMPTY",
            Self::Ragged { .. } => "E-ANALYSIS-RAGGED",
            Self::NotFinite { .. } => "E-ANALYSIS-FINITE",
        }
    }

    fn hint(&self) -> String {
        match self {
            Self::Empty => "Give features of both visits, or covariates.".into(),
            Self::Ragged { .. } | Self::NotFinite { .. } => {
                "This is a defect of the program: please report it.".into()
            }
        }
    }

    fn exit(&self) -> Exit {
        match self {
            Self::Empty => Exit::Input,
            Self::Ragged { .. } | Self::NotFinite { .. } => Exit::Defect,
        }
    }
}
