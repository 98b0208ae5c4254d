//! A cohort: every patient through the very code of `delta run`, resumable, on one machine or many.

pub mod faults;
mod headers;
pub mod manifest;
mod rows;
pub mod state;
mod subject;
pub mod windows;

pub use headers::VisitInputs;
