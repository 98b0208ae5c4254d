//! The jobs: the only rooms that know both computing and reporting.

mod failure;
pub mod phantom;

pub use failure::Failure;
