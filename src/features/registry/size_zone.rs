//! Grey level size zones (IBSI 3.8): how many zones have a grey level and a size.
//!
//! A zone is a set of voxels of one grey level that hang together: over faces, edges and corners (26 neighbours) in
//! the volume, over edges and corners (8 neighbours) in a slice. Its size s is its number of voxels; i is its grey
//! level, N_z the number of zones.
//!
//! Worked example, levels 1, 1, 2 in a row: a zone of level 1 and size 2, and one of level 2 and size 1. Small zone
//! emphasis (1/4 + 1) / 2 = 0.625; large zone high grey level emphasis (1 x 4 + 4 x 1) / 2 = 4; zone percentage 2/3;
//! zone size variance 0.25; entropy 1.
//!
//! ```
//! use delta_radiomics::features::{discretise::Levels, registry::{Definition, Szm}};
//! use delta_radiomics::features::{roi::Block, settings::Discretise};
//! use delta_radiomics::features::texture::{directions::Space, links::Links, zone_matrix::ZoneMatrix, zones::Zones};
//! let block = Block { dims: [3, 1, 1], spacing_mm: [1.0; 3], region: vec![true; 3], counted: vec![true; 3],
//!     intensities: vec![1.0, 1.0, 2.0] };
//! let levels = Levels::new(&block, &Discretise::of_size(1.0, 1.0))?;
//! let zones = Zones::of(&levels, &Links::of(&levels), &block, Space::Volume);
//! let matrix = ZoneMatrix::new(&zones[0], |zone| zone.size);
//! let value = |tag: &str| {
//!     let row = Szm::FEATURES.iter().find(|f| f.info.tag == tag).unwrap();
//!     (row.value)(&matrix).value().unwrap()
//! };
//! assert_eq!((value("szm_sze"), value("szm_lzhge"), value("szm_z_perc")), (0.625, 4.0, 2.0 / 3.0));
//! assert_eq!((value("szm_zs_var"), value("szm_zs_entr")), (0.25, 1.0));
//! # Ok::<(), delta_radiomics::features::FeatureError>(())
//! ```

use super::{
    Definition, Extent, Feature, FeatureInfo, FeatureUnit, IntensityMeaning, OffsetResponse, RatioScale,
    Standing, Szm,
};
use crate::features::roi::Roi;
use crate::features::texture::directions::AMONG_NEIGHBOURS;
use crate::features::texture::zone_matrix::ZoneMatrix;
use crate::record::{Aggregation, Family, Outcome, Reason};

impl Definition for Szm {
    const NAME: &'static str = "grey level size zone";
    const SECTION: &'static str = "3.8";
    type Source = ZoneMatrix;
    const FEATURES: &'static [Feature<ZoneMatrix>] = FEATURES;
    const AGGREGATIONS: &'static [Aggregation] = &AMONG_NEIGHBOURS;

    fn prepare(roi: &Roi, wanted: &[Aggregation]) {
        roi.find_zones(wanted);
    }

    fn sources(roi: &Roi, wanted: &[Aggregation]) -> Vec<Result<Vec<ZoneMatrix>, Reason>> {
        ZoneMatrix::sources(roi, wanted, |zone| zone.size)
    }
}

/// What most features of the family have in common.
const BASE: FeatureInfo = FeatureInfo {
    tag: "",
    name: "",
    ibsi: "",
    family: Family::new("szm"),
    unit: FeatureUnit::None,
    ratio: RatioScale::Always,
    offset: OffsetResponse::Invariant,
    extent: Extent::Independent,
    intensities: IntensityMeaning::Binned,
    standing: Standing::Referenced,
    definition: "",
};

const FEATURES: &[Feature<ZoneMatrix>] = &[
    Feature {
        info: FeatureInfo {
            tag: "szm_sze",
            name: "Small zone emphasis",
            ibsi: "5QRC",
            definition: "Mean of 1 / s^2 over the zones.",
            ..BASE
        },
        value: |m| Outcome::finite(m.table.mean_of_extents(|j| 1.0 / (j * j))),
    },
    Feature {
        info: FeatureInfo {
            tag: "szm_lze",
            name: "Large zone emphasis",
            ibsi: "48P8",
            definition: "Mean of s^2.",
            ..BASE
        },
        value: |m| Outcome::finite(m.table.mean_of_extents(|j| j * j)),
    },
    Feature {
        info: FeatureInfo {
            tag: "szm_lgze",
            name: "Low grey level zone emphasis",
            ibsi: "XMSY",
            ratio: RatioScale::Never,
            offset: OffsetResponse::Shifts,
            definition: "Mean of 1 / i^2.",
            ..BASE
        },
        value: |m| Outcome::finite(m.table.mean_of_levels(|i| 1.0 / (i * i))),
    },
    Feature {
        info: FeatureInfo {
            tag: "szm_hgze",
            name: "High grey level zone emphasis",
            ibsi: "5GN9",
            ratio: RatioScale::Never,
            offset: OffsetResponse::Shifts,
            definition: "Mean of i^2.",
            ..BASE
        },
        value: |m| Outcome::finite(m.table.mean_of_levels(|i| i * i)),
    },
    Feature {
        info: FeatureInfo {
            tag: "szm_szlge",
            name: "Small zone low grey level emphasis",
            ibsi: "5RAI",
            ratio: RatioScale::Never,
            offset: OffsetResponse::Shifts,
            definition: "Mean of 1 / (i^2 s^2).",
            ..BASE
        },
        value: |m| Outcome::finite(m.table.mean(|i, j| 1.0 / (i * i * j * j))),
    },
    Feature {
        info: FeatureInfo {
            tag: "szm_szhge",
            name: "Small zone high grey level emphasis",
            ibsi: "HW1V",
            ratio: RatioScale::Never,
            offset: OffsetResponse::Shifts,
            definition: "Mean of i^2 / s^2.",
            ..BASE
        },
        value: |m| Outcome::finite(m.table.mean(|i, j| i * i / (j * j))),
    },
    Feature {
        info: FeatureInfo {
            tag: "szm_lzlge",
            name: "Large zone low grey level emphasis",
            ibsi: "YH51",
            ratio: RatioScale::Never,
            offset: OffsetResponse::Shifts,
            definition: "Mean of s^2 / i^2.",
            ..BASE
        },
        value: |m| Outcome::finite(m.table.mean(|i, j| j * j / (i * i))),
    },
    Feature {
        info: FeatureInfo {
            tag: "szm_lzhge",
            name: "Large zone high grey level emphasis",
            ibsi: "J17V",
            ratio: RatioScale::Never,
            offset: OffsetResponse::Shifts,
            definition: "Mean of i^2 s^2.",
            ..BASE
        },
        value: |m| Outcome::finite(m.table.mean(|i, j| i * i * j * j)),
    },
    Feature {
        info: FeatureInfo {
            tag: "szm_glnu",
            name: "Grey level non-uniformity",
            ibsi: "JNSA",
            extent: Extent::OfRegion,
            definition: "Sum over i of n_i^2, divided by N_z, n_i the number of zones of level i.",
            ..BASE
        },
        value: |m| Outcome::finite(m.table.non_uniformity_of_levels()),
    },
    Feature {
        info: FeatureInfo {
            tag: "szm_glnu_norm",
            name: "Normalised grey level non-uniformity",
            ibsi: "Y1RO",
            definition: "Sum over i of n_i^2, divided by N_z^2.",
            ..BASE
        },
        value: |m| Outcome::finite(m.table.non_uniformity_of_levels() / m.table.total()),
    },
    Feature {
        info: FeatureInfo {
            tag: "szm_zsnu",
            name: "Zone size non-uniformity",
            ibsi: "4JP3",
            extent: Extent::OfRegion,
            definition: "Sum over s of n_s^2, divided by N_z, n_s the number of zones of size s.",
            ..BASE
        },
        value: |m| Outcome::finite(m.table.non_uniformity_of_extents()),
    },
    Feature {
        info: FeatureInfo {
            tag: "szm_zsnu_norm",
            name: "Normalised zone size non-uniformity",
            ibsi: "VB3A",
            definition: "Sum over s of n_s^2, divided by N_z^2.",
            ..BASE
        },
        value: |m| Outcome::finite(m.table.non_uniformity_of_extents() / m.table.total()),
    },
    Feature {
        info: FeatureInfo {
            tag: "szm_z_perc",
            name: "Zone percentage",
            ibsi: "P30P",
            definition: "N_z / N_v, N_v the number of voxels of the intensity mask.",
            ..BASE
        },
        value: |m| Outcome::finite(m.table.total() / m.voxels),
    },
    Feature {
        info: FeatureInfo {
            tag: "szm_gl_var",
            name: "Grey level variance",
            ibsi: "BYLV",
            definition: "Variance of i over the zones.",
            ..BASE
        },
        value: |m| Outcome::finite(m.table.variance_of_levels()),
    },
    Feature {
        info: FeatureInfo {
            tag: "szm_zs_var",
            name: "Zone size variance",
            ibsi: "3NSA",
            definition: "Variance of s over the zones.",
            ..BASE
        },
        value: |m| Outcome::finite(m.table.variance_of_extents()),
    },
    Feature {
        info: FeatureInfo {
            tag: "szm_zs_entr",
            name: "Zone size entropy",
            ibsi: "GU8N",
            definition: "-sum p log2 p, p the share of zones with level i and size s.",
            ..BASE
        },
        value: |m| Outcome::finite(m.table.entropy()),
    },
];
