//! Grey level co-occurrence (IBSI 3.6): how often two grey levels are neighbours.
//!
//! Neighbours are one step apart (Chebyshev distance 1), each pair counts in both orders, nothing is weighted by
//! distance. A direction or slice without neighbours is left out of an average.
//!
//! Worked example, levels 1, 1, 2 in a row: the neighbours are (1, 1) and (1, 2). Counted in both orders the
//! matrix holds 2 for (1, 1), 1 for (1, 2) and 1 for (2, 1): p is 1/2, 1/4, 1/4. Contrast 0.25 + 0.25 = 0.5;
//! mean 0.75 + 0.5 = 1.25; variance 0.75 x 0.0625 + 0.25 x 0.5625 = 0.1875; joint entropy 1.5.
//!
//! ```
//! use delta_radiomics::features::{discretise::Levels, registry::{Cm, Definition, cooccurrence::Matrix}};
//! use delta_radiomics::features::{roi::Block, settings::Discretise, texture::pairs};
//! use delta_radiomics::record::Aggregation::ThreeDComb;
//! let block = Block { dims: [3, 1, 1], spacing_mm: [1.0; 3], region: vec![true; 3], counted: vec![true; 3],
//!     intensities: vec![1.0, 1.0, 2.0] };
//! let levels = Levels::new(&block, &Discretise::of_size(1.0, 1.0))?;
//! let counts = pairs::count(&levels, &[ThreeDComb]).matrices(ThreeDComb);
//! let matrix = Matrix::new(&counts[0], &levels);
//! let value = |tag: &str| {
//!     let row = Cm::FEATURES.iter().find(|f| f.info.tag == tag).unwrap();
//!     (row.value)(&matrix).value().unwrap()
//! };
//! assert_eq!((value("cm_contrast"), value("cm_joint_avg")), (0.5, 1.25));
//! assert_eq!((value("cm_joint_var"), value("cm_joint_entr")), (0.1875, 1.5));
//! # Ok::<(), delta_radiomics::features::FeatureError>(())
//! ```

use std::ops::RangeInclusive;

use super::{
    Cm, Definition, Extent, Feature, FeatureInfo, FeatureUnit, IntensityMeaning, OffsetResponse, RatioScale,
    Standing,
};
use crate::features::discretise::Levels;
use crate::features::roi::Roi;
use crate::features::texture::counts::Counts;
use crate::features::texture::directions::ALONG_DIRECTIONS;
use crate::features::texture::pairs;
use crate::record::{Aggregation, Family, Outcome, Reason};

impl Definition for Cm {
    const NAME: &'static str = "grey level co-occurrence";
    const SECTION: &'static str = "3.6";
    type Source = Matrix;
    const FEATURES: &'static [Feature<Matrix>] = FEATURES;
    const AGGREGATIONS: &'static [Aggregation] = &ALONG_DIRECTIONS;

    fn sources(roi: &Roi, wanted: &[Aggregation]) -> Vec<Result<Vec<Matrix>, Reason>> {
        if roi.levels.slices.is_empty() {
            return wanted.iter().map(|_| Err(Reason::EmptyRoi)).collect();
        }
        let pairs = pairs::count(&roi.levels, wanted);
        let matrices = |aggregation: &Aggregation| {
            let counts = pairs.matrices(*aggregation);
            if counts.is_empty() {
                return Err(Reason::NoNeighbours);
            }
            Ok(counts.iter().map(|c| Matrix::new(c, &roi.levels)).collect())
        };
        wanted.iter().map(matrices).collect()
    }
}

/// Up to this span of grey levels margins are counted in tables.
const TABLE_SPAN: u64 = 1 << 12;

/// A normalised, symmetric co-occurrence matrix with its margins.
#[derive(Clone, Debug)]
pub struct Matrix {
    /// Levels `i <= j` with the probability of `(i, j)` and `(j, i)` together.
    cells: Vec<(f64, f64, f64)>,
    /// The distinct probabilities p(i, j) of the symmetric matrix, ascending, and how often each stands in it.
    probabilities: Vec<(f64, f64)>,
    /// Probability of each difference |i - j|.
    differences: Vec<(f64, f64)>,
    /// Probability of each sum i + j.
    sums: Vec<(f64, f64)>,
    joint_entropy: f64,
    /// Entropy of the margin.
    margin_entropy: f64,
    mean: f64,
    variance: f64,
    levels: f64,
    /// Whether all pairs are of one level.
    flat: bool,
}

impl Matrix {
    /// From pairs of neighbours, of which there must be at least one.
    pub fn new(counts: &Counts, levels: &Levels) -> Self {
        let total = counts.cells().iter().map(|p| p.count).sum::<u64>() as f64;
        let level = |place: u32| levels.present[place as usize];
        let each = || counts.cells().iter().map(|p| (level(p.row), level(p.column), p.count));
        // Counted in both orders a pair of unlike levels stands twice in the matrix, one of like levels twice over.
        let most = counts.cells().iter().map(|p| 2 * p.count).max().unwrap_or(0);
        let counts_in_matrix =
            tally(0..=most, || each().map(|(i, j, n)| if i == j { (2 * n, 1) } else { (n, 2) }));
        let probabilities: Vec<(f64, f64)> =
            counts_in_matrix.into_iter().map(|(n, times)| (n as f64 / (2.0 * total), times as f64)).collect();
        let (first, last) = (u64::from(levels.present[0]), u64::from(levels.count));
        let differences = tally(0..=last - first, || each().map(|(i, j, n)| (u64::from(j - i), n)));
        let sums = tally(2 * first..=2 * last, || each().map(|(i, j, n)| (u64::from(i) + u64::from(j), n)));
        let margin =
            tally(first..=last, || each().flat_map(|(i, j, n)| [(u64::from(i), n), (u64::from(j), n)]));
        let shares = |counts: Vec<(u64, u64)>, all: f64| -> Vec<(f64, f64)> {
            counts.into_iter().map(|(key, count)| (key as f64, count as f64 / all)).collect()
        };
        let (differences, sums) = (shares(differences, total), shares(sums, total));
        let margin = shares(margin, 2.0 * total);
        let mean = expected(&margin, |i| i);
        Self {
            cells: each().map(|(i, j, n)| (f64::from(i), f64::from(j), n as f64 / total)).collect(),
            joint_entropy: 0.0
                - probabilities.iter().map(|&(p, times)| times * p * libm::log2(p)).sum::<f64>(),
            probabilities,
            differences,
            sums,
            margin_entropy: entropy(&margin),
            mean,
            variance: expected(&margin, |i| (i - mean) * (i - mean)),
            levels: f64::from(levels.count),
            flat: margin.len() == 1,
        }
    }
    fn joint_max(&self) -> f64 {
        self.probabilities.last().map_or(0.0, |p| p.0)
    }
    fn energy(&self) -> f64 {
        self.probabilities.iter().map(|(p, times)| times * p * p).sum()
    }
    fn joint(&self, f: impl Fn(f64, f64) -> f64) -> f64 {
        self.cells.iter().map(|&(i, j, p)| f(i, j) * p).sum()
    }
    fn difference(&self, f: impl Fn(f64) -> f64) -> f64 {
        expected(&self.differences, f)
    }
    fn difference_variance(&self) -> f64 {
        let mean = self.difference(|k| k);
        self.difference(|k| (k - mean) * (k - mean))
    }
    fn sum(&self, f: impl Fn(f64) -> f64) -> f64 {
        expected(&self.sums, f)
    }
    fn centred_sum(&self, f: impl Fn(f64) -> f64) -> f64 {
        self.sum(|k| f(k - 2.0 * self.mean))
    }
    fn correlation(&self) -> f64 {
        if self.flat {
            return 1.0;
        }
        self.joint(|i, j| (i - self.mean) * (j - self.mean)) / self.variance
    }
    /// In a symmetric matrix HXY1 = -sum p(i, j) log2(p(i) p(j)) is twice the margin's entropy, as HXY2 is.
    fn information_correlation_1(&self) -> Outcome {
        if self.flat {
            return Outcome::Undefined(Reason::SingleGreyLevel);
        }
        Outcome::finite((self.joint_entropy - 2.0 * self.margin_entropy) / self.margin_entropy)
    }
    fn information_correlation_2(&self) -> f64 {
        let gap = 2.0 * self.margin_entropy - self.joint_entropy;
        (1.0 - libm::exp(-2.0 * gap)).max(0.0).sqrt()
    }
}

fn expected(distribution: &[(f64, f64)], f: impl Fn(f64) -> f64) -> f64 {
    distribution.iter().map(|&(k, p)| f(k) * p).sum()
}

fn entropy(distribution: &[(f64, f64)]) -> f64 {
    0.0 - distribution.iter().map(|&(_, p)| p * libm::log2(p)).sum::<f64>()
}

/// Adds up the counts of equal keys, all within `range`; keys ascending. Short ranges are counted in a table.
fn tally<I: Iterator<Item = (u64, u64)>>(
    range: RangeInclusive<u64>,
    counts: impl Fn() -> I,
) -> Vec<(u64, u64)> {
    let span = range.end() - range.start();
    if span <= TABLE_SPAN {
        let mut table = vec![0; span as usize + 1];
        for (key, count) in counts() {
            table[(key - range.start()) as usize] += count;
        }
        return (*range.start()..).zip(table).filter(|(_, count)| *count > 0).collect();
    }
    let mut counts: Vec<(u64, u64)> = counts().collect();
    counts.sort_unstable();
    counts.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        if same {
            kept.1 += next.1;
        }
        same
    });
    counts
}

/// What most features of the family have in common.
const BASE: FeatureInfo = FeatureInfo {
    tag: "",
    name: "",
    ibsi: "",
    family: Family::new("cm"),
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
            tag: "cm_joint_max",
            name: "Joint maximum",
            ibsi: "GYBY",
            definition: "Largest p(i, j).",
            ..BASE
        },
        value: |m| Outcome::finite(m.joint_max()),
    },
    Feature {
        info: FeatureInfo {
            tag: "cm_joint_avg",
            name: "Joint average",
            ibsi: "60VM",
            ratio: RatioScale::Never,
            offset: OffsetResponse::Shifts,
            definition: "mu = sum i p(i, j).",
            ..BASE
        },
        value: |m| Outcome::finite(m.mean),
    },
    Feature {
        info: FeatureInfo {
            tag: "cm_joint_var",
            name: "Joint variance",
            ibsi: "UR99",
            definition: "Sum (i - mu)^2 p(i, j).",
            ..BASE
        },
        value: |m| Outcome::finite(m.variance),
    },
    Feature {
        info: FeatureInfo {
            tag: "cm_joint_entr",
            name: "Joint entropy",
            ibsi: "TU9B",
            definition: "-sum p(i, j) log2 p(i, j).",
            ..BASE
        },
        value: |m| Outcome::finite(m.joint_entropy),
    },
    Feature {
        info: FeatureInfo {
            tag: "cm_diff_avg",
            name: "Difference average",
            ibsi: "TF7R",
            definition: "Sum k p(|i - j| = k).",
            ..BASE
        },
        value: |m| Outcome::finite(m.difference(|k| k)),
    },
    Feature {
        info: FeatureInfo {
            tag: "cm_diff_var",
            name: "Difference variance",
            ibsi: "D3YU",
            definition: "Variance of |i - j|.",
            ..BASE
        },
        value: |m| Outcome::finite(m.difference_variance()),
    },
    Feature {
        info: FeatureInfo {
            tag: "cm_diff_entr",
            name: "Difference entropy",
            ibsi: "NTRS",
            definition: "-sum p log2 p, p the probability of |i - j| = k.",
            ..BASE
        },
        value: |m| Outcome::finite(entropy(&m.differences)),
    },
    Feature {
        info: FeatureInfo {
            tag: "cm_sum_avg",
            name: "Sum average",
            ibsi: "ZGXS",
            ratio: RatioScale::Never,
            offset: OffsetResponse::Shifts,
            definition: "Sum k p(i + j = k): 2 mu.",
            ..BASE
        },
        value: |m| Outcome::finite(m.sum(|k| k)),
    },
    Feature {
        info: FeatureInfo {
            tag: "cm_sum_var",
            name: "Sum variance",
            ibsi: "OEEB",
            definition: "Variance of i + j.",
            ..BASE
        },
        value: |m| Outcome::finite(m.centred_sum(|d| d * d)),
    },
    Feature {
        info: FeatureInfo {
            tag: "cm_sum_entr",
            name: "Sum entropy",
            ibsi: "P6QZ",
            definition: "-sum p log2 p, p the probability of i + j = k.",
            ..BASE
        },
        value: |m| Outcome::finite(entropy(&m.sums)),
    },
    Feature {
        info: FeatureInfo {
            tag: "cm_energy",
            name: "Angular second moment",
            ibsi: "8ZQL",
            definition: "Sum p(i, j)^2.",
            ..BASE
        },
        value: |m| Outcome::finite(m.energy()),
    },
    Feature {
        info: FeatureInfo {
            tag: "cm_contrast",
            name: "Contrast",
            ibsi: "ACUI",
            definition: "Sum (i - j)^2 p(i, j).",
            ..BASE
        },
        value: |m| Outcome::finite(m.difference(|k| k * k)),
    },
    Feature {
        info: FeatureInfo {
            tag: "cm_dissimilarity",
            name: "Dissimilarity",
            ibsi: "8S9J",
            definition: "Sum |i - j| p(i, j): equal to the difference average.",
            ..BASE
        },
        value: |m| Outcome::finite(m.difference(|k| k)),
    },
    Feature {
        info: FeatureInfo {
            tag: "cm_inv_diff",
            name: "Inverse difference",
            ibsi: "IB1Z",
            definition: "Sum p(i, j) / (1 + |i - j|).",
            ..BASE
        },
        value: |m| Outcome::finite(m.difference(|k| 1.0 / (1.0 + k))),
    },
    Feature {
        info: FeatureInfo {
            tag: "cm_inv_diff_norm",
            name: "Normalised inverse difference",
            ibsi: "NDRX",
            ratio: RatioScale::Never,
            offset: OffsetResponse::Shifts,
            definition: "Sum p(i, j) / (1 + |i - j| / N_g).",
            ..BASE
        },
        value: |m| Outcome::finite(m.difference(|k| 1.0 / (1.0 + k / m.levels))),
    },
    Feature {
        info: FeatureInfo {
            tag: "cm_inv_diff_mom",
            name: "Inverse difference moment",
            ibsi: "WF0Z",
            definition: "Sum p(i, j) / (1 + (i - j)^2).",
            ..BASE
        },
        value: |m| Outcome::finite(m.difference(|k| 1.0 / (1.0 + k * k))),
    },
    Feature {
        info: FeatureInfo {
            tag: "cm_inv_diff_mom_norm",
            name: "Normalised inverse difference moment",
            ibsi: "1QCO",
            ratio: RatioScale::Never,
            offset: OffsetResponse::Shifts,
            definition: "Sum p(i, j) / (1 + (i - j)^2 / N_g^2).",
            ..BASE
        },
        value: |m| Outcome::finite(m.difference(|k| 1.0 / (1.0 + k * k / (m.levels * m.levels)))),
    },
    Feature {
        info: FeatureInfo {
            tag: "cm_inv_var",
            name: "Inverse variance",
            ibsi: "E8JP",
            definition: "Sum over i != j of p(i, j) / (i - j)^2.",
            ..BASE
        },
        value: |m| Outcome::finite(m.difference(|k| if k > 0.0 { 1.0 / (k * k) } else { 0.0 })),
    },
    Feature {
        info: FeatureInfo {
            tag: "cm_corr",
            name: "Correlation",
            ibsi: "NI2N",
            ratio: RatioScale::Never,
            definition: "Sum (i - mu)(j - mu) p(i, j) / sigma^2; 1 where sigma is 0.",
            ..BASE
        },
        value: |m| Outcome::finite(m.correlation()),
    },
    Feature {
        info: FeatureInfo {
            tag: "cm_auto_corr",
            name: "Autocorrelation",
            ibsi: "QWB0",
            ratio: RatioScale::Never,
            offset: OffsetResponse::Shifts,
            definition: "Sum i j p(i, j).",
            ..BASE
        },
        value: |m| Outcome::finite(m.joint(|i, j| i * j)),
    },
    Feature {
        info: FeatureInfo {
            tag: "cm_clust_tend",
            name: "Cluster tendency",
            ibsi: "DG8W",
            definition: "Sum (i + j - 2 mu)^2 p(i, j): equal to the sum variance.",
            ..BASE
        },
        value: |m| Outcome::finite(m.centred_sum(|d| d * d)),
    },
    Feature {
        info: FeatureInfo {
            tag: "cm_clust_shade",
            name: "Cluster shade",
            ibsi: "7NFM",
            ratio: RatioScale::Never,
            definition: "Sum (i + j - 2 mu)^3 p(i, j).",
            ..BASE
        },
        value: |m| Outcome::finite(m.centred_sum(|d| d * d * d)),
    },
    Feature {
        info: FeatureInfo {
            tag: "cm_clust_prom",
            name: "Cluster prominence",
            ibsi: "AE86",
            definition: "Sum (i + j - 2 mu)^4 p(i, j).",
            ..BASE
        },
        value: |m| Outcome::finite(m.centred_sum(|d| (d * d) * (d * d))),
    },
    Feature {
        info: FeatureInfo {
            tag: "cm_info_corr1",
            name: "First measure of information correlation",
            ibsi: "R8DG",
            ratio: RatioScale::Never,
            definition: "(HXY - HXY1) / HX, entropies of the matrix, of matrix and margins, and of the margin.",
            ..BASE
        },
        value: Matrix::information_correlation_1,
    },
    Feature {
        info: FeatureInfo {
            tag: "cm_info_corr2",
            name: "Second measure of information correlation",
            ibsi: "JN9H",
            definition: "sqrt(1 - exp(-2 (HXY2 - HXY))); 0 where HXY exceeds HXY2.",
            ..BASE
        },
        value: |m| Outcome::finite(m.information_correlation_2()),
    },
];
