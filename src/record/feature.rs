//! One measured feature.

use super::family::Family;
use super::words::{Aggregation, Flags, MaskSource, MeasurementHash, Modality, Reason, RoiRole, Status};

/// A value, or why there is none.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Outcome {
    /// A value with a reference in the standard.
    Value(f64),
    /// A value for which the standard has no reference.
    NotStandardised(f64),
    /// The mathematics gives none.
    Undefined(Reason),
    /// It could be computed, and would mislead.
    Refused(Reason),
}

impl Outcome {
    /// A value where it is finite, else undefined by a zero denominator: NaN never travels.
    pub fn finite(value: f64) -> Self {
        if value.is_finite() { Self::Value(value) } else { Self::Undefined(Reason::ZeroDenominator) }
    }
    /// The value, where there is one.
    pub fn value(self) -> Option<f64> {
        match self {
            Self::Value(v) | Self::NotStandardised(v) => Some(v),
            Self::Undefined(_) | Self::Refused(_) => None,
        }
    }
    /// Its status.
    pub fn status(self) -> Status {
        match self {
            Self::Value(_) => Status::Ok,
            Self::NotStandardised(_) => Status::NotStandardised,
            Self::Undefined(_) => Status::Undefined,
            Self::Refused(_) => Status::Refused,
        }
    }
    /// Why there is no value.
    pub fn reason(self) -> Option<Reason> {
        match self {
            Self::Value(_) | Self::NotStandardised(_) => None,
            Self::Undefined(r) | Self::Refused(r) => Some(r),
        }
    }
}

/// What is measured: image, family, feature and aggregation.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FeatureKey {
    /// `original`, or the filter that was applied.
    pub image: String,
    /// The family.
    pub family: Family,
    /// IBSI's tag without its aggregation (`cm_contrast`).
    pub feature: String,
    /// How directions and slices are put together; `None` where there are none.
    pub aggregation: Option<Aggregation>,
}

impl FeatureKey {
    /// The aggregation's word, empty where there is none.
    pub fn aggregation_word(&self) -> &'static str {
        self.aggregation.map_or("", Aggregation::word)
    }
}

/// One row of `features.csv`.
#[derive(Clone, Debug, PartialEq)]
pub struct FeatureRow {
    /// Subject, where known.
    pub subject: Option<String>,
    /// Visit.
    pub visit: String,
    /// Modality of the visit's scan.
    pub modality: Modality,
    /// Settings that decide what the value means.
    pub measurement_hash: MeasurementHash,
    /// Region.
    pub roi: String,
    /// Its role.
    pub roi_role: RoiRole,
    /// Where its contour comes from.
    pub mask_source: MaskSource,
    /// What is measured.
    pub key: FeatureKey,
    /// The value or why there is none.
    pub outcome: Outcome,
    /// Unit of the value; empty where it has none.
    pub unit: String,
    /// What a reader must know.
    pub flags: Flags,
}

/// One row of `perturbations.csv`: a feature of one perturbed copy.
#[derive(Clone, Debug, PartialEq)]
pub struct PerturbedFeature {
    /// Which copy, from 1.
    pub perturbation: u32,
    /// What was measured on it.
    pub row: FeatureRow,
}
