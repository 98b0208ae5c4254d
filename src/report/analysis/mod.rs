//! The report of a cohort analysis: one self-contained HTML page, and the lines that end the command.
//!
//! A sink over plain records ([`Analysis`](crate::record::analysis::Analysis)): it selects, words and draws, and
//! computes nothing that a record lacks. `check.rs` refuses records that contradict themselves, `page.rs` is the page
//! from top to bottom, `sections/` its parts, `figures/` one file per figure, `summary.rs` the lines for a terminal.
//! The same record gives the same bytes.

mod chart;
mod check;
mod error;
mod figures;
mod look;
mod page;
mod sections;
mod summary;
mod view;
mod words;

pub use error::ReportError;
pub use page::render;
pub use summary::summary;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
