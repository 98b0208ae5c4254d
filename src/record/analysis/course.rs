//! A unit over its visits, for waterfall, spider and swimmer.

use serde::{Deserialize, Serialize};

/// One unit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Course {
    /// Subject.
    pub subject: String,
    /// Lesion, where units are lesions.
    pub lesion: Option<String>,
    /// Responders, or events; none where not known.
    pub outcome: Option<bool>,
    /// Days to the event or the loss, from baseline; survival only.
    pub days: Option<f64>,
    /// Visits in their order, the baseline first.
    pub visits: Vec<CourseVisit>,
}

/// Size at one visit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CourseVisit {
    /// Visit.
    pub visit: String,
    /// Days from baseline, where known.
    pub day: Option<f64>,
    /// Change of the longest diameter (or their sum) from baseline, in per cent.
    pub diameter_percent: Option<f64>,
    /// Change of the volume from baseline, in per cent.
    pub volume_percent: Option<f64>,
    /// Category of RECIST 1.1, where known.
    pub recist: Option<String>,
}
