//! `delta cohort`: a study of many patients.

mod analyze;
mod apply;
mod collect;
mod features;
mod manifest;
mod run;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::output::Output;
use crate::jobs::Failure;

/// Follow every patient of a study
///
/// A study is a manifest of patients and their visits. Each patient is measured by the very code of `delta run`, its
/// result kept under a hash of all that it depends on: the same command again does what is missing and nothing else.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  delta cohort manifest bids --out manifest.csv\n  \
    delta cohort run manifest.csv --out study --gate gate.json\n  \
    delta cohort collect study --wide\n  \
    delta cohort analyze study --outcomes outcomes.csv")]
pub struct CohortArgs {
    #[command(subcommand)]
    verb: CohortVerb,
}

#[derive(Debug, Subcommand)]
enum CohortVerb {
    Manifest(manifest::ManifestArgs),
    Run(Box<run::CohortRunArgs>),
    Collect(collect::CollectArgs),
    Analyze(Box<analyze::AnalyzeArgs>),
    Apply(Box<apply::ApplyArgs>),
}

/// Runs the job and says how it ended.
pub fn cohort(args: CohortArgs, output: &Output) -> Result<ExitCode, Failure> {
    match args.verb {
        CohortVerb::Manifest(args) => manifest::manifest(args, output),
        CohortVerb::Run(args) => run::run(*args, output),
        CohortVerb::Collect(args) => collect::collect(&args, output),
        CohortVerb::Analyze(args) => analyze::analyze(*args, output),
        CohortVerb::Apply(args) => apply::apply(*args, output),
    }
}
