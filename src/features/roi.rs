//! A region cut out of its scan, ready to be measured: resampled, in anatomical order, its intensity mask
//! re-segmented.
//!
//! The order of the axes does not depend on how the scan is stored: the two axes in the plane, then the one
//! across slices, each in ascending anatomical direction. So a value cannot depend on storage either.

use std::borrow::Cow;
use std::sync::OnceLock;

use nalgebra::Matrix3;
use rayon::prelude::*;

use super::FeatureError;
use super::discretise::{Levels, WORK};
use super::registry;
use super::sample::Sample;
use super::settings::{Dimension, Resegment, ResolvedMeasurement, VolumeBins};
use super::texture::directions::Space;
use super::texture::links::Links;
use super::texture::zones::Zones;
use crate::geometry::{Frame, Grid};
use crate::image::resample::{Interpolation, Resampling, Window};
use crate::labels::Mask;
use crate::record::Aggregation;
use crate::volume::Volume;

/// More voxels than this in a region's box are a mistaken spacing, not a region.
const MOST_VOXELS: usize = 1 << 28;

/// A box of voxels around a region; the third axis runs across slices, the first is the fastest.
#[derive(Clone, Debug)]
pub struct Block {
    /// Number of voxels along each axis.
    pub dims: [usize; 3],
    /// Distance of voxel centres in mm.
    pub spacing_mm: [f64; 3],
    /// The morphological mask.
    pub region: Vec<bool>,
    /// The intensity mask: the region's voxels whose intensity counts.
    pub counted: Vec<bool>,
    /// Intensities. Meaningful where `counted`.
    pub intensities: Vec<f32>,
}

impl Block {
    /// The voxel that is stored at `offset`.
    pub fn voxel(&self, offset: usize) -> [usize; 3] {
        let (row, plane) = (self.dims[0], self.dims[0] * self.dims[1]);
        [offset % row, offset % plane / row, offset / plane]
    }
    /// Voxels of the morphological mask, in storage order.
    pub fn region_voxels(&self) -> impl Iterator<Item = [usize; 3]> + '_ {
        self.region.iter().enumerate().filter(|r| *r.1).map(|(offset, _)| self.voxel(offset))
    }
    /// Voxels of the intensity mask with their intensities, in storage order.
    pub fn counted_voxels(&self) -> impl Iterator<Item = ([usize; 3], f32)> + '_ {
        (0..self.counted.len())
            .filter(|&offset| self.counted[offset])
            .map(|offset| (self.voxel(offset), self.intensities[offset]))
    }
    /// Intensities of the intensity mask, in storage order.
    pub fn counted_intensities(&self) -> impl Iterator<Item = f32> + '_ {
        self.intensities.iter().zip(&self.counted).filter(|v| *v.1).map(|v| *v.0)
    }
    /// Number of voxels of the morphological mask.
    pub fn region_count(&self) -> usize {
        self.region.iter().filter(|b| **b).count()
    }
    /// Number of voxels of the intensity mask.
    pub fn counted_count(&self) -> usize {
        self.counted.iter().filter(|b| **b).count()
    }
}

/// The image around a region as far as a family reads it, resampled and rounded as the region is, but not
/// re-segmented.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// Number of voxels along each axis.
    pub dims: [usize; 3],
    /// The voxel that is the first of the region's block.
    pub first: [usize; 3],
    /// Intensities, the first axis fastest; NaN where there are no data.
    pub intensities: Vec<f32>,
}

/// A region ready to be measured.
#[derive(Clone, Debug)]
pub struct Roi {
    texture: Block,
    surroundings: Surroundings,
    native: Option<Block>,
    axial_axis: usize,
    /// Grey levels of the intensity mask.
    pub levels: Levels,
    /// The range of the re-segmentation.
    pub range: Option<[f64; 2]>,
    /// Bins of the intensity-volume histogram.
    pub volume_bins: Option<VolumeBins>,
    /// Sorted when the first family asks, shared by all that do.
    sample: OnceLock<Option<Sample>>,
    /// Counted when the first family asks, shared by all that do.
    links: OnceLock<Links>,
    zones_of_slices: OnceLock<Vec<Zones>>,
    zones_of_volume: OnceLock<Vec<Zones>>,
}

impl Roi {
    /// Cuts a region out of its scan, as the settings say.
    pub fn new<F: Frame>(
        image: &Volume<f32, F>,
        mask: &Mask<F>,
        settings: &ResolvedMeasurement,
    ) -> Result<Self, FeatureError> {
        let sampling = &settings.sampling;
        let slice_axis = sampling.slice_axis.unwrap_or(2);
        let cutter = Cutter { image, mask, settings, slice_axis };
        // All families' reach, whichever are asked for: a value may not depend on what else is measured.
        let reach_mm = registry::descriptions().iter().fold(0.0, |reach, d| d.reach_mm.max(reach));
        let resampling = Resampling::anatomical(image.grid(), sampling.spacing_mm)?;
        let (texture, surroundings) = cutter.cut(&resampling, reach_mm)?;
        let native = match sampling.dimension {
            Dimension::Volume => None,
            Dimension::InPlane => Some(cutter.cut(&Resampling::new(image.grid(), [None; 3])?, 0.0)?.0),
        };
        let levels = Levels::new(&texture, &settings.discretise)?;
        Ok(Self {
            texture,
            surroundings,
            native,
            axial_axis: anatomical_order(slice_axis).iter().position(|a| *a == SUPERIOR).unwrap_or(2),
            levels,
            range: settings.resegment.range,
            volume_bins: checked(settings.discretise.ivh)?,
            sample: OnceLock::new(),
            links: OnceLock::new(),
            zones_of_slices: OnceLock::new(),
            zones_of_volume: OnceLock::new(),
        })
    }
    /// The intensities of the intensity mask; `None` where it is empty.
    pub fn sample(&self) -> Option<&Sample> {
        let sorted = || Sample::from_values(self.texture.counted_intensities());
        self.sample.get_or_init(sorted).as_ref()
    }
    /// Which neighbouring voxels have equal grey levels.
    pub fn links(&self) -> &Links {
        self.links.get_or_init(|| Links::of(&self.levels))
    }
    /// Finds the zones that these aggregations need. Large regions are searched by several threads, so this comes
    /// before families are measured side by side: a thread that helps with another family must not wait for zones that
    /// it is at work for itself.
    pub fn find_zones(&self, wanted: &[Aggregation]) {
        for aggregation in wanted {
            match aggregation {
                Aggregation::TwoD | Aggregation::TwoHalfD => drop(self.zones(Aggregation::TwoD)),
                other => drop(self.zones(*other)),
            }
        }
    }
    /// The zones of equal grey level whose features are averaged in an aggregation; none for aggregations of pairs
    /// and runs.
    pub fn zones(&self, aggregation: Aggregation) -> Cow<'_, [Zones]> {
        let of = |space| Zones::of(&self.levels, self.links(), &self.texture, space);
        let of_slices = || self.zones_of_slices.get_or_init(|| of(Space::Slice));
        match aggregation {
            Aggregation::TwoD => Cow::Borrowed(of_slices()),
            Aggregation::TwoHalfD => Cow::Owned(vec![Zones::merged(of_slices())]),
            Aggregation::ThreeD => Cow::Borrowed(self.zones_of_volume.get_or_init(|| of(Space::Volume))),
            _ => Cow::Borrowed(&[]),
        }
    }
    /// The image around the texture's voxels.
    pub fn surroundings(&self) -> &Surroundings {
        &self.surroundings
    }
    /// The voxels on which intensities and texture are measured.
    pub fn texture(&self) -> &Block {
        &self.texture
    }
    /// The voxels on which morphology is measured: the scan's own where slices are thick.
    pub fn outline(&self) -> &Block {
        self.native.as_ref().unwrap_or(&self.texture)
    }
    /// The axis of both blocks that is nearest to the patient's superior-inferior axis: the third, or the second where
    /// slices are thick along another.
    pub fn axial_axis(&self) -> usize {
        self.axial_axis
    }
}

struct Cutter<'a, F: Frame> {
    image: &'a Volume<f32, F>,
    mask: &'a Mask<F>,
    settings: &'a ResolvedMeasurement,
    slice_axis: usize,
}

impl<F: Frame> Cutter<'_, F> {
    /// The region's block, and the image up to `reach_mm` around it.
    fn cut(&self, resampling: &Resampling<F>, reach_mm: f64) -> Result<(Block, Surroundings), FeatureError> {
        let window = resampling.window_of(self.mask);
        if window.len() > MOST_VOXELS {
            return Err(FeatureError::TooFine { voxels: window.len() });
        }
        let region = resampling.mask(self.mask, window, self.settings.sampling.mask_threshold);
        let (window, region) = trim(window, &region);
        let spacing = resampling.target().spacing();
        let wide = widened(window, resampling.target().dims(), spacing.map(|s| (reach_mm / s) as usize));
        if wide.len() > MOST_VOXELS {
            return Err(FeatureError::TooFine { voxels: wide.len() });
        }
        let interpolation: Interpolation = self.settings.sampling.interpolation;
        let mut intensities =
            if window.is_empty() { Vec::new() } else { resampling.image(self.image, wide, interpolation) };
        if self.settings.intensity.round_hu {
            for v in &mut intensities {
                *v = v.round_ties_even();
            }
        }
        let order = AnatomicalOrder::of(resampling.target(), self.slice_axis);
        let dims = order.array.map(|a| window.size[a]);
        let region = order.apply(&region, window.size);
        let mut surroundings = Surroundings {
            dims: order.array.map(|a| wide.size[a]),
            first: std::array::from_fn(|n| order.margin(n, window, wide)),
            intensities: order.apply(&intensities, wide.size),
        };
        let intensities = surroundings.part(dims);
        let counted = resegment(&region, &intensities, &self.settings.resegment);
        if let Some(has_data) = resampling.has_data(self.image, wide) {
            for (value, _) in
                surroundings.intensities.iter_mut().zip(order.apply(&has_data, wide.size)).filter(|v| !v.1)
            {
                *value = f32::NAN;
            }
        }
        Ok((
            Block { dims, spacing_mm: order.array.map(|a| spacing[a]), region, counted, intensities },
            surroundings,
        ))
    }
}

impl Surroundings {
    /// The intensities of the region's block.
    fn part(&self, dims: [usize; 3]) -> Vec<f32> {
        let [nx, ny, _] = self.dims;
        let [x, y, z] = self.first;
        let mut part = Vec::with_capacity(dims.iter().product());
        for k in z..z + dims[2] {
            for j in y..y + dims[1] {
                let row = x + nx * (j + ny * k);
                part.extend_from_slice(&self.intensities[row..row + dims[0]]);
            }
        }
        part
    }
}

/// A window with this many voxels more on every side, as far as there are any. An empty one stays empty.
fn widened(window: Window, dims: [usize; 3], margin: [usize; 3]) -> Window {
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

/// The anatomical axis of each axis of a block whose slices lie across the anatomical axis `slice_axis`.
fn anatomical_order(slice_axis: usize) -> [usize; 3] {
    match slice_axis {
        0 => [1, 2, 0],
        1 => [0, 2, 1],
        _ => [0, 1, 2],
    }
}

/// How array axes are put into anatomical order.
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

/// Bins that have a width or a number.
fn checked(bins: Option<VolumeBins>) -> Result<Option<VolumeBins>, FeatureError> {
    let measurable = bins.is_none_or(|bins| match bins {
        VolumeBins::Width(width) => width.is_finite() && width > 0.0,
        VolumeBins::Count(count) => count.number > 0,
    });
    if measurable { Ok(bins) } else { Err(FeatureError::Setting("discretise.ivh")) }
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
