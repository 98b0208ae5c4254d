//! `delta inspect`: what a scan or a visit folder holds, and what is wrong with it.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::output::Output;
use super::reading::ReadingArgs;
use crate::jobs::inspect as job;

/// Show what scans, masks, DICOM series and visit folders hold, without computing
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  delta inspect t0 t1/image.nii.gz")]
pub struct InspectArgs {
    /// Visit folders, files, or folders of DICOM series
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// Which DICOM series is meant, where there are several: its label as listed, or its modality
    #[arg(long, value_name = "LABEL")]
    series: Option<String>,
    #[command(flatten)]
    reading: ReadingArgs,
}

/// Runs the job and says how it ended.
pub fn inspect(args: InspectArgs, output: &Output) -> ExitCode {
    let found = job::inspect(&args.paths, &args.reading.options(args.series));
    let short = if found.problems() == 0 { "ok" } else { "problems" };
    output.result(&found.to_string(), short, &serde_json::json!(found));
    ExitCode::from(if found.problems() == 0 { 0 } else { 3 })
}
