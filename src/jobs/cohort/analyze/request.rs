//! What is asked of an analysis.

use std::path::PathBuf;

use crate::analyze::AnalysisSettings;
use crate::record::analysis::{ModelKind, TargetKind};
use crate::store::Existing;

/// An analysis of a cohort.
#[derive(Clone, Debug)]
pub struct AnalyzeRequest {
    /// Where features come from, and which of them.
    pub features: FeatureRequest,
    /// What is known of the patients' course.
    pub outcomes: OutcomeRequest,
    /// Declared subgroup columns of the table of outcomes.
    pub subgroups: Vec<String>,
    /// Folds to use instead of drawn ones.
    pub folds_from: Option<PathBuf>,
    /// The model that `model.json` keeps.
    pub freeze: ModelKind,
    /// How it is analysed.
    pub settings: AnalysisSettings,
    /// Folder of the result; none: `analysis` in the study, else in the current folder.
    pub out: Option<PathBuf>,
    /// What happens to another content of that folder.
    pub existing: Existing,
}

/// A frozen model on a cohort that it was not fitted to.
#[derive(Clone, Debug)]
pub struct ApplyRequest {
    /// `model.json`.
    pub model: PathBuf,
    /// Where features come from; the scale of deltas is the model's.
    pub features: FeatureRequest,
    /// What is known of the patients' course, where it is known.
    pub outcomes: Option<OutcomeRequest>,
    /// Days from the landmark for which survival is predicted; none: by the events, where outcomes are known.
    pub horizon: Option<f64>,
    /// Folder of the result; none: `applied` in the study, else in the current folder.
    pub out: Option<PathBuf>,
    /// What happens to another content of that folder.
    pub existing: Existing,
}

/// Where features come from, and which of them.
#[derive(Clone, Debug)]
pub struct FeatureRequest {
    /// Where they come from.
    pub source: FeatureSource,
    /// Name of the follow-up visit; none: each patient's first.
    pub visit: Option<String>,
    /// The scale of deltas.
    pub scale: ScaleAsked,
    /// The column of a ready table that is the volume; none: the first that is called as one.
    pub volume: Option<String>,
}

/// Where features come from.
#[derive(Clone, Debug)]
pub enum FeatureSource {
    /// A folder of `delta cohort run`.
    Study(PathBuf),
    /// One row per patient or lesion, with deltas.
    Table(PathBuf),
    /// Tables of two visits, one row per patient or lesion in each.
    Visits {
        /// Of the baseline.
        baseline: PathBuf,
        /// Of the follow-up.
        followup: PathBuf,
        /// The column that names a row in both.
        key: String,
        /// The column that names the patient; none: rows are patients.
        group: Option<String>,
    },
}

impl FeatureSource {
    /// The folder of a result beside the features, or in the current folder.
    pub fn folder(&self, name: &str) -> PathBuf {
        match self {
            Self::Study(study) => study.join(name),
            Self::Table(_) | Self::Visits { .. } => PathBuf::from(name),
        }
    }
}

/// The scale of deltas.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ScaleAsked {
    /// Feature by feature: the log ratio where ratios mean something, else the absolute change.
    #[default]
    Auto,
    /// Follow-up minus baseline.
    Absolute,
    /// That, divided by the baseline.
    Relative,
    /// Natural logarithm of follow-up over baseline.
    LogRatio,
}

impl ScaleAsked {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Auto, Self::Absolute, Self::Relative, Self::LogRatio];

    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Absolute => "absolute",
            Self::Relative => "relative",
            Self::LogRatio => "log_ratio",
        }
    }
}

/// What is known of the patients' course.
#[derive(Clone, Debug)]
pub struct OutcomeRequest {
    /// The table.
    pub table: PathBuf,
    /// What is predicted; none: the response where the table has one, else survival.
    pub target: Option<TargetKind>,
    /// Which further columns are covariates.
    pub covariates: CovariatesAsked,
    /// When time starts.
    pub landmark: LandmarkAsked,
    /// What becomes of responses that were known at the follow-up scan.
    pub incorporated: Incorporated,
}

/// Which further columns of the table of outcomes are covariates.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum CovariatesAsked {
    /// All that nothing else uses.
    #[default]
    All,
    /// These; none where the list is empty.
    Named(Vec<String>),
}

/// When time starts.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum LandmarkAsked {
    /// At each patient's follow-up scan.
    #[default]
    FollowupScan,
    /// At a day after the baseline, the same for all.
    Day(f64),
    /// At the baseline, though a delta is not known there.
    Baseline,
}

/// What becomes of responses that were known on or before the follow-up scan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Incorporated {
    /// They are refused as a target.
    #[default]
    Refuse,
    /// They are used, and that is recorded.
    Allow,
}
