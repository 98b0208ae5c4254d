//! The gate: how far two scans of an unchanged patient differ, per feature, and what that makes of a delta.
//!
//! `gate.json` is written by `delta stability` (real repeats) or by perturbation (a band without a real repeat), and
//! read here. [`read`] checks the file; [`judge`] compares one delta with it.

pub mod judge;
pub mod read;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::DeltaError;
use crate::features::settings::ResolvedMeasurement;
use crate::record::{
    FeatureKey, IccBound, IccForm, MaskSource, MeasurementHash, Modality, NoiseScale, NoiseSource, RcBound,
    RepeatKind, RoiGroup, RoiRole,
};

/// `gate.json`: noise limits per region's role, mask source, image and feature.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gate {
    /// Version of the file's form: 1.
    pub schema: u32,
    /// What the noise was measured on.
    pub kind: NoiseSource,
    /// How the repeats were measured; a run with this gate samples alike. None for a gate of a table that another
    /// program measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measurement: Option<ResolvedMeasurement>,
    /// Its hash.
    pub measurement_hash: MeasurementHash,
    /// Modality of the repeats.
    pub modality: Modality,
    /// Form of the ICC; none for the band of one patient.
    #[serde(default)]
    pub icc_form: Option<IccForm>,
    /// Which figure had to reach the threshold.
    pub icc_bound: IccBound,
    /// The threshold.
    pub icc_threshold: f64,
    /// Which figure of RC limits noise.
    pub rc_bound: RcBound,
    /// How many deltas of unchanged patients would be beyond their limits.
    pub expected_share_beyond: ExpectedShare,
    /// The same by `rois/mask_source`, where groups of regions were repeated in different numbers.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub expected_share_by_group: BTreeMap<String, ExpectedShare>,
    /// Noise by `roi_group/mask_source/image/family/feature/aggregation`; a group is a role (`lesion`), or a role and
    /// a name (`organ:liver`).
    pub features: BTreeMap<String, GateEntry>,
    /// Where it comes from: free for a reader, never interpreted.
    #[serde(default)]
    pub source: BTreeMap<String, serde_json::Value>,
}

/// Share of deltas beyond their limits where nothing changed, simulated when the gate was made.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectedShare {
    /// Of all features.
    pub all: f64,
    /// Of those that passed as stable; more, because a small wSD helps to pass.
    #[serde(default)]
    pub stable: Option<f64>,
}

impl ExpectedShare {
    /// Of the deltas that are judged, which passed as stable where the gate knows.
    pub fn of_judged(self) -> f64 {
        self.stable.unwrap_or(self.all)
    }
}

/// Noise of one feature in one kind of region.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GateEntry {
    /// Number of regions that were repeated.
    pub n: u32,
    /// Number of subjects that they belong to.
    pub n_subjects: u32,
    /// Number of repeats.
    pub k: u32,
    /// What was repeated.
    pub repeat_kind: RepeatKind,
    /// Whether the feature passed; none for the band of one patient.
    #[serde(default)]
    pub stable: Option<bool>,
    /// ICC.
    #[serde(default)]
    pub icc: Option<f64>,
    /// Lower bound of its 95 % interval.
    #[serde(default)]
    pub icc_lower: Option<f64>,
    /// Scale of everything below.
    pub scale: NoiseScale,
    /// Within-subject standard deviation.
    pub wsd: f64,
    /// Its degrees of freedom.
    pub df: f64,
    /// Repeatability coefficient, 1.96 sqrt(2) wSD.
    pub rc: f64,
    /// Upper bound of its 95 % interval.
    pub rc_upper: f64,
}

/// `[gate]` of a protocol. What is left out is as the gate was made; where a gate is made it is ICC(A,1), `lower`,
/// 0.75 and `auto`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GateSettings {
    /// Form of the ICC that a new gate uses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icc_form: Option<IccForm>,
    /// Which figure of the ICC has to reach the threshold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icc_bound: Option<IccBound>,
    /// The threshold of a stable feature.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icc_threshold: Option<f64>,
    /// Which figure of RC limits noise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rc_bound: Option<RcBound>,
    /// How many repeats the values of each visit are the mean of, at least 1: noise is smaller by its root.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub averaged_repeats: Option<u32>,
    /// Whether p-values are adjusted within a patient.
    pub multiplicity: Multiplicity,
}

/// Whether many deltas of one patient are adjusted for being many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Multiplicity {
    /// The number that chance alone would give stands beside the number found.
    #[default]
    None,
    /// q-values by Benjamini and Hochberg besides.
    BenjaminiHochberg,
}

/// What a gate holds for one feature of one region.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Match<'a> {
    /// Noise of contours of this kind.
    Found {
        /// The noise.
        entry: &'a GateEntry,
        /// The kind of contours that it was measured with.
        of: MaskSource,
    },
    /// Noise of this feature, but of contours that say nothing about this one.
    ForeignMasks,
    /// Nothing about this feature in regions of this role.
    Lacking,
}

impl Gate {
    /// The key of an entry.
    pub fn key(group: &RoiGroup, source: MaskSource, key: &FeatureKey) -> String {
        format!("{group}/{source}/{}/{}/{}/{}", key.image, key.family, key.feature, key.aggregation_word())
    }

    /// The noise of a feature in a region with contours of this source: of regions of its name, else of its role.
    /// Masks are never mixed, except that a gate of drawn masks serves contours that a person edited or accepted, and
    /// one of followed masks those that were accepted.
    pub fn find(&self, role: RoiRole, roi: &str, source: MaskSource, key: &FeatureKey) -> Match<'_> {
        let groups = groups_of(role, roi);
        let at = |group: &RoiGroup, of: MaskSource| self.features.get(&Self::key(group, of, key));
        for group in &groups {
            for of in serving(source) {
                if let Some(entry) = at(group, *of) {
                    return Match::Found { entry, of: *of };
                }
            }
        }
        let elsewhere = groups.iter().any(|group| MaskSource::ALL.iter().any(|of| at(group, *of).is_some()));
        if elsewhere { Match::ForeignMasks } else { Match::Lacking }
    }

    /// How many deltas of such a region would be beyond their limits where nothing changed.
    pub fn expected_share(&self, role: RoiRole, roi: &str, source: MaskSource) -> ExpectedShare {
        let of_group = groups_of(role, roi).iter().find_map(|group| {
            serving(source)
                .iter()
                .find_map(|of| self.expected_share_by_group.get(&Self::group_key(group, *of)))
        });
        of_group.copied().unwrap_or(self.expected_share_beyond)
    }

    /// The key of a group's share.
    pub fn group_key(rois: &RoiGroup, source: MaskSource) -> String {
        format!("{rois}/{source}")
    }

    /// Refuses a gate of another protocol, program or modality.
    pub fn check_serves(
        &self,
        file: PathBuf,
        hash: &MeasurementHash,
        modality: Modality,
    ) -> Result<(), DeltaError> {
        if self.modality != modality {
            let (gate, run) = (self.modality.to_string(), modality.to_string());
            return Err(DeltaError::GateModality { file, gate, run });
        }
        if self.measurement_hash != *hash {
            if self.measurement.is_none() {
                return Err(DeltaError::GateForeign { file });
            }
            let (gate, run) = (self.measurement_hash.as_str().to_owned(), hash.as_str().to_owned());
            return Err(DeltaError::GateHash { file, gate, run });
        }
        Ok(())
    }
}

/// The groups that a region belongs to, the nearest first.
fn groups_of(role: RoiRole, roi: &str) -> [RoiGroup; 2] {
    [RoiGroup { role, roi: Some(roi.to_owned()) }, RoiGroup::whole(role)]
}

/// The sources of a gate's masks that serve a contour, the nearest first.
fn serving(source: MaskSource) -> &'static [MaskSource] {
    match source {
        MaskSource::Drawn => &[MaskSource::Drawn],
        MaskSource::Edited => &[MaskSource::Edited, MaskSource::Drawn],
        MaskSource::Accepted => &[MaskSource::Accepted, MaskSource::Followed, MaskSource::Drawn],
        MaskSource::Followed => &[MaskSource::Followed],
        MaskSource::Carried => &[MaskSource::Carried],
    }
}
