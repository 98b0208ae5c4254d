//! What `delta extract` can be refused for, beside what the rooms below refuse.

use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::diagnose::{Diagnose, Exit};
use crate::io::shown_path;
use crate::jobs::Failure;
use crate::record::Units;

/// Why nothing is measured, or a row is not.
#[derive(Debug, Error)]
pub enum ExtractError {
    /// The table of a batch cannot be read.
    #[error("{}: {why}", path.display())]
    Batch {
        /// The table.
        path: PathBuf,
        /// Why not.
        why: String,
    },
    /// The table lacks a column.
    #[error("{}: there is no column {column} (columns: {present})", path.display())]
    Column {
        /// The table.
        path: PathBuf,
        /// The column.
        column: &'static str,
        /// Columns that are there.
        present: String,
    },
    /// The table has no rows.
    #[error("{}: the table has no rows", .0.display())]
    NoRows(PathBuf),
    /// A cell that must be filled is empty.
    #[error("row {row}: the cell {column} is empty")]
    EmptyCell {
        /// Row.
        row: usize,
        /// Column.
        column: &'static str,
    },
    /// A cell that should hold a label does not.
    #[error("row {row}: {word:?} is no label")]
    LabelCell {
        /// Row.
        row: usize,
        /// What stands there.
        word: String,
    },
    /// No row can be measured, because none has an image.
    #[error("none of the {rows} rows has an image that can be read; the first: {first}")]
    NoImage {
        /// Rows.
        rows: usize,
        /// Why the first has none.
        first: String,
    },
    /// The mask is empty.
    #[error("{}: the mask is empty: no voxel is above zero", .0.display())]
    EmptyMask(PathBuf),
    /// The mask lacks the label that is asked for.
    #[error("{}: no voxel has label {wanted} (present: {present})", path.display())]
    NoLabel {
        /// The mask.
        path: PathBuf,
        /// The label.
        wanted: u32,
        /// Labels that are there.
        present: String,
    },
    /// Two masks give regions of one name.
    #[error("{}: another mask gives a region {name} too", path.display())]
    SameName {
        /// The second mask.
        path: PathBuf,
        /// The name.
        name: String,
    },
    /// The first image of a batch is CT by its looks, and this one is not.
    #[error("{}: this does not look like a CT in Hounsfield units, as the batch's first image does", .0.display())]
    NotCt(PathBuf),
    /// Series of a batch are of different kinds.
    #[error("{}: the series is {}, and {} is {}", shown_path(other), words[1], shown_path(first), words[0])]
    Mixed {
        /// A series.
        first: PathBuf,
        /// One of another kind.
        other: PathBuf,
        /// What both are.
        words: [String; 2],
    },
    /// The units that were said are not those of the series.
    #[error("--units {said}: the series is in {own}")]
    Units {
        /// What was said.
        said: Units,
        /// What the series says.
        own: Units,
    },
    /// The protocol makes regions from others.
    #[error("protocol {0} makes regions from others ([[region]]), which this command does not")]
    MadeRegions(String),
}

impl ExtractError {
    /// A table that cannot be read.
    pub fn batch(path: &Path, why: &impl ToString) -> Self {
        Self::Batch { path: path.to_owned(), why: why.to_string() }
    }
    /// What a row ends with.
    pub fn failure(self) -> Failure {
        self.into()
    }
}

impl Diagnose for ExtractError {
    fn code(&self) -> &'static str {
        match self {
            Self::Batch { .. } => "E-BATCH-FILE",
            Self::Column { .. } => "E-BATCH-COLUMN",
            Self::NoRows(_) => "E-BATCH-EMPTY",
            Self::EmptyCell { .. } => "E-BATCH-CELL",
            Self::LabelCell { .. } => "E-BATCH-LABEL",
            Self::NoImage { .. } => "E-BATCH-NO-IMAGE",
            Self::EmptyMask(_) => "E-MASK-EMPTY",
            Self::NoLabel { .. } => "E-MASK-LABEL",
            Self::SameName { .. } => "E-MASK-NAME",
            Self::NotCt(_) | Self::Mixed { .. } => "E-BATCH-MODALITY",
            Self::Units { .. } => "E-VISIT-UNITS",
            Self::MadeRegions(_) => "E-EXTRACT-REGION",
        }
    }
    fn hint(&self) -> String {
        match self {
            Self::Batch { .. } => "Give a CSV with a header, separated by commas.".into(),
            Self::Column { .. } => {
                "The columns Image and Mask are needed, Label is optional; cells are separated by commas.".into()
            }
            Self::NoRows(_) => "Write one row per image and mask below the header.".into(),
            Self::EmptyCell { .. } => "Fill it; paths are relative to the table's folder.".into(),
            Self::LabelCell { .. } => {
                "Give a whole number above zero, or all; an empty cell takes what --label says.".into()
            }
            Self::NoImage { .. } => "Paths are relative to the table's folder.".into(),
            Self::EmptyMask(_) => "Leave the mask out, or draw the region.".into(),
            Self::NoLabel { .. } => "Name one of these with --label, or in the table's column Label.".into(),
            Self::SameName { .. } => "Rename one of the files, or measure them in separate commands.".into(),
            Self::NotCt(_) => {
                "Say --modality and --units for all images, or put scans of other kinds into a batch of their own.".into()
            }
            Self::Mixed { .. } => "Put series of other kinds into a batch of their own.".into(),
            Self::Units { .. } => {
                "The series says what its values are: leave --units out; --pet raw reads activity.".into()
            }
            Self::MadeRegions(_) => {
                "Leave [[region]] out of the protocol, or use `delta run`, which makes them.".into()
            }
        }
    }
    fn exit(&self) -> Exit {
        Exit::Input
    }
}
