//! Why a data set gives no manifest.

use std::path::PathBuf;

use thiserror::Error;

use crate::diagnose::{Diagnose, Exit};
use crate::io::NameFault;

/// Why a data set gives no manifest.
#[derive(Debug, Error)]
pub enum BidsFault {
    /// A folder or table cannot be read.
    #[error("{}: {error}", path.display())]
    File {
        /// Folder or table.
        path: PathBuf,
        /// Why not.
        error: std::io::Error,
    },
    /// It is no such data set.
    #[error("{}: there is no folder sub-*", .0.display())]
    NoSubjects(PathBuf),
    /// A session with several images.
    #[error("{place}: {count} images to choose from; endings in the data set: {endings}")]
    ManyImages {
        /// Subject and session.
        place: String,
        /// Images of it.
        count: usize,
        /// How names end, and how often.
        endings: String,
    },
    /// A session with several masks.
    #[error("{place}: {count} masks to choose from; endings in the data set: {endings}")]
    ManyMasks {
        /// Subject and session.
        place: String,
        /// Masks of it.
        count: usize,
        /// How names end, and how often.
        endings: String,
    },
    /// An ending that no file has.
    #[error("{option} {asked}: no file ends so; endings in the data set: {endings}")]
    NoEnding {
        /// The option.
        option: &'static str,
        /// What was asked for.
        asked: String,
        /// How names end, and how often.
        endings: String,
    },
    /// A name that is not harmless in file names, tables and pages.
    #[error("{name:?} cannot be used: {fault}")]
    Name {
        /// Subject or session.
        name: String,
        /// Why not.
        fault: NameFault,
    },
    /// All was left out.
    #[error("{}: no subject is left ({left_out})", folder.display())]
    Nothing {
        /// The data set.
        folder: PathBuf,
        /// What was left out, and why.
        left_out: String,
    },
}

impl Diagnose for BidsFault {
    fn code(&self) -> &'static str {
        match self {
            Self::File { .. } => "E-BIDS-FILE",
            Self::NoSubjects(_) => "E-BIDS-FOLDER",
            Self::ManyImages { .. } => "E-BIDS-IMAGES",
            Self::ManyMasks { .. } => "E-BIDS-MASKS",
            Self::NoEnding { .. } => "E-BIDS-ENDING",
            Self::Name { .. } => "E-NAME",
            Self::Nothing { .. } => "E-BIDS-EMPTY",
        }
    }
    fn hint(&self) -> String {
        match self {
            Self::File { .. } => "Check the path and its permissions.",
            Self::NoSubjects(_) => "Give the folder that holds sub-01, sub-02 and so on.",
            Self::ManyImages { .. } => "Choose one with --suffix.",
            Self::ManyMasks { .. } => "Choose one with --mask.",
            Self::NoEnding { .. } => "Give one of these, without .nii.gz.",
            Self::Name { .. } => "Rename the folder.",
            Self::Nothing { .. } => {
                "A subject needs one image per session, and a mask (_mask or _dseg) at one session at least."
            }
        }
        .into()
    }
    fn exit(&self) -> Exit {
        match self {
            Self::ManyImages { .. } | Self::ManyMasks { .. } | Self::NoEnding { .. } => Exit::Usage,
            _ => Exit::Input,
        }
    }
}
