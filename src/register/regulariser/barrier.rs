//! Barrier against folding.
//!
//! `psi(J) = ln(J / J0)^2` for `0 < J < J0`, zero above, infinite at or below zero, averaged over samples at twice
//! the lattice's density. It is one-sided: true expansion, as of a lung, costs nothing. A line search that meets the infinity
//! shortens its step, so no accepted step folds a sample.

use nalgebra::{Matrix3, Vector3};
use rayon::prelude::*;

use super::Regulariser;
use crate::numeric::bspline::derivative_weights;
use crate::numeric::sum::ordered_sum;
use crate::transform::{AxisTable, Lattice};

/// Where the barrier begins: real breathing reaches a Jacobian of 0.1, the truth of smooth pairs 0.5.
pub const BARRIER_START: f64 = 0.3;

/// Samples per interval of the lattice along each axis while a field is found.
const DENSITY: usize = 2;
/// Samples per interval when a field is looked at for the last time: between samples of the search it may still fold.
const LAST_LOOK: usize = 4;
/// Least Jacobian of a field that is given away.
const LEAST: f64 = 0.05;

/// Where the largest stretches of `u` around an interval along the lattice's axes have no larger sum of squares than this,
/// no sample in it has a Jacobian below [`BARRIER_START`]: the least singular value of `I + du/dx` is at least
/// `1 - |du/dx|`, and the determinant at least its cube, `(1 - sqrt(0.108))^3 = 0.302`.
const GENTLE: f64 = 0.108;

/// Which samples are looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    /// All.
    Everywhere,
    /// Those that may lie below [`BARRIER_START`].
    WhereSteep,
}

/// Jacobian determinants of `x + u(x)` at samples denser than the lattice, and the barrier made of them.
pub struct Barrier {
    dims: [usize; 3],
    /// Tables of values and of derivatives (per mm) per axis.
    values: [AxisTable; 3],
    slopes: [AxisTable; 3],
    /// Spacing of the lattice along its first axis.
    spacing_x_mm: f64,
    directions: Matrix3<f64>,
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

    /// Samples along each axis.
    fn samples(&self) -> [usize; 3] {
        [0, 1, 2].map(|a| self.values[a].len())
    }

    /// `u_a,b + D_ab` of the samples of plane `k`, in order: `det` of it over `det D` is the Jacobian.
    fn plane(
        &self,
        coefficients: &[f64],
        k: usize,
        look: Look,
        mut each: impl FnMut([usize; 3], Matrix3<f64>),
    ) {
        let [nx, ny, _] = self.dims;
        let (slice, n) = (nx * ny, self.dims.iter().product::<usize>());
        let four = |rows: &[f64], width: usize, w: &[f64; 4], out: &mut [f64]| {
            crate::transform::combine_rows(&rows[..4 * width], w, out);
        };
        let (base_z, wz) = self.values[2].at(k);
        let (_, dz) = self.slopes[2].at(k);
        // Per component: the plane's values and its derivatives along z.
        let mut planes = vec![[vec![0.0; slice], vec![0.0; slice]]; 3];
        for (component, [value, slope]) in planes.iter_mut().enumerate() {
            let from = &coefficients[component * n + base_z * slice..];
            four(from, slice, wz, value);
            four(from, slice, dz, slope);
        }
        let mut rows = vec![[vec![0.0; nx], vec![0.0; nx], vec![0.0; nx]]; 3];
        let mut stretch = Stretch::new(nx, self.spacing_x_mm);
        for j in 0..self.values[1].len() {
            let (base_y, wy) = self.values[1].at(j);
            let (_, dy) = self.slopes[1].at(j);
            for ([value, slope], [along_x, along_y, along_z]) in planes.iter().zip(&mut rows) {
                four(&value[base_y * nx..], nx, wy, along_x);
                four(&value[base_y * nx..], nx, dy, along_y);
                four(&slope[base_y * nx..], nx, wy, along_z);
            }
            if look == Look::WhereSteep {
                stretch.measure(&rows);
            }
            for i in 0..self.values[0].len() {
                let (base, w) = self.values[0].at(i);
                if look == Look::WhereSteep && stretch.is_gentle(base) {
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
                each([i, j, k], m);
            }
        }
    }

    /// All Jacobian determinants, first axis fastest.
    pub fn jacobians(&self, coefficients: &[f64]) -> Vec<f64> {
        let orientation = self.directions.determinant();
        let planes: Vec<Vec<f64>> = (0..self.samples()[2])
            .into_par_iter()
            .map(|k| {
                let mut out = Vec::new();
                self.plane(coefficients, k, Look::Everywhere, |_, m| out.push(m.determinant() / orientation));
                out
            })
            .collect();
        planes.concat()
    }

    /// Samples whose Jacobian is below `least`, which is no more than [`BARRIER_START`].
    fn below(&self, coefficients: &[f64], least: f64) -> Vec<[usize; 3]> {
        let orientation = self.directions.determinant();
        let planes: Vec<Vec<[usize; 3]>> = (0..self.samples()[2])
            .into_par_iter()
            .map(|k| {
                let mut out = Vec::new();
                self.plane(coefficients, k, Look::WhereSteep, |sample, m| {
                    if m.determinant() / orientation < least {
                        out.push(sample);
                    }
                });
                out
            })
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

/// How much `u` stretches along a row of controls: squares of its derivatives along each axis.
struct Stretch {
    spacing_x_mm: f64,
    along: [Vec<f64>; 3],
}

impl Stretch {
    fn new(controls: usize, spacing_x_mm: f64) -> Self {
        Self { spacing_x_mm, along: std::array::from_fn(|_| vec![0.0; controls]) }
    }

    /// From the rows of each component: its values, and its derivatives along y and z. Along x, the derivative between
    /// two controls is at most the largest difference of neighbours.
    fn measure(&mut self, rows: &[[Vec<f64>; 3]]) {
        for along in &mut self.along {
            along.fill(0.0);
        }
        let [along_x, along_y, along_z] = &mut self.along;
        for [value, slope_y, slope_z] in rows {
            for (sum, pair) in along_x.iter_mut().zip(value.windows(2)) {
                let slope = (pair[1] - pair[0]) / self.spacing_x_mm;
                *sum += slope * slope;
            }
            for (along, slopes) in [(&mut *along_y, slope_y), (&mut *along_z, slope_z)] {
                along.iter_mut().zip(slopes).for_each(|(sum, slope)| *sum += slope * slope);
            }
        }
    }

    /// Whether no sample of the interval that begins with control `base` can lie below [`BARRIER_START`].
    fn is_gentle(&self, base: usize) -> bool {
        let [x, y, z] = &self.along;
        let largest = |squares: &[f64]| squares.iter().copied().fold(0.0, f64::max);
        largest(&x[base..base + 3]) + largest(&y[base..base + 4]) + largest(&z[base..base + 4]) <= GENTLE
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
            .map(|k| {
                let (mut cost, mut violations) = (0.0, Vec::new());
                self.plane(coefficients, k, Look::WhereSteep, |sample, m| {
                    let j = m.determinant() / orientation;
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
            })
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
    use crate::geometry::{Grid, World};
    use crate::transform::{Spline, Transform};

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

    #[test]
    fn sampled_jacobians_are_those_of_the_transform_on_an_oblique_flipped_lattice() {
        let (_, lattice, c) = case(2.0);
        let n = lattice.len();
        let jacobians = Barrier::new(&lattice).jacobians(&c);
        let parts = [c[..n].to_vec(), c[n..2 * n].to_vec(), c[2 * n..].to_vec()];
        let spline = Spline::new(lattice.clone(), parts);
        let whole = Transform { spline: Some(spline), ..Transform::identity() };
        let samples = lattice.dims().map(|d| 2 * (d - 3) + 1);
        for (i, j, k) in [(0, 0, 0), (3, 5, 2), (4, 1, 6), (7, 8, 7)] {
            let mm = Vector3::new(i as f64, j as f64, k as f64) * 5.0;
            let p = World::from_point((lattice.origin() + lattice.directions() * mm).into());
            let exact = whole.jacobian(p).determinant();
            let got = jacobians[i + samples[0] * (j + samples[1] * k)];
            assert!((got - exact).abs() < 1e-9, "{got} against {exact}");
        }
    }

    #[test]
    fn every_sample_in_the_barriers_reach_is_looked_at() {
        for strength in [0.5, 2.0, 4.0, 8.0] {
            let (_, lattice, c) = case(strength);
            let barrier = Barrier::new(&lattice);
            let samples = barrier.samples();
            let low = barrier.jacobians(&c).into_iter().enumerate().filter(|(_, j)| *j < BARRIER_START);
            let place =
                |o: usize| [o % samples[0], o / samples[0] % samples[1], o / (samples[0] * samples[1])];
            let expected: Vec<[usize; 3]> = low.map(|(o, _)| place(o)).collect();
            assert_eq!(barrier.below(&c, BARRIER_START), expected);
            let mut looked_at = 0;
            for k in 0..samples[2] {
                barrier.plane(&c, k, Look::WhereSteep, |_, _| looked_at += 1);
            }
            let all: usize = samples.iter().product();
            assert!(strength > 0.5 || looked_at < all / 2, "{looked_at} of {all}");
            assert!(strength < 8.0 || !expected.is_empty());
        }
    }

    #[test]
    fn a_folded_start_is_repaired() {
        let (_, lattice, mut c) = case(12.0);
        let barrier = Barrier::new(&lattice);
        assert!(barrier.evaluate(&c, 0.0, &mut vec![0.0; c.len()]).is_infinite());
        assert_eq!(barrier.repair(&mut c), Repaired::Done);
        assert!(barrier.jacobians(&c).iter().all(|&j| j > 0.0));
        assert!(barrier.evaluate(&c, 0.0, &mut vec![0.0; c.len()]).is_finite());
        assert_eq!(barrier.repair(&mut c), Repaired::NotNeeded);
    }

    #[test]
    fn a_last_look_finds_and_unfolds_what_the_search_does_not_sample() {
        let (_, lattice, smooth) = case(2.0);
        // A fold between the samples of the search, of one control that the others do not follow.
        let mut c = smooth.clone();
        let fold = |c: &[f64]| Barrier::sampled(&lattice, LAST_LOOK).jacobians(c).iter().any(|&j| j < LEAST);
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
