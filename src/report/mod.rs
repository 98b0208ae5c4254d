//! The run report: one self-contained HTML page, and the ten lines that end a run.
//!
//! A sink over plain records ([`input`]): it selects, words and draws, and computes nothing that a record lacks.
//! `page.rs` is the page from top to bottom, `sections/` its parts, `figures/` one file per figure, `slices.rs` and
//! `contour.rs` what figures are cut from. The same input gives the same bytes.

pub mod analysis;
mod axis;
mod canvas;
pub mod cohort;
mod colours;
mod contour;
mod figure;
mod figures;
mod headline;
pub mod input;
mod methods;
mod numbers;
mod page;
mod pictures;
mod sections;
mod shell;
mod single;
mod slices;
pub mod stability;
mod standing;
mod text;
mod window;
mod wording;

pub use input::{
    AlignmentImages, AlignmentView, BandUsed, Confirm, GateUsed, Next, PairReport, RunReport, ToConfirm,
    VisitView,
};
pub use page::render;
pub use pictures::{AlignmentPicture, alignment_pictures};
pub use text::summary;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
