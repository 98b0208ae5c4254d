//! Masks on a DICOM series as an RTSTRUCT or a SEG, for archives and planning systems.

mod error;
mod regions;
mod told;

use std::path::PathBuf;

pub use error::ContoursError;

use super::{Failure, Progress};
use crate::io::{DicomImage, ObjectKind, ReadOptions};
use crate::store::{self, Existing};

/// What is asked.
#[derive(Clone, Debug)]
pub struct ContoursRequest {
    /// The series: a folder, a file of many frames, or a list of files.
    pub series: PathBuf,
    /// Masks on it.
    pub masks: Vec<PathBuf>,
    /// The file that is written.
    pub out: PathBuf,
    /// In which form.
    pub kind: ObjectKind,
    /// What stands for the patient.
    pub pseudonym: Option<String>,
    /// How files are read.
    pub reading: ReadOptions,
    /// What happens to an existing file.
    pub existing: Existing,
}

/// How it ended.
#[derive(Debug)]
pub struct Done {
    /// A few lines for a person.
    pub summary: String,
    /// The same for a program.
    pub json: serde_json::Value,
}

/// Does what is asked. No voxel of the series is read.
pub fn contours(request: &ContoursRequest, progress: &dyn Progress) -> Result<Done, Failure> {
    store::check_free(&request.out, request.existing)?;
    progress.stage("reading headers", 0.0);
    let image = DicomImage::of(&request.series, &request.reading)?
        .ok_or_else(|| ContoursError::NoSeries(request.series.clone()))?;
    let writer = image.writer(request.pseudonym.as_deref())?;
    progress.stage("reading masks", 0.3);
    let (regions, notes) = regions::read(&request.masks, &image, &request.reading)?;
    progress.stage("writing", 0.7);
    let written: Vec<_> = regions.iter().map(regions::Region::out).collect();
    let bytes = writer.bytes(request.kind, &written)?;
    store::write_file(&request.out, &bytes, request.existing)?;
    let told = told::Told { request, image: &image, regions: &regions, notes: &notes };
    Ok(Done { summary: told.summary(), json: told.json() })
}
