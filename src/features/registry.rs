//! Every feature that can be measured, with what the rest of the program must know about it.

use crate::record::Family;

/// On which visits' values a ratio has a meaning (DESIGN, deltas).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RatioScale {
    /// Never negative, zero meaning none, and unchanged when a constant is added to every intensity.
    Always,
    /// As above, but only where the intensity's units have a true zero.
    WithTrueZero,
    /// May be negative, or zero does not mean none.
    Never,
}

/// What adding a constant to every intensity does, with bins of fixed size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OffsetResponse {
    /// Nothing.
    Invariant,
    /// The value changes.
    Shifts,
}

/// Whether a feature depends on the size or the outline of the region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    /// The image's unit squared.
    IntensitySquared,
    /// The image's unit times mm3.
    IntensityMm3,
}

/// What is known about a feature, whatever its value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FeatureInfo {
    /// IBSI's tag without aggregation (`cm_contrast`).
    pub tag: &'static str,
    /// Name in words ("Contrast").
    pub name: &'static str,
    /// IBSI's four-character code.
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
    /// Its definition in a sentence or a formula.
    pub definition: &'static str,
}

/// All features, in the order of the tables.
pub fn all() -> impl Iterator<Item = &'static FeatureInfo> {
    [].iter()
}

/// The feature that has this tag.
pub fn find(tag: &str) -> Option<&'static FeatureInfo> {
    all().find(|f| f.tag == tag)
}
