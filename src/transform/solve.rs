//! Inversion of a displacement at one point.

use nalgebra::{Matrix3, Point3, Vector3};

/// Steps after which the search is given up.
const MOST_STEPS: usize = 50;
/// A point is found where it is missed by less, in mm.
const NEAR_MM: f64 = 1e-6;

/// The point `p` with `p + u(p) = target`, and by how many mm it is missed: from one step of fixed-point iteration,
/// refined by Newton steps that are halved until they help.
///
/// `slope` is the matrix `du / dx`; where `I + du / dx` is near a fold, plain fixed-point steps are taken.
pub(super) fn before(
    target: Point3<f64>,
    displacement: impl Fn(Point3<f64>) -> Vector3<f64>,
    slope: impl Fn(Point3<f64>) -> Matrix3<f64>,
) -> (Point3<f64>, f64) {
    let miss = |p: Point3<f64>| target - (p + displacement(p));
    let mut best = target + -displacement(target);
    let mut residual = miss(best).norm();
    for _ in 0..MOST_STEPS {
        if residual < NEAR_MM {
            break;
        }
        let stretch = Matrix3::identity() + slope(best);
        let error = miss(best);
        let step =
            stretch.try_inverse().filter(|_| stretch.determinant() > 0.05).map_or(error, |i| i * error);
        let mut scale = 1.0;
        let improved = (0..6).find_map(|_| {
            let next = best + step * scale;
            let left = miss(next).norm();
            scale *= 0.5;
            (left < residual).then_some((next, left))
        });
        let Some((next, left)) = improved else { break };
        (best, residual) = (next, left);
    }
    (best, residual)
}
