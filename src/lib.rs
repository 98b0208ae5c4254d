//! Did this lesion change by more than two scans of an unchanged patient would differ?
//!
//! Serial scans are registered, the segmentation is carried across visits, IBSI features are measured at each
//! visit on its own image, and their deltas are gated by test-retest noise. `ARCHITECTURE.md` says where things
//! are; the modules below are its rooms, from the highest floor to the lowest.
//!
//! Research use only; not a medical device.

pub mod cli;

pub mod jobs;

pub mod protocol;
pub mod report;

pub mod analyze;
pub mod delta;
pub mod stability;

pub mod features;
pub mod propagate;
pub mod register;
pub mod stats;

pub mod image;
pub mod io;

pub mod transform;

pub mod record;
pub mod store;
pub mod visit;

pub mod diagnose;
pub mod geometry;
pub mod labels;
pub mod numeric;
pub mod volume;

#[cfg(test)]
mod reference;
