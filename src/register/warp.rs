//! The moving image seen through a map: values, and how they change with the map.

use nalgebra::{Matrix3, Matrix4, Vector3};
use rayon::prelude::*;

use crate::geometry::{Fixed, Grid, Moving};
use crate::transform::{Dense, PlaneSpace, Rigid};
use crate::volume::Volume;

/// An image to be sampled: linear between voxel centres, constant beyond the outermost ones.
pub struct Sampled {
    grid: Grid<Moving>,
    values: Vec<f32>,
    /// Voxels with data; `None`: all.
    known: Option<Vec<bool>>,
    stride: [usize; 3],
}

impl Sampled {
    /// NaN is no data: it is sampled as the mean (0) and [`Sampled::sees`] tells it apart.
    pub fn new(image: Volume<f32, Moving>) -> Self {
        let grid = image.grid().clone();
        let d = grid.dims();
        let full = [1, d[0], d[0] * d[1]];
        let stride = std::array::from_fn(|a| if d[a] > 1 { full[a] } else { 0 });
        let mut values = image.into_values();
        let holes = values.iter().any(|v| v.is_nan());
        let known = holes.then(|| values.iter().map(|v| !v.is_nan()).collect());
        values.iter_mut().filter(|v| v.is_nan()).for_each(|v| *v = 0.0);
        Self { grid, values, known, stride }
    }

    /// The same voxels reflected across one axis of the world in the plane at `at` mm.
    #[must_use]
    pub fn mirrored(&self, axis: usize, at: f64) -> Self {
        let mut reflection = Matrix4::identity();
        (reflection[(axis, axis)], reflection[(axis, 3)]) = (-1.0, 2.0 * at);
        let grid = Grid::new(self.grid.dims(), reflection * self.grid.affine());
        // A reflection leaves the axes finite, orthogonal and as long as they were.
        let grid = grid.expect("a reflected grid is a grid");
        Self { grid, values: self.values.clone(), known: self.known.clone(), stride: self.stride }
    }

    /// Its grid.
    pub fn grid(&self) -> &Grid<Moving> {
        &self.grid
    }

    /// Least and largest value that can be sampled.
    pub fn range(&self) -> [f32; 2] {
        let grow = |[low, high]: [f32; 2], &v: &f32| [low.min(v), high.max(v)];
        self.values.iter().fold([f32::INFINITY, f32::NEG_INFINITY], grow)
    }

    /// Whether there is data at an index: within half a voxel of the field of view, nearest voxel known.
    pub fn sees(&self, p: [f64; 3]) -> bool {
        let d = self.grid.dims();
        if !(0..3).all(|a| p[a] >= -0.5 && p[a] <= d[a] as f64 - 0.5) {
            return false;
        }
        let Some(known) = &self.known else { return true };
        let v: [usize; 3] = std::array::from_fn(|a| (p[a].round().max(0.0) as usize).min(d[a] - 1));
        known[self.grid.offset(v[0], v[1], v[2])]
    }

    /// Value and derivative by the index.
    #[inline]
    pub fn at(&self, p: [f64; 3]) -> (f32, [f32; 3]) {
        let d = self.grid.dims();
        let (mut base, mut f, mut live) = (0, [0.0_f32; 3], [1.0_f32; 3]);
        for a in 0..3 {
            let last = (d[a] - 1) as f64;
            let inside = p[a] >= 0.0 && p[a] <= last;
            let q = p[a].max(0.0).min(last);
            let whole = (q as usize).min(d[a].saturating_sub(2));
            f[a] = (q - whole as f64) as f32;
            live[a] = if inside { 1.0 } else { 0.0 };
            base += whole * self.stride[a];
        }
        let [sx, sy, sz] = self.stride;
        let v = &self.values;
        let (c00, c10) = (v[base], v[base + sx]);
        let (c01, c11) = (v[base + sy], v[base + sx + sy]);
        let (e00, e10) = (v[base + sz], v[base + sx + sz]);
        let (e01, e11) = (v[base + sy + sz], v[base + sx + sy + sz]);
        let along_x = |a: f32, b: f32| a + f[0] * (b - a);
        let (low0, low1) = (along_x(c00, c10), along_x(c01, c11));
        let (high0, high1) = (along_x(e00, e10), along_x(e01, e11));
        let (low, high) = (low0 + f[1] * (low1 - low0), high0 + f[1] * (high1 - high0));
        let slope_low = (c10 - c00) + f[1] * ((c11 - c01) - (c10 - c00));
        let slope_high = (e10 - e00) + f[1] * ((e11 - e01) - (e10 - e00));
        let dx = slope_low + f[2] * (slope_high - slope_low);
        let dy = (low1 - low0) + f[2] * ((high1 - high0) - (low1 - low0));
        (low + f[2] * (high - low), [live[0] * dx, live[1] * dy, live[2] * (high - low)])
    }
}

/// Where each voxel of a fixed level lies in a moving grid, as indices: `p = affine i + spread u(i)`.
pub struct Map<'a> {
    /// Fixed index to moving index without the spline.
    pub affine: Matrix4<f64>,
    /// Fixed displacement in mm to moving index.
    pub spread: Matrix3<f64>,
    /// The spline on the voxels of the fixed level.
    pub field: Option<Field<'a>>,
}

/// A displacement on the voxels of a level.
#[derive(Clone, Copy)]
pub struct Field<'a> {
    /// From lattice to voxels.
    pub dense: &'a Dense,
    /// Coefficients, component by component.
    pub coefficients: &'a [f64],
}

/// Work space of one thread.
#[derive(Default)]
pub struct MapSpace {
    space: PlaneSpace,
    u: [Vec<f64>; 3],
}

impl<'a> Map<'a> {
    /// `T(x) = R(x + u(x))` between two grids.
    pub fn new(fixed: &Grid<Fixed>, moving: &Grid<Moving>, rigid: &Rigid, field: Option<Field<'a>>) -> Self {
        let to_index = moving.inverse();
        let affine = to_index * rigid.matrix() * fixed.affine();
        let spread = to_index.fixed_view::<3, 3>(0, 0).into_owned() * rigid.rotation();
        Self { affine, spread, field }
    }

    /// Calls `each(offset in the plane, moving index)` for the voxels of plane `k`.
    #[inline]
    pub fn plane(
        &self,
        dims: [usize; 3],
        k: usize,
        work: &mut MapSpace,
        mut each: impl FnMut(usize, [f64; 3]),
    ) {
        let [nx, ny, _] = dims;
        if let Some(Field { dense, coefficients }) = &self.field {
            let n = dense.controls();
            for component in 0..3 {
                work.u[component].resize(nx * ny, 0.0);
                let part = &coefficients[component * n..(component + 1) * n];
                dense.plane(part, k, &mut work.space, &mut work.u[component]);
            }
        }
        let (m, b) = (&self.affine, &self.spread);
        let step = [m[(0, 0)], m[(1, 0)], m[(2, 0)]];
        for j in 0..ny {
            let row: [f64; 3] =
                std::array::from_fn(|a| m[(a, 1)] * j as f64 + m[(a, 2)] * k as f64 + m[(a, 3)]);
            if self.field.is_some() {
                let [ux, uy, uz] = work.u.each_ref().map(|u| &u[j * nx..(j + 1) * nx]);
                for i in 0..nx {
                    let p = std::array::from_fn(|a| {
                        let bent = b[(a, 0)] * ux[i] + b[(a, 1)] * uy[i] + b[(a, 2)] * uz[i];
                        row[a] + i as f64 * step[a] + bent
                    });
                    each(j * nx + i, p);
                }
            } else {
                for i in 0..nx {
                    each(j * nx + i, std::array::from_fn(|a| row[a] + i as f64 * step[a]));
                }
            }
        }
    }
}

/// The moving image on the voxels of a fixed level.
pub struct Warped {
    /// Values; 0 where there is no weight.
    pub values: Vec<f32>,
    /// Derivative of the value by the displacement in mm along R, A and S, per voxel.
    pub slopes: Vec<[f32; 3]>,
}

impl Warped {
    /// Room for `n` voxels.
    pub fn zeros(n: usize) -> Self {
        Self { values: vec![0.0; n], slopes: vec![[0.0; 3]; n] }
    }

    /// Samples `moving` through `map` where `weights` are not zero.
    pub fn fill(&mut self, moving: &Sampled, map: &Map, dims: [usize; 3], weights: &[f32]) {
        let plane = dims[0] * dims[1];
        let turn = map.spread.transpose().map(|v| v as f32);
        self.values
            .par_chunks_exact_mut(plane)
            .zip(self.slopes.par_chunks_exact_mut(plane))
            .zip(weights.par_chunks_exact(plane))
            .enumerate()
            .for_each_init(MapSpace::default, |work, (k, ((values, slopes), weights))| {
                if weights.iter().all(|&w| w == 0.0) {
                    return;
                }
                map.plane(dims, k, work, |o, p| {
                    if weights[o] == 0.0 {
                        return;
                    }
                    let (value, g) = moving.at(p);
                    values[o] = value;
                    let slope = turn * Vector3::from(g);
                    slopes[o] = [slope[0], slope[1], slope[2]];
                });
            });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image() -> Sampled {
        let grid = Grid::axis_aligned([6, 5, 4], [2.0, 2.5, 3.0], [0.0; 3]).unwrap();
        let mut values: Vec<f32> = (0..grid.len()).map(|n| ((n * 31) % 17) as f32).collect();
        values[119] = f32::NAN;
        Sampled::new(Volume::new(grid, values))
    }

    #[test]
    fn values_at_voxel_centres_are_the_voxels() {
        let s = image();
        for o in 0..119 {
            let v = s.grid().voxel(o).map(|n| n as f64);
            assert_eq!(s.at(v).0, ((o * 31) % 17) as f32);
        }
    }

    #[test]
    fn the_derivative_is_that_of_the_interpolation_and_ends_at_the_border() {
        let s = image();
        let p = [2.3, 1.6, 1.2];
        let (_, g) = s.at(p);
        for a in 0..3 {
            let at = |h: f64| {
                let mut q = p;
                q[a] += h;
                f64::from(s.at(q).0)
            };
            assert!(((at(0.1) - at(-0.1)) / 0.2 - f64::from(g[a])).abs() < 1e-4);
        }
        let (value, g) = s.at([-3.0, 1.0, 1.0]);
        assert_eq!((value, g[0]), (s.at([0.0, 1.0, 1.0]).0, 0.0));
    }

    #[test]
    fn no_data_and_beyond_the_field_are_not_seen() {
        let s = image();
        assert!(s.sees([0.0, 0.0, 0.0]) && s.sees([-0.4, 0.0, 0.0]) && !s.sees([-0.6, 0.0, 0.0]));
        assert!(!s.sees([5.0, 4.0, 3.0]) && s.sees([4.0, 4.0, 3.0]));
    }

    #[test]
    fn a_single_slice_can_be_sampled() {
        let grid = Grid::axis_aligned([3, 2, 1], [1.0; 3], [0.0; 3]).unwrap();
        let s = Sampled::new(Volume::new(grid, vec![0.0, 1.0, 2.0, 3.0, 4.0, 5.0]));
        assert_eq!(s.at([1.5, 0.5, 0.0]), (3.0, [1.0, 3.0, 0.0]));
    }
}
