//! A transform, ours or another program's, on points, images and labels; its Jacobian, its inverse, its composition.
//!
//! A transform takes a point of the fixed scan (follow-up) to the same tissue in the moving scan (baseline). Points
//! are pushed with it; images and labels of the moving scan are pulled onto the fixed grid with the same one.

mod compose;
mod error;
mod given;
mod image;
mod invert;
mod jacobian;
mod mask;
mod points;
mod probe;
mod write;

use std::path::PathBuf;

pub use compose::compose;
pub use error::TransformError;
pub use given::Given;
pub use image::{Between, image};
pub use invert::invert;
pub use jacobian::jacobian;
pub use mask::mask;
pub use points::points;
pub use probe::{Probe, Reading};

/// How a job on a transform ended.
#[derive(Debug)]
pub struct Done {
    /// A few lines for a person.
    pub summary: String,
    /// The same for a program.
    pub json: serde_json::Value,
    /// The result.
    pub out: PathBuf,
    /// Whether a part of the result is missing, which the summary lists.
    pub is_partial: bool,
}
