//! Every feature that can be measured, with what the rest of the program must know about it.
//!
//! A family is one file of this folder that implements [`Definition`] for its marker, and its two lines below: its
//! module, and its marker in `families!`, which makes the marker and asks for the implementation, so that either
//! alone does not compile. A feature is one row of its family's table: what is known about it beside the function
//! that computes it.

pub mod cooccurrence;
pub mod dependence;
pub mod distance_zone;
pub mod histogram;
pub mod local_intensity;
pub mod morphology;
pub mod run_length;
pub mod size_zone;
pub mod statistics;
pub mod tone_difference;
pub mod volume_histogram;

mod definition;

use super::roi::Roi;
use crate::record::{Aggregation, Family, Outcome, Reason};

pub use definition::{
    Definition, Extent, Feature, FeatureInfo, FeatureUnit, IntensityMeaning, OffsetResponse, RatioScale,
    Standing,
};

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
                (&feature.info, feature.info.standing.mark(outcome))
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

/// Names the families that are measured.
macro_rules! families {
    ($($marker:ident),+ $(,)?) => {
        $(
            #[doc = concat!("Marks the family of [`Definition`] `", stringify!($marker), "`.")]
            pub struct $marker;
        )+

        /// The families that are measured, in the order of the tables.
        pub const FAMILIES: &[Family] = &[$(<$marker as Definition>::FAMILY),+];

        /// All features, in the order of the tables.
        pub fn all() -> impl Iterator<Item = &'static FeatureInfo> {
            std::iter::empty()$(.chain(<$marker as Definition>::FEATURES.iter().map(|f| &f.info)))+
        }

        /// What a reader must know of each family, in the order of the tables.
        pub fn descriptions() -> Vec<FamilyInfo> {
            vec![$(FamilyInfo::of::<$marker>()),+]
        }

        /// Counts what a family shares with others.
        pub(super) fn prepare(family: Family, roi: &Roi, wanted: &[Aggregation]) {
            $(if family == <$marker as Definition>::FAMILY {
                <$marker as Definition>::prepare(roi, wanted);
            })+
        }

        /// The values of a family; none where it is not measured.
        pub(super) fn measure(family: Family, roi: &Roi, wanted: &[Aggregation]) -> Vec<Values> {
            $(if family == <$marker as Definition>::FAMILY {
                return measure_family::<$marker>(roi, wanted);
            })+
            Vec::new()
        }
    };
}

families! {
    Morph,
    Loc,
    Stat,
    Ih,
    Ivh,
    Cm,
    Rlm,
    Szm,
    Dzm,
    Ngt,
    Ngl,
}

/// What is known about a family.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FamilyInfo {
    /// Its abbreviation.
    pub family: Family,
    /// Its name in words.
    pub name: &'static str,
    /// Its section in the standard's manual ("3.6").
    pub section: &'static str,
    /// The aggregations it has; none where there is but one value per region.
    pub aggregations: &'static [Aggregation],
    /// How far around a region its features read the image, in mm.
    pub reach_mm: f64,
    /// The part of the section that defines each feature, where some share one; else empty.
    pub parts: &'static [usize],
}

impl FamilyInfo {
    fn of<D: Definition>() -> Self {
        Self {
            family: D::FAMILY,
            name: D::NAME,
            section: D::SECTION,
            aggregations: D::AGGREGATIONS,
            reach_mm: D::REACH_MM,
            parts: D::PARTS,
        }
    }
}

/// What is known about a family, where it is measured.
pub fn describe(family: Family) -> Option<FamilyInfo> {
    descriptions().into_iter().find(|d| d.family == family)
}

/// The aggregations that a family has; empty where it has none or is not measured.
pub fn aggregations(family: Family) -> &'static [Aggregation] {
    describe(family).map_or(&[], |d| d.aggregations)
}

/// Where the standard's manual defines a feature ("3.6.12"): features are listed in its order. Empty for one of our
/// own.
pub fn section(info: &FeatureInfo) -> String {
    if info.standing == Standing::Own {
        return String::new();
    }
    let place = all().filter(|f| f.family == info.family).position(|f| f.tag == info.tag);
    let (chapter, parts) = describe(info.family).map_or(("", &[][..]), |d| (d.section, d.parts));
    let part = place.map_or(0, |p| parts.get(p).copied().unwrap_or(p + 1));
    format!("{chapter}.{part}")
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
        let of_the_standard = || all().filter(|f| f.standing != Standing::Own);
        let codes: BTreeSet<&str> = of_the_standard().map(|f| f.ibsi).collect();
        assert_eq!((tags.len(), codes.len()), (all().count(), of_the_standard().count()));
        for f in all() {
            assert!(f.tag.starts_with(&format!("{}_", f.family)), "{}", f.tag);
            assert!(!f.name.is_empty() && f.definition.len() > 5, "{}", f.tag);
            assert_eq!(find(f.tag), Some(f));
        }
        for f in of_the_standard() {
            let code = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit();
            assert!(f.ibsi.len() == 4 && f.ibsi.chars().all(code), "{} {}", f.tag, f.ibsi);
        }
    }

    #[test]
    fn our_own_features_have_no_place_in_the_standard_and_move_no_other() {
        for family in FAMILIES {
            let of_family: Vec<_> = all().filter(|f| f.family == *family).collect();
            let standard = of_family.iter().take_while(|f| f.standing != Standing::Own).count();
            let own = &of_family[standard..];
            assert!(own.iter().all(|f| f.standing == Standing::Own && f.ibsi.is_empty()), "{family}");
            assert!(own.iter().all(|f| section(f).is_empty()), "{family}");
        }
        assert_eq!(find("morph_diam_axial").map(|f| f.standing), Some(Standing::Own));
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
