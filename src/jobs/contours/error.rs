//! What `delta contours` can be refused for, beside what the rooms below refuse.

use std::path::PathBuf;

use thiserror::Error;

use crate::diagnose::{Diagnose, Exit};
use crate::io::shown_path;

/// Why nothing is written.
#[derive(Debug, Error)]
pub enum ContoursError {
    /// The image is no series.
    #[error("{}: this is no DICOM series", shown_path(.0))]
    NoSeries(PathBuf),
    /// A mask holds nothing.
    #[error("{}: the mask is empty: no voxel is above zero", shown_path(.0))]
    EmptyMask(PathBuf),
    /// Two masks give regions of one name.
    #[error("{}: another mask gives a region {name} too", shown_path(path))]
    SameName {
        /// The second mask.
        path: PathBuf,
        /// The name.
        name: String,
    },
}

impl Diagnose for ContoursError {
    fn code(&self) -> &'static str {
        match self {
            Self::NoSeries(_) => "E-CONTOURS-SERIES",
            Self::EmptyMask(_) => "E-MASK-EMPTY",
            Self::SameName { .. } => "E-MASK-NAME",
        }
    }

    fn hint(&self) -> String {
        match self {
            Self::NoSeries(_) => {
                "Give the DICOM series that the masks lie on: RTSTRUCT and SEG refer to one.".into()
            }
            Self::EmptyMask(_) => "Leave the mask out, or draw the region.".into(),
            Self::SameName { .. } => {
                "Rename one of the files, or take one region of a file by FILE:ROI.".into()
            }
        }
    }

    fn exit(&self) -> Exit {
        Exit::Input
    }
}
