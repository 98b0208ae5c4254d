//! Neighbourhood grey tone difference (IBSI 3.10): how far grey levels lie from the mean of their neighbours.
//!
//! Neighbours are one step apart (Chebyshev distance 1) and inside the intensity mask; a voxel without any is left
//! out. For each grey level i there are n_i voxels, the share p_i of all N of them, and s_i, the sum over them of the
//! distance between i and the mean level of the neighbours. Merged over slices, n_i and s_i are added up.
//!
//! Worked example, levels 1, 1, 2 in a row: the means of the neighbours are 1, 1.5 and 1. So level 1 has p = 2/3 and
//! s = 0 + 0.5, level 2 has p = 1/3 and s = 1. Coarseness 1 / (2/3 x 0.5 + 1/3 x 1) = 1.5. Contrast: both orders of
//! (1, 2) give 2 x 2/3 x 1/3 = 4/9, over 2 x 1, times 1.5 / 3: 1/9. Busyness: i p_i is 2/3 for both, so there is none.
//! Strength 2 x (2/3 + 1/3) x 1 / 1.5 = 4/3.
//!
//! ```
//! use delta_radiomics::features::{discretise::Levels, registry::{Definition, Ngt, tone_difference::Matrix}};
//! use delta_radiomics::features::{roi::Block, settings::{Discretise, Method}, texture::tones::Tones};
//! use delta_radiomics::record::{Outcome, Reason};
//! let block = Block { dims: [3, 1, 1], spacing_mm: [1.0; 3], region: vec![true; 3], counted: vec![true; 3],
//!     intensities: vec![1.0, 1.0, 2.0] };
//! let bins = Discretise { method: Method::FixedBinSize, size: Some(1.0), number: None, lower_bound: Some(1.0),
//!     ivh: None };
//! let matrix = Matrix::new(&Tones::in_space(&Levels::new(&block, &bins)?));
//! let outcome = |tag: &str| {
//!     let row = Ngt::FEATURES.iter().find(|f| f.info.tag == tag).unwrap();
//!     (row.value)(&matrix)
//! };
//! let is = |tag: &str, value: f64| (outcome(tag).value().unwrap() - value).abs() < 1e-12;
//! assert!(is("ngt_coarseness", 1.5) && is("ngt_contrast", 1.0 / 9.0) && is("ngt_strength", 4.0 / 3.0));
//! assert_eq!(outcome("ngt_busyness"), Outcome::Undefined(Reason::ZeroDenominator));
//! # Ok::<(), delta_radiomics::features::FeatureError>(())
//! ```

use std::collections::BTreeMap;

use super::{
    Definition, Extent, Feature, FeatureInfo, FeatureUnit, IntensityMeaning, Ngt, OffsetResponse, RatioScale,
    Standing,
};
use crate::features::roi::Roi;
use crate::features::texture::directions::AMONG_NEIGHBOURS;
use crate::features::texture::tones::{Tone, Tones};
use crate::record::{Aggregation, Family, Outcome, Reason};

impl Definition for Ngt {
    const NAME: &'static str = "neighbourhood grey tone difference";
    const SECTION: &'static str = "3.10";
    type Source = Matrix;
    const FEATURES: &'static [Feature<Matrix>] = FEATURES;
    const AGGREGATIONS: &'static [Aggregation] = &AMONG_NEIGHBOURS;

    fn sources(roi: &Roi, wanted: &[Aggregation]) -> Vec<Result<Vec<Matrix>, Reason>> {
        if roi.levels.slices.is_empty() {
            return wanted.iter().map(|_| Err(Reason::EmptyRoi)).collect();
        }
        let in_plane = wanted.iter().any(|a| *a != Aggregation::ThreeD);
        let slices = if in_plane { Tones::by_slice(&roi.levels) } else { Vec::new() };
        let matrices = |aggregation: &Aggregation| {
            let tones = match aggregation {
                Aggregation::TwoD => slices.clone(),
                Aggregation::TwoHalfD => vec![Tones::merged(&slices)],
                _ => vec![Tones::in_space(&roi.levels)],
            };
            let matrices: Vec<Matrix> = tones.iter().filter(|t| !t.is_empty()).map(Matrix::new).collect();
            if matrices.is_empty() { Err(Reason::NoNeighbours) } else { Ok(matrices) }
        };
        wanted.iter().map(matrices).collect()
    }
}

/// The largest coarseness: that of a region whose grey levels are all the mean of their neighbours.
const COARSEST: f64 = 1e6;

/// A row of the matrix.
#[derive(Clone, Copy, Debug)]
struct Row {
    /// Grey level i.
    level: f64,
    /// n_i, the number of its voxels.
    voxels: u64,
    /// p_i, their share.
    share: f64,
    /// s_i.
    difference: f64,
}

/// Grey levels of voxels with neighbours: shares and sums of differences.
#[derive(Clone, Debug)]
pub struct Matrix {
    rows: Vec<Row>,
    /// N, the number of voxels with neighbours.
    voxels: f64,
}

impl Matrix {
    /// From the levels of at least one voxel that has neighbours.
    pub fn new(tones: &Tones) -> Self {
        let voxels = tones.tones().iter().map(|t| t.voxels).sum::<u64>() as f64;
        let row = |t: &Tone| Row {
            level: f64::from(t.level),
            voxels: t.voxels,
            share: t.voxels as f64 / voxels,
            difference: t.difference,
        };
        Self { rows: tones.tones().iter().map(row).collect(), voxels }
    }
    fn sum(&self, f: impl Fn(&Row) -> f64) -> f64 {
        self.rows.iter().map(f).sum()
    }
    fn weighted_difference(&self) -> f64 {
        self.sum(|r| r.share * r.difference)
    }
    fn difference(&self) -> f64 {
        self.sum(|r| r.difference)
    }
    fn coarseness(&self) -> f64 {
        (1.0 / self.weighted_difference()).min(COARSEST)
    }
    /// The double sum of p_i p_j (i - j)^2 is twice the variance of the levels.
    fn contrast(&self) -> f64 {
        let present = self.rows.len() as f64;
        if self.rows.len() == 1 {
            return 0.0;
        }
        let mean = self.sum(|r| r.share * r.level);
        let variance = self.sum(|r| r.share * (r.level - mean) * (r.level - mean));
        2.0 * variance / (present * (present - 1.0)) * self.difference() / self.voxels
    }
    /// Between the k-th and the next of n ascending numbers lie k (n - k) pairs: their distances add up gap by gap.
    fn busyness(&self) -> Outcome {
        if self.rows.len() == 1 {
            return Outcome::Value(0.0);
        }
        let mut products: Vec<f64> = self.rows.iter().map(|r| r.level * r.voxels as f64).collect();
        products.sort_by(f64::total_cmp);
        let pairs = |below: usize| (below * (products.len() - below)) as f64;
        let gaps = products.windows(2).enumerate().map(|(n, pair)| (pair[1] - pair[0]) * pairs(n + 1));
        let distances = 2.0 * gaps.sum::<f64>() / self.voxels;
        if distances == 0.0 {
            return Outcome::Undefined(Reason::ZeroDenominator);
        }
        Outcome::finite(self.weighted_difference() / distances)
    }
    /// Levels with equally many voxels share their p, of which there are few: the distances between two such groups
    /// of levels add up in one walk along both.
    fn complexity(&self) -> f64 {
        let mut groups: BTreeMap<u64, Vec<Row>> = BTreeMap::new();
        for row in &self.rows {
            groups.entry(row.voxels).or_default().push(*row);
        }
        let mut sum = 0.0;
        for (n, of) in &groups {
            for (m, to) in &groups {
                sum += 2.0 * weighted_distances(of, to) / (n + m) as f64;
            }
        }
        // Shares are voxels over N, once in the numerator and once in the denominator.
        sum / self.voxels
    }
    /// The double sum of (p_i + p_j) (i - j)^2 is 2 sum p_i D_i, D_i the squared distances of i from all levels.
    fn strength(&self) -> f64 {
        let difference = self.difference();
        if difference == 0.0 {
            return 0.0;
        }
        let present = self.rows.len() as f64;
        let mean = self.sum(|r| r.level) / present;
        let spread = self.sum(|r| (r.level - mean) * (r.level - mean));
        let distances = |r: &Row| present * (r.level - mean) * (r.level - mean) + spread;
        2.0 * self.sum(|r| r.share * distances(r)) / difference
    }
}

/// The sum over levels i of one group and j of another of n_i s_i |i - j|; both ascend.
fn weighted_distances(of: &[Row], to: &[Row]) -> f64 {
    let origin = to[0].level;
    let total: f64 = to.iter().map(|r| r.level - origin).sum();
    let (mut below, mut sum_below, mut sum) = (0, 0.0, 0.0);
    for row in of {
        while below < to.len() && to[below].level <= row.level {
            sum_below += to[below].level - origin;
            below += 1;
        }
        let (level, above) = (row.level - origin, to.len() - below);
        let distances = (level * below as f64 - sum_below) + (total - sum_below - level * above as f64);
        sum += row.voxels as f64 * row.difference * distances;
    }
    sum
}

/// What most features of the family have in common.
const BASE: FeatureInfo = FeatureInfo {
    tag: "",
    name: "",
    ibsi: "",
    family: Family::new("ngt"),
    unit: FeatureUnit::None,
    ratio: RatioScale::Always,
    offset: OffsetResponse::Invariant,
    extent: Extent::Independent,
    intensities: IntensityMeaning::Binned,
    standing: Standing::Referenced,
    definition: "",
};

const FEATURES: &[Feature<Matrix>] = &[
    Feature {
        info: FeatureInfo {
            tag: "ngt_coarseness",
            name: "Coarseness",
            ibsi: "QCDE",
            extent: Extent::OfRegion,
            definition: "1 / sum p_i s_i, at most 10^6.",
            ..BASE
        },
        value: |m| Outcome::finite(m.coarseness()),
    },
    Feature {
        info: FeatureInfo {
            tag: "ngt_contrast",
            name: "Contrast",
            ibsi: "65HE",
            definition: "Sum over i and j of p_i p_j (i - j)^2 over N_gp (N_gp - 1), N_gp the number of levels \
                         present, times sum s_i / N; 0 for a single level.",
            ..BASE
        },
        value: |m| Outcome::finite(m.contrast()),
    },
    Feature {
        info: FeatureInfo {
            tag: "ngt_busyness",
            name: "Busyness",
            ibsi: "NQ30",
            ratio: RatioScale::Never,
            offset: OffsetResponse::Shifts,
            extent: Extent::OfRegion,
            definition: "Sum p_i s_i over the sum over i and j of |i p_i - j p_j|; 0 for a single level.",
            ..BASE
        },
        value: Matrix::busyness,
    },
    Feature {
        info: FeatureInfo {
            tag: "ngt_complexity",
            name: "Complexity",
            ibsi: "HDEZ",
            definition: "Sum over i and j of |i - j| (p_i s_i + p_j s_j) / (p_i + p_j), over N.",
            ..BASE
        },
        value: |m| Outcome::finite(m.complexity()),
    },
    Feature {
        info: FeatureInfo {
            tag: "ngt_strength",
            name: "Strength",
            ibsi: "1X9X",
            extent: Extent::OfRegion,
            definition: "Sum over i and j of (p_i + p_j) (i - j)^2, over sum s_i; 0 where that is 0.",
            ..BASE
        },
        value: |m| Outcome::finite(m.strength()),
    },
];
