//! Why a test-retest report cannot be written.

use crate::diagnose::{Diagnose, Exit};

/// What is wrong with the input of the report.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReportError {
    /// Nothing was assessed.
    #[error("there is no feature to report on")]
    Empty,
    /// Findings belong to a group that the design does not name.
    #[error("the study's design does not name the group {group}")]
    UnknownGroup {
        /// The group, in words.
        group: String,
    },
    /// A feature that was asked for is not among those assessed.
    #[error("no feature of this study is called {asked}")]
    UnknownFeature {
        /// What was asked for.
        asked: String,
        /// The feature that was probably meant.
        nearest: Option<String>,
    },
}

impl Diagnose for ReportError {
    fn code(&self) -> &'static str {
        match self {
            Self::Empty => "E-STABILITY-EMPTY",
            Self::UnknownGroup { .. } => "E-STABILITY-GROUP",
            Self::UnknownFeature { .. } => "E-STABILITY-FEATURE",
        }
    }

    fn hint(&self) -> String {
        match self {
            Self::Empty => "Give measurements of at least one feature.".into(),
            Self::UnknownGroup { .. } => "This is a defect of the program: please report it.".into(),
            Self::UnknownFeature { nearest: Some(nearest), .. } => format!("Did you mean {nearest}?"),
            Self::UnknownFeature { nearest: None, .. } => {
                "Features are named as in stability.csv, such as cm_contrast.".into()
            }
        }
    }

    fn exit(&self) -> Exit {
        match self {
            Self::UnknownGroup { .. } => Exit::Defect,
            Self::UnknownFeature { .. } => Exit::Usage,
            Self::Empty => Exit::Input,
        }
    }
}
