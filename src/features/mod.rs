//! IBSI features.

pub mod settings;

pub mod registry;
