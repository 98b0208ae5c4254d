//! The parts of the page, one file each, in the order in which they stand.

pub mod banner;
pub mod card;
pub mod failures;
pub mod flow;
pub mod matrix;
pub mod settings;
pub mod sheet;
pub mod strips;
pub mod table;
pub mod visits;
