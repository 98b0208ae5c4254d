//! An image between its voxels by the interpolating cubic B-spline, at any place.

use super::{fill_no_data, mirrored, prefilter};
use crate::geometry::{Frame, Grid, Index};
use crate::numeric::bspline::weights;
use crate::volume::Volume;

/// The coefficients of an image's cubic B-spline (Unser 1999), mirrored at its ends.
#[derive(Clone, Debug)]
pub struct Cubic<F: Frame> {
    grid: Grid<F>,
    coefficients: Vec<f64>,
}

impl<F: Frame> Cubic<F> {
    /// Of an image; voxels without data (NaN) take the value of the nearest that has some, so that the others keep
    /// theirs.
    pub fn new(image: &Volume<f32, F>) -> Self {
        let grid = image.grid().clone();
        let mut coefficients: Vec<f64> = image.values().iter().map(|&v| f64::from(v)).collect();
        fill_no_data(&mut coefficients, grid.dims());
        for axis in 0..3 {
            prefilter(&mut coefficients, grid.dims(), axis);
        }
        Self { grid, coefficients }
    }

    /// The value at an index, which is clamped to the outermost centres.
    pub fn at(&self, index: Index<F>) -> f64 {
        let dims = self.grid.dims();
        let (mut places, mut shares) = ([[0; 4]; 3], [[0.0; 4]; 3]);
        for a in 0..3 {
            let x = index.point()[a].clamp(0.0, dims[a] as f64 - 1.0);
            let whole = x.floor();
            shares[a] = weights(x - whole);
            places[a] = [0, 1, 2, 3].map(|n| mirrored(whole as i64 - 1 + n, dims[a]));
        }
        let mut value = 0.0;
        for c in 0..4 {
            for b in 0..4 {
                let row = self.grid.offset(0, places[1][b], places[2][c]);
                let line: f64 = (0..4).map(|a| shares[0][a] * self.coefficients[row + places[0][a]]).sum();
                value += line * shares[1][b] * shares[2][c];
            }
        }
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Own;

    #[test]
    fn the_spline_passes_through_the_voxels_and_is_flat_where_they_are() {
        let grid = Grid::<Own>::axis_aligned([6, 5, 1], [1.0; 3], [0.0; 3]).unwrap();
        let values: Vec<f32> = (0..30_u8).map(|n| f32::from(n * 37 % 29)).collect();
        let image = Volume::new(grid.clone(), values);
        let cubic = Cubic::new(&image);
        for offset in 0..grid.len() {
            let v = grid.voxel(offset).map(|n| n as f64);
            let read = cubic.at(Index::new(v[0], v[1], v[2]));
            assert!((read - f64::from(image.values()[offset])).abs() < 1e-9);
        }
        let mut flat = Volume::filled(grid, 7.0_f32);
        flat.values_mut()[3] = f32::NAN;
        assert!((Cubic::new(&flat).at(Index::new(2.3, 1.7, 0.4)) - 7.0).abs() < 1e-9);
    }
}
