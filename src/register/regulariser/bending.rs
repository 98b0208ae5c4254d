//! Bending energy of a spline, exact and in physical units.
//!
//! `BE = (1/V) int sum_ab |d2u / dx_a dx_b|^2 dx` in mm^-2, so that its weight has the unit mm^2 and means the
//! same at every resolution. The integral over the lattice's domain is a quadratic form of the coefficients made
//! of one-dimensional Gram matrices `Gd[i, j] = int B_i^(d) B_j^(d)`, which have seven bands: the last interval is cut where
//! the domain ends, so that moving the border costs nothing by itself. Affine motion is free.

use multiversion::multiversion;
use rayon::prelude::*;

use super::Regulariser;
use crate::numeric::bspline::{derivative_weights, second_derivative_weights, weights};
use crate::numeric::sum::ordered_sum;
use crate::transform::Lattice;

/// A symmetric matrix of seven bands: `bands[3 + d][i]` is the element `(i, i + d)`.
#[derive(Clone, Debug)]
struct Banded {
    bands: [Vec<f64>; 7],
}

/// Nodes and weights of four-point Gauss-Legendre quadrature on 0 to 1: exact to degree 7, enough for the degree 6
/// of a product of two cubics.
const GAUSS: [(f64, f64); 4] = [
    (0.069_431_844_202_973_71, 0.173_927_422_568_726_93),
    (0.330_009_478_207_571_87, 0.326_072_577_431_273_1),
    (0.669_990_521_792_428_1, 0.326_072_577_431_273_1),
    (0.930_568_155_797_026_3, 0.173_927_422_568_726_93),
];

impl Banded {
    /// Gram matrix of the basis functions `basis` on intervals of unit length, the last of which ends at `cut`;
    /// `scale` brings it to millimetres.
    fn gram(controls: usize, intervals: f64, scale: f64, basis: impl Fn(f64) -> [f64; 4]) -> Self {
        let mut bands = [(); 7].map(|()| vec![0.0; controls]);
        for interval in 0..controls - 3 {
            let length = (intervals - interval as f64).clamp(0.0, 1.0);
            for (node, weight) in GAUSS {
                let b = basis(node * length);
                for i in 0..4 {
                    for j in 0..4 {
                        bands[3 + j - i][interval + i] += scale * weight * length * b[i] * b[j];
                    }
                }
            }
        }
        Self { bands }
    }

    /// Adds `factor` times element `i` of the product with a line: `out += factor sum_d (i, i + d) line[i + d]`, where each
    /// element of the line is a run of values side by side, as long as `out`.
    fn add_run(&self, line: &[f64], i: usize, factor: f64, out: &mut [f64]) {
        let (run, n) = (out.len(), self.bands[0].len());
        // Elements beyond the ends are zero; any run will do for them.
        let from = [0, 1, 2, 3, 4, 5, 6].map(|d| &line[(i + d).saturating_sub(3).min(n - 1) * run..][..run]);
        add_seven(from, self.bands.each_ref().map(|band| factor * band[i]), out);
    }

    /// Adds the product with a row of single values. `padded` is work space.
    fn add_row(&self, row: &[f64], padded: &mut Vec<f64>, out: &mut [f64]) {
        padded.clear();
        padded.resize(row.len() + 6, 0.0);
        padded[3..3 + row.len()].copy_from_slice(row);
        add_banded(self.bands.each_ref().map(Vec::as_slice), padded, out);
    }
}

/// `out += sum_d factors[d] from[d]`.
#[multiversion(targets("x86_64+avx512f", "x86_64+avx2"))]
fn add_seven(from: [&[f64]; 7], factors: [f64; 7], out: &mut [f64]) {
    let n = out.len();
    let from = from.map(|from| &from[..n]);
    for i in 0..n {
        let mut sum = out[i];
        for d in 0..7 {
            sum += factors[d] * from[d][i];
        }
        out[i] = sum;
    }
}

/// `out[i] += sum_d bands[d][i] padded[i + d]`.
#[multiversion(targets("x86_64+avx512f", "x86_64+avx2"))]
fn add_banded(bands: [&[f64]; 7], padded: &[f64], out: &mut [f64]) {
    let n = out.len();
    let bands = bands.map(|band| &band[..n]);
    let shifted = [0, 1, 2, 3, 4, 5, 6].map(|d| &padded[d..][..n]);
    for i in 0..n {
        let mut sum = 0.0;
        for d in 0..7 {
            sum += bands[d][i] * shifted[d][i];
        }
        out[i] += sum;
    }
}

/// The bending energy on one lattice.
pub struct Bending {
    dims: [usize; 3],
    volume: f64,
    /// `gram[axis][derivative]`.
    gram: [[Banded; 3]; 3],
}

impl Bending {
    /// For a lattice whose domain ends at `extent_mm` from its first corner.
    pub fn new(lattice: &Lattice, extent_mm: [f64; 3]) -> Self {
        let (dims, h) = (lattice.dims(), lattice.spacing_mm());
        let gram = std::array::from_fn(|a| {
            let intervals = extent_mm[a] / h[a];
            [
                Banded::gram(dims[a], intervals, h[a], weights),
                Banded::gram(dims[a], intervals, 1.0 / h[a], derivative_weights),
                Banded::gram(dims[a], intervals, 1.0 / (h[a] * h[a] * h[a]), second_derivative_weights),
            ]
        });
        // A flat image (one slice) has no volume; its energy is then taken per area.
        let volume = extent_mm.iter().map(|&e| if e > 0.0 { e } else { 1.0 }).product();
        Self { dims, volume, gram }
    }

    /// `Q c` of one component on slice `k` of the lattice, into `work.form`.
    fn form(&self, c: &[f64], k: usize, work: &mut Slices) {
        let nx = self.dims[0];
        let Slices { along_z, along_y, form, padded } = work;
        for slice in along_z.iter_mut().chain(along_y.iter_mut()).chain([&mut *form]) {
            slice.fill(0.0);
        }
        for (gram, out) in self.gram[2].iter().zip(along_z.iter_mut()) {
            gram.add_run(c, k, 1.0, out);
        }
        // All derivatives of order two in total; mixed ones count twice.
        for (dz, from) in along_z.iter().enumerate() {
            for (dy, gram) in self.gram[1].iter().enumerate().take(3 - dz) {
                let dx = 2 - dy - dz;
                let times = if [dx, dy, dz].contains(&2) { 1.0 } else { 2.0 };
                for (j, out) in along_y[dx].chunks_exact_mut(nx).enumerate() {
                    gram.add_run(from, j, times, out);
                }
            }
        }
        for (gram, from) in self.gram[0].iter().zip(along_y) {
            for (row, out) in from.chunks_exact(nx).zip(form.chunks_exact_mut(nx)) {
                gram.add_row(row, padded, out);
            }
        }
    }
}

/// Work space of one thread: slices of the lattice.
struct Slices {
    /// By the derivative along z.
    along_z: [Vec<f64>; 3],
    /// By the derivative along x that is still to come.
    along_y: [Vec<f64>; 3],
    form: Vec<f64>,
    padded: Vec<f64>,
}

impl Slices {
    fn new(slice: usize) -> Self {
        let three = || [(); 3].map(|()| vec![0.0; slice]);
        Self { along_z: three(), along_y: three(), form: vec![0.0; slice], padded: Vec::new() }
    }
}

impl Regulariser for Bending {
    fn evaluate(&self, coefficients: &[f64], weight: f64, gradient: &mut [f64]) -> f64 {
        let [nx, ny, nz] = self.dims;
        let slice = nx * ny;
        let values: Vec<f64> = gradient
            .par_chunks_exact_mut(slice)
            .enumerate()
            .map_init(
                || Slices::new(slice),
                |work, (n, gradient)| {
                    let (component, k) = (n / nz, n % nz);
                    let c = &coefficients[component * nz * slice..][..nz * slice];
                    self.form(c, k, work);
                    let mut value = 0.0;
                    for ((g, q), c) in gradient.iter_mut().zip(&work.form).zip(&c[k * slice..]) {
                        *g += 2.0 * weight / self.volume * q;
                        value += q * c;
                    }
                    value
                },
            )
            .collect();
        ordered_sum(&values) / self.volume
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Grid;

    #[test]
    fn gram_matrices_have_their_known_elements_away_from_the_ends() {
        let bands = |basis: fn(f64) -> [f64; 4]| Banded::gram(12, 9.0, 1.0, basis).bands.map(|band| band[5]);
        let check = |got: [f64; 7], expected: [f64; 4]| {
            for d in 0..4 {
                assert!((got[3 + d] - expected[d]).abs() < 1e-13 && (got[3 - d] - expected[d]).abs() < 1e-13);
            }
        };
        check(bands(weights), [2416.0, 1191.0, 120.0, 1.0].map(|v| v / 5040.0));
        check(bands(derivative_weights), [2.0 / 3.0, -1.0 / 8.0, -1.0 / 5.0, -1.0 / 120.0]);
        check(bands(second_derivative_weights), [8.0 / 3.0, -3.0 / 2.0, 0.0, 1.0 / 6.0]);
    }

    #[test]
    fn the_form_is_the_integral_of_the_squared_second_derivatives() {
        // Midpoint rule in the cut last interval and elsewhere, on a single line of controls.
        let (controls, intervals) = (7, 3.4);
        let gram = Banded::gram(controls, intervals, 1.0, second_derivative_weights);
        let c: Vec<f64> = (0..controls).map(|i| libm::sin(i as f64 * 1.3)).collect();
        let mut form = vec![0.0; controls];
        gram.add_row(&c, &mut Vec::new(), &mut form);
        let exact: f64 = form.iter().zip(&c).map(|(q, c)| q * c).sum();
        let steps = 34000;
        let mut sum = 0.0;
        for s in 0..steps {
            let x = (f64::from(s) + 0.5) * intervals / f64::from(steps);
            let base = x.floor() as usize;
            let w = second_derivative_weights(x - base as f64);
            sum += (0..4).map(|a| w[a] * c[base + a]).sum::<f64>().powi(2) * intervals / f64::from(steps);
        }
        assert!((exact - sum).abs() < 1e-7 * sum, "{exact} against {sum}");
    }

    /// Coefficients of `f(x)` at controls, exact for polynomials up to degree one, and for `x^2` less `h^2 / 3`.
    fn fitted(lattice: &Lattice, f: impl Fn(f64, f64, f64) -> f64) -> Vec<f64> {
        let d = lattice.dims();
        let mut c = vec![0.0; lattice.len()];
        for k in 0..d[2] {
            for j in 0..d[1] {
                for i in 0..d[0] {
                    let p = lattice.control(i, j, k).point();
                    c[lattice.offset(i, j, k)] = f(p.x, p.y, p.z);
                }
            }
        }
        c
    }

    #[test]
    fn affine_motion_is_free_and_x_squared_costs_four() {
        let grid = Grid::axis_aligned([21, 18, 16], [2.0, 2.5, 3.0], [0.0; 3]).unwrap();
        let lattice = Lattice::covering(&grid, [9.0, 10.0, 8.0]);
        let bending = Bending::new(&lattice, [40.0, 42.5, 45.0]);
        let cost = |c: Vec<f64>| {
            let zero = vec![0.0; c.len()];
            bending.evaluate(&[c, zero.clone(), zero].concat(), 0.0, &mut vec![0.0; 3 * lattice.len()])
        };
        assert!(cost(fitted(&lattice, |x, y, z| 3.0 + 0.2 * x - 0.4 * y + 0.1 * z)).abs() < 1e-12);
        assert!((cost(fitted(&lattice, |x, _, _| x * x - 27.0)) - 4.0).abs() < 1e-9);
        // x y: the two mixed derivatives are 1 each.
        assert!((cost(fitted(&lattice, |x, y, _| x * y)) - 2.0).abs() < 1e-9);
    }
}
