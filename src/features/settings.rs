//! Settings that decide what a feature value means: the measurement part of a protocol.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use sha2::{Digest, Sha256};

pub use crate::image::resample::Interpolation;
use crate::record::{Aggregation, Family, MeasurementHash, Units};

/// Version of the feature definitions: raised whenever a value would change under equal settings.
pub const DEFINITIONS: u32 = 1;

/// The measurement part of a protocol: its four sections.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measurement {
    /// On which grid is measured.
    pub sampling: Sampling,
    /// What is done to intensities.
    pub intensity: Intensity,
    /// Which intensities count.
    #[serde(default)]
    pub resegment: Resegment,
    /// How intensities become grey levels.
    pub discretise: Discretise,
}

/// `[sampling]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sampling {
    /// `"auto"`, `"native"`, one number, or one per axis (right, anterior, superior) in mm.
    pub spacing_mm: Spacing,
    /// Interpolation of the image.
    #[serde(default)]
    pub interpolation: Interpolation,
    /// Share of a voxel that must be inside the interpolated region.
    #[serde(default = "half")]
    pub mask_threshold: f64,
    /// With a fixed spacing: slices further apart than this are measured in-plane.
    #[serde(default)]
    pub thick_slice_mm: Option<f64>,
}

fn half() -> f64 {
    0.5
}

/// The spacing that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged, expecting = "spacing_mm is \"auto\", \"native\", one number or three")]
pub enum Spacing {
    /// In a word.
    Word(SpacingWord),
    /// The same along every axis.
    Isotropic(f64),
    /// Along right, anterior, superior.
    PerAxis([f64; 3]),
}

/// A spacing without a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpacingWord {
    /// Decided over all visits.
    Auto,
    /// Each scan's own voxels: nothing is resampled. Scans of unlike spacing are then no more comparable than their
    /// voxels are, so a run refuses it for them.
    Native,
}

/// `[intensity]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Intensity {
    /// Units that the visit must have; `None` takes any.
    #[serde(default)]
    pub units: Option<Units>,
    /// Whether intensities are normalised.
    pub normalise: Normalise,
    /// Whether intensities are rounded to whole numbers after interpolation.
    #[serde(default)]
    pub round_hu: bool,
}

/// Whether intensities are normalised by the mean and spread inside the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Normalise {
    /// Where the units are arbitrary.
    Auto,
    /// Always.
    Body,
    /// Never.
    None,
}

/// `[resegment]`: which intensities of a region count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resegment {
    /// Inclusive range.
    #[serde(default)]
    pub range: Option<[f64; 2]>,
    /// Within this many standard deviations of the mean.
    #[serde(default)]
    pub sigma: Option<f64>,
}

/// `[discretise]`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Discretise {
    /// By size or by number.
    pub method: Method,
    /// Width of a bin, for `fixed_bin_size`.
    #[serde(default)]
    pub size: Option<f64>,
    /// Number of bins, for `fixed_bin_number`, and for `fixed_bin_size` in units that `size` is not meant for.
    #[serde(default)]
    pub number: Option<u32>,
    /// Where the first bin starts, for `fixed_bin_size`; else the re-segmentation's lower bound.
    #[serde(default)]
    pub lower_bound: Option<f64>,
    /// Bins of the intensity-volume histogram; without any, it is taken of the intensities as they are.
    #[serde(default)]
    pub ivh: Option<VolumeBins>,
}

impl Discretise {
    /// Bins of one size from a bound.
    pub const fn of_size(size: f64, lower_bound: f64) -> Self {
        Self {
            method: Method::FixedBinSize,
            size: Some(size),
            number: None,
            lower_bound: Some(lower_bound),
            ivh: None,
        }
    }
    /// A number of bins over the region's range.
    pub const fn of_number(number: u32) -> Self {
        Self {
            method: Method::FixedBinNumber,
            size: None,
            number: Some(number),
            lower_bound: None,
            ivh: None,
        }
    }
}

/// Bins of the intensity-volume histogram: `ivh = 2.5`, or `ivh = { number = 1000 }`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged, expecting = "ivh is the width of a bin, or { number = 1000 }")]
pub enum VolumeBins {
    /// Bins of this width, from the lower bound of the re-segmentation, else from the region's minimum.
    Width(f64),
    /// This many bins over the region's own range.
    Count(BinCount),
}

/// A number of bins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BinCount {
    /// How many.
    pub number: u32,
}

/// How bins are laid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Bins of one width from a fixed bound: the same grey level at every visit.
    FixedBinSize,
    /// A number of bins over each region's own range.
    FixedBinNumber,
}

/// `[features]`: which features are measured. It is not in the measurement hash: a value does not depend on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Selection {
    /// Families; `None` for every one that there is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub families: Option<Vec<Family>>,
    /// Aggregations, named for measurement in the volume; see [`Selection::aggregations_in`].
    pub aggregations: Vec<Aggregation>,
    /// `original`, and filters.
    pub images: Vec<String>,
}

impl Default for Selection {
    fn default() -> Self {
        Self {
            families: None,
            aggregations: vec![Aggregation::ThreeDAvg, Aggregation::ThreeD],
            images: vec!["original".to_owned()],
        }
    }
}

impl Selection {
    /// Whether a family is measured.
    pub fn has_family(&self, family: Family) -> bool {
        self.families.as_ref().is_none_or(|families| families.contains(&family))
    }

    /// The aggregations that are measured, in order. Where slices are thick, those in the volume give way to their
    /// counterpart merged over slices (`3D_avg` to `2_5D_avg`).
    pub fn aggregations_in(&self, dimension: Dimension) -> Vec<Aggregation> {
        let in_plane = |aggregation| match aggregation {
            Aggregation::ThreeDAvg => Aggregation::TwoHalfDAvg,
            Aggregation::ThreeDComb => Aggregation::TwoHalfDComb,
            Aggregation::ThreeD => Aggregation::TwoHalfD,
            other => other,
        };
        let mut wanted: Vec<Aggregation> = match dimension {
            Dimension::Volume => self.aggregations.clone(),
            Dimension::InPlane => self.aggregations.iter().copied().map(in_plane).collect(),
        };
        wanted.sort();
        wanted.dedup();
        wanted
    }
}

/// The dimension in which texture is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Dimension {
    /// In-plane: slices are thick.
    #[serde(rename = "2D")]
    InPlane,
    /// In the volume.
    #[serde(rename = "3D")]
    Volume,
}

/// [`Sampling`] decided over all visits of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResolvedSampling {
    /// Spacing in mm along right, anterior, superior; `None` keeps each visit's own (the slice axis when
    /// measured in-plane).
    pub spacing_mm: [Option<f64>; 3],
    /// Where texture is measured.
    pub dimension: Dimension,
    /// Anatomical axis (0 right, 1 anterior, 2 superior) across slices, when measured in-plane.
    #[serde(default)]
    pub slice_axis: Option<usize>,
    /// Interpolation of the image.
    pub interpolation: Interpolation,
    /// Share of a voxel that must be inside.
    pub mask_threshold: f64,
}

/// [`Measurement`] with its sampling resolved: what the measurement hash is made of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResolvedMeasurement {
    /// Sampling, decided.
    pub sampling: ResolvedSampling,
    /// Intensities; `normalise` decided (`body` or `none`).
    pub intensity: Intensity,
    /// Re-segmentation.
    pub resegment: Resegment,
    /// Discretisation; its method decided.
    pub discretise: Discretise,
    /// Version of the feature definitions.
    pub definitions: u32,
}

impl ResolvedMeasurement {
    /// The SHA-256 of these settings as canonical JSON: keys sorted, no spaces, numbers in the shortest form
    /// that reads back the same. Values are compared only where it is equal.
    pub fn hash(&self) -> MeasurementHash {
        let mut text = String::new();
        // Plain structs of numbers and words: their serialisation cannot fail.
        let value = serde_json::to_value(self).expect("settings are plain data");
        canonical(&value, &mut text);
        let digest = Sha256::digest(text.as_bytes());
        let mut hex = String::new();
        for byte in digest {
            let _ = write!(hex, "{byte:02x}"); // writing to a string cannot fail
        }
        MeasurementHash::new(hex)
    }
}

/// Writes JSON with sorted keys, whatever order the map type of the JSON library keeps.
fn canonical(value: &serde_json::Value, text: &mut String) {
    use serde_json::Value;
    match value {
        Value::Object(map) => {
            let mut keys: Vec<&String> = map.keys().collect();
            keys.sort();
            text.push('{');
            for (n, key) in keys.into_iter().enumerate() {
                if n > 0 {
                    text.push(',');
                }
                text.push_str(&Value::String(key.clone()).to_string());
                text.push(':');
                canonical(&map[key], text);
            }
            text.push('}');
        }
        Value::Array(items) => {
            text.push('[');
            for (n, item) in items.iter().enumerate() {
                if n > 0 {
                    text.push(',');
                }
                canonical(item, text);
            }
            text.push(']');
        }
        plain => text.push_str(&plain.to_string()),
    }
}

#[cfg(test)]
impl ResolvedMeasurement {
    /// Settings as the protocol `ct` resolves them for thin slices: what tests of several rooms start from.
    pub fn of_a_ct() -> Self {
        Self {
            sampling: ResolvedSampling {
                spacing_mm: [Some(1.0); 3],
                dimension: Dimension::Volume,
                slice_axis: None,
                interpolation: Interpolation::Linear,
                mask_threshold: 0.5,
            },
            intensity: Intensity { units: Some(Units::Hu), normalise: Normalise::None, round_hu: true },
            resegment: Resegment { range: Some([-1000.0, 3000.0]), sigma: None },
            discretise: Discretise {
                method: Method::FixedBinSize,
                size: Some(25.0),
                number: None,
                lower_bound: Some(-1000.0),
                ivh: None,
            },
            definitions: DEFINITIONS,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved() -> ResolvedMeasurement {
        let mut settings = ResolvedMeasurement::of_a_ct();
        settings.sampling.spacing_mm[2] = None;
        settings.sampling.dimension = Dimension::InPlane;
        settings.sampling.slice_axis = Some(2);
        settings
    }

    #[test]
    fn the_hash_is_of_sorted_json_and_survives_a_round_trip() {
        let settings = resolved();
        let mut text = String::new();
        canonical(&serde_json::to_value(&settings).unwrap(), &mut text);
        assert!(
            text.starts_with(r#"{"definitions":1,"discretise":{"ivh":null,"lower_bound":-1000.0,"#),
            "{text}"
        );
        let back: ResolvedMeasurement = serde_json::from_str(&text).unwrap();
        assert_eq!(back.hash(), settings.hash());
        assert_eq!(settings.hash().as_str().len(), 64);
    }

    #[test]
    fn every_setting_is_in_the_hash() {
        let changes: [fn(&mut ResolvedMeasurement); 8] = [
            |m| m.sampling.spacing_mm[0] = Some(1.1),
            |m| m.sampling.dimension = Dimension::Volume,
            |m| m.sampling.interpolation = Interpolation::Cubic,
            |m| m.sampling.mask_threshold = 0.6,
            |m| m.intensity.normalise = Normalise::Body,
            |m| m.resegment.sigma = Some(3.0),
            |m| m.discretise.size = Some(24.0),
            |m| m.definitions += 1,
        ];
        for (n, change) in changes.into_iter().enumerate() {
            let mut other = resolved();
            change(&mut other);
            assert_ne!(other.hash(), resolved().hash(), "change {n}");
        }
    }
}
