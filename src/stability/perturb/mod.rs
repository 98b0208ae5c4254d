//! Noise made in silico: a scan and its regions are perturbed and measured again (Zwanenburg et al. 2019, Scientific
//! Reports 9:614, with the parameters of their program, MIRP).
//!
//! Perturbed copies of one scan are no repeated scan: patient, position and scanner stay the same, so their noise is
//! the least that is to be expected. A [`Chain`] says what is drawn, [`draws`] what was drawn for each perturbation,
//! `engine` measures, and [`band`] makes a limit of it.

pub mod band;
pub mod chain;
pub mod draws;

mod engine;
mod error;

pub use chain::Chain;
pub use engine::{PerturbedRow, perturb};
pub use error::PerturbError;

/// What is asked of perturbation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Perturbation {
    /// How many perturbations of each scan.
    pub count: u32,
    /// What each of them draws.
    pub chain: Chain,
    /// Seed of all draws: perturbation `i` is the same whatever the count.
    pub seed: u64,
}
