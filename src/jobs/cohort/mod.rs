//! A cohort: every patient through the very code of `delta run`, resumable, on one machine or many.

pub mod analyze;
pub mod bids;
pub mod collect;
mod error;
pub mod faults;
pub mod folders;
pub mod freeze;
mod headers;
pub mod imported;
mod inputs;
pub mod key;
pub mod lock;
pub mod manifest;
pub mod page;
pub mod patient;
mod prepare;
pub mod record;
mod request;
mod rows;
mod run;
pub mod schedule;
pub mod settings;
pub mod state;
mod subject;
pub mod subjects;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_dicom;
pub mod told;
pub mod windows;

pub use error::StudyError;
pub use headers::VisitInputs;
pub use request::{CohortRequest, Faulty, Retry, SamplingChoice, Shard, Stale, StudyTables, Until};
pub use run::{CohortDone, Completeness, run};
