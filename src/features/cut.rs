//! A region cut out of its scan: resampled with the image around it, as it is or perturbed.

use std::borrow::Cow;

use nalgebra::Matrix3;
use rayon::prelude::*;

use super::FeatureError;
use super::discretise::WORK;
use super::registry;
use super::resize::{Resize, Shells};
use super::roi::{Block, Surroundings};
use super::settings::{Dimension, Resegment, ResolvedMeasurement};
use crate::geometry::{Frame, Grid};
use crate::image::noise::Noise;
use crate::image::resample::{GridMove, Resampling, Window};
use crate::labels::Mask;
use crate::volume::Volume;

/// More voxels than this in a region's box are a mistaken spacing, not a region.
const MOST_VOXELS: usize = 1 << 28;

/// What is otherwise than in the scan when a region is cut out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Variant<F: Frame> {
    /// How the sampling grid is moved.
    pub movement: GridMove<F>,
    /// Noise that is added to the image before it is sampled.
    pub noise: Noise,
    /// Smallest and largest share by which the region is going to grow; zeros where it stays.
    pub growth: [f64; 2],
}

impl<F: Frame> Variant<F> {
    /// The scan as it is.
    pub const NONE: Self = Self { movement: GridMove::NONE, noise: Noise::NONE, growth: [0.0; 2] };
}

/// A region and the image around it on the grid that it is measured on.
#[derive(Clone, Debug)]
pub struct Cut {
    /// Where intensities and texture are measured.
    texture: Layer,
    /// Where morphology is, if elsewhere.
    native: Option<Layer>,
    rule: Resegment,
    /// Voxels of the region as it was drawn.
    pub(super) drawn: usize,
}

/// A region in anatomical order, ready to be laid out.
#[derive(Clone, Debug)]
pub struct Parts {
    /// Where intensities and texture are measured.
    pub texture: Block,
    /// The image around it.
    pub surroundings: Surroundings,
    /// Where morphology is measured, if elsewhere.
    pub native: Option<Block>,
}

impl Cut {
    /// Cuts a region out of its scan, as the settings and the variant say.
    pub fn new<F: Frame>(
        image: &Volume<f32, F>,
        mask: &Mask<F>,
        settings: &ResolvedMeasurement,
        variant: &Variant<F>,
    ) -> Result<Self, FeatureError> {
        let sampling = &settings.sampling;
        let cutter = Cutter { image, mask, settings, variant };
        // All families' reach, whichever are asked for: a value may not depend on what else is measured.
        let reach_mm = registry::descriptions().iter().fold(0.0, |reach, d| d.reach_mm.max(reach));
        let moved = |spacing_mm| Resampling::moved(image.grid(), spacing_mm, &variant.movement);
        let texture = cutter.layer(&moved(sampling.spacing_mm)?, reach_mm)?;
        let native = match sampling.dimension {
            Dimension::Volume => None,
            Dimension::InPlane => Some(cutter.layer(&moved([None; 3])?, 0.0)?),
        };
        Ok(Self { texture, native, rule: settings.resegment, drawn: mask.count() })
    }
    /// The region, grown or shrunk where that is asked for.
    pub fn parts(&self, resize: Option<Resize>) -> Parts {
        let (texture, surroundings) = self.texture.parts(resize, &self.rule);
        Parts { texture, surroundings, native: self.native.as_ref().map(|n| n.parts(resize, &self.rule).0) }
    }
}

struct Cutter<'a, F: Frame> {
    image: &'a Volume<f32, F>,
    mask: &'a Mask<F>,
    settings: &'a ResolvedMeasurement,
    variant: &'a Variant<F>,
}

impl<F: Frame> Cutter<'_, F> {
    /// The region's layer, with the image up to `reach_mm` around it.
    fn layer(&self, resampling: &Resampling<F>, reach_mm: f64) -> Result<Layer, FeatureError> {
        let within = |window: Window| match window.len() {
            voxels if voxels > MOST_VOXELS => Err(FeatureError::TooFine { voxels }),
            _ => Ok(window),
        };
        let window = within(resampling.window_of(self.mask))?;
        let region = resampling.mask(self.mask, window, self.settings.sampling.mask_threshold);
        let (window, region) = trim(window, &region);
        let (dims, spacing) = (resampling.target().dims(), resampling.target().spacing());
        let shells = (self.variant.growth != [0.0; 2] && !window.is_empty())
            .then(|| Shells::of(window, &region, resampling, self.variant.growth));
        let outer = shells.as_ref().map_or(window, Shells::window);
        let reach = spacing.map(|s| (reach_mm / s) as usize);
        let wide = within(widened(outer, dims, reach))?;
        let mut intensities = if wide.is_empty() {
            Vec::new()
        } else {
            let interpolation = self.settings.sampling.interpolation;
            resampling.noisy_image(self.image, &self.variant.noise, wide, interpolation)
        };
        if self.settings.intensity.round_hu {
            for v in &mut intensities {
                *v = v.round_ties_even();
            }
        }
        let has_data = resampling.has_data(self.image, wide);
        let slice_axis = self.settings.sampling.slice_axis.unwrap_or(2);
        let order = AnatomicalOrder::of(resampling.target(), slice_axis);
        Ok(Layer { dims, spacing, reach, window, region, shells, wide, intensities, has_data, order })
    }
}

/// A region on one grid, in the order of its storage.
#[derive(Clone, Debug)]
struct Layer {
    /// Of the whole grid.
    dims: [usize; 3],
    spacing: [f64; 3],
    /// How many voxels around the region families read.
    reach: [usize; 3],
    window: Window,
    region: Vec<bool>,
    shells: Option<Shells>,
    /// Where there are intensities.
    wide: Window,
    intensities: Vec<f32>,
    has_data: Option<Vec<bool>>,
    order: AnatomicalOrder,
}

impl Layer {
    fn parts(&self, resize: Option<Resize>, rule: &Resegment) -> (Block, Surroundings) {
        let resized = resize.zip(self.shells.as_ref()).map(|(resize, shells)| {
            let region = shells.resized(resize);
            trim(shells.window(), &region)
        });
        let (window, region) = match &resized {
            Some((window, region)) => (*window, region),
            None => (self.window, &self.region),
        };
        let (order, wide) = (&self.order, widened(window, self.dims, self.reach));
        let dims = order.array.map(|a| window.size[a]);
        let region = order.apply(region, window.size);
        let mut surroundings = Surroundings {
            dims: order.array.map(|a| wide.size[a]),
            first: std::array::from_fn(|n| order.margin(n, window, wide)),
            intensities: order.apply(&part(&self.intensities, self.wide, wide), wide.size),
        };
        let intensities = surroundings.part(dims);
        let counted = resegment(&region, &intensities, rule);
        if let Some(has_data) = &self.has_data {
            let has_data = order.apply(&part(has_data, self.wide, wide), wide.size);
            for (value, _) in surroundings.intensities.iter_mut().zip(has_data).filter(|v| !v.1) {
                *value = f32::NAN;
            }
        }
        let spacing_mm = order.array.map(|a| self.spacing[a]);
        (Block { dims, spacing_mm, region, counted, intensities }, surroundings)
    }
}

/// The part of the values of a window that belongs to a smaller one inside it.
fn part<T: Copy>(values: &[T], whole: Window, inner: Window) -> Cow<'_, [T]> {
    if whole == inner || inner.is_empty() {
        return Cow::Borrowed(if inner.is_empty() { &[] } else { values });
    }
    let mut kept = Vec::with_capacity(inner.len());
    let [x, y, z]: [usize; 3] = std::array::from_fn(|a| inner.low[a] - whole.low[a]);
    for k in z..z + inner.size[2] {
        for j in y..y + inner.size[1] {
            let row = x + whole.size[0] * (j + whole.size[1] * k);
            kept.extend_from_slice(&values[row..row + inner.size[0]]);
        }
    }
    Cow::Owned(kept)
}

/// A window with this many voxels more on every side, as far as there are any. An empty one stays empty.
pub(super) fn widened(window: Window, dims: [usize; 3], margin: [usize; 3]) -> Window {
    if window.is_empty() {
        return window;
    }
    let low: [usize; 3] = std::array::from_fn(|a| window.low[a].saturating_sub(margin[a]));
    let high = |a: usize| (window.low[a] + window.size[a] + margin[a]).min(dims[a]);
    Window { low, size: std::array::from_fn(|a| high(a) - low[a]) }
}

/// The smallest window around the voxels that are inside, and its part of `inside`.
fn trim(window: Window, inside: &[bool]) -> (Window, Vec<bool>) {
    let [nx, ny, _] = window.size;
    let (mut low, mut high) = ([usize::MAX; 3], [0; 3]);
    for (n, row) in inside.chunks_exact(nx.max(1)).enumerate() {
        let Some(first) = row.iter().position(|b| *b) else { continue };
        let last = row.iter().rposition(|b| *b).unwrap_or(first);
        let ends = [[first, last], [n % ny, n % ny], [n / ny, n / ny]];
        for a in 0..3 {
            low[a] = low[a].min(ends[a][0]);
            high[a] = high[a].max(ends[a][1] + 1);
        }
    }
    if high[0] == 0 {
        return (Window { low: window.low, size: [0; 3] }, Vec::new());
    }
    let size: [usize; 3] = std::array::from_fn(|a| high[a] - low[a]);
    let mut part = Vec::with_capacity(size.iter().product());
    for k in low[2]..high[2] {
        for j in low[1]..high[1] {
            let row = nx * (j + ny * k);
            part.extend_from_slice(&inside[row + low[0]..row + high[0]]);
        }
    }
    (Window { low: std::array::from_fn(|a| window.low[a] + low[a]), size }, part)
}

/// The anatomical axis from inferior to superior.
const SUPERIOR: usize = 2;

/// The axis of a block that is nearest to the patient's superior-inferior axis, where its slices lie across the
/// anatomical axis `slice_axis` (the third where none is given).
pub(super) fn axial_axis(slice_axis: Option<usize>) -> usize {
    anatomical_order(slice_axis.unwrap_or(SUPERIOR)).iter().position(|a| *a == SUPERIOR).unwrap_or(SUPERIOR)
}

/// The anatomical axis of each axis of a block whose slices lie across the anatomical axis `slice_axis`.
fn anatomical_order(slice_axis: usize) -> [usize; 3] {
    match slice_axis {
        0 => [1, 2, 0],
        1 => [0, 2, 1],
        _ => [0, 1, 2],
    }
}

/// How array axes are put into anatomical order.
#[derive(Clone, Copy, Debug)]
struct AnatomicalOrder {
    /// Array axis that becomes each axis of the block.
    array: [usize; 3],
    /// Whether it runs against its anatomical direction.
    reversed: [bool; 3],
}

impl AnatomicalOrder {
    fn of<F: Frame>(grid: &Grid<F>, slice_axis: usize) -> Self {
        let axes = grid.anatomical_axes();
        let directions: Matrix3<f64> = grid.directions();
        let anatomical = anatomical_order(slice_axis);
        let array = anatomical.map(|a| axes[a]);
        Self { array, reversed: std::array::from_fn(|n| directions[(anatomical[n], array[n])] < 0.0) }
    }
    /// How many voxels `wide` has before the first of `window` along an axis of the block.
    fn margin(&self, axis: usize, window: Window, wide: Window) -> usize {
        let a = self.array[axis];
        let before = window.low[a] - wide.low[a];
        if self.reversed[axis] { wide.size[a] - window.size[a] - before } else { before }
    }
    fn apply<T: Copy + Send + Sync>(&self, values: &[T], size: [usize; 3]) -> Vec<T> {
        let stride = [1, size[0], size[0] * size[1]];
        let dims = self.array.map(|a| size[a]);
        let step = |axis: usize, n: usize| {
            let n = if self.reversed[axis] { dims[axis] - 1 - n } else { n };
            n * stride[self.array[axis]]
        };
        let along_rows = self.array[0] == 0;
        let plane = |k: usize, ordered: &mut [T]| {
            for (j, row) in ordered.chunks_exact_mut(dims[0]).enumerate() {
                let start = step(2, k) + step(1, j);
                if along_rows {
                    row.copy_from_slice(&values[start..start + dims[0]]);
                    if self.reversed[0] {
                        row.reverse();
                    }
                } else {
                    row.iter_mut().enumerate().for_each(|(i, v)| *v = values[start + step(0, i)]);
                }
            }
        };
        // Its length is right already; every element is written.
        let mut ordered = values.to_vec();
        ordered.par_chunks_mut((dims[0] * dims[1]).max(1)).enumerate().for_each(|(k, part)| plane(k, part));
        ordered
    }
}

/// The intensity mask (IBSI 2.6): range and outliers are each found on the region as it is, and both applied.
fn resegment(region: &[bool], intensities: &[f32], rule: &Resegment) -> Vec<bool> {
    let usable = |o: usize| region[o] && intensities[o].is_finite();
    let [mut low, mut high] = rule.range.unwrap_or([f64::NEG_INFINITY, f64::INFINITY]);
    if let Some(sigma) = rule.sigma {
        let values: Vec<f64> =
            (0..region.len()).filter(|&o| usable(o)).map(|o| f64::from(intensities[o])).collect();
        let n = values.len().max(1) as f64;
        let mean = values.iter().sum::<f64>() / n;
        let sd = (values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / n).sqrt();
        low = low.max(mean - sigma * sd);
        high = high.min(mean + sigma * sd);
    }
    let counts =
        |(inside, x): (&bool, &f32)| *inside && x.is_finite() && (low..=high).contains(&f64::from(*x));
    region.par_iter().zip(intensities).with_min_len(WORK).map(counts).collect()
}
