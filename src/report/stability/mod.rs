//! The test-retest report: one self-contained HTML page on how well features repeat.
//!
//! A sink over plain records ([`StabilityInput`]). Groups (lesions drawn, livers carried, ...) are sections of their
//! own and are never pooled. `page.rs` is the page from top to bottom, `sections/` its parts, `figures/` one file per
//! figure. The same input gives the same bytes.

mod error;
mod figures;
mod input;
mod look;
mod page;
mod sections;
mod view;
mod warnings;

pub use error::ReportError;
pub use input::{ExpectedBeyond, GroupDesign, PerturbationDesign, StabilityInput};
pub use page::render;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
