//! What is known of each visit and each visit pair of a cohort (`visits.csv`, `qa.csv`).

use serde::{Deserialize, Serialize};

use super::qa::Qa;
use super::words::Modality;

/// What became of a visit that a manifest lists or a window asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VisitState {
    /// It takes part.
    Taken,
    /// A window without any visit in it.
    Missing,
    /// A visit outside all windows.
    OutsideWindows,
    /// Another visit of the same window is nearer to its day.
    NotNearest,
}

impl VisitState {
    /// The word of the tables.
    pub fn word(self) -> &'static str {
        match self {
            Self::Taken => "taken",
            Self::Missing => "missing",
            Self::OutsideWindows => "outside_windows",
            Self::NotNearest => "not_nearest",
        }
    }
}

/// One row of `visits.csv`: a visit of the manifest, or a window that stayed empty.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VisitRecord {
    /// Subject.
    pub subject: String,
    /// Name that the tables use: that of its window, where windows are asked for.
    pub visit: String,
    /// Name in the manifest; none for an empty window.
    pub as_given: Option<String>,
    /// Days since baseline, where known.
    pub day: Option<f64>,
    /// What became of it.
    pub state: VisitState,
    /// Why it takes no part, in words; empty where it does.
    pub reason: String,
}

/// How far a patient came with one follow-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Followed {
    /// Baseline and follow-up were aligned and compared.
    Aligned,
    /// They were compared by drawn masks alone.
    NotRegistered,
    /// There is no follow-up: features only.
    NoFollowUp,
}

impl Followed {
    /// The word of the tables.
    pub fn word(self) -> &'static str {
        match self {
            Self::Aligned => "aligned",
            Self::NotRegistered => "not_registered",
            Self::NoFollowUp => "no_follow_up",
        }
    }
}

/// One row of the study's `qa.csv`: a visit pair of a subject; a subject with a single visit has one row too.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CohortQaRow {
    /// Subject.
    pub subject: String,
    /// Name of the subject's folder below `patients/`.
    pub key: String,
    /// Site, where the manifest says it.
    pub site: Option<String>,
    /// Scanner or batch.
    pub batch: Option<String>,
    /// Group.
    pub group: Option<String>,
    /// Modality.
    pub modality: Modality,
    /// Baseline.
    pub baseline_visit: String,
    /// Follow-up; none for a single visit.
    pub followup_visit: Option<String>,
    /// Days between them.
    pub interval_days: Option<f64>,
    /// How far it came.
    pub followed: Followed,
    /// What is known of the alignment; none where nothing was aligned.
    pub alignment: Option<Qa>,
    /// Lesions at baseline.
    pub lesions_baseline: usize,
    /// Lesions that are seen at follow-up, drawn or by a contour of ours.
    pub lesions_followup: usize,
    /// Lesions that are there at follow-up only.
    pub lesions_new: usize,
    /// Lesions that are known to be gone.
    pub lesions_absent: usize,
    /// Lesions that could not be followed (vanished in carrying, out of the field of view, not drawn).
    pub lesions_lost: usize,
    /// Deltas of the lesions that have a value.
    pub deltas: usize,
    /// Of these, those that have a noise limit of a stable feature.
    pub deltas_judged: usize,
    /// Of these, those beyond it.
    pub deltas_changed: usize,
}

/// One row of the study's `failures.csv`: a patient that gave nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailureRow {
    /// Subject.
    pub subject: String,
    /// What its result would be called below `patients/`; empty where the manifest already was at fault.
    pub key: String,
    /// A stable code such as `E-NIFTI-TRUNCATED`.
    pub code: String,
    /// File and fact.
    pub fact: String,
    /// The way on.
    pub hint: String,
}
