//! A scan of the body: its grid, its voxels, its noise, its labels.

use nalgebra::{Matrix3, Matrix4, Point3, Vector3};

use super::anatomy::{Anatomy, Tissue};
use super::draw::rotation;
use super::lesion::{Lesion, Lesions};
use super::motion::Motion;
use crate::geometry::{Frame, Grid, World};
use crate::numeric::random::Random;
use crate::numeric::sum::blocks;
use crate::record::RoiRole;
use crate::volume::Volume;

/// Voxels along the array axes.
pub const DIMS: [usize; 3] = [112, 86, 80];
/// Distance of voxel centres in mm.
pub const SPACING_MM: [f64; 3] = [2.6, 2.6, 2.9];
/// Standard deviation of the noise.
pub const NOISE_HU: f64 = 12.0;

/// The labelled regions, by their number in the label maps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Label {
    /// Shrinks and changes texture in a serial pair.
    Lesion = 1,
    /// Moves without deforming.
    LesionStable = 2,
    /// The liver without its lesion.
    Liver = 3,
    /// The left lung without its lesion.
    LungLeft = 4,
    /// The right lung without its lesion.
    LungRight = 5,
    /// The heart.
    Heart = 6,
    /// The spleen.
    Spleen = 7,
}

impl Label {
    /// All of them, ascending.
    pub const ALL: [Self; 7] = [
        Self::Lesion,
        Self::LesionStable,
        Self::Liver,
        Self::LungLeft,
        Self::LungRight,
        Self::Heart,
        Self::Spleen,
    ];

    /// Its number in a label map.
    pub fn number(self) -> u32 {
        self as u32
    }
    /// Its name in `visit.toml`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lesion => "lesion",
            Self::LesionStable => "lesion_stable",
            Self::Liver => "liver",
            Self::LungLeft => "lung_left",
            Self::LungRight => "lung_right",
            Self::Heart => "heart",
            Self::Spleen => "spleen",
        }
    }
    /// Its role in `visit.toml`.
    pub fn role(self) -> RoiRole {
        match self {
            Self::Lesion | Self::LesionStable => RoiRole::Lesion,
            _ => RoiRole::Organ,
        }
    }
    /// The label of a tissue, where it has one.
    fn of(tissue: Tissue) -> Option<Self> {
        match tissue {
            Tissue::Liver => Some(Self::Liver),
            Tissue::LungLeft => Some(Self::LungLeft),
            Tissue::LungRight => Some(Self::LungRight),
            Tissue::Heart => Some(Self::Heart),
            Tissue::Spleen => Some(Self::Spleen),
            Tissue::Fat | Tissue::Soft | Tissue::Rib | Tissue::Aorta | Tissue::Spine => None,
        }
    }
}

/// In which order a scanner stores its voxels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Storage {
    /// Towards the patient's right, front and head, along the scanner's axes.
    RasAligned,
    /// Towards the patient's left, back and head, as DICOM has it, up to 3 degrees oblique.
    LpsOblique,
}

/// A grid around the world's origin, off it by up to half a voxel along each axis.
pub fn grid<F: Frame>(random: &mut Random, storage: Storage) -> Grid<F> {
    let axes = match storage {
        Storage::RasAligned => Matrix3::identity(),
        Storage::LpsOblique => {
            let flip = Matrix3::from_diagonal(&Vector3::new(-1.0, -1.0, 1.0));
            rotation(random, 3.0).to_rotation_matrix().matrix() * flip
        }
    };
    let linear = axes * Matrix3::from_diagonal(&Vector3::from(SPACING_MM));
    let middle = Vector3::from_fn(|a, _| (DIMS[a] as f64 - 1.0) / 2.0 + random.between(-0.5, 0.5));
    let mut affine = Matrix4::identity();
    affine.fixed_view_mut::<3, 3>(0, 0).copy_from(&linear);
    affine.fixed_view_mut::<3, 1>(0, 3).copy_from(&-(linear * middle));
    // A NIfTI header holds float32: the scan is made on the grid that will be read back.
    let stored = affine.map(|v| f64::from(v as f32));
    Grid::new(DIMS, stored).expect("a rotation of a positive spacing is a grid, to float32's precision")
}

/// A body as it lies in the scanner at one visit.
#[derive(Clone, Debug)]
pub struct Scene<'a> {
    /// Its tissues.
    pub anatomy: &'a Anatomy,
    /// Its lesions at baseline.
    pub lesions: &'a Lesions,
    /// From the scan to the body.
    pub motion: Motion,
    /// What became of the shrinking lesion, and its centre in the scan; `None` where it is as at baseline.
    pub changed: Option<(Lesion, Point3<f64>)>,
}

impl Scene<'_> {
    /// The shrinking lesion at this visit and a point of the scan in its frame.
    fn shrinking(&self, p: Point3<f64>, in_body: Point3<f64>) -> (&Lesion, Vector3<f64>) {
        match &self.changed {
            Some((lesion, centre)) => (lesion, self.motion.turn(p - centre)),
            None => (&self.lesions.shrinking, in_body - self.lesions.shrinking_at),
        }
    }

    /// Intensity in HU at a point of the scan.
    pub fn intensity(&self, p: Point3<f64>) -> f64 {
        let q = self.motion.in_body(p);
        let below = self.lesions.stable.over(self.anatomy.intensity(q), q - self.lesions.stable_at);
        let (lesion, local) = self.shrinking(p, q);
        lesion.over(below, local)
    }

    /// Distance in mm to the surface of the shrinking lesion, negative inside.
    pub fn lesion_distance(&self, p: Point3<f64>) -> f64 {
        let (lesion, local) = self.shrinking(p, self.motion.in_body(p));
        lesion.lump.distance(local)
    }

    /// The label at a point of the scan.
    pub fn label(&self, p: Point3<f64>) -> Option<Label> {
        let q = self.motion.in_body(p);
        if self.lesion_distance(p) < 0.0 {
            Some(Label::Lesion)
        } else if self.lesions.stable.lump.distance(q - self.lesions.stable_at) < 0.0 {
            Some(Label::LesionStable)
        } else {
            self.anatomy.owner(q).and_then(Label::of)
        }
    }

    /// Volume of the shrinking lesion in mm3, in closed form.
    pub fn lesion_volume_mm3(&self) -> f64 {
        self.changed.as_ref().map_or(&self.lesions.shrinking, |(lesion, _)| lesion).lump.volume_mm3()
    }

    /// Volume in mm3 of the voxels of a grid whose centres the shrinking lesion holds.
    pub fn lesion_mask_mm3<F: Frame>(&self, grid: &Grid<F>) -> f64 {
        let (lesion, centre) = match &self.changed {
            Some((lesion, centre)) => (lesion, *centre),
            None => (&self.lesions.shrinking, self.motion.in_scan(self.lesions.shrinking_at)),
        };
        let middle = grid.index_of(World::from_point(centre)).point();
        // A margin of a voxel: a posed lesion keeps its size, and none lies in deformed tissue unchanged.
        let range = |a: usize| {
            let half = lesion.lump.reach_mm() / grid.spacing()[a] + 1.0;
            let last = grid.dims()[a] as f64 - 1.0;
            (middle[a] - half).clamp(0.0, last) as usize..=(middle[a] + half).clamp(0.0, last) as usize
        };
        let columns = range(2).flat_map(|k| range(1).map(move |j| (j, k)));
        let inside = columns
            .flat_map(|(j, k)| range(0).map(move |i| [i, j, k]))
            .filter(|&voxel| self.lesion_distance(grid.centre_of(voxel).point()) < 0.0);
        inside.count() as f64 * grid.voxel_volume()
    }
}

/// The grid, of up to 100 draws, on which the lesion's mask comes nearest to the lesion's true volume.
///
/// A mask of some hundred voxels misses the volume of the shape by one or two percent, depending on how the grid
/// happens to lie. A pair whose truth is a volume should not carry that error.
pub fn faithful_grid<F: Frame>(random: &mut Random, storage: Storage, scene: &Scene<'_>) -> Grid<F> {
    let miss = |grid: &Grid<F>| (scene.lesion_mask_mm3(grid) / scene.lesion_volume_mm3() - 1.0).abs();
    let first = grid(random, storage);
    let mut best = (miss(&first), first);
    for _ in 1..100 {
        if best.0 < 1e-3 {
            break;
        }
        let next = grid(random, storage);
        let missed = miss(&next);
        if missed < best.0 {
            best = (missed, next);
        }
    }
    best.1
}

/// What a scan of a scene holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Scan<F: Frame> {
    /// What the scanner gives: whole HU, with noise.
    pub image: Volume<f32, F>,
    /// The same before noise and rounding.
    pub noise_free: Volume<f32, F>,
    /// The true label of each voxel's centre, 0 for none.
    pub labels: Volume<u32, F>,
}

impl<F: Frame> Scan<F> {
    /// Volume in mL of the voxels with a label.
    pub fn labelled_ml(&self, label: Label) -> f64 {
        let count = self.labels.values().iter().filter(|&&v| v == label.number()).count();
        count as f64 * self.labels.grid().voxel_volume() / 1000.0
    }
}

/// Scans a scene: each voxel is read at its centre, then noise is added in storage order.
pub fn scan<F: Frame>(scene: &Scene<'_>, grid: &Grid<F>, noise: &mut Random) -> Scan<F> {
    let [columns, rows, slices] = grid.dims();
    let voxels = blocks(slices, |k| {
        let centres = (0..rows).flat_map(|j| (0..columns).map(move |i| [i, j, k]));
        centres
            .map(|voxel| {
                let p = grid.centre_of(voxel).point();
                (scene.intensity(p) as f32, scene.label(p).map_or(0, Label::number))
            })
            .collect::<Vec<_>>()
    })
    .concat();
    let (clean, labels): (Vec<f32>, Vec<u32>) = voxels.into_iter().unzip();
    // 12 bits from -1024, as CT is stored.
    let noisy = |&hu: &f32| (f64::from(hu) + NOISE_HU * noise.normal()).round().clamp(-1024.0, 3071.0) as f32;
    let image = clean.iter().map(noisy).collect();
    Scan {
        image: Volume::new(grid.clone(), image),
        noise_free: Volume::new(grid.clone(), clean),
        labels: Volume::new(grid.clone(), labels),
    }
}
