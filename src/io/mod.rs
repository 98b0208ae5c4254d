//! Scans in, volumes and transforms out.
//!
//! [`read_scan`] is the one door for image formats: the format is told by content, never by name. A visit folder
//! comes in by [`read_visit`]. Transforms travel as ITK text ([`itk`]), as elastix's ([`elastix`]) and as
//! displacement fields ([`nifti`]), and come in by [`read_map`]; LPS exists only inside those, and in tables of
//! points that say so.

mod axis_order;
pub mod dicom;
pub mod elastix;
mod error;
mod format;
pub mod inspect;
pub mod itk;
pub mod landmarks;
mod mask_path;
mod masks;
mod modality;
mod names;
pub mod nifti;
pub mod points;
mod transform_file;
mod visit_fault;
mod visit_files;
mod visit_folder;
mod visit_said;
mod visit_toml;

use std::path::Path;

use serde::Serialize;

pub use error::IoError;
pub use format::Format;
pub use mask_path::MaskPath;
pub use masks::{
    MaskFault, MaskRegions, MaskTarget, check_data, check_mask, compare_grids, compare_to_series,
    list_labels, read_regions,
};
pub use modality::{
    Meaning, describe_intensities, looks_like_ct, may_be, meaning_of, settle_modality, units_of_series,
};
pub use names::{NameFault, check_found_name, check_name, shown_path, without_identifiers};
pub use nifti::{HeaderFacts, read_displacement, write_displacement, write_labels, write_mask, write_volume};
pub use transform_file::{TransformFile, TransformForm, read_map};
pub use visit_fault::VisitFault;
pub use visit_files::{label_names, mask_files, stem};
pub use visit_folder::{SourceFiles, VisitSource, check_known_regions, read_visit, source_files};
pub use visit_said::{VisitSaid, date_of_text, read_said, scanned};
pub use visit_toml::read_visit_file;

use crate::geometry::Grid;
use crate::volume::Volume;
pub use dicom::{
    DicomImage, ObjectKind, PetValues, RegionOut, RegionWriter, SeriesFacts, Space, Survey, SuvFacts,
    content_files,
};

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
    /// Which DICOM series is meant, by its label or modality, where there are several.
    pub series: Option<String>,
    /// What values a PET series is read as.
    pub pet: PetValues,
}

impl ReadOptions {
    /// What was asked other than usual, as options and values, for the record.
    pub fn described(&self) -> [(&'static str, Option<String>); 3] {
        [
            ("nifti_form", self.nifti_form.map(|form| format!("{form:?}").to_lowercase())),
            ("series", self.series.clone()),
            ("pet", (self.pet == PetValues::Raw).then(|| "raw".to_owned())),
        ]
    }

    /// The same for a source that may name its own series.
    #[must_use]
    pub fn with_series(&self, series: Option<&str>) -> Self {
        match series {
            Some(series) => Self { series: Some(series.to_owned()), ..self.clone() },
            None => self.clone(),
        }
    }
}

/// What an image says of itself beside its voxels.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Header {
    /// A NIfTI header.
    Nifti(HeaderFacts),
    /// A DICOM series.
    Dicom(Box<SeriesFacts>),
}

impl Header {
    /// What a DICOM series says of itself, where it is one.
    pub fn series(&self) -> Option<&SeriesFacts> {
        match self {
            Self::Dicom(facts) => Some(facts),
            Self::Nifti(_) => None,
        }
    }
}

/// A scan that was read: finite values or NaN (no data) on an accepted grid.
#[derive(Clone, Debug)]
pub struct Scan {
    /// The voxels.
    pub volume: Volume<f32>,
    /// What it says of itself.
    pub header: Header,
    /// Where contours and segments are looked up, where it is a DICOM series.
    pub space: Option<Box<Space>>,
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

/// Reads an image of any format that is known: a NIfTI file, or a DICOM series as a folder, a file of many frames or a
/// list of files.
pub fn read_scan(path: &Path, options: &ReadOptions) -> Result<Scan, IoError> {
    if let Some(series) = DicomImage::of(path, options)? {
        return series.scan();
    }
    nifti_file(path)?;
    let read = nifti::read_image(path, options);
    let (volume, header, notes) = read.map_err(|fault| IoError::nifti(path, fault))?;
    Ok(Scan { volume, header: Header::Nifti(header), space: None, notes })
}

/// Where the voxels of an image lie, by its header alone.
pub fn read_grid(path: &Path, options: &ReadOptions) -> Result<Grid, IoError> {
    if let Some(series) = DicomImage::of(path, options)? {
        return series.grid();
    }
    nifti_file(path)?;
    nifti::read_grid(path, options).map_err(|fault| IoError::nifti(path, fault))
}

/// Reads a label map of any format that is known.
pub fn read_label_map(path: &Path, options: &ReadOptions) -> Result<LabelMap, IoError> {
    nifti_file(path)?;
    let read = nifti::read_label_values(path, options);
    let (volume, header, notes) = read.map_err(|fault| IoError::nifti(path, fault))?;
    Ok(LabelMap { volume, header, notes })
}

/// Refuses what is no NIfTI file.
fn nifti_file(path: &Path) -> Result<(), IoError> {
    match Format::of(path)? {
        Format::Nifti => Ok(()),
        other => Err(IoError::Format { path: path.to_owned(), format: other }),
    }
}
