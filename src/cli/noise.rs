//! Options of the noise limits, alike for one patient and for a cohort.

use clap::Args;

use super::words::rc_bound;
use crate::jobs::run::PerturbRequest;
use crate::record::RcBound;

/// What a noise limit is, and how it is made where no gate serves.
#[derive(Debug, Args)]
pub struct NoiseArgs {
    /// The figure of a noise limit that decides: point (the repeatability coefficient), upper (its upper bound), or
    /// auto (the bound where few were repeated; default: the protocol's, else the gate's)
    #[arg(long, value_name = "BOUND", value_parser = rc_bound)]
    pub rc_bound: Option<RcBound>,
    /// Perturbed copies of each visit for a noise band in silico where no gate serves, 0 for none (default: 20, without
    /// regions over 500 mL)
    #[arg(long, value_name = "N")]
    perturb: Option<u32>,
    /// What is perturbed: N noise, T translation, R rotation, V volume of the region (default: NTRV)
    #[arg(long, value_name = "LETTERS")]
    chain: Option<String>,
    /// Seed of the perturbations (default: 1)
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
}

impl NoiseArgs {
    /// What is perturbed, and how often.
    pub fn perturb(self) -> PerturbRequest {
        PerturbRequest { copies: self.perturb, chain: self.chain, seed: self.seed }
    }
}
