//! Measures perturbed copies of a scan.

use super::{PerturbError, Perturbation};
use crate::features::settings::ResolvedMeasurement;
use crate::features::{Measured, Selection};
use crate::geometry::Frame;
use crate::labels::Mask;
use crate::record::Units;
use crate::volume::Volume;

/// One region, measured on one perturbed copy of its scan.
#[derive(Clone, Debug, PartialEq)]
pub struct PerturbedRow {
    /// Number of the perturbation, from 1.
    pub perturbation: u32,
    /// Which of the masks, from 0.
    pub mask: usize,
    /// What was measured.
    pub measured: Measured,
}

/// Measures regions of one scan on perturbed copies of it; rows in order of perturbation, then mask.
///
/// `image` is as it is measured: normalised already where the settings say so, once, by the unperturbed scan (see
/// [`crate::features::prepare_image`]). All regions of a perturbation see the same noise, the same shift and the same
/// share of growth; the grid turns about each region's own centre. The same seed gives the same bytes at any number of
/// threads, and perturbation `i` is the same whatever the count.
pub fn perturb<F: Frame>(
    image: &Volume<f32, F>,
    units: Units,
    masks: &[&Mask<F>],
    settings: &ResolvedMeasurement,
    selection: &Selection,
    asked: &Perturbation,
) -> Result<Vec<PerturbedRow>, PerturbError> {
    let _ = (image, units, masks, settings, selection);
    Err(PerturbError::Unfinished(asked.chain.to_string()))
}
