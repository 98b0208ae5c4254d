//! Repeated measurements, put into series that may be pooled.

use crate::record::{FeatureKey, MaskSource, RepeatKind, RoiGroup};

/// What is never pooled with anything else.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Group {
    /// The regions.
    pub rois: RoiGroup,
    /// Where their contours come from.
    pub source: MaskSource,
    /// What was repeated.
    pub kind: RepeatKind,
}

/// All repeats of one feature in one group.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// What may be pooled.
    pub group: Group,
    /// What is measured.
    pub key: FeatureKey,
    /// Unit of the values; empty where there is none.
    pub unit: String,
    /// One row per region of a subject, in order of subject and region.
    pub rows: Vec<Row>,
}

/// The repeats of one region.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The subject.
    pub subject: String,
    /// The region.
    pub roi: String,
    /// A value per repeat of the group; `None` where there is none.
    pub values: Vec<Option<f64>>,
}
