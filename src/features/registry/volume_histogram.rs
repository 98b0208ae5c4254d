//! Intensity-volume histogram (IBSI 3.5): which fraction of a region has at least an intensity.
//!
//! It has bins of its own (`[discretise] ivh`):
//!
//! - **None**: intensities stay as they are. Whole ones (CT numbers, raw MR) are a scale whose steps are 1; on any
//!   other, steps are as fine as one likes.
//! - **A width**: intensities become the centres of bins that start at the re-segmentation's lower bound, else at the
//!   region's minimum. The last bin is the one that starts at the upper bound or before the next.
//! - **A number**: intensities become the numbers of bins over the region's own range.
//!
//! The intensity fraction runs from 0 to 1 over the re-segmentation's range where there is one, else over the
//! region's; with bins, from the first to the last of them.
//!
//! Worked example, intensities 1, 1, 4, 6: all have at least 1, half at least 4, a quarter at least 6. An intensity
//! fraction of at least 10 % begins at 1.5, so V10 = 0.5; 90 % begins at 5.5, so V90 = 0.25. No whole intensity is
//! exceeded or met by 10 % of the volume up to 6, so I10 = 7; from 2 on at most 90 % do, so I90 = 2.
//!
//! ```
//! use delta_radiomics::features::registry::{Definition, Ivh, volume_histogram::Curve};
//! use delta_radiomics::features::sample::Sample;
//! let sample = Sample::from_values([6.0, 1.0, 4.0, 1.0].into_iter()).unwrap();
//! let curve = Curve::new(&sample, None, None);
//! let value = |tag: &str| {
//!     let row = Ivh::FEATURES.iter().find(|f| f.info.tag == tag).unwrap();
//!     (row.value)(&curve).value().unwrap()
//! };
//! assert_eq!((value("ivh_v10"), value("ivh_v90")), (0.5, 0.25));
//! assert_eq!((value("ivh_i10"), value("ivh_i90")), (7.0, 2.0));
//! ```

use super::{
    Definition, Extent, Feature, FeatureInfo, FeatureUnit, IntensityMeaning, Ivh, OffsetResponse, RatioScale,
    Standing,
};
use crate::features::roi::Roi;
use crate::features::sample::Sample;
use crate::features::settings::{BinCount, VolumeBins};
use crate::record::{Aggregation, Family, Outcome, Reason};

impl Definition for Ivh {
    const NAME: &'static str = "intensity-volume histogram";
    const SECTION: &'static str = "3.5";
    // Fractions of 10 and of 90 % share a part.
    const PARTS: &'static [usize] = &[1, 1, 2, 2, 3, 4, 5];
    type Source = Curve;
    const FEATURES: &'static [Feature<Curve>] = FEATURES;
    const AGGREGATIONS: &'static [Aggregation] = &[];

    fn prepare(roi: &Roi, _: &[Aggregation]) {
        roi.sample();
    }

    fn sources(roi: &Roi, _: &[Aggregation]) -> Vec<Result<Vec<Curve>, Reason>> {
        let curve = |sample: &Sample| vec![Curve::new(sample, roi.range, roi.volume_bins)];
        vec![roi.sample().map(curve).ok_or(Reason::EmptyRoi)]
    }
}

/// An intensity that occurs.
#[derive(Clone, Copy, Debug)]
struct Level {
    /// Intensity fraction gamma.
    fraction: f64,
    /// Fraction nu of the volume that has at least this intensity.
    volume: f64,
    /// The intensity one step higher.
    next: f64,
}

/// The histogram: volume fraction falls as intensity rises.
#[derive(Clone, Debug)]
pub struct Curve {
    /// The intensities that occur, ascending.
    levels: Vec<Level>,
    /// Mean of the intensity fractions of all voxels.
    mean_fraction: f64,
    /// The intensity fraction of one step; `None` where the range is a single intensity, which has no fractions.
    step: Option<f64>,
}

impl Curve {
    /// From the intensities, the re-segmentation's range and the bins.
    pub fn new(sample: &Sample, range: Option<[f64; 2]>, bins: Option<VolumeBins>) -> Self {
        let (min, max) = (sample.min(), sample.max());
        let [low, high] = range.unwrap_or([f64::NEG_INFINITY, f64::INFINITY]);
        let low = if low.is_finite() { low } else { min };
        let high = if high.is_finite() { high } else { max };
        // Where an intensity lies on the scale, which runs from `first` to `last`.
        let position = |x: f64| match bins {
            None => x,
            Some(VolumeBins::Width(width)) => ((x - low) / width).floor(),
            Some(VolumeBins::Count(_)) if min == max => 1.0,
            Some(VolumeBins::Count(BinCount { number })) => {
                let bins = f64::from(number);
                ((bins * (x - min) / (max - min)).floor() + 1.0).min(bins)
            }
        };
        let (first, last) = match bins {
            None => (low, high),
            Some(VolumeBins::Width(width)) => (0.0, ((high - low) / width).ceil()),
            Some(VolumeBins::Count(_)) if min == max => (1.0, 1.0),
            Some(VolumeBins::Count(BinCount { number })) => (1.0, f64::from(number)),
        };
        let intensity = |position: f64| match bins {
            Some(VolumeBins::Width(width)) => low + (position + 0.5) * width,
            _ => position,
        };
        let whole = sample.runs().iter().all(|run| run.0.fract() == 0.0);
        let step = if bins.is_some() || whole { 1.0 } else { 0.0 };
        // Of bin centres, as the standard has it: where a centre lies at 10 % but for rounding, rounding decides.
        let (lowest, highest) = (intensity(first), intensity(last));
        let fraction = |position: f64| (intensity(position) - lowest) / (highest - lowest);

        let placed: Vec<(f64, u64)> = sample.runs().iter().map(|&(x, n)| (position(x), n)).collect();
        let mut levels = Vec::new();
        let (mut left, mut sum) = (sample.n(), 0.0);
        for run in placed.chunk_by(|a, b| a.0 == b.0) {
            let (position, n) = (run[0].0, run.iter().map(|r| r.1).sum::<u64>() as f64);
            let next = intensity(position + step);
            levels.push(Level { fraction: fraction(position), volume: left / sample.n(), next });
            left -= n;
            sum += fraction(position) * n;
        }
        let step = (last > first).then(|| step / (last - first));
        Self { levels, mean_fraction: sum / sample.n(), step }
    }

    /// V_x: the largest fraction of the volume whose intensity fraction is at least `x`.
    fn volume_at(&self, x: f64) -> Outcome {
        if self.step.is_none() {
            return Outcome::Undefined(Reason::SingleGreyLevel);
        }
        Outcome::Value(self.levels.iter().find(|l| l.fraction >= x).map_or(0.0, |l| l.volume))
    }
    /// I_x: the smallest intensity that at most a fraction `x` of the volume has: one step above the highest that
    /// more have.
    fn intensity_at(&self, x: f64) -> f64 {
        let more = self.levels.iter().rev().find(|l| l.volume > x);
        more.or(self.levels.first()).map_or(0.0, |l| l.next)
    }
    /// The trapezoids between the steps of the scale add up to the mean intensity fraction and half a step, less
    /// what the highest step has.
    fn area(&self) -> Outcome {
        let Some(step) = self.step else {
            return Outcome::Undefined(Reason::SingleGreyLevel);
        };
        let highest = self.levels.last().filter(|l| l.fraction >= 1.0).map_or(0.0, |l| l.volume);
        Outcome::finite(self.mean_fraction + step * (1.0 - highest) / 2.0)
    }
}

fn difference(a: Outcome, b: Outcome) -> Outcome {
    match (a.value(), b.value()) {
        (Some(x), Some(y)) => Outcome::finite(x - y),
        _ => a,
    }
}

/// What most features of the family have in common. Fractions of a given range move with an offset, though those of
/// the region's own do not: no ratios.
const BASE: FeatureInfo = FeatureInfo {
    tag: "",
    name: "",
    ibsi: "",
    family: Family::new("ivh"),
    unit: FeatureUnit::None,
    ratio: RatioScale::Never,
    offset: OffsetResponse::Invariant,
    extent: Extent::Independent,
    intensities: IntensityMeaning::Needed,
    standing: Standing::Referenced,
    definition: "",
};

/// What features have in common that are intensities.
const OF_INTENSITIES: FeatureInfo = FeatureInfo {
    unit: FeatureUnit::IntensityOrBin,
    ratio: RatioScale::WithTrueZero,
    offset: OffsetResponse::Shifts,
    ..BASE
};

const FEATURES: &[Feature<Curve>] = &[
    Feature {
        info: FeatureInfo {
            tag: "ivh_v10",
            name: "Volume fraction at 10 % intensity",
            ibsi: "NK6P",
            definition: "Fraction of the volume with an intensity fraction of at least 10 %.",
            ..BASE
        },
        value: |c| c.volume_at(0.1),
    },
    Feature {
        info: FeatureInfo {
            tag: "ivh_v90",
            name: "Volume fraction at 90 % intensity",
            ibsi: "4279",
            definition: "Fraction of the volume with an intensity fraction of at least 90 %.",
            ..BASE
        },
        value: |c| c.volume_at(0.9),
    },
    Feature {
        info: FeatureInfo {
            tag: "ivh_i10",
            name: "Intensity at 10 % volume",
            ibsi: "PWN1",
            definition: "Smallest intensity that at most 10 % of the volume has or exceeds.",
            ..OF_INTENSITIES
        },
        value: |c| Outcome::finite(c.intensity_at(0.1)),
    },
    Feature {
        info: FeatureInfo {
            tag: "ivh_i90",
            name: "Intensity at 90 % volume",
            ibsi: "BOHI",
            definition: "Smallest intensity that at most 90 % of the volume has or exceeds.",
            ..OF_INTENSITIES
        },
        value: |c| Outcome::finite(c.intensity_at(0.9)),
    },
    Feature {
        info: FeatureInfo {
            tag: "ivh_diff_v10_v90",
            name: "Volume fraction difference between 10 % and 90 % intensity",
            ibsi: "WITY",
            definition: "V10 - V90.",
            ..BASE
        },
        value: |c| difference(c.volume_at(0.1), c.volume_at(0.9)),
    },
    Feature {
        info: FeatureInfo {
            tag: "ivh_diff_i10_i90",
            name: "Intensity difference between 10 % and 90 % volume",
            ibsi: "JXJA",
            unit: FeatureUnit::IntensityOrBin,
            ratio: RatioScale::Always,
            definition: "I10 - I90.",
            ..BASE
        },
        value: |c| Outcome::finite(c.intensity_at(0.1) - c.intensity_at(0.9)),
    },
    Feature {
        info: FeatureInfo {
            tag: "ivh_auc",
            name: "Area under the IVH curve",
            ibsi: "9CMM",
            standing: Standing::WithoutReference,
            definition: "Integral of the volume fraction over the intensity fraction, by trapezoids.",
            ..BASE
        },
        value: Curve::area,
    },
];
