//! Total variation of the coefficients: a penalty that lets edges of motion stand (Vishnevskiy 2017).
//!
//! `TV = (1/n) sum_i [ sqrt(sum_ab (c_a[i + e_b] - c_a[i])^2 / h_b^2 + eps^2) - eps ]`, over the `n` controls, without
//! unit: the mean length of the first derivative. A jump between two organs that slide costs its height alone, not its
//! square, so it need not be spread out. `eps` makes the root smooth where nothing varies.

use super::Regulariser;
use crate::transform::Lattice;

/// Variation per mm below which the penalty is quadratic.
const SMOOTH: f64 = 0.02;

/// The total variation on one lattice.
pub struct Variation {
    dims: [usize; 3],
    spacing_mm: [f64; 3],
}

impl Variation {
    /// For a lattice.
    pub fn new(lattice: &Lattice) -> Self {
        Self { dims: lattice.dims(), spacing_mm: lattice.spacing_mm() }
    }
}

impl Regulariser for Variation {
    fn evaluate(&self, coefficients: &[f64], weight: f64, gradient: &mut [f64]) -> f64 {
        let [nx, ny, nz] = self.dims;
        let n = nx * ny * nz;
        let stride = [1, nx, nx * ny];
        let (share, per_mm) = (1.0 / n as f64, self.spacing_mm.map(|h| 1.0 / h));
        let mut sum = 0.0;
        for k in 0..nz {
            for j in 0..ny {
                for i in 0..nx {
                    let (o, at) = (i + nx * (j + ny * k), [i, j, k]);
                    let mut steps = [[0.0; 3]; 3];
                    let mut squares = SMOOTH * SMOOTH;
                    for axis in 0..3 {
                        if at[axis] + 1 == self.dims[axis] {
                            continue;
                        }
                        for component in 0..3 {
                            let c = &coefficients[component * n..];
                            let step = (c[o + stride[axis]] - c[o]) * per_mm[axis];
                            steps[axis][component] = step;
                            squares += step * step;
                        }
                    }
                    let length = squares.sqrt();
                    sum += length - SMOOTH;
                    let share = weight * share / length;
                    for axis in 0..3 {
                        let scale = share * per_mm[axis];
                        for component in 0..3 {
                            let pull = scale * steps[axis][component];
                            if pull != 0.0 {
                                gradient[component * n + o + stride[axis]] += pull;
                                gradient[component * n + o] -= pull;
                            }
                        }
                    }
                }
            }
        }
        sum * share
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Grid;

    #[test]
    fn a_jump_costs_its_height_however_many_controls_it_takes() {
        let grid = Grid::axis_aligned([60, 12, 12], [2.0; 3], [0.0; 3]).unwrap();
        let lattice = Lattice::covering(&grid, [5.0; 3]);
        let n = lattice.len();
        // Motion of 8 mm along A on one side: over one interval of the lattice, or over four.
        let cost = |intervals: f64| {
            let of = |o: usize| {
                let i = (o % lattice.dims()[0]) as f64;
                8.0 * ((i - 8.0) / intervals).clamp(0.0, 1.0)
            };
            let zero = vec![0.0; n];
            let c = [zero.clone(), (0..n).map(of).collect(), zero].concat();
            Variation::new(&lattice).evaluate(&c, 0.0, &mut vec![0.0; 3 * n])
        };
        let (sharp, spread) = (cost(1.0), cost(4.0));
        // The quadratic foot takes a little from each step.
        assert!((sharp / spread - 1.0).abs() < 0.05, "{sharp} against {spread}");
        let expected = 8.0 / 5.0 / lattice.dims()[0] as f64;
        assert!((sharp / expected - 1.0).abs() < 0.05, "{sharp} against {expected}");
    }
}
