//! The standard's own test: two scans, six configurations, and a published value with a tolerance for every feature
//! (IBSI reference manual, arXiv 1612.07003, chapter 5).
//!
//! [`CONFIGURATIONS`] says what is measured and how, [`Table`] what was published, [`compare`] holds one against the
//! other. Nothing here lists features: the registry and the table do, and a feature that either lacks is a fault.

mod comparison;
mod configurations;
mod digital_phantom;
mod table;

pub use comparison::{Comparison, Verdict, compare};
pub use configurations::{CONFIGURATIONS, Configuration, Phantom, configuration};
pub use digital_phantom::digital_phantom;
pub use table::{Published, Row, Table, TableError, cells};
