//! Grey level run lengths (IBSI 3.7): how many runs have a grey level and a length.
//!
//! A run is a row of voxels of one grey level along a direction, as long as it can be; it ends where the intensity
//! mask does. Its length r is its number of voxels; i is its grey level, N_r the number of runs. A voxel belongs to one
//! run in each direction.
//!
//! Worked example, levels 1, 1, 2 in a row, along it: a run of level 1 and length 2, and one of level 2 and length 1.
//! Short runs emphasis (1/4 + 1) / 2 = 0.625; long run high grey level emphasis (1 x 4 + 4 x 1) / 2 = 4; run
//! percentage 2/3; run length variance 0.25; entropy 1. Across it there are three runs of length 1: run percentage 1.
//!
//! ```
//! use delta_radiomics::features::{discretise::Levels, registry::{Definition, Rlm, run_length::matrix}};
//! use delta_radiomics::features::{roi::Block, settings::Discretise};
//! use delta_radiomics::features::texture::{links::Links, runs};
//! use delta_radiomics::record::Aggregation::ThreeDAvg;
//! let block = Block { dims: [3, 1, 1], spacing_mm: [1.0; 3], region: vec![true; 3], counted: vec![true; 3],
//!     intensities: vec![1.0, 1.0, 2.0] };
//! let levels = Levels::new(&block, &Discretise::of_size(1.0, 1.0))?;
//! let counts = runs::count(&levels, &Links::of(&levels), &[ThreeDAvg]).matrices(ThreeDAvg);
//! let (along, across) = (matrix(&counts[0], &levels), matrix(&counts[1], &levels));
//! let value = |tag: &str, matrix| {
//!     let row = Rlm::FEATURES.iter().find(|f| f.info.tag == tag).unwrap();
//!     (row.value)(matrix).value().unwrap()
//! };
//! assert_eq!((value("rlm_sre", &along), value("rlm_lrhge", &along)), (0.625, 4.0));
//! assert_eq!((value("rlm_rl_var", &along), value("rlm_rl_entr", &along)), (0.25, 1.0));
//! assert!((value("rlm_r_perc", &along) - 2.0 / 3.0).abs() < 1e-15);
//! assert_eq!(value("rlm_r_perc", &across), 1.0);
//! # Ok::<(), delta_radiomics::features::FeatureError>(())
//! ```

use super::{
    Definition, Extent, Feature, FeatureInfo, FeatureUnit, IntensityMeaning, OffsetResponse, RatioScale, Rlm,
    Standing,
};
use crate::features::discretise::Levels;
use crate::features::roi::Roi;
use crate::features::texture::counts::Counts;
use crate::features::texture::cross_table::CrossTable;
use crate::features::texture::directions::ALONG_DIRECTIONS;
use crate::features::texture::runs;
use crate::record::{Aggregation, Family, Outcome, Reason};

impl Definition for Rlm {
    const NAME: &'static str = "grey level run length";
    const SECTION: &'static str = "3.7";
    type Source = CrossTable;
    const FEATURES: &'static [Feature<CrossTable>] = FEATURES;
    const AGGREGATIONS: &'static [Aggregation] = &ALONG_DIRECTIONS;

    fn prepare(roi: &Roi, _: &[Aggregation]) {
        roi.links();
    }

    fn sources(roi: &Roi, wanted: &[Aggregation]) -> Vec<Result<Vec<CrossTable>, Reason>> {
        if roi.levels.slices.is_empty() {
            return wanted.iter().map(|_| Err(Reason::EmptyRoi)).collect();
        }
        let runs = runs::count(&roi.levels, roi.links(), wanted);
        let matrices = |aggregation: &Aggregation| {
            Ok(runs.matrices(*aggregation).iter().map(|counts| matrix(counts, &roi.levels)).collect())
        };
        wanted.iter().map(matrices).collect()
    }
}

/// How many runs have grey level i and length r. There must be at least one run.
pub fn matrix(counts: &Counts, levels: &Levels) -> CrossTable {
    let cells = counts.cells().iter().map(|c| (levels.present[c.row as usize], c.column, c.count));
    CrossTable::new(cells)
}

/// What most features of the family have in common.
const BASE: FeatureInfo = FeatureInfo {
    tag: "",
    name: "",
    ibsi: "",
    family: Family::new("rlm"),
    unit: FeatureUnit::None,
    ratio: RatioScale::Always,
    offset: OffsetResponse::Invariant,
    extent: Extent::Independent,
    intensities: IntensityMeaning::Binned,
    standing: Standing::Referenced,
    definition: "",
};

const FEATURES: &[Feature<CrossTable>] = &[
    Feature {
        info: FeatureInfo {
            tag: "rlm_sre",
            name: "Short runs emphasis",
            ibsi: "22OV",
            definition: "Mean of 1 / r^2 over the runs.",
            ..BASE
        },
        value: |m| Outcome::finite(m.mean_of_extents(|j| 1.0 / (j * j))),
    },
    Feature {
        info: FeatureInfo {
            tag: "rlm_lre",
            name: "Long runs emphasis",
            ibsi: "W4KF",
            definition: "Mean of r^2.",
            ..BASE
        },
        value: |m| Outcome::finite(m.mean_of_extents(|j| j * j)),
    },
    Feature {
        info: FeatureInfo {
            tag: "rlm_lgre",
            name: "Low grey level run emphasis",
            ibsi: "V3SW",
            ratio: RatioScale::Never,
            offset: OffsetResponse::Shifts,
            definition: "Mean of 1 / i^2.",
            ..BASE
        },
        value: |m| Outcome::finite(m.mean_of_levels(|i| 1.0 / (i * i))),
    },
    Feature {
        info: FeatureInfo {
            tag: "rlm_hgre",
            name: "High grey level run emphasis",
            ibsi: "G3QZ",
            ratio: RatioScale::Never,
            offset: OffsetResponse::Shifts,
            definition: "Mean of i^2.",
            ..BASE
        },
        value: |m| Outcome::finite(m.mean_of_levels(|i| i * i)),
    },
    Feature {
        info: FeatureInfo {
            tag: "rlm_srlge",
            name: "Short run low grey level emphasis",
            ibsi: "HTZT",
            ratio: RatioScale::Never,
            offset: OffsetResponse::Shifts,
            definition: "Mean of 1 / (i^2 r^2).",
            ..BASE
        },
        value: |m| Outcome::finite(m.mean(|i, j| 1.0 / (i * i * j * j))),
    },
    Feature {
        info: FeatureInfo {
            tag: "rlm_srhge",
            name: "Short run high grey level emphasis",
            ibsi: "GD3A",
            ratio: RatioScale::Never,
            offset: OffsetResponse::Shifts,
            definition: "Mean of i^2 / r^2.",
            ..BASE
        },
        value: |m| Outcome::finite(m.mean(|i, j| i * i / (j * j))),
    },
    Feature {
        info: FeatureInfo {
            tag: "rlm_lrlge",
            name: "Long run low grey level emphasis",
            ibsi: "IVPO",
            ratio: RatioScale::Never,
            offset: OffsetResponse::Shifts,
            definition: "Mean of r^2 / i^2.",
            ..BASE
        },
        value: |m| Outcome::finite(m.mean(|i, j| j * j / (i * i))),
    },
    Feature {
        info: FeatureInfo {
            tag: "rlm_lrhge",
            name: "Long run high grey level emphasis",
            ibsi: "3KUM",
            ratio: RatioScale::Never,
            offset: OffsetResponse::Shifts,
            definition: "Mean of i^2 r^2.",
            ..BASE
        },
        value: |m| Outcome::finite(m.mean(|i, j| i * i * j * j)),
    },
    Feature {
        info: FeatureInfo {
            tag: "rlm_glnu",
            name: "Grey level non-uniformity",
            ibsi: "R5YN",
            extent: Extent::OfRegion,
            definition: "Sum over i of n_i^2, divided by N_r, n_i the number of runs of level i.",
            ..BASE
        },
        value: |m| Outcome::finite(m.non_uniformity_of_levels()),
    },
    Feature {
        info: FeatureInfo {
            tag: "rlm_glnu_norm",
            name: "Normalised grey level non-uniformity",
            ibsi: "OVBL",
            definition: "Sum over i of n_i^2, divided by N_r^2.",
            ..BASE
        },
        value: |m| Outcome::finite(m.non_uniformity_of_levels() / m.total()),
    },
    Feature {
        info: FeatureInfo {
            tag: "rlm_rlnu",
            name: "Run length non-uniformity",
            ibsi: "W92Y",
            extent: Extent::OfRegion,
            definition: "Sum over r of n_r^2, divided by N_r, n_r the number of runs of length r.",
            ..BASE
        },
        value: |m| Outcome::finite(m.non_uniformity_of_extents()),
    },
    Feature {
        info: FeatureInfo {
            tag: "rlm_rlnu_norm",
            name: "Normalised run length non-uniformity",
            ibsi: "IC23",
            definition: "Sum over r of n_r^2, divided by N_r^2.",
            ..BASE
        },
        value: |m| Outcome::finite(m.non_uniformity_of_extents() / m.total()),
    },
    Feature {
        info: FeatureInfo {
            tag: "rlm_r_perc",
            name: "Run percentage",
            ibsi: "9ZK5",
            definition: "N_r / N_v, N_v the number of voxels, once for each direction: 1 / the mean of r.",
            ..BASE
        },
        value: |m| Outcome::finite(1.0 / m.mean_of_extents(|j| j)),
    },
    Feature {
        info: FeatureInfo {
            tag: "rlm_gl_var",
            name: "Grey level variance",
            ibsi: "8CE5",
            definition: "Variance of i over the runs.",
            ..BASE
        },
        value: |m| Outcome::finite(m.variance_of_levels()),
    },
    Feature {
        info: FeatureInfo {
            tag: "rlm_rl_var",
            name: "Run length variance",
            ibsi: "SXLW",
            definition: "Variance of r over the runs.",
            ..BASE
        },
        value: |m| Outcome::finite(m.variance_of_extents()),
    },
    Feature {
        info: FeatureInfo {
            tag: "rlm_rl_entr",
            name: "Run entropy",
            ibsi: "HJ9O",
            definition: "-sum p log2 p, p the share of runs with level i and length r.",
            ..BASE
        },
        value: |m| Outcome::finite(m.entropy()),
    },
];
