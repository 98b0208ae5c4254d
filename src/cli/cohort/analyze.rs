//! `delta cohort analyze`: do the deltas go with what happened?

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::features::{CourseArgs, DeltaScaleChoice, SourceArgs, day};
use crate::analyze::{AnalysisSettings, ComBatForm};
use crate::cli::output::Output;
use crate::cli::words::word;
use crate::jobs::Failure;
use crate::jobs::cohort::analyze::{AnalyzeRequest, FeatureRequest, analyze as job};
use crate::record::analysis::ModelKind;
use crate::stats::combat::{Adjust, Prior};

/// Ask whether deltas go with response or survival, beyond what the change of volume says
///
/// The table of outcomes is a CSV: subject (and lesion, where outcomes are of lesions), response (0 or 1) with the day
/// it was known in known_day, or time_days and event (0 or 1). Days count from the baseline scan; further columns are
/// covariates. Everything that learns does so inside the folds of a repeated, nested cross-validation grouped by
/// patient; volume, RECIST, clinical and baseline models stand beside the deltas. A claim needs a permutation p below
/// 0.05 and a difference to volume whose interval lies above zero.
///
/// Time starts at the follow-up scan, because a delta exists only then; who had the event or was lost before is counted
/// and left out. A response that was known by then is refused as a target.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  delta cohort analyze study --outcomes outcomes.csv --subgroup sex\n  \
    delta cohort analyze study --outcomes outcomes.csv --target survival --out survival\n  \
    delta cohort analyze --features deltas.csv --outcomes outcomes.csv --covariates age,stage\n  \
    delta cohort analyze --baseline-features t0.csv --followup-features t1.csv --key lesion --group subject \\\n      \
    --outcomes outcomes.csv\n\n\
    Exit codes: 0 done, whatever was found; 3 a table is refused, or a target was known at the scan; \
    6 the folder cannot be written.")]
pub struct AnalyzeArgs {
    #[command(flatten)]
    source: SourceArgs,
    /// Table of outcomes and covariates
    #[arg(long, value_name = "TABLE")]
    outcomes: PathBuf,
    #[command(flatten)]
    course: CourseArgs,
    /// Column of the outcomes whose levels are looked at one by one; may be repeated
    #[arg(long, value_name = "COLUMN")]
    subgroup: Vec<String>,
    /// The scale of deltas
    #[arg(long, value_enum, default_value = "auto", value_name = "SCALE", conflicts_with = "features_table")]
    scale: DeltaScaleChoice,
    /// Folder of the result (default: STUDY/analysis, or analysis here)
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// The model that model.json keeps: volume, recist, volumetric, clinical, baseline, deltas, all
    #[arg(long, value_name = "MODEL", default_value = "deltas", value_parser = model)]
    freeze: ModelKind,
    /// Seed of folds, permutations and resamples
    #[arg(long, value_name = "N", default_value_t = AnalysisSettings::default().seed)]
    seed: u64,
    /// Outer folds
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u16).range(2..=100))]
    folds: u16,
    /// Inner folds, which choose the penalty
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u16).range(2..=100))]
    inner_folds: u16,
    /// Repeats of the cross-validation with other folds
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=1000))]
    repeats: u16,
    /// Folds of an earlier analysis (folds.csv) instead of drawn ones
    #[arg(long, value_name = "CSV", conflicts_with_all = ["folds", "repeats"])]
    folds_from: Option<PathBuf>,
    /// Permutations of the labels through the whole pipeline; 0: none, and no claim
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(..=1_000_000))]
    permutations: u32,
    /// Resamples of patients through the whole pipeline; 0: no intervals, and no claim
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(..=1_000_000))]
    resamples: u32,
    /// Mixing of the elastic net: 1 lasso, 0 ridge
    #[arg(long, value_name = "A", default_value_t = 0.5, value_parser = share)]
    alpha: f64,
    /// Harmonise sites inside the folds by ComBat (default: off; sites are looked at)
    #[arg(long, value_enum, value_name = "FORM")]
    combat: Option<ComBatChoice>,
    /// The site that ComBat leaves as it is
    #[arg(long, value_name = "SITE", requires = "combat")]
    combat_reference: Option<String>,
    /// Day from the landmark for calibration and Uno's C (default: the 80th percentile of the event times)
    #[arg(long, value_name = "DAYS", value_parser = day)]
    horizon: Option<f64>,
    /// Subgroups of fewer patients are not shown
    #[arg(long, value_name = "N", default_value_t = 10)]
    smallest_subgroup: usize,
}

/// ComBat, as typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ComBatChoice {
    /// No harmonisation; sites are looked at
    Off,
    /// Location and scale, parametric priors
    Parametric,
    /// Location and scale, non-parametric priors
    Nonparametric,
    /// Location alone
    MeanOnly,
}

impl AnalyzeArgs {
    fn combat(&self) -> Option<ComBatForm> {
        let form =
            |prior, adjust| Some(ComBatForm { prior, adjust, reference: self.combat_reference.clone() });
        match self.combat? {
            ComBatChoice::Off => None,
            ComBatChoice::Parametric => form(Prior::Parametric, Adjust::MeanAndScale),
            ComBatChoice::Nonparametric => form(Prior::NonParametric, Adjust::MeanAndScale),
            ComBatChoice::MeanOnly => form(Prior::Parametric, Adjust::MeanOnly),
        }
    }

    fn settings(&self) -> AnalysisSettings {
        AnalysisSettings {
            seed: self.seed,
            folds: self.folds.into(),
            inner_folds: self.inner_folds.into(),
            repeats: self.repeats.into(),
            alpha: self.alpha,
            permutations: self.permutations as usize,
            resamples: self.resamples as usize,
            combat: self.combat(),
            smallest_subgroup: self.smallest_subgroup,
            horizon: self.horizon,
            ..AnalysisSettings::default()
        }
    }
}

/// Runs the job and says how it ended.
pub fn analyze(args: AnalyzeArgs, output: &Output) -> Result<ExitCode, Failure> {
    let settings = args.settings();
    let request = AnalyzeRequest {
        features: FeatureRequest {
            source: args.source.source(),
            visit: args.source.visit,
            scale: args.scale.into(),
            volume: args.source.volume,
        },
        outcomes: args.course.request(args.outcomes),
        subgroups: args.subgroup,
        folds_from: args.folds_from,
        freeze: args.freeze,
        settings,
        out: args.out,
        existing: output.existing(),
    };
    let bar = output.bar();
    let done = job(&request, &bar)?;
    drop(bar);
    output.folder(&done.summary(), &done.out, &done.json());
    Ok(ExitCode::SUCCESS)
}

fn model(given: &str) -> Result<ModelKind, String> {
    word(given, &ModelKind::ALL, ModelKind::word)
}

fn share(given: &str) -> Result<f64, String> {
    let share = given.parse::<f64>().ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| "a number from 0 to 1".to_owned())
}
