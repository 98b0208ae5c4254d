//! Neighbouring grey level dependence (IBSI 3.11): on how many neighbours with its grey level a voxel depends.
//!
//! Neighbours are one step apart (Chebyshev distance 1) and inside the intensity mask; one is depended on where its
//! level is the same (coarseness 0). The dependence of a voxel is one more than the number of these neighbours. Each
//! voxel stands once in the matrix s(i, j) of levels i and dependences j, so that N is the number of voxels.
//!
//! Worked example, levels 1, 1, 2 in a row: the dependences are 2, 2 and 1. Low dependence emphasis
//! (2 x 1/4 + 1) / 3 = 0.5, high dependence emphasis (2 x 4 + 1) / 3 = 3, grey level non-uniformity
//! (2^2 + 1^2) / 3 = 5/3.
//!
//! ```
//! use delta_radiomics::features::{discretise::Levels, registry::{Definition, Ngl, dependence::Matrix}};
//! use delta_radiomics::features::{roi::Block, settings::Discretise};
//! use delta_radiomics::features::texture::{dependences::DependenceCounts, links::Links};
//! let block = Block { dims: [3, 1, 1], spacing_mm: [1.0; 3], region: vec![true; 3], counted: vec![true; 3],
//!     intensities: vec![1.0, 1.0, 2.0] };
//! let levels = Levels::new(&block, &Discretise::of_size(1.0, 1.0))?;
//! let matrix = Matrix::new(&DependenceCounts::in_space(&levels, &Links::of(&levels)), &levels);
//! let value = |tag: &str| {
//!     let row = Ngl::FEATURES.iter().find(|f| f.info.tag == tag).unwrap();
//!     (row.value)(&matrix).value().unwrap()
//! };
//! assert_eq!((value("ngl_lde"), value("ngl_hde"), value("ngl_glnu")), (0.5, 3.0, 5.0 / 3.0));
//! # Ok::<(), delta_radiomics::features::FeatureError>(())
//! ```

use super::{
    Definition, Extent, Feature, FeatureInfo, FeatureUnit, IntensityMeaning, Ngl, OffsetResponse, RatioScale,
    Standing,
};
use crate::features::discretise::Levels;
use crate::features::roi::Roi;
use crate::features::texture::dependences::{Dependence, DependenceCounts};
use crate::features::texture::directions::AMONG_NEIGHBOURS;
use crate::record::{Aggregation, Family, Outcome, Reason};

impl Definition for Ngl {
    const NAME: &'static str = "neighbouring grey level dependence";
    const SECTION: &'static str = "3.11";
    type Source = Matrix;
    const FEATURES: &'static [Feature<Matrix>] = FEATURES;
    const AGGREGATIONS: &'static [Aggregation] = &AMONG_NEIGHBOURS;

    fn prepare(roi: &Roi, _: &[Aggregation]) {
        roi.links();
    }

    fn sources(roi: &Roi, wanted: &[Aggregation]) -> Vec<Result<Vec<Matrix>, Reason>> {
        let levels = &roi.levels;
        if levels.slices.is_empty() {
            return wanted.iter().map(|_| Err(Reason::EmptyRoi)).collect();
        }
        let in_plane = wanted.iter().any(|a| *a != Aggregation::ThreeD);
        let slices = if in_plane { DependenceCounts::by_slice(levels, roi.links()) } else { Vec::new() };
        let matrices = |aggregation: &Aggregation| {
            let counts = match aggregation {
                Aggregation::TwoD => slices.clone(),
                Aggregation::TwoHalfD => vec![DependenceCounts::merged(&slices)],
                _ => vec![DependenceCounts::in_space(levels, roi.links())],
            };
            Ok(counts.iter().map(|c| Matrix::new(c, levels)).collect())
        };
        wanted.iter().map(matrices).collect()
    }
}

/// Voxels by level and dependence, with the margins.
#[derive(Clone, Debug)]
pub struct Matrix {
    /// Level i, dependence j, probability p(i, j) = s(i, j) / N.
    cells: Vec<(f64, f64, f64)>,
    /// Probability of each level.
    levels: Vec<(f64, f64)>,
    /// Probability of each dependence.
    dependences: Vec<(f64, f64)>,
    /// N.
    voxels: f64,
}

impl Matrix {
    /// From the dependences of at least one voxel.
    pub fn new(counts: &DependenceCounts, levels: &Levels) -> Self {
        let counts = counts.counts();
        let all = counts.iter().map(|c| c.count).sum::<u64>();
        let voxels = all as f64;
        let level = |place: u32| f64::from(levels.present[place as usize]);
        let cell = |c: &Dependence| (level(c.place), f64::from(c.dependence), c.count as f64 / voxels);
        let of_level = |run: &[Dependence]| {
            (level(run[0].place), run.iter().map(|c| c.count).sum::<u64>() as f64 / voxels)
        };
        let most = counts.iter().map(|c| c.dependence).max().unwrap_or(0);
        let mut of_dependence = vec![0; most as usize + 1];
        for c in counts {
            of_dependence[c.dependence as usize] += c.count;
        }
        let dependences = of_dependence.into_iter().enumerate().filter(|d| d.1 > 0);
        Self {
            cells: counts.iter().map(cell).collect(),
            levels: counts.chunk_by(|a, b| a.place == b.place).map(of_level).collect(),
            dependences: dependences.map(|(j, count)| (j as f64, count as f64 / voxels)).collect(),
            voxels,
        }
    }
    fn joint(&self, f: impl Fn(f64, f64) -> f64) -> Outcome {
        Outcome::finite(self.cells.iter().map(|&(i, j, p)| f(i, j) * p).sum())
    }
    fn of_levels(&self, f: impl Fn(f64) -> f64) -> Outcome {
        Outcome::finite(expected(&self.levels, f))
    }
    fn of_dependences(&self, f: impl Fn(f64) -> f64) -> Outcome {
        Outcome::finite(expected(&self.dependences, f))
    }
}

fn expected(margin: &[(f64, f64)], f: impl Fn(f64) -> f64) -> f64 {
    margin.iter().map(|&(x, p)| f(x) * p).sum()
}

/// The sum of squared probabilities.
fn uniformity(margin: &[(f64, f64)]) -> f64 {
    margin.iter().map(|&(_, p)| p * p).sum()
}

fn variance(margin: &[(f64, f64)]) -> f64 {
    let mean = expected(margin, |x| x);
    expected(margin, |x| (x - mean) * (x - mean))
}

/// What most features of the family have in common.
const BASE: FeatureInfo = FeatureInfo {
    tag: "",
    name: "",
    ibsi: "",
    family: Family::new("ngl"),
    unit: FeatureUnit::None,
    ratio: RatioScale::Always,
    offset: OffsetResponse::Invariant,
    extent: Extent::Independent,
    intensities: IntensityMeaning::Binned,
    standing: Standing::Referenced,
    definition: "",
};

/// What features have in common that weigh grey levels by their number.
const OF_LEVELS: FeatureInfo =
    FeatureInfo { ratio: RatioScale::Never, offset: OffsetResponse::Shifts, ..BASE };

const FEATURES: &[Feature<Matrix>] = &[
    Feature {
        info: FeatureInfo {
            tag: "ngl_lde",
            name: "Low dependence emphasis",
            ibsi: "SODN",
            definition: "Mean of 1 / j^2 over all voxels.",
            ..BASE
        },
        value: |m| m.of_dependences(|j| 1.0 / (j * j)),
    },
    Feature {
        info: FeatureInfo {
            tag: "ngl_hde",
            name: "High dependence emphasis",
            ibsi: "IMOQ",
            definition: "Mean of j^2 over all voxels.",
            ..BASE
        },
        value: |m| m.of_dependences(|j| j * j),
    },
    Feature {
        info: FeatureInfo {
            tag: "ngl_lgce",
            name: "Low grey level count emphasis",
            ibsi: "TL9H",
            definition: "Mean of 1 / i^2 over all voxels.",
            ..OF_LEVELS
        },
        value: |m| m.of_levels(|i| 1.0 / (i * i)),
    },
    Feature {
        info: FeatureInfo {
            tag: "ngl_hgce",
            name: "High grey level count emphasis",
            ibsi: "OAE7",
            definition: "Mean of i^2 over all voxels.",
            ..OF_LEVELS
        },
        value: |m| m.of_levels(|i| i * i),
    },
    Feature {
        info: FeatureInfo {
            tag: "ngl_ldlge",
            name: "Low dependence low grey level emphasis",
            ibsi: "EQ3F",
            definition: "Mean of 1 / (i^2 j^2) over all voxels.",
            ..OF_LEVELS
        },
        value: |m| m.joint(|i, j| 1.0 / (i * i * j * j)),
    },
    Feature {
        info: FeatureInfo {
            tag: "ngl_ldhge",
            name: "Low dependence high grey level emphasis",
            ibsi: "JA6D",
            definition: "Mean of i^2 / j^2 over all voxels.",
            ..OF_LEVELS
        },
        value: |m| m.joint(|i, j| i * i / (j * j)),
    },
    Feature {
        info: FeatureInfo {
            tag: "ngl_hdlge",
            name: "High dependence low grey level emphasis",
            ibsi: "NBZI",
            definition: "Mean of j^2 / i^2 over all voxels.",
            ..OF_LEVELS
        },
        value: |m| m.joint(|i, j| j * j / (i * i)),
    },
    Feature {
        info: FeatureInfo {
            tag: "ngl_hdhge",
            name: "High dependence high grey level emphasis",
            ibsi: "9QMG",
            definition: "Mean of i^2 j^2 over all voxels.",
            ..OF_LEVELS
        },
        value: |m| m.joint(|i, j| i * i * j * j),
    },
    Feature {
        info: FeatureInfo {
            tag: "ngl_glnu",
            name: "Grey level non-uniformity",
            ibsi: "FP8K",
            extent: Extent::OfRegion,
            definition: "Sum over levels of s(i, .)^2, over N.",
            ..BASE
        },
        value: |m| Outcome::finite(uniformity(&m.levels) * m.voxels),
    },
    Feature {
        info: FeatureInfo {
            tag: "ngl_glnu_norm",
            name: "Normalised grey level non-uniformity",
            ibsi: "5SPA",
            definition: "Sum over levels of s(i, .)^2, over N^2.",
            ..BASE
        },
        value: |m| Outcome::finite(uniformity(&m.levels)),
    },
    Feature {
        info: FeatureInfo {
            tag: "ngl_dcnu",
            name: "Dependence count non-uniformity",
            ibsi: "Z87G",
            extent: Extent::OfRegion,
            definition: "Sum over dependences of s(., j)^2, over N.",
            ..BASE
        },
        value: |m| Outcome::finite(uniformity(&m.dependences) * m.voxels),
    },
    Feature {
        info: FeatureInfo {
            tag: "ngl_dcnu_norm",
            name: "Normalised dependence count non-uniformity",
            ibsi: "OKJI",
            definition: "Sum over dependences of s(., j)^2, over N^2.",
            ..BASE
        },
        value: |m| Outcome::finite(uniformity(&m.dependences)),
    },
    Feature {
        info: FeatureInfo {
            tag: "ngl_dc_perc",
            name: "Dependence count percentage",
            ibsi: "6XV8",
            definition: "Share of voxels that have a dependence: always 1.",
            ..BASE
        },
        value: |_| Outcome::Value(1.0),
    },
    Feature {
        info: FeatureInfo {
            tag: "ngl_gl_var",
            name: "Grey level variance",
            ibsi: "1PFV",
            definition: "Variance of i over all voxels.",
            ..BASE
        },
        value: |m| Outcome::finite(variance(&m.levels)),
    },
    Feature {
        info: FeatureInfo {
            tag: "ngl_dc_var",
            name: "Dependence count variance",
            ibsi: "DNX2",
            definition: "Variance of j over all voxels.",
            ..BASE
        },
        value: |m| Outcome::finite(variance(&m.dependences)),
    },
    Feature {
        info: FeatureInfo {
            tag: "ngl_dc_entr",
            name: "Dependence count entropy",
            ibsi: "FCBV",
            definition: "-sum p(i, j) log2 p(i, j).",
            ..BASE
        },
        value: |m| Outcome::finite(0.0 - m.cells.iter().map(|&(_, _, p)| p * libm::log2(p)).sum::<f64>()),
    },
    Feature {
        info: FeatureInfo {
            tag: "ngl_dc_energy",
            name: "Dependence count energy",
            ibsi: "CAS9",
            definition: "Sum p(i, j)^2.",
            ..BASE
        },
        value: |m| Outcome::finite(m.cells.iter().map(|&(_, _, p)| p * p).sum()),
    },
];
