//! A region cut out of its scan, ready to be measured: resampled, in anatomical order, its intensity mask
//! re-segmented.
//!
//! The order of the axes does not depend on how the scan is stored: the two axes in the plane, then the one
//! across slices, each in ascending anatomical direction. So a value cannot depend on storage either.

use std::borrow::Cow;
use std::sync::OnceLock;

use super::FeatureError;
use super::cut::{Cut, Parts, Variant, axial_axis};
use super::discretise::Levels;
use super::sample::Sample;
use super::settings::{ResolvedMeasurement, VolumeBins};
use super::texture::directions::Space;
use super::texture::links::Links;
use super::texture::zones::Zones;
use crate::geometry::Frame;
use crate::labels::Mask;
use crate::record::Aggregation;
use crate::volume::Volume;

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
        // What the region is cut from is given back before anything is counted.
        let parts = Cut::new(image, mask, settings, &Variant::NONE)?.parts(None);
        Self::of(parts, settings)
    }
    /// Lays out a region that is cut out.
    pub fn of(parts: Parts, settings: &ResolvedMeasurement) -> Result<Self, FeatureError> {
        let Parts { texture, surroundings, native } = parts;
        let levels = Levels::new(&texture, &settings.discretise)?;
        Ok(Self {
            texture,
            surroundings,
            native,
            axial_axis: axial_axis(settings.sampling.slice_axis),
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

impl Surroundings {
    /// The intensities of the region's block.
    pub(super) fn part(&self, dims: [usize; 3]) -> Vec<f32> {
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
/// Bins that have a width or a number.
fn checked(bins: Option<VolumeBins>) -> Result<Option<VolumeBins>, FeatureError> {
    let measurable = bins.is_none_or(|bins| match bins {
        VolumeBins::Width(width) => width.is_finite() && width > 0.0,
        VolumeBins::Count(count) => count.number > 0,
    });
    if measurable { Ok(bins) } else { Err(FeatureError::Setting("discretise.ivh")) }
}
