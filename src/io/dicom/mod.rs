//! DICOM in the program's own terms: series as scans, RTSTRUCT and SEG as regions, and regions as RTSTRUCT and SEG.
//!
//! Coordinates turn from LPS into RAS here, and tilted series are set upright. No text of a file leaves this room but
//! names of regions, which are made harmless; files that were found in a folder are told by their place in it, for
//! archives name them by UIDs and patients.

mod facts;
mod fault;
mod image;
mod paths;
mod regions;
mod survey;
mod upright;
mod write;

pub use facts::{PetValues, SeriesFacts, SuvFacts};
pub use fault::DicomFault;
pub use image::{DicomImage, SeriesListed, Space};
pub(super) use image::{list_series, refusal};
pub use paths::content_files;
pub(super) use paths::{is_dicom, object_in};
pub(super) use regions::{check_object, read_object};
pub use survey::Survey;
pub use upright::Upright;
pub use write::{ObjectKind, RegionOut, RegionWriter};
