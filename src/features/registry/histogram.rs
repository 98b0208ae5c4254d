//! Intensity histogram (IBSI 3.4): the grey levels of the intensity mask, whatever their place.
//!
//! Worked example, levels 1, 1, 4, 6 of 6: the histogram is 2, 0, 0, 1, 0, 1. Entropy
//! -(0.5 log2 0.5 + 2 x 0.25 log2 0.25) = 1.5, uniformity 0.25 + 2 x 0.0625 = 0.375. Gradients: -2 at level 1
//! (one-sided), -1, 0.5, 0, 0 and 1 at level 6 (one-sided).
//!
//! ```
//! use delta_radiomics::features::registry::{Definition, Ih, histogram::Histogram};
//! let histogram = Histogram::new(&[(1, 2), (4, 1), (6, 1)], 6).unwrap();
//! let value = |tag: &str| {
//!     let row = Ih::FEATURES.iter().find(|f| f.info.tag == tag).unwrap();
//!     (row.value)(&histogram).value().unwrap()
//! };
//! assert_eq!((value("ih_entropy"), value("ih_uniformity")), (1.5, 0.375));
//! assert_eq!((value("ih_min_grad"), value("ih_min_grad_g")), (-2.0, 1.0));
//! assert_eq!((value("ih_max_grad"), value("ih_max_grad_g")), (1.0, 6.0));
//! ```

use super::{
    Definition, Extent, Feature, FeatureInfo, FeatureUnit, Ih, IntensityMeaning, OffsetResponse, RatioScale,
    Standing,
};
use crate::features::roi::Roi;
use crate::features::sample::Sample;
use crate::record::{Aggregation, Family, Outcome, Reason};

impl Definition for Ih {
    const NAME: &'static str = "intensity histogram";
    const SECTION: &'static str = "3.4";
    type Source = Histogram;
    const FEATURES: &'static [Feature<Histogram>] = FEATURES;
    const AGGREGATIONS: &'static [Aggregation] = &[];

    fn sources(roi: &Roi, _: &[Aggregation]) -> Vec<Result<Vec<Histogram>, Reason>> {
        let levels = &roi.levels;
        let counts: Vec<(u32, u64)> =
            levels.present.iter().copied().zip(levels.voxels.iter().copied()).collect();
        vec![Histogram::new(&counts, levels.count).map(|h| vec![h]).ok_or(Reason::EmptyRoi)]
    }
}

/// How many voxels each grey level has.
#[derive(Clone, Debug)]
pub struct Histogram {
    sample: Sample,
    counts: Vec<(u32, u64)>,
    levels: u32,
}

/// Which end of the gradients is asked for.
#[derive(Clone, Copy)]
enum Steepest {
    Rise,
    Fall,
}

/// The slope of the histogram at a grey level.
struct Gradient {
    level: f64,
    slope: f64,
}

impl Histogram {
    /// From the levels present with their numbers of voxels, ascending, and the number of levels N_g; `None`
    /// where there is no voxel.
    pub fn new(counts: &[(u32, u64)], levels: u32) -> Option<Self> {
        let sample = Sample::from_runs(counts.iter().map(|&(l, n)| (f64::from(l), n)).collect())?;
        Some(Self { sample, counts: counts.to_vec(), levels })
    }
    fn count(&self, level: u32) -> f64 {
        match self.counts.binary_search_by_key(&level, |c| c.0) {
            Ok(place) => self.counts[place].1 as f64,
            Err(_) => 0.0,
        }
    }
    fn mode(&self) -> f64 {
        let mean = self.sample.mean();
        let mut best = (0, f64::INFINITY, 0.0);
        for &(level, n) in &self.counts {
            let level = f64::from(level);
            let distance = (level - mean).abs();
            if n > best.0 || (n == best.0 && distance < best.1) {
                best = (n, distance, level);
            }
        }
        best.2
    }
    fn shares(&self) -> impl Iterator<Item = f64> + '_ {
        self.counts.iter().map(|c| c.1 as f64 / self.sample.n())
    }
    fn entropy(&self) -> f64 {
        // Taken from zero, so that one level alone has 0 and not -0.
        0.0 - self.shares().map(|p| p * libm::log2(p)).sum::<f64>()
    }
    fn uniformity(&self) -> f64 {
        self.shares().map(|p| p * p).sum()
    }
    /// The steepest slope. A histogram may have very many empty levels, so only those beside a level that has
    /// voxels are looked at, and the first of the others, where the slope is zero.
    fn gradient(&self, steepest: Steepest, part: fn(Gradient) -> f64) -> Outcome {
        if self.levels < 2 {
            return Outcome::Undefined(Reason::SingleGreyLevel);
        }
        let beside = |&(level, _): &(u32, u64)| [level - 1, level, level.saturating_add(1)];
        let mut candidates: Vec<u32> =
            self.counts.iter().flat_map(beside).filter(|l| (1..=self.levels).contains(l)).collect();
        candidates.sort_unstable();
        candidates.dedup();
        if let Some(gap) = (1..=self.levels).find(|l| candidates.binary_search(l).is_err()) {
            candidates.push(gap);
            candidates.sort_unstable();
        }
        let slope = |level: u32| {
            let (low, high) = ((level - 1).max(1), (level + 1).min(self.levels));
            (self.count(high) - self.count(low)) / f64::from(high - low)
        };
        let mut best: Option<Gradient> = None;
        for level in candidates {
            let slope = slope(level);
            let better = best.as_ref().is_none_or(|b| match steepest {
                Steepest::Rise => slope > b.slope,
                Steepest::Fall => slope < b.slope,
            });
            if better {
                best = Some(Gradient { level: f64::from(level), slope });
            }
        }
        best.map_or(Outcome::Undefined(Reason::SingleGreyLevel), |b| Outcome::Value(part(b)))
    }
}

/// What most features of the family have in common.
const BASE: FeatureInfo = FeatureInfo {
    tag: "",
    name: "",
    ibsi: "",
    family: Family::new("ih"),
    unit: FeatureUnit::None,
    ratio: RatioScale::Always,
    offset: OffsetResponse::Invariant,
    extent: Extent::Independent,
    intensities: IntensityMeaning::Binned,
    standing: Standing::Referenced,
    definition: "",
};

const FEATURES: &[Feature<Histogram>] = &[
    Feature {
        info: FeatureInfo {
            tag: "ih_mean",
            name: "Mean grey level",
            ibsi: "X6K6",
            ratio: RatioScale::Never,
            offset: OffsetResponse::Shifts,
            definition: "Mean grey level.",
            ..BASE
        },
        value: |h| Outcome::finite(h.sample.mean()),
    },
    Feature {
        info: FeatureInfo {
            tag: "ih_var",
            name: "Variance of grey levels",
            ibsi: "CH89",
            definition: "Population variance of the grey levels.",
            ..BASE
        },
        value: |h| Outcome::finite(h.sample.variance()),
    },
    Feature {
        info: FeatureInfo {
            tag: "ih_skew",
            name: "Skewness of grey levels",
            ibsi: "88K1",
            ratio: RatioScale::Never,
            definition: "Third central moment over variance^1.5; 0 where the variance is 0.",
            ..BASE
        },
        value: |h| Outcome::finite(h.sample.skewness()),
    },
    Feature {
        info: FeatureInfo {
            tag: "ih_kurt",
            name: "Excess kurtosis of grey levels",
            ibsi: "C3I7",
            ratio: RatioScale::Never,
            definition: "Fourth central moment over variance^2, less 3; 0 where the variance is 0.",
            ..BASE
        },
        value: |h| Outcome::finite(h.sample.excess_kurtosis()),
    },
    Feature {
        info: FeatureInfo {
            tag: "ih_median",
            name: "Median grey level",
            ibsi: "WIFQ",
            ratio: RatioScale::Never,
            offset: OffsetResponse::Shifts,
            definition: "50th percentile of the grey levels.",
            ..BASE
        },
        value: |h| Outcome::finite(h.sample.percentile(50.0)),
    },
    Feature {
        info: FeatureInfo {
            tag: "ih_min",
            name: "Minimum grey level",
            ibsi: "1PR8",
            ratio: RatioScale::Never,
            offset: OffsetResponse::Shifts,
            definition: "Lowest grey level present.",
            ..BASE
        },
        value: |h| Outcome::finite(h.sample.min()),
    },
    Feature {
        info: FeatureInfo {
            tag: "ih_p10",
            name: "10th percentile of grey levels",
            ibsi: "GPMT",
            ratio: RatioScale::Never,
            offset: OffsetResponse::Shifts,
            definition: "10th percentile of the grey levels.",
            ..BASE
        },
        value: |h| Outcome::finite(h.sample.percentile(10.0)),
    },
    Feature {
        info: FeatureInfo {
            tag: "ih_p90",
            name: "90th percentile of grey levels",
            ibsi: "OZ0C",
            ratio: RatioScale::Never,
            offset: OffsetResponse::Shifts,
            definition: "90th percentile of the grey levels.",
            ..BASE
        },
        value: |h| Outcome::finite(h.sample.percentile(90.0)),
    },
    Feature {
        info: FeatureInfo {
            tag: "ih_max",
            name: "Maximum grey level",
            ibsi: "3NCY",
            ratio: RatioScale::Never,
            offset: OffsetResponse::Shifts,
            definition: "Highest grey level present.",
            ..BASE
        },
        value: |h| Outcome::finite(h.sample.max()),
    },
    Feature {
        info: FeatureInfo {
            tag: "ih_mode",
            name: "Mode of grey levels",
            ibsi: "AMMC",
            ratio: RatioScale::Never,
            offset: OffsetResponse::Shifts,
            definition: "Most frequent grey level; of several the one nearest to the mean, then the lower.",
            ..BASE
        },
        value: |h| Outcome::finite(h.mode()),
    },
    Feature {
        info: FeatureInfo {
            tag: "ih_iqr",
            name: "Interquartile range of grey levels",
            ibsi: "WR0O",
            definition: "75th less 25th percentile of the grey levels.",
            ..BASE
        },
        value: |h| Outcome::finite(h.sample.interquartile_range()),
    },
    Feature {
        info: FeatureInfo {
            tag: "ih_range",
            name: "Range of grey levels",
            ibsi: "5Z3W",
            definition: "Highest less lowest grey level present.",
            ..BASE
        },
        value: |h| Outcome::finite(h.sample.max() - h.sample.min()),
    },
    Feature {
        info: FeatureInfo {
            tag: "ih_mad",
            name: "Mean absolute deviation of grey levels",
            ibsi: "D2ZX",
            definition: "Mean of |level - mean|.",
            ..BASE
        },
        value: |h| Outcome::finite(h.sample.mean_absolute_deviation()),
    },
    Feature {
        info: FeatureInfo {
            tag: "ih_rmad",
            name: "Robust mean absolute deviation of grey levels",
            ibsi: "WRZB",
            definition: "Mean of |level - mean|, both over the levels from the 10th to the 90th percentile.",
            ..BASE
        },
        value: |h| h.sample.robust_mean_absolute_deviation(),
    },
    Feature {
        info: FeatureInfo {
            tag: "ih_medad",
            name: "Median absolute deviation of grey levels",
            ibsi: "4RNL",
            definition: "Mean of |level - median|.",
            ..BASE
        },
        value: |h| Outcome::finite(h.sample.median_absolute_deviation()),
    },
    Feature {
        info: FeatureInfo {
            tag: "ih_cov",
            name: "Coefficient of variation of grey levels",
            ibsi: "CWYJ",
            ratio: RatioScale::Never,
            offset: OffsetResponse::Shifts,
            definition: "Standard deviation over mean of the grey levels.",
            ..BASE
        },
        value: |h| h.sample.coefficient_of_variation(),
    },
    Feature {
        info: FeatureInfo {
            tag: "ih_qcod",
            name: "Quartile coefficient of dispersion of grey levels",
            ibsi: "SLWD",
            ratio: RatioScale::Never,
            offset: OffsetResponse::Shifts,
            definition: "(p75 - p25) / (p75 + p25) of the grey levels.",
            ..BASE
        },
        value: |h| h.sample.quartile_coefficient_of_dispersion(),
    },
    Feature {
        info: FeatureInfo {
            tag: "ih_entropy",
            name: "Entropy of grey levels",
            ibsi: "TLU2",
            definition: "-sum p log2 p, p the share of voxels of each grey level.",
            ..BASE
        },
        value: |h| Outcome::finite(h.entropy()),
    },
    Feature {
        info: FeatureInfo {
            tag: "ih_uniformity",
            name: "Uniformity of grey levels",
            ibsi: "BJ5W",
            definition: "Sum of p^2, p the share of voxels of each grey level.",
            ..BASE
        },
        value: |h| Outcome::finite(h.uniformity()),
    },
    Feature {
        info: FeatureInfo {
            tag: "ih_max_grad",
            name: "Maximum histogram gradient",
            ibsi: "12CE",
            extent: Extent::OfRegion,
            ratio: RatioScale::Never,
            offset: OffsetResponse::Shifts,
            definition: "Steepest rise of the histogram (central difference, one-sided at its ends), in voxels per level.",
            ..BASE
        },
        value: |h| h.gradient(Steepest::Rise, |g| g.slope),
    },
    Feature {
        info: FeatureInfo {
            tag: "ih_max_grad_g",
            name: "Grey level of the maximum histogram gradient",
            ibsi: "8E6O",
            ratio: RatioScale::Never,
            offset: OffsetResponse::Shifts,
            definition: "Grey level where the histogram rises most steeply; the lowest of several.",
            ..BASE
        },
        value: |h| h.gradient(Steepest::Rise, |g| g.level),
    },
    Feature {
        info: FeatureInfo {
            tag: "ih_min_grad",
            name: "Minimum histogram gradient",
            ibsi: "VQB3",
            extent: Extent::OfRegion,
            ratio: RatioScale::Never,
            offset: OffsetResponse::Shifts,
            definition: "Steepest fall of the histogram, in voxels per level; negative.",
            ..BASE
        },
        value: |h| h.gradient(Steepest::Fall, |g| g.slope),
    },
    Feature {
        info: FeatureInfo {
            tag: "ih_min_grad_g",
            name: "Grey level of the minimum histogram gradient",
            ibsi: "RHQZ",
            ratio: RatioScale::Never,
            offset: OffsetResponse::Shifts,
            definition: "Grey level where the histogram falls most steeply; the lowest of several.",
            ..BASE
        },
        value: |h| h.gradient(Steepest::Fall, |g| g.level),
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_modes_the_one_nearest_to_the_mean_counts() {
        let mode = |counts: &[(u32, u64)]| Histogram::new(counts, 9).unwrap().mode();
        assert_eq!(mode(&[(1, 3), (5, 3), (9, 2)]), 5.0);
        assert_eq!(mode(&[(1, 3), (5, 3)]), 1.0);
        assert_eq!(mode(&[(1, 3), (5, 4)]), 5.0);
    }

    #[test]
    fn gradients_equal_those_of_the_written_out_histogram() {
        let mut state = 5u64;
        for case in 0..200 {
            let mut dense = vec![0u64; 2 + case % 20];
            for n in &mut dense {
                state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                *n = (state >> 40) % 5 * ((state >> 50) % 2);
            }
            dense[case % 2] += 1;
            let counts: Vec<(u32, u64)> =
                dense.iter().enumerate().filter(|c| *c.1 > 0).map(|(l, n)| (l as u32 + 1, *n)).collect();
            let histogram = Histogram::new(&counts, dense.len() as u32).unwrap();
            let last = dense.len() - 1;
            let slopes: Vec<f64> = (0..dense.len())
                .map(|l| {
                    let (low, high) = (l.saturating_sub(1), (l + 1).min(last));
                    (dense[high] as f64 - dense[low] as f64) / (high - low) as f64
                })
                .collect();
            let first = |target: f64| slopes.iter().position(|s| *s == target).unwrap() as f64 + 1.0;
            let max = slopes.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let min = slopes.iter().copied().fold(f64::INFINITY, f64::min);
            let got = |end, part| histogram.gradient(end, part).value().unwrap();
            assert_eq!(
                (got(Steepest::Rise, |g| g.slope), got(Steepest::Rise, |g| g.level)),
                (max, first(max))
            );
            assert_eq!(
                (got(Steepest::Fall, |g| g.slope), got(Steepest::Fall, |g| g.level)),
                (min, first(min))
            );
        }
    }
}
