//! The parts of the page, one file each, in the order in which they stand.

pub mod banner;
pub mod definitions;
pub mod design;
pub mod group;
pub mod methods;
pub mod planning;
pub mod provenance;
