//! `delta run`: one patient from scans to report.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::noise::NoiseArgs;
use super::output::Output;
use super::reading::ReadingArgs;
use crate::jobs::run::{
    self, Acceptance, Alignment, DicomForms, DicomOut, InitialRequest, LesionContour, RunRequest,
    TableFormat, VisitRequest,
};
use crate::jobs::{Checking, Failure};
use crate::record::QaVerdict;

/// Register, carry, measure and compare the visits of one patient
///
/// The follow-up is fixed, the baseline moves: the transform takes a point of the follow-up to the same tissue at
/// baseline. Each visit is measured on its own image; only labels travel.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  delta run --baseline t0 --followup t1\n  \
    delta run --baseline t0 --followup t1 --gate gate.json\n  \
    delta run --baseline t0 --followup t1 --from delta_t0_t1 --accept-contours --out accepted")]
pub struct RunArgs {
    /// Folder of the baseline visit, or its image
    #[arg(long, value_name = "PATH")]
    baseline: PathBuf,
    /// Folder of a follow-up visit, or its image; may be repeated
    #[arg(long, value_name = "PATH", required = true)]
    followup: Vec<PathBuf>,
    /// Mask of the baseline, instead of those in its folder
    #[arg(long, value_name = "FILE")]
    baseline_mask: Option<PathBuf>,
    /// Mask of the follow-up, instead of those in its folder; one per follow-up
    #[arg(long, value_name = "FILE")]
    followup_mask: Vec<PathBuf>,
    /// Folder of the result (default: delta_[SUBJECT_]BASELINE_FOLLOWUP here)
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Built-in protocol or a protocol file (default: by modality)
    #[arg(long, value_name = "NAME|FILE")]
    protocol: Option<String>,
    /// Registration preset, instead of the protocol's
    #[arg(long, value_name = "NAME")]
    preset: Option<String>,
    /// Noise limits from repeated scans
    #[arg(long, value_name = "FILE")]
    gate: Option<PathBuf>,
    #[command(flatten)]
    noise: NoiseArgs,
    /// Points seen in both scans (CSV), to check the alignment
    #[arg(long, value_name = "CSV")]
    landmarks: Option<PathBuf>,
    #[command(flatten)]
    ways: WayArgs,
    /// The region that is the lesion
    #[arg(long, value_name = "NAME")]
    lesion: Option<String>,
    /// The contour that decides where the follow-up has none drawn
    #[arg(long, value_enum, default_value = "followed")]
    lesion_contour: ContourChoice,
    /// The contours of ours were looked at and are right
    #[arg(long)]
    accept_contours: bool,
    /// Take the transforms of an earlier result and measure only
    #[arg(long, value_name = "OUT", conflicts_with = "no_register")]
    from: Option<PathBuf>,
    /// Both visits have drawn masks: do not register
    #[arg(long)]
    no_register: bool,
    /// Subject
    #[arg(long, value_name = "NAME")]
    subject: Option<String>,
    /// Modality of folders without visit.toml (CT, MR, PT, NM, OT)
    #[arg(long, value_name = "M")]
    modality: Option<String>,
    /// Units of folders without visit.toml (HU, SUV, Bq/mL, kBq/mL, mm2/s, arbitrary)
    #[arg(long, value_name = "U")]
    units: Option<String>,
    /// Which DICOM series is meant, where there are several: its label as listed, or its modality; once for all visits,
    /// or once for each, the baseline's first
    #[arg(long, value_name = "LABEL")]
    series: Vec<String>,
    #[command(flatten)]
    reading: ReadingArgs,
    /// Write each table as Parquet too
    #[arg(long)]
    parquet: bool,
    /// Write the carried and the followed contours of each follow-up as DICOM too, for a planning system: the files
    /// carry the patient's and the study's modules of the series, unless --pseudonym is given
    #[arg(long, value_enum, value_name = "FORM", conflicts_with = "no_register")]
    dicom_out: Option<DicomOutChoice>,
    /// What stands for the patient in the files of --dicom-out, instead of who it is
    #[arg(long, value_name = "NAME", requires = "dicom_out")]
    pseudonym: Option<String>,
}

/// How the registration starts, and what it is compared with.
#[derive(Debug, Args)]
pub struct WayArgs {
    /// A transform to be tried as one more start of the registration (ITK .tfm, elastix parameters, displacement NIfTI):
    /// of points of the follow-up to points of the baseline; once per follow-up in their order, or VISIT=FILE
    #[arg(long, value_name = "T", conflicts_with_all = ["from", "no_register"])]
    initial: Vec<String>,
    /// Register the baseline to each follow-up too, and each follow-up to the one before, and tell how far a point misses
    /// there and back, and by way of the visit before
    #[arg(long, conflicts_with_all = ["from", "no_register"])]
    both_ways: bool,
}

/// Forms of contours that are written as DICOM.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum DicomOutChoice {
    /// RT structure sets: outlines.
    Rtstruct,
    /// Segmentations: voxels.
    Seg,
    /// Both.
    Both,
}

impl From<DicomOutChoice> for DicomForms {
    fn from(choice: DicomOutChoice) -> Self {
        match choice {
            DicomOutChoice::Rtstruct => Self::Rtstruct,
            DicomOutChoice::Seg => Self::Seg,
            DicomOutChoice::Both => Self::Both,
        }
    }
}

/// The contour that decides where the follow-up has none drawn.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum ContourChoice {
    /// The one that follows the visible border.
    Followed,
    /// The tissue that was lesion at baseline.
    Carried,
}

impl From<ContourChoice> for LesionContour {
    fn from(choice: ContourChoice) -> Self {
        match choice {
            ContourChoice::Followed => Self::Followed,
            ContourChoice::Carried => Self::Carried,
        }
    }
}

/// Runs the job and says how it ended.
pub fn run(args: RunArgs, output: &Output) -> Result<ExitCode, Failure> {
    let visits =
        VisitRequest::of_paths(args.baseline, args.baseline_mask, args.followup, args.followup_mask)?;
    let visits = VisitRequest::of_series(visits, args.series)?;
    let request = RunRequest {
        out: args.out,
        protocol: args.protocol,
        preset: args.preset,
        gate: args.gate,
        rc_bound: args.noise.rc_bound,
        perturb: args.noise.perturb(),
        landmarks: args.landmarks,
        initial: args.ways.initial.iter().map(|word| InitialRequest::of_word(word)).collect(),
        checking: Checking::asked(args.ways.both_ways),
        lesion: args.lesion,
        lesion_contour: args.lesion_contour.into(),
        acceptance: if args.accept_contours { Acceptance::All } else { Acceptance::AsDeclared },
        alignment: match (args.from, args.no_register) {
            (Some(out), _) => Alignment::From(out),
            (None, true) => Alignment::Skipped,
            (None, false) => Alignment::Register,
        },
        subject: args.subject,
        modality: args.modality,
        units: args.units,
        reading: args.reading.options(None),
        tables: if args.parquet { TableFormat::CsvAndParquet } else { TableFormat::Csv },
        dicom_out: args.dicom_out.map(|forms| DicomOut { forms: forms.into(), pseudonym: args.pseudonym }),
        existing: output.existing(),
        ..RunRequest::new(visits)
    };
    let bar = output.bar();
    let done = run::run(&request, &bar)?;
    drop(bar);
    output.folder(&done.summary, &done.out, &done.json);
    Ok(ExitCode::from(match done.verdict {
        Some(QaVerdict::Fail) => 7,
        _ if done.incomplete => 5,
        _ => 0,
    }))
}
