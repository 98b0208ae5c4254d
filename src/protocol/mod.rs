//! A protocol: every setting of a run, in one TOML file.
//!
//! The sections are owned by the rooms that obey them; this room composes them, holds the built-in protocols, and
//! refuses a file before any voxel is read, saying where and what was meant.

mod built_in;
mod check;
mod document;
mod error;
mod region;

use std::path::Path;

use serde::{Deserialize, Serialize};

pub use built_in::BuiltIn;
pub use error::ProtocolError;
pub use region::Region;

use crate::delta::acquisition::Tolerances;
use crate::delta::gate::GateSettings;
use crate::diagnose::nearest;
use crate::features::settings::{
    Dimension, Discretise, Intensity, Measurement, Resegment, ResolvedMeasurement, Sampling, Selection,
    Spacing,
};
use crate::record::{Modality, Units};
use crate::register::qa::QaThresholds;
use crate::register::settings::RegisterSection;

/// The version of the file's form that is read and written.
pub const SCHEMA: u32 = 1;

/// Every setting of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Protocol {
    /// Name of a built-in protocol, or the file as given; not part of the file.
    #[serde(skip)]
    pub name: String,
    /// Version of the file's form: 1.
    pub schema: u32,
    /// On which grid is measured.
    pub sampling: Sampling,
    /// What is done to intensities.
    pub intensity: Intensity,
    /// Which intensities count.
    #[serde(default)]
    pub resegment: Resegment,
    /// How intensities become grey levels.
    pub discretise: Discretise,
    /// Which features are measured.
    #[serde(default)]
    pub features: Selection,
    /// How visits are aligned.
    pub register: RegisterSection,
    /// When an alignment is trusted.
    #[serde(default)]
    pub qa: QaThresholds,
    /// How deltas are judged.
    #[serde(default)]
    pub gate: GateSettings,
    /// Which differences of acquisition are tolerated.
    #[serde(default)]
    pub acquisition: AcquisitionSection,
    /// Regions made from other regions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub region: Vec<Region>,
}

/// `[acquisition]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AcquisitionSection {
    /// Largest differences that are no finding.
    pub tolerances: Tolerances,
}

impl Protocol {
    /// The built-in protocol of a modality.
    pub fn default_for(modality: Modality) -> Self {
        BuiltIn::of(modality).protocol()
    }

    /// A built-in protocol by its name, else the file of that name.
    pub fn load(name_or_file: &str) -> Result<Self, ProtocolError> {
        if let Some(built_in) = BuiltIn::named(name_or_file) {
            return Ok(built_in.protocol());
        }
        let file = Path::new(name_or_file);
        let meant_as_file = file.exists() || file.extension().is_some() || file.components().count() > 1;
        if meant_as_file {
            return Self::read(file);
        }
        let nearest = nearest(name_or_file, BuiltIn::ALL.iter().map(|b| b.name())).map(str::to_owned);
        Err(ProtocolError::Name { name: name_or_file.to_owned(), nearest })
    }

    /// Reads and checks a file.
    pub fn read(file: &Path) -> Result<Self, ProtocolError> {
        let name = file.display().to_string();
        match std::fs::read_to_string(file) {
            Ok(text) => Self::parse(&text, &name),
            Err(source) => Err(ProtocolError::File { file: name, source }),
        }
    }

    /// A protocol from the text of its file; `name` is for messages and for the record.
    pub fn parse(text: &str, name: &str) -> Result<Self, ProtocolError> {
        document::parse(text, name)
    }

    /// The measurement part: what decides what a value means.
    pub fn measurement(&self) -> Measurement {
        Measurement {
            sampling: self.sampling.clone(),
            intensity: self.intensity.clone(),
            resegment: self.resegment,
            discretise: self.discretise,
        }
    }

    /// Refuses visits in units that the protocol's numbers are not meant for.
    pub fn check_units(&self, units: Units) -> Result<(), ProtocolError> {
        match self.intensity.units {
            Some(wanted) if wanted != units => {
                Err(ProtocolError::Units { protocol: self.name.clone(), wanted, found: units })
            }
            _ => Ok(()),
        }
    }

    /// This protocol with its measurement part decided as it was for a run: the same visits are measured alike, and
    /// others on the same grid.
    #[must_use]
    pub fn resolved(&self, measurement: &ResolvedMeasurement) -> Self {
        let mut resolved = self.clone();
        let spacing = measurement.sampling.spacing_mm;
        let first = spacing.iter().flatten().next().copied();
        match (spacing, measurement.sampling.dimension, first) {
            ([Some(x), Some(y), Some(z)], Dimension::Volume, _) => {
                let isotropic = x == y && y == z;
                let per_axis = Spacing::PerAxis([x, y, z]);
                resolved.sampling.spacing_mm = if isotropic { Spacing::Isotropic(x) } else { per_axis };
                resolved.sampling.thick_slice_mm = None;
            }
            // In-plane voxels are squares. No slices are thinner than 0 mm, so all are thick.
            (_, Dimension::InPlane, Some(square)) => {
                resolved.sampling.spacing_mm = Spacing::Isotropic(square);
                resolved.sampling.thick_slice_mm = Some(0.0);
            }
            // Each visit's own spacing: nothing to write down.
            _ => {}
        }
        resolved.sampling.interpolation = measurement.sampling.interpolation;
        resolved.sampling.mask_threshold = measurement.sampling.mask_threshold;
        resolved.intensity = measurement.intensity.clone();
        resolved.resegment = measurement.resegment;
        resolved.discretise = measurement.discretise;
        resolved
    }

    /// The text of a file that reads back to this protocol.
    pub fn to_toml(&self) -> Result<String, toml::ser::Error> {
        toml::to_string(self)
    }
}

/// Name and purpose of every built-in protocol.
pub fn list() -> Vec<(&'static str, &'static str)> {
    BuiltIn::ALL.iter().map(|b| (b.name(), b.purpose())).collect()
}

/// The text of a built-in protocol, with its comments, or of a file that holds a sound one.
pub fn show(name_or_file: &str) -> Result<String, ProtocolError> {
    if let Some(built_in) = BuiltIn::named(name_or_file) {
        return Ok(built_in.text().to_owned());
    }
    let protocol = Protocol::load(name_or_file)?;
    std::fs::read_to_string(name_or_file)
        .map_err(|source| ProtocolError::File { file: protocol.name, source })
}

#[cfg(test)]
mod tests;
