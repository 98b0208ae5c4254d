//! Bending energy of a spline, exact and in physical units.
//!
//! `BE = (1/V) int sum_ab |d2u / dx_a dx_b|^2 dx` in mm^-2, so that its weight has the unit mm^2 and means the
//! same at every resolution. The integral over the lattice's domain is a quadratic form of the coefficients made
//! of one-dimensional Gram matrices `Gd[i, j] = int B_i^(d) B_j^(d)`, which have seven bands: the last interval is cut where
//! the domain ends, so that moving the border costs nothing by itself. Affine motion is free.

use rayon::prelude::*;

use super::Regulariser;
use crate::numeric::bspline::{derivative_weights, second_derivative_weights, weights};
use crate::transform::Lattice;

/// A symmetric matrix of seven bands: `rows[i][3 + d]` is the element `(i, i + d)`.
#[derive(Clone, Debug)]
pub(crate) struct Banded {
    rows: Vec<[f64; 7]>,
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
    pub(crate) fn gram(controls: usize, intervals: f64, scale: f64, basis: impl Fn(f64) -> [f64; 4]) -> Self {
        let mut rows = vec![[0.0; 7]; controls];
        for interval in 0..controls - 3 {
            let length = (intervals - interval as f64).clamp(0.0, 1.0);
            for (node, weight) in GAUSS {
                let b = basis(node * length);
                for i in 0..4 {
                    for j in 0..4 {
                        rows[interval + i][3 + j - i] += scale * weight * length * b[i] * b[j];
                    }
                }
            }
        }
        Self { rows }
    }

    /// `out += factor * (self x)` along lines of `stride`, for all lines of an array of `dims`.
    fn add_along(&self, values: &[f64], dims: [usize; 3], axis: usize, factor: f64, out: &mut [f64]) {
        if axis == 0 {
            return self.add_along_rows(values, dims[0], factor, out);
        }
        let stride = [1, dims[0], dims[0] * dims[1]][axis];
        // Lines are taken together in runs that are contiguous in memory.
        let run = stride.max(1);
        let lines = values.len() / (dims[axis] * run);
        for line in 0..lines {
            let start = line * dims[axis] * run;
            for (i, row) in self.rows.iter().enumerate() {
                for (d, &g) in row.iter().enumerate() {
                    let Some(j) = (i + d).checked_sub(3).filter(|&j| j < dims[axis]) else { continue };
                    if g == 0.0 {
                        continue;
                    }
                    let g = g * factor;
                    let from = &values[start + j * run..][..run];
                    let to = &mut out[start + i * run..][..run];
                    for (o, v) in to.iter_mut().zip(from) {
                        *o += g * v;
                    }
                }
            }
        }
    }

    /// The same along rows, whose elements lie side by side.
    fn add_along_rows(&self, values: &[f64], n: usize, factor: f64, out: &mut [f64]) {
        let mut padded = vec![0.0; n + 6];
        for (row, out) in values.chunks_exact(n).zip(out.chunks_exact_mut(n)) {
            padded[3..3 + n].copy_from_slice(row);
            for ((o, g), v) in out.iter_mut().zip(&self.rows).zip(padded.windows(7)) {
                let sum = g[0] * v[0]
                    + g[1] * v[1]
                    + g[2] * v[2]
                    + g[3] * v[3]
                    + g[4] * v[4]
                    + g[5] * v[5]
                    + g[6] * v[6];
                *o += factor * sum;
            }
        }
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

    /// `Q c` of one component.
    fn form(&self, c: &[f64]) -> Vec<f64> {
        let zero = || vec![0.0; c.len()];
        let apply = |axis: usize, d: usize, factor: f64, from: &[f64], to: &mut Vec<f64>| {
            self.gram[axis][d].add_along(from, self.dims, axis, factor, to);
        };
        let mut z = [zero(), zero(), zero()];
        for (d, out) in z.iter_mut().enumerate() {
            apply(2, d, 1.0, c, out);
        }
        // By the derivatives along x that are still to come: second, first (twice, mixed), none.
        let (mut second, mut first, mut none) = (zero(), zero(), zero());
        apply(1, 0, 1.0, &z[0], &mut second);
        apply(1, 1, 2.0, &z[0], &mut first);
        apply(1, 0, 2.0, &z[1], &mut first);
        apply(1, 2, 1.0, &z[0], &mut none);
        apply(1, 0, 1.0, &z[2], &mut none);
        apply(1, 1, 2.0, &z[1], &mut none);
        let mut out = zero();
        apply(0, 2, 1.0, &second, &mut out);
        apply(0, 1, 1.0, &first, &mut out);
        apply(0, 0, 1.0, &none, &mut out);
        out
    }
}

impl Regulariser for Bending {
    fn evaluate(&self, coefficients: &[f64], weight: f64, gradient: &mut [f64]) -> f64 {
        let n: usize = self.dims.iter().product();
        let values: Vec<f64> = coefficients
            .par_chunks_exact(n)
            .zip(gradient.par_chunks_exact_mut(n))
            .map(|(c, gradient)| {
                let form = self.form(c);
                let mut value = 0.0;
                for ((g, q), c) in gradient.iter_mut().zip(&form).zip(c) {
                    *g += 2.0 * weight / self.volume * q;
                    value += q * c;
                }
                value
            })
            .collect();
        values.iter().sum::<f64>() / self.volume
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Grid;

    #[test]
    fn gram_matrices_have_their_known_elements_away_from_the_ends() {
        let bands = |basis: fn(f64) -> [f64; 4]| Banded::gram(12, 9.0, 1.0, basis).rows[5];
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
        gram.add_along(&c, [controls, 1, 1], 0, 1.0, &mut form);
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
