//! How a patient's lesions changed by a response criterion.

use super::feature::Outcome;
use super::words::{
    Flags, MaskSource, MeasurementHash, Modality, Reason, ResponseCategory, ResponseCriterion, Status,
};

/// One row of `response.csv`: a pair of visits by one criterion. Columns and their order are those of the table.
#[derive(Clone, Debug, PartialEq)]
pub struct ResponseRow {
    /// Subject, where known.
    pub subject: Option<String>,
    /// Modality of the follow-up.
    pub modality: Modality,
    /// Settings that decide what the sizes mean.
    pub measurement_hash: MeasurementHash,
    /// Name of the baseline.
    pub baseline_visit: String,
    /// Name of the follow-up.
    pub followup_visit: String,
    /// Days between them, where known.
    pub interval_days: Option<f64>,
    /// By which rules.
    pub criterion: ResponseCriterion,
    /// Lesions of the baseline: what the sizes are sums over.
    pub lesions: usize,
    /// Lesions that are here and not at baseline.
    pub new_lesions: usize,
    /// Where the contours of the follow-up come from, each source once, in the order of trust.
    pub mask_sources: Vec<MaskSource>,
    /// Sum of the sizes at baseline, in the criterion's unit.
    pub baseline: Option<f64>,
    /// Smallest sum of all earlier visits that have one, the baseline among them.
    pub nadir: Option<f64>,
    /// Sum of the sizes at the follow-up; where it has none, why.
    pub size: Outcome,
    /// What the rules say; where they cannot be applied, why.
    pub category: Result<ResponseCategory, Reason>,
    /// What a reader must know of the sizes that the category rests on.
    pub flags: Flags,
}

impl ResponseRow {
    /// Change from the baseline in percent of it; none where that is zero or unknown.
    pub fn percent_from_baseline(&self) -> Option<f64> {
        percent(self.baseline, self.size.value())
    }
    /// Change from the nadir in percent of it; none where that is zero or unknown.
    pub fn percent_from_nadir(&self) -> Option<f64> {
        percent(self.nadir, self.size.value())
    }
    /// Whether a category is given: `ok`, else the status of the size that it lacks.
    pub fn status(&self) -> Status {
        match (self.category, self.size) {
            (Ok(_), _) => Status::Ok,
            (Err(_), Outcome::Refused(_)) => Status::Refused,
            (Err(_), _) => Status::Undefined,
        }
    }
    /// The sources' words, joined by `;`.
    pub fn mask_source_words(&self) -> String {
        self.mask_sources.iter().map(|source| source.word()).collect::<Vec<_>>().join(";")
    }
}

fn percent(from: Option<f64>, to: Option<f64>) -> Option<f64> {
    let (from, to) = from.zip(to)?;
    Some(100.0 * (to - from) / from).filter(|p| p.is_finite())
}
