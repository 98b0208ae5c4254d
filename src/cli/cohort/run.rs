//! `delta cohort run`: every patient of a manifest.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::cli::noise::NoiseArgs;
use crate::cli::output::Output;
use crate::cli::reading::ReadingArgs;
use crate::cli::run::ContourChoice;
use crate::jobs::cohort::{
    self, CohortRequest, Completeness, Faulty, Retry, SamplingChoice, Stale, StudyTables, Until,
};
use crate::jobs::run::{Acceptance, Alignment};
use crate::jobs::{Checking, Failure};

/// Measure every patient of a manifest that is not measured yet
///
/// The manifest is a CSV: subject, visit, day or date, and visit_folder (or image and mask); optional are series,
/// site, batch, group, modality, units, rois, roles and baseline. A visit may be a folder of DICOM: then days may be
/// left out, for the files have dates, and series says which series is meant where there are several. The manifest is
/// checked whole before any work, and all faults are listed at once. A patient that fails is a row of failures.csv;
/// the others go on. Killed at any moment, the same command goes on where it was.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  delta cohort run manifest.csv --out study --check\n  \
    delta cohort run manifest.csv --out study --window \"t1: 42 +/- 14 d\"\n  \
    delta cohort run manifest.csv --out study --shard 2/5\n\n\
    Exit codes: 0 all patients measured; 5 some failed, or some alignments did; 3 the manifest is refused; \
    6 another run works in the study, or it cannot be written.")]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub struct CohortRunArgs {
    /// The manifest
    #[arg(value_name = "MANIFEST")]
    manifest: PathBuf,
    /// Folder of the study
    #[arg(long, value_name = "STUDY")]
    out: PathBuf,
    /// Check the manifest and the settings, and stop; nothing is written
    #[arg(long, conflicts_with = "prepare")]
    check: bool,
    /// Decide the study's settings, write study.toml, and stop
    #[arg(long, conflicts_with = "shard")]
    prepare: bool,
    /// Measure one share of the patients; collect the shares with `delta cohort collect`
    #[arg(long, value_name = "I/N")]
    shard: Option<String>,
    /// A visit window after the baseline, as "t1: 42 +/- 14 d"; may be repeated
    #[arg(long, value_name = "WINDOW")]
    window: Vec<String>,
    /// Built-in protocol or a protocol file, for all patients or, as CT=FILE, for a modality; may be repeated
    #[arg(long, value_name = "[MOD=]NAME|FILE")]
    protocol: Vec<String>,
    /// Noise limits from repeated scans, one file per modality
    #[arg(long, value_name = "FILE")]
    gate: Vec<PathBuf>,
    #[command(flatten)]
    noise: NoiseArgs,
    /// Which DICOM series is meant, where a visit has several and the manifest's column series is empty: its label as
    /// listed, or its modality
    #[arg(long, value_name = "LABEL")]
    series: Option<String>,
    #[command(flatten)]
    reading: ReadingArgs,
    /// All visits have drawn masks: do not register
    #[arg(long)]
    no_register: bool,
    /// Check each alignment by other ways, back and by the visit before: up to three registrations for each follow-up
    #[arg(long, conflicts_with = "no_register")]
    both_ways: bool,
    /// The contour that decides where a follow-up has none drawn
    #[arg(long, value_enum, default_value = "followed")]
    lesion_contour: ContourChoice,
    /// The contours of ours were looked at and are right, in all patients
    #[arg(long)]
    accept_contours: bool,
    /// Patients at work at once (default: as many as threads); memory grows with them
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    in_flight: Option<u16>,
    /// Try patients again that failed before, though nothing changed
    #[arg(long)]
    retry_failed: bool,
    /// Set faulty subjects of the manifest aside as failures instead of refusing it
    #[arg(long)]
    skip_faulty: bool,
    /// Decide the sampling of each modality anew over the manifest as it is
    #[arg(long)]
    resolve: bool,
    /// Write tables with one row per lesion too
    #[arg(long)]
    wide: bool,
    /// Remove results of earlier inputs and settings
    #[arg(long, conflicts_with = "shard")]
    prune: bool,
}

/// Runs the job and says how it ended.
pub fn run(args: CohortRunArgs, output: &Output) -> Result<ExitCode, Failure> {
    let request = CohortRequest {
        manifest: args.manifest,
        out: args.out,
        until: match (args.check, args.prepare) {
            (true, _) => Until::Checked,
            (false, true) => Until::Prepared,
            (false, false) => Until::Measured,
        },
        shard: args.shard.as_deref().map(str::parse).transpose()?,
        windows: args.window,
        protocols: args.protocol,
        gates: args.gate,
        reading: args.reading.options(args.series),
        rc_bound: args.noise.rc_bound,
        perturb: args.noise.perturb(),
        alignment: if args.no_register { Alignment::Skipped } else { Alignment::Register },
        checking: Checking::asked(args.both_ways),
        lesion_contour: args.lesion_contour.into(),
        acceptance: if args.accept_contours { Acceptance::All } else { Acceptance::AsDeclared },
        in_flight: args.in_flight.map(usize::from),
        retry: if args.retry_failed { Retry::All } else { Retry::WhenChanged },
        faulty: if args.skip_faulty { Faulty::SetAside } else { Faulty::Refuse },
        sampling: if args.resolve { SamplingChoice::Resolve } else { SamplingChoice::Keep },
        tables: if args.wide { StudyTables::LongAndWide } else { StudyTables::Long },
        stale: if args.prune { Stale::Prune } else { Stale::Keep },
    };
    let bar = output.bar();
    let done = cohort::run(&request, &bar)?;
    drop(bar);
    output.folder(&done.summary, &done.out, &done.json);
    Ok(ExitCode::from(match done.completeness {
        Completeness::Whole => 0,
        Completeness::Partial => 5,
    }))
}
