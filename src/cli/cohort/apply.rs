//! `delta cohort apply`: a frozen model on other patients.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::features::{CourseArgs, SourceArgs, day};
use crate::cli::output::Output;
use crate::jobs::Failure;
use crate::jobs::cohort::analyze::{ApplyRequest, FeatureRequest, ScaleAsked, apply as job};

/// Score patients by a frozen model that was not fitted to them
///
/// The model is applied as it is; nothing is fitted. Features of another measurement than the model's are refused, and
/// so is a cohort that lacks a column of it. With outcomes, discrimination and calibration on these patients are told.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  delta cohort apply analysis/model.json other_study --outcomes other.csv\n  \
    delta cohort apply model.json --features deltas.csv --out scored\n\n\
    Exit codes: 0 done; 3 the model, the features or the outcomes are refused; 6 the folder cannot be written."
)]
pub struct ApplyArgs {
    /// model.json of `delta cohort analyze`
    #[arg(value_name = "MODEL")]
    model: PathBuf,
    #[command(flatten)]
    source: SourceArgs,
    /// Table of covariates, and of outcomes where they are known
    #[arg(long, value_name = "TABLE")]
    outcomes: Option<PathBuf>,
    #[command(flatten)]
    course: CourseArgs,
    /// Day from the landmark for which survival is predicted
    #[arg(long, value_name = "DAYS", value_parser = day)]
    horizon: Option<f64>,
    /// Folder of the result (default: STUDY/applied, or applied here)
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
}

/// Runs the job and says how it ended.
pub fn apply(args: ApplyArgs, output: &Output) -> Result<ExitCode, Failure> {
    let request = ApplyRequest {
        model: args.model,
        features: FeatureRequest {
            source: args.source.source(),
            visit: args.source.visit,
            // The model's own.
            scale: ScaleAsked::Auto,
            volume: args.source.volume,
        },
        outcomes: args.outcomes.map(|table| args.course.request(table)),
        horizon: args.horizon,
        out: args.out,
        existing: output.existing(),
    };
    let bar = output.bar();
    let done = job(&request, &bar)?;
    drop(bar);
    output.folder(&done.summary(), &done.out, &done.json());
    Ok(ExitCode::SUCCESS)
}
