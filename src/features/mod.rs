//! IBSI features.

pub mod sampling;
pub mod settings;

pub mod registry;
