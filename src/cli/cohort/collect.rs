//! `delta cohort collect`: the tables of a study.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use crate::cli::output::Output;
use crate::jobs::Failure;
use crate::jobs::cohort::collect::{DeltaScale, Tables, collect_alone};

/// Put the results of all patients into the tables of the study
///
/// Writes features, deltas, qa, visits and failures (and trajectories and response where there are any) as CSV and
/// Parquet into the study's folder. `delta cohort run` does so at its end by itself; after shards, this does it.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  delta cohort collect study\n  \
    delta cohort collect study --wide --delta-scale log_ratio\n\n\
    Exit codes: 0 every patient is in the tables; 5 some failed, wait to be measured, or failed their alignment; \
    3 a patient's result cannot be read; 6 a run works in the study, or it cannot be written.")]
pub struct CollectArgs {
    /// Folder of the study
    #[arg(value_name = "STUDY")]
    study: PathBuf,
    /// Tables with one row per lesion and one column per feature too
    #[arg(long)]
    wide: bool,
    /// The scale of the deltas in the wide table
    #[arg(long, value_enum, default_value = "absolute", requires = "wide", value_name = "SCALE")]
    delta_scale: ScaleChoice,
}

/// A scale of deltas, as typed.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum ScaleChoice {
    /// Follow-up minus baseline
    Absolute,
    /// That, divided by the baseline
    Relative,
    /// Natural logarithm of follow-up over baseline
    #[value(name = "log_ratio")]
    LogRatio,
}

impl From<ScaleChoice> for DeltaScale {
    fn from(choice: ScaleChoice) -> Self {
        match choice {
            ScaleChoice::Absolute => Self::Absolute,
            ScaleChoice::Relative => Self::Relative,
            ScaleChoice::LogRatio => Self::LogRatio,
        }
    }
}

/// Runs the job and says how it ended.
pub fn collect(args: &CollectArgs, output: &Output) -> Result<ExitCode, Failure> {
    let tables = if args.wide { Tables::LongAndWide(args.delta_scale.into()) } else { Tables::Long };
    let bar = output.bar();
    let collected = collect_alone(&args.study, tables, &bar)?;
    drop(bar);
    let study = args.study.as_path();
    output.folder(&collected.summary(study), study, &collected.json(study));
    Ok(ExitCode::from(if collected.is_whole() { 0 } else { 5 }))
}
