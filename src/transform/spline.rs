//! Cubic B-spline free-form deformation (Rueckert 1999, eq. 2).

use nalgebra::{Matrix3, Matrix4, Vector3};

use crate::geometry::{Fixed, Grid, World};
use crate::numeric::bspline::{derivative_weights, weights};

/// How far the domain of a lattice reaches beyond the outermost voxel centres of its grid.
const HAIR_MM: f64 = 0.01;

/// Where the controls are: a regular lattice along the axes of the fixed grid.
///
/// Control `(i, j, k)` lies at index `((i - 1) h_x, (j - 1) h_y, (k - 1) h_z)` millimetres from the first voxel's
/// centre along the array axes, so one control stands before the domain and two behind its last interval.
#[derive(Clone, Debug, PartialEq)]
pub struct Lattice {
    dims: [usize; 3],
    spacing_mm: [f64; 3],
    /// World position of the domain's first corner (control `(1, 1, 1)`).
    origin: Vector3<f64>,
    /// Unit vectors of the axes as columns.
    directions: Matrix3<f64>,
}

impl Lattice {
    /// The lattice that covers `grid` with controls `spacing_mm` apart along its array axes, and a hair more: another
    /// program may read the grid's outermost voxels from a float32 header, and outside the domain a point would
    /// jump back to where it was.
    pub fn covering(grid: &Grid<Fixed>, spacing_mm: [f64; 3]) -> Self {
        let (voxel, directions) = (grid.spacing(), grid.directions());
        let dims = std::array::from_fn(|a| {
            let extent = (grid.dims()[a] - 1) as f64 * voxel[a] + 2.0 * HAIR_MM;
            (extent / spacing_mm[a]).floor() as usize + 4
        });
        let origin = grid.centre_of([0; 3]).point().coords - directions * Vector3::repeat(HAIR_MM);
        Self { dims, spacing_mm, origin, directions }
    }

    /// A lattice from its parts; `origin` is the world position of control `(1, 1, 1)`.
    pub fn from_parts(
        dims: [usize; 3],
        spacing_mm: [f64; 3],
        origin: Vector3<f64>,
        directions: Matrix3<f64>,
    ) -> Self {
        Self { dims, spacing_mm, origin, directions }
    }

    /// Number of controls along each axis.
    pub fn dims(&self) -> [usize; 3] {
        self.dims
    }
    /// Distance between controls along each axis in mm.
    pub fn spacing_mm(&self) -> [f64; 3] {
        self.spacing_mm
    }
    /// World position of control `(1, 1, 1)`.
    pub fn origin(&self) -> Vector3<f64> {
        self.origin
    }
    /// Unit vectors of the axes as columns.
    pub fn directions(&self) -> &Matrix3<f64> {
        &self.directions
    }
    /// Number of controls.
    pub fn len(&self) -> usize {
        self.dims.iter().product()
    }
    /// A lattice always has controls; here for symmetry with [`Lattice::len`].
    pub fn is_empty(&self) -> bool {
        false
    }
    /// Where control `(i, j, k)` is stored.
    pub fn offset(&self, i: usize, j: usize, k: usize) -> usize {
        i + self.dims[0] * (j + self.dims[1] * k)
    }
    /// World position of a control.
    pub fn control(&self, i: usize, j: usize, k: usize) -> World<Fixed> {
        let steps = Vector3::new(
            (i as f64 - 1.0) * self.spacing_mm[0],
            (j as f64 - 1.0) * self.spacing_mm[1],
            (k as f64 - 1.0) * self.spacing_mm[2],
        );
        World::from_point((self.origin + self.directions * steps).into())
    }
    /// The grid of so many samples per interval along each axis, from one end of the domain to the other.
    pub fn samples(&self, per_interval: usize) -> Grid<Fixed> {
        let step = Vector3::from(self.spacing_mm) / per_interval as f64;
        let mut affine = Matrix4::identity();
        affine.fixed_view_mut::<3, 3>(0, 0).copy_from(&(self.directions * Matrix3::from_diagonal(&step)));
        affine.fixed_view_mut::<3, 1>(0, 3).copy_from(&self.origin);
        let dims = self.dims.map(|n| per_interval * (n - 3) + 1);
        // A lattice's axes are orthogonal unit vectors and its spacing is positive.
        Grid::new(dims, affine).expect("a lattice has valid axes")
    }
    /// First of the four controls along each axis that act on a point, and the point's fraction of its interval;
    /// `None` outside the lattice's domain.
    pub fn locate(&self, p: World<Fixed>) -> Option<([usize; 3], [f64; 3])> {
        let local = self.directions.transpose() * (p.point().coords - self.origin);
        let (mut base, mut fraction) = ([0; 3], [0.0; 3]);
        for a in 0..3 {
            let t = local[a] / self.spacing_mm[a];
            let last = (self.dims[a] - 3) as f64;
            if !(-1e-9..=last + 1e-9).contains(&t) {
                return None;
            }
            let t = t.clamp(0.0, last);
            let whole = t.floor().min(last - 1.0).max(0.0);
            base[a] = whole as usize;
            fraction[a] = t - whole;
        }
        Some((base, fraction))
    }
}

/// A displacement `u(x)` of fixed points in RAS millimetres, given by the coefficients of a lattice.
///
/// Outside its lattice's domain a point stays where it is, as in ITK.
#[derive(Clone, Debug, PartialEq)]
pub struct Spline {
    lattice: Lattice,
    /// Per component (R, A, S), one coefficient per control in mm.
    coefficients: [Vec<f64>; 3],
}

impl Spline {
    /// No displacement.
    pub fn zero(lattice: Lattice) -> Self {
        let n = lattice.len();
        Self { lattice, coefficients: std::array::from_fn(|_| vec![0.0; n]) }
    }
    /// From coefficients per component (R, A, S).
    ///
    /// # Panics
    /// Where their number is not that of the controls: a defect of the caller.
    pub fn new(lattice: Lattice, coefficients: [Vec<f64>; 3]) -> Self {
        assert!(coefficients.iter().all(|c| c.len() == lattice.len()), "one coefficient per control");
        Self { lattice, coefficients }
    }
    /// Its lattice.
    pub fn lattice(&self) -> &Lattice {
        &self.lattice
    }
    /// Coefficients per component in mm.
    pub fn coefficients(&self) -> &[Vec<f64>; 3] {
        &self.coefficients
    }

    /// `sum_abc X_a Y_b Z_c c[a, b, c]` with given weights per axis.
    fn combine(&self, base: [usize; 3], w: [&[f64; 4]; 3]) -> Vector3<f64> {
        let mut u = Vector3::zeros();
        for c in 0..4 {
            for b in 0..4 {
                let row = self.lattice.offset(base[0], base[1] + b, base[2] + c);
                let yz = w[1][b] * w[2][c];
                for a in 0..4 {
                    let weight = w[0][a] * yz;
                    for component in 0..3 {
                        u[component] += weight * self.coefficients[component][row + a];
                    }
                }
            }
        }
        u
    }

    /// Displacement of a fixed point in mm.
    pub fn displacement(&self, p: World<Fixed>) -> Vector3<f64> {
        let Some((base, t)) = self.lattice.locate(p) else { return Vector3::zeros() };
        let w = t.map(weights);
        self.combine(base, [&w[0], &w[1], &w[2]])
    }

    /// `du_a / dx_b` at a fixed point, in RAS.
    pub fn gradient(&self, p: World<Fixed>) -> Matrix3<f64> {
        let Some((base, t)) = self.lattice.locate(p) else { return Matrix3::zeros() };
        let (w, d) = (t.map(weights), t.map(derivative_weights));
        let mut along_axes = Matrix3::zeros();
        for axis in 0..3 {
            let chosen: [&[f64; 4]; 3] = std::array::from_fn(|a| if a == axis { &d[a] } else { &w[a] });
            along_axes.set_column(axis, &(self.combine(base, chosen) / self.lattice.spacing_mm[axis]));
        }
        along_axes * self.lattice.directions.transpose()
    }
}
