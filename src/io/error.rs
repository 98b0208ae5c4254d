//! What reading and writing can refuse. Every message starts with the file's path as given.

use std::path::{Path, PathBuf};

use thiserror::Error;

use super::dicom::DicomFault;
use super::elastix::ElastixFault;
use super::format::{Format, is_missing};
use super::itk::ItkFault;
use super::landmarks::LandmarkFault;
use super::masks::MaskFault;
use super::names::shown_path;
use super::nifti::NiftiFault;
use super::visit_fault::VisitFault;
use crate::diagnose::{Diagnose, Exit};
use crate::geometry::GeometryError;

/// A file and why it is refused.
#[derive(Debug, Error)]
#[allow(missing_docs)] // `path` is the file as given, `fault` what is wrong with it
pub enum IoError {
    /// It cannot be opened or read.
    #[error("{}: {error}", shown_path(path))]
    File { path: PathBuf, error: std::io::Error },
    /// It cannot be written.
    #[error("{}: cannot be written: {error}", shown_path(path))]
    Write { path: PathBuf, error: std::io::Error },
    /// Its format is not read.
    #[error("{}: this is {}", shown_path(path), format.words())]
    Format { path: PathBuf, format: Format },
    /// It is a bad NIfTI file.
    #[error("{}: {fault}", shown_path(path))]
    Nifti { path: PathBuf, fault: Box<NiftiFault> },
    /// It is DICOM that cannot be used.
    #[error("{}: {fault}", shown_path(path))]
    Dicom { path: PathBuf, fault: DicomFault },
    /// Its voxels make no grid.
    #[error("{}: {fault}", shown_path(path))]
    Geometry { path: PathBuf, fault: GeometryError },
    /// It is no mask of its image.
    #[error("{}: {fault}", shown_path(path))]
    Mask { path: PathBuf, fault: MaskFault },
    /// It is no visit.
    #[error("{}: {fault}", shown_path(path))]
    Visit { path: PathBuf, fault: VisitFault },
    /// It is no transform of ours.
    #[error("{}: {fault}", shown_path(path))]
    Itk { path: PathBuf, fault: ItkFault },
    /// It is no transform of elastix that is read.
    #[error("{}: {fault}", shown_path(path))]
    Elastix { path: PathBuf, fault: ElastixFault },
    /// It is no transform at all.
    #[error(
        "{}: this is neither ITK's transform text, nor elastix's, nor a displacement field",
        shown_path(path)
    )]
    NoTransform { path: PathBuf },
    /// It is no table of landmarks.
    #[error("{}: {fault}", shown_path(path))]
    Landmarks { path: PathBuf, fault: LandmarkFault },
}

impl IoError {
    pub(super) fn file(path: &Path, error: std::io::Error) -> Self {
        Self::File { path: path.to_owned(), error }
    }
    pub(super) fn write(path: &Path, error: std::io::Error) -> Self {
        Self::Write { path: path.to_owned(), error }
    }
    pub(super) fn nifti(path: &Path, fault: NiftiFault) -> Self {
        match fault {
            NiftiFault::Read(error) => Self::file(path, error),
            fault => Self::Nifti { path: path.to_owned(), fault: Box::new(fault) },
        }
    }
    pub(super) fn geometry(path: &Path, fault: GeometryError) -> Self {
        Self::Geometry { path: path.to_owned(), fault }
    }
    /// A mask that is refused.
    pub fn mask(path: &Path, fault: MaskFault) -> Self {
        Self::Mask { path: path.to_owned(), fault }
    }
    pub(super) fn visit(path: &Path, fault: VisitFault) -> Self {
        Self::Visit { path: path.to_owned(), fault }
    }
    pub(super) fn itk(path: &Path, fault: ItkFault) -> Self {
        Self::Itk { path: path.to_owned(), fault }
    }
    /// The file it is about.
    pub fn path(&self) -> &Path {
        match self {
            Self::File { path, .. }
            | Self::Write { path, .. }
            | Self::Format { path, .. }
            | Self::Nifti { path, .. }
            | Self::Dicom { path, .. }
            | Self::Geometry { path, .. }
            | Self::Mask { path, .. }
            | Self::Visit { path, .. }
            | Self::Itk { path, .. }
            | Self::Elastix { path, .. }
            | Self::NoTransform { path }
            | Self::Landmarks { path, .. } => path,
        }
    }
    /// What is wrong, without the file's path.
    pub fn fact(&self) -> String {
        match self {
            Self::File { error, .. } | Self::Write { error, .. } => error.to_string(),
            Self::Format { format, .. } => format!("this is {}", format.words()),
            Self::Nifti { fault, .. } => fault.to_string(),
            Self::Dicom { fault, .. } => fault.to_string(),
            Self::Geometry { fault, .. } => fault.to_string(),
            Self::Mask { fault, .. } => fault.to_string(),
            Self::Visit { fault, .. } => fault.to_string(),
            Self::Itk { fault, .. } => fault.to_string(),
            Self::Elastix { fault, .. } => fault.to_string(),
            Self::NoTransform { .. } => "this is no transform".into(),
            Self::Landmarks { fault, .. } => fault.to_string(),
        }
    }
}

impl Diagnose for IoError {
    fn code(&self) -> &'static str {
        match self {
            Self::File { error, .. } if is_missing(error) => "E-FILE-MISSING",
            Self::File { .. } => "E-FILE-ACCESS",
            Self::Write { .. } => "E-FILE-WRITE",
            Self::Format { format: Format::Dicom, .. } => "E-FORMAT-DICOM",
            Self::Format { format: Format::Empty, .. } => "E-FORMAT-EMPTY",
            Self::Format { .. } => "E-FORMAT-UNKNOWN",
            Self::Nifti { fault, .. } => fault.code(),
            Self::Dicom { fault, .. } => fault.code(),
            Self::Geometry { fault, .. } => fault.code(),
            Self::Mask { fault, .. } => fault.code(),
            Self::Visit { fault, .. } => fault.code(),
            Self::Itk { fault, .. } => fault.code(),
            Self::Elastix { fault, .. } => fault.code(),
            Self::NoTransform { .. } => "E-TRANSFORM-FORMAT",
            Self::Landmarks { fault, .. } => fault.code(),
        }
    }
    fn hint(&self) -> String {
        match self {
            Self::File { error, .. } if is_missing(error) => {
                "Check the path; a visit is a folder or an image file.".into()
            }
            Self::File { .. } => "Check the file's permissions.".into(),
            Self::Write { .. } => "Check the folder, its permissions and the free space.".into(),
            Self::Format { format, .. } => format.hint().into(),
            Self::Nifti { fault, .. } => fault.hint(),
            Self::Dicom { fault, .. } => fault.hint(),
            Self::Geometry { fault, .. } => fault.hint(),
            Self::Mask { fault, .. } => fault.hint(),
            Self::Visit { fault, .. } => fault.hint(),
            Self::Itk { fault, .. } => fault.hint(),
            Self::Elastix { fault, .. } => fault.hint(),
            Self::NoTransform { .. } => "Give a .tfm of ITK, a TransformParameters file of elastix, or a NIfTI displacement field; write ITK's \
                 binary transforms (.h5, .mat) again as .tfm."
                .into(),
            Self::Landmarks { fault, .. } => fault.hint(),
        }
    }
    fn exit(&self) -> Exit {
        match self {
            Self::File { error, .. } if !is_missing(error) => Exit::Surroundings,
            Self::Write { .. } => Exit::Surroundings,
            Self::Dicom { fault, .. } => fault.exit(),
            _ => Exit::Input,
        }
    }
}
