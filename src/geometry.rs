//! Frames, points and grids.
//!
//! World coordinates are NIfTI's: RAS, millimetres. A point carries its space (index or world) and its frame
//! ([`Own`], [`Fixed`] or [`Moving`]) in its type, so that a baseline point cannot be used where a follow-up
//! point is meant:
//!
//! ```compile_fail
//! use delta_radiomics::geometry::{Fixed, Moving, World};
//! let p: World<Fixed> = World::<Moving>::new(1.0, 2.0, 3.0);
//! ```
//! ```compile_fail
//! use delta_radiomics::geometry::{Fixed, Grid, Index, World};
//! fn value_at(grid: &Grid<Fixed>, p: World<Fixed>) -> World<Fixed> {
//!     grid.world_of(p) // a world point is no index
//! }
//! ```

use std::fmt;
use std::marker::PhantomData;

use nalgebra::{Matrix3, Matrix4, Point3, Vector3};
use thiserror::Error;

use crate::diagnose::Diagnose;

/// A frame of reference: one patient as one scan saw them.
pub trait Frame: Copy + Clone + fmt::Debug + PartialEq + Send + Sync + 'static {}

/// The frame of a scan looked at alone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Own;
/// The frame of the follow-up scan.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fixed;
/// The frame of the baseline scan.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moving;
impl Frame for Own {}
impl Frame for Fixed {}
impl Frame for Moving {}

macro_rules! point {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub struct $name<F: Frame = Own> {
            point: Point3<f64>,
            frame: PhantomData<F>,
        }

        impl<F: Frame> $name<F> {
            /// A point from its three coordinates.
            pub fn new(x: f64, y: f64, z: f64) -> Self {
                Self::from_point(Point3::new(x, y, z))
            }
            /// A point from bare coordinates that are known to be in this frame.
            pub fn from_point(point: Point3<f64>) -> Self {
                Self { point, frame: PhantomData }
            }
            /// The bare coordinates.
            pub fn point(self) -> Point3<f64> {
                self.point
            }
            /// Distance to another point of the same kind.
            pub fn distance(self, other: Self) -> f64 {
                (self.point - other.point).norm()
            }
        }

        impl<F: Frame> std::ops::Add<Vector3<f64>> for $name<F> {
            type Output = Self;
            fn add(self, step: Vector3<f64>) -> Self {
                Self::from_point(self.point + step)
            }
        }
    };
}

point! {
    /// A point in millimetres, RAS.
    World
}
point! {
    /// A point in voxels of a grid; whole numbers are voxel centres.
    Index
}

/// Why a grid is refused.
#[derive(Debug, Error, PartialEq)]
pub enum GeometryError {
    /// An axis has no voxels.
    #[error("axis {0} has no voxels")]
    NoVoxels(usize),
    /// The affine holds NaN or an infinity.
    #[error("the affine is not finite")]
    NotFinite,
    /// A spacing is zero.
    #[error("the spacing along axis {axis} is {spacing} mm")]
    Spacing {
        /// Array axis.
        axis: usize,
        /// Spacing in mm.
        spacing: f64,
    },
    /// Two axes are not at a right angle.
    #[error("axes {a} and {b} meet at {degrees:.2} degrees: the grid is sheared")]
    Shear {
        /// First array axis.
        a: usize,
        /// Second array axis.
        b: usize,
        /// Angle between them.
        degrees: f64,
    },
}

impl Diagnose for GeometryError {
    fn code(&self) -> &'static str {
        match self {
            Self::NoVoxels(_) => "E-GRID-EMPTY",
            Self::NotFinite => "E-GRID-AFFINE",
            Self::Spacing { .. } => "E-GRID-SPACING",
            Self::Shear { .. } => "E-GRID-SHEAR",
        }
    }
    fn hint(&self) -> String {
        match self {
            Self::NoVoxels(_) | Self::NotFinite | Self::Spacing { .. } => {
                "The header is damaged or was lost in a conversion: convert the scan from its source again."
                    .into()
            }
            Self::Shear { .. } => {
                "Gantry tilt must be corrected before: resample the scan to an orthogonal grid.".into()
            }
        }
    }
}

/// How two grids compare (the same within 10 % of the smallest spacing, flagged beyond 1 %).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GridMatch {
    /// Equal to 1 % of the smallest spacing.
    Same,
    /// Equal to 10 %: used, and flagged.
    Tolerated,
    /// Another grid.
    Different,
}

/// A regular grid of voxels: dimensions and an affine from voxel indices to RAS millimetres.
///
/// Voxels are stored with the first index fastest. Oblique, flipped and anisotropic grids are ordinary; sheared
/// and singular ones cannot be made.
#[derive(Clone, Debug, PartialEq)]
pub struct Grid<F: Frame = Own> {
    dims: [usize; 3],
    affine: Matrix4<f64>,
    inverse: Matrix4<f64>,
    frame: PhantomData<F>,
}

/// Axes count as orthogonal up to this cosine: float32 headers of oblique scans reach 1e-4.
const SHEAR_COSINE: f64 = 1e-3;

impl<F: Frame> Grid<F> {
    /// A grid of `dims` voxels whose `affine` maps voxel indices to RAS millimetres.
    pub fn new(dims: [usize; 3], affine: Matrix4<f64>) -> Result<Self, GeometryError> {
        if let Some(axis) = dims.iter().position(|&n| n == 0) {
            return Err(GeometryError::NoVoxels(axis));
        }
        if affine.iter().any(|v| !v.is_finite()) {
            return Err(GeometryError::NotFinite);
        }
        let linear: Matrix3<f64> = affine.fixed_view::<3, 3>(0, 0).into_owned();
        for axis in 0..3 {
            let spacing = linear.column(axis).norm();
            if spacing < 1e-6 {
                return Err(GeometryError::Spacing { axis, spacing });
            }
        }
        for (a, b) in [(0, 1), (0, 2), (1, 2)] {
            let cosine = linear.column(a).normalize().dot(&linear.column(b).normalize());
            if cosine.abs() > SHEAR_COSINE {
                let degrees = cosine.clamp(-1.0, 1.0).acos().to_degrees();
                return Err(GeometryError::Shear { a, b, degrees });
            }
        }
        let inverse = affine.try_inverse().ok_or(GeometryError::NotFinite)?;
        Ok(Self { dims, affine, inverse, frame: PhantomData })
    }

    /// An axis-aligned grid whose first voxel's centre is at `origin`.
    pub fn axis_aligned(
        dims: [usize; 3],
        spacing: [f64; 3],
        origin: [f64; 3],
    ) -> Result<Self, GeometryError> {
        let mut affine = Matrix4::identity();
        for axis in 0..3 {
            affine[(axis, axis)] = spacing[axis];
            affine[(axis, 3)] = origin[axis];
        }
        Self::new(dims, affine)
    }

    /// Number of voxels along each array axis.
    pub fn dims(&self) -> [usize; 3] {
        self.dims
    }
    /// Voxel index to RAS millimetres.
    pub fn affine(&self) -> &Matrix4<f64> {
        &self.affine
    }
    /// RAS millimetres to voxel index.
    pub fn inverse(&self) -> &Matrix4<f64> {
        &self.inverse
    }
    /// Number of voxels.
    pub fn len(&self) -> usize {
        self.dims.iter().product()
    }
    /// A grid always has voxels; here for symmetry with [`Grid::len`].
    pub fn is_empty(&self) -> bool {
        false
    }
    /// Index steps as columns in millimetres: the affine without its translation.
    pub fn linear(&self) -> Matrix3<f64> {
        self.affine.fixed_view::<3, 3>(0, 0).into_owned()
    }
    /// Distance in mm between neighbouring voxel centres along each array axis.
    pub fn spacing(&self) -> [f64; 3] {
        let linear = self.linear();
        std::array::from_fn(|axis| linear.column(axis).norm())
    }
    /// Unit vectors of the array axes as columns.
    pub fn directions(&self) -> Matrix3<f64> {
        let mut d = self.linear();
        for axis in 0..3 {
            let unit = d.column(axis).normalize();
            d.set_column(axis, &unit);
        }
        d
    }
    /// Volume of a voxel in mm3.
    pub fn voxel_volume(&self) -> f64 {
        self.spacing().iter().product()
    }
    /// Where voxel `(i, j, k)` is stored.
    #[inline]
    pub fn offset(&self, i: usize, j: usize, k: usize) -> usize {
        i + self.dims[0] * (j + self.dims[1] * k)
    }
    /// The voxel that is stored at `offset`.
    #[inline]
    pub fn voxel(&self, offset: usize) -> [usize; 3] {
        let (plane, row) = (self.dims[0] * self.dims[1], self.dims[0]);
        [offset % row, offset % plane / row, offset / plane]
    }
    /// World position of an index.
    pub fn world_of(&self, index: Index<F>) -> World<F> {
        World::from_point(self.affine.transform_point(&index.point()))
    }
    /// World position of a voxel's centre.
    pub fn centre_of(&self, voxel: [usize; 3]) -> World<F> {
        self.world_of(Index::new(voxel[0] as f64, voxel[1] as f64, voxel[2] as f64))
    }
    /// Index of a world position; it may lie outside the grid.
    pub fn index_of(&self, world: World<F>) -> Index<F> {
        Index::from_point(self.inverse.transform_point(&world.point()))
    }
    /// World position of the grid's middle.
    pub fn middle(&self) -> World<F> {
        let [x, y, z] = self.dims.map(|n| (n as f64 - 1.0) / 2.0);
        self.world_of(Index::new(x, y, z))
    }
    /// Whether an index lies within the outermost voxel centres.
    pub fn holds(&self, index: Index<F>) -> bool {
        let p = index.point();
        (0..3).all(|a| p[a] >= 0.0 && p[a] <= self.dims[a] as f64 - 1.0)
    }
    /// World positions of the eight corner voxels' centres.
    pub fn corners(&self) -> [World<F>; 8] {
        std::array::from_fn(|c| {
            self.centre_of(std::array::from_fn(|a| if c >> a & 1 == 1 { self.dims[a] - 1 } else { 0 }))
        })
    }
    /// Largest distance in mm between corresponding corners; `None` where the dimensions differ.
    pub fn corner_gap_mm(&self, other: &Self) -> Option<f64> {
        if self.dims != other.dims {
            return None;
        }
        let pairs = self.corners().into_iter().zip(other.corners());
        Some(pairs.map(|(a, b)| a.distance(b)).fold(0.0, f64::max))
    }
    /// Whether `other` is this grid.
    pub fn compare(&self, other: &Self) -> GridMatch {
        let smallest = self.spacing().into_iter().fold(f64::INFINITY, f64::min);
        match self.corner_gap_mm(other) {
            Some(gap) if gap <= 0.01 * smallest => GridMatch::Same,
            Some(gap) if gap <= 0.10 * smallest => GridMatch::Tolerated,
            _ => GridMatch::Different,
        }
    }
    /// The array axis that runs nearest to each anatomical axis (right, anterior, superior).
    ///
    /// Each array axis is given once, the clearest match first, so that oblique grids have an answer too.
    pub fn anatomical_axes(&self) -> [usize; 3] {
        let d = self.directions();
        let mut pairs: Vec<(usize, usize)> = (0..9).map(|n| (n / 3, n % 3)).collect();
        pairs.sort_by(|a, b| d[*b].abs().total_cmp(&d[*a].abs()));
        let mut axes = [usize::MAX; 3];
        for (anatomical, array) in pairs {
            if axes[anatomical] == usize::MAX && !axes.contains(&array) {
                axes[anatomical] = array;
            }
        }
        axes
    }
    /// The part of `size` voxels from voxel `low`; it may reach beyond the grid.
    ///
    /// # Panics
    /// Where a size is zero: a defect of the caller.
    #[must_use]
    pub fn part(&self, low: [usize; 3], size: [usize; 3]) -> Self {
        let shift = Matrix4::new_translation(&Vector3::from(low.map(|n| n as f64)));
        // A shift leaves the axes of a valid grid as they are.
        Self::new(size, self.affine * shift).expect("a part of a grid is a grid")
    }
    /// The same grid seen as a part of another frame.
    pub fn in_frame<G: Frame>(&self) -> Grid<G> {
        Grid { dims: self.dims, affine: self.affine, inverse: self.inverse, frame: PhantomData }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn oblique() -> Grid {
        let r = nalgebra::Rotation3::from_euler_angles(0.2, -0.4, 1.9);
        let mut affine = Matrix4::identity();
        let linear = r.matrix() * Matrix3::from_diagonal(&Vector3::new(-0.8, 0.8, 3.0));
        affine.fixed_view_mut::<3, 3>(0, 0).copy_from(&linear);
        affine.fixed_view_mut::<3, 1>(0, 3).copy_from(&Vector3::new(-12.0, 80.0, 4.5));
        Grid::new([5, 7, 3], affine).unwrap()
    }

    #[test]
    fn index_and_world_are_inverse_on_an_oblique_flipped_grid() {
        let grid = oblique();
        let p = Index::new(1.25, 3.5, 0.75);
        assert!(grid.index_of(grid.world_of(p)).distance(p) < 1e-12);
        assert_eq!(grid.spacing().map(|s| (s * 1e9).round() / 1e9), [0.8, 0.8, 3.0]);
    }

    #[test]
    fn offsets_and_voxels_are_inverse() {
        let grid = oblique();
        for offset in 0..grid.len() {
            let [i, j, k] = grid.voxel(offset);
            assert_eq!(grid.offset(i, j, k), offset);
        }
    }

    #[test]
    fn sheared_and_singular_affines_are_refused() {
        let mut sheared = Matrix4::identity();
        sheared[(0, 1)] = 0.3;
        assert!(matches!(Grid::<Own>::new([2, 2, 2], sheared), Err(GeometryError::Shear { a: 0, b: 1, .. })));
        let mut flat = Matrix4::identity();
        flat[(2, 2)] = 0.0;
        assert!(matches!(Grid::<Own>::new([2, 2, 2], flat), Err(GeometryError::Spacing { axis: 2, .. })));
    }

    #[test]
    fn grids_compare_by_their_corners() {
        let a = Grid::<Own>::axis_aligned([10, 10, 10], [1.0, 1.0, 2.0], [0.0; 3]).unwrap();
        let shifted =
            |d: f64| Grid::<Own>::axis_aligned([10, 10, 10], [1.0, 1.0, 2.0], [d, 0.0, 0.0]).unwrap();
        assert_eq!(a.compare(&shifted(0.009)), GridMatch::Same);
        assert_eq!(a.compare(&shifted(0.05)), GridMatch::Tolerated);
        assert_eq!(a.compare(&shifted(0.2)), GridMatch::Different);
    }

    #[test]
    fn anatomical_axes_follow_a_permuted_grid() {
        let mut affine = Matrix4::zeros();
        affine[(2, 0)] = -2.0; // first array axis runs to the feet
        affine[(0, 1)] = 1.0;
        affine[(1, 2)] = 1.0;
        affine[(3, 3)] = 1.0;
        assert_eq!(Grid::<Own>::new([2, 2, 2], affine).unwrap().anatomical_axes(), [1, 2, 0]);
    }
}
