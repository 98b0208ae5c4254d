//! Grey level distance zones (IBSI 3.9): how many zones have a grey level and a distance from the region's border.
//!
//! Zones are those of [`size_zone`](super::size_zone). The distance d of a voxel is the least number of steps between
//! face neighbours that lead out of the morphological mask or out of the image, so at least 1; in a slice steps stay
//! in the slice. A zone is as far from the border as the nearest of its voxels. i is its grey level, N_z the number of
//! zones.
//!
//! Worked example, a slice of 3 x 3 voxels of level 1 with one of level 2 in the middle: the ring reaches the border,
//! d = 1, and the middle is two steps from outside, d = 2. Large distance emphasis (1 + 4) / 2 = 2.5; large distance
//! high grey level emphasis (1 x 1 + 4 x 4) / 2 = 8.5; zone percentage 2/9; zone distance variance 0.25; entropy 1.
//!
//! ```
//! use delta_radiomics::features::{discretise::Levels, registry::{Definition, Dzm}};
//! use delta_radiomics::features::{roi::Block, settings::Discretise};
//! use delta_radiomics::features::texture::{directions::Space, links::Links, zone_matrix::ZoneMatrix, zones::Zones};
//! let block = Block { dims: [3, 3, 1], spacing_mm: [1.0; 3], region: vec![true; 9], counted: vec![true; 9],
//!     intensities: vec![1.0, 1.0, 1.0, 1.0, 2.0, 1.0, 1.0, 1.0, 1.0] };
//! let levels = Levels::new(&block, &Discretise::of_size(1.0, 1.0))?;
//! let zones = Zones::of(&levels, &Links::of(&levels), &block, Space::Slice);
//! let matrix = ZoneMatrix::new(&zones[0], |zone| zone.distance);
//! let value = |tag: &str| {
//!     let row = Dzm::FEATURES.iter().find(|f| f.info.tag == tag).unwrap();
//!     (row.value)(&matrix).value().unwrap()
//! };
//! assert_eq!((value("dzm_lde"), value("dzm_ldhge"), value("dzm_z_perc")), (2.5, 8.5, 2.0 / 9.0));
//! assert_eq!((value("dzm_zd_var"), value("dzm_zd_entr")), (0.25, 1.0));
//! # Ok::<(), delta_radiomics::features::FeatureError>(())
//! ```

use super::{
    Definition, Dzm, Extent, Feature, FeatureInfo, FeatureUnit, IntensityMeaning, OffsetResponse, RatioScale,
    Standing,
};
use crate::features::roi::Roi;
use crate::features::texture::directions::AMONG_NEIGHBOURS;
use crate::features::texture::zone_matrix::ZoneMatrix;
use crate::record::{Aggregation, Family, Outcome, Reason};

impl Definition for Dzm {
    const NAME: &'static str = "grey level distance zone";
    const SECTION: &'static str = "3.9";
    type Source = ZoneMatrix;
    const FEATURES: &'static [Feature<ZoneMatrix>] = FEATURES;
    const AGGREGATIONS: &'static [Aggregation] = &AMONG_NEIGHBOURS;

    fn prepare(roi: &Roi, wanted: &[Aggregation]) {
        roi.find_zones(wanted);
    }

    fn sources(roi: &Roi, wanted: &[Aggregation]) -> Vec<Result<Vec<ZoneMatrix>, Reason>> {
        ZoneMatrix::sources(roi, wanted, |zone| zone.distance)
    }
}

/// What most features of the family have in common.
const BASE: FeatureInfo = FeatureInfo {
    tag: "",
    name: "",
    ibsi: "",
    family: Family::new("dzm"),
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
            tag: "dzm_sde",
            name: "Small distance emphasis",
            ibsi: "0GBI",
            extent: Extent::OfRegion,
            definition: "Mean of 1 / d^2 over the zones.",
            ..BASE
        },
        value: |m| Outcome::finite(m.table.mean_of_extents(|j| 1.0 / (j * j))),
    },
    Feature {
        info: FeatureInfo {
            tag: "dzm_lde",
            name: "Large distance emphasis",
            ibsi: "MB4I",
            extent: Extent::OfRegion,
            definition: "Mean of d^2.",
            ..BASE
        },
        value: |m| Outcome::finite(m.table.mean_of_extents(|j| j * j)),
    },
    Feature {
        info: FeatureInfo {
            tag: "dzm_lgze",
            name: "Low grey level zone emphasis",
            ibsi: "S1RA",
            ratio: RatioScale::Never,
            offset: OffsetResponse::Shifts,
            definition: "Mean of 1 / i^2.",
            ..BASE
        },
        value: |m| Outcome::finite(m.table.mean_of_levels(|i| 1.0 / (i * i))),
    },
    Feature {
        info: FeatureInfo {
            tag: "dzm_hgze",
            name: "High grey level zone emphasis",
            ibsi: "K26C",
            ratio: RatioScale::Never,
            offset: OffsetResponse::Shifts,
            definition: "Mean of i^2.",
            ..BASE
        },
        value: |m| Outcome::finite(m.table.mean_of_levels(|i| i * i)),
    },
    Feature {
        info: FeatureInfo {
            tag: "dzm_sdlge",
            name: "Small distance low grey level emphasis",
            ibsi: "RUVG",
            ratio: RatioScale::Never,
            offset: OffsetResponse::Shifts,
            extent: Extent::OfRegion,
            definition: "Mean of 1 / (i^2 d^2).",
            ..BASE
        },
        value: |m| Outcome::finite(m.table.mean(|i, j| 1.0 / (i * i * j * j))),
    },
    Feature {
        info: FeatureInfo {
            tag: "dzm_sdhge",
            name: "Small distance high grey level emphasis",
            ibsi: "DKNJ",
            ratio: RatioScale::Never,
            offset: OffsetResponse::Shifts,
            extent: Extent::OfRegion,
            definition: "Mean of i^2 / d^2.",
            ..BASE
        },
        value: |m| Outcome::finite(m.table.mean(|i, j| i * i / (j * j))),
    },
    Feature {
        info: FeatureInfo {
            tag: "dzm_ldlge",
            name: "Large distance low grey level emphasis",
            ibsi: "A7WM",
            ratio: RatioScale::Never,
            offset: OffsetResponse::Shifts,
            extent: Extent::OfRegion,
            definition: "Mean of d^2 / i^2.",
            ..BASE
        },
        value: |m| Outcome::finite(m.table.mean(|i, j| j * j / (i * i))),
    },
    Feature {
        info: FeatureInfo {
            tag: "dzm_ldhge",
            name: "Large distance high grey level emphasis",
            ibsi: "KLTH",
            ratio: RatioScale::Never,
            offset: OffsetResponse::Shifts,
            extent: Extent::OfRegion,
            definition: "Mean of i^2 d^2.",
            ..BASE
        },
        value: |m| Outcome::finite(m.table.mean(|i, j| i * i * j * j)),
    },
    Feature {
        info: FeatureInfo {
            tag: "dzm_glnu",
            name: "Grey level non-uniformity",
            ibsi: "VFT7",
            extent: Extent::OfRegion,
            definition: "Sum over i of n_i^2, divided by N_z, n_i the number of zones of level i.",
            ..BASE
        },
        value: |m| Outcome::finite(m.table.non_uniformity_of_levels()),
    },
    Feature {
        info: FeatureInfo {
            tag: "dzm_glnu_norm",
            name: "Normalised grey level non-uniformity",
            ibsi: "7HP3",
            definition: "Sum over i of n_i^2, divided by N_z^2.",
            ..BASE
        },
        value: |m| Outcome::finite(m.table.non_uniformity_of_levels() / m.table.total()),
    },
    Feature {
        info: FeatureInfo {
            tag: "dzm_zdnu",
            name: "Zone distance non-uniformity",
            ibsi: "V294",
            extent: Extent::OfRegion,
            definition: "Sum over d of n_d^2, divided by N_z, n_d the number of zones of distance d.",
            ..BASE
        },
        value: |m| Outcome::finite(m.table.non_uniformity_of_extents()),
    },
    Feature {
        info: FeatureInfo {
            tag: "dzm_zdnu_norm",
            name: "Normalised zone distance non-uniformity",
            ibsi: "IATH",
            extent: Extent::OfRegion,
            definition: "Sum over d of n_d^2, divided by N_z^2.",
            ..BASE
        },
        value: |m| Outcome::finite(m.table.non_uniformity_of_extents() / m.table.total()),
    },
    Feature {
        info: FeatureInfo {
            tag: "dzm_z_perc",
            name: "Zone percentage",
            ibsi: "VIWW",
            definition: "N_z / N_v, N_v the number of voxels of the intensity mask.",
            ..BASE
        },
        value: |m| Outcome::finite(m.table.total() / m.voxels),
    },
    Feature {
        info: FeatureInfo {
            tag: "dzm_gl_var",
            name: "Grey level variance",
            ibsi: "QK93",
            definition: "Variance of i over the zones.",
            ..BASE
        },
        value: |m| Outcome::finite(m.table.variance_of_levels()),
    },
    Feature {
        info: FeatureInfo {
            tag: "dzm_zd_var",
            name: "Zone distance variance",
            ibsi: "7WT1",
            extent: Extent::OfRegion,
            definition: "Variance of d over the zones.",
            ..BASE
        },
        value: |m| Outcome::finite(m.table.variance_of_extents()),
    },
    Feature {
        info: FeatureInfo {
            tag: "dzm_zd_entr",
            name: "Zone distance entropy",
            ibsi: "GBDU",
            extent: Extent::OfRegion,
            definition: "-sum p log2 p, p the share of zones with level i and distance d.",
            ..BASE
        },
        value: |m| Outcome::finite(m.table.entropy()),
    },
];
