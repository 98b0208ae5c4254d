//! A transform and its Jacobian at all voxel centres of a grid, one plane after the other.
//!
//! Where the grid's axes are those of the lattice, forwards or backwards, which they are for most scans that were
//! registered and any part of them, the spline is evaluated one axis at a time: a voxel costs some ten multiplications
//! instead of the 192 of the direct sum. Any other grid (sagittal slices, say) is evaluated point by point.

use nalgebra::{Matrix3, Vector3};

use super::dense::{AxisTable, PlaneSpace, component_on_plane, places, tables};
use super::{Lattice, Spline, Transform};
use crate::geometry::{Fixed, Grid, Moving, World};
use crate::numeric::bspline::{derivative_weights, weights};

/// A transform seen from the voxels of a grid.
pub struct Planes<'a> {
    transform: &'a Transform,
    grid: &'a Grid<Fixed>,
    axes: Option<SharedAxes>,
}

/// Weights per axis of a grid that has the lattice's axes, forwards or backwards.
struct SharedAxes {
    values: [AxisTable; 3],
    slopes: [AxisTable; 3],
}

impl SharedAxes {
    /// `None` where the axes differ or a voxel lies outside the lattice's domain.
    fn find(lattice: &Lattice, grid: &Grid<Fixed>) -> Option<Self> {
        // What the grid's axes are along the lattice's: 1 or -1 on the diagonal.
        let turn = lattice.directions().transpose() * grid.directions();
        let sign = [0, 1, 2].map(|a| turn[(a, a)].signum());
        if (turn - Matrix3::from_diagonal(&sign.into())).amax() > 1e-9 {
            return None;
        }
        for (a, [first, step]) in places(lattice, grid).into_iter().enumerate() {
            let domain = -1e-9..=(lattice.dims()[a] - 3) as f64 + 1e-9;
            let last = first + (grid.dims()[a] - 1) as f64 * step;
            if !(domain.contains(&first) && domain.contains(&last)) {
                return None;
            }
        }
        let h = lattice.spacing_mm();
        let values = tables(lattice, grid, |_, t| weights(t));
        let slopes = tables(lattice, grid, |a, t| derivative_weights(t).map(|w| w / h[a]));
        Some(Self { values, slopes })
    }

    /// Displacements on plane `k`, per component.
    fn displacements(&self, spline: &Spline, k: usize) -> [Vec<f64>; 3] {
        [0, 1, 2].map(|c| plane(&spline.coefficients()[c], k, self.values.each_ref()))
    }

    /// Derivatives on plane `k`: per component, along each array axis.
    fn gradients(&self, spline: &Spline, k: usize) -> [[Vec<f64>; 3]; 3] {
        [0, 1, 2].map(|c| {
            [0, 1, 2].map(|axis| {
                let tables = [0, 1, 2].map(|a| if a == axis { &self.slopes[a] } else { &self.values[a] });
                plane(&spline.coefficients()[c], k, tables)
            })
        })
    }
}

/// One component on plane `k` with the tables chosen per axis.
fn plane(coefficients: &[f64], k: usize, tables: [&AxisTable; 3]) -> Vec<f64> {
    let mut out = vec![0.0; tables[0].len() * tables[1].len()];
    component_on_plane(coefficients, k, tables, &mut PlaneSpace::default(), &mut out);
    out
}

impl<'a> Planes<'a> {
    /// `transform` at the voxel centres of `grid`.
    pub fn new(transform: &'a Transform, grid: &'a Grid<Fixed>) -> Self {
        let axes = transform.spline.as_ref().and_then(|s| SharedAxes::find(s.lattice(), grid));
        Self { transform, grid, axes }
    }

    /// Voxel centres of plane `k` in storage order.
    fn centres(&self, k: usize) -> impl Iterator<Item = World<Fixed>> + '_ {
        let [nx, ny, _] = self.grid.dims();
        (0..nx * ny).map(move |n| self.grid.centre_of([n % nx, n / nx, k]))
    }

    /// Where the voxel centres of plane `k` lie in the moving scan.
    pub fn points(&self, k: usize) -> Vec<World<Moving>> {
        let (Some(axes), Some(spline)) = (&self.axes, &self.transform.spline) else {
            return self.centres(k).map(|p| self.transform.apply(p)).collect();
        };
        let [ux, uy, uz] = axes.displacements(spline, k);
        let moved = self.centres(k).enumerate();
        moved.map(|(n, p)| self.transform.rigid.apply(p + Vector3::new(ux[n], uy[n], uz[n]))).collect()
    }

    /// Determinants of the Jacobian at the voxel centres of plane `k`.
    pub fn determinants(&self, k: usize) -> Vec<f64> {
        let (Some(axes), Some(spline)) = (&self.axes, &self.transform.spline) else {
            return self.centres(k).map(|p| self.transform.jacobian(p).determinant()).collect();
        };
        let g = axes.gradients(spline, k);
        // Derivatives are along array axes; turning them to the world's is a rotation or a reflection.
        let to_world = spline.lattice().directions().transpose();
        let rotation = self.transform.rigid.rotation().determinant();
        (0..g[0][0].len())
            .map(|n| {
                let along_axes = Matrix3::from_fn(|component, axis| g[component][axis][n]);
                rotation * (Matrix3::identity() + along_axes * to_world).determinant()
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use nalgebra::{Matrix4, Point3, Rotation3};

    use super::*;
    use crate::transform::Rigid;

    /// An oblique, flipped, anisotropic grid and a wavy transform on it.
    fn case() -> (Grid<Fixed>, Transform) {
        let turn = Rotation3::from_euler_angles(0.3, -0.2, 0.9);
        let linear = turn.matrix() * Matrix3::from_diagonal(&Vector3::new(-1.5, 2.0, 4.0));
        let mut affine = Matrix4::identity();
        affine.fixed_view_mut::<3, 3>(0, 0).copy_from(&linear);
        affine[(0, 3)] = -30.0;
        let grid = Grid::new([19, 14, 9], affine).unwrap();
        let lattice = Lattice::covering(&grid, [8.0, 9.0, 10.0]);
        let wave = |s: f64| (0..lattice.len()).map(|i| 1.2 * libm::sin(i as f64 * s)).collect::<Vec<_>>();
        let coefficients = [wave(0.7), wave(1.1), wave(1.9)];
        let rigid = Rigid::about(Point3::new(3.0, 2.0, 1.0), [0.1, -0.05, 0.2], Vector3::new(4.0, -2.0, 1.0));
        (grid, Transform { rigid, spline: Some(Spline::new(lattice, coefficients)) })
    }

    #[test]
    fn planes_are_the_transform_at_each_voxel_centre_however_the_voxels_are_stored() {
        let (grid, transform) = case();
        let backwards = |axes: [bool; 3]| {
            let mut order = Matrix4::identity();
            for a in (0..3).filter(|&a| axes[a]) {
                (order[(a, a)], order[(a, 3)]) = (-1.0, (grid.dims()[a] - 1) as f64);
            }
            Grid::new(grid.dims(), grid.affine() * order).unwrap()
        };
        for grid in [grid.clone(), backwards([true, true, false]), backwards([false, true, true])] {
            let planes = Planes::new(&transform, &grid);
            assert!(planes.axes.is_some(), "the fast way is taken");
            for k in 0..9 {
                let (points, determinants) = (planes.points(k), planes.determinants(k));
                for (n, p) in planes.centres(k).enumerate() {
                    assert!(points[n].distance(transform.apply(p)) < 1e-10);
                    assert!((determinants[n] - transform.jacobian(p).determinant()).abs() < 1e-10);
                }
            }
        }
    }

    #[test]
    fn a_grid_with_other_axes_or_beyond_the_lattice_gives_the_same_points() {
        let (_, transform) = case();
        let other = Grid::axis_aligned([6, 5, 4], [9.0, 8.0, 12.0], [-60.0, -10.0, -20.0]).unwrap();
        let planes = Planes::new(&transform, &other);
        assert!(planes.axes.is_none());
        let p = other.centre_of([2, 3, 1]);
        assert_eq!(planes.points(1)[2 + 6 * 3], transform.apply(p));
        assert_eq!(planes.determinants(1)[2 + 6 * 3], transform.jacobian(p).determinant());
    }
}
