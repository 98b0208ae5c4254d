//! Morphology (IBSI 3.1): size and outline of the morphological mask, and where its intensities lie.
//!
//! The surface is a mesh (see [`mesh`](crate::features::shape::mesh)); principal axes are those of the voxel centres with the
//! sample covariance (divisor n - 1, as the standard's values need). Where slices are thick, the scan's own
//! voxels are measured. Four numbers look at intensities: the centre of mass shift, the integrated intensity and the two
//! of spatial autocorrelation (see [`autocorrelation`](crate::features::shape::autocorrelation)).
//!
//! Worked example, two voxels of 1 mm in a row with intensities 1 and 3: their centres are 0.5 mm from the middle,
//! sample variance along the row 0.5, major axis 4 sqrt(0.5); the weighted centre is 0.25 mm off the middle. The
//! mesh is a box with its edges cut: its tips are 1 + 2 x 0.5 = 2 mm apart.
//!
//! ```
//! use delta_radiomics::features::{registry::{Definition, Morph, morphology::Shape}, roi::Block};
//! let block = Block { dims: [2, 1, 1], spacing_mm: [1.0; 3], region: vec![true; 2], counted: vec![true; 2],
//!     intensities: vec![1.0, 3.0] };
//! let shape = Shape::of(&block).unwrap();
//! let value = |tag: &str| {
//!     let row = Morph::FEATURES.iter().find(|f| f.info.tag == tag).unwrap();
//!     (row.value)(&shape).value().unwrap()
//! };
//! assert_eq!((value("morph_vol_approx"), value("morph_diam"), value("morph_com")), (2.0, 2.0, 0.25));
//! assert!((value("morph_pca_maj_axis") - 4.0 * 0.5f64.sqrt()).abs() < 1e-15);
//! assert_eq!(value("morph_pca_elongation"), 0.0);
//! // The octahedron of one voxel (1/6 mm3), cut in two, with a prism of 1/2 mm3 between the halves.
//! assert!((value("morph_volume") - (1.0 / 6.0 + 0.5)).abs() < 1e-15);
//! ```

use std::f64::consts::PI;

use nalgebra::Matrix3;

use super::{
    Definition, Extent, Feature, FeatureInfo, FeatureUnit, IntensityMeaning, Morph, OffsetResponse,
    RatioScale, Standing,
};
use crate::features::roi::{Block, Roi};
use crate::features::shape::autocorrelation::Autocorrelation;
use crate::features::shape::diameter::largest_distance;
use crate::features::shape::mesh::{outermost_vertices, surface_of};
use crate::record::{Aggregation, Family, Outcome, Reason};

impl Definition for Morph {
    const NAME: &'static str = "morphology";
    const SECTION: &'static str = "3.1";
    type Source = Shape;
    const FEATURES: &'static [Feature<Shape>] = FEATURES;
    const AGGREGATIONS: &'static [Aggregation] = &[];

    fn sources(roi: &Roi, _: &[Aggregation]) -> Vec<Result<Vec<Shape>, Reason>> {
        vec![Shape::of(roi.outline()).map(|s| vec![s]).ok_or(Reason::EmptyRoi)]
    }
}

/// An eigenvalue this much smaller than the largest is the rounding of a zero.
const FLAT: f64 = 1e-14;

/// Size and outline of a region. Lengths in mm.
#[derive(Clone, Debug)]
pub struct Shape {
    volume: f64,
    voxel_volume: f64,
    area: f64,
    diameter: f64,
    /// Of the sample covariance of voxel centres, descending; `None` for a single voxel.
    eigenvalues: Option<[f64; 3]>,
    centre_shift: Outcome,
    integrated_intensity: Outcome,
    autocorrelation: Result<Autocorrelation, Reason>,
}

impl Shape {
    /// The shape of the morphological mask; `None` where it is empty.
    pub fn of(block: &Block) -> Option<Self> {
        let moments = Moments::of(block)?;
        let surface = surface_of(&block.region, block.dims, block.spacing_mm);
        let vertices = outermost_vertices(&block.region, block.dims, block.spacing_mm);
        let intensity = IntensityCentre::of(block);
        let centre = moments.centre(block.spacing_mm);
        Some(Self {
            volume: surface.volume_mm3,
            voxel_volume: moments.n as f64 * block.spacing_mm.iter().product::<f64>(),
            area: surface.area_mm2,
            diameter: largest_distance(&vertices),
            eigenvalues: moments.eigenvalues(block.spacing_mm),
            centre_shift: intensity
                .as_ref()
                .map_or(Outcome::Undefined(Reason::EmptyRoi), |i| i.shift(centre)),
            integrated_intensity: intensity.map_or(Outcome::Undefined(Reason::EmptyRoi), |i| {
                Outcome::finite(surface.volume_mm3 * i.mean)
            }),
            autocorrelation: Autocorrelation::of(block),
        })
    }
    /// 36 pi V^2 / A^3: 1 for a ball.
    fn compactness(&self) -> f64 {
        36.0 * PI * self.volume * self.volume / (self.area * self.area * self.area)
    }
    fn correlation(&self, number: fn(&Autocorrelation) -> f64) -> Outcome {
        self.autocorrelation.as_ref().map_or_else(|r| Outcome::Undefined(*r), |a| Outcome::finite(number(a)))
    }
    fn axis(&self, n: usize) -> f64 {
        self.eigenvalues.map_or(0.0, |e| 4.0 * e[n].sqrt())
    }
    fn axis_ratio(&self, n: usize) -> Outcome {
        match self.eigenvalues {
            Some(e) => Outcome::finite((e[n] / e[0]).sqrt()),
            None => Outcome::Undefined(Reason::RoiTooSmall),
        }
    }
}

/// Sums of voxel places and of their products, in whole numbers: exact whatever the order.
struct Moments {
    n: u64,
    first: [u64; 3],
    second: [[u64; 3]; 3],
}

impl Moments {
    fn of(block: &Block) -> Option<Self> {
        let mut moments = Self { n: 0, first: [0; 3], second: [[0; 3]; 3] };
        for voxel in block.region_voxels() {
            moments.n += 1;
            for a in 0..3 {
                moments.first[a] += voxel[a] as u64;
                for b in 0..3 {
                    moments.second[a][b] += (voxel[a] * voxel[b]) as u64;
                }
            }
        }
        (moments.n > 0).then_some(moments)
    }
    fn centre(&self, spacing_mm: [f64; 3]) -> [f64; 3] {
        std::array::from_fn(|a| self.first[a] as f64 / self.n as f64 * spacing_mm[a])
    }
    fn eigenvalues(&self, spacing_mm: [f64; 3]) -> Option<[f64; 3]> {
        if self.n < 2 {
            return None;
        }
        let divisor = self.n as f64 * (self.n - 1) as f64;
        let covariance = Matrix3::from_fn(|a, b| {
            let [n, first_a, first_b] = [self.n, self.first[a], self.first[b]].map(i128::from);
            let product = n * i128::from(self.second[a][b]) - first_a * first_b;
            product as f64 / divisor * spacing_mm[a] * spacing_mm[b]
        });
        let mut values: Vec<f64> = covariance.symmetric_eigenvalues().iter().copied().collect();
        values.sort_by(|a, b| b.total_cmp(a));
        Some(std::array::from_fn(|n| if values[n] > FLAT * values[0] { values[n] } else { 0.0 }))
    }
}

/// Mean and weighted centre of the intensity mask.
struct IntensityCentre {
    sum: f64,
    mean: f64,
    weighted: [f64; 3],
}

impl IntensityCentre {
    fn of(block: &Block) -> Option<Self> {
        let (mut n, mut sum, mut weighted) = (0usize, 0.0, [0.0; 3]);
        for (voxel, intensity) in block.counted_voxels() {
            let intensity = f64::from(intensity);
            n += 1;
            sum += intensity;
            for a in 0..3 {
                weighted[a] += intensity * voxel[a] as f64 * block.spacing_mm[a];
            }
        }
        (n > 0).then(|| Self { sum, mean: sum / n as f64, weighted })
    }
    fn shift(&self, centre: [f64; 3]) -> Outcome {
        if self.sum == 0.0 {
            return Outcome::Undefined(Reason::ZeroDenominator);
        }
        let square = |a: usize| {
            let d = self.weighted[a] / self.sum - centre[a];
            d * d
        };
        Outcome::finite((square(0) + square(1) + square(2)).sqrt())
    }
}

/// What most features of the family have in common.
const BASE: FeatureInfo = FeatureInfo {
    tag: "",
    name: "",
    ibsi: "",
    family: Family::new("morph"),
    unit: FeatureUnit::None,
    ratio: RatioScale::Always,
    offset: OffsetResponse::Invariant,
    extent: Extent::OfRegion,
    intensities: IntensityMeaning::Irrelevant,
    standing: Standing::Referenced,
    definition: "",
};

const FEATURES: &[Feature<Shape>] = &[
    Feature {
        info: FeatureInfo {
            tag: "morph_volume",
            name: "Volume (mesh)",
            ibsi: "RNU0",
            unit: FeatureUnit::Mm3,
            definition: "Volume enclosed by the surface mesh.",
            ..BASE
        },
        value: |s| Outcome::finite(s.volume),
    },
    Feature {
        info: FeatureInfo {
            tag: "morph_vol_approx",
            name: "Approximate volume (voxels)",
            ibsi: "YEKZ",
            unit: FeatureUnit::Mm3,
            definition: "Number of voxels times the volume of a voxel.",
            ..BASE
        },
        value: |s| Outcome::finite(s.voxel_volume),
    },
    Feature {
        info: FeatureInfo {
            tag: "morph_area_mesh",
            name: "Surface area (mesh)",
            ibsi: "C0JK",
            unit: FeatureUnit::Mm2,
            definition: "Area of the surface mesh.",
            ..BASE
        },
        value: |s| Outcome::finite(s.area),
    },
    Feature {
        info: FeatureInfo {
            tag: "morph_av",
            name: "Surface to volume ratio",
            ibsi: "2PR5",
            unit: FeatureUnit::PerMm,
            definition: "A / V.",
            ..BASE
        },
        value: |s| Outcome::finite(s.area / s.volume),
    },
    Feature {
        info: FeatureInfo {
            tag: "morph_comp_1",
            name: "Compactness 1",
            ibsi: "SKGS",
            definition: "V / (sqrt(pi) A^1.5).",
            ..BASE
        },
        value: |s| Outcome::finite(s.volume / (PI.sqrt() * s.area * s.area.sqrt())),
    },
    Feature {
        info: FeatureInfo {
            tag: "morph_comp_2",
            name: "Compactness 2",
            ibsi: "BQWJ",
            definition: "36 pi V^2 / A^3.",
            ..BASE
        },
        value: |s| Outcome::finite(s.compactness()),
    },
    Feature {
        info: FeatureInfo {
            tag: "morph_sph_dispr",
            name: "Spherical disproportion",
            ibsi: "KRCK",
            definition: "A / (36 pi V^2)^(1/3): area over that of a ball of the same volume.",
            ..BASE
        },
        value: |s| Outcome::finite(1.0 / libm::cbrt(s.compactness())),
    },
    Feature {
        info: FeatureInfo {
            tag: "morph_sphericity",
            name: "Sphericity",
            ibsi: "QCFX",
            definition: "(36 pi V^2)^(1/3) / A.",
            ..BASE
        },
        value: |s| Outcome::finite(libm::cbrt(s.compactness())),
    },
    Feature {
        info: FeatureInfo {
            tag: "morph_asphericity",
            name: "Asphericity",
            ibsi: "25C7",
            definition: "(A^3 / (36 pi V^2))^(1/3) - 1.",
            ..BASE
        },
        value: |s| Outcome::finite(1.0 / libm::cbrt(s.compactness()) - 1.0),
    },
    Feature {
        info: FeatureInfo {
            tag: "morph_com",
            name: "Centre of mass shift",
            ibsi: "KLMA",
            unit: FeatureUnit::Mm,
            ratio: RatioScale::WithTrueZero,
            offset: OffsetResponse::Shifts,
            definition: "Distance between the centre of the morphological mask and the intensity-weighted centre of the intensity mask.",
            intensities: IntensityMeaning::Needed,
            ..BASE
        },
        value: |s| s.centre_shift,
    },
    Feature {
        info: FeatureInfo {
            tag: "morph_diam",
            name: "Maximum 3D diameter",
            ibsi: "L0JK",
            unit: FeatureUnit::Mm,
            definition: "Largest distance between two vertices of the surface mesh.",
            ..BASE
        },
        value: |s| Outcome::finite(s.diameter),
    },
    Feature {
        info: FeatureInfo {
            tag: "morph_pca_maj_axis",
            name: "Major axis length",
            ibsi: "TDIC",
            unit: FeatureUnit::Mm,
            definition: "4 sqrt(lambda_1), the largest eigenvalue of the sample covariance of voxel centres.",
            ..BASE
        },
        value: |s| Outcome::finite(s.axis(0)),
    },
    Feature {
        info: FeatureInfo {
            tag: "morph_pca_min_axis",
            name: "Minor axis length",
            ibsi: "P9VJ",
            unit: FeatureUnit::Mm,
            definition: "4 sqrt(lambda_2), the middle eigenvalue of the sample covariance of voxel centres.",
            ..BASE
        },
        value: |s| Outcome::finite(s.axis(1)),
    },
    Feature {
        info: FeatureInfo {
            tag: "morph_pca_least_axis",
            name: "Least axis length",
            ibsi: "7J51",
            unit: FeatureUnit::Mm,
            definition: "4 sqrt(lambda_3), the smallest eigenvalue of the sample covariance of voxel centres.",
            ..BASE
        },
        value: |s| Outcome::finite(s.axis(2)),
    },
    Feature {
        info: FeatureInfo {
            tag: "morph_pca_elongation",
            name: "Elongation",
            ibsi: "Q3CK",
            definition: "sqrt(lambda_2 / lambda_1): 1 where not elongated.",
            ..BASE
        },
        value: |s| s.axis_ratio(1),
    },
    Feature {
        info: FeatureInfo {
            tag: "morph_pca_flatness",
            name: "Flatness",
            ibsi: "N17B",
            definition: "sqrt(lambda_3 / lambda_1): 1 where not flat.",
            ..BASE
        },
        value: |s| s.axis_ratio(2),
    },
    Feature {
        info: FeatureInfo {
            tag: "morph_integ_int",
            name: "Integrated intensity",
            ibsi: "99N0",
            unit: FeatureUnit::IntensityMm3,
            ratio: RatioScale::WithTrueZero,
            offset: OffsetResponse::Shifts,
            definition: "Mesh volume times the mean intensity of the intensity mask.",
            intensities: IntensityMeaning::Needed,
            ..BASE
        },
        value: |s| s.integrated_intensity,
    },
    Feature {
        info: FeatureInfo {
            tag: "morph_moran_i",
            name: "Moran's I",
            ibsi: "N365",
            ratio: RatioScale::Never,
            definition: "N / W sum w z_i z_j / sum z^2 over all pairs of voxels of the intensity mask: z = x - mean, w = 1 / distance, W = sum w.",
            ..BASE
        },
        value: |s| s.correlation(|a| a.moran_i),
    },
    Feature {
        info: FeatureInfo {
            tag: "morph_geary_c",
            name: "Geary's C",
            ibsi: "NPT7",
            definition: "(N - 1) / (2 W) sum w (x_i - x_j)^2 / sum (x - mean)^2 over all pairs of voxels of the intensity mask: w = 1 / distance, W = sum w.",
            ..BASE
        },
        value: |s| s.correlation(|a| a.geary_c),
    },
];
