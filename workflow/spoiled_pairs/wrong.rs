//! Ways in which a result is wrong.

use delta_radiomics::geometry::{Fixed, Grid};
use delta_radiomics::numeric::random::Random;
use delta_radiomics::transform::{Lattice, Rigid, Spline, Transform};
use nalgebra::{Matrix3, Rotation3, Vector3};

/// Wave length in mm of a field of wrong motion: about an organ, so that it neither folds nor looks rigid.
const WAVE_MM: f64 = 160.0;

/// The result ends `by` mm away.
pub fn shifted(found: &Transform, by: [f64; 3]) -> Transform {
    let after = Rigid::from_parts(Matrix3::identity(), Vector3::from(by));
    Transform { rigid: found.rigid.then(&after), spline: found.spline.clone() }
}

/// The result is turned about the baseline's z axis through where it puts the middle of the follow-up.
pub fn rotated(found: &Transform, grid: &Grid<Fixed>, degrees: f64) -> Transform {
    let middle = found.apply(grid.middle()).point().coords;
    let turn = *Rotation3::from_euler_angles(0.0, 0.0, degrees.to_radians()).matrix();
    let after = Rigid::from_parts(turn, middle - turn * middle);
    Transform { rigid: found.rigid.then(&after), spline: found.spline.clone() }
}

/// A smooth random field of `rms_mm` is added to the result.
pub fn bent(found: &Transform, grid: &Grid<Fixed>, rms_mm: f64, seed: u64) -> Transform {
    let mut random = Random::seeded(seed);
    // Two waves per component: each has half the variance, and a sine has half the square of its height.
    let height = rms_mm / 3.0_f64.sqrt();
    let waves: Vec<(usize, Vector3<f64>, f64)> = (0..6)
        .map(|n| {
            let along = Vector3::from(random.direction()) * std::f64::consts::TAU / WAVE_MM;
            (n % 3, along, random.between(0.0, std::f64::consts::TAU))
        })
        .collect();
    let spline = found.spline.clone().unwrap_or_else(|| Spline::zero(Lattice::covering(grid, [16.0; 3])));
    let lattice = spline.lattice().clone();
    let [nx, ny, _] = lattice.dims();
    let mut coefficients = spline.coefficients().clone();
    for n in 0..lattice.len() {
        let p = lattice.control(n % nx, n / nx % ny, n / (nx * ny)).point().coords;
        for (component, along, phase) in &waves {
            coefficients[*component][n] += height * libm::sin(along.dot(&p) + phase);
        }
    }
    Transform { rigid: found.rigid.clone(), spline: Some(Spline::new(lattice, coefficients)) }
}
