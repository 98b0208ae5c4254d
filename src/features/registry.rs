//! Every feature that can be measured, with what the rest of the program must know about it.
//!
//! A family is one file that implements [`Definition`] for its marker, and one line of `families!` below: the
//! line makes the marker and asks for the implementation, so that either alone does not compile. A feature is
//! one row of its family's table: what is known about it beside the function that computes it.

use super::roi::Roi;
use crate::record::{Aggregation, Family, Outcome, Reason};

/// On which visits' values a ratio has a meaning (docs/method.md, Deltas).
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

impl FeatureUnit {
    /// The unit in words, where intensities have the unit `intensity`; empty for a pure number.
    pub fn text(self, intensity: &str) -> String {
        match self {
            Self::None => String::new(),
            Self::Mm => "mm".into(),
            Self::Mm2 => "mm2".into(),
            Self::Mm3 => "mm3".into(),
            Self::PerMm => "1/mm".into(),
            Self::Intensity => intensity.into(),
            Self::IntensitySquared => format!("({intensity})2"),
            Self::IntensityMm3 => format!("{intensity} mm3"),
        }
    }
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

/// A row of a family's table.
pub struct Feature<S> {
    /// What is known about it.
    pub info: FeatureInfo,
    /// Its value.
    pub value: fn(&S) -> Outcome,
}

/// A family of features.
pub trait Definition {
    /// What the family's features are computed from: a shape, a sample, a matrix.
    type Source: 'static;
    /// Its features, in the order of the tables.
    const FEATURES: &'static [Feature<Self::Source>];
    /// The aggregations it has; none where there is but one value per region.
    const AGGREGATIONS: &'static [Aggregation];
    /// For each aggregation that is wanted (once, where the family has none) the sources over which a feature is
    /// averaged, or why there is none.
    fn sources(roi: &Roi, wanted: &[Aggregation]) -> Vec<Result<Vec<Self::Source>, Reason>>;
}

/// The values of one family under one aggregation, in the order of its features.
pub(super) struct Values {
    pub(super) aggregation: Option<Aggregation>,
    pub(super) outcomes: Vec<(&'static FeatureInfo, Outcome)>,
}

fn measure_family<D: Definition>(roi: &Roi, wanted: &[Aggregation]) -> Vec<Values> {
    let aggregations: Vec<Option<Aggregation>> =
        if D::AGGREGATIONS.is_empty() { vec![None] } else { wanted.iter().copied().map(Some).collect() };
    let values = |(aggregation, sources): (_, Result<Vec<D::Source>, Reason>)| Values {
        aggregation,
        outcomes: D::FEATURES
            .iter()
            .map(|feature| {
                let outcome = match &sources {
                    Ok(sources) => averaged(sources.iter().map(feature.value)),
                    Err(reason) => Outcome::Undefined(*reason),
                };
                (&feature.info, outcome)
            })
            .collect(),
    };
    aggregations.into_iter().zip(D::sources(roi, wanted)).map(values).collect()
}

/// The mean of the values that are defined; where none is, the first reason.
fn averaged(outcomes: impl Iterator<Item = Outcome>) -> Outcome {
    let (mut sum, mut n, mut without) = (0.0, 0u32, None);
    for outcome in outcomes {
        if let Some(value) = outcome.value() {
            sum += value;
            n += 1;
        } else if without.is_none() {
            without = Some(outcome);
        }
    }
    match (n, without) {
        (0, Some(outcome)) => outcome,
        (0, None) => Outcome::Undefined(Reason::NoNeighbours),
        _ => Outcome::finite(sum / f64::from(n)),
    }
}

/// Names the families that are measured. The marker of a family has the name of its variant of [`Family`].
macro_rules! families {
    ($($family:ident),+ $(,)?) => {
        $(
            #[doc = concat!("Marks the family [`Family::", stringify!($family), "`].")]
            pub struct $family;
        )+

        /// The families that are measured, in the order of the tables.
        pub const FAMILIES: &[Family] = &[$(Family::$family),+];

        /// All features, in the order of the tables.
        pub fn all() -> impl Iterator<Item = &'static FeatureInfo> {
            std::iter::empty()$(.chain(<$family as Definition>::FEATURES.iter().map(|f| &f.info)))+
        }

        /// The aggregations that a family has; empty where it has none or is not measured.
        pub fn aggregations(family: Family) -> &'static [Aggregation] {
            match family {
                $(Family::$family => <$family as Definition>::AGGREGATIONS,)+
                _ => &[],
            }
        }

        /// The values of a family; none where it is not measured.
        pub(super) fn measure(family: Family, roi: &Roi, wanted: &[Aggregation]) -> Vec<Values> {
            match family {
                $(Family::$family => measure_family::<$family>(roi, wanted),)+
                _ => Vec::new(),
            }
        }
    };
}

families! {
    Morph,
    Stat,
    Ih,
    Cm,
}

/// The feature that has this tag.
pub fn find(tag: &str) -> Option<&'static FeatureInfo> {
    all().find(|f| f.tag == tag)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn tags_and_codes_are_unique_and_well_formed() {
        let tags: BTreeSet<&str> = all().map(|f| f.tag).collect();
        let codes: BTreeSet<&str> = all().map(|f| f.ibsi).collect();
        assert_eq!((tags.len(), codes.len()), (all().count(), all().count()));
        for f in all() {
            assert!(f.tag.starts_with(&format!("{}_", f.family)), "{}", f.tag);
            let code = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit();
            assert!(f.ibsi.len() == 4 && f.ibsi.chars().all(code), "{} {}", f.tag, f.ibsi);
            assert!(!f.name.is_empty() && f.definition.len() > 5, "{}", f.tag);
            assert_eq!(find(f.tag), Some(f));
        }
    }

    #[test]
    fn a_ratio_scale_agrees_with_the_response_to_an_offset() {
        for f in all() {
            let agrees = match f.ratio {
                RatioScale::Always => f.offset == OffsetResponse::Invariant,
                RatioScale::WithTrueZero => f.offset == OffsetResponse::Shifts,
                RatioScale::Never => true,
            };
            assert!(agrees, "{}", f.tag);
        }
    }

    #[test]
    fn values_without_a_definition_are_left_out_of_an_average() {
        let none = Outcome::Undefined(Reason::SingleGreyLevel);
        assert_eq!(
            averaged([Outcome::Value(1.0), none, Outcome::Value(4.0)].into_iter()),
            Outcome::Value(2.5)
        );
        assert_eq!(averaged([none].into_iter()), none);
    }
}
