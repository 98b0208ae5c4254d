//! Series as upright grids.
//!
//! A grid of the program has right angles. The slices of a tilted gantry are shifted against each other instead: each
//! is moved here by whole pixels to where it belongs, so that no intensity is interpolated and no voxel lies farther
//! than half a pixel from where it was. Regions move with it, and come back as the same voxels.

use delta_dicom::Grid as Lps;
use nalgebra::{Matrix4, Vector3, Vector4};

use crate::geometry::{GeometryError, Grid};

/// Steps that leave the slices' normal by less than this cosine are upright: as for every grid.
const UPRIGHT: f64 = 1e-3;

/// An upright grid, and which voxel of a series each of its voxels is.
#[derive(Clone, Debug, PartialEq)]
pub struct Upright {
    /// The grid, in RAS.
    grid: Grid,
    /// Columns, rows and slices of the series.
    size: [usize; 3],
    /// Of each slice the column and row of the upright grid where its first voxel is.
    starts: Vec<[usize; 2]>,
}

impl Upright {
    /// The upright grid of a series' own.
    pub fn of(series: &Lps) -> Result<Self, GeometryError> {
        let [columns, rows, slices] = series.size;
        let (step, normal) = (Vector3::from(series.steps[2]), Vector3::from(series.normal()));
        let along = step.dot(&normal);
        let beside = step - normal * along;
        let mut upright = series.clone();
        let mut starts = vec![[0, 0]; slices];
        if beside.norm() > UPRIGHT * step.norm() {
            let pixels = |axis: usize, slice: usize| {
                let pixel = Vector3::from(series.steps[axis]);
                (beside.dot(&pixel) / pixel.norm_squared() * slice as f64).round() as i64
            };
            for (axis, size) in [columns, rows].into_iter().enumerate() {
                // A drift of pixels goes one way, so that the first or the last slice is the outermost.
                let lowest = pixels(axis, slices - 1).min(0);
                let highest = pixels(axis, slices - 1).max(0);
                for (slice, start) in starts.iter_mut().enumerate() {
                    start[axis] = usize::try_from(pixels(axis, slice) - lowest).unwrap_or(0);
                }
                for (origin, step) in upright.origin.iter_mut().zip(series.steps[axis]) {
                    *origin += lowest as f64 * step;
                }
                upright.size[axis] = size + usize::try_from(highest - lowest).unwrap_or(0);
            }
            upright.steps[2] = (normal * along).into();
        }
        Ok(Self { grid: ras(&upright)?, size: series.size, starts })
    }

    /// The upright grid.
    pub fn grid(&self) -> &Grid {
        &self.grid
    }

    /// Whether slices were moved.
    pub fn is_moved(&self) -> bool {
        self.grid.dims() != self.size
    }

    /// Values of the series on the upright grid, and `absent` where it has none.
    pub fn place<T: Copy>(&self, series: Vec<T>, absent: T) -> Vec<T> {
        if !self.is_moved() {
            return series;
        }
        let mut values = vec![absent; self.grid.len()];
        for (row, offset) in self.rows() {
            values[offset..offset + self.size[0]].copy_from_slice(&series[row..row + self.size[0]]);
        }
        values
    }

    /// Values of the upright grid on the series.
    pub fn back<T: Copy + Default>(&self, upright: Vec<T>) -> Vec<T> {
        if !self.is_moved() {
            return upright;
        }
        let mut values = vec![T::default(); self.size.iter().product()];
        for (row, offset) in self.rows() {
            values[row..row + self.size[0]].copy_from_slice(&upright[offset..offset + self.size[0]]);
        }
        values
    }

    /// Where each row of the series begins, there and on the upright grid.
    fn rows(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        let [columns, rows, _] = self.size;
        self.starts.iter().enumerate().flat_map(move |(slice, &[column, row])| {
            (0..rows).map(move |r| (columns * (r + rows * slice), self.grid.offset(column, row + r, slice)))
        })
    }
}

/// A grid of DICOM as one of the program: left and back become right and front.
fn ras(grid: &Lps) -> Result<Grid, GeometryError> {
    let column = |v: [f64; 3], w: f64| Vector4::new(-v[0], -v[1], v[2], w);
    let [i, j, k] = grid.steps;
    let columns = [column(i, 0.0), column(j, 0.0), column(k, 0.0), column(grid.origin, 1.0)];
    Grid::new(grid.size, Matrix4::from_columns(&columns))
}

/// A grid of the program as one of DICOM.
pub fn lps(grid: &Grid) -> Lps {
    let affine = grid.affine();
    let column = |at: usize| [-affine[(0, at)], -affine[(1, at)], affine[(2, at)]];
    Lps { size: grid.dims(), origin: column(3), steps: [column(0), column(1), column(2)] }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tilted(step: [f64; 3]) -> Lps {
        Lps { size: [4, 3, 5], origin: [10.0, -20.0, 5.0], steps: [[0.5, 0.0, 0.0], [0.0, 0.5, 0.0], step] }
    }

    #[test]
    fn a_straight_series_is_its_own_grid_and_turns_about() {
        let series = tilted([0.0, 0.0, 3.0]);
        let upright = Upright::of(&series).unwrap();
        assert!(!upright.is_moved());
        let first = upright.grid().centre_of([0; 3]).point();
        assert_eq!([first.x, first.y, first.z], [-10.0, 20.0, 5.0]);
        assert_eq!(lps(upright.grid()), series);
    }

    #[test]
    fn voxels_of_a_tilted_series_keep_their_values_within_half_a_pixel_of_their_place() {
        for step in [[0.0, 0.9, 3.0], [0.3, -0.9, 3.0], [-1.0, 0.0, -2.0]] {
            let series = tilted(step);
            let upright = Upright::of(&series).unwrap();
            assert!(upright.is_moved());
            let values: Vec<usize> = (1..=60).collect();
            let placed = upright.place(values.clone(), 0);
            assert_eq!(placed.iter().filter(|v| **v > 0).count(), 60);
            assert_eq!(upright.back(placed.clone()), values);
            for (offset, value) in placed.into_iter().enumerate().filter(|(_, v)| *v > 0) {
                let [i, j, k] = [(value - 1) % 4, (value - 1) / 4 % 3, (value - 1) / 12].map(|n| n as f64);
                let [x, y, z] = series.point([i, j, k]);
                let at = upright.grid().centre_of(upright.grid().voxel(offset)).point();
                assert!((at.x + x).abs() < 0.2501 && (at.y + y).abs() < 0.2501 && (at.z - z).abs() < 1e-9);
            }
        }
    }
}
