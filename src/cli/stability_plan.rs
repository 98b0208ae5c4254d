//! `delta stability plan`: how many subjects does a test-retest study need?

use std::process::ExitCode;

use clap::Args;

use super::output::Output;
use super::words::{icc_form, rc_bound};
use crate::jobs::Failure;
use crate::jobs::stability_plan::{PlanRequest, plan as job};
use crate::record::{IccForm, RcBound};

/// Plan a test-retest study: subjects needed, ICC needed, and what chance puts beyond the noise limit
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  delta stability plan --icc 0.9 --threshold 0.75")]
pub struct PlanArgs {
    /// ICC that features of interest are expected to have
    #[arg(long, value_name = "ICC", default_value_t = 0.9)]
    icc: f64,
    /// Threshold that the lower bound of its 95 % interval has to reach
    #[arg(long, value_name = "ICC", default_value_t = 0.75)]
    threshold: f64,
    /// Number of subjects of a study that is planned or done
    #[arg(long, value_name = "N")]
    n: Option<usize>,
    /// Scans of each subject
    #[arg(long, value_name = "K", default_value_t = 2)]
    k: usize,
    /// Form of the ICC: 1,1 A,1 C,1 1,k A,k C,k
    #[arg(long, value_name = "FORM", default_value = "A,1", value_parser = icc_form)]
    icc_form: IccForm,
    /// The figure of the repeatability coefficient that limits noise: auto, point or upper
    #[arg(long, value_name = "BOUND", default_value = "auto", value_parser = rc_bound)]
    rc_bound: RcBound,
}

/// Prints the plan.
pub fn plan(args: &PlanArgs, output: &Output) -> Result<ExitCode, Failure> {
    let PlanArgs { icc, threshold, n, k, icc_form: form, rc_bound } = *args;
    let plan = job(&PlanRequest { icc, threshold, n, k, form, rc_bound })?;
    let short = plan.n_needed.map_or_else(|| "none".to_owned(), |n| n.to_string());
    output.result(&plan.to_string(), &short, &serde_json::json!(plan));
    Ok(ExitCode::SUCCESS)
}
