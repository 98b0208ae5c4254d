//! Time to event.

use serde::{Deserialize, Serialize};

use super::Interval;

/// Groups over time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KaplanMeier {
    /// What splits the groups, in words.
    pub split: String,
    /// One curve per group.
    pub curves: Vec<Curve>,
    /// How the intervals are made: `log-log`.
    pub interval: String,
    /// Chi-squared of the log-rank test.
    pub log_rank: Option<f64>,
    /// Its p; the groups are of predictions made without the unit.
    pub p: Option<f64>,
    /// Hazard ratio of the higher group.
    pub hazard_ratio: Option<Interval>,
    /// Cox's model of clinical covariates and the score.
    pub hazards: Vec<HazardRow>,
    /// Whether hazards stay proportional.
    pub proportional: Vec<ProportionalHazards>,
}

/// Survival of one group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Curve {
    /// Group.
    pub name: String,
    /// Units.
    pub n: usize,
    /// Events.
    pub events: usize,
    /// Median, where it is reached.
    pub median: Option<f64>,
    /// Steps, from the landmark on.
    pub steps: Vec<CurveStep>,
    /// Days of loss, for the ticks.
    pub censored: Vec<f64>,
    /// Numbers at risk at the days of the axis.
    pub at_risk: Vec<(f64, usize)>,
}

/// A step of a survival curve.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CurveStep {
    /// Days from the landmark.
    pub days: f64,
    /// Survival from there on.
    pub survival: f64,
    /// Its interval, where it has one.
    pub interval: Option<(f64, f64)>,
}

/// One term of Cox's model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HazardRow {
    /// Term.
    pub name: String,
    /// Hazard ratio per standard deviation, or against the first level.
    pub hazard_ratio: Option<Interval>,
    /// Wald's p.
    pub p: Option<f64>,
    /// Why a number is missing.
    pub status: Option<String>,
}

/// Scaled Schoenfeld residuals against time (Grambsch and Therneau 1994).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProportionalHazards {
    /// Term, or `GLOBAL`.
    pub name: String,
    /// Chi-squared.
    pub chi_squared: f64,
    /// Degrees of freedom.
    pub df: usize,
    /// p; small where the hazard ratio changes with time.
    pub p: f64,
}
