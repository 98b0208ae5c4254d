//! Why an elastix file is refused.

use std::path::PathBuf;

use thiserror::Error;

use crate::diagnose::Diagnose;
use crate::geometry::GeometryError;
use crate::io::itk::ItkFault;

/// Why a transform file of elastix is refused.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum ElastixFault {
    /// A line that is no `(Name value ...)`.
    #[error("line {0} is no (Name value ...)")]
    Line(usize),
    /// An entry that is needed.
    #[error("there is no ({0} ...)")]
    Missing(&'static str),
    /// An entry that cannot be what it says.
    #[error("({key} ...) is not {expected}")]
    Value {
        /// Name of the entry.
        key: &'static str,
        /// What is asked for.
        expected: &'static str,
    },
    /// A transform that is not known.
    #[error("a {0} is neither rigid nor a cubic B-spline")]
    Type(String),
    /// A setting under which the numbers mean something else.
    #[error("({key} {value}) is not read")]
    Setting {
        /// Name of the entry.
        key: &'static str,
        /// Its value.
        value: String,
    },
    /// Initial transforms that name each other, or very many.
    #[error("its initial transforms never end: {} comes again", .0.display())]
    Loop(PathBuf),
    /// The initial transform cannot be read.
    #[error("its initial transform {} cannot be read: {error}", path.display())]
    Initial {
        /// The file, as named.
        path: PathBuf,
        /// Why.
        error: String,
    },
    /// The numbers are no transform of ours.
    #[error("{0}")]
    Numbers(ItkFault),
    /// Where the fixed image lies is no grid.
    #[error("its fixed image: {0}")]
    Grid(String),
    /// A displacement field, which these files do not hold.
    #[error("a displacement field is no transform of elastix's text")]
    Field,
}

impl From<ItkFault> for ElastixFault {
    fn from(fault: ItkFault) -> Self {
        Self::Numbers(fault)
    }
}

impl From<GeometryError> for ElastixFault {
    fn from(error: GeometryError) -> Self {
        Self::Grid(error.to_string())
    }
}

impl Diagnose for ElastixFault {
    fn code(&self) -> &'static str {
        match self {
            Self::Line(_) | Self::Missing(_) | Self::Value { .. } => "E-ELASTIX-TEXT",
            Self::Type(_) | Self::Field => "E-ELASTIX-TYPE",
            Self::Setting { .. } => "E-ELASTIX-SETTING",
            Self::Loop(_) | Self::Initial { .. } => "E-ELASTIX-INITIAL",
            Self::Numbers(ItkFault::NotRigid) => "E-ELASTIX-RIGID",
            Self::Numbers(_) => "E-ELASTIX-NUMBERS",
            Self::Grid(_) => "E-ELASTIX-GRID",
        }
    }
    fn hint(&self) -> String {
        match self {
            Self::Type(_) | Self::Numbers(ItkFault::NotRigid) => {
                "Read are EulerTransform, TranslationTransform, BSplineTransform of order 3, and AffineTransform and \
                 SimilarityTransform where they are rigid; any other as the field that transformix -def all writes, \
                 saved as .nii.gz."
                    .into()
            }
            Self::Setting { .. } => {
                "Run elastix with HowToCombineTransforms Compose, UseDirectionCosines true, and its parameters as text."
                    .into()
            }
            Self::Loop(_) | Self::Initial { .. } => {
                "Keep the files together that elastix wrote: each names the one before it by its path.".into()
            }
            Self::Field => "Write a displacement field instead: name a file that ends with .nii.gz.".into(),
            Self::Line(_) | Self::Missing(_) | Self::Value { .. } | Self::Numbers(_) | Self::Grid(_) => {
                "Give the TransformParameters file as elastix wrote it.".into()
            }
        }
    }
}
