//! What the name of a column says: ours (`cm_contrast_3D_avg`), PyRadiomics' (`original_glcm_Contrast`), or a
//! user's own.

use crate::features::registry;
use crate::record::{Aggregation, Family, FeatureKey};

/// Features of which only the name is known.
const OTHER: Family = Family::new("other");

/// PyRadiomics' classes and the standard's families.
const CLASSES: [(&str, Family); 8] = [
    ("shape", Family::new("morph")),
    ("shape2D", Family::new("morph")),
    ("firstorder", Family::new("stat")),
    ("glcm", Family::new("cm")),
    ("glrlm", Family::new("rlm")),
    ("glszm", Family::new("szm")),
    ("gldm", Family::new("ngl")),
    ("ngtdm", Family::new("ngt")),
];

/// PyRadiomics' image type and class of a name.
fn of_pyradiomics(name: &str) -> Option<(&str, Family)> {
    let mut parts = name.splitn(3, '_');
    let (image, class, feature) = (parts.next()?, parts.next()?, parts.next()?);
    let family = CLASSES.iter().find(|(word, _)| *word == class)?.1;
    (!image.is_empty() && !feature.is_empty()).then_some((image, family))
}

/// Our tag and aggregation of a name.
fn of_ours(name: &str) -> Option<(&str, Family, Option<Aggregation>)> {
    if let Some(info) = registry::find(name) {
        return Some((name, info.family, None));
    }
    // `3D_avg` ends in no other aggregation's word preceded by `_`, so that the longest match is the only one.
    Aggregation::ALL.iter().find_map(|aggregation| {
        let tag = name.strip_suffix(aggregation.word())?.strip_suffix('_')?;
        registry::find(tag).map(|info| (tag, info.family, Some(*aggregation)))
    })
}

/// Whether a name tells a feature by itself.
pub fn is_known(name: &str) -> bool {
    of_pyradiomics(name).is_some() || of_ours(name).is_some()
}

/// The feature of a column. One of another program keeps its whole name.
pub fn key_of(name: &str) -> FeatureKey {
    let key = |image: &str, family, feature: &str, aggregation| FeatureKey {
        image: image.to_owned(),
        family,
        feature: feature.to_owned(),
        aggregation,
    };
    if let Some((tag, family, aggregation)) = of_ours(name) {
        return key("original", family, tag, aggregation);
    }
    match of_pyradiomics(name) {
        Some((image, family)) => key(image, family, name, None),
        None => key("original", OTHER, name, None),
    }
}

/// The unit of a feature where it does not depend on the image.
pub fn unit_of(key: &FeatureKey) -> String {
    registry::find(&key.feature).map_or_else(String::new, |info| info.unit.text(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_both_programs_are_understood() {
        let of = |name: &str| {
            let key = key_of(name);
            let aggregation = key.aggregation_word();
            format!("{}/{}/{}/{aggregation}", key.image, key.family, key.feature)
        };
        assert_eq!(of("original_shape_Volume"), "original/morph/original_shape_Volume/");
        assert_eq!(
            of("wavelet-LLH_gldm_DependenceVariance"),
            "wavelet-LLH/ngl/wavelet-LLH_gldm_DependenceVariance/"
        );
        assert_eq!(of("cm_contrast_3D_avg"), "original/cm/cm_contrast/3D_avg");
        assert_eq!(of("cm_contrast_2_5D_avg"), "original/cm/cm_contrast/2_5D_avg");
        assert_eq!(of("stat_mean"), "original/stat/stat_mean/");
        assert_eq!(of("my_own"), "original/other/my_own/");
        assert!(is_known("original_ngtdm_Busyness") && !is_known("original_other_x") && !is_known("age"));
    }
}
