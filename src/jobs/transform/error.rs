//! What cannot be done with a transform.

use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::diagnose::{Diagnose, Exit};
use crate::io::shown_path;

/// Why a job on a transform ends.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TransformError {
    /// The grid of a scan is needed.
    #[error("{}: where the {scan} scan lies is needed to {purpose}", shown_path(transform))]
    NoGrid {
        /// The transform.
        transform: PathBuf,
        /// Which scan.
        scan: &'static str,
        /// What for.
        purpose: &'static str,
        /// The option that gives it.
        option: &'static str,
    },
    /// The ending of the result says no format.
    #[error("{}: the name says no format of transforms", shown_path(.0))]
    Ending(PathBuf),
    /// The ending of the result says no NIfTI file.
    #[error("{}: an image, mask or map is written as NIfTI", shown_path(.0))]
    NoNifti(PathBuf),
    /// A transform that bends has no inverse in closed form.
    #[error("{}: the inverse of a transform that bends has no formula, and is found voxel by voxel", shown_path(.0))]
    BentInverse(PathBuf),
    /// A format that does not hold what is to be written.
    #[error("{}: a displacement field is a part of it, which the text of ITK and of elastix does not hold", shown_path(.0))]
    Sampled(PathBuf),
    /// Regions that share voxels.
    #[error(
        "the regions {first} and {second} share {voxels} voxels, so that one label per voxel cannot hold them"
    )]
    Overlap {
        /// The one.
        first: String,
        /// The other.
        second: String,
        /// How many.
        voxels: usize,
    },
}

impl TransformError {
    /// A transform is needed with the grid of a scan.
    pub fn no_fixed_grid(transform: &Path, purpose: &'static str) -> Self {
        Self::NoGrid { transform: transform.to_owned(), scan: "fixed", purpose, option: "--fixed" }
    }
    /// As for the fixed scan.
    pub fn no_moving_grid(transform: &Path, purpose: &'static str) -> Self {
        Self::NoGrid { transform: transform.to_owned(), scan: "moving", purpose, option: "--moving" }
    }
}

impl Diagnose for TransformError {
    fn code(&self) -> &'static str {
        match self {
            Self::NoGrid { .. } => "E-TRANSFORM-GRID",
            Self::Ending(_) | Self::NoNifti(_) => "E-TRANSFORM-ENDING",
            Self::BentInverse(_) | Self::Sampled(_) => "E-TRANSFORM-FORM",
            Self::Overlap { .. } => "E-TRANSFORM-OVERLAP",
        }
    }
    fn hint(&self) -> String {
        match self {
            Self::NoGrid { option, .. } => format!("Name that scan with {option}."),
            Self::Ending(_) => {
                "End it with .tfm (ITK), .txt (elastix) or .nii.gz (displacement field).".into()
            }
            Self::NoNifti(_) => "End the name with .nii.gz.".into(),
            Self::BentInverse(_) => {
                "Write the inverse as a displacement field: --out NAME.nii.gz --moving IMG.".into()
            }
            Self::Sampled(_) => {
                "Write the whole as a displacement field: --out NAME.nii.gz --fixed IMG.".into()
            }
            Self::Overlap { .. } => {
                "Name a folder with --out (no .nii.gz): it gets one file per region.".into()
            }
        }
    }
    fn exit(&self) -> Exit {
        match self {
            Self::NoGrid { .. } | Self::Ending(_) | Self::NoNifti(_) => Exit::Usage,
            Self::BentInverse(_) | Self::Sampled(_) | Self::Overlap { .. } => Exit::Input,
        }
    }
}
