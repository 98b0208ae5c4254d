//! A scan whose header says that it lies elsewhere, and what of that a registration takes back.

use delta_radiomics::geometry::{Grid, Moving, World};
use delta_radiomics::io::landmarks::Landmark;
use delta_radiomics::numeric::random::Random;
use delta_radiomics::transform::Transform;
use delta_radiomics::volume::Volume;
use nalgebra::{Isometry3, Point3, Translation3, UnitQuaternion, Vector3};

/// Largest shift in mm and largest turn in degrees.
pub const REACH: (f64, f64) = (40.0, 30.0);

/// A pair, the preset that serves it, and what is asked of its rigid result in mm.
#[derive(Clone, Copy)]
pub struct Case {
    /// Folder below `registration/` of the reference data.
    pub name: &'static str,
    /// Word of the preset.
    pub preset: &'static str,
    /// Mean distance of the landmarks from where the undisplaced run puts them.
    pub limit_mm: f64,
}

/// The rigid optimum of a breathing liver is flat.
pub const CASES: [Case; 3] = [
    Case { name: "kt_ct_thorax_lidc0314", preset: "thorax_abdomen", limit_mm: 0.5 },
    Case { name: "kt_mr_brain_oasis", preset: "brain", limit_mm: 0.5 },
    Case { name: "real_mr_liver_eth23", preset: "breathing_mr", limit_mm: 2.0 },
];

/// A rigid offset about the middle of a scan: shift and turn of uniform size, each along a uniform direction.
pub struct Offset(Isometry3<f64>);

impl Offset {
    /// The next one.
    pub fn draw(random: &mut Random, middle: Point3<f64>) -> Self {
        let shift = direction(random) * random.between(0.0, REACH.0);
        let turn = direction(random) * random.between(0.0, REACH.1).to_radians();
        let turn = Isometry3::rotation_wrt_point(UnitQuaternion::from_scaled_axis(turn), middle);
        Self(Translation3::from(shift) * turn)
    }

    /// The same voxels under a header that is displaced.
    pub fn displaced(&self, scan: &Volume<f32, Moving>) -> Volume<f32, Moving> {
        let grid = Grid::new(scan.grid().dims(), self.0.to_homogeneous() * scan.grid().affine());
        scan.on(grid.expect("a moved grid is a grid"))
    }

    /// Where a transform into the displaced scan takes a landmark, the offset taken off.
    pub fn taken_off(&self, found: &Transform, mark: &Landmark) -> World<Moving> {
        World::from_point(self.0.inverse_transform_point(&found.apply(mark.fixed).point()))
    }
}

fn direction(random: &mut Random) -> Vector3<f64> {
    let z = random.between(-1.0, 1.0);
    let (sin, cos) = libm::sincos(random.between(0.0, std::f64::consts::TAU));
    let r = (1.0 - z * z).sqrt();
    Vector3::new(r * cos, r * sin, z)
}

/// Mean over the landmarks of a distance.
pub fn mean(marks: &[Landmark], distance: impl Fn(&Landmark) -> f64) -> f64 {
    marks.iter().map(distance).sum::<f64>() / marks.len() as f64
}
