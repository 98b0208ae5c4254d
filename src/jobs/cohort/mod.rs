//! A cohort: every patient through the very code of `delta run`, resumable, on one machine or many.

pub mod bids;
pub mod faults;
mod headers;
pub mod manifest;
mod rows;
pub mod state;
mod subject;
#[cfg(test)]
mod tests;
pub mod windows;

pub use headers::VisitInputs;
