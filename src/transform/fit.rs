//! The spline that comes nearest to a displacement that is known as a function.

use nalgebra::{DMatrix, Vector3};

use super::{Lattice, Spline};
use crate::geometry::{Fixed, World};
use crate::numeric::bspline::weights;
use crate::numeric::sum::blocks;

/// Samples per interval of the lattice and axis: enough to tell four controls apart, and to average what is finer.
const SAMPLES: usize = 4;

/// Per axis: where the samples lie, in mm from the domain's corner, and what makes coefficients of them.
struct Axis {
    places: Vec<f64>,
    /// `(B^T B)^-1 B^T`: one row per control, one column per sample.
    solve: DMatrix<f64>,
}

impl Axis {
    fn new(controls: usize, spacing_mm: f64) -> Self {
        let intervals = controls - 3;
        let n = intervals * SAMPLES + 1;
        let mut basis = DMatrix::zeros(n, controls);
        for s in 0..n {
            let base = (s / SAMPLES).min(intervals - 1);
            let t = s as f64 / SAMPLES as f64 - base as f64;
            for (a, w) in weights(t).into_iter().enumerate() {
                basis[(s, base + a)] = w;
            }
        }
        let normal = basis.tr_mul(&basis);
        // Four samples per interval hold every control: the matrix is positive definite.
        let solve = normal.cholesky().expect("samples hold every control").solve(&basis.transpose());
        Self { places: (0..n).map(|s| s as f64 * spacing_mm / SAMPLES as f64).collect(), solve }
    }

    /// Makes lines of coefficients of lines of samples along one axis of an array; its dimensions change.
    fn along(&self, values: &[f64], dims: [usize; 3], axis: usize) -> (Vec<f64>, [usize; 3]) {
        let mut after = dims;
        after[axis] = self.solve.nrows();
        let stride = |d: [usize; 3]| [1, d[0], d[0] * d[1]];
        let (from, to) = (stride(dims), stride(after));
        let (p, q) = ((axis + 1) % 3, (axis + 2) % 3);
        let mut out = vec![0.0; after.iter().product()];
        for b in 0..dims[q] {
            for a in 0..dims[p] {
                let (first, start) = (a * from[p] + b * from[q], a * to[p] + b * to[q]);
                for control in 0..after[axis] {
                    let terms =
                        (0..dims[axis]).map(|s| self.solve[(control, s)] * values[first + s * from[axis]]);
                    out[start + control * to[axis]] = terms.sum();
                }
            }
        }
        (out, after)
    }
}

impl Spline {
    /// The spline on `lattice` with the least squared distance to a displacement (mm) over the lattice's domain, seen at
    /// four places per interval and axis. A displacement that is a spline on this lattice gives itself.
    pub fn fitted(lattice: Lattice, displacement: impl Fn(World<Fixed>) -> Vector3<f64> + Sync) -> Self {
        // Basis and samples are products of axes, and so is the solution.
        let axes: [Axis; 3] = [0, 1, 2].map(|a| Axis::new(lattice.dims()[a], lattice.spacing_mm()[a]));
        let dims = [0, 1, 2].map(|a| axes[a].places.len());
        let [x, y, z] = [0, 1, 2].map(|a| &axes[a].places);
        let planes = blocks(dims[2], |k| {
            let mut plane = Vec::with_capacity(dims[0] * dims[1]);
            for v in y {
                for u in x {
                    let at = lattice.origin() + lattice.directions() * Vector3::new(*u, *v, z[k]);
                    plane.push(displacement(World::from_point(at.into())));
                }
            }
            plane
        });
        let samples = planes.concat();
        let coefficients = [0, 1, 2].map(|component| {
            let mut now: (Vec<f64>, [usize; 3]) = (samples.iter().map(|u| u[component]).collect(), dims);
            for (a, axis) in axes.iter().enumerate() {
                now = axis.along(&now.0, now.1, a);
            }
            now.0
        });
        Self::new(lattice, coefficients)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Grid;

    fn grid() -> Grid<Fixed> {
        Grid::axis_aligned([20, 9, 22], [3.0, 2.5, 2.0], [1.0, 2.0, 3.0]).unwrap()
    }

    #[test]
    fn a_spline_on_the_lattice_gives_itself() {
        // 20 mm along y: a single interval.
        let lattice = Lattice::covering(&grid(), [12.0, 25.0, 10.0]);
        let n = lattice.len();
        let wave = |s: f64| (0..n).map(|i| 4.0 * libm::sin(i as f64 * s)).collect::<Vec<_>>();
        let spline = Spline::new(lattice.clone(), [wave(0.7), wave(1.1), wave(1.9)]);
        let fitted = Spline::fitted(lattice, |p| spline.displacement(p));
        for (a, b) in fitted.coefficients().iter().flatten().zip(spline.coefficients().iter().flatten()) {
            assert!((a - b).abs() < 1e-9, "{a} and {b}");
        }
    }

    #[test]
    fn what_is_finer_than_the_lattice_is_averaged() {
        let lattice = Lattice::covering(&grid(), [20.0; 3]);
        let ripple = |p: World<Fixed>| Vector3::new(3.0 + libm::sin(p.point().x * 2.0), 0.0, 0.0);
        let fitted = Spline::fitted(lattice, ripple);
        let middle = grid().middle();
        assert!((fitted.displacement(middle)[0] - 3.0).abs() < 0.5);
    }
}
