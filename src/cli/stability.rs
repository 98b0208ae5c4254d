//! `delta stability`: how well features repeat, and the gate that follows.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};

use super::output::Output;
use super::reading::ReadingArgs;
use super::stability_plan::{self, PlanArgs};
use super::words::{icc_form, rc_bound, word};
use crate::jobs::Failure;
use crate::jobs::stability::{
    self, AskedRules, PerturbRequest, Repeats, ScansRequest, StabilityRequest, TableRequest,
};
use crate::record::{IccBound, IccForm, MaskSource, Modality, NoiseScale, RcBound, RepeatKind, RoiRole};

/// Measure the noise of every feature on repeated scans, and make the gate for `delta run`
///
/// The manifest is a CSV with subject, repeat and visit_folder, or subject, repeat, image and mask; optional columns
/// are series (of DICOM), modality, units, rois and roles by label (1=lesion;2=liver), repeat_kind (scan, rater,
/// perturbation) and condition. Paths are relative to its folder. A repeat without a mask gets its contours by
/// registration; such pairs are assessed apart from drawn ones.
///
/// --features takes a ready table instead: long as features.csv with a column repeat, or wide with subject, repeat and
/// one column per feature; PyRadiomics' names are understood.
///
/// --perturb N measures N perturbed copies of each scan instead of comparing scans: noise without a real repeat, which
/// underestimates what scanner and patient add.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  delta stability repeats.csv --out stability\n  \
    delta stability --features radiomics.csv --scale raw --feature original_shape_Volume\n  \
    delta stability scans.csv --perturb 20 --chain NTRV")]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct StabilityArgs {
    #[command(subcommand)]
    what: Option<What>,
    /// Manifest of repeated scans
    #[arg(value_name = "MANIFEST", required_unless_present = "features_table")]
    manifest: Option<PathBuf>,
    /// Ready table of features instead of scans
    #[arg(long = "features", id = "features_table", value_name = "TABLE", conflicts_with_all = ["manifest", "protocol", "perturb", "units", "nifti_form"])]
    features_table: Option<PathBuf>,
    /// Folder of the result
    #[arg(long, value_name = "FOLDER", default_value = "delta_stability")]
    out: PathBuf,
    /// Built-in protocol or a protocol file (default: by modality)
    #[arg(long, value_name = "NAME|FILE")]
    protocol: Option<String>,
    /// Form of the ICC: 1,1 A,1 C,1 1,k A,k C,k (default: A,1; 1,1 for perturbations)
    #[arg(long, value_name = "FORM", value_parser = icc_form)]
    icc_form: Option<IccForm>,
    /// The figure of the ICC that has to reach the threshold: lower or point (default: lower)
    #[arg(long, value_name = "BOUND", value_parser = icc_bound)]
    icc_bound: Option<IccBound>,
    /// Threshold of a stable feature (default: 0.75)
    #[arg(long, value_name = "ICC", value_parser = threshold)]
    icc_threshold: Option<f64>,
    /// The figure of the repeatability coefficient that limits noise: auto, point or upper (default: auto)
    #[arg(long, value_name = "BOUND", value_parser = rc_bound)]
    rc_bound: Option<RcBound>,
    /// The scale of differences: by each feature's precision profile, or one for all
    #[arg(long, value_enum, default_value = "auto")]
    scale: ScaleChoice,
    /// Show the Bland-Altman plot of this feature too; may be repeated
    #[arg(long = "feature", value_name = "NAME")]
    features: Vec<String>,
    /// The condition whose repeats count
    #[arg(long, value_name = "NAME")]
    condition: Option<String>,
    /// Measure N perturbed copies of each scan instead
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(2..=1000))]
    perturb: Option<u32>,
    /// What each copy draws: N noise, T translation, R rotation, V volume
    #[arg(long, value_name = "LETTERS", default_value = "NTRV", requires = "perturb")]
    chain: String,
    /// Seed of everything random
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Modality (CT, MR, PT, NM, OT) of scans or values that nobody describes
    #[arg(long, value_name = "M")]
    modality: Option<String>,
    /// Units of scans that nobody describes (HU, SUV, Bq/mL, kBq/mL, mm2/s, arbitrary)
    #[arg(long, value_name = "U")]
    units: Option<String>,
    /// Role of regions where the table does not say it (lesion, organ, reference, region)
    #[arg(long, value_name = "ROLE", default_value = "lesion", value_parser = role)]
    roi_role: RoiRole,
    /// Source of contours where the table does not say it (drawn, edited, accepted, followed, carried)
    #[arg(long, value_name = "SOURCE", default_value = "drawn", value_parser = source)]
    mask_source: MaskSource,
    /// What was repeated where the table does not say it (scan, rater, perturbation)
    #[arg(long, value_name = "KIND", default_value = "scan", value_parser = kind)]
    repeat_kind: RepeatKind,
    /// Which DICOM series is meant, where there are several: its label as listed, or its modality
    #[arg(long, value_name = "LABEL")]
    series: Option<String>,
    #[command(flatten)]
    reading: ReadingArgs,
}

#[derive(Debug, Subcommand)]
enum What {
    Plan(PlanArgs),
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ScaleChoice {
    Auto,
    Raw,
    Log,
}

fn icc_bound(given: &str) -> Result<IccBound, String> {
    word(given, IccBound::ALL, IccBound::word)
}

fn role(given: &str) -> Result<RoiRole, String> {
    word(given, RoiRole::ALL, RoiRole::word)
}

fn source(given: &str) -> Result<MaskSource, String> {
    word(given, MaskSource::ALL, MaskSource::word)
}

fn kind(given: &str) -> Result<RepeatKind, String> {
    word(given, RepeatKind::ALL, RepeatKind::word)
}

fn threshold(given: &str) -> Result<f64, String> {
    let number = given.parse().ok().filter(|t| *t > 0.0 && *t <= 1.0);
    number.ok_or_else(|| "give a number above 0 and at most 1".into())
}

/// Runs the job and says how it ended.
pub fn stability(args: StabilityArgs, output: &Output) -> Result<ExitCode, Failure> {
    if let Some(What::Plan(plan)) = args.what {
        return stability_plan::plan(&plan, output);
    }
    let request = request(args, output)?;
    let bar = output.bar();
    let done = stability::stability(&request, &bar)?;
    drop(bar);
    output.folder(&done.summary, &done.out, &done.json);
    Ok(ExitCode::from(if done.failed > 0 { 5 } else { 0 }))
}

fn request(args: StabilityArgs, output: &Output) -> Result<StabilityRequest, Failure> {
    let repeats = match (args.features_table, args.manifest) {
        (Some(table), _) => Repeats::Table(TableRequest {
            table,
            role: args.roi_role,
            source: args.mask_source,
            kind: args.repeat_kind,
            modality: modality(args.modality.as_deref())?,
        }),
        // The command line is not accepted without a manifest or a table.
        (None, manifest) => Repeats::Scans(ScansRequest {
            manifest: manifest.unwrap_or_default(),
            protocol: args.protocol,
            modality: args.modality,
            units: args.units,
            reading: args.reading.options(args.series),
            perturb: args.perturb.map(|count| PerturbRequest { count, chain: args.chain }),
        }),
    };
    Ok(StabilityRequest {
        repeats,
        out: args.out,
        condition: args.condition,
        rules: AskedRules {
            icc_form: args.icc_form,
            icc_bound: args.icc_bound,
            icc_threshold: args.icc_threshold,
            rc_bound: args.rc_bound,
            scale: match args.scale {
                ScaleChoice::Auto => None,
                ScaleChoice::Raw => Some(NoiseScale::Raw),
                ScaleChoice::Log => Some(NoiseScale::Log),
            },
        },
        features: args.features,
        seed: args.seed,
        existing: output.existing(),
    })
}

fn modality(given: Option<&str>) -> Result<Option<Modality>, Failure> {
    Ok(crate::jobs::run::modality_named(given)?)
}
