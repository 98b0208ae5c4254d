//! A spline on all voxels of a grid at once, and the transpose of that map.
//!
//! The tensor product is taken one axis at a time: along z and x on rows of the lattice, which are few, and along y last,
//! where whole rows of voxels are combined, many side by side, at four multiplications per voxel and component. The
//! transpose goes the same way back; each of its outputs is gathered by one thread in a fixed order, so that its bytes
//! do not depend on the number of threads.

use multiversion::multiversion;
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
#[multiversion(targets("x86_64+avx512f", "x86_64+avx2"))]
pub(crate) fn combine_rows(rows: &[f64], w: &[f64; 4], out: &mut [f64]) {
    let n = out.len();
    let [r0, r1, r2, r3] = [0, 1, 2, 3].map(|a| &rows[a * n..][..n]);
    for i in 0..n {
        out[i] = w[0] * r0[i] + w[1] * r1[i] + w[2] * r2[i] + w[3] * r3[i];
    }
}

/// The transpose of [`combine_rows`]: `rows[a] += w[a] row`.
#[multiversion(targets("x86_64+avx512f", "x86_64+avx2"))]
fn share_row(row: &[f32], w: &[f64; 4], rows: &mut [f64]) {
    let n = row.len();
    let (r0, rest) = rows.split_at_mut(n);
    let (r1, rest) = rest.split_at_mut(n);
    let (r2, r3) = rest.split_at_mut(n);
    let r3 = &mut r3[..n];
    for i in 0..n {
        let v = f64::from(row[i]);
        r0[i] += w[0] * v;
        r1[i] += w[1] * v;
        r2[i] += w[2] * v;
        r3[i] += w[3] * v;
    }
}

/// Where the samples of `grid` lie along each axis of `lattice`, whose axes it has, forwards or backwards: the first, and the
/// step to the next, in intervals from control 1.
pub(super) fn places(lattice: &Lattice, grid: &Grid<Fixed>) -> [[f64; 2]; 3] {
    let to_lattice = lattice.directions().transpose();
    let first = to_lattice * (grid.centre_of([0; 3]).point().coords - lattice.origin());
    let turn = to_lattice * grid.directions();
    let (h, voxel) = (lattice.spacing_mm(), grid.spacing());
    [0, 1, 2].map(|a| [first[a] / h[a], turn[(a, a)].signum() * voxel[a] / h[a]])
}

/// Tables of these samples; `basis(axis, t)` gives the weights.
pub(super) fn tables(
    lattice: &Lattice,
    grid: &Grid<Fixed>,
    basis: impl Fn(usize, f64) -> [f64; 4],
) -> [AxisTable; 3] {
    let places = places(lattice, grid);
    std::array::from_fn(|a| {
        let [first, step] = places[a];
        AxisTable::with(lattice.dims()[a], first, step, grid.dims()[a], |t| basis(a, t))
    })
}

/// One component on the samples of plane `k`, with a table per axis: `out[i + nx j]`.
pub(super) fn component_on_plane(
    coefficients: &[f64],
    k: usize,
    [tx, ty, tz]: [&AxisTable; 3],
    space: &mut PlaneSpace,
    out: &mut [f64],
) {
    let (nx, cx, slice) = (tx.len(), tx.controls, tx.controls * ty.controls);
    space.lattice.resize(slice, 0.0);
    space.rows.resize(nx * ty.controls, 0.0);
    let (base, w) = tz.at(k);
    combine_rows(&coefficients[base * slice..(base + 4) * slice], w, &mut space.lattice);
    for (controls, row) in space.lattice.chunks_exact(cx).zip(space.rows.chunks_exact_mut(nx)) {
        for ((o, &base), w) in row.iter_mut().zip(&tx.base).zip(&tx.weights) {
            let c = &controls[base..base + 4];
            *o = w[0] * c[0] + w[1] * c[1] + w[2] * c[2] + w[3] * c[3];
        }
    }
    for (j, out) in out.chunks_exact_mut(nx).enumerate() {
        let (base, w) = ty.at(j);
        combine_rows(&space.rows[base * nx..(base + 4) * nx], w, out);
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
    /// A plane of the lattice.
    lattice: Vec<f64>,
    /// Its rows at the samples along x.
    rows: Vec<f64>,
}

impl Dense {
    /// For the voxels of `grid`, whose axes must be those of the lattice, forwards or backwards (any crop or resampling of
    /// the grid that the lattice was made for).
    pub fn new(lattice: &Lattice, grid: &Grid<Fixed>) -> Self {
        Self { tables: tables(lattice, grid, |_, t| weights(t)) }
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
        component_on_plane(coefficients, k, self.tables.each_ref(), space, out);
    }

    /// The transpose along y and x: what the voxels of one plane give to the controls of a lattice plane.
    pub fn plane_transposed(&self, voxels: &[f32], space: &mut PlaneSpace, out: &mut [f64]) {
        let [tx, ty, _] = &self.tables;
        let nx = tx.len();
        space.rows.clear();
        space.rows.resize(nx * ty.controls, 0.0);
        for (j, voxels) in voxels.chunks_exact(nx).enumerate() {
            let (base, w) = ty.at(j);
            share_row(voxels, w, &mut space.rows[base * nx..(base + 4) * nx]);
        }
        out.fill(0.0);
        for (row, out) in space.rows.chunks_exact(nx).zip(out.chunks_exact_mut(tx.controls)) {
            let mut i = 0;
            while i < nx {
                // All voxels of one interval give to the same four controls.
                let base = tx.base[i];
                let mut sums = [0.0; 4];
                while i < nx && tx.base[i] == base {
                    for a in 0..4 {
                        sums[a] += tx.weights[i][a] * row[i];
                    }
                    i += 1;
                }
                out[base..base + 4].iter_mut().zip(sums).for_each(|(o, sum)| *o += sum);
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
                self.plane_transposed(voxels, &mut PlaneSpace::default(), &mut out);
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
