//! Resampling onto the standard's grid (IBSI 2.4): old and new grid share their centre.
//!
//! Only the window that a region needs is ever computed, axis by axis, so time and memory follow the region and
//! not the scan.
//!
//! ```
//! use delta_radiomics::image::resample::AxisMap;
//! // Ten voxels of 1.2 mm span 12 mm: four voxels of 3 mm. Centres 0 .. 10.8 mm become 0.9, 3.9, 6.9, 9.9 mm.
//! let axis = AxisMap::new(10, 1.2, 3.0);
//! assert_eq!(axis.count, 4);
//! assert!((axis.position(1) * 1.2 - 3.9).abs() < 1e-9);
//! ```

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::noise::Noise;
use crate::geometry::{Frame, GeometryError, Grid, Index};
use crate::labels::Mask;
use crate::numeric::bspline;
use crate::volume::Volume;

mod cubic;
mod moved;

pub use cubic::Cubic;
pub use moved::{GridMove, Turn, centre_of};

/// How an image is read between voxels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Interpolation {
    /// The nearest voxel.
    Nearest,
    /// Trilinear.
    #[default]
    Linear,
    /// Interpolating cubic B-spline.
    Cubic,
}

/// Headers hold spacings in float32: without this slack 1.2 mm to 1.2 mm would give one voxel more and shift
/// the grid by half a voxel.
const COUNT_SLACK: f64 = 1e-3;

/// A voxel that is inside by exactly the threshold counts, whatever the rounding of its share.
const SHARE_SLACK: f64 = 1e-9;

/// Half way is half way, whatever the rounding of a position.
const NEAREST_SLACK: f64 = 1e-9;

/// A B-spline coefficient depends on voxels `n` away by 0.268^n: beyond this many, below 1e-18.
const SPLINE_REACH: usize = 32;

/// One axis of a new grid, in voxels of the old one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AxisMap {
    /// Number of voxels of the new grid.
    pub count: usize,
    first: f64,
    step: f64,
}

impl AxisMap {
    /// The axis of `spacing` that shares its centre with `old_count` voxels of `old_spacing`.
    pub fn new(old_count: usize, old_spacing: f64, spacing: f64) -> Self {
        let span = old_count as f64 * old_spacing;
        let count = ((span / spacing - COUNT_SLACK).ceil() as usize).max(1);
        let first = (old_count as f64 - 1.0) * old_spacing / 2.0 - (count as f64 - 1.0) * spacing / 2.0;
        Self { count, first: first / old_spacing, step: spacing / old_spacing }
    }
    /// The axis left as it is.
    pub fn unchanged(count: usize) -> Self {
        Self { count, first: 0.0, step: 1.0 }
    }
    /// Where the centre of new voxel `n` lies, in old voxels.
    pub fn position(&self, n: usize) -> f64 {
        self.first + n as f64 * self.step
    }
    fn is_unchanged(&self) -> bool {
        self.first == 0.0 && self.step == 1.0
    }
    /// The new voxels that read anything of the old voxels `low..high` of an axis with `old_count` voxels.
    fn touched_by(&self, low: usize, high: usize, old_count: usize) -> (usize, usize) {
        // Beyond the image its edge voxel is repeated, so a region at the edge reaches all of what lies there.
        let from = if low == 0 { f64::NEG_INFINITY } else { low as f64 - 1.0 };
        let to = if high == old_count { f64::INFINITY } else { high as f64 };
        let start = (0..self.count).find(|&n| self.position(n) > from).unwrap_or(self.count);
        let end = (start..self.count).find(|&n| self.position(n) >= to).unwrap_or(self.count);
        (start, end)
    }
}

/// A box of voxels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// First voxel.
    pub low: [usize; 3],
    /// Number of voxels along each axis.
    pub size: [usize; 3],
}

impl Window {
    /// Number of voxels; saturates where it cannot be stored.
    pub fn len(&self) -> usize {
        self.size.iter().fold(1, |product: usize, &n| product.saturating_mul(n))
    }
    /// Whether it holds no voxel.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// The grid of the window's voxels alone.
    pub fn grid<F: Frame>(&self, whole: &Grid<F>) -> Result<Grid<F>, GeometryError> {
        moved_grid(whole, self.size, self.low.map(|n| n as f64), [1.0; 3])
    }
}

/// The grid whose first voxel lies at `first` of `grid` and whose steps are `step` of its voxels.
fn moved_grid<F: Frame>(
    grid: &Grid<F>,
    dims: [usize; 3],
    first: [f64; 3],
    step: [f64; 3],
) -> Result<Grid<F>, GeometryError> {
    let mut affine = *grid.affine();
    let origin = grid.world_of(Index::new(first[0], first[1], first[2])).point();
    for axis in 0..3 {
        for row in 0..3 {
            affine[(row, axis)] *= step[axis];
        }
        affine[(axis, 3)] = origin[axis];
    }
    Grid::new(dims, affine)
}

/// A resampling from one grid to another that shares its axes and its centre, or is moved from there.
#[derive(Clone, Debug)]
pub struct Resampling<F: Frame> {
    source: Grid<F>,
    target: Grid<F>,
    axes: [AxisMap; 3],
    /// Whether the new grid is shifted or turned.
    is_moved: bool,
    /// The turn about the axis across slices, if any.
    turn: Option<moved::PlaneTurn>,
}

impl<F: Frame> Resampling<F> {
    /// To this spacing in mm along each *array* axis; `None` leaves an axis as it is.
    pub fn new(source: &Grid<F>, spacing_mm: [Option<f64>; 3]) -> Result<Self, GeometryError> {
        let old = source.spacing();
        for (axis, spacing) in spacing_mm.iter().enumerate() {
            if let Some(spacing) = *spacing
                && !(spacing.is_finite() && spacing > 1e-6)
            {
                return Err(GeometryError::Spacing { axis, spacing });
            }
        }
        let axes: [AxisMap; 3] = std::array::from_fn(|a| match spacing_mm[a] {
            Some(new) => AxisMap::new(source.dims()[a], old[a], new),
            None => AxisMap::unchanged(source.dims()[a]),
        });
        let target = moved_grid(source, axes.map(|a| a.count), axes.map(|a| a.first), axes.map(|a| a.step))?;
        Ok(Self { source: source.clone(), target, axes, is_moved: false, turn: None })
    }

    /// To this spacing along right, anterior and superior, whatever the order in which the scan is stored.
    pub fn anatomical(source: &Grid<F>, spacing_mm: [Option<f64>; 3]) -> Result<Self, GeometryError> {
        let mut array = [None; 3];
        for (anatomical, axis) in source.anatomical_axes().into_iter().enumerate() {
            array[axis] = spacing_mm[anatomical];
        }
        Self::new(source, array)
    }

    /// The new grid, whole; a turned one before it is turned.
    pub fn target(&self) -> &Grid<F> {
        &self.target
    }

    /// Whether nothing is interpolated.
    pub fn is_identity(&self) -> bool {
        !self.is_moved && self.axes.iter().all(AxisMap::is_unchanged)
    }

    /// The voxels of the new grid that a region can touch. Empty for an empty region.
    pub fn window_of(&self, mask: &Mask<F>) -> Window {
        let (low, size) = mask.bounds();
        let dims = self.source.dims();
        if mask.is_empty() {
            return Window { low: [0; 3], size: [0; 3] };
        }
        if let Some(turn) = &self.turn {
            return self.turned_window_of(turn, mask);
        }
        let spans: [(usize, usize); 3] =
            std::array::from_fn(|a| self.axes[a].touched_by(low[a], low[a] + size[a], dims[a]));
        Window { low: spans.map(|s| s.0), size: spans.map(|s| s.1 - s.0) }
    }

    /// The voxels of `window`, of which at least `threshold` lies in the region (linear interpolation of 0 and
    /// 1), in storage order.
    pub fn mask(&self, mask: &Mask<F>, window: Window, threshold: f64) -> Vec<bool> {
        if self.is_identity() {
            return by_rows(window, false, |row, inside| mask.mark_row(row, window.low[0], inside));
        }
        let gather = |crop: Window| {
            let mut values = Vec::with_capacity(crop.len());
            for_each_voxel(crop, |voxel| values.push(f64::from(u8::from(mask.contains(voxel)))));
            values
        };
        let shares = if let Some(turn) = &self.turn {
            self.turned(turn, window, Interpolation::Linear, gather)
        } else {
            let taps = self.taps(window, Interpolation::Linear);
            let crop = crop_of(&taps);
            apply(gather(crop), crop, &taps)
        };
        let mut inside: Vec<bool> =
            shares.into_iter().map(|share| share >= threshold - SHARE_SLACK).collect();
        self.leave_out_beyond(window, &mut inside);
        inside
    }

    /// The image at the voxels of `window`, in storage order. Beyond the image its edge voxel is repeated;
    /// voxels without data (NaN) take the value of the nearest that has some. Without any data all is NaN.
    pub fn image(&self, image: &Volume<f32, F>, window: Window, interpolation: Interpolation) -> Vec<f32> {
        self.noisy_image(image, &Noise::NONE, window, interpolation)
    }

    /// As [`Resampling::image`], of the image with noise added to its voxels.
    pub fn noisy_image(
        &self,
        image: &Volume<f32, F>,
        noise: &Noise,
        window: Window,
        interpolation: Interpolation,
    ) -> Vec<f32> {
        if self.is_identity() {
            return by_rows(window, 0.0, |[j, k], row| {
                let start = image.grid().offset(window.low[0], j, k);
                row.copy_from_slice(&image.values()[start..start + row.len()]);
                noise.add(start, row);
            });
        }
        let gather = |crop: Window| {
            let noisy = by_rows(crop, 0.0_f32, |[j, k], row| {
                let start = image.grid().offset(crop.low[0], j, k);
                row.copy_from_slice(&image.values()[start..start + row.len()]);
                noise.add(start, row);
            });
            noisy.into_iter().map(f64::from).collect::<Vec<f64>>()
        };
        if let Some(turn) = &self.turn {
            let values = self.turned(turn, window, interpolation, gather);
            return values.into_iter().map(|v| v as f32).collect();
        }
        let taps = self.taps(window, interpolation);
        let crop = crop_of(&taps);
        let mut values = gather(crop);
        fill_no_data(&mut values, crop.size);
        if interpolation == Interpolation::Cubic {
            for axis in 0..3 {
                if !self.axes[axis].is_unchanged() {
                    prefilter(&mut values, crop.size, axis);
                }
            }
        }
        apply(values, crop, &taps).into_iter().map(|v| v as f32).collect()
    }

    /// Whether the voxel of the image that is nearest to each voxel of `window` has data; `None` where all have.
    pub fn has_data(&self, image: &Volume<f32, F>, window: Window) -> Option<Vec<bool>> {
        if self.is_moved {
            return self.moved_has_data(image, window);
        }
        let nearest: [Vec<usize>; 3] = std::array::from_fn(|a| {
            let last = self.source.dims()[a] as f64 - 1.0;
            let voxel = |n: usize| self.axes[a].position(n).round().clamp(0.0, last) as usize;
            (window.low[a]..window.low[a] + window.size[a]).map(voxel).collect()
        });
        let row_of = |j: usize, k: usize| {
            let start = image.grid().offset(0, j, k);
            &image.values()[start..start + image.grid().dims()[0]]
        };
        // Nearly always all have data, which a look at whole rows tells at once.
        let complete = |j: &usize, k: &usize| row_of(*j, *k).iter().all(|v| !v.is_nan());
        if nearest[2].par_iter().all(|k| nearest[1].iter().all(|j| complete(j, k))) {
            return None;
        }
        let mut has_data = Vec::with_capacity(window.len());
        for &k in &nearest[2] {
            for &j in &nearest[1] {
                let row = row_of(j, k);
                has_data.extend(nearest[0].iter().map(|&i| !row[i].is_nan()));
            }
        }
        has_data.contains(&false).then_some(has_data)
    }

    fn taps(&self, window: Window, interpolation: Interpolation) -> [AxisTaps; 3] {
        std::array::from_fn(|a| {
            let positions = (window.low[a]..window.low[a] + window.size[a]).map(|n| self.axes[a].position(n));
            let old_count = self.source.dims()[a];
            match interpolation {
                _ if self.axes[a].is_unchanged() => AxisTaps::whole(window.low[a], window.size[a]),
                Interpolation::Nearest => {
                    AxisTaps::nearest(positions, old_count, Storage::of(&self.source, a))
                }
                Interpolation::Linear => AxisTaps::linear(positions, old_count),
                Interpolation::Cubic => AxisTaps::cubic(positions, old_count),
            }
        })
    }
}

/// Whether the voxels of an array axis are stored in ascending anatomical order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Storage {
    Ascending,
    Descending,
}

impl Storage {
    fn of<F: Frame>(grid: &Grid<F>, axis: usize) -> Self {
        let anatomical = grid.anatomical_axes().iter().position(|a| *a == axis).unwrap_or(axis);
        if grid.directions()[(anatomical, axis)] < 0.0 { Self::Descending } else { Self::Ascending }
    }
}

/// What each new voxel of an axis reads: up to four old voxels with their weights, in the crop `low..high`.
struct AxisTaps {
    low: usize,
    high: usize,
    reads: Vec<[(usize, f64); 4]>,
    /// Each new voxel is the old voxel in its place.
    is_whole: bool,
}

impl AxisTaps {
    fn whole(low: usize, size: usize) -> Self {
        let nothing = (low, 0.0);
        let reads = (low..low + size).map(|n| [(n, 1.0), nothing, nothing, nothing]).collect();
        Self { low, high: low + size, reads, is_whole: true }
    }
    fn linear(positions: impl Iterator<Item = f64>, old_count: usize) -> Self {
        let reads = positions
            .map(|p| {
                let p = p.clamp(0.0, old_count as f64 - 1.0);
                let n = (p as usize).min(old_count.saturating_sub(2));
                let t = p - n as f64;
                let next = (n + 1).min(old_count - 1);
                [(n, 1.0 - t), (next, t), (n, 0.0), (n, 0.0)]
            })
            .collect();
        Self::around(reads, 0, old_count)
    }
    /// Half way between two voxels the one on the low side of the anatomical axis is taken, however the scan is
    /// stored.
    fn nearest(positions: impl Iterator<Item = f64>, old_count: usize, stored: Storage) -> Self {
        let reads = positions
            .map(|p| {
                let n = match stored {
                    Storage::Ascending => (p - NEAREST_SLACK - 0.5).ceil(),
                    Storage::Descending => (p + NEAREST_SLACK + 0.5).floor(),
                };
                let n = n.clamp(0.0, old_count as f64 - 1.0) as usize;
                [(n, 1.0), (n, 0.0), (n, 0.0), (n, 0.0)]
            })
            .collect();
        Self::around(reads, 0, old_count)
    }
    fn cubic(positions: impl Iterator<Item = f64>, old_count: usize) -> Self {
        let reads = positions
            .map(|p| {
                let p = p.clamp(0.0, old_count as f64 - 1.0);
                let n = p as usize;
                let w = bspline::weights(p - n as f64);
                std::array::from_fn(|m| (mirrored(n as i64 + m as i64 - 1, old_count), w[m]))
            })
            .collect();
        Self::around(reads, SPLINE_REACH, old_count)
    }
    /// The crop around all reads, with a margin that stays inside the image.
    fn around(reads: Vec<[(usize, f64); 4]>, margin: usize, old_count: usize) -> Self {
        let read = || reads.iter().flatten().map(|r| r.0);
        let low = read().min().unwrap_or(0).saturating_sub(margin);
        let high = (read().max().map_or(0, |n| n + 1) + margin).min(old_count);
        Self { low, high: high.max(low), reads, is_whole: false }
    }
}

/// The voxel that `n` is the mirror image of, when the image is mirrored at its outermost voxels.
fn mirrored(n: i64, count: usize) -> usize {
    let last = count as i64 - 1;
    if last == 0 {
        return 0;
    }
    let n = n.rem_euclid(2 * last);
    (if n > last { 2 * last - n } else { n }) as usize
}

fn crop_of(taps: &[AxisTaps; 3]) -> Window {
    Window {
        low: std::array::from_fn(|a| taps[a].low),
        size: std::array::from_fn(|a| taps[a].high - taps[a].low),
    }
}

/// A value for every voxel of a window, written row by row; planes side by side.
fn by_rows<T: Copy + Send + Sync>(
    window: Window,
    start: T,
    write: impl Fn([usize; 2], &mut [T]) + Sync,
) -> Vec<T> {
    let Window { low, size } = window;
    let mut values = vec![start; window.len()];
    values.par_chunks_mut((size[0] * size[1]).max(1)).enumerate().for_each(|(k, plane)| {
        for (j, row) in plane.chunks_exact_mut(size[0]).enumerate() {
            write([low[1] + j, low[2] + k], row);
        }
    });
    values
}

fn for_each_voxel(window: Window, mut visit: impl FnMut([usize; 3])) {
    let Window { low, size } = window;
    for k in low[2]..low[2] + size[2] {
        for j in low[1]..low[1] + size[1] {
            for i in low[0]..low[0] + size[0] {
                visit([i, j, k]);
            }
        }
    }
}

/// Applies the taps along one axis after the other. `values` fill `crop`.
fn apply(mut values: Vec<f64>, crop: Window, taps: &[AxisTaps; 3]) -> Vec<f64> {
    let mut size = crop.size;
    for axis in (0..3).filter(|&axis| !taps[axis].is_whole) {
        let reads = &taps[axis].reads;
        // Seen along `axis` the values are `outer` blocks of `size[axis]` rows of `inner` values.
        let inner: usize = size[..axis].iter().product();
        let outer: usize = size[axis + 1..].iter().product();
        let mut next = vec![0.0; inner * reads.len() * outer];
        for (block, rows) in next.chunks_exact_mut((inner * reads.len()).max(1)).enumerate() {
            let source = &values[block * inner * size[axis]..];
            for (row, reads) in rows.chunks_exact_mut(inner).zip(reads) {
                for &(place, weight) in reads.iter().filter(|r| r.1 != 0.0) {
                    let start = (place - taps[axis].low) * inner;
                    for (sum, value) in row.iter_mut().zip(&source[start..start + inner]) {
                        *sum += weight * value;
                    }
                }
            }
        }
        size[axis] = reads.len();
        values = next;
    }
    values
}

/// Turns samples into coefficients of the interpolating cubic B-spline along one axis, mirrored at its ends
/// (Unser 1999, box 2).
fn prefilter(values: &mut [f64], size: [usize; 3], axis: usize) {
    let n = size[axis];
    if n < 2 {
        return;
    }
    let pole = 3.0_f64.sqrt() - 2.0;
    let stride: usize = size[..axis].iter().product();
    let lines = values.len() / n;
    let mut line = vec![0.0; n];
    for l in 0..lines {
        let start = l % stride + l / stride * stride * n;
        for (m, v) in line.iter_mut().enumerate() {
            *v = 6.0 * values[start + m * stride];
        }
        let mut power = 1.0;
        let mut first = 0.0;
        for m in 0..(2 * SPLINE_REACH) {
            first += power * line[mirrored(m as i64, n)];
            power *= pole;
        }
        line[0] = first;
        for m in 1..n {
            line[m] += pole * line[m - 1];
        }
        line[n - 1] = pole / (pole * pole - 1.0) * (pole * line[n - 2] + line[n - 1]);
        for m in (0..n - 1).rev() {
            line[m] = pole * (line[m + 1] - line[m]);
        }
        for (m, v) in line.iter().enumerate() {
            values[start + m * stride] = *v;
        }
    }
}

/// Gives voxels without data the value of the nearest voxel that has some, growing layer by layer.
fn fill_no_data(values: &mut [f64], size: [usize; 3]) {
    let mut front: Vec<usize> = (0..values.len()).filter(|&o| !values[o].is_nan()).collect();
    if front.len() == values.len() {
        return;
    }
    let strides = [1, size[0], size[0] * size[1]];
    while !front.is_empty() {
        let mut next = Vec::new();
        for &o in &front {
            for axis in 0..3 {
                let place = o / strides[axis] % size[axis];
                let below = (place > 0).then(|| o - strides[axis]);
                let above = (place + 1 < size[axis]).then(|| o + strides[axis]);
                for neighbour in [below, above].into_iter().flatten() {
                    if values[neighbour].is_nan() {
                        values[neighbour] = values[o];
                        next.push(neighbour);
                    }
                }
            }
        }
        front = next;
    }
}

#[cfg(test)]
mod tests;
