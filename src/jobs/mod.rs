//! The jobs: the only rooms that know both computing and reporting.

mod align;
pub mod cohort;
pub mod contours;
pub mod extract;
mod failure;
pub mod inspect;
pub mod phantom;
mod prepared;
mod progress;
pub mod register;
pub mod run;
pub mod selftest;
mod sheet;
pub mod stability;
pub mod stability_plan;
pub mod transform;
pub mod verify;

pub use align::Checking;
pub use failure::Failure;
pub use progress::{Progress, Silent};
