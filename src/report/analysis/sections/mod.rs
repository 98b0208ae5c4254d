//! The parts of the page, one file each, in the order in which they stand. A part without data is left out, or says
//! in a line why it is empty.

pub mod banner;
pub mod batches;
pub mod checklist;
pub mod comparison;
pub mod courses;
pub mod design;
pub mod drivers;
pub mod features;
pub mod flow;
pub mod methods;
pub mod patients;
pub mod performance;
pub mod provenance;
pub mod redundancy;
pub mod size;
pub mod subgroups;
pub mod survival;
