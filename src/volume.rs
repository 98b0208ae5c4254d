//! A scalar value at each voxel of a grid.

use std::sync::Arc;

use ndarray::{ArrayView3, ShapeBuilder};

use crate::geometry::{Frame, Grid, Index, Own};

/// Values on a grid, first index fastest. There are always exactly as many values as voxels.
///
/// A clone shares its values until one of the two is changed: a scan passes through many hands, and most only look at it.
#[derive(Clone, Debug, PartialEq)]
pub struct Volume<T, F: Frame = Own> {
    grid: Grid<F>,
    values: Arc<Vec<T>>,
}

impl<T: Copy, F: Frame> Volume<T, F> {
    /// A volume from its values in storage order.
    ///
    /// # Panics
    /// Where the number of values is not that of the voxels: a defect of the caller.
    pub fn new(grid: Grid<F>, values: Vec<T>) -> Self {
        assert_eq!(grid.len(), values.len(), "one value per voxel");
        Self { grid, values: Arc::new(values) }
    }
    /// The same value everywhere.
    pub fn filled(grid: Grid<F>, value: T) -> Self {
        let values = vec![value; grid.len()];
        Self::new(grid, values)
    }
    /// Its grid.
    pub fn grid(&self) -> &Grid<F> {
        &self.grid
    }
    /// Values in storage order.
    pub fn values(&self) -> &[T] {
        &self.values
    }
    /// Values in storage order, to change.
    pub fn values_mut(&mut self) -> &mut [T] {
        Arc::make_mut(&mut self.values).as_mut_slice()
    }
    /// The value of a voxel.
    #[inline]
    pub fn at(&self, i: usize, j: usize, k: usize) -> T {
        self.values[self.grid.offset(i, j, k)]
    }
    /// A volume of `f(value)` on the same grid.
    pub fn map<U: Copy>(&self, f: impl Fn(T) -> U) -> Volume<U, F> {
        Volume::new(self.grid.clone(), self.values.iter().map(|&v| f(v)).collect())
    }
    /// The values as an array with axes `(i, j, k)`.
    pub fn view(&self) -> ArrayView3<'_, T> {
        let [x, y, z] = self.grid.dims();
        // The constructor holds the two lengths equal, so the shape always fits.
        ArrayView3::from_shape((x, y, z).f(), &self.values).expect("one value per voxel")
    }
    /// Gives the values away; copied where others share them.
    pub fn into_values(self) -> Vec<T> {
        Arc::unwrap_or_clone(self.values)
    }
    /// The values, for one who only looks at them.
    pub fn shared_values(&self) -> Arc<Vec<T>> {
        self.values.clone()
    }
    /// The same values on another grid of as many voxels.
    ///
    /// # Panics
    /// As [`Volume::new`].
    #[must_use]
    pub fn on(&self, grid: Grid<F>) -> Self {
        assert_eq!(grid.len(), self.values.len(), "one value per voxel");
        Self { grid, values: self.values.clone() }
    }
    /// The same voxels seen as a part of another frame.
    pub fn in_frame<G: Frame>(self) -> Volume<T, G> {
        Volume { grid: self.grid.in_frame(), values: self.values }
    }
}

/// Indices this far beyond the outermost voxel centres are rounding, not outside.
const ROUNDING: f64 = 1e-6;

impl<F: Frame> Volume<f32, F> {
    /// The value at an index by trilinear interpolation; `None` beyond the outermost voxel centres, and where a
    /// voxel with weight has no data.
    pub fn linear(&self, index: Index<F>) -> Option<f64> {
        let (p, dims) = (index.point(), self.grid.dims());
        let (mut low, mut step, mut t) = ([0; 3], [0; 3], [0.0; 3]);
        for a in 0..3 {
            let last = dims[a] as f64 - 1.0;
            if !(p[a] >= -ROUNDING && p[a] <= last + ROUNDING) {
                return None;
            }
            let x = p[a].clamp(0.0, last);
            low[a] = x as usize;
            t[a] = x - low[a] as f64;
            // No step where it has no weight: it may lead beyond the grid, or to a voxel without data.
            step[a] = usize::from(t[a] > 0.0);
        }
        let start = self.grid.offset(low[0], low[1], low[2]);
        let (sx, sy, sz) = (step[0], step[1] * dims[0], step[2] * dims[0] * dims[1]);
        let row =
            |at: usize| f64::from(self.values[at]) * (1.0 - t[0]) + f64::from(self.values[at + sx]) * t[0];
        let plane = |at: usize| row(at) * (1.0 - t[1]) + row(at + sy) * t[1];
        let value = plane(start) * (1.0 - t[2]) + plane(start + sz) * t[2];
        (!value.is_nan()).then_some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clone_shares_its_values_until_one_of_the_two_is_changed() {
        let grid = Grid::<Own>::axis_aligned([2, 1, 1], [1.0; 3], [0.0; 3]).unwrap();
        let mut volume = Volume::filled(grid, 1);
        let clone = volume.clone();
        assert!(Arc::ptr_eq(&volume.shared_values(), &clone.shared_values()));
        volume.values_mut()[0] = 2;
        assert_eq!((volume.values(), clone.values()), (&[2, 1][..], &[1, 1][..]));
    }

    #[test]
    fn linear_interpolation_is_exact_on_a_plane_and_knows_no_data() {
        let grid = Grid::<Own>::axis_aligned([4, 5, 3], [1.0; 3], [0.0; 3]).unwrap();
        let plane = |v: [f64; 3]| 2.0 * v[0] - v[1] + 0.5 * v[2];
        let values = (0..grid.len()).map(|o| plane(grid.voxel(o).map(|n| n as f64)) as f32).collect();
        let mut volume = Volume::new(grid, values);
        let at = [1.25, 3.5, 0.75];
        assert_eq!(volume.linear(Index::new(at[0], at[1], at[2])), Some(plane(at)));
        assert_eq!(volume.linear(Index::new(3.0, 4.0, 2.0)), Some(3.0));
        assert_eq!(volume.linear(Index::new(3.1, 4.0, 2.0)), None);
        assert_eq!(volume.linear(Index::new(f64::NAN, 4.0, 2.0)), None);
        volume.values_mut()[0] = f32::NAN;
        assert_eq!(volume.linear(Index::new(0.5, 0.0, 0.0)), None);
        assert_eq!(volume.linear(Index::new(1.0, 0.0, 0.0)), Some(2.0));
    }
}
