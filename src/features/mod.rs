//! IBSI features.

pub mod settings;
