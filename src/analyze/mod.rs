//! Do features go with an outcome? The whole path from candidate columns to a claim, with everything that learns
//! inside the folds.
//!
//! The room knows no files. A [`Cohort`] goes in, [`Findings`] come out; `stats/` has the estimators. One path of code
//! (a plan, run on prepared training parts) serves the analysis, the permutations of its labels, the resamples of its
//! patients, and the simulation of its honesty.

mod analysis;
mod cohort;
mod describe;
mod error;
mod findings;
mod learn;
mod settings;
mod validate;

#[cfg(test)]
mod tests;

pub use analysis::analyse;
pub use cohort::target::Target;
pub use cohort::units::{Block, BlockKind, Cohort, Column, GateWord, Subgroup, Unit};
pub use error::AnalyseError;
pub use findings::{Findings, Prediction};
pub use learn::frozen::FROZEN_SCHEMA;
pub use learn::score::{External, Score, external, score};
pub use settings::{AnalysisSettings, ComBatForm};
pub use validate::folds::Folds;
