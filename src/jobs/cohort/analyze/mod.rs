//! `delta cohort analyze` and `delta cohort apply`: do deltas go with what happened to the patients, and does a frozen
//! model hold on others?
//!
//! Tables of whatever source become one cohort (`features.rs`, `outcomes.rs`, `assemble.rs`); `analyze/` computes; what
//! it found is written with where it came from (`write.rs`).

mod apply;
mod assemble;
mod change;
mod checklist;
mod covariates;
mod error;
mod features;
mod landmark;
mod lesion;
mod measured;
mod model_file;
mod outcomes;
mod request;
mod run;
mod study;
mod table;
mod table_one;
mod told;
mod visits;
mod write;

pub use apply::{AppliedDone, apply};
pub use error::AnalyzeFault;
pub use request::{
    AnalyzeRequest, ApplyRequest, CovariatesAsked, FeatureRequest, FeatureSource, Incorporated,
    LandmarkAsked, OutcomeRequest, ScaleAsked,
};
pub use run::{Analyzed, analyze};
