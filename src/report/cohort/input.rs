//! What the QA page is made from. Plain records: whatever is said on the page stands in here.

use super::tile::Tile;
use crate::record::{CohortQaRow, FailureRow, Modality, VisitRecord};

/// Everything that the page says.
#[derive(Clone, Debug, PartialEq)]
pub struct CohortPage {
    /// Version of the program (`0.1.0`).
    pub version: String,
    /// Name of the study; a general heading where `None`.
    pub study: Option<String>,
    /// Subjects of the manifest, whatever became of them.
    pub subjects: Vec<String>,
    /// One per row of `qa.csv`, in any order.
    pub pairs: Vec<PairView>,
    /// The rows of `visits.csv`, in its order.
    pub visits: Vec<VisitRecord>,
    /// Patients that gave nothing: the rows of `failures.csv`.
    pub failures: Vec<FailureRow>,
    /// What holds for the whole study.
    pub settings: StudySettings,
    /// What was assumed or left out, in sentences.
    pub notes: Vec<String>,
}

/// A visit pair of a subject, or a single visit.
#[derive(Clone, Debug, PartialEq)]
pub struct PairView {
    /// What is known of it.
    pub row: CohortQaRow,
    /// Baseline and follow-up before and after the alignment; none where nothing was aligned, where the picture is
    /// not at hand, and beyond the worst [`MOST_TILES`](super::MOST_TILES).
    pub tile: Option<Tile>,
}

/// What holds for the whole study.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct StudySettings {
    /// Visit windows (`t1: 42 +/- 14 d`); empty where every visit takes part.
    pub windows: Vec<String>,
    /// One per modality.
    pub modalities: Vec<ModalitySettings>,
    /// Patients whose measurement differs from the study's.
    pub differing: Vec<DifferentHash>,
    /// The command that goes on with the study.
    pub command: String,
    /// Further settings as (label, value).
    pub further: Vec<(String, String)>,
}

/// How scans of a modality are measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModalitySettings {
    /// The modality.
    pub modality: Modality,
    /// Name of the protocol.
    pub protocol: String,
    /// Sampling in words (`1 x 1 x 1 mm, 3D`).
    pub sampling: String,
    /// Why this sampling, in words.
    pub why: String,
    /// Measurement hash.
    pub measurement_hash: String,
}

/// A patient measured otherwise than the study.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DifferentHash {
    /// Subject.
    pub subject: String,
    /// Modality.
    pub modality: Modality,
    /// Its measurement hash.
    pub measurement_hash: String,
}
