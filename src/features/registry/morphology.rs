//! Morphology (IBSI 3.1): size and outline of the morphological mask, and where its intensities lie.
//!
//! The surface is a mesh (see [`mesh`](crate::features::shape::mesh)); principal axes are those of the voxel centres with the
//! sample covariance (divisor n - 1, as the standard's values need). Where slices are thick, the scan's own
//! voxels are measured. Four numbers look at intensities: the centre of mass shift, the integrated intensity and the two
//! of spatial autocorrelation (see [`autocorrelation`](crate::features::shape::autocorrelation)).
//!
//! Densities compare the mesh's volume V and area A with those of simple bodies around it: its convex hull, boxes,
//! ellipsoids. The smallest box and the smallest ellipsoid have no accepted reference values.
//!
//! Worked example, two voxels of 1 mm in a row with intensities 1 and 3: their centres are 0.5 mm from the middle,
//! sample variance along the row 0.5, major axis 4 sqrt(0.5); the weighted centre is 0.25 mm off the middle. The
//! mesh is a box with its edges cut: its tips are 1 + 2 x 0.5 = 2 mm apart.
//!
//! ```
//! use delta_radiomics::features::{registry::{Definition, Morph, morphology::Shape}, roi::Block};
//! let block = Block { dims: [2, 1, 1], spacing_mm: [1.0; 3], region: vec![true; 2], counted: vec![true; 2],
//!     intensities: vec![1.0, 3.0] };
//! let shape = Shape::of(&block, 2).unwrap();
//! let value = |tag: &str| {
//!     let row = Morph::FEATURES.iter().find(|f| f.info.tag == tag).unwrap();
//!     (row.value)(&shape).value().unwrap()
//! };
//! assert_eq!((value("morph_vol_approx"), value("morph_diam"), value("morph_com")), (2.0, 2.0, 0.25));
//! assert!((value("morph_pca_maj_axis") - 4.0 * 0.5f64.sqrt()).abs() < 1e-15);
//! assert_eq!(value("morph_pca_elongation"), 0.0);
//! // The octahedron of one voxel (1/6 mm3), cut in two, with a prism of 1/2 mm3 between the halves.
//! assert!((value("morph_volume") - (1.0 / 6.0 + 0.5)).abs() < 1e-15);
//! // It is its own hull, and fills 2 x 1 x 1 mm to a third.
//! assert!((value("morph_vol_dens_conv_hull") - 1.0).abs() < 1e-15);
//! assert!((value("morph_vol_dens_aabb") - 1.0 / 3.0).abs() < 1e-15);
//! ```

use std::f64::consts::PI;

use super::{
    Definition, Extent, Feature, FeatureInfo, FeatureUnit, IntensityMeaning, Morph, OffsetResponse,
    RatioScale, Standing,
};
use crate::features::roi::{Block, Roi};
use crate::features::shape::autocorrelation::Autocorrelation;
use crate::features::shape::axial::longest_in_a_slice;
use crate::features::shape::bounding_box::BoundingBox;
use crate::features::shape::diameter::largest_distance;
use crate::features::shape::ellipsoid::Ellipsoid;
use crate::features::shape::hull::Hull;
use crate::features::shape::mesh::{Surface, surface_of};
use crate::features::shape::moments::Moments;
use crate::features::shape::rows::Rows;
use crate::features::shape::tips::outermost_tips;
use crate::record::{Aggregation, Family, Outcome, Reason};

impl Definition for Morph {
    const NAME: &'static str = "morphology";
    const SECTION: &'static str = "3.1";
    type Source = Shape;
    const FEATURES: &'static [Feature<Shape>] = FEATURES;
    const AGGREGATIONS: &'static [Aggregation] = &[];

    fn sources(roi: &Roi, _: &[Aggregation]) -> Vec<Result<Vec<Shape>, Reason>> {
        vec![Shape::of(roi.outline(), roi.axial_axis()).map(|s| vec![s]).ok_or(Reason::EmptyRoi)]
    }
}

/// Size and outline of a region. Lengths in mm.
#[derive(Clone, Debug)]
pub struct Shape {
    surface: Surface,
    voxel_volume: f64,
    diameter: f64,
    axial_diameter: f64,
    /// Of the sample covariance of voxel centres, descending; `None` for a single voxel.
    eigenvalues: Option<[f64; 3]>,
    centre_shift: Outcome,
    integrated_intensity: Outcome,
    autocorrelation: Result<Autocorrelation, Reason>,
    hull: Surface,
    aligned: BoundingBox,
    oriented: BoundingBox,
    /// `None` where the search finds none.
    enclosing: Option<Ellipsoid>,
}

impl Shape {
    /// The shape of the morphological mask, whose slices across the axis `axial` (1 or 2) are axial; `None` where it
    /// is empty.
    pub fn of(block: &Block, axial: usize) -> Option<Self> {
        let (rows, spacing_mm) = (Rows::of(&block.region, block.dims), block.spacing_mm);
        let moments = Moments::of(&rows)?;
        let surface = surface_of(&rows, spacing_mm);
        // One voxel already has tips on all sides, so where there is a voxel there is a hull.
        let hull = Hull::of(&outermost_tips(&rows))?;
        let corners = hull.points_mm(spacing_mm);
        let intensity = IntensityCentre::of(block);
        let of_intensity = |value: &dyn Fn(&IntensityCentre) -> Outcome| {
            intensity.as_ref().map_or(Outcome::Undefined(Reason::EmptyRoi), value)
        };
        Some(Self {
            autocorrelation: Autocorrelation::of(block),
            surface,
            voxel_volume: moments.count() * spacing_mm.iter().product::<f64>(),
            diameter: largest_distance(&corners),
            axial_diameter: longest_in_a_slice(&rows, spacing_mm, axial),
            eigenvalues: moments.eigenvalues(spacing_mm),
            centre_shift: of_intensity(&|i| i.shift(moments.centre(spacing_mm))),
            integrated_intensity: of_intensity(&|i| Outcome::finite(surface.volume_mm3 * i.mean)),
            hull: Surface { volume_mm3: hull.volume_mm3(spacing_mm), area_mm2: hull.area_mm2(spacing_mm) },
            aligned: BoundingBox::aligned(&hull, spacing_mm),
            oriented: BoundingBox::oriented(&hull, spacing_mm),
            enclosing: Ellipsoid::smallest_around(&corners),
        })
    }
    /// 36 pi V^2 / A^3: 1 for a ball.
    fn compactness(&self) -> f64 {
        let Surface { volume_mm3: v, area_mm2: a } = self.surface;
        36.0 * PI * v * v / (a * a * a)
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
    fn volume_density(&self, other_mm3: f64) -> Outcome {
        Outcome::finite(self.surface.volume_mm3 / other_mm3)
    }
    fn area_density(&self, other_mm2: f64) -> Outcome {
        Outcome::finite(self.surface.area_mm2 / other_mm2)
    }
    /// A density of the smallest ellipsoid.
    fn enclosed(&self, density: fn(&Self, Ellipsoid) -> Outcome) -> Outcome {
        self.enclosing.map_or(Outcome::Undefined(Reason::ZeroDenominator), |e| density(self, e))
    }
    /// A density of the ellipsoid of the principal axes; where that has no size, what the region lacks.
    fn approximate(&self, density: impl Fn(&Self, Ellipsoid) -> Outcome) -> Outcome {
        let Some(e) = self.eigenvalues else { return Outcome::Undefined(Reason::RoiTooSmall) };
        let ellipsoid = Ellipsoid { semi_axes_mm: e.map(|e| 2.0 * e.sqrt()) };
        match density(self, ellipsoid) {
            Outcome::Undefined(_) if e[1] == 0.0 => Outcome::Undefined(Reason::OneDimensional),
            Outcome::Undefined(_) if e[2] == 0.0 => Outcome::Undefined(Reason::FlatRoi),
            outcome => outcome,
        }
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
        let [nx, ny, _] = block.dims;
        let rows = block.counted.chunks_exact(nx.max(1)).zip(block.intensities.chunks_exact(nx.max(1)));
        for (row, (counted, intensities)) in rows.enumerate() {
            let (mut in_row, mut along) = (0.0, 0.0);
            for (i, intensity) in intensities.iter().enumerate().filter(|i| counted[i.0]) {
                n += 1;
                in_row += f64::from(*intensity);
                along += f64::from(*intensity) * i as f64;
            }
            sum += in_row;
            let places = [along, in_row * (row % ny) as f64, in_row * (row / ny) as f64];
            for a in 0..3 {
                weighted[a] += places[a] * block.spacing_mm[a];
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
        value: |s| Outcome::finite(s.surface.volume_mm3),
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
        value: |s| Outcome::finite(s.surface.area_mm2),
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
        value: |s| Outcome::finite(s.surface.area_mm2 / s.surface.volume_mm3),
    },
    Feature {
        info: FeatureInfo {
            tag: "morph_comp_1",
            name: "Compactness 1",
            ibsi: "SKGS",
            definition: "V / (sqrt(pi) A^1.5).",
            ..BASE
        },
        value: |s| {
            let Surface { volume_mm3: v, area_mm2: a } = s.surface;
            Outcome::finite(v / (PI.sqrt() * a * a.sqrt()))
        },
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
            tag: "morph_vol_dens_aabb",
            name: "Volume density (axis-aligned bounding box)",
            ibsi: "PBX1",
            definition: "V over the volume of the box around the mesh along the axes of the scan.",
            ..BASE
        },
        value: |s| s.volume_density(s.aligned.volume_mm3()),
    },
    Feature {
        info: FeatureInfo {
            tag: "morph_area_dens_aabb",
            name: "Area density (axis-aligned bounding box)",
            ibsi: "R59B",
            definition: "A over the area of the box around the mesh along the axes of the scan.",
            ..BASE
        },
        value: |s| s.area_density(s.aligned.area_mm2()),
    },
    Feature {
        info: FeatureInfo {
            tag: "morph_vol_dens_ombb",
            name: "Volume density (oriented minimum bounding box)",
            ibsi: "ZH1A",
            standing: Standing::WithoutReference,
            definition: "V over the volume of the smallest box around the mesh, found by turning boxes that are flush with its hull.",
            ..BASE
        },
        value: |s| s.volume_density(s.oriented.volume_mm3()),
    },
    Feature {
        info: FeatureInfo {
            tag: "morph_area_dens_ombb",
            name: "Area density (oriented minimum bounding box)",
            ibsi: "IQYR",
            standing: Standing::WithoutReference,
            definition: "A over the area of the box of least volume around the mesh.",
            ..BASE
        },
        value: |s| s.area_density(s.oriented.area_mm2()),
    },
    Feature {
        info: FeatureInfo {
            tag: "morph_vol_dens_aee",
            name: "Volume density (approximate enclosing ellipsoid)",
            ibsi: "6BDE",
            definition: "3 V / (4 pi a b c), semi-axes 2 sqrt(lambda) of the principal axes.",
            ..BASE
        },
        value: |s| s.approximate(|s, e| s.volume_density(e.volume_mm3())),
    },
    Feature {
        info: FeatureInfo {
            tag: "morph_area_dens_aee",
            name: "Area density (approximate enclosing ellipsoid)",
            ibsi: "RDD2",
            definition: "A over the area of the ellipsoid of the principal axes by the standard's series, up to degree 20.",
            ..BASE
        },
        value: |s| s.approximate(|s, e| s.area_density(e.standard_area_mm2())),
    },
    Feature {
        info: FeatureInfo {
            tag: "morph_vol_dens_mvee",
            name: "Volume density (minimum volume enclosing ellipsoid)",
            ibsi: "SWZ1",
            standing: Standing::WithoutReference,
            definition: "V over the volume of the smallest ellipsoid around the mesh.",
            ..BASE
        },
        value: |s| s.enclosed(|s, e| s.volume_density(e.volume_mm3())),
    },
    Feature {
        info: FeatureInfo {
            tag: "morph_area_dens_mvee",
            name: "Area density (minimum volume enclosing ellipsoid)",
            ibsi: "BRI8",
            standing: Standing::WithoutReference,
            definition: "A over the area, by the standard's series, of the ellipsoid of least volume around the mesh.",
            ..BASE
        },
        value: |s| s.enclosed(|s, e| s.area_density(e.standard_area_mm2())),
    },
    Feature {
        info: FeatureInfo {
            tag: "morph_vol_dens_conv_hull",
            name: "Volume density (convex hull)",
            ibsi: "R3ER",
            definition: "V over the volume of the convex hull of the mesh.",
            ..BASE
        },
        value: |s| s.volume_density(s.hull.volume_mm3),
    },
    Feature {
        info: FeatureInfo {
            tag: "morph_area_dens_conv_hull",
            name: "Area density (convex hull)",
            ibsi: "7T7F",
            definition: "A over the area of the convex hull of the mesh.",
            ..BASE
        },
        value: |s| s.area_density(s.hull.area_mm2),
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
    // The standard's come first: they are numbered by its sections.
    Feature {
        info: FeatureInfo {
            tag: "morph_diam_axial",
            name: "Longest axial diameter",
            unit: FeatureUnit::Mm,
            standing: Standing::Own,
            definition: "Largest distance between two vertices of the surface mesh that lie in one axial slice: a plane through voxel centres across the grid's axis nearest to superior-inferior.",
            ..BASE
        },
        value: |s| Outcome::finite(s.axial_diameter),
    },
];
