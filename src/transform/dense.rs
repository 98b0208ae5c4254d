//! A spline on all voxels of a grid at once, and the transpose of that map.
//!
//! The tensor product is taken one axis at a time. Along z and y it works on lattice rows, which are few, so a
//! voxel costs four multiplications per component. The transpose goes the same way back; each of its outputs is
//! gathered by one thread in a fixed order, so that its bytes do not depend on the number of threads.

use rayon::prelude::*;

use super::Lattice;
use crate::geometry::{Fixed, Grid};
use crate::numeric::bspline::weights;

/// The four controls and weights of each sample along one axis.
#[derive(Clone, Debug)]
pub struct AxisTable {
    base: Vec<usize>,
    weights: Vec<[f64; 4]>,
    controls: usize,
}

impl AxisTable {
    /// `n` samples at `start + i step`, in intervals of the lattice from control 1; positions outside the domain
    /// are clamped to its ends.
    pub fn new(controls: usize, start: f64, step: f64, n: usize) -> Self {
        Self::with(controls, start, step, n, weights)
    }

    /// As [`AxisTable::new`] with other basis functions, such as the derivatives of the spline.
    pub fn with(controls: usize, start: f64, step: f64, n: usize, basis: impl Fn(f64) -> [f64; 4]) -> Self {
        let last = (controls - 3) as f64;
        let (base, weights) = (0..n)
            .map(|i| {
                let t = (start + i as f64 * step).clamp(0.0, last);
                let whole = t.floor().min(last - 1.0).max(0.0);
                (whole as usize, basis(t - whole))
            })
            .unzip();
        Self { base, weights, controls }
    }

    /// Number of samples.
    pub fn len(&self) -> usize {
        self.base.len()
    }
    /// Whether there are no samples.
    pub fn is_empty(&self) -> bool {
        self.base.is_empty()
    }
    /// First control and weights of a sample.
    #[inline]
    pub fn at(&self, i: usize) -> (usize, &[f64; 4]) {
        (self.base[i], &self.weights[i])
    }
    /// Number of controls along the axis.
    pub fn controls(&self) -> usize {
        self.controls
    }
}

/// `out = sum_a w[a] rows[a]` for four consecutive rows of `out.len()` values.
#[inline]
pub(crate) fn combine_rows(rows: &[f64], w: &[f64; 4], out: &mut [f64]) {
    let n = out.len();
    let (r0, rest) = rows.split_at(n);
    let (r1, rest) = rest.split_at(n);
    let (r2, r3) = rest.split_at(n);
    for i in 0..n {
        out[i] = w[0] * r0[i] + w[1] * r1[i] + w[2] * r2[i] + w[3] * r3[i];
    }
}

/// The map from the coefficients of a lattice to the voxels of a grid with the same axes.
#[derive(Clone, Debug)]
pub struct Dense {
    tables: [AxisTable; 3],
}

/// Work space of one thread.
#[derive(Clone, Debug, Default)]
pub struct PlaneSpace {
    plane: Vec<f64>,
    row: Vec<f64>,
}

impl Dense {
    /// For the voxels of `grid`, whose axes must be those of the lattice (any crop or resampling of the grid that
    /// the lattice was made for).
    pub fn new(lattice: &Lattice, grid: &Grid<Fixed>) -> Self {
        let first =
            lattice.directions().transpose() * (grid.centre_of([0; 3]).point().coords - lattice.origin());
        let (h, voxel) = (lattice.spacing_mm(), grid.spacing());
        let tables = std::array::from_fn(|a| {
            AxisTable::new(lattice.dims()[a], first[a] / h[a], voxel[a] / h[a], grid.dims()[a])
        });
        Self { tables }
    }

    /// Tables per axis.
    pub fn tables(&self) -> &[AxisTable; 3] {
        &self.tables
    }
    /// Number of controls.
    pub fn controls(&self) -> usize {
        self.tables.iter().map(AxisTable::controls).product()
    }
    fn dims(&self) -> [usize; 3] {
        [0, 1, 2].map(|a| self.tables[a].len())
    }

    /// One component on the voxels of plane `k`: `out[i + nx j]`.
    pub fn plane(&self, coefficients: &[f64], k: usize, space: &mut PlaneSpace, out: &mut [f64]) {
        let [tx, ty, tz] = &self.tables;
        let (cx, slice) = (tx.controls, tx.controls * ty.controls);
        space.plane.resize(slice, 0.0);
        space.row.resize(cx, 0.0);
        let (base, w) = tz.at(k);
        combine_rows(&coefficients[base * slice..(base + 4) * slice], w, &mut space.plane);
        for (j, out) in out.chunks_exact_mut(tx.len()).enumerate() {
            let (base, w) = ty.at(j);
            combine_rows(&space.plane[base * cx..(base + 4) * cx], w, &mut space.row);
            for ((o, &base), w) in out.iter_mut().zip(&tx.base).zip(&tx.weights) {
                let c = &space.row[base..base + 4];
                *o = w[0] * c[0] + w[1] * c[1] + w[2] * c[2] + w[3] * c[3];
            }
        }
    }

    /// The transpose along x and y: what the voxels of one plane give to the controls of a lattice plane.
    pub fn plane_transposed(&self, voxels: &[f32], out: &mut [f64]) {
        let [tx, ty, _] = &self.tables;
        let cx = tx.controls;
        out.fill(0.0);
        let mut row = vec![0.0; cx];
        for (j, voxels) in voxels.chunks_exact(tx.len()).enumerate() {
            row.fill(0.0);
            let mut i = 0;
            while i < voxels.len() {
                // All voxels of one interval give to the same four controls.
                let base = tx.base[i];
                let mut sums = [0.0; 4];
                while i < voxels.len() && tx.base[i] == base {
                    let v = f64::from(voxels[i]);
                    for a in 0..4 {
                        sums[a] += tx.weights[i][a] * v;
                    }
                    i += 1;
                }
                for a in 0..4 {
                    row[base + a] += sums[a];
                }
            }
            let (base, w) = ty.at(j);
            for b in 0..4 {
                for (o, v) in out[(base + b) * cx..(base + b + 1) * cx].iter_mut().zip(&row) {
                    *o += w[b] * v;
                }
            }
        }
    }

    /// The transpose along z: from what each voxel plane gives (in order) to the coefficients' share.
    pub fn gather(&self, planes: &[impl AsRef<[f64]> + Sync], out: &mut [f64]) {
        let [tx, ty, tz] = &self.tables;
        let slice = tx.controls * ty.controls;
        out.par_chunks_exact_mut(slice).enumerate().for_each(|(control, out)| {
            out.fill(0.0);
            for (k, plane) in planes.iter().enumerate() {
                let (base, w) = tz.at(k);
                if (base..base + 4).contains(&control) {
                    let w = w[control - base];
                    for (o, v) in out.iter_mut().zip(plane.as_ref()) {
                        *o += w * v;
                    }
                }
            }
        });
    }

    /// One component on all voxels.
    pub fn field(&self, coefficients: &[f64]) -> Vec<f64> {
        let [nx, ny, nz] = self.dims();
        let mut out = vec![0.0; nx * ny * nz];
        out.par_chunks_exact_mut(nx * ny).enumerate().for_each(|(k, out)| {
            self.plane(coefficients, k, &mut PlaneSpace::default(), out);
        });
        out
    }

    /// The transpose of [`Dense::field`].
    pub fn field_transposed(&self, voxels: &[f32]) -> Vec<f64> {
        let [nx, ny, _] = self.dims();
        let slice = self.tables[0].controls * self.tables[1].controls;
        let planes: Vec<Vec<f64>> = voxels
            .par_chunks_exact(nx * ny)
            .map(|voxels| {
                let mut out = vec![0.0; slice];
                self.plane_transposed(voxels, &mut out);
                out
            })
            .collect();
        let mut out = vec![0.0; self.controls()];
        self.gather(&planes, &mut out);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transform::Spline;

    fn case() -> (Grid<Fixed>, Lattice, Vec<f64>) {
        let grid = Grid::axis_aligned([17, 13, 11], [2.0, 2.5, 3.0], [-7.0, 3.0, 40.0]).unwrap();
        let lattice = Lattice::covering(&grid, [9.0, 8.0, 10.0]);
        let wave = (0..lattice.len()).map(|n| libm::sin(n as f64 * 0.77) * 3.0).collect();
        (grid, lattice, wave)
    }

    #[test]
    fn the_dense_field_is_the_spline_at_the_voxel_centres() {
        let (grid, lattice, c) = case();
        let dense = Dense::new(&lattice, &grid).field(&c);
        let zero = vec![0.0; c.len()];
        let spline = Spline::new(lattice, [c, zero.clone(), zero]);
        for (offset, &u) in dense.iter().enumerate() {
            let exact = spline.displacement(grid.centre_of(grid.voxel(offset)))[0];
            assert!((u - exact).abs() < 1e-12, "voxel {offset}: {u} against {exact}");
        }
    }

    #[test]
    fn the_transpose_is_the_adjoint() {
        let (grid, lattice, c) = case();
        let dense = Dense::new(&lattice, &grid);
        let v: Vec<f32> = (0..grid.len()).map(|n| ((n * 29) % 31) as f32 / 7.0 - 2.0).collect();
        let left: f64 = dense.field(&c).iter().zip(&v).map(|(a, &b)| a * f64::from(b)).sum();
        let right: f64 = dense.field_transposed(&v).iter().zip(&c).map(|(a, b)| a * b).sum();
        assert!((left - right).abs() < 1e-12 * left.abs().max(1.0), "{left} against {right}");
    }
}
