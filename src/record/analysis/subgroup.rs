//! The model in groups of patients.

use serde::{Deserialize, Serialize};

use super::Interval;

/// The deltas' model within one group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SubgroupRow {
    /// Declared column.
    pub column: String,
    /// Level.
    pub level: String,
    /// Units.
    pub n: usize,
    /// Patients.
    pub patients: usize,
    /// Events.
    pub events: usize,
    /// Discrimination from pairs within folds and within the group; its interval counts patients, and is widened by what
    /// training adds to the spread over all units.
    pub discrimination: Option<Interval>,
    /// Mean prediction minus observed share; response only.
    pub calibration_in_the_large: Option<f64>,
    /// Why numbers are left out: a group so small would give individuals away, or say nothing.
    pub suppressed: Option<String>,
}
