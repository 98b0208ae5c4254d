//! A scalar value at each voxel of a grid.

use ndarray::{ArrayView3, ShapeBuilder};

use crate::geometry::{Frame, Grid, Own};

/// Values on a grid, first index fastest. There are always exactly as many values as voxels.
#[derive(Clone, Debug, PartialEq)]
pub struct Volume<T, F: Frame = Own> {
    grid: Grid<F>,
    values: Vec<T>,
}

impl<T: Copy, F: Frame> Volume<T, F> {
    /// A volume from its values in storage order.
    ///
    /// # Panics
    /// Where the number of values is not that of the voxels: a defect of the caller.
    pub fn new(grid: Grid<F>, values: Vec<T>) -> Self {
        assert_eq!(grid.len(), values.len(), "one value per voxel");
        Self { grid, values }
    }
    /// The same value everywhere.
    pub fn filled(grid: Grid<F>, value: T) -> Self {
        let values = vec![value; grid.len()];
        Self { grid, values }
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
        &mut self.values
    }
    /// The value of a voxel.
    #[inline]
    pub fn at(&self, i: usize, j: usize, k: usize) -> T {
        self.values[self.grid.offset(i, j, k)]
    }
    /// A volume of `f(value)` on the same grid.
    pub fn map<U: Copy>(&self, f: impl Fn(T) -> U) -> Volume<U, F> {
        Volume { grid: self.grid.clone(), values: self.values.iter().map(|&v| f(v)).collect() }
    }
    /// The values as an array with axes `(i, j, k)`.
    pub fn view(&self) -> ArrayView3<'_, T> {
        let [x, y, z] = self.grid.dims();
        // The constructor holds the two lengths equal, so the shape always fits.
        ArrayView3::from_shape((x, y, z).f(), &self.values).expect("one value per voxel")
    }
    /// Gives the values away.
    pub fn into_values(self) -> Vec<T> {
        self.values
    }
    /// The same voxels seen as a part of another frame.
    pub fn in_frame<G: Frame>(self) -> Volume<T, G> {
        Volume { grid: self.grid.in_frame(), values: self.values }
    }
}
