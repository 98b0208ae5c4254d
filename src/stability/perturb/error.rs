//! Why nothing is perturbed.

use thiserror::Error;

use crate::diagnose::{Diagnose, Exit};
use crate::features::FeatureError;

/// A chain that cannot be read, or a region that cannot be measured.
#[derive(Debug, Error, PartialEq)]
pub enum PerturbError {
    /// No letters at all.
    #[error("the perturbation chain is empty")]
    Empty,
    /// A letter that names nothing.
    #[error("`{letter}` in the perturbation chain `{chain}` names no perturbation")]
    Letter {
        /// The letter.
        letter: char,
        /// The chain as it was written.
        chain: String,
    },
    /// Randomised contours, which do not exist yet.
    #[error("the perturbation chain `{0}` asks for randomised contours, which do not exist yet")]
    Contour(String),
    /// A letter that comes twice.
    #[error("`{letter}` comes twice in the perturbation chain `{chain}`")]
    Twice {
        /// The letter.
        letter: char,
        /// The chain as it was written.
        chain: String,
    },
    /// The region cannot be measured, perturbed or not.
    #[error(transparent)]
    Feature(#[from] FeatureError),
}

impl Diagnose for PerturbError {
    fn code(&self) -> &'static str {
        match self {
            Self::Empty | Self::Letter { .. } | Self::Twice { .. } => "E-PERTURB-CHAIN",
            Self::Contour(_) => "E-PERTURB-CONTOUR",
            Self::Feature(error) => error.code(),
        }
    }
    fn hint(&self) -> String {
        match self {
            Self::Empty | Self::Letter { .. } | Self::Twice { .. } => {
                "Write each letter at most once: N noise, T translation, R rotation, V volume of the region, for \
                 example NTRV."
                    .into()
            }
            Self::Contour(_) => {
                "Contour randomisation on supervoxels comes later. Use N, T, R and V, for example NTRV.".into()
            }
            Self::Feature(error) => error.hint(),
        }
    }
    fn exit(&self) -> Exit {
        match self {
            Self::Feature(error) => error.exit(),
            _ => Exit::Usage,
        }
    }
}
