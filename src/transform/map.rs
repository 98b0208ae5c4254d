//! What carries points, images and labels: any map from fixed to moving points.

use nalgebra::{Matrix3, Point3};

use super::{Inverted, Planes, Transform};
use crate::geometry::{Fixed, Grid, Moving, World};

/// A map from follow-up (fixed) points to baseline (moving) points.
pub trait PointMap: Sync {
    /// Where a fixed point lies in the moving scan.
    fn apply(&self, p: World<Fixed>) -> World<Moving>;
    /// `dT / dx` at a fixed point.
    fn jacobian(&self, p: World<Fixed>) -> Matrix3<f64>;
    /// The fixed point that is mapped to `q`, as near as it is found.
    fn inverse(&self, q: World<Moving>) -> Inverted;
    /// The map at the voxel centres of a grid, plane by plane.
    fn on_grid<'a>(&'a self, grid: &'a Grid<Fixed>) -> impl PlaneMap + 'a;
    /// A box of fixed points (lowest and highest corner, RAS mm) outside of which no point is mapped between these
    /// corners of a box of the moving scan.
    fn reach(&self, corners: [Point3<f64>; 8]) -> ([f64; 3], [f64; 3]);
}

/// A map at the voxel centres of a grid.
pub trait PlaneMap: Sync {
    /// Where the voxel centres of plane `k` lie in the moving scan, in storage order.
    fn points(&self, k: usize) -> Vec<World<Moving>>;
    /// The Jacobian's determinant there.
    fn determinants(&self, k: usize) -> Vec<f64>;
}

impl PlaneMap for Planes<'_> {
    fn points(&self, k: usize) -> Vec<World<Moving>> {
        Planes::points(self, k)
    }
    fn determinants(&self, k: usize) -> Vec<f64> {
        Planes::determinants(self, k)
    }
}

impl PointMap for Transform {
    fn apply(&self, p: World<Fixed>) -> World<Moving> {
        Transform::apply(self, p)
    }
    fn jacobian(&self, p: World<Fixed>) -> Matrix3<f64> {
        Transform::jacobian(self, p)
    }
    fn inverse(&self, q: World<Moving>) -> Inverted {
        Transform::inverse(self, q)
    }
    fn on_grid<'a>(&'a self, grid: &'a Grid<Fixed>) -> impl PlaneMap + 'a {
        Planes::new(self, grid)
    }
    /// `T(x) = R(x + u(x))` comes to the box only from `R^-1(box) - u`, and `u` is a mean of coefficients with weights
    /// that are never negative, so it lies between the smallest and the largest (or is zero, outside the lattice).
    fn reach(&self, corners: [Point3<f64>; 8]) -> ([f64; 3], [f64; 3]) {
        let fixed = corners.map(|q| self.rigid.apply_inverse(World::from_point(q)).point());
        let (mut near, mut far) = hull(&fixed);
        if let Some(spline) = &self.spline {
            for (axis, coefficients) in spline.coefficients().iter().enumerate() {
                far[axis] -= coefficients.iter().copied().fold(0.0, f64::min);
                near[axis] -= coefficients.iter().copied().fold(0.0, f64::max);
            }
        }
        (near, far)
    }
}

/// The eight corners of a box.
pub fn box_corners(near: [f64; 3], far: [f64; 3]) -> [Point3<f64>; 8] {
    std::array::from_fn(|c| {
        let pick = |a: usize| if c >> a & 1 == 1 { far[a] } else { near[a] };
        Point3::new(pick(0), pick(1), pick(2))
    })
}

/// The box around points: its lowest and its highest corner.
pub fn hull(points: &[Point3<f64>]) -> ([f64; 3], [f64; 3]) {
    let over = |start: f64, pick: fn(f64, f64) -> f64| {
        std::array::from_fn(|a| points.iter().map(|p| p[a]).fold(start, pick))
    };
    (over(f64::INFINITY, f64::min), over(f64::NEG_INFINITY, f64::max))
}
