//! What is known about a feature, and what a family must say.

use serde::Serialize;

use crate::features::roi::Roi;
use crate::record::{Aggregation, Family, Outcome, Reason};

/// On which visits' values a ratio has a meaning (docs/method.md, Deltas).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RatioScale {
    /// Never negative, zero meaning none, and unchanged when a constant is added to every intensity.
    Always,
    /// As above, but only where the intensity's units have a true zero.
    WithTrueZero,
    /// May be negative, or zero does not mean none.
    Never,
}

/// What adding a constant to every intensity does, with bins of fixed size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OffsetResponse {
    /// Nothing.
    Invariant,
    /// The value changes.
    Shifts,
}

/// Whether a feature depends on the size or the outline of the region.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Extent {
    /// It does not: a texture or an intensity.
    Independent,
    /// It does: refused in a carried contour.
    OfRegion,
}

/// The unit of a feature's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeatureUnit {
    /// A pure number.
    None,
    /// Millimetres.
    Mm,
    /// Square millimetres.
    Mm2,
    /// Cubic millimetres.
    Mm3,
    /// 1 / mm.
    PerMm,
    /// The image's unit.
    Intensity,
    /// The image's unit; a pure number where the bins of the intensity-volume histogram are numbered.
    IntensityOrBin,
    /// The image's unit squared.
    IntensitySquared,
    /// The image's unit times mm3.
    IntensityMm3,
}

impl FeatureUnit {
    /// The unit in words, where intensities have the unit `intensity`; empty for a pure number.
    pub fn text(self, intensity: &str) -> String {
        match self {
            Self::None => String::new(),
            Self::Mm => "mm".into(),
            Self::Mm2 => "mm2".into(),
            Self::Mm3 => "mm3".into(),
            Self::PerMm => "1/mm".into(),
            Self::Intensity | Self::IntensityOrBin => intensity.into(),
            Self::IntensitySquared => format!("({intensity})2"),
            Self::IntensityMm3 => format!("{intensity} mm3"),
        }
    }
}

/// What an intensity must mean for a feature to be compared between visits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum IntensityMeaning {
    /// Nothing: shapes, and what is left alone when all intensities are scaled and shifted.
    Irrelevant,
    /// The same at both visits.
    Needed,
    /// The same grey level at both visits; bins that are relative to each visit's own range give that.
    Binned,
}

/// Whether the standard gives a value to hold a feature against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It does.
    Referenced,
    /// It defines the feature, but has no accepted value.
    WithoutReference,
    /// It knows no such feature: this program's own definition.
    Own,
}

impl Standing {
    /// Marks a value that the standard has no reference for.
    pub(super) fn mark(self, outcome: Outcome) -> Outcome {
        match (self, outcome) {
            (Self::WithoutReference | Self::Own, Outcome::Value(value)) => Outcome::NotStandardised(value),
            _ => outcome,
        }
    }
}

/// What is known about a feature, whatever its value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FeatureInfo {
    /// IBSI's tag without aggregation (`cm_contrast`); a feature of our own has one of the same form.
    pub tag: &'static str,
    /// Name in words ("Contrast").
    pub name: &'static str,
    /// IBSI's four-character code; empty where the standard knows no such feature.
    pub ibsi: &'static str,
    /// Family.
    pub family: Family,
    /// Unit.
    pub unit: FeatureUnit,
    /// Where ratios have a meaning.
    pub ratio: RatioScale,
    /// What an offset does.
    pub offset: OffsetResponse,
    /// Whether it is a feature of extent.
    pub extent: Extent,
    /// What intensities must mean.
    pub intensities: IntensityMeaning,
    /// Whether the standard has a reference.
    pub standing: Standing,
    /// Its definition in a sentence or a formula.
    pub definition: &'static str,
}

/// A row of a family's table.
pub struct Feature<S> {
    /// What is known about it.
    pub info: FeatureInfo,
    /// Its value.
    pub value: fn(&S) -> Outcome,
}

/// A family of features.
pub trait Definition {
    /// Its name in words, in lower case.
    const NAME: &'static str;
    /// Its section in the standard's manual ("3.6").
    const SECTION: &'static str;
    /// How far around a region its features read the image, in mm.
    const REACH_MM: f64 = 0.0;
    /// The part of the section that defines each feature, where some share one; without it, they are numbered.
    const PARTS: &'static [usize] = &[];
    /// Its abbreviation.
    const FAMILY: Family = Self::FEATURES[0].info.family;
    /// What the family's features are computed from: a shape, a sample, a matrix.
    type Source: 'static;
    /// Its features, in the order of the tables.
    const FEATURES: &'static [Feature<Self::Source>];
    /// The aggregations it has; none where there is but one value per region.
    const AGGREGATIONS: &'static [Aggregation];
    /// Counts what is shared with other families, so that all are measured in parallel afterwards and none waits for
    /// another's count.
    fn prepare(_roi: &Roi, _wanted: &[Aggregation]) {}
    /// For each aggregation that is wanted (once, where the family has none) the sources over which a feature is
    /// averaged, or why there is none.
    fn sources(roi: &Roi, wanted: &[Aggregation]) -> Vec<Result<Vec<Self::Source>, Reason>>;
}
