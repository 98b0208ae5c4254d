//! A discrete start for the spline, where motion outruns what a descent can follow.
//!
//! Self-similarity of both images (MIND-SSC) is averaged over cells of some millimetres. For each cell and each
//! displacement by whole cells within reach, the cost is the squared difference of the two averages; it is smoothed
//! twice over 3 x 3 x 3 cells. Which displacement each cell takes is found by the coupled convex scheme (Siebert 2021):
//! in turn the choice is smoothed, `u = K d`, and made again, `d = argmin C(d) + theta |d - u|^2`, with a theta that
//! grows until both agree. The same is done from the moving to the fixed image, and the two fields are brought to
//! each other's inverse. No descent is involved, so no basin; what comes out is rough, and a spline begins from it.

use std::sync::Arc;

use nalgebra::Vector3;
use rayon::prelude::*;

use crate::geometry::{Fixed, Grid};
use crate::transform::{Lattice, Rigid, Spline};

use super::level::{LeftOut, Level};
use super::metric::{FixedSide, Mind};

/// Coupling of the choices to their smoothed field, per squared cell.
const COUPLING: [f32; 6] = [0.003, 0.01, 0.03, 0.1, 0.3, 1.0];
/// Steps in which two fields become each other's inverse.
const INVERSE_STEPS: usize = 15;
/// A cell with less data than this share of its volume is unknown.
const KNOWN: f32 = 0.25;
const CHANNELS: usize = Mind::CHANNELS;
/// Size of a cell, and step between displacements, in mm; 12 finds much the same.
const CELL_MM: f64 = 8.0;
/// Voxels of the level that is searched, in mm.
pub const VOXEL_MM: f64 = 4.0;

/// Averages of the descriptor over cells.
struct Cells {
    dims: [usize; 3],
    /// Average descriptor of each cell.
    values: Vec<[f32; CHANNELS]>,
    /// Share of the cell that has data.
    weights: Vec<f32>,
}

/// A vector per cell, in cells.
type Shifts = Vec<[f32; 3]>;

impl Cells {
    fn new(side: FixedSide, size: [usize; 3]) -> Self {
        let (voxels, weights) = (side.dims, side.weights.clone());
        let mind = Mind::new(side);
        let dims = [0, 1, 2].map(|a| voxels[a].div_ceil(size[a]));
        let n = dims.iter().product();
        let mut cells = Self { dims, values: vec![[0.0; CHANNELS]; n], weights: vec![0.0; n] };
        for (o, &w) in weights.iter().enumerate().filter(|(_, w)| **w > 0.0) {
            let v = [o % voxels[0], o / voxels[0] % voxels[1], o / (voxels[0] * voxels[1])];
            let at = [0, 1, 2].map(|a| v[a] / size[a]);
            let cell = at[0] + dims[0] * (at[1] + dims[1] * at[2]);
            cells.weights[cell] += w;
            let values = mind.descriptor(o);
            cells.values[cell].iter_mut().zip(values).for_each(|(sum, f)| *sum += w * f);
        }
        let volume = size.iter().product::<usize>() as f32;
        for (values, weight) in cells.values.iter_mut().zip(&mut cells.weights) {
            if *weight > 0.0 {
                for v in values.iter_mut() {
                    *v /= *weight;
                }
            }
            *weight /= volume;
        }
        cells
    }
}

/// All displacements within reach, in a fixed order that begins with none: where nothing is known, cells stay.
fn displacements(reach: [usize; 3]) -> Vec<[isize; 3]> {
    let [x, y, z] = reach.map(|r| r as isize);
    let mut all = Vec::new();
    for k in -z..=z {
        for j in -y..=y {
            all.extend((-x..=x).map(|i| [i, j, k]));
        }
    }
    all.sort_by_key(|d| d.iter().map(|c| c * c).sum::<isize>());
    all
}

/// Mean over 3 x 3 x 3 cells, along one axis after the other; beyond the border there is nothing. `spare` has as many.
fn smooth(values: &mut Vec<f32>, spare: &mut Vec<f32>, dims: [usize; 3]) {
    for axis in 0..3 {
        // Cells of one place along the axis lie in runs; a line of such runs is smoothed as a whole.
        let run: usize = dims[..axis].iter().product();
        let (line, last) = (run * dims[axis], run * (dims[axis] - 1));
        for (from, to) in values.chunks_exact(line).zip(spare.chunks_exact_mut(line)) {
            if last == 0 {
                to.copy_from_slice(from);
                continue;
            }
            mean_of_two(&from[..run], &from[run..2 * run], &mut to[..run]);
            let three = from[..line - 2 * run].iter().zip(&from[run..last]).zip(&from[2 * run..]);
            for (t, ((a, b), c)) in to[run..last].iter_mut().zip(three) {
                *t = (a + b + c) * (1.0 / 3.0);
            }
            mean_of_two(&from[last - run..last], &from[last..], &mut to[last..]);
        }
        std::mem::swap(values, spare);
    }
}

fn mean_of_two(a: &[f32], b: &[f32], mean: &mut [f32]) {
    for (m, (a, b)) in mean.iter_mut().zip(a.iter().zip(b)) {
        *m = (a + b) * 0.5;
    }
}

/// Cost of a displacement for all cells; infinite where nothing is known here or there.
fn cost(from: &Cells, to: &Cells, shift: [isize; 3]) -> Vec<f32> {
    let d = from.dims;
    let mut cost = vec![f32::INFINITY; from.weights.len()];
    // Cells whose neighbour at this shift is inside.
    let inside = [0, 1, 2].map(|a| {
        let past = d[a].saturating_sub(shift[a].max(0).unsigned_abs());
        shift[a].min(0).unsigned_abs()..past
    });
    let step = shift[0] + d[0].cast_signed() * (shift[1] + d[1].cast_signed() * shift[2]);
    for k in inside[2].clone() {
        for j in inside[1].clone() {
            for i in inside[0].clone() {
                let o = i + d[0] * (j + d[1] * k);
                let p = o.wrapping_add_signed(step);
                if from.weights[o] >= KNOWN && to.weights[p] >= KNOWN {
                    let both = from.values[o].iter().zip(&to.values[p]);
                    cost[o] = both.map(|(a, b)| (a - b) * (a - b)).sum();
                }
            }
        }
    }
    cost
}

/// Costs of all displacements, each for all cells.
fn costs(from: &Cells, to: &Cells, moves: &[[isize; 3]]) -> Vec<Vec<f32>> {
    let n = from.weights.len();
    let mut costs: Vec<Vec<f32>> = moves.par_iter().map(|&shift| cost(from, to, shift)).collect();
    // What is not known costs what a cell's displacements cost on average: it neither draws nor repels.
    let (mut sums, mut counts) = (vec![0.0_f32; n], vec![0.0_f32; n]);
    for cost in &costs {
        for (o, c) in cost.iter().enumerate().filter(|(_, c)| c.is_finite()) {
            sums[o] += c;
            counts[o] += 1.0;
        }
    }
    costs.par_iter_mut().for_each_init(
        || vec![0.0; n],
        |spare, cost| {
            for (o, c) in cost.iter_mut().enumerate().filter(|(_, c)| !c.is_finite()) {
                *c = if counts[o] > 0.0 { sums[o] / counts[o] } else { 0.0 };
            }
            smooth(cost, spare, from.dims);
            smooth(cost, spare, from.dims);
        },
    );
    costs
}

/// The cheapest displacement of each cell, `theta` per squared cell of distance from `near`; component by component.
fn cheapest(costs: &[Vec<f32>], moves: &[[isize; 3]], near: &[Vec<f32>; 3], theta: f32) -> [Vec<f32>; 3] {
    let cells = near[0].len();
    let (mut least, mut which) = (vec![f32::INFINITY; cells], vec![0_u32; cells]);
    let [x, y, z] = near;
    for (n, (cost, shift)) in (0..).zip(costs.iter().zip(moves)) {
        let d = shift.map(|c| c as f32);
        let places = cost.iter().zip(x).zip(y).zip(z);
        for ((least, which), (((c, x), y), z)) in least.iter_mut().zip(&mut which).zip(places) {
            let away = (d[0] - x) * (d[0] - x) + (d[1] - y) * (d[1] - y) + (d[2] - z) * (d[2] - z);
            let total = c + theta * away;
            // Both are written at each step, so that cells can be compared side by side.
            let better = total < *least;
            *least = if better { total } else { *least };
            *which = if better { n } else { *which };
        }
    }
    std::array::from_fn(|a| which.iter().map(|&n| moves[n as usize][a] as f32).collect())
}

/// The field of one direction.
fn search(from: &Cells, to: &Cells, moves: &[[isize; 3]]) -> Shifts {
    let costs = costs(from, to, moves);
    let n = from.weights.len();
    let mut near: [Vec<f32>; 3] = std::array::from_fn(|_| vec![0.0; n]);
    let mut spare = vec![0.0; n];
    for theta in [0.0].into_iter().chain(COUPLING) {
        near = cheapest(&costs, moves, &near, theta);
        for component in &mut near {
            smooth(component, &mut spare, from.dims);
        }
    }
    (0..n).map(|o| std::array::from_fn(|a| near[a][o])).collect()
}

/// A field between cells, linear, constant beyond the outermost.
fn at(field: &[[f32; 3]], dims: [usize; 3], p: [f32; 3]) -> [f32; 3] {
    let q: [f32; 3] = std::array::from_fn(|a| p[a].max(0.0).min((dims[a] - 1) as f32));
    let base = q.map(|c| c as usize);
    let mut out = [0.0; 3];
    for corner in 0..8 {
        let (mut weight, mut o, mut stride) = (1.0, 0, 1);
        for a in 0..3 {
            let step = corner >> a & 1;
            let t = q[a] - base[a] as f32;
            weight *= if step == 1 { t } else { 1.0 - t };
            o += (base[a] + step).min(dims[a] - 1) * stride;
            stride *= dims[a];
        }
        for a in 0..3 {
            out[a] += weight * field[o][a];
        }
    }
    out
}

/// Brings two fields to each other's inverse: each becomes the mean of itself and the other's inverse.
fn made_inverse(mut forth: Shifts, mut back: Shifts, dims: [usize; 3]) -> Shifts {
    let halfway = |one: &Shifts, other: &Shifts| -> Shifts {
        one.iter()
            .enumerate()
            .map(|(o, u)| {
                let cell = [o % dims[0], o / dims[0] % dims[1], o / (dims[0] * dims[1])];
                let v = at(other, dims, std::array::from_fn(|a| cell[a] as f32 + u[a]));
                std::array::from_fn(|a| 0.5 * (u[a] - v[a]))
            })
            .collect()
    };
    for _ in 0..INVERSE_STEPS {
        (forth, back) = (halfway(&forth, &back), halfway(&back, &forth));
    }
    forth
}

/// Displacements of up to `reach_mm` each way, found on a level after a rigid motion, as a start on a lattice of this
/// spacing that covers `grid`: the value at each control (mm) is its coefficient, so the start is a little smoother than
/// what was found.
pub fn start(
    grid: &Grid<Fixed>,
    level: &Level,
    rigid: &Rigid,
    left_out: &LeftOut,
    reach_mm: f64,
    noise: f32,
    spacing_mm: [f64; 3],
) -> Spline {
    let voxels = level.fixed.grid();
    let size = voxels.spacing().map(|s| ((CELL_MM / s).round() as usize).max(1));
    let step: [f64; 3] = std::array::from_fn(|a| size[a] as f64 * voxels.spacing()[a]);
    let side = |values: Arc<Vec<f32>>, weights: Vec<f32>| FixedSide {
        dims: level.dims(),
        values,
        weights: weights.into(),
        total: 1.0,
        radius: level.radius,
        moving_range: level.moving.range(),
        noise,
    };
    let seen = level.weights(rigid, None, left_out);
    let warped = level.warped(&level.map(rigid, None), &seen).values;
    let fixed = Cells::new(side(level.fixed.shared_values(), level.body_weights()), size);
    let moving = Cells::new(side(warped.into(), seen), size);
    let dims = fixed.dims;
    let moves = displacements(std::array::from_fn(|a| {
        ((reach_mm / step[a]).round() as usize).min(dims[a].saturating_sub(1))
    }));
    let found = made_inverse(search(&fixed, &moving, &moves), search(&moving, &fixed, &moves), dims);

    let lattice = Lattice::covering(grid, spacing_mm);
    let first = voxels.centre_of([0; 3]).point().coords;
    let mut coefficients: [Vec<f64>; 3] = std::array::from_fn(|_| Vec::with_capacity(lattice.len()));
    let [nx, ny, nz] = lattice.dims();
    for k in 0..nz {
        for j in 0..ny {
            for i in 0..nx {
                let p = voxels.directions().transpose() * (lattice.control(i, j, k).point().coords - first);
                // The middle of cell 0 lies half a cell from the first voxel's edge.
                let cell =
                    std::array::from_fn(|a| ((p[a] + 0.5 * voxels.spacing()[a]) / step[a] - 0.5) as f32);
                let u = at(&found, dims, cell);
                let along: Vector3<f64> = Vector3::from_fn(|a, _| f64::from(u[a]) * step[a]);
                let world = voxels.directions() * along;
                for (c, w) in coefficients.iter_mut().zip(world.iter()) {
                    c.push(*w);
                }
            }
        }
    }
    Spline::new(lattice, coefficients)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::{Moving, World};
    use crate::volume::Volume;

    fn grid() -> Grid<Fixed> {
        Grid::axis_aligned([42, 38, 36], [4.0; 3], [-82.0, -74.0, -70.0]).unwrap()
    }

    fn found(fixed: impl Fn(Vector3<f64>) -> f64, moving: impl Fn(Vector3<f64>) -> f64) -> Spline {
        let grid = grid();
        let there: Grid<Moving> = Grid::new(grid.dims(), *grid.affine()).unwrap();
        let value = |o| fixed(grid.centre_of(grid.voxel(o)).point().coords) as f32;
        let fixed = Volume::new(grid.clone(), (0..grid.len()).map(value).collect());
        let value = |o| moving(grid.centre_of(grid.voxel(o)).point().coords) as f32;
        let moving = Volume::new(there, (0..grid.len()).map(value).collect());
        let level = Level::new(&fixed, &moving, VOXEL_MM, 2);
        let left_out = LeftOut::nothing();
        start(&grid, &level, &Rigid::identity(), &left_out, 32.0, 0.001, [16.0; 3])
    }

    #[test]
    fn a_motion_of_many_times_the_texture_is_found() {
        // No two places are alike within reach, and the texture repeats every 20 to 40 mm roughly.
        let tissue = |p: Vector3<f64>| {
            libm::sin(0.31 * p.x + 0.9 * libm::sin(0.05 * p.y))
                + libm::sin(0.27 * p.y + 0.7 * libm::cos(0.06 * p.z))
                + libm::sin(0.23 * p.z + libm::sin(0.07 * p.x))
                + libm::sin(0.13 * p.x - 0.17 * p.y + 0.11 * p.z)
        };
        let motion = |p: Vector3<f64>| Vector3::new(0.0, 4.0, 22.0) * libm::exp(-(p.norm() / 60.0).powi(2));
        let spline = found(|p| tissue(p + motion(p)), tissue);
        let grid = grid();
        let (mut before, mut after) = (0.0, 0.0);
        for o in (0..grid.len()).step_by(7) {
            let p = grid.centre_of(grid.voxel(o)).point().coords;
            if motion(p).norm() > 12.0 {
                before += motion(p).norm();
                after += (motion(p) - spline.displacement(World::from_point(p.into()))).norm();
            }
        }
        assert!(after < 0.35 * before, "{after} of {before} is left");
    }

    #[test]
    fn where_nothing_can_be_told_apart_nothing_moves() {
        let spline = found(|_| 1.0, |_| 1.0);
        assert!(spline.coefficients().iter().flatten().all(|&c| c == 0.0));
    }
}
