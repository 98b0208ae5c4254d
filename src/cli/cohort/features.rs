//! Where the features of a cohort come from, and what is known of its patients, on the command line.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::jobs::cohort::analyze::{
    CovariatesAsked, FeatureSource, Incorporated, LandmarkAsked, OutcomeRequest, ScaleAsked,
};
use crate::record::analysis::TargetKind;

/// The source of features.
#[derive(Debug, Args)]
pub struct SourceArgs {
    /// Folder of the study
    #[arg(value_name = "STUDY", required_unless_present_any = ["features_table", "baseline_features"])]
    study: Option<PathBuf>,
    /// Ready table instead of a study: subject (and lesion), one row each, with deltas as they stand; columns that
    /// begin with baseline_ are features at baseline
    #[arg(long = "features", id = "features_table", value_name = "TABLE", conflicts_with_all = ["study", "baseline_features"])]
    features: Option<PathBuf>,
    /// Table of features at baseline instead of a study, as PyRadiomics writes them
    #[arg(long, value_name = "TABLE", requires_all = ["followup_features", "key"], conflicts_with = "study")]
    baseline_features: Option<PathBuf>,
    /// Table of the same features at follow-up
    #[arg(long, value_name = "TABLE", requires = "baseline_features")]
    followup_features: Option<PathBuf>,
    /// Column that names the same patient or lesion in both tables
    #[arg(long, value_name = "COLUMN", requires = "baseline_features")]
    key: Option<String>,
    /// Column that names the patient, where rows are lesions
    #[arg(long, value_name = "COLUMN", requires = "baseline_features")]
    group: Option<String>,
    /// Follow-up visit (default: the first of each patient)
    #[arg(long, value_name = "NAME", conflicts_with = "baseline_features")]
    pub visit: Option<String>,
    /// Column of a table that is the volume (default: morph_volume, original_shape_MeshVolume, ...)
    #[arg(long, value_name = "COLUMN", conflicts_with = "study")]
    pub volume: Option<String>,
}

impl SourceArgs {
    /// The source that was named; clap has seen to it that there is one.
    pub fn source(&self) -> FeatureSource {
        match (&self.features, &self.baseline_features, &self.followup_features, &self.key) {
            (Some(table), ..) => FeatureSource::Table(table.clone()),
            (None, Some(baseline), Some(followup), Some(key)) => FeatureSource::Visits {
                baseline: baseline.clone(),
                followup: followup.clone(),
                key: key.clone(),
                group: self.group.clone(),
            },
            _ => FeatureSource::Study(self.study.clone().unwrap_or_default()),
        }
    }
}

/// What is known of the patients.
#[derive(Debug, Args)]
pub struct CourseArgs {
    /// Covariates of the table of outcomes, by commas; none: without any (default: all columns that nothing else uses)
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    covariates: Option<Vec<String>>,
    /// What is predicted, where the table has both (default: response)
    #[arg(long, value_enum, value_name = "TARGET")]
    target: Option<TargetChoice>,
    /// Let time start on this day after the baseline instead of at the follow-up scan
    #[arg(long, value_name = "DAY", value_parser = day, conflicts_with = "no_landmark")]
    landmark_day: Option<f64>,
    /// Let time start at the baseline, against advice: the report says so
    #[arg(long)]
    no_landmark: bool,
    /// Use responses that were known on or before the follow-up scan, against advice: the report says so
    #[arg(long)]
    allow_incorporated: bool,
}

impl CourseArgs {
    /// The request for a table.
    pub fn request(&self, table: PathBuf) -> OutcomeRequest {
        let covariates = match &self.covariates {
            None => CovariatesAsked::All,
            Some(names) if names.iter().all(|name| name.is_empty() || name == "none") => {
                CovariatesAsked::Named(Vec::new())
            }
            Some(names) => CovariatesAsked::Named(names.iter().map(|name| name.trim().to_owned()).collect()),
        };
        OutcomeRequest {
            table,
            target: self.target.map(TargetKind::from),
            covariates,
            landmark: match (self.landmark_day, self.no_landmark) {
                (Some(day), _) => LandmarkAsked::Day(day),
                (None, true) => LandmarkAsked::Baseline,
                (None, false) => LandmarkAsked::FollowupScan,
            },
            incorporated: if self.allow_incorporated { Incorporated::Allow } else { Incorporated::Refuse },
        }
    }
}

/// What is predicted, as typed.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum TargetChoice {
    /// A response that is there or not
    Response,
    /// The time to an event
    Survival,
}

impl From<TargetChoice> for TargetKind {
    fn from(choice: TargetChoice) -> Self {
        match choice {
            TargetChoice::Response => Self::Response,
            TargetChoice::Survival => Self::Survival,
        }
    }
}

/// A scale of deltas, as typed.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum DeltaScaleChoice {
    /// Feature by feature: the log ratio where ratios mean something, else the absolute change
    Auto,
    /// Follow-up minus baseline
    Absolute,
    /// That, divided by the baseline
    Relative,
    /// Natural logarithm of follow-up over baseline
    #[value(name = "log_ratio")]
    LogRatio,
}

impl From<DeltaScaleChoice> for ScaleAsked {
    fn from(choice: DeltaScaleChoice) -> Self {
        match choice {
            DeltaScaleChoice::Auto => Self::Auto,
            DeltaScaleChoice::Absolute => Self::Absolute,
            DeltaScaleChoice::Relative => Self::Relative,
            DeltaScaleChoice::LogRatio => Self::LogRatio,
        }
    }
}

/// A number of days from zero on.
pub fn day(given: &str) -> Result<f64, String> {
    let day = given.parse::<f64>().ok().filter(|day| day.is_finite() && *day >= 0.0);
    day.ok_or_else(|| "a number of days, 0 or more".to_owned())
}
