//! A cohort: every patient through the very code of `delta run`, resumable, on one machine or many.

pub mod manifest;
pub mod state;
