//! PyRadiomics' names of features, where its definition is the standard's.
//!
//! Most features of PyRadiomics (3.0.1) are defined as the standard defines them, under other names: its GLDM is the
//! standard's NGLDM, and its GLCM and GLRLM are averaged over directions. Same definition does not mean same number:
//!
//! - PyRadiomics' bins start at floor(min / w) w, min being the region's own minimum, so the same tissue has another
//!   grey level in another region. Features that change when whole bins are added to every intensity (emphases of low
//!   or high grey levels, averages, autocorrelation, busyness, the normalised inverse differences) agree only where
//!   bins start there too; the others agree wherever edges of bins lie.
//! - PyRadiomics rounds no CT, re-segments the outline with the intensities, and lays its resampled grid otherwise.
//!
//! Without a twin: kurtosis (theirs is not less 3), the three axis lengths (they divide the covariance by n, the
//! standard's values ask for n - 1), total energy, MCC and the three diameters in a plane (not in the standard).
//!
//! ```
//! use delta_radiomics::features::pyradiomics::name_of;
//! use delta_radiomics::record::{Aggregation, Family, FeatureKey};
//! let key = |family, feature: &str, aggregation| FeatureKey {
//!     image: "original".into(), family: Family::new(family), feature: feature.into(), aggregation,
//! };
//! let contrast = |aggregation| name_of(&key("cm", "cm_contrast", Some(aggregation)));
//! assert_eq!(contrast(Aggregation::ThreeDAvg).as_deref(), Some("original_glcm_Contrast"));
//! assert_eq!(contrast(Aggregation::ThreeDComb), None, "PyRadiomics averages over directions");
//! assert_eq!(name_of(&key("stat", "stat_kurt", None)), None, "theirs is not less 3");
//! ```

use crate::record::{Aggregation, FeatureKey};

/// A feature of PyRadiomics and the standard's of the same definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Twin {
    /// Its class and name there (`glcm_Contrast`).
    pub name: &'static str,
    /// The standard's tag.
    pub tag: &'static str,
    /// The standard's aggregation.
    pub aggregation: Option<Aggregation>,
}

/// The name that PyRadiomics gives to what is measured; `None` where it measures no such thing.
pub fn name_of(key: &FeatureKey) -> Option<String> {
    let same = |t: &&Twin| t.tag == key.feature && t.aggregation == key.aggregation;
    let twin = TWINS.iter().find(same).filter(|_| key.image == "original")?;
    Some(format!("original_{}", twin.name))
}

const fn twin(name: &'static str, tag: &'static str) -> Twin {
    Twin { name, tag, aggregation: None }
}
const fn averaged(name: &'static str, tag: &'static str) -> Twin {
    Twin { name, tag, aggregation: Some(Aggregation::ThreeDAvg) }
}
const fn of_volume(name: &'static str, tag: &'static str) -> Twin {
    Twin { name, tag, aggregation: Some(Aggregation::ThreeD) }
}

/// Every feature of PyRadiomics whose definition is the standard's, in the order of its manual.
pub const TWINS: &[Twin] = &[
    twin("firstorder_10Percentile", "stat_p10"),
    twin("firstorder_90Percentile", "stat_p90"),
    twin("firstorder_Energy", "stat_energy"),
    twin("firstorder_Entropy", "ih_entropy"),
    twin("firstorder_InterquartileRange", "stat_iqr"),
    twin("firstorder_Maximum", "stat_max"),
    twin("firstorder_Mean", "stat_mean"),
    twin("firstorder_MeanAbsoluteDeviation", "stat_mad"),
    twin("firstorder_Median", "stat_median"),
    twin("firstorder_Minimum", "stat_min"),
    twin("firstorder_Range", "stat_range"),
    twin("firstorder_RobustMeanAbsoluteDeviation", "stat_rmad"),
    twin("firstorder_RootMeanSquared", "stat_rms"),
    twin("firstorder_Skewness", "stat_skew"),
    twin("firstorder_Uniformity", "ih_uniformity"),
    twin("firstorder_Variance", "stat_var"),
    twin("shape_Elongation", "morph_pca_elongation"),
    twin("shape_Flatness", "morph_pca_flatness"),
    twin("shape_Maximum3DDiameter", "morph_diam"),
    twin("shape_MeshVolume", "morph_volume"),
    twin("shape_Sphericity", "morph_sphericity"),
    twin("shape_SurfaceArea", "morph_area_mesh"),
    twin("shape_SurfaceVolumeRatio", "morph_av"),
    twin("shape_VoxelVolume", "morph_vol_approx"),
    averaged("glcm_Autocorrelation", "cm_auto_corr"),
    averaged("glcm_ClusterProminence", "cm_clust_prom"),
    averaged("glcm_ClusterShade", "cm_clust_shade"),
    averaged("glcm_ClusterTendency", "cm_clust_tend"),
    averaged("glcm_Contrast", "cm_contrast"),
    averaged("glcm_Correlation", "cm_corr"),
    averaged("glcm_DifferenceAverage", "cm_diff_avg"),
    averaged("glcm_DifferenceEntropy", "cm_diff_entr"),
    averaged("glcm_DifferenceVariance", "cm_diff_var"),
    averaged("glcm_Id", "cm_inv_diff"),
    averaged("glcm_Idm", "cm_inv_diff_mom"),
    averaged("glcm_Idmn", "cm_inv_diff_mom_norm"),
    averaged("glcm_Idn", "cm_inv_diff_norm"),
    averaged("glcm_Imc1", "cm_info_corr1"),
    averaged("glcm_Imc2", "cm_info_corr2"),
    averaged("glcm_InverseVariance", "cm_inv_var"),
    averaged("glcm_JointAverage", "cm_joint_avg"),
    averaged("glcm_JointEnergy", "cm_energy"),
    averaged("glcm_JointEntropy", "cm_joint_entr"),
    averaged("glcm_MaximumProbability", "cm_joint_max"),
    averaged("glcm_SumAverage", "cm_sum_avg"),
    averaged("glcm_SumEntropy", "cm_sum_entr"),
    averaged("glcm_SumSquares", "cm_joint_var"),
    of_volume("glszm_GrayLevelNonUniformity", "szm_glnu"),
    of_volume("glszm_GrayLevelNonUniformityNormalized", "szm_glnu_norm"),
    of_volume("glszm_GrayLevelVariance", "szm_gl_var"),
    of_volume("glszm_HighGrayLevelZoneEmphasis", "szm_hgze"),
    of_volume("glszm_LargeAreaEmphasis", "szm_lze"),
    of_volume("glszm_LargeAreaHighGrayLevelEmphasis", "szm_lzhge"),
    of_volume("glszm_LargeAreaLowGrayLevelEmphasis", "szm_lzlge"),
    of_volume("glszm_LowGrayLevelZoneEmphasis", "szm_lgze"),
    of_volume("glszm_SizeZoneNonUniformity", "szm_zsnu"),
    of_volume("glszm_SizeZoneNonUniformityNormalized", "szm_zsnu_norm"),
    of_volume("glszm_SmallAreaEmphasis", "szm_sze"),
    of_volume("glszm_SmallAreaHighGrayLevelEmphasis", "szm_szhge"),
    of_volume("glszm_SmallAreaLowGrayLevelEmphasis", "szm_szlge"),
    of_volume("glszm_ZoneEntropy", "szm_zs_entr"),
    of_volume("glszm_ZonePercentage", "szm_z_perc"),
    of_volume("glszm_ZoneVariance", "szm_zs_var"),
    averaged("glrlm_GrayLevelNonUniformity", "rlm_glnu"),
    averaged("glrlm_GrayLevelNonUniformityNormalized", "rlm_glnu_norm"),
    averaged("glrlm_GrayLevelVariance", "rlm_gl_var"),
    averaged("glrlm_HighGrayLevelRunEmphasis", "rlm_hgre"),
    averaged("glrlm_LongRunEmphasis", "rlm_lre"),
    averaged("glrlm_LongRunHighGrayLevelEmphasis", "rlm_lrhge"),
    averaged("glrlm_LongRunLowGrayLevelEmphasis", "rlm_lrlge"),
    averaged("glrlm_LowGrayLevelRunEmphasis", "rlm_lgre"),
    averaged("glrlm_RunEntropy", "rlm_rl_entr"),
    averaged("glrlm_RunLengthNonUniformity", "rlm_rlnu"),
    averaged("glrlm_RunLengthNonUniformityNormalized", "rlm_rlnu_norm"),
    averaged("glrlm_RunPercentage", "rlm_r_perc"),
    averaged("glrlm_RunVariance", "rlm_rl_var"),
    averaged("glrlm_ShortRunEmphasis", "rlm_sre"),
    averaged("glrlm_ShortRunHighGrayLevelEmphasis", "rlm_srhge"),
    averaged("glrlm_ShortRunLowGrayLevelEmphasis", "rlm_srlge"),
    of_volume("ngtdm_Busyness", "ngt_busyness"),
    of_volume("ngtdm_Coarseness", "ngt_coarseness"),
    of_volume("ngtdm_Complexity", "ngt_complexity"),
    of_volume("ngtdm_Contrast", "ngt_contrast"),
    of_volume("ngtdm_Strength", "ngt_strength"),
    of_volume("gldm_DependenceEntropy", "ngl_dc_entr"),
    of_volume("gldm_DependenceNonUniformity", "ngl_dcnu"),
    of_volume("gldm_DependenceNonUniformityNormalized", "ngl_dcnu_norm"),
    of_volume("gldm_DependenceVariance", "ngl_dc_var"),
    of_volume("gldm_GrayLevelNonUniformity", "ngl_glnu"),
    of_volume("gldm_GrayLevelVariance", "ngl_gl_var"),
    of_volume("gldm_HighGrayLevelEmphasis", "ngl_hgce"),
    of_volume("gldm_LargeDependenceEmphasis", "ngl_hde"),
    of_volume("gldm_LargeDependenceHighGrayLevelEmphasis", "ngl_hdhge"),
    of_volume("gldm_LargeDependenceLowGrayLevelEmphasis", "ngl_hdlge"),
    of_volume("gldm_LowGrayLevelEmphasis", "ngl_lgce"),
    of_volume("gldm_SmallDependenceEmphasis", "ngl_lde"),
    of_volume("gldm_SmallDependenceHighGrayLevelEmphasis", "ngl_ldhge"),
    of_volume("gldm_SmallDependenceLowGrayLevelEmphasis", "ngl_ldlge"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::features::registry;

    #[test]
    fn a_twin_is_one_of_each() {
        let names: BTreeSet<&str> = TWINS.iter().map(|t| t.name).collect();
        let features: BTreeSet<_> = TWINS.iter().map(|t| (t.tag, t.aggregation)).collect();
        assert_eq!((names.len(), features.len()), (TWINS.len(), TWINS.len()));
    }

    #[test]
    fn a_twin_has_an_aggregation_that_its_family_has() {
        for twin in TWINS {
            let Some(info) = registry::find(twin.tag) else { continue };
            let of_family = registry::aggregations(info.family);
            let known = match twin.aggregation {
                Some(aggregation) => of_family.contains(&aggregation),
                None => of_family.is_empty(),
            };
            assert!(known, "{twin:?}");
        }
    }
}
