//! Test only: what must hold for every feature, and agreement with the standard and with other implementations.

mod agreement;
mod laws;
mod plain;
mod pyradiomics;
pub mod random;
pub mod reference;
