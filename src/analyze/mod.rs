//! Do features go with an outcome? The whole path from candidate columns to a claim, with everything that learns
//! inside the folds.
//!
//! The room knows no files. A [`Cohort`] goes in, [`Findings`] come out; `stats/` has the estimators.

mod cohort;
mod error;
mod findings;
mod folds;
mod settings;
mod target;

pub use cohort::{Block, BlockKind, Cohort, Column, GateWord, Subgroup, Unit};
pub use error::AnalyseError;
pub use findings::{Findings, Prediction};
pub use folds::Folds;
pub use settings::{AnalysisSettings, ComBatForm};
pub use target::Target;
