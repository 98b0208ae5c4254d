//! The whole transform: spline first, rigid last.

use nalgebra::Matrix3;

use super::{Rigid, Spline, solve};
use crate::geometry::{Fixed, Moving, World};

/// `T(x) = R(x + u(x))`: from follow-up (fixed) points to baseline (moving) points.
#[derive(Clone, Debug, PartialEq)]
pub struct Transform {
    /// Acts last.
    pub rigid: Rigid,
    /// Acts first, in the fixed frame; `None` is no deformation.
    pub spline: Option<Spline>,
}

/// A point found by inversion.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Inverted {
    /// The fixed point.
    pub point: World<Fixed>,
    /// Distance in mm between where it is mapped to and where it should be.
    pub residual_mm: f64,
}

impl Transform {
    /// No motion.
    pub fn identity() -> Self {
        Self::from_rigid(Rigid::identity())
    }
    /// A rigid motion alone.
    pub fn from_rigid(rigid: Rigid) -> Self {
        Self { rigid, spline: None }
    }
    /// Where a fixed point lies in the moving scan.
    pub fn apply(&self, p: World<Fixed>) -> World<Moving> {
        match &self.spline {
            Some(spline) => self.rigid.apply(p + spline.displacement(p)),
            None => self.rigid.apply(p),
        }
    }
    /// `dT / dx` at a fixed point.
    pub fn jacobian(&self, p: World<Fixed>) -> Matrix3<f64> {
        let stretch = self.spline.as_ref().map_or_else(Matrix3::zeros, |s| s.gradient(p));
        self.rigid.rotation() * (Matrix3::identity() + stretch)
    }
    /// The fixed point that is mapped to `q`: a damped fixed-point iteration from the rigid inverse, refined by
    /// Newton steps; stops at 1e-6 mm or 50 steps and says how near it came.
    pub fn inverse(&self, q: World<Moving>) -> Inverted {
        let target = self.rigid.apply_inverse(q);
        let Some(spline) = &self.spline else { return Inverted { point: target, residual_mm: 0.0 } };
        let world = World::from_point;
        let (point, residual_mm) =
            solve::before(target.point(), |p| spline.displacement(world(p)), |p| spline.gradient(world(p)));
        Inverted { point: World::from_point(point), residual_mm }
    }
}

#[cfg(test)]
mod tests {
    use nalgebra::{Point3, Vector3};

    use super::*;
    use crate::geometry::Grid;
    use crate::transform::Lattice;

    fn wavy() -> Transform {
        let grid = Grid::axis_aligned([20, 22, 18], [2.0, 2.0, 2.5], [-10.0, 4.0, 7.0]).unwrap();
        let lattice = Lattice::covering(&grid, [10.0; 3]);
        let n = lattice.len();
        let wave = |s: f64| (0..n).map(|i| 1.5 * libm::sin(i as f64 * s)).collect::<Vec<_>>();
        let rigid =
            Rigid::about(Point3::new(3.0, 20.0, 20.0), [0.1, -0.05, 0.2], Vector3::new(4.0, -2.0, 1.0));
        Transform { rigid, spline: Some(Spline::new(lattice, [wave(0.7), wave(1.1), wave(1.9)])) }
    }

    #[test]
    fn the_inverse_comes_back() {
        let t = wavy();
        let p = World::new(5.3, 21.2, 26.1);
        let back = t.inverse(t.apply(p));
        assert!(back.point.distance(p) < 1e-5 && back.residual_mm < 1e-6);
    }

    #[test]
    fn the_jacobian_is_the_slope_of_the_map() {
        let t = wavy();
        let p = World::new(5.3, 21.2, 26.1);
        let j = t.jacobian(p);
        for axis in 0..3 {
            let mut e = Vector3::zeros();
            e[axis] = 1e-5;
            let slope = (t.apply(p + e).point() - t.apply(p + -e).point()) / 2e-5;
            assert!((slope - j.column(axis)).norm() < 1e-8);
        }
    }
}
