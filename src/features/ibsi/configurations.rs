//! What the standard measures, and with which settings (IBSI reference manual, chapter 5).

use crate::features::settings::{
    BinCount, DEFINITIONS, Dimension, Discretise, Intensity, Interpolation, Normalise, Resegment,
    ResolvedMeasurement, ResolvedSampling, VolumeBins,
};
use crate::features::{FeatureError, Measured, Selection, measure};
use crate::labels::Mask;
use crate::record::{Aggregation, Units};
use crate::volume::Volume;

/// One of the standard's two scans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phantom {
    /// The digital phantom.
    Digital,
    /// The CT of a lung with a drawn tumour.
    Ct,
}

impl Phantom {
    /// Its name in words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Digital => "digital phantom",
            Self::Ct => "CT phantom",
        }
    }
    /// The beginning of its files' names in the standard's data.
    pub fn stem(self) -> &'static str {
        match self {
            Self::Digital => "digital_phantom",
            Self::Ct => "ct_phantom",
        }
    }
    fn units(self) -> Units {
        match self {
            Self::Digital => Units::Arbitrary,
            Self::Ct => Units::Hu,
        }
    }
}

/// A scan, how it is measured, and in which aggregations values were published.
#[derive(Clone, Debug, PartialEq)]
pub struct Configuration {
    /// `phantom`, or a letter.
    pub name: &'static str,
    /// What is measured.
    pub phantom: Phantom,
    /// How.
    pub settings: ResolvedMeasurement,
    /// How directions and slices are put together, for the families that do.
    pub aggregations: &'static [Aggregation],
}

impl Configuration {
    /// Measures every feature of the registry.
    pub fn measure(&self, image: &Volume<f32>, mask: &Mask) -> Result<Measured, FeatureError> {
        let selection = Selection { aggregations: self.aggregations.to_vec(), ..Selection::default() };
        measure(image, self.phantom.units(), mask, &self.settings, &selection)
    }
}

/// The configuration of this name.
pub fn configuration(name: &str) -> Option<&'static Configuration> {
    CONFIGURATIONS.iter().find(|c| c.name == name)
}

/// All configurations.
pub static CONFIGURATIONS: [Configuration; 6] = [
    Configuration {
        name: "phantom",
        phantom: Phantom::Digital,
        settings: ResolvedMeasurement {
            sampling: NATIVE,
            intensity: AS_THEY_ARE,
            resegment: Resegment { range: None, sigma: None },
            // The intensities are grey levels already.
            discretise: Discretise::of_size(1.0, 1.0),
            definitions: DEFINITIONS,
        },
        aggregations: Aggregation::ALL,
    },
    Configuration {
        name: "A",
        phantom: Phantom::Ct,
        settings: ResolvedMeasurement {
            sampling: NATIVE,
            intensity: WHOLE_HU,
            resegment: Resegment { range: Some([-500.0, 400.0]), sigma: None },
            discretise: Discretise::of_size(25.0, -500.0),
            definitions: DEFINITIONS,
        },
        aggregations: BY_SLICES,
    },
    Configuration {
        name: "B",
        phantom: Phantom::Ct,
        settings: ResolvedMeasurement {
            sampling: ResolvedSampling { spacing_mm: [Some(2.0), Some(2.0), None], ..NATIVE },
            intensity: WHOLE_HU,
            resegment: Resegment { range: Some([-500.0, 400.0]), sigma: None },
            discretise: Discretise::of_number(32),
            definitions: DEFINITIONS,
        },
        aggregations: BY_SLICES,
    },
    Configuration {
        name: "C",
        phantom: Phantom::Ct,
        settings: ResolvedMeasurement {
            sampling: ResolvedSampling { spacing_mm: [Some(2.0); 3], ..NATIVE },
            intensity: WHOLE_HU,
            resegment: Resegment { range: Some([-1000.0, 400.0]), sigma: None },
            discretise: Discretise {
                ivh: Some(VolumeBins::Width(2.5)),
                ..Discretise::of_size(25.0, -1000.0)
            },
            definitions: DEFINITIONS,
        },
        aggregations: IN_VOLUME,
    },
    Configuration {
        name: "D",
        phantom: Phantom::Ct,
        settings: ResolvedMeasurement {
            sampling: ResolvedSampling { spacing_mm: [Some(2.0); 3], ..NATIVE },
            intensity: WHOLE_HU,
            resegment: Resegment { range: None, sigma: Some(3.0) },
            discretise: Discretise::of_number(32),
            definitions: DEFINITIONS,
        },
        aggregations: IN_VOLUME,
    },
    Configuration {
        name: "E",
        phantom: Phantom::Ct,
        settings: ResolvedMeasurement {
            sampling: ResolvedSampling {
                spacing_mm: [Some(2.0); 3],
                interpolation: Interpolation::Cubic,
                ..NATIVE
            },
            intensity: WHOLE_HU,
            resegment: Resegment { range: Some([-1000.0, 400.0]), sigma: Some(3.0) },
            discretise: Discretise {
                ivh: Some(VolumeBins::Count(BinCount { number: 1000 })),
                ..Discretise::of_number(32)
            },
            definitions: DEFINITIONS,
        },
        aggregations: IN_VOLUME,
    },
];

/// In 2D and 2.5D, in the order of the tables.
const BY_SLICES: &[Aggregation] = &[
    Aggregation::TwoDAvg,
    Aggregation::TwoDComb,
    Aggregation::TwoHalfDAvg,
    Aggregation::TwoHalfDComb,
    Aggregation::TwoD,
    Aggregation::TwoHalfD,
];

/// In 3D.
const IN_VOLUME: &[Aggregation] = &[Aggregation::ThreeDAvg, Aggregation::ThreeDComb, Aggregation::ThreeD];

const NATIVE: ResolvedSampling = ResolvedSampling {
    spacing_mm: [None; 3],
    // The outline follows the grid of the texture in every configuration, so none is a case of thick slices; slices
    // are asked for by aggregations.
    dimension: Dimension::Volume,
    slice_axis: None,
    interpolation: Interpolation::Linear,
    mask_threshold: 0.5,
};

const AS_THEY_ARE: Intensity = Intensity { units: None, normalise: Normalise::None, round_hu: false };

const WHOLE_HU: Intensity = Intensity { round_hu: true, ..AS_THEY_ARE };
