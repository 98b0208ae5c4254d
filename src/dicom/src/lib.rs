//! The only room that knows DICOM: image series, contours (RTSTRUCT) and segmentations (SEG) in, contours and
//! segmentations out.
//!
//! Coordinates are DICOM's: millimetres towards the patient's left, back and head (LPS). Voxels are in the order column
//! (i), row (j), slice (k), i fastest. No text that identifies a patient or a place leaves this room, but in the objects
//! that are written for an archive.

pub mod acquisition;
pub mod contours;
mod fault;
pub mod file;
mod grid;
mod nuclide;
pub mod pixels;
pub mod segments;
pub mod series;
pub mod suv;
mod time;
mod units;
pub mod write;

pub use fault::{Fault, FaultKind};
pub use grid::Grid;
pub use units::{Units, units};
