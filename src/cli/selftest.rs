//! `delta selftest`: does this build give the standard's values?

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::output::Output;
use crate::jobs::{Failure, selftest as job};

/// Measure the standard's phantoms and compare every value with the published one
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  delta selftest\n  delta selftest --ibsi ibsi --report ibsi1.md\n\nWithout --ibsi \
    the digital phantom is measured, which the program carries. The CT phantom's licence (CC BY-NC) keeps it outside."
)]
pub struct SelftestArgs {
    /// Folder of digital_phantom_{image,mask}.nii.gz, ct_phantom_{image,mask}.nii.gz and reference_values.csv
    #[arg(long, value_name = "DIR")]
    ibsi: Option<PathBuf>,
    /// Write a report in Markdown, too
    #[arg(long, value_name = "FILE.md")]
    report: Option<PathBuf>,
}

/// Runs the job and says how it ended.
pub fn selftest(args: SelftestArgs, output: &Output) -> Result<ExitCode, Failure> {
    let request = job::SelftestRequest { ibsi: args.ibsi, report: args.report, existing: output.existing() };
    let found = job::selftest(&request)?;
    let prose = match &request.report {
        Some(path) => format!("{found}Report: {}", path.display()),
        None => found.to_string(),
    };
    output.result(&prose, if found.holds() { "ok" } else { "failed" }, &serde_json::json!(found));
    Ok(ExitCode::from(if found.holds() { 0 } else { 4 }))
}
