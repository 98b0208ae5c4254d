//! How far points are from moving as one rigid body.
//!
//! `E = 1/n sum |y_i - (Q x_i + t)|^2` in mm2, `y_i = x_i + u(x_i)`, with the rotation `Q` and the shift `t` that make it
//! least (Kabsch 1976; Umeyama 1991). As they make it least, the derivative by the field is that of the sum with both
//! kept: `dE / du(x_i) = 2/n (y_i - Q x_i - t)`. A rigid motion that follows `x + u(x)` changes nothing.

use nalgebra::{Matrix3, Vector3};

use crate::geometry::{Fixed, World};
use crate::numeric::bspline::weights;
use crate::register::regulariser::Regulariser;
use crate::transform::{Lattice, Rigid};

/// The rigid motion that takes points `from` nearest to points `to`; the identity where there are none.
pub fn best_rigid(from: &[Vector3<f64>], to: &[Vector3<f64>]) -> Rigid {
    if from.is_empty() {
        return Rigid::identity();
    }
    let mean = |points: &[Vector3<f64>]| points.iter().sum::<Vector3<f64>>() / points.len() as f64;
    let (middle, target) = (mean(from), mean(to));
    let spread: Matrix3<f64> =
        from.iter().zip(to).map(|(x, y)| (y - target) * (x - middle).transpose()).sum();
    let svd = spread.svd(true, true);
    let rotation = match (svd.u, svd.v_t) {
        (Some(u), Some(v)) => {
            // Singular values descend: a mirror is undone along the axis that matters least.
            let handed = Vector3::new(1.0, 1.0, (u * v).determinant().signum());
            u * Matrix3::from_diagonal(&handed) * v
        }
        _ => Matrix3::identity(),
    };
    Rigid::from_parts(rotation, target - rotation * middle)
}

/// Root mean square distance in mm between points moved rigidly and where they should be.
pub fn rms_mm(motion: &Rigid, from: &[Vector3<f64>], to: &[Vector3<f64>]) -> f64 {
    let squares: f64 = from.iter().zip(to).map(|(x, y)| (moved(motion, x) - y).norm_squared()).sum();
    (squares / from.len().max(1) as f64).sqrt()
}

fn moved(motion: &Rigid, p: &Vector3<f64>) -> Vector3<f64> {
    motion.rotation() * p + motion.shift()
}

/// A point and the controls that move it.
struct Point {
    at: Vector3<f64>,
    base: [usize; 3],
    weights: [[f64; 4]; 3],
}

/// The cost of points for not moving as one rigid body.
pub struct Rigidity {
    dims: [usize; 3],
    points: Vec<Point>,
}

impl Rigidity {
    /// For the points inside the domain of a lattice.
    pub fn new(lattice: &Lattice, points: &[World<Fixed>]) -> Self {
        let located = points.iter().filter_map(|p| {
            let (base, t) = lattice.locate(*p)?;
            Some(Point { at: p.point().coords, base, weights: t.map(weights) })
        });
        Self { dims: lattice.dims(), points: located.collect() }
    }

    /// Calls `each(offset of a control, weight)` for the controls that move a point.
    fn controls(&self, point: &Point, mut each: impl FnMut(usize, f64)) {
        let [nx, ny, _] = self.dims;
        let ([i, j, k], [wx, wy, wz]) = (point.base, &point.weights);
        for c in 0..4 {
            for b in 0..4 {
                let row = i + nx * (j + b + ny * (k + c));
                for (a, w) in wx.iter().enumerate() {
                    each(row + a, w * wy[b] * wz[c]);
                }
            }
        }
    }
}

impl Regulariser for Rigidity {
    fn evaluate(&self, coefficients: &[f64], weight: f64, gradient: &mut [f64]) -> f64 {
        let n: usize = self.dims.iter().product();
        let from: Vec<Vector3<f64>> = self.points.iter().map(|p| p.at).collect();
        let mut to = from.clone();
        for (point, y) in self.points.iter().zip(&mut to) {
            self.controls(point, |o, w| {
                *y += w * Vector3::new(coefficients[o], coefficients[n + o], coefficients[2 * n + o]);
            });
        }
        let motion = best_rigid(&from, &to);
        let share = 1.0 / from.len().max(1) as f64;
        let mut sum = 0.0;
        for ((point, x), y) in self.points.iter().zip(&from).zip(&to) {
            let off = y - moved(&motion, x);
            sum += off.norm_squared();
            let pull = off * (2.0 * weight * share);
            self.controls(point, |o, w| {
                for component in 0..3 {
                    gradient[component * n + o] += w * pull[component];
                }
            });
        }
        share * sum
    }
}

#[cfg(test)]
mod tests {
    use nalgebra::Point3;

    use super::*;
    use crate::geometry::Grid;

    fn case() -> (Lattice, Vec<World<Fixed>>) {
        let grid = Grid::axis_aligned([20, 17, 15], [2.0, 2.0, 3.0], [4.0, 5.0, 6.0]).unwrap();
        let points = (0..grid.len()).step_by(7).map(|o| grid.centre_of(grid.voxel(o)));
        let middle = Point3::new(22.0, 21.0, 27.0);
        let near = points.filter(|p| (p.point() - middle).norm() < 9.0).collect();
        (Lattice::covering(&grid, [6.0, 7.0, 8.0]), near)
    }

    #[test]
    fn the_gradient_is_the_derivative_of_the_cost() {
        let (lattice, points) = case();
        let rigidity = Rigidity::new(&lattice, &points);
        let n = 3 * lattice.len();
        let c: Vec<f64> = (0..n).map(|i| 4.0 * libm::sin(i as f64 * 0.73)).collect();
        let mut gradient = vec![0.0; n];
        assert!(points.len() > 30 && rigidity.evaluate(&c, 0.7, &mut gradient) > 0.1);
        for seed in 1..20 {
            let turn: Vec<f64> = (0..n).map(|i| libm::cos((i * seed) as f64 * 0.37)).collect();
            let at = |h: f64| {
                let there: Vec<f64> = c.iter().zip(&turn).map(|(c, t)| c + h * t).collect();
                0.7 * rigidity.evaluate(&there, 0.0, &mut vec![0.0; n])
            };
            let measured = (at(1e-4) - at(-1e-4)) / 2e-4;
            let claimed: f64 = gradient.iter().zip(&turn).map(|(g, t)| g * t).sum();
            let scale: f64 = gradient.iter().zip(&turn).map(|(g, t)| (g * t).abs()).sum();
            assert!((measured - claimed).abs() < 1e-6 * scale, "{measured} against {claimed} of {scale}");
        }
    }

    #[test]
    fn a_turn_costs_nothing_and_a_mirror_or_a_squeeze_does() {
        let (lattice, points) = case();
        let rigidity = Rigidity::new(&lattice, &points);
        let n = lattice.len();
        // A cubic spline reproduces an affine field from its own values at the controls.
        let cost = |m: Matrix3<f64>| {
            let mut c = vec![0.0; 3 * n];
            for k in 0..lattice.dims()[2] {
                for j in 0..lattice.dims()[1] {
                    for i in 0..lattice.dims()[0] {
                        let p = lattice.control(i, j, k).point().coords;
                        let u = m * p - p + Vector3::new(3.0, -2.0, 1.0);
                        for component in 0..3 {
                            c[component * n + lattice.offset(i, j, k)] = u[component];
                        }
                    }
                }
            }
            rigidity.evaluate(&c, 1.0, &mut vec![0.0; 3 * n])
        };
        let turn = *nalgebra::Rotation3::from_euler_angles(0.3, -0.4, 0.9).matrix();
        assert!(cost(turn) < 1e-20, "{}", cost(turn));
        assert!(cost(turn * 0.8) > 1.0);
        assert!(cost(Matrix3::from_diagonal(&Vector3::new(-1.0, 1.0, 1.0))) > 10.0);
    }

    #[test]
    fn no_points_cost_nothing() {
        let (lattice, _) = case();
        let none = Rigidity::new(&lattice, &[]);
        let n = 3 * lattice.len();
        assert_eq!(none.evaluate(&vec![1.0; n], 1.0, &mut vec![0.0; n]), 0.0);
    }
}
