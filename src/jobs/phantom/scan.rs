//! A scan of the body: its grid, its voxels, its noise, its labels.

use nalgebra::{Matrix3, Matrix4, Point3, Vector3};
use serde::Serialize;

use super::anatomy::{Anatomy, Tissue};
use super::draw::rotation;
use super::lesion::{Lesion, Lesions};
use super::motion::Motion;
use crate::geometry::{Frame, Grid, World};
use crate::numeric::random::Random;
use crate::numeric::sum::blocks;
use crate::record::RoiRole;
use crate::volume::Volume;

/// Standard deviation of the noise, where nothing else is asked for.
pub const NOISE_HU: f64 = 12.0;

/// How many voxels a scan has. The body in it is the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Size {
    /// 112 x 86 x 80 voxels of 2.6 x 2.6 x 2.9 mm.
    #[default]
    Standard,
    /// Half the voxels along each axis at twice the spacing: an eighth of the work.
    Small,
}

impl Size {
    /// Voxels along the array axes.
    pub fn dims(self) -> [usize; 3] {
        match self {
            Self::Standard => [112, 86, 80],
            Self::Small => [56, 43, 40],
        }
    }
    /// Distance of voxel centres in mm.
    pub fn spacing_mm(self) -> [f64; 3] {
        match self {
            Self::Standard => [2.6, 2.6, 2.9],
            Self::Small => [5.2, 5.2, 5.8],
        }
    }
}

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
    /// Grown since the baseline, in the patients of a cohort who have one.
    LesionNew = 8,
}

impl Label {
    /// All that a body has at baseline, ascending.
    pub const AT_BASELINE: [Self; 7] = [
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
            Self::LesionNew => "lesion_new",
        }
    }
    /// Its role in `visit.toml`.
    pub fn role(self) -> RoiRole {
        match self {
            Self::Lesion | Self::LesionStable | Self::LesionNew => RoiRole::Lesion,
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
pub fn grid<F: Frame>(random: &mut Random, storage: Storage, size: Size) -> Grid<F> {
    let dims = size.dims();
    let axes = match storage {
        Storage::RasAligned => Matrix3::identity(),
        Storage::LpsOblique => {
            let flip = Matrix3::from_diagonal(&Vector3::new(-1.0, -1.0, 1.0));
            rotation(random, 3.0).to_rotation_matrix().matrix() * flip
        }
    };
    let linear = axes * Matrix3::from_diagonal(&Vector3::from(size.spacing_mm()));
    let middle = Vector3::from_fn(|a, _| (dims[a] as f64 - 1.0) / 2.0 + random.between(-0.5, 0.5));
    let mut affine = Matrix4::identity();
    affine.fixed_view_mut::<3, 3>(0, 0).copy_from(&linear);
    affine.fixed_view_mut::<3, 1>(0, 3).copy_from(&-(linear * middle));
    // A NIfTI header holds float32: the scan is made on the grid that will be read back.
    let stored = affine.map(|v| f64::from(v as f32));
    Grid::new(dims, stored).expect("a rotation of a positive spacing is a grid, to float32's precision")
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
    /// The other lesions that are there at this visit.
    pub others: Vec<Lying<'a>>,
}

/// A lesion that lies in the body and moves with it.
#[derive(Clone, Copy, Debug)]
pub struct Lying<'a> {
    /// Its label.
    pub label: Label,
    /// What it looks like.
    pub lesion: &'a Lesion,
    /// Its centre in the body's frame.
    pub at: Point3<f64>,
}

impl<'a> Scene<'a> {
    /// The lesions as at baseline, seen through a motion.
    pub fn unchanged(anatomy: &'a Anatomy, lesions: &'a Lesions, motion: Motion) -> Self {
        let stable = Lying { label: Label::LesionStable, lesion: &lesions.stable, at: lesions.stable_at };
        Self { anatomy, lesions, motion, changed: None, others: vec![stable] }
    }

    /// The shrinking lesion replaced by what became of it. Its centre moves with the body; it turns with it, but
    /// keeps its own shape where the tissue around it deforms.
    pub fn with(self, became: Lesion) -> Self {
        let centre = self.motion.in_scan(self.lesions.shrinking_at);
        Self { changed: Some((became, centre)), ..self }
    }

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
        let below =
            self.others.iter().fold(self.anatomy.intensity(q), |below, l| l.lesion.over(below, q - l.at));
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
            return Some(Label::Lesion);
        }
        let other = self.others.iter().find(|l| l.lesion.lump.distance(q - l.at) < 0.0);
        other.map_or_else(|| self.anatomy.owner(q).and_then(Label::of), |l| Some(l.label))
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
pub fn faithful_grid<F: Frame>(
    random: &mut Random,
    storage: Storage,
    size: Size,
    scene: &Scene<'_>,
) -> Grid<F> {
    let miss = |grid: &Grid<F>| (scene.lesion_mask_mm3(grid) / scene.lesion_volume_mm3() - 1.0).abs();
    let first = grid(random, storage, size);
    let mut best = (miss(&first), first);
    for _ in 1..100 {
        if best.0 < 1e-3 {
            break;
        }
        let next = grid(random, storage, size);
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
    /// The label map of some of the labels.
    pub fn only(&self, labels: &[Label]) -> Volume<u32, F> {
        self.labels.map(|v| if labels.iter().any(|l| l.number() == v) { v } else { 0 })
    }
    /// Volume in mL of the voxels with a label.
    pub fn labelled_ml(&self, label: Label) -> f64 {
        let count = self.labels.values().iter().filter(|&&v| v == label.number()).count();
        count as f64 * self.labels.grid().voxel_volume() / 1000.0
    }
}

/// Scans a scene: each voxel is read at its centre, then noise of a standard deviation is added in storage order.
pub fn scan<F: Frame>(scene: &Scene<'_>, grid: &Grid<F>, noise_hu: f64, noise: &mut Random) -> Scan<F> {
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
    let noisy = |&hu: &f32| (f64::from(hu) + noise_hu * noise.normal()).round().clamp(-1024.0, 3071.0) as f32;
    let image = clean.iter().map(noisy).collect();
    Scan {
        image: Volume::new(grid.clone(), image),
        noise_free: Volume::new(grid.clone(), clean),
        labels: Volume::new(grid.clone(), labels),
    }
}
