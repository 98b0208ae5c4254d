//! Do features go with an outcome? The whole path from candidate columns to a claim, with everything that learns
//! inside the folds.
//!
//! The room knows no files. A [`Cohort`] goes in, [`Findings`] come out; `stats/` has the estimators. One path of code
//! (a plan, run on prepared training parts) serves the analysis, the permutations of its labels, the resamples of its
//! patients, and the simulation of its honesty.

mod analysis;
mod aspects;
mod batches;
mod calibrate;
mod claim;
mod cohort;
mod cross_validate;
mod data;
mod error;
mod filters;
mod findings;
mod folds;
mod frozen;
mod harmonise;
mod importance;
mod interval;
mod learner;
mod models;
mod nomogram;
mod overview;
mod pairs;
mod patients;
mod plan;
mod prepare;
mod redundancy;
mod resamples;
mod round_days;
mod sample_size;
mod score;
mod settings;
mod streams;
mod subgroups;
mod survival;
mod target;
mod univariate;

#[cfg(test)]
mod tests;

pub use analysis::analyse;
pub use cohort::{Block, BlockKind, Cohort, Column, GateWord, Subgroup, Unit};
pub use error::AnalyseError;
pub use findings::{Findings, Prediction};
pub use folds::Folds;
pub use frozen::FROZEN_SCHEMA;
pub use score::{External, Score, external, score};
pub use settings::{AnalysisSettings, ComBatForm};
pub use target::Target;
