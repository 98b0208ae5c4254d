//! One feature of one region over three visits or more.

use super::feature::{FeatureKey, Outcome};
use super::words::{Flags, MaskSource, MeasurementHash, Modality, RoiRole};

/// One row of `trajectories.csv`. Columns and their order are those of the table.
#[derive(Clone, Debug, PartialEq)]
pub struct TrajectoryRow {
    /// Subject, where known.
    pub subject: Option<String>,
    /// Modality of the visits.
    pub modality: Modality,
    /// Settings that decide what the values mean.
    pub measurement_hash: MeasurementHash,
    /// Region.
    pub roi: String,
    /// Its role.
    pub roi_role: RoiRole,
    /// Where the contour of each visit comes from, the baseline first; `None` where there is none.
    pub mask_sources: Vec<Option<MaskSource>>,
    /// What is measured.
    pub key: FeatureKey,
    /// First day, counted from the baseline.
    pub first_day: f64,
    /// Last day, counted from the baseline.
    pub last_day: f64,
    /// Slope of least squares; its status is the row's.
    pub ols_slope_per_day: Outcome,
    /// Its standard error.
    pub ols_slope_se: Option<f64>,
    /// Median of the slopes of all pairs of visits.
    pub theil_sen_slope_per_day: Option<f64>,
    /// Area between the values and the baseline's, in days times the feature's unit.
    pub auc_above_baseline: Option<f64>,
    /// What a reader must know.
    pub flags: Flags,
}

impl TrajectoryRow {
    /// Number of visits.
    pub fn visits(&self) -> usize {
        self.mask_sources.len()
    }
    /// The sources' words in the order of the visits, joined by `;`; nothing stands for a visit without a contour.
    pub fn mask_source_words(&self) -> String {
        let words = self.mask_sources.iter().map(|source| source.map_or("", MaskSource::word));
        words.collect::<Vec<_>>().join(";")
    }
}
