//! Every visit on its own image, every contour by the same settings.

use rayon::prelude::*;

use super::contours::{OurContour, role_of};
use super::derived::Derived;
use crate::features::settings::ResolvedMeasurement;
use crate::features::{self, FeatureError, Measured, Selection};
use crate::jobs::Failure;
use crate::jobs::prepared::PreparedImage;
use crate::labels::Mask;
use crate::record::{FeatureKey, FeatureRow, Flags, MeasurementHash, Outcome, PerturbedFeature, Reason};
use crate::stability::perturb::{PerturbError, Perturbation, PerturbedRow};
use crate::visit::{Structure, Visit};

/// What all measurements of a run share.
#[derive(Debug)]
pub struct Measuring<'a> {
    /// Subject, where known.
    pub subject: Option<&'a str>,
    /// Settings.
    pub settings: &'a ResolvedMeasurement,
    /// Their hash.
    pub hash: &'a MeasurementHash,
    /// Which features.
    pub selection: &'a Selection,
}

/// A region to be measured, and what is known against it.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    /// Region, source and voxels.
    pub structure: &'a Structure,
    /// Why its values are undefined, whatever they are.
    pub trouble: Option<Reason>,
}

impl<'a> Target<'a> {
    /// A contour that was given.
    pub fn given(structure: &'a Structure) -> Self {
        Self { structure, trouble: None }
    }
    /// A region that the protocol makes.
    pub fn derived(derived: &'a Derived) -> Self {
        Self { structure: &derived.structure, trouble: derived.trouble }
    }
    /// A contour of ours.
    pub fn ours(contour: &'a OurContour) -> Self {
        Self { structure: &contour.structure, trouble: contour.trouble }
    }
}

/// Whether a region is measured alone.
pub fn is_large(target: &Target) -> bool {
    target.structure.mask.volume_ml() > features::LARGE_ML
}

/// A visit with its image as it is measured.
pub struct Prepared<'a> {
    visit: &'a Visit,
    image: PreparedImage<'a>,
    flags: Flags,
}

impl<'a> Measuring<'a> {
    /// Prepares a visit; `sampling` are the flags that the sampling decision raised for it, `ours` contours of ours
    /// on it (a lesion is left out of the reference for normalisation, whoever drew it).
    pub fn prepare(&self, visit: &'a Visit, sampling: &Flags, ours: &[OurContour]) -> Prepared<'a> {
        let all = visit.structures.iter().chain(ours.iter().map(|c| &c.structure));
        let image = PreparedImage::new(&visit.image, visit.units, self.settings, all);
        let mut flags = visit.flags.clone();
        flags.join(sampling);
        Prepared { visit, image, flags }
    }

    /// Measures regions of a prepared visit; rows come in the order of the targets.
    pub fn rows(&self, prepared: &Prepared, targets: &[Target]) -> Result<Vec<FeatureRow>, Failure> {
        let mut rows = Vec::new();
        let rows_of = |target: &Target| self.rows_of(prepared, *target);
        for alike in targets.chunk_by(|a, b| is_large(a) == is_large(b)) {
            let measured: Vec<Result<Vec<FeatureRow>, FeatureError>> = if is_large(&alike[0]) {
                alike.iter().map(rows_of).collect()
            } else {
                alike.par_iter().map(rows_of).collect()
            };
            for of_target in measured {
                rows.extend(of_target?);
            }
        }
        Ok(rows)
    }

    fn rows_of(&self, prepared: &Prepared, target: Target) -> Result<Vec<FeatureRow>, FeatureError> {
        let measured = prepared.image.measure(&target.structure.mask, self.selection)?;
        Ok(self.told(prepared, target, measured))
    }

    /// Measures regions of a prepared visit on perturbed copies of it.
    pub fn perturbed_rows(
        &self,
        prepared: &Prepared,
        targets: &[Target],
        asked: &Perturbation,
    ) -> Result<Vec<PerturbedFeature>, PerturbError> {
        let masks: Vec<&Mask> = targets.iter().map(|t| &t.structure.mask).collect();
        let mut rows = Vec::new();
        for PerturbedRow { perturbation, mask, measured } in
            prepared.image.perturbed(&masks, self.selection, asked)?
        {
            let told = self.told(prepared, targets[mask], measured);
            rows.extend(told.into_iter().map(|row| PerturbedFeature { perturbation, row }));
        }
        Ok(rows)
    }

    /// What was measured of a target, as rows.
    fn told(&self, prepared: &Prepared, target: Target, measured: Measured) -> Vec<FeatureRow> {
        let (visit, structure) = (prepared.visit, target.structure);
        let mut flags = prepared.flags.clone();
        flags.join(&measured.flags);
        let row = |key: FeatureKey, outcome: Outcome, unit: String| FeatureRow {
            subject: self.subject.map(str::to_owned),
            visit: visit.name.clone(),
            modality: visit.modality,
            measurement_hash: self.hash.clone(),
            roi: structure.name.clone(),
            roi_role: role_of(structure),
            mask_source: structure.source,
            outcome: target.trouble.map_or(outcome, Outcome::Undefined),
            key,
            unit,
            flags: flags.clone(),
        };
        measured.values.into_iter().map(|v| row(v.key, v.outcome, v.unit)).collect()
    }
}
