//! Barrier against folding.
//!
//! `psi(J) = ln(J / J0)^2` for `0 < J < J0`, zero above, infinite at or below zero, averaged over samples at twice
//! the lattice's density. It is one-sided: true expansion, as of a lung, costs nothing. A line search that meets the infinity
//! shortens its step, so no accepted step folds a sample.

use nalgebra::{Matrix3, Vector3};
use rayon::prelude::*;

use super::Regulariser;
use super::stretch::Stretch;
use crate::numeric::bspline::derivative_weights;
use crate::numeric::sum::ordered_sum;
use crate::transform::{AxisTable, Lattice, combine_rows};

/// Where the barrier begins: real breathing reaches a Jacobian of 0.1, the truth of smooth pairs 0.5.
pub const BARRIER_START: f64 = 0.3;

/// Samples per interval of the lattice along each axis while a field is found.
const DENSITY: usize = 2;
/// Samples per interval when a field is looked at for the last time: between samples of the search it may still fold.
const LAST_LOOK: usize = 4;
/// Least Jacobian of a field that is given away.
const LEAST: f64 = 0.05;

/// Jacobian determinants of `x + u(x)`, where they are low, at samples denser than the lattice, and the barrier made of
/// them.
pub struct Barrier {
    dims: [usize; 3],
    /// Tables of values and of derivatives (per mm) per axis.
    values: [AxisTable; 3],
    slopes: [AxisTable; 3],
    /// Spacing of the lattice along its first axis.
    spacing_x_mm: f64,
    directions: Matrix3<f64>,
}

/// Work space of one thread; per component.
struct Work {
    /// Values and derivatives along z of a plane of samples, at the lattice's places along x and y.
    planes: [[Vec<f64>; 2]; 3],
    /// Values, and derivatives along y and z, of a row of samples, at the lattice's places along x.
    rows: [[Vec<f64>; 3]; 3],
    stretch: Stretch,
}

/// One sample inside the barrier's reach.
struct Violation {
    sample: [usize; 3],
    /// Derivative of psi by `du_a / dl_b` (`l`: along the lattice's axes).
    pull: Matrix3<f64>,
}

impl Barrier {
    /// For a lattice, at twice its density.
    pub fn new(lattice: &Lattice) -> Self {
        Self::sampled(lattice, DENSITY)
    }

    fn sampled(lattice: &Lattice, density: usize) -> Self {
        let (dims, h) = (lattice.dims(), lattice.spacing_mm());
        let samples = |a: usize| density * (dims[a] - 3) + 1;
        let step = 1.0 / density as f64;
        Self {
            dims,
            values: [0, 1, 2].map(|a| AxisTable::new(dims[a], 0.0, step, samples(a))),
            slopes: [0, 1, 2].map(|a| {
                AxisTable::with(dims[a], 0.0, step, samples(a), |t| derivative_weights(t).map(|w| w / h[a]))
            }),
            spacing_x_mm: h[0],
            directions: *lattice.directions(),
        }
    }

    fn work(&self) -> Work {
        let [nx, ny, _] = self.dims;
        Work {
            planes: [(); 3].map(|()| [(); 2].map(|()| vec![0.0; nx * ny])),
            rows: [(); 3].map(|()| [(); 3].map(|()| vec![0.0; nx])),
            stretch: Stretch::new(nx, self.spacing_x_mm),
        }
    }

    /// Samples along each axis.
    fn samples(&self) -> [usize; 3] {
        [0, 1, 2].map(|a| self.values[a].len())
    }

    /// Calls `each(sample, u_a,b + D_ab, Jacobian)` for the samples of plane `k`, in order, that may lie below
    /// [`BARRIER_START`]; the Jacobian is `det(u_a,b + D_ab) / det D`.
    fn steep_samples(
        &self,
        coefficients: &[f64],
        k: usize,
        work: &mut Work,
        mut each: impl FnMut([usize; 3], Matrix3<f64>, f64),
    ) {
        let Work { planes, rows, stretch } = work;
        let orientation = self.directions.determinant();
        let [nx, ny, _] = self.dims;
        let (slice, n) = (nx * ny, self.dims.iter().product::<usize>());
        let (base_z, wz) = self.values[2].at(k);
        let (_, dz) = self.slopes[2].at(k);
        for (component, [value, slope]) in planes.iter_mut().enumerate() {
            let from = &coefficients[component * n + base_z * slice..];
            combine_rows(from, wz, value);
            combine_rows(from, dz, slope);
        }
        for j in 0..self.values[1].len() {
            let (base_y, wy) = self.values[1].at(j);
            let (_, dy) = self.slopes[1].at(j);
            for ([value, slope], [along_x, along_y, along_z]) in planes.iter().zip(rows.iter_mut()) {
                combine_rows(&value[base_y * nx..], wy, along_x);
                combine_rows(&value[base_y * nx..], dy, along_y);
                combine_rows(&slope[base_y * nx..], wy, along_z);
            }
            stretch.measure(rows);
            for i in 0..self.values[0].len() {
                let (base, w) = self.values[0].at(i);
                if stretch.is_gentle(base) {
                    continue;
                }
                let (_, d) = self.slopes[0].at(i);
                let dot = |row: &[f64], w: &[f64; 4]| {
                    let c = &row[base..base + 4];
                    w[0] * c[0] + w[1] * c[1] + w[2] * c[2] + w[3] * c[3]
                };
                let mut m = self.directions;
                for (a, [along_x, along_y, along_z]) in rows.iter().enumerate() {
                    m[(a, 0)] += dot(along_x, d);
                    m[(a, 1)] += dot(along_y, w);
                    m[(a, 2)] += dot(along_z, w);
                }
                each([i, j, k], m, m.determinant() / orientation);
            }
        }
    }

    /// Samples whose Jacobian is below `least`, which is no more than [`BARRIER_START`].
    fn below(&self, coefficients: &[f64], least: f64) -> Vec<[usize; 3]> {
        let planes: Vec<Vec<[usize; 3]>> = (0..self.samples()[2])
            .into_par_iter()
            .map_init(
                || self.work(),
                |work, k| {
                    let mut out = Vec::new();
                    self.steep_samples(coefficients, k, work, |sample, _, jacobian| {
                        if jacobian < least {
                            out.push(sample);
                        }
                    });
                    out
                },
            )
            .collect();
        planes.concat()
    }

    /// Moves the coefficients around samples below `BARRIER_START / 2` toward the mean of their neighbours until
    /// no such sample is left, at most 50 sweeps; says whether that succeeded.
    pub fn repair(&self, coefficients: &mut [f64]) -> Repaired {
        self.raise(coefficients, 0.5 * BARRIER_START, None)
    }

    /// The same for a field that is given away: samples at four times the lattice's density, below a Jacobian of 0.05.
    /// Only the controls that are `free` move (`None`: all).
    pub fn unfold(lattice: &Lattice, coefficients: &mut [f64], free: Option<&[bool]>) -> Repaired {
        Self::sampled(lattice, LAST_LOOK).raise(coefficients, LEAST, free)
    }

    fn raise(&self, coefficients: &mut [f64], least: f64, free: Option<&[bool]>) -> Repaired {
        let n: usize = self.dims.iter().product();
        for sweep in 0..50 {
            let low = self.below(coefficients, least);
            if low.is_empty() {
                return if sweep == 0 { Repaired::NotNeeded } else { Repaired::Done };
            }
            let mut touched = vec![false; n];
            for sample in low {
                let base = [0, 1, 2].map(|a| self.values[a].at(sample[a]).0);
                for k in base[2]..base[2] + 4 {
                    for j in base[1]..base[1] + 4 {
                        for i in base[0]..base[0] + 4 {
                            touched[i + self.dims[0] * (j + self.dims[1] * k)] = true;
                        }
                    }
                }
            }
            for component in coefficients.chunks_exact_mut(n) {
                let before = component.to_vec();
                for o in (0..n).filter(|&o| touched[o] && free.is_none_or(|f| f[o])) {
                    component[o] = 0.5 * before[o] + 0.5 * self.neighbour_mean(&before, o);
                }
            }
        }
        Repaired::Failed
    }

    fn neighbour_mean(&self, values: &[f64], o: usize) -> f64 {
        let [nx, ny, _] = self.dims;
        let at = [o % nx, o / nx % ny, o / (nx * ny)];
        let stride = [1, nx, nx * ny];
        let (mut sum, mut count) = (0.0, 0.0);
        for a in 0..3 {
            if at[a] > 0 {
                sum += values[o - stride[a]];
                count += 1.0;
            }
            if at[a] + 1 < self.dims[a] {
                sum += values[o + stride[a]];
                count += 1.0;
            }
        }
        sum / count
    }
}

/// What [`Barrier::repair`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repaired {
    /// No sample was too low.
    NotNeeded,
    /// Every sample is well above zero now.
    Done,
    /// Some sample is still too low.
    Failed,
}

/// Cofactors: the derivative of the determinant by each element.
fn cofactors(m: &Matrix3<f64>) -> Matrix3<f64> {
    let column = |n: usize| Vector3::new(m[(0, n)], m[(1, n)], m[(2, n)]);
    let (a, b, c) = (column(0), column(1), column(2));
    Matrix3::from_columns(&[b.cross(&c), c.cross(&a), a.cross(&b)])
}

impl Regulariser for Barrier {
    fn evaluate(&self, coefficients: &[f64], weight: f64, gradient: &mut [f64]) -> f64 {
        let orientation = self.directions.determinant();
        let planes: Vec<(f64, Vec<Violation>)> = (0..self.samples()[2])
            .into_par_iter()
            .map_init(
                || self.work(),
                |work, k| {
                    let (mut cost, mut violations) = (0.0, Vec::new());
                    self.steep_samples(coefficients, k, work, |sample, m, j| {
                        if j <= 0.0 {
                            cost = f64::INFINITY;
                        } else if j < BARRIER_START {
                            let log = libm::log(j / BARRIER_START);
                            cost += log * log;
                            let pull = cofactors(&m) * (2.0 * log / (j * orientation));
                            violations.push(Violation { sample, pull });
                        }
                    });
                    (cost, violations)
                },
            )
            .collect();
        let count = self.samples().iter().product::<usize>() as f64;
        let costs: Vec<f64> = planes.iter().map(|(cost, _)| *cost).collect();
        let cost = ordered_sum(&costs) / count;
        if cost.is_finite() && weight != 0.0 {
            // Violations are few: they are scattered one after the other, in the order of the samples.
            for violation in planes.iter().flat_map(|(_, v)| v) {
                self.scatter(violation, weight / count, gradient);
            }
        }
        cost
    }
}

impl Barrier {
    fn scatter(&self, violation: &Violation, scale: f64, gradient: &mut [f64]) {
        let n: usize = self.dims.iter().product();
        let value = [0, 1, 2].map(|a| self.values[a].at(violation.sample[a]));
        let slope = [0, 1, 2].map(|a| self.slopes[a].at(violation.sample[a]).1);
        for c in 0..4 {
            for b in 0..4 {
                let row = value[0].0 + self.dims[0] * (value[1].0 + b + self.dims[1] * (value[2].0 + c));
                for a in 0..4 {
                    let along = Vector3::new(
                        slope[0][a] * value[1].1[b] * value[2].1[c],
                        value[0].1[a] * slope[1][b] * value[2].1[c],
                        value[0].1[a] * value[1].1[b] * slope[2][c],
                    );
                    let pull = violation.pull * along * scale;
                    for component in 0..3 {
                        gradient[component * n + row + a] += pull[component];
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Grid;
    use crate::register::spline::shaped;
    use crate::transform::Transform;

    fn case(strength: f64) -> (Grid<crate::geometry::Fixed>, Lattice, Vec<f64>) {
        let mut affine = nalgebra::Matrix4::identity();
        let turn = nalgebra::Rotation3::from_euler_angles(0.3, -0.2, 0.5);
        let flip = Matrix3::from_diagonal(&Vector3::new(-2.0, 2.0, 2.5));
        affine.fixed_view_mut::<3, 3>(0, 0).copy_from(&(turn.matrix() * flip));
        let grid = Grid::new([21, 21, 17], affine).unwrap();
        let lattice = Lattice::covering(&grid, [10.0; 3]);
        let c = (0..3 * lattice.len()).map(|i| strength * ((i * i * 37 % 101) as f64 / 50.0 - 1.0)).collect();
        (grid, lattice, c)
    }

    /// The transform's own Jacobian at all samples of so many per interval, first axis fastest.
    fn jacobians(lattice: &Lattice, c: &[f64], density: usize) -> Vec<f64> {
        let whole = Transform { spline: Some(shaped(lattice, c)), ..Transform::identity() };
        let grid = lattice.samples(density);
        let at = |o: usize| whole.jacobian(grid.centre_of(grid.voxel(o))).determinant();
        (0..grid.len()).map(at).collect()
    }

    #[test]
    fn every_sample_in_the_barriers_reach_is_looked_at_and_has_the_transforms_jacobian() {
        for strength in [0.5, 2.0, 4.0, 8.0] {
            let (_, lattice, c) = case(strength);
            let barrier = Barrier::new(&lattice);
            let exact = jacobians(&lattice, &c, DENSITY);
            let grid = lattice.samples(DENSITY);
            let low = (0..grid.len()).filter(|&o| exact[o] < BARRIER_START);
            let expected: Vec<[usize; 3]> = low.map(|o| grid.voxel(o)).collect();
            assert_eq!(barrier.below(&c, BARRIER_START), expected);
            let mut looked_at = 0;
            for k in 0..grid.dims()[2] {
                barrier.steep_samples(&c, k, &mut barrier.work(), |[i, j, k], _, jacobian| {
                    looked_at += 1;
                    let exact = exact[grid.offset(i, j, k)];
                    assert!((jacobian - exact).abs() < 1e-9, "{jacobian} against {exact}");
                });
            }
            assert!(strength > 0.5 || looked_at < exact.len() / 2, "{looked_at} of {}", exact.len());
            assert!(strength < 2.0 || looked_at > 0);
            assert!(strength < 8.0 || !expected.is_empty());
        }
    }

    #[test]
    fn a_folded_start_is_repaired() {
        let (_, lattice, mut c) = case(12.0);
        let barrier = Barrier::new(&lattice);
        assert!(barrier.evaluate(&c, 0.0, &mut vec![0.0; c.len()]).is_infinite());
        assert_eq!(barrier.repair(&mut c), Repaired::Done);
        assert!(jacobians(&lattice, &c, DENSITY).iter().all(|&j| j > 0.0));
        assert!(barrier.evaluate(&c, 0.0, &mut vec![0.0; c.len()]).is_finite());
        assert_eq!(barrier.repair(&mut c), Repaired::NotNeeded);
    }

    #[test]
    fn a_last_look_finds_and_unfolds_what_the_search_does_not_sample() {
        let (_, lattice, smooth) = case(2.0);
        // A fold between the samples of the search, of one control that the others do not follow.
        let mut c = smooth.clone();
        let fold = |c: &[f64]| jacobians(&lattice, c, LAST_LOOK).iter().any(|&j| j < LEAST);
        let control = lattice.offset(3, 3, 3);
        while !fold(&c) {
            c[control] += 0.5;
        }
        assert_eq!(Barrier::unfold(&lattice, &mut c, None), Repaired::Done);
        assert!(!fold(&c));
        let mut untouched = smooth.clone();
        assert_eq!(Barrier::unfold(&lattice, &mut untouched, None), Repaired::NotNeeded);
        assert_eq!(untouched, smooth);
    }
}
