//! What was asked, of whom.

use serde::{Deserialize, Serialize};

use super::ModelKind;

/// What is predicted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetKind {
    /// A response that is there or not.
    Response,
    /// The time to an event, which may be censored.
    Survival,
}

/// What was asked, of what, and with which settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Design {
    /// Version of the program.
    pub version: String,
    /// What is predicted.
    pub target: TargetKind,
    /// The column of the outcome: `response`, or `time_days` and `event`.
    pub outcome: String,
    /// Where the features come from, in words: a study, a table, two tables of visits.
    pub source: String,
    /// SHA-256 of each table that was read, by its name.
    pub inputs: Vec<(String, String)>,
    /// Measurement hashes of the features; empty where a table does not say them.
    pub measurement_hashes: Vec<String>,
    /// Baseline and follow-up visit; none where a table holds deltas only.
    pub visits: Option<(String, String)>,
    /// The scale of the deltas: `absolute`, `relative`, `log_ratio`, or as the table gives them.
    pub delta_scale: String,
    /// Rows of the analysis: patients, or lesions.
    pub units: usize,
    /// Patients.
    pub patients: usize,
    /// Responders, or events.
    pub events: usize,
    /// When time starts, and who is left out by that.
    pub landmark: Landmark,
    /// Candidate columns of each model.
    pub candidates: Vec<Candidates>,
    /// Outer folds.
    pub folds: usize,
    /// Inner folds, which choose the penalty.
    pub inner_folds: usize,
    /// Repeats of the cross-validation.
    pub repeats: usize,
    /// Mixing of the elastic net: 1 lasso, 0 ridge.
    pub alpha: f64,
    /// Permutations of the labels through the whole pipeline.
    pub permutations: usize,
    /// Resamples of patients through the whole pipeline.
    pub resamples: usize,
    /// Seed of everything random.
    pub seed: u64,
    /// Harmonisation inside the folds, in words; none where none was asked for.
    pub harmonised: Option<String>,
    /// What was overridden against advice, in words (a target that was known at the scan, no landmark).
    pub overridden: Vec<String>,
}

/// Candidate columns of a model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidates {
    /// Which model.
    pub model: ModelKind,
    /// How many columns it may choose from.
    pub columns: usize,
}

/// When time starts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Landmark {
    /// In words: the follow-up scan, a day that was given, none.
    pub rule: String,
    /// Patients with an event on or before it.
    pub events_before: usize,
    /// Patients who were lost on or before it.
    pub lost_before: usize,
    /// Patients whose response was known on or before it.
    pub incorporated: usize,
    /// Patients of whom the day of knowing is not known.
    pub unknown_day: usize,
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Counted {
    /// Patients.
    Patients,
    /// Lesions of patients.
    Lesions,
}

/// One step from the tables to the analysis.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowStep {
    /// What was done, in words.
    pub step: String,
    /// Patients that are left after it.
    pub patients: usize,
    /// Units that are left after it.
    pub units: usize,
    /// What its units are: a study's first steps count patients, the next ones their lesions.
    pub counted: Counted,
    /// Events among these, where known yet.
    pub events: Option<usize>,
    /// Units that it left out, with the reason and their number.
    pub left_out: Vec<(String, usize)>,
}

/// The cohort by outcome.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TableOne {
    /// Groups: all, then by outcome; with their number of units.
    pub groups: Vec<(String, usize)>,
    /// One row per covariate, or per level of one.
    pub rows: Vec<TableOneRow>,
}

/// One row of the cohort's table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TableOneRow {
    /// Covariate.
    pub name: String,
    /// Level of a covariate in words; none where it is a number.
    pub level: Option<String>,
    /// One cell per group.
    pub cells: Vec<TableOneCell>,
    /// Standardised difference between the outcome groups: no test, for with many rows some differ by chance.
    pub standardised_difference: Option<f64>,
}

/// A covariate within a group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TableOneCell {
    /// Median and quartiles of a number.
    Number {
        /// Values that are there.
        n: usize,
        /// Median.
        median: Option<f64>,
        /// First and third quartile.
        quartiles: Option<(f64, f64)>,
    },
    /// Units at a level, and their share.
    Level {
        /// Units.
        n: usize,
        /// Of those whose level is known.
        of: usize,
    },
}

/// Missing values of a column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missing {
    /// Column.
    pub column: String,
    /// `volume`, `clinical`, `baseline` or `delta`.
    pub block: String,
    /// Units without a value.
    pub missing: usize,
    /// Of so many.
    pub of: usize,
}

/// How many patients a model of so many candidates needs (Riley 2019, 2020).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SampleSize {
    /// Which model.
    pub model: ModelKind,
    /// Candidate columns that reach it after the filters, on all units.
    pub parameters: usize,
    /// Events (of a response: of the rarer kind) per candidate.
    pub events_per_parameter: Option<f64>,
    /// Cox and Snell's R squared that the figure assumes.
    pub r2: f64,
    /// Patients needed by each criterion.
    pub criteria: Vec<usize>,
    /// Patients needed.
    pub needed: Option<usize>,
    /// Patients there are.
    pub patients: usize,
}

/// A reporting item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChecklistItem {
    /// `METRICS` or `CLEAR`.
    pub list: String,
    /// Its number there.
    pub number: String,
    /// What it asks, in our words.
    pub item: String,
    /// What this analysis knows of it.
    pub evidence: Evidence,
    /// The evidence, in words.
    pub text: String,
}

/// Whether a reporting item is evidenced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// By what this analysis recorded.
    Evidenced,
    /// It was not done.
    NotDone,
    /// Only the author can say it.
    Author,
}

/// What a reader must know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// A word to search for.
    pub code: String,
    /// In words.
    pub text: String,
}
