//! Intensity statistics (IBSI 3.3): the intensities of the intensity mask, whatever their place.
//!
//! Moments are those of the population; kurtosis is in excess of the normal distribution's; percentiles lie
//! between the two nearest ranks.
//!
//! Worked example, intensities 1, 1, 4, 6: mean 3, variance ((-2)^2 + (-2)^2 + 1^2 + 3^2) / 4 = 4.5, energy
//! 1 + 1 + 16 + 36 = 54, median 2.5, 10th percentile at rank 0.3: 1.
//!
//! ```
//! use delta_radiomics::features::{registry::{Definition, Stat}, sample::Sample};
//! let sample = Sample::from_values([6.0, 1.0, 4.0, 1.0].into_iter()).unwrap();
//! let value = |tag: &str| {
//!     let row = Stat::FEATURES.iter().find(|f| f.info.tag == tag).unwrap();
//!     (row.value)(&sample).value().unwrap()
//! };
//! assert_eq!((value("stat_mean"), value("stat_var"), value("stat_energy")), (3.0, 4.5, 54.0));
//! assert_eq!((value("stat_median"), value("stat_p10")), (2.5, 1.0));
//! ```

use super::{
    Definition, Extent, Feature, FeatureInfo, FeatureUnit, IntensityMeaning, OffsetResponse, RatioScale,
    Standing, Stat,
};
use crate::features::roi::Roi;
use crate::features::sample::Sample;
use crate::record::{Aggregation, Family, Outcome, Reason};

impl Definition for Stat {
    const NAME: &'static str = "intensity statistics";
    const SECTION: &'static str = "3.3";
    type Source = Sample;
    const FEATURES: &'static [Feature<Sample>] = FEATURES;
    const AGGREGATIONS: &'static [Aggregation] = &[];

    fn prepare(roi: &Roi, _: &[Aggregation]) {
        roi.sample();
    }

    fn sources(roi: &Roi, _: &[Aggregation]) -> Vec<Result<Vec<Sample>, Reason>> {
        vec![roi.sample().map(|s| vec![s.clone()]).ok_or(Reason::EmptyRoi)]
    }
}

/// What most features of the family have in common.
const BASE: FeatureInfo = FeatureInfo {
    tag: "",
    name: "",
    ibsi: "",
    family: Family::new("stat"),
    unit: FeatureUnit::None,
    ratio: RatioScale::Always,
    offset: OffsetResponse::Invariant,
    extent: Extent::Independent,
    intensities: IntensityMeaning::Needed,
    standing: Standing::Referenced,
    definition: "",
};

const FEATURES: &[Feature<Sample>] = &[
    Feature {
        info: FeatureInfo {
            tag: "stat_mean",
            name: "Mean",
            ibsi: "Q4LE",
            unit: FeatureUnit::Intensity,
            ratio: RatioScale::WithTrueZero,
            offset: OffsetResponse::Shifts,
            definition: "Mean intensity.",
            ..BASE
        },
        value: |s| Outcome::finite(s.mean()),
    },
    Feature {
        info: FeatureInfo {
            tag: "stat_var",
            name: "Variance",
            ibsi: "ECT3",
            unit: FeatureUnit::IntensitySquared,
            definition: "Population variance: mean of (x - mean)^2.",
            ..BASE
        },
        value: |s| Outcome::finite(s.variance()),
    },
    Feature {
        info: FeatureInfo {
            tag: "stat_skew",
            name: "Skewness",
            ibsi: "KE2A",
            ratio: RatioScale::Never,
            definition: "Third central moment over variance^1.5; 0 where the variance is 0.",
            intensities: IntensityMeaning::Irrelevant,
            ..BASE
        },
        value: |s| Outcome::finite(s.skewness()),
    },
    Feature {
        info: FeatureInfo {
            tag: "stat_kurt",
            name: "Excess kurtosis",
            ibsi: "IPH6",
            ratio: RatioScale::Never,
            definition: "Fourth central moment over variance^2, less 3; 0 where the variance is 0.",
            intensities: IntensityMeaning::Irrelevant,
            ..BASE
        },
        value: |s| Outcome::finite(s.excess_kurtosis()),
    },
    Feature {
        info: FeatureInfo {
            tag: "stat_median",
            name: "Median",
            ibsi: "Y12H",
            unit: FeatureUnit::Intensity,
            ratio: RatioScale::WithTrueZero,
            offset: OffsetResponse::Shifts,
            definition: "50th percentile of the intensities.",
            ..BASE
        },
        value: |s| Outcome::finite(s.percentile(50.0)),
    },
    Feature {
        info: FeatureInfo {
            tag: "stat_min",
            name: "Minimum",
            ibsi: "1GSF",
            unit: FeatureUnit::Intensity,
            ratio: RatioScale::WithTrueZero,
            offset: OffsetResponse::Shifts,
            definition: "Lowest intensity.",
            ..BASE
        },
        value: |s| Outcome::finite(s.min()),
    },
    Feature {
        info: FeatureInfo {
            tag: "stat_p10",
            name: "10th percentile",
            ibsi: "QG58",
            unit: FeatureUnit::Intensity,
            ratio: RatioScale::WithTrueZero,
            offset: OffsetResponse::Shifts,
            definition: "10th percentile of the intensities, between the two nearest ranks.",
            ..BASE
        },
        value: |s| Outcome::finite(s.percentile(10.0)),
    },
    Feature {
        info: FeatureInfo {
            tag: "stat_p90",
            name: "90th percentile",
            ibsi: "8DWT",
            unit: FeatureUnit::Intensity,
            ratio: RatioScale::WithTrueZero,
            offset: OffsetResponse::Shifts,
            definition: "90th percentile of the intensities, between the two nearest ranks.",
            ..BASE
        },
        value: |s| Outcome::finite(s.percentile(90.0)),
    },
    Feature {
        info: FeatureInfo {
            tag: "stat_max",
            name: "Maximum",
            ibsi: "84IY",
            unit: FeatureUnit::Intensity,
            ratio: RatioScale::WithTrueZero,
            offset: OffsetResponse::Shifts,
            definition: "Highest intensity.",
            ..BASE
        },
        value: |s| Outcome::finite(s.max()),
    },
    Feature {
        info: FeatureInfo {
            tag: "stat_iqr",
            name: "Interquartile range",
            ibsi: "SALO",
            unit: FeatureUnit::Intensity,
            definition: "75th less 25th percentile.",
            ..BASE
        },
        value: |s| Outcome::finite(s.interquartile_range()),
    },
    Feature {
        info: FeatureInfo {
            tag: "stat_range",
            name: "Range",
            ibsi: "2OJQ",
            unit: FeatureUnit::Intensity,
            definition: "Maximum less minimum.",
            ..BASE
        },
        value: |s| Outcome::finite(s.max() - s.min()),
    },
    Feature {
        info: FeatureInfo {
            tag: "stat_mad",
            name: "Mean absolute deviation",
            ibsi: "4FUA",
            unit: FeatureUnit::Intensity,
            definition: "Mean of |x - mean|.",
            ..BASE
        },
        value: |s| Outcome::finite(s.mean_absolute_deviation()),
    },
    Feature {
        info: FeatureInfo {
            tag: "stat_rmad",
            name: "Robust mean absolute deviation",
            ibsi: "1128",
            unit: FeatureUnit::Intensity,
            definition: "Mean of |x - mean|, both over the values from the 10th to the 90th percentile.",
            ..BASE
        },
        value: Sample::robust_mean_absolute_deviation,
    },
    Feature {
        info: FeatureInfo {
            tag: "stat_medad",
            name: "Median absolute deviation",
            ibsi: "N72L",
            unit: FeatureUnit::Intensity,
            definition: "Mean of |x - median|.",
            ..BASE
        },
        value: |s| Outcome::finite(s.median_absolute_deviation()),
    },
    Feature {
        info: FeatureInfo {
            tag: "stat_cov",
            name: "Coefficient of variation",
            ibsi: "7TET",
            ratio: RatioScale::WithTrueZero,
            offset: OffsetResponse::Shifts,
            definition: "Standard deviation over mean.",
            ..BASE
        },
        value: Sample::coefficient_of_variation,
    },
    Feature {
        info: FeatureInfo {
            tag: "stat_qcod",
            name: "Quartile coefficient of dispersion",
            ibsi: "9S40",
            ratio: RatioScale::WithTrueZero,
            offset: OffsetResponse::Shifts,
            definition: "(p75 - p25) / (p75 + p25).",
            ..BASE
        },
        value: Sample::quartile_coefficient_of_dispersion,
    },
    Feature {
        info: FeatureInfo {
            tag: "stat_energy",
            name: "Energy",
            ibsi: "N8CA",
            unit: FeatureUnit::IntensitySquared,
            extent: Extent::OfRegion,
            ratio: RatioScale::WithTrueZero,
            offset: OffsetResponse::Shifts,
            definition: "Sum of x^2 over all voxels.",
            ..BASE
        },
        value: |s| Outcome::finite(s.average(|x| x * x) * s.n()),
    },
    Feature {
        info: FeatureInfo {
            tag: "stat_rms",
            name: "Root mean square",
            ibsi: "5ZWQ",
            unit: FeatureUnit::Intensity,
            ratio: RatioScale::WithTrueZero,
            offset: OffsetResponse::Shifts,
            definition: "Square root of the mean of x^2.",
            ..BASE
        },
        value: |s| Outcome::finite(s.average(|x| x * x).sqrt()),
    },
];
