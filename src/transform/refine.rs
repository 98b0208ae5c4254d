//! A spline on a finer lattice.

use super::{Lattice, Spline};
use crate::geometry::{Fixed, Grid};
use crate::numeric::bspline::prefilter;

/// Rebuilds one axis of a coefficient array: `line(old, new)` works on single lines along `axis`.
fn along_axis(
    values: &[f64],
    dims: [usize; 3],
    axis: usize,
    size: usize,
    line: impl Fn(&[f64], &mut [f64]),
) -> (Vec<f64>, [usize; 3]) {
    let mut after = dims;
    after[axis] = size;
    let stride = |d: [usize; 3]| [1, d[0], d[0] * d[1]];
    let (before_stride, after_stride) = (stride(dims), stride(after));
    let (p, q) = ((axis + 1) % 3, (axis + 2) % 3);
    let mut out = vec![0.0; after.iter().product()];
    let (mut old, mut new) = (vec![0.0; dims[axis]], vec![0.0; size]);
    for b in 0..dims[q] {
        for a in 0..dims[p] {
            let from = a * before_stride[p] + b * before_stride[q];
            let to = a * after_stride[p] + b * after_stride[q];
            for (n, v) in old.iter_mut().enumerate() {
                *v = values[from + n * before_stride[axis]];
            }
            line(&old, &mut new);
            for (n, v) in new.iter().enumerate() {
                out[to + n * after_stride[axis]] = *v;
            }
        }
    }
    (out, after)
}

/// Exact subdivision of one line, spacing h to h/2: the control before the domain stays one control before it.
fn subdivide(old: &[f64], new: &mut [f64]) {
    for (j, v) in new.iter_mut().enumerate() {
        // New control j lies at old position (j - 1) / 2 intervals from old control 1.
        let left = j.div_ceil(2);
        *v = if j % 2 == 1 {
            (old[left - 1] + 6.0 * old[left] + old[left + 1]) / 8.0
        } else {
            f64::midpoint(old[left], old[left + 1])
        };
    }
}

/// Samples one line at the controls of another spacing (`ratio` = new over old) and makes coefficients of them.
/// Beyond the old domain the spline goes on as its first or last polynomial piece.
fn transfer(old: &[f64], new: &mut [f64], ratio: f64) {
    let last = (old.len() - 3) as f64;
    for (j, v) in new.iter_mut().enumerate() {
        let t = (j as f64 - 1.0) * ratio;
        let whole = t.floor().clamp(0.0, last - 1.0);
        let w = crate::numeric::bspline::weights(t - whole);
        *v = (0..4).map(|a| w[a] * old[whole as usize + a]).sum();
    }
    prefilter(new);
}

impl Spline {
    /// The same displacement on the lattice that covers `grid` at another spacing.
    ///
    /// Exact (to rounding) along axes whose spacing is halved or kept. Elsewhere the new spline passes through the
    /// old one at its controls.
    #[must_use]
    pub fn refined(&self, grid: &Grid<Fixed>, spacing_mm: [f64; 3]) -> Self {
        let target = Lattice::covering(grid, spacing_mm);
        let coefficients = self.coefficients().each_ref().map(|component| {
            let (mut values, mut dims) = (component.clone(), self.lattice().dims());
            for axis in 0..3 {
                let ratio = spacing_mm[axis] / self.lattice().spacing_mm()[axis];
                let size = target.dims()[axis];
                if (ratio - 1.0).abs() < 1e-9 && size == dims[axis] {
                    continue;
                }
                let halved = (ratio - 0.5).abs() < 1e-9;
                (values, dims) = along_axis(&values, dims, axis, size, |old, new| {
                    if halved { subdivide(old, new) } else { transfer(old, new, ratio) }
                });
            }
            values
        });
        Self::new(target, coefficients)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spline(grid: &Grid<Fixed>, h: f64) -> Spline {
        let lattice = Lattice::covering(grid, [h; 3]);
        let n = lattice.len();
        let wave = |s: f64| (0..n).map(|i| 4.0 * libm::sin(i as f64 * s)).collect::<Vec<_>>();
        Spline::new(lattice, [wave(0.7), wave(1.1), wave(1.9)])
    }

    fn largest_difference(a: &Spline, b: &Spline, grid: &Grid<Fixed>) -> f64 {
        (0..grid.len())
            .map(|o| grid.centre_of(grid.voxel(o)))
            .map(|p| (a.displacement(p) - b.displacement(p)).norm())
            .fold(0.0, f64::max)
    }

    #[test]
    fn halving_the_lattice_keeps_the_field() {
        // 59 mm: the coarse lattice's last interval is cut, the fine one has an even and an odd count in turn.
        for n in [16, 20, 21, 24] {
            let grid = Grid::axis_aligned([n, 18, 22], [3.0, 2.5, 2.0], [1.0, 2.0, 3.0]).unwrap();
            let coarse = spline(&grid, 20.0);
            let fine = coarse.refined(&grid, [10.0; 3]);
            let finest = fine.refined(&grid, [10.0, 5.0, 10.0]);
            assert!(largest_difference(&coarse, &fine, &grid) < 1e-12);
            assert!(largest_difference(&coarse, &finest, &grid) < 1e-12);
        }
    }

    #[test]
    fn a_straight_line_passes_to_any_spacing() {
        let grid = Grid::axis_aligned([20, 18, 22], [3.0, 2.5, 2.0], [0.0; 3]).unwrap();
        let lattice = Lattice::covering(&grid, [16.0; 3]);
        let mut ramp = vec![0.0; lattice.len()];
        for k in 0..lattice.dims()[2] {
            for j in 0..lattice.dims()[1] {
                for i in 0..lattice.dims()[0] {
                    let p = lattice.control(i, j, k).point();
                    ramp[lattice.offset(i, j, k)] = 1.0 + 0.1 * p.x - 0.2 * p.y + 0.05 * p.z;
                }
            }
        }
        let linear = Spline::new(lattice, std::array::from_fn(|_| ramp.clone()));
        assert!(largest_difference(&linear, &linear.refined(&grid, [7.0; 3]), &grid) < 1e-9);
    }
}
