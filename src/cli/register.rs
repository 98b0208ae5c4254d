//! `delta register`: one pair of scans, without measuring.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::output::Output;
use super::reading::ReadingArgs;
use crate::jobs::register::{self, RegisterRequest};
use crate::jobs::{Checking, Failure};
use crate::record::QaVerdict;

/// Register two scans without measuring
///
/// The transform takes a point of the fixed scan (follow-up) to the same tissue in the moving scan (baseline); a
/// label of the moving scan is pulled onto the fixed grid with it.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  delta register --fixed t1/image.nii.gz --moving t0/image.nii.gz --out aligned \
    --preset brain"
)]
pub struct RegisterArgs {
    /// The follow-up scan
    #[arg(long, value_name = "IMG")]
    fixed: PathBuf,
    /// The baseline scan
    #[arg(long, value_name = "IMG")]
    moving: PathBuf,
    /// Folder of the result
    #[arg(long, value_name = "OUT")]
    out: PathBuf,
    /// brain, thorax_abdomen, breathing_mr, pet or generic (default: by modality)
    #[arg(long, value_name = "NAME")]
    preset: Option<String>,
    /// Modality (CT, MR, PT, NM, OT); CT is recognised
    #[arg(long, value_name = "M")]
    modality: Option<String>,
    /// Lesions of the moving scan, to be left out of the metric
    #[arg(long, value_name = "MASK")]
    moving_lesion: Option<PathBuf>,
    /// Lesions of the fixed scan, to be left out of the metric
    #[arg(long, value_name = "MASK")]
    fixed_lesion: Option<PathBuf>,
    /// Inside the moving scan's lesions: exclude (they go where their surroundings take them; default), follow (the map
    /// follows their visible border) or rigid (they shift and turn, and keep size and shape)
    #[arg(long, value_name = "MODE")]
    lesion_mode: Option<String>,
    /// Points seen in both scans (CSV), to check the alignment
    #[arg(long, value_name = "CSV")]
    landmarks: Option<PathBuf>,
    /// A transform to be tried as one more start (ITK .tfm, elastix parameters, displacement NIfTI): of points of the
    /// fixed scan (follow-up) to points of the moving scan (baseline); may be repeated
    #[arg(long, value_name = "T")]
    initial: Vec<PathBuf>,
    /// Register the moving scan to the fixed one too, and tell how far a point misses there and back
    #[arg(long)]
    both_ways: bool,
    /// Which DICOM series is meant, where there are several: its label as listed, or its modality
    #[arg(long, value_name = "LABEL")]
    series: Option<String>,
    #[command(flatten)]
    reading: ReadingArgs,
}

/// Runs the job and says how it ended.
pub fn register(args: RegisterArgs, output: &Output) -> Result<ExitCode, Failure> {
    let request = RegisterRequest {
        fixed: args.fixed,
        moving: args.moving,
        out: args.out,
        preset: args.preset,
        modality: args.modality,
        moving_lesion: args.moving_lesion,
        fixed_lesion: args.fixed_lesion,
        lesion_mode: args.lesion_mode,
        landmarks: args.landmarks,
        initial: args.initial,
        checking: Checking::asked(args.both_ways),
        reading: args.reading.options(args.series),
        existing: output.existing(),
    };
    let bar = output.bar();
    let done = register::register(&request, &bar)?;
    drop(bar);
    output.folder(&done.summary, &request.out, &done.json);
    Ok(ExitCode::from(if done.verdict == QaVerdict::Fail { 7 } else { 0 }))
}
