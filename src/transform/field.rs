//! A displacement that is known at the voxels of a grid: what other programs write where they have no formula.

use nalgebra::{Matrix3, Point3, Vector3};

use super::solve;
use crate::geometry::{Fixed, Index, World};
use crate::volume::Volume;

/// `x + u(x)` with vectors in RAS millimetres, read linearly between voxel centres.
///
/// As in ITK the field reaches half a voxel beyond its outermost centres, where their values go on; outside of that a
/// point stays where it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    vectors: Volume<[f32; 3], Fixed>,
    /// Smallest and largest value of each component, zero among them.
    bounds: ([f64; 3], [f64; 3]),
}

impl Field {
    /// From its vectors in RAS millimetres.
    pub fn new(vectors: Volume<[f32; 3], Fixed>) -> Self {
        let over = |pick: fn(f64, f64) -> f64| {
            std::array::from_fn(|c| vectors.values().iter().map(|u| f64::from(u[c])).fold(0.0, pick))
        };
        let bounds = (over(f64::min), over(f64::max));
        Self { vectors, bounds }
    }

    /// Its vectors in RAS millimetres.
    pub fn vectors(&self) -> &Volume<[f32; 3], Fixed> {
        &self.vectors
    }

    /// Smallest and largest displacement per component in mm; zero, outside the field, counts.
    pub fn bounds(&self) -> ([f64; 3], [f64; 3]) {
        self.bounds
    }

    /// Displacement of a fixed point in mm.
    pub fn displacement(&self, p: World<Fixed>) -> Vector3<f64> {
        match self.place(p) {
            Some(index) => self.at(index),
            None => Vector3::zeros(),
        }
    }

    /// `du_a / dx_b` at a fixed point, by the difference over one voxel around it: at a voxel's centre the central
    /// difference of its neighbours, at the border one-sided.
    pub fn gradient(&self, p: World<Fixed>) -> Matrix3<f64> {
        let Some(index) = self.place(p) else { return Matrix3::zeros() };
        let grid = self.vectors.grid();
        let mut along_axes = Matrix3::zeros();
        for axis in 0..3 {
            let last = grid.dims()[axis] as f64 - 1.0;
            let (mut low, mut high) = (index, index);
            low[axis] = (index[axis] - 0.5).clamp(0.0, last);
            high[axis] = (index[axis] + 0.5).clamp(0.0, last);
            let width = high[axis] - low[axis];
            if width > 0.0 {
                along_axes.set_column(axis, &((self.at(high) - self.at(low)) / width));
            }
        }
        along_axes * grid.inverse().fixed_view::<3, 3>(0, 0)
    }

    /// The fixed point that is displaced to `target`, and by how many mm it is missed.
    pub(super) fn before(&self, target: Point3<f64>) -> (Point3<f64>, f64) {
        let world = World::from_point;
        solve::before(target, |p| self.displacement(world(p)), |p| self.gradient(world(p)))
    }

    /// Index of a point in the field; `None` outside.
    fn place(&self, p: World<Fixed>) -> Option<Point3<f64>> {
        let grid = self.vectors.grid();
        let index: Index<Fixed> = grid.index_of(p);
        let index = index.point();
        (0..3).all(|a| index[a] >= -0.5 && index[a] < grid.dims()[a] as f64 - 0.5).then_some(index)
    }

    /// The value at an index, which is clamped to the outermost centres.
    fn at(&self, index: Point3<f64>) -> Vector3<f64> {
        let dims = self.vectors.grid().dims();
        let (mut low, mut step, mut t) = ([0; 3], [0; 3], [0.0; 3]);
        for a in 0..3 {
            let x = index[a].clamp(0.0, dims[a] as f64 - 1.0);
            low[a] = x as usize;
            t[a] = x - low[a] as f64;
            step[a] = usize::from(t[a] > 0.0);
        }
        let mut u = Vector3::zeros();
        for corner in 0..8_usize {
            let upper = [0, 1, 2].map(|a| corner >> a & 1);
            let weight: f64 = (0..3).map(|a| if upper[a] == 1 { t[a] } else { 1.0 - t[a] }).product();
            if weight > 0.0 {
                let [i, j, k] = [0, 1, 2].map(|a| low[a] + upper[a] * step[a]);
                u += Vector3::from(self.vectors.at(i, j, k).map(f64::from)) * weight;
            }
        }
        u
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Grid;

    /// `u(x) = A x` on a grid of 2 mm voxels: linear interpolation gives straight lines back.
    fn linear() -> (Field, Matrix3<f64>) {
        let slope = Matrix3::new(0.1, -0.05, 0.0, 0.02, 0.2, 0.03, 0.0, 0.04, -0.1);
        let grid = Grid::<Fixed>::axis_aligned([8, 7, 6], [2.0, 2.0, 3.0], [-6.0, 1.0, -5.0]).unwrap();
        let u = |o: usize| slope * grid.centre_of(grid.voxel(o)).point().coords;
        let vectors = (0..grid.len()).map(|o| u(o).map(|v| v as f32).into()).collect();
        (Field::new(Volume::new(grid, vectors)), slope)
    }

    #[test]
    fn a_straight_field_is_read_exactly_with_its_slope() {
        let (field, slope) = linear();
        for p in [World::new(-6.0, 1.0, -5.0), World::new(1.3, 7.7, 2.2), World::new(8.0, 13.0, 10.0)] {
            assert!((field.displacement(p) - slope * p.point().coords).norm() < 1e-5);
            assert!((field.gradient(p) - slope).abs().max() < 1e-5);
        }
    }

    #[test]
    fn the_field_ends_half_a_voxel_beyond_its_outermost_centres() {
        let (field, slope) = linear();
        let edge = slope * Vector3::new(-6.0, 5.0, 1.0);
        assert!((field.displacement(World::new(-6.99, 5.0, 1.0)) - edge).norm() < 1e-5);
        assert_eq!(field.displacement(World::new(-7.01, 5.0, 1.0)), Vector3::zeros());
    }

    #[test]
    fn a_displaced_point_is_found_again() {
        let (field, _) = linear();
        let p = World::new(1.3, 7.7, 2.2);
        let (back, residual) = field.before(p.point() + field.displacement(p));
        assert!((back - p.point()).norm() < 1e-5 && residual < 1e-6);
    }
}
