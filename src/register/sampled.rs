//! The moving image, to be sampled row by row: linear between voxel centres, with the derivative of just that.

use multiversion::multiversion;
use nalgebra::Matrix4;

use crate::geometry::{Frame, Grid, Moving};
use crate::volume::Volume;

/// Puts the mean (0) where there is no data; gives the voxels with data, or `None` where all have some: then the image
/// stays as it is, shared with its other holders.
pub fn no_data_as_mean<F: Frame>(image: &mut Volume<f32, F>) -> Option<Vec<bool>> {
    if !image.values().iter().any(|v| v.is_nan()) {
        return None;
    }
    let known = image.values().iter().map(|v| !v.is_nan()).collect();
    image.values_mut().iter_mut().filter(|v| v.is_nan()).for_each(|v| *v = 0.0);
    Some(known)
}

/// An image to be sampled: linear between voxel centres, constant beyond the outermost ones.
pub struct Sampled {
    image: Volume<f32, Moving>,
    /// Voxels with data; `None`: all.
    known: Option<Vec<bool>>,
    /// Steps in `values` along each axis; 0 along an axis of one voxel.
    stride: [usize; 3],
}

impl Sampled {
    /// NaN is no data: it is sampled as the mean (0) and [`Sampled::sees`] tells it apart.
    pub fn new(mut image: Volume<f32, Moving>) -> Self {
        let d = image.grid().dims();
        let full = [1, d[0], d[0] * d[1]];
        let stride = std::array::from_fn(|a| if d[a] > 1 { full[a] } else { 0 });
        let known = no_data_as_mean(&mut image);
        Self { image, known, stride }
    }

    /// The same voxels reflected across one axis of the world in the plane at `at` mm.
    #[must_use]
    pub fn mirrored(&self, axis: usize, at: f64) -> Self {
        let mut reflection = Matrix4::identity();
        (reflection[(axis, axis)], reflection[(axis, 3)]) = (-1.0, 2.0 * at);
        let grid = Grid::new(self.grid().dims(), reflection * self.grid().affine());
        // A reflection leaves the axes finite, orthogonal and as long as they were.
        let grid = grid.expect("a reflected grid is a grid");
        let image = self.image.on(grid);
        Self { image, known: self.known.clone(), stride: self.stride }
    }

    /// Its grid.
    pub fn grid(&self) -> &Grid<Moving> {
        self.image.grid()
    }

    /// Least and largest value that can be sampled.
    pub fn range(&self) -> [f32; 2] {
        let grow = |[low, high]: [f32; 2], &v: &f32| [low.min(v), high.max(v)];
        self.image.values().iter().fold([f32::INFINITY, f32::NEG_INFINITY], grow)
    }

    /// Whether there is data at an index: within half a voxel of the field of view, nearest voxel known.
    pub fn sees(&self, p: [f64; 3]) -> bool {
        let d = self.grid().dims();
        if !(0..3).all(|a| p[a] >= -0.5 && p[a] <= d[a] as f64 - 0.5) {
            return false;
        }
        let Some(known) = &self.known else { return true };
        let v: [usize; 3] = std::array::from_fn(|a| (p[a].round().max(0.0) as usize).min(d[a] - 1));
        known[self.grid().offset(v[0], v[1], v[2])]
    }

    /// Value at an index.
    pub fn at(&self, p: [f64; 3]) -> f32 {
        let d = self.grid().dims();
        let (mut base, mut part) = (0, [0.0; 3]);
        for a in 0..3 {
            let q = p[a].max(0.0).min((d[a] - 1) as f64);
            let whole = (q as usize).min(d[a].saturating_sub(2));
            part[a] = (q - whole as f64) as f32;
            base += whole * self.stride[a];
        }
        let [x, y, z] = self.stride;
        let along = |o: usize, axis: usize, step: usize, of: &dyn Fn(usize) -> f32| {
            let (low, high) = (of(o), of(o + step));
            low + part[axis] * (high - low)
        };
        let value = |o: usize| self.image.values()[o];
        let row = |o: usize| along(o, 0, x, &value);
        let plane = |o: usize| along(o, 1, y, &row);
        along(base, 2, z, &plane)
    }

    /// Values and derivatives by the displacement in mm (along R, A, S) at a row of indices, 0 where there is no
    /// weight. `turn` takes a derivative by the index to one by the displacement.
    pub fn row(
        &self,
        places: [&[f64]; 3],
        weights: &[f32],
        turn: &[[f32; 3]; 3],
        values: &mut [f32],
        slopes: [&mut [f32]; 3],
    ) {
        sample_row(self, places, weights, turn, values, slopes);
    }

    /// The cells around some indices.
    #[allow(clippy::inline_always, reason = "what is inlined is compiled for the instructions of its caller")]
    #[inline(always)]
    fn cells(&self, places: &[[f64; LANES]; 3]) -> Cells {
        let d = self.grid().dims();
        let (mut base, mut part, mut live) = ([0_i32; LANES], [[0.0; LANES]; 3], [[0.0; LANES]; 3]);
        for a in 0..3 {
            let (last, top) = ((d[a] - 1) as f64, d[a].saturating_sub(2) as f64);
            let stride = self.stride[a] as i32;
            for n in 0..LANES {
                let p = places[a][n];
                let q = smaller(larger(p, 0.0), last);
                let whole = smaller(q.floor(), top);
                part[a][n] = (q - whole) as f32;
                live[a][n] = if q == p { 1.0 } else { 0.0 };
                base[n] += whole_number(whole) * stride;
            }
        }
        let (values, [x, y, z]) = (self.image.values(), self.stride);
        let mut edges = [[[0.0; 2]; LANES]; 4];
        for n in 0..LANES {
            let cell = &values[base[n] as usize..][..=x + y + z];
            for (edge, step) in edges.iter_mut().zip([0, y, z, y + z]) {
                edge[n] = if x == 1 { [cell[step], cell[step + 1]] } else { [cell[step]; 2] };
            }
        }
        Cells { edges, part, live }
    }
}

/// Places that are sampled side by side.
const LANES: usize = 16;

/// The larger of two; of a number and none, the second. `f64::max` takes more instructions.
#[allow(clippy::inline_always, reason = "what is inlined is compiled for the instructions of its caller")]
#[inline(always)]
fn larger(a: f64, b: f64) -> f64 {
    if a > b { a } else { b }
}

/// The smaller of two; of a number and none, the second.
#[allow(clippy::inline_always, reason = "what is inlined is compiled for the instructions of its caller")]
#[inline(always)]
fn smaller(a: f64, b: f64) -> f64 {
    if a < b { a } else { b }
}

/// A whole number from 0 to 2^31 as an integer. `as` checks whether a number fits, one place after the other; a sum with
/// 2^52 has the number in its lowest bits, and many are made side by side.
#[allow(clippy::inline_always, reason = "what is inlined is compiled for the instructions of its caller")]
#[inline(always)]
fn whole_number(whole: f64) -> i32 {
    const UNITS: f64 = (1_u64 << 52) as f64;
    (whole + UNITS).to_bits() as i32
}

/// The cells of the image around some places.
struct Cells {
    /// Values at the two ends of the four edges along the first axis, the second axis fastest. Ends lie side by side as in
    /// the image, and are moved together.
    edges: [[[f32; 2]; LANES]; 4],
    /// Fraction of the cell along each axis.
    part: [[f32; LANES]; 3],
    /// 1 along axes where the place is inside the image, else 0: beyond it nothing changes.
    live: [[f32; LANES]; 3],
}

/// See [`Sampled::row`].
#[multiversion(targets("x86_64+avx512f", "x86_64+avx2"))]
fn sample_row(
    image: &Sampled,
    places: [&[f64]; 3],
    weights: &[f32],
    turn: &[[f32; 3]; 3],
    values: &mut [f32],
    slopes: [&mut [f32]; 3],
) {
    let n = values.len();
    let [slope_r, slope_a, slope_s] = slopes;
    for at in (0..n).step_by(LANES) {
        let size = LANES.min(n - at);
        let mut place = [[0.0; LANES]; 3];
        let mut weight = [0.0; LANES];
        for (place, places) in place.iter_mut().zip(places) {
            place[..size].copy_from_slice(&places[at..at + size]);
        }
        weight[..size].copy_from_slice(&weights[at..at + size]);
        if weight == [0.0; LANES] {
            values[at..at + size].fill(0.0);
            continue;
        }
        let Cells { edges, part, live } = image.cells(&place);
        let (mut value, mut slope) = ([0.0; LANES], [[0.0; LANES]; 3]);
        for n in 0..LANES {
            let [x, y, z] = [part[0][n], part[1][n], part[2][n]];
            let ([c00, c10], [c01, c11]) = (edges[0][n], edges[1][n]);
            let ([e00, e10], [e01, e11]) = (edges[2][n], edges[3][n]);
            let (low0, low1) = (c00 + x * (c10 - c00), c01 + x * (c11 - c01));
            let (high0, high1) = (e00 + x * (e10 - e00), e01 + x * (e11 - e01));
            let (low, high) = (low0 + y * (low1 - low0), high0 + y * (high1 - high0));
            let slope_low = (c10 - c00) + y * ((c11 - c01) - (c10 - c00));
            let slope_high = (e10 - e00) + y * ((e11 - e01) - (e10 - e00));
            let dx = live[0][n] * (slope_low + z * (slope_high - slope_low));
            let dy = live[1][n] * ((low1 - low0) + z * ((high1 - high0) - (low1 - low0)));
            let dz = live[2][n] * (high - low);
            value[n] = if weight[n] > 0.0 { low + z * (high - low) } else { 0.0 };
            for a in 0..3 {
                slope[a][n] = turn[a][0] * dx + turn[a][1] * dy + turn[a][2] * dz;
            }
        }
        values[at..at + size].copy_from_slice(&value[..size]);
        slope_r[at..at + size].copy_from_slice(&slope[0][..size]);
        slope_a[at..at + size].copy_from_slice(&slope[1][..size]);
        slope_s[at..at + size].copy_from_slice(&slope[2][..size]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image() -> Sampled {
        let grid = Grid::axis_aligned([6, 5, 4], [2.0, 2.5, 3.0], [0.0; 3]).unwrap();
        let mut values: Vec<f32> = (0..grid.len()).map(|n| ((n * 31) % 17) as f32).collect();
        values[119] = f32::NAN;
        Sampled::new(Volume::new(grid, values))
    }

    /// Value and derivative by the index at one place, by way of a row.
    fn sampled(s: &Sampled, p: [f64; 3]) -> (f32, [f32; 3]) {
        let row = p.map(|c| [c; 19]);
        let (mut values, mut slopes) = ([0.0; 19], [[0.0; 19]; 3]);
        let turn = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
        let [x, y, z] = &mut slopes;
        s.row(row.each_ref().map(<[f64; 19]>::as_slice), &[1.0; 19], &turn, &mut values, [x, y, z]);
        assert!(values.iter().all(|v| *v == s.at(p)), "a whole row is one place after the other");
        (values[18], slopes.map(|s| s[18]))
    }

    #[test]
    fn values_at_voxel_centres_are_the_voxels() {
        let s = image();
        for o in 0..119 {
            let v = s.grid().voxel(o).map(|n| n as f64);
            assert_eq!(s.at(v), ((o * 31) % 17) as f32);
        }
    }

    #[test]
    fn the_derivative_is_that_of_the_interpolation_and_ends_at_the_border() {
        let s = image();
        let p = [2.3, 1.6, 1.2];
        let (_, g) = sampled(&s, p);
        for a in 0..3 {
            let at = |h: f64| {
                let mut q = p;
                q[a] += h;
                f64::from(s.at(q))
            };
            assert!(((at(0.1) - at(-0.1)) / 0.2 - f64::from(g[a])).abs() < 1e-4);
        }
        let (value, g) = sampled(&s, [-3.0, 1.0, 1.0]);
        assert_eq!((value, g[0]), (s.at([0.0, 1.0, 1.0]), 0.0));
    }

    #[test]
    fn no_data_and_beyond_the_field_are_not_seen() {
        let s = image();
        assert!(s.sees([0.0, 0.0, 0.0]) && s.sees([-0.4, 0.0, 0.0]) && !s.sees([-0.6, 0.0, 0.0]));
        assert!(!s.sees([5.0, 4.0, 3.0]) && s.sees([4.0, 4.0, 3.0]));
    }

    #[test]
    fn a_single_slice_can_be_sampled() {
        let grid = Grid::axis_aligned([3, 2, 1], [1.0; 3], [0.0; 3]).unwrap();
        let s = Sampled::new(Volume::new(grid, vec![0.0, 1.0, 2.0, 3.0, 4.0, 5.0]));
        assert_eq!(sampled(&s, [1.5, 0.5, 0.0]), (3.0, [1.0, 3.0, 0.0]));
    }
}
