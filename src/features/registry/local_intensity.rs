//! Local intensity (IBSI 3.2): the mean over a sphere of 1 cm3 around a voxel, where it is highest.
//!
//! A sphere stands around every voxel of the intensity mask. Its mean is taken over all voxels of the image whose
//! centres lie within, inside the region or not; where the image ends or has no data, over those that there are.
//!
//! Worked example, intensities 2, 4, 9 in a row, 5 mm apart, the last outside the region: spheres of radius 6.2 mm
//! hold a voxel and those beside it. The highest voxel of the region is the second, its mean (2 + 4 + 9) / 3 = 5; the
//! mean around the first is (2 + 4) / 2 = 3, so both peaks are 5.
//!
//! ```
//! use delta_radiomics::features::registry::{Definition, Loc, local_intensity::Peaks};
//! use delta_radiomics::features::roi::{Block, Surroundings};
//! let region = Block { dims: [2, 1, 1], spacing_mm: [5.0; 3], region: vec![true; 2], counted: vec![true; 2],
//!     intensities: vec![2.0, 4.0] };
//! let image = Surroundings { dims: [3, 1, 1], first: [0; 3], intensities: vec![2.0, 4.0, 9.0] };
//! let peaks = Peaks::new(&region, &image).unwrap();
//! let value = |tag: &str| {
//!     let row = Loc::FEATURES.iter().find(|f| f.info.tag == tag).unwrap();
//!     (row.value)(&peaks).value().unwrap()
//! };
//! assert_eq!((value("loc_peak_loc"), value("loc_peak_glob")), (5.0, 5.0));
//! ```

use super::{
    Definition, Extent, Feature, FeatureInfo, FeatureUnit, IntensityMeaning, Loc, OffsetResponse, RatioScale,
    Standing,
};
use crate::features::roi::{Block, Roi, Surroundings};
use crate::record::{Aggregation, Family, Outcome, Reason};

/// Radius in mm of a sphere of 1 cm3: 10 (3 / (4 pi))^(1/3).
pub const RADIUS_MM: f64 = 6.203504908994001;

impl Definition for Loc {
    const NAME: &'static str = "local intensity";
    const SECTION: &'static str = "3.2";
    const REACH_MM: f64 = RADIUS_MM;
    type Source = Peaks;
    const FEATURES: &'static [Feature<Peaks>] = FEATURES;
    const AGGREGATIONS: &'static [Aggregation] = &[];

    fn sources(roi: &Roi, _: &[Aggregation]) -> Vec<Result<Vec<Peaks>, Reason>> {
        let peaks = Peaks::new(roi.texture(), roi.surroundings());
        vec![peaks.map(|p| vec![p]).ok_or(Reason::EmptyRoi)]
    }
}

/// The means over the spheres that are reported.
#[derive(Clone, Copy, Debug)]
pub struct Peaks {
    /// Around the voxel of highest intensity; where several have it, the highest of their means.
    local: f64,
    /// The highest of all.
    global: f64,
}

impl Peaks {
    /// Of a region in its image; `None` where no voxel counts.
    pub fn new(region: &Block, image: &Surroundings) -> Option<Self> {
        let highest = region.counted_intensities().max_by(f32::total_cmp)?;
        let sphere = Sphere::new(region.spacing_mm);
        let or_nothing = |value: f32| if value.is_nan() { 0.0 } else { f64::from(value) };
        let sums = Field::around(region, image, &sphere, or_nothing).sums();
        // Away from the image's border every sphere holds equally many voxels.
        let counts = if is_complete(region, image, &sphere) {
            Vec::new()
        } else {
            let one_or_nothing = |value: f32| f64::from(u8::from(!value.is_nan()));
            Field::around(region, image, &sphere, one_or_nothing).sums()
        };
        let mut peaks = Self { local: f64::NEG_INFINITY, global: f64::NEG_INFINITY };
        for (place, _) in region.counted.iter().enumerate().filter(|c| *c.1) {
            let mean = sums[place] / counts.get(place).copied().unwrap_or(sphere.voxels);
            peaks.global = peaks.global.max(mean);
            if region.intensities[place] == highest {
                peaks.local = peaks.local.max(mean);
            }
        }
        Some(peaks)
    }
}

/// Whether no sphere reaches beyond the image or what it has data of.
fn is_complete(region: &Block, image: &Surroundings, sphere: &Sphere) -> bool {
    let reach = sphere.reach();
    let holds =
        |a: usize| image.first[a] >= reach[a] && image.first[a] + region.dims[a] + reach[a] <= image.dims[a];
    (0..3).all(holds) && image.intensities.iter().all(|v| !v.is_nan())
}

/// The voxels whose centres lie in a sphere around one of them, as chords along the first axis.
struct Sphere {
    /// By distance in voxels along the third axis, then along the second: how far the chord reaches to either side.
    chords: Vec<Vec<usize>>,
    /// How many voxels there are.
    voxels: f64,
}

impl Sphere {
    fn new(spacing_mm: [f64; 3]) -> Self {
        let square = |n: usize, axis: usize| (n as f64 * spacing_mm[axis]) * (n as f64 * spacing_mm[axis]);
        let within = |voxel: [usize; 3]| {
            square(voxel[0], 0) + square(voxel[1], 1) + square(voxel[2], 2) <= RADIUS_MM * RADIUS_MM
        };
        let along = |axis: usize| 0..=(RADIUS_MM / spacing_mm[axis]) as usize;
        let reach = |j: usize, k: usize| along(0).take_while(|&i| within([i, j, k])).last();
        let disc = |k: usize| along(1).map_while(|j| reach(j, k)).collect::<Vec<usize>>();
        let chords: Vec<Vec<usize>> = along(2).map(disc).take_while(|disc| !disc.is_empty()).collect();
        let sides = |n: usize| if n == 0 { 1 } else { 2 };
        let in_disc = |disc: &Vec<usize>| -> usize {
            disc.iter().enumerate().map(|(j, reach)| sides(j) * (2 * reach + 1)).sum()
        };
        let voxels: usize = chords.iter().enumerate().map(|(k, disc)| sides(k) * in_disc(disc)).sum();
        Self { chords, voxels: voxels as f64 }
    }
    /// How far it reaches along each axis, in voxels.
    fn reach(&self) -> [usize; 3] {
        [self.chords[0][0], self.chords[0].len() - 1, self.chords.len() - 1]
    }
}

/// Numbers on a region's box and as far around it as a sphere reaches, made plane by plane.
struct Field<'a, N: Fn(f32) -> f64> {
    /// The box.
    inner: [usize; 3],
    /// The box and its surroundings.
    dims: [usize; 3],
    image: &'a Surroundings,
    sphere: &'a Sphere,
    /// What becomes of an intensity.
    number: N,
}

impl<'a, N: Fn(f32) -> f64> Field<'a, N> {
    fn around(region: &Block, image: &'a Surroundings, sphere: &'a Sphere, number: N) -> Self {
        let reach = sphere.reach();
        let dims = std::array::from_fn(|a| region.dims[a] + 2 * reach[a]);
        Self { inner: region.dims, dims, image, sphere, number }
    }

    /// Plane `k` of the field; zero beyond the image's border.
    fn write_plane(&self, k: usize, plane: &mut [f64]) {
        let (image, reach) = (self.image, self.sphere.reach());
        plane.fill(0.0);
        // The place of the image's voxel that is the field's n-th along an axis.
        let place = |axis: usize, n: usize| (n + image.first[axis]).checked_sub(reach[axis]);
        let there = |axis: usize, n: usize| place(axis, n).filter(|p| *p < image.dims[axis]);
        let Some(z) = there(2, k) else { return };
        for (j, to) in plane.chunks_exact_mut(self.dims[0]).enumerate() {
            let Some(y) = there(1, j) else { continue };
            let row = &image.intensities[image.dims[0] * (y + image.dims[1] * z)..][..image.dims[0]];
            let first = reach[0].saturating_sub(image.first[0]);
            let skipped = image.first[0].saturating_sub(reach[0]);
            for (to, value) in to[first..].iter_mut().zip(&row[skipped..]) {
                *to = (self.number)(*value);
            }
        }
    }

    /// The sum over the sphere around every voxel of the box. Chords are sums that grow from their middle, one row
    /// for each length; discs are sums of chords, and serve the planes before and after alike.
    fn sums(&self) -> Vec<f64> {
        let sphere = self.sphere;
        let ([nx, ny, nz], [px, py, pz]) = (self.inner, self.dims);
        let [reach_x, reach_y, reach_z] = sphere.reach();
        let mut sums = vec![0.0; nx * ny * nz];
        let mut chords = vec![vec![0.0; nx * py]; reach_x + 1];
        let (mut plane, mut disc) = (vec![0.0; px * py], vec![0.0; nx * ny]);
        for k in 0..pz {
            self.write_plane(k, &mut plane);
            grow(&mut chords, &plane, [nx, px]);
            for (distance, reaches) in sphere.chords.iter().enumerate() {
                // The planes of the box at this distance from plane k of the field.
                let before = (k + distance).checked_sub(reach_z).filter(|z| *z < nz);
                let after = k.checked_sub(reach_z + distance).filter(|z| distance > 0 && *z < nz);
                if before.is_none() && after.is_none() {
                    continue;
                }
                for (j, row) in disc.chunks_exact_mut(nx).enumerate() {
                    let of_row = |reach: usize, j: usize| &chords[reach][nx * j..nx * (j + 1)];
                    row.copy_from_slice(of_row(reaches[0], j + reach_y));
                    for (side, reach) in reaches.iter().enumerate().skip(1) {
                        let (a, b) = (of_row(*reach, j + reach_y - side), of_row(*reach, j + reach_y + side));
                        for ((sum, a), b) in row.iter_mut().zip(a).zip(b) {
                            *sum += a + b;
                        }
                    }
                }
                for z in before.into_iter().chain(after) {
                    for (sum, part) in sums[nx * ny * z..nx * ny * (z + 1)].iter_mut().zip(&disc) {
                        *sum += part;
                    }
                }
            }
        }
        sums
    }
}

/// For every row of a plane, the sums over 1, 3, 5, ... numbers around each of the inner ones.
fn grow(chords: &mut [Vec<f64>], plane: &[f64], [inner, row]: [usize; 2]) {
    let middle = chords.len() - 1;
    for (j, numbers) in plane.chunks_exact(row).enumerate() {
        let place = inner * j..inner * (j + 1);
        chords[0][place.clone()].copy_from_slice(&numbers[middle..middle + inner]);
        for reach in 1..chords.len() {
            let (shorter, longer) = chords.split_at_mut(reach);
            let (before, after) = (&numbers[middle - reach..], &numbers[middle + reach..]);
            let shorter = &shorter[reach - 1][place.clone()];
            for (((sum, shorter), a), b) in
                longer[0][place.clone()].iter_mut().zip(shorter).zip(before).zip(after)
            {
                *sum = shorter + (a + b);
            }
        }
    }
}

/// What the features of the family have in common.
const BASE: FeatureInfo = FeatureInfo {
    tag: "",
    name: "",
    ibsi: "",
    family: Family::new("loc"),
    unit: FeatureUnit::Intensity,
    ratio: RatioScale::WithTrueZero,
    offset: OffsetResponse::Shifts,
    extent: Extent::Independent,
    intensities: IntensityMeaning::Needed,
    standing: Standing::Referenced,
    definition: "",
};

const FEATURES: &[Feature<Peaks>] = &[
    Feature {
        info: FeatureInfo {
            tag: "loc_peak_loc",
            name: "Local intensity peak",
            ibsi: "VJGA",
            definition: "Mean of the image over a sphere of 1 cm3 around the voxel of highest intensity; where \
                         several have it, the highest of their means.",
            ..BASE
        },
        value: |p| Outcome::finite(p.local),
    },
    Feature {
        info: FeatureInfo {
            tag: "loc_peak_glob",
            name: "Global intensity peak",
            ibsi: "0F91",
            definition: "Highest mean of the image over a sphere of 1 cm3 around any voxel of the region.",
            ..BASE
        },
        value: |p| Outcome::finite(p.global),
    },
];
