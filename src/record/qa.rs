//! What is known about an alignment (`qa.json`).

use serde::{Deserialize, Serialize};

use super::words::MaskSource;

/// Whether an alignment can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum QaVerdict {
    /// No finding.
    Pass,
    /// A person should look.
    Review,
    /// Not to be used.
    Fail,
}

impl QaVerdict {
    /// The word that is shown.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pass => "PASS",
            Self::Review => "REVIEW",
            Self::Fail => "FAIL",
        }
    }
}

/// One finding against an alignment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QaReason {
    /// Short word (`overlap`, `folds`, `chance`, ...).
    pub code: String,
    /// The finding in words.
    pub text: String,
    /// What was measured.
    pub value: f64,
    /// What was asked.
    pub threshold: f64,
    /// The verdict that this finding alone leads to.
    pub verdict: QaVerdict,
}

/// Similarity (normalised cross-correlation, or NMI across modalities) of the two scans.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SimilarityQa {
    /// Name of the measure.
    pub measure: String,
    /// In world coordinates as stored.
    pub before: f64,
    /// After the rigid stage.
    pub rigid: f64,
    /// After the spline.
    pub spline: f64,
    /// Mean under chance alignments.
    pub chance_mean: f64,
    /// Highest under chance alignments.
    pub chance_max: f64,
}

/// Jacobian determinant of the whole transform inside the body.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JacobianQa {
    /// Smallest.
    pub min: f64,
    /// First percentile.
    pub p01: f64,
    /// Median.
    pub median: f64,
    /// 99th percentile.
    pub p99: f64,
    /// Largest.
    pub max: f64,
    /// Share of samples at or below zero.
    pub folded_fraction: f64,
}

/// How well the transform can be inverted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InverseQa {
    /// Mean residual in mm.
    pub mean: f64,
    /// Largest residual in mm.
    pub max: f64,
}

/// Displacement after the rigid stage in mm.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DisplacementQa {
    /// Mean.
    pub mean: f64,
    /// 95th percentile.
    pub p95: f64,
    /// Largest.
    pub max: f64,
}

/// Target registration error at landmarks in mm.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TreQa {
    /// Number of landmarks.
    pub n: usize,
    /// Mean.
    pub mean: f64,
    /// Median.
    pub median: f64,
    /// 95th percentile.
    pub p95: f64,
    /// Largest.
    pub max: f64,
}

/// How far apart two ways of the same points end, in mm, over points that all scans on the way see.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct MissQa {
    /// Number of points.
    pub n: usize,
    /// Median.
    pub median: f64,
    /// 95th percentile.
    pub p95: f64,
}

/// How far the way by another visit ends from the direct one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LoopQa {
    /// The visit in between.
    pub by_way_of: String,
    /// Over the body.
    #[serde(flatten)]
    pub miss: MissQa,
}

/// How two contours of the same thing agree.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ContourAgreement {
    /// The contours compared.
    pub of: MaskSource,
    /// With.
    pub with: MaskSource,
    /// Dice coefficient.
    pub dice: f64,
    /// 95th percentile of the two-sided surface distance in mm.
    pub hd95_mm: f64,
    /// Mean two-sided surface distance in mm.
    pub mean_surface_distance_mm: f64,
}

/// One region through the transform.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QaRoi {
    /// Name.
    pub name: String,
    /// The contour.
    pub mask_source: MaskSource,
    /// Volume of that contour at follow-up in mL.
    pub volume_ml_carried: f64,
    /// Volume carried to the follow-up over volume at baseline.
    pub volume_ratio_jacobian: Option<f64>,
    /// Mean displacement at the region in mm.
    pub displacement_mm: Option<f64>,
    /// Spread of its border between the last two levels, and the way back where that was registered, in mm.
    pub border_uncertainty_mm: Option<f64>,
    /// How far its points miss where they began, carried to the baseline and back; on request.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub both_ways_mm: Option<MissQa>,
    /// How far the way by the visit before ends from the direct one, at the region; on request.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub loop_mm: Option<MissQa>,
    /// Share of its volume that leaves the field of view.
    pub outside_fraction: f64,
    /// Agreement with other contours of the region.
    pub agreement: Vec<ContourAgreement>,
}

/// What is known about one alignment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Qa {
    /// `t1 -> t0`: fixed and moving visit.
    pub pair: String,
    /// PASS, REVIEW or FAIL.
    pub verdict: QaVerdict,
    /// Findings, gravest first.
    pub reasons: Vec<QaReason>,
    /// Similarity.
    pub similarity: SimilarityQa,
    /// Share of the fixed body whose points fall inside the moving field of view.
    pub overlap_fraction: f64,
    /// Jacobian determinant.
    pub jacobian: JacobianQa,
    /// Inverse.
    pub inverse_residual_mm: InverseQa,
    /// Displacement.
    pub displacement_mm: DisplacementQa,
    /// Landmarks, where given.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub tre_mm: Option<TreQa>,
    /// How far the body's points miss where they began, carried to the baseline and back; on request.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub both_ways_mm: Option<MissQa>,
    /// How far the way by the visit before ends from the direct one; on request.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub loop_mm: Option<LoopQa>,
    /// Regions.
    pub rois: Vec<QaRoi>,
}
