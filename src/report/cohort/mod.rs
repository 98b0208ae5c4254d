//! The QA page of a cohort: one self-contained HTML page on how far the alignments of a study can be relied on.
//!
//! A sink over plain records ([`CohortPage`]). `order.rs` says which alignment is the worst, `measures.rs` what is
//! known of each, `study.rs` counts patients; `page.rs` is the page from top to bottom, `sections/` its parts. The
//! same input gives the same bytes.

mod input;
mod look;
mod measures;
mod order;
mod page;
mod sections;
mod study;
mod tile;

pub use input::{CohortPage, DifferentHash, ModalitySettings, PairView, StudySettings};
pub use order::{MOST_TILES, worst_first};
pub use page::render;
pub use tile::{Tile, TileError};

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
