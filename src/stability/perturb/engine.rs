//! Measures perturbed copies of a scan.

use rayon::prelude::*;

use super::draws::{Draw, LARGEST_GROWTH, plan};
use super::{PerturbError, Perturbation};
use crate::features::cut::{Cut, Variant};
use crate::features::resize::Resize;
use crate::features::settings::{Dimension, ResolvedMeasurement};
use crate::features::{self, FeatureError, Measured, Selection};
use crate::geometry::{Frame, Grid, GridMatch};
use crate::image::noise::{self, Noise};
use crate::image::resample::{GridMove, Turn, centre_of};
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
/// threads, and perturbation `i` is the same whatever the count. Image and mask are interpolated once, on the moved
/// grid; a region grows or shrinks on the grid that it is measured on. At most as many perturbations are at work at
/// once as there are threads, so memory does not grow with their number.
pub fn perturb<F: Frame>(
    image: &Volume<f32, F>,
    units: Units,
    masks: &[&Mask<F>],
    settings: &ResolvedMeasurement,
    selection: &Selection,
    asked: &Perturbation,
) -> Result<Vec<PerturbedRow>, PerturbError> {
    if masks.iter().any(|mask| image.grid().compare(mask.grid()) == GridMatch::Different) {
        return Err(FeatureError::Grids.into());
    }
    let draws = plan(asked);
    let work = Work { image, units, masks, settings, selection, sigma: sigma(image, settings, &draws) };
    let mut rows = Vec::with_capacity(draws.len() * masks.len());
    for (n, mask) in masks.iter().enumerate() {
        let side_by_side =
            if mask.volume_ml() > features::LARGE_ML { 1 } else { rayon::current_num_threads() };
        let shared = if asked.chain.is_mask_only() {
            Some(work.cut(n, &GROWTH_ONLY, [-LARGEST_GROWTH, LARGEST_GROWTH])?)
        } else {
            None
        };
        for together in draws.chunks(side_by_side.max(1)) {
            let measured: Vec<Result<PerturbedRow, FeatureError>> =
                together.par_iter().map(|draw| work.row(n, draw, shared.as_ref())).collect();
            for row in measured {
                rows.push(row?);
            }
        }
    }
    rows.sort_by_key(|row| (row.perturbation, row.mask));
    Ok(rows)
}

/// Leaves image and grid as they are.
const GROWTH_ONLY: Draw =
    Draw { number: 0, noise: None, shift: [0.0; 3], angle_degrees: 0.0, growth: None, ties: 0 };

/// The image's noise, where any perturbation adds some.
fn sigma<F: Frame>(image: &Volume<f32, F>, settings: &ResolvedMeasurement, draws: &[Draw]) -> f64 {
    let across = image.grid().anatomical_axes()[settings.sampling.slice_axis.unwrap_or(2)];
    if draws.iter().any(|draw| draw.noise.is_some()) { noise::sigma_of(image, across) } else { 0.0 }
}

struct Work<'a, F: Frame> {
    image: &'a Volume<f32, F>,
    units: Units,
    masks: &'a [&'a Mask<F>],
    settings: &'a ResolvedMeasurement,
    selection: &'a Selection,
    sigma: f64,
}

impl<F: Frame> Work<'_, F> {
    /// Cuts a region out of a perturbed copy of the scan, with room to grow by shares within `growth`.
    fn cut(&self, mask: usize, draw: &Draw, growth: [f64; 2]) -> Result<Cut, FeatureError> {
        let variant = Variant {
            movement: movement(self.masks[mask], self.settings, draw),
            noise: draw.noise.map_or(Noise::NONE, |seed| Noise { sigma: self.sigma, seed }),
            growth,
        };
        Cut::new(self.image, self.masks[mask], self.settings, &variant)
    }
    fn row(&self, mask: usize, draw: &Draw, shared: Option<&Cut>) -> Result<PerturbedRow, FeatureError> {
        let resize = draw.growth.map(|growth| Resize { growth, ties: draw.ties });
        let measure =
            |cut: &Cut| features::measure_cut(cut, resize, self.units, self.settings, self.selection);
        let measured = if let Some(cut) = shared {
            measure(cut)?
        } else {
            let growth = draw.growth.unwrap_or(0.0);
            measure(&self.cut(mask, draw, [growth.min(0.0), growth.max(0.0)])?)?
        };
        Ok(PerturbedRow { perturbation: draw.number, mask, measured })
    }
}

/// How a draw moves the grid that a region is sampled on. Where slices are thick nothing moves across them: they stay
/// the scan's own.
fn movement<F: Frame>(mask: &Mask<F>, settings: &ResolvedMeasurement, draw: &Draw) -> GridMove<F> {
    let sampling = &settings.sampling;
    let own = anatomical_spacing(mask.grid());
    let slice_axis = sampling.slice_axis.unwrap_or(2);
    let stays = |a: usize| sampling.dimension == Dimension::InPlane && a == slice_axis;
    let shift = |a: usize| {
        let voxel_mm = sampling.spacing_mm[a].unwrap_or(own[a]);
        if stays(a) { 0.0 } else { draw.shift[a] * voxel_mm }
    };
    let turn = centre_of(mask).filter(|_| draw.angle_degrees != 0.0);
    GridMove {
        shift_mm: std::array::from_fn(shift),
        turn: turn.map(|centre| Turn { radians: draw.angle_degrees.to_radians(), axis: slice_axis, centre }),
    }
}

fn anatomical_spacing<F: Frame>(grid: &Grid<F>) -> [f64; 3] {
    grid.anatomical_axes().map(|axis| grid.spacing()[axis])
}
