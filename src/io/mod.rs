//! Scans in, volumes and transforms out.
//!
//! [`read_scan`] is the one door for image formats: the format is told by content, never by name. A visit folder
//! comes in by [`read_visit`]. Transforms travel as ITK text ([`itk`]) and as displacement fields ([`nifti`]);
//! ITK's LPS exists only inside those two.

mod error;
mod format;
pub mod inspect;
pub mod itk;
pub mod landmarks;
mod masks;
mod modality;
mod names;
pub mod nifti;
mod visit_fault;
mod visit_files;
mod visit_folder;
mod visit_said;
mod visit_toml;

use std::path::Path;

use serde::Serialize;

pub use error::IoError;
pub use format::Format;
pub use masks::{MaskFault, MaskRegions, check_data, compare_grids, list_labels, read_regions};
pub use modality::{Meaning, describe_intensities, looks_like_ct, meaning_of, settle_modality};
pub use names::{NameFault, check_name};
pub use nifti::{HeaderFacts, read_displacement, write_displacement, write_labels, write_mask, write_volume};
pub use visit_fault::VisitFault;
pub use visit_files::stem;
pub use visit_folder::{SourceFiles, VisitSource, check_known_regions, files_of, read_visit, source_files};
pub use visit_said::{VisitSaid, date_of_text, read_said};
pub use visit_toml::read_visit_file;

use crate::geometry::Grid;
use crate::volume::Volume;

/// Which orientation of a NIfTI header counts where sform and qform contradict each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum NiftiForm {
    /// The affine.
    Sform,
    /// The quaternion.
    Qform,
}

/// How files are read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadOptions {
    /// The user's word where sform and qform contradict each other; without it such files are refused.
    pub nifti_form: Option<NiftiForm>,
}

/// A scan that was read: finite values or NaN (no data) on an accepted grid.
#[derive(Clone, Debug)]
pub struct Scan {
    /// The voxels.
    pub volume: Volume<f32>,
    /// What the header said.
    pub header: HeaderFacts,
    /// What was decided on the way, in sentences.
    pub notes: Vec<String>,
}

/// A label map that was read exactly.
#[derive(Clone, Debug)]
pub struct LabelMap {
    /// The labels; zero is background.
    pub volume: Volume<u32>,
    /// What the header said.
    pub header: HeaderFacts,
    /// What was decided on the way, in sentences.
    pub notes: Vec<String>,
}

/// Reads an image of any format that is known.
pub fn read_scan(path: &Path, options: &ReadOptions) -> Result<Scan, IoError> {
    match Format::of(path)? {
        Format::Nifti => {
            let read = nifti::read_image(path, options);
            let (volume, header, notes) = read.map_err(|fault| IoError::nifti(path, fault))?;
            Ok(Scan { volume, header, notes })
        }
        other => Err(IoError::Format { path: path.to_owned(), format: other }),
    }
}

/// Where the voxels of an image lie, by its header alone.
pub fn read_grid(path: &Path, options: &ReadOptions) -> Result<Grid, IoError> {
    match Format::of(path)? {
        Format::Nifti => nifti::read_grid(path, options).map_err(|fault| IoError::nifti(path, fault)),
        other => Err(IoError::Format { path: path.to_owned(), format: other }),
    }
}

/// Reads a label map of any format that is known.
pub fn read_label_map(path: &Path, options: &ReadOptions) -> Result<LabelMap, IoError> {
    match Format::of(path)? {
        Format::Nifti => {
            let read = nifti::read_label_values(path, options);
            let (volume, header, notes) = read.map_err(|fault| IoError::nifti(path, fault))?;
            Ok(LabelMap { volume, header, notes })
        }
        other => Err(IoError::Format { path: path.to_owned(), format: other }),
    }
}
