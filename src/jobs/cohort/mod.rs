//! A cohort: every patient through the very code of `delta run`, resumable, on one machine or many.

mod error;
pub mod freeze;
pub mod key;
pub mod lock;
pub mod manifest;
mod request;
pub mod schedule;
pub mod state;

pub use error::StudyError;
pub use request::{CohortRequest, Faulty, Retry, SamplingChoice, Shard, Stale, StudyTables, Until};
