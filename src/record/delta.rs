//! One change of one feature.

use super::feature::{FeatureKey, Outcome};
use super::words::{
    Flags, MaskSource, MeasurementHash, Modality, NoiseScale, NoiseSource, Reason, RoiRole, Verdict,
};

/// One row of `deltas.csv`. Columns and their order are those of the table.
#[derive(Clone, Debug, PartialEq)]
pub struct DeltaRow {
    /// Subject, where known.
    pub subject: Option<String>,
    /// Modality of both visits.
    pub modality: Modality,
    /// Settings that decide what the values mean.
    pub measurement_hash: MeasurementHash,
    /// Region.
    pub roi: String,
    /// Its role.
    pub roi_role: RoiRole,
    /// Name of the baseline visit.
    pub baseline_visit: String,
    /// Name of the follow-up visit.
    pub followup_visit: String,
    /// Days between them, where known.
    pub interval_days: Option<f64>,
    /// Where the baseline contour comes from; `None` where there is none.
    pub mask_source_baseline: Option<MaskSource>,
    /// Where the follow-up contour comes from; `None` where there is none.
    pub mask_source_followup: Option<MaskSource>,
    /// What is measured.
    pub key: FeatureKey,
    /// Value at baseline.
    pub baseline: Option<f64>,
    /// Value at follow-up.
    pub followup: Option<f64>,
    /// Follow-up minus baseline.
    pub absolute: Outcome,
    /// `absolute` divided by the baseline.
    pub relative: Outcome,
    /// Natural logarithm of follow-up over baseline.
    pub log_ratio: Outcome,
    /// `absolute` per day.
    pub absolute_per_day: Option<f64>,
    /// `log_ratio` per day.
    pub log_ratio_per_day: Option<f64>,
    /// Form of the gate's ICC.
    pub icc_form: Option<String>,
    /// The gate's ICC.
    pub icc: Option<f64>,
    /// Its lower bound.
    pub icc_lower: Option<f64>,
    /// Scale on which the delta is compared with its noise.
    pub noise_scale: Option<NoiseScale>,
    /// Degrees of freedom of the noise.
    pub noise_df: Option<f64>,
    /// The limit that decides: the repeatability coefficient, or its upper bound where few were repeated.
    pub noise_limit: Option<f64>,
    /// The upper bound of the repeatability coefficient.
    pub noise_limit_upper: Option<f64>,
    /// What the noise was measured on.
    pub noise_source: Option<NoiseSource>,
    /// Two-sided p of no change.
    pub p: Option<f64>,
    /// `p` adjusted within the patient (Benjamini-Hochberg).
    pub q: Option<f64>,
    /// Smallest absolute delta under a border moved by its uncertainty.
    pub border_low: Option<f64>,
    /// Largest absolute delta under a border moved by its uncertainty.
    pub border_high: Option<f64>,
    /// What the gate says.
    pub verdict: Verdict,
    /// What it would say if the contour were accepted.
    pub verdict_if_accepted: Option<Verdict>,
    /// Why the verdict is refused, undefined or without gate.
    pub reason: Option<Reason>,
    /// What a reader must know.
    pub flags: Flags,
}
