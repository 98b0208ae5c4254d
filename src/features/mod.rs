//! IBSI features: a region of a scan becomes numbers, each a value or the reason why there is none.
//!
//! The order is the standard's: resample image and region, round CT, re-segment the intensity mask, discretise,
//! measure. [`registry`] lists what can be measured, a file per family; `shape` and `texture` hold what
//! families count and fit.

pub mod registry;

pub mod shape;
pub mod texture;

pub mod cut;
pub mod discretise;
pub mod frozen;
pub mod ibsi;
pub mod pyradiomics;
pub mod resize;
pub mod roi;
pub mod sample;

pub mod sampling;
pub mod settings;

#[cfg(test)]
mod conformance;

use std::borrow::Cow;

use rayon::prelude::*;
use thiserror::Error;

use crate::diagnose::Diagnose;
use crate::geometry::{Frame, GeometryError, GridMatch};
use crate::image::normalise::{self, Normalisation};
use crate::labels::Mask;
use crate::record::{Aggregation, Family, FeatureKey, Flag, Flags, Outcome, Reason, Units};
use crate::volume::Volume;

use cut::Cut;
pub use frozen::FrozenSampling;
use registry::FeatureUnit;
use resize::Resize;
use roi::Roi;
pub use settings::Selection;
use settings::{Dimension, Method, Normalise, ResolvedMeasurement, VolumeBins};

/// Regions larger than this are measured one after the other, by all threads each: side by side they would need as
/// many times the memory.
pub const LARGE_ML: f64 = 500.0;

/// Why nothing is measured: a defect of the settings or of the caller, not of the region.
#[derive(Debug, Error, PartialEq)]
pub enum FeatureError {
    /// Image and mask lie on different grids.
    #[error("image and region lie on different grids")]
    Grids,
    /// A spacing is no length.
    #[error(transparent)]
    Spacing(#[from] GeometryError),
    /// The resampled region does not fit into memory.
    #[error("the region's box would have {voxels} voxels at the spacing that is asked for")]
    TooFine {
        /// Number of voxels.
        voxels: usize,
    },
    /// A setting that the method needs is missing or not positive.
    #[error("`{0}` is missing or not positive")]
    Setting(&'static str),
}

impl Diagnose for FeatureError {
    fn code(&self) -> &'static str {
        match self {
            Self::Grids => "E-MEASURE-GRID",
            Self::Spacing(_) => "E-MEASURE-SPACING",
            Self::TooFine { .. } => "E-MEASURE-TOO-FINE",
            Self::Setting(_) => "E-MEASURE-SETTING",
        }
    }
    fn hint(&self) -> String {
        match self {
            Self::Grids => "Resample the mask to the image, or name the image that it was drawn on.".into(),
            Self::Spacing(_) | Self::TooFine { .. } => {
                "Give `sampling.spacing_mm` in millimetres, not much finer than the scan.".into()
            }
            Self::Setting(key) => format!("Set `{key}` in the protocol, or use another method."),
        }
    }
}

/// One measured feature.
#[derive(Clone, Debug, PartialEq)]
pub struct MeasuredValue {
    /// What.
    pub key: FeatureKey,
    /// Its value, or why there is none.
    pub outcome: Outcome,
    /// Unit of the value; empty where it has none.
    pub unit: String,
}

/// How many voxels a region has on the way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VoxelCounts {
    /// As given, on the scan's own grid.
    pub native: usize,
    /// Of the morphological mask that shape is measured on.
    pub morphological: usize,
    /// Of the intensity mask: resampled and re-segmented.
    pub intensity: usize,
}

/// A measured region.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// Values in the order of the tables.
    pub values: Vec<MeasuredValue>,
    /// Voxels.
    pub voxels: VoxelCounts,
    /// What a reader must know of all values.
    pub flags: Flags,
}

impl Measured {
    /// The outcome of a feature, by tag and aggregation.
    pub fn outcome(&self, feature: &str, aggregation: Option<Aggregation>) -> Option<Outcome> {
        let found = |v: &&MeasuredValue| v.key.feature == feature && v.key.aggregation == aggregation;
        self.values.iter().find(found).map(|v| v.outcome)
    }
}

/// The image as it is measured: normalised where the settings say so, by `reference` or, without one, by the body
/// without the lesions. Fails with [`Reason::ArbitraryUnits`] where there is nothing to normalise by.
pub fn prepare_image<'a, F: Frame>(
    image: &'a Volume<f32, F>,
    settings: &ResolvedMeasurement,
    reference: Option<&Mask<F>>,
    lesions: &[&Mask<F>],
) -> Result<Cow<'a, Volume<f32, F>>, Reason> {
    if settings.intensity.normalise != Normalise::Body {
        return Ok(Cow::Borrowed(image));
    }
    let scale = match reference {
        Some(reference) => Normalisation::inside(image, reference),
        None => Normalisation::inside(image, &normalise::body(image, lesions)),
    };
    scale.map(|s| Cow::Owned(s.apply(image))).ok_or(Reason::ArbitraryUnits)
}

/// Measures one region of one scan. `image` is already normalised where the settings say so.
///
/// An empty region gives all its rows too, each undefined with its reason.
pub fn measure<F: Frame>(
    image: &Volume<f32, F>,
    units: Units,
    mask: &Mask<F>,
    settings: &ResolvedMeasurement,
    selection: &Selection,
) -> Result<Measured, FeatureError> {
    if image.grid().compare(mask.grid()) == GridMatch::Different {
        return Err(FeatureError::Grids);
    }
    let roi = Roi::new(image, mask, settings)?;
    Ok(measure_roi(&roi, mask.count(), units, settings, selection))
}

/// Measures a region that is cut out of a scan, grown or shrunk where that is asked for. Equal to [`measure`] for
/// [`cut::Variant::NONE`].
pub fn measure_cut(
    cut: &Cut,
    resize: Option<Resize>,
    units: Units,
    settings: &ResolvedMeasurement,
    selection: &Selection,
) -> Result<Measured, FeatureError> {
    let roi = Roi::of(cut.parts(resize), settings)?;
    Ok(measure_roi(&roi, cut.drawn, units, settings, selection))
}

fn measure_roi(
    roi: &Roi,
    drawn: usize,
    units: Units,
    settings: &ResolvedMeasurement,
    selection: &Selection,
) -> Measured {
    let unit_word = intensity_unit(units, settings.intensity.normalise);
    let numbered = matches!(settings.discretise.ivh, Some(VolumeBins::Count(_)));
    let wanted = selection.aggregations_in(settings.sampling.dimension);
    let families: Vec<(Family, Vec<Aggregation>)> = registry::descriptions()
        .into_iter()
        .filter(|d| selection.has_family(d.family))
        .map(|d| (d.family, d.aggregations.iter().copied().filter(|a| wanted.contains(a)).collect()))
        .collect();
    for (family, aggregations) in &families {
        registry::prepare(*family, roi, aggregations);
    }
    let measured: Vec<Vec<registry::Values>> =
        families.par_iter().map(|(family, wanted)| registry::measure(*family, roi, wanted)).collect();
    let mut values = Vec::new();
    for of_aggregation in measured.into_iter().flatten() {
        for (info, outcome) in of_aggregation.outcomes {
            let key = FeatureKey {
                image: "original".into(),
                family: info.family,
                feature: info.tag.into(),
                aggregation: of_aggregation.aggregation,
            };
            let unit = match info.unit {
                FeatureUnit::IntensityOrBin if numbered => String::new(),
                unit => unit.text(unit_word),
            };
            values.push(MeasuredValue { key, outcome, unit });
        }
    }
    let voxels = VoxelCounts {
        native: drawn,
        morphological: roi.outline().region_count(),
        intensity: roi.texture().counted_count(),
    };
    Measured { values, voxels, flags: flags(settings) }
}

fn flags(settings: &ResolvedMeasurement) -> Flags {
    let discretise = &settings.discretise;
    let relative = discretise.method == Method::FixedBinNumber || discretise.lower_bound.is_none();
    let raised = [
        (settings.sampling.dimension == Dimension::InPlane, Flag::ThickSlices),
        (settings.intensity.normalise == Normalise::Body, Flag::Normalised),
        (relative, Flag::RelativeBins),
    ];
    raised.into_iter().filter(|r| r.0).map(|r| r.1).collect()
}

/// The word for the unit of intensities as they are measured: standard deviations where they are normalised.
pub fn intensity_unit(units: Units, normalise: Normalise) -> &'static str {
    match normalise {
        Normalise::Body => "SD",
        Normalise::Auto | Normalise::None => units.word(),
    }
}
