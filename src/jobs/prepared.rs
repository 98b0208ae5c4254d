//! An image as it is measured, and regions on it.

use std::borrow::Cow;

use crate::features::registry::{self, IntensityMeaning};
use crate::features::settings::ResolvedMeasurement;
use crate::features::{self, FeatureError, Measured, Selection};
use crate::labels::Mask;
use crate::record::{FeatureKey, Outcome, Reason, RoiRole, Units};
use crate::stability::perturb::{PerturbError, Perturbation, PerturbedRow, perturb};
use crate::visit::Structure;
use crate::volume::Volume;

/// An image, normalised where the settings say so; or as it is, and why its intensities mean nothing.
pub struct PreparedImage<'a> {
    image: Cow<'a, Volume<f32>>,
    units: Units,
    settings: &'a ResolvedMeasurement,
    /// Nothing to normalise by: intensities mean nothing, shapes do.
    without_intensities: Option<Reason>,
}

impl<'a> PreparedImage<'a> {
    /// Prepares an image. A reference region among those on it is what it is normalised by; lesions are left out of
    /// the body that otherwise is.
    pub fn new<'s>(
        image: &'a Volume<f32>,
        units: Units,
        settings: &'a ResolvedMeasurement,
        regions: impl Iterator<Item = &'s Structure> + Clone,
    ) -> Self {
        let reference = regions.clone().find(|s| s.role == Some(RoiRole::Reference)).map(|s| &s.mask);
        let lesions: Vec<&Mask> =
            regions.filter(|s| s.role == Some(RoiRole::Lesion)).map(|s| &s.mask).collect();
        let (image, without_intensities) = match features::prepare_image(image, settings, reference, &lesions)
        {
            Ok(prepared) => (prepared, None),
            Err(reason) => (Cow::Borrowed(image), Some(reason)),
        };
        Self { image, units, settings, without_intensities }
    }

    /// Measures a region of it.
    pub fn measure(&self, region: &Mask, selection: &Selection) -> Result<Measured, FeatureError> {
        let mut measured = features::measure(&self.image, self.units, region, self.settings, selection)?;
        self.refuse_intensities(&mut measured);
        Ok(measured)
    }

    /// Measures regions on perturbed copies of it.
    pub fn perturbed(
        &self,
        regions: &[&Mask],
        selection: &Selection,
        asked: &Perturbation,
    ) -> Result<Vec<PerturbedRow>, PerturbError> {
        let mut rows = perturb(&self.image, self.units, regions, self.settings, selection, asked)?;
        for row in &mut rows {
            self.refuse_intensities(&mut row.measured);
        }
        Ok(rows)
    }

    fn refuse_intensities(&self, measured: &mut Measured) {
        if let Some(reason) = self.without_intensities {
            for value in measured.values.iter_mut().filter(|v| needs_intensities(&v.key)) {
                value.outcome = Outcome::Refused(reason);
            }
        }
    }
}

/// Whether a feature's value depends on what an intensity means.
fn needs_intensities(key: &FeatureKey) -> bool {
    registry::find(&key.feature).is_none_or(|info| info.intensities != IntensityMeaning::Irrelevant)
}
