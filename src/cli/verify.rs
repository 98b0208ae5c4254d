//! `delta verify`: is a result still what was written?

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::output::Output;
use crate::jobs::{Failure, verify as job};

/// Hash the files of a result again and compare with run.json
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  delta verify delta_t0_t1")]
pub struct VerifyArgs {
    /// Folder of a result
    #[arg(value_name = "OUT")]
    out: PathBuf,
}

/// Runs the job and says how it ended.
pub fn verify(args: &VerifyArgs, output: &Output) -> Result<ExitCode, Failure> {
    let found = job::verify(&args.out)?;
    let json = serde_json::json!(found);
    output.result(&found.to_string(), if found.holds() { "ok" } else { "changed" }, &json);
    Ok(ExitCode::from(if found.holds() { 0 } else { 4 }))
}
