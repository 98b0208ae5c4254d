//! A resampling whose new grid is shifted and turned: the scan is read as if the patient had lain a little otherwise.
//!
//! A moved grid covers what the unmoved one does, so it has more voxels at its ends. What lies beyond the image's
//! voxels belongs to no region and has no data.

use super::{
    AxisMap, AxisTaps, Interpolation, NEAREST_SLACK, Resampling, SPLINE_REACH, Storage, Window, apply,
    crop_of, fill_no_data, mirrored, moved_grid, prefilter,
};
use crate::geometry::{Frame, GeometryError, Grid, Index, World};
use crate::labels::Mask;
use crate::numeric::bspline;
use crate::volume::Volume;

/// A shift by less than this share of a voxel is none: a grid that is shifted by whole voxels is the same grid.
const SHIFT_SLACK: f64 = 1e-9;
/// Beyond the image's outermost voxels: half a voxel from their centres.
const EDGE: f64 = 0.5 + 1e-9;

/// How a grid is moved.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GridMove<F: Frame> {
    /// Shift in mm along the array axes that run right, anterior and superior.
    pub shift_mm: [f64; 3],
    /// Turn within slices.
    pub turn: Option<Turn<F>>,
}

impl<F: Frame> GridMove<F> {
    /// No move.
    pub const NONE: Self = Self { shift_mm: [0.0; 3], turn: None };
}

/// A turn about the axis across slices.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Turn<F: Frame> {
    /// Angle in radians, from the first to the second anatomical axis of the plane.
    pub radians: f64,
    /// The anatomical axis (0 right, 1 anterior, 2 superior) that is turned about.
    pub axis: usize,
    /// A point that stays where it is.
    pub centre: World<F>,
}

/// A turn in indices of the old grid.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct PlaneTurn {
    /// The array axes of the plane.
    plane: [usize; 2],
    /// The array axis across.
    across: usize,
    centre: [f64; 2],
    /// Rows of the matrix that takes a step of the unturned grid to one of the turned grid.
    matrix: [[f64; 2]; 2],
}

impl PlaneTurn {
    fn of<F: Frame>(turn: &Turn<F>, source: &Grid<F>) -> Self {
        let anatomical = [[1, 2], [0, 2], [0, 1]][turn.axis.min(2)];
        let axes = source.anatomical_axes();
        let plane = anatomical.map(|a| axes[a]);
        let scale = plane.map(|a| source.spacing()[a] * sign(source, a));
        let (sin, cos) = (libm::sin(turn.radians), libm::cos(turn.radians));
        let centre = source.index_of(turn.centre).point();
        Self {
            plane,
            across: axes[turn.axis.min(2)],
            centre: plane.map(|a| centre[a]),
            matrix: [[cos, -sin * scale[1] / scale[0]], [sin * scale[0] / scale[1], cos]],
        }
    }
    fn turned(&self, place: [f64; 2]) -> [f64; 2] {
        let [x, y] = [place[0] - self.centre[0], place[1] - self.centre[1]];
        std::array::from_fn(|r| self.centre[r] + self.matrix[r][0] * x + self.matrix[r][1] * y)
    }
    /// The place that is turned to this one.
    fn unturned(&self, place: [f64; 2]) -> [f64; 2] {
        let [x, y] = [place[0] - self.centre[0], place[1] - self.centre[1]];
        // The matrix is a rotation between two scalings: its determinant is 1.
        let [[a, b], [c, d]] = self.matrix;
        [self.centre[0] + d * x - b * y, self.centre[1] - c * x + a * y]
    }
}

/// Smallest and largest place of the corners of a box of two axes.
fn ends(spans: [[f64; 2]; 2], map: impl Fn([f64; 2]) -> [f64; 2]) -> [[f64; 2]; 2] {
    let corners: [[f64; 2]; 4] = std::array::from_fn(|n| map([spans[0][n & 1], spans[1][n >> 1]]));
    std::array::from_fn(|a| {
        corners.iter().fold([f64::INFINITY, f64::NEG_INFINITY], |e, c| [e[0].min(c[a]), e[1].max(c[a])])
    })
}

/// Whether an array axis runs along its anatomical axis or against it.
fn sign<F: Frame>(grid: &Grid<F>, axis: usize) -> f64 {
    if Storage::of(grid, axis) == Storage::Descending { -1.0 } else { 1.0 }
}

impl AxisMap {
    /// The axis shifted by `shift` old voxels, and longer by so many new ones that it covers what it did.
    fn shifted(self, shift: f64) -> Self {
        let steps = shift / self.step;
        let part = steps - (steps + SHIFT_SLACK).floor();
        if part < SHIFT_SLACK {
            return self;
        }
        self.longer(1, 0).moved(part)
    }
    fn moved(self, steps: f64) -> Self {
        Self { first: self.first + steps * self.step, ..self }
    }
    fn longer(self, before: usize, after: usize) -> Self {
        let first = self.first - before as f64 * self.step;
        Self { count: self.count + before + after, first, step: self.step }
    }
    /// The first voxel at or beyond a place, and the one after the last at or before another.
    fn between(&self, [low, high]: [f64; 2]) -> (usize, usize) {
        let from = ((low - self.first) / self.step).ceil().clamp(0.0, self.count as f64) as usize;
        let to = (((high - self.first) / self.step).floor() + 1.0).clamp(0.0, self.count as f64) as usize;
        (from, to.max(from))
    }
}

impl<F: Frame> Resampling<F> {
    /// As [`Resampling::anatomical`], onto a moved grid.
    pub fn moved(
        source: &Grid<F>,
        spacing_mm: [Option<f64>; 3],
        movement: &GridMove<F>,
    ) -> Result<Self, GeometryError> {
        let mut resampling = Self::anatomical(source, spacing_mm)?;
        if *movement == GridMove::NONE {
            return Ok(resampling);
        }
        let mut axes = resampling.axes;
        for (anatomical, axis) in source.anatomical_axes().into_iter().enumerate() {
            let shift = movement.shift_mm[anatomical] * sign(source, axis) / source.spacing()[axis];
            axes[axis] = axes[axis].shifted(shift);
        }
        if let Some(turn) = movement.turn.as_ref().filter(|turn| turn.radians != 0.0) {
            let turn = PlaneTurn::of(turn, source);
            let image = turn.plane.map(|a| [-0.5, source.dims()[a] as f64 - 0.5]);
            let covered = ends(image, |place| turn.unturned(place));
            for (n, a) in turn.plane.into_iter().enumerate() {
                let axis = axes[a];
                let last = axis.position(axis.count - 1);
                let steps = |gap: f64| (gap / axis.step).ceil().max(0.0) as usize;
                axes[a] = axis.longer(steps(axis.first - covered[n][0]), steps(covered[n][1] - last));
            }
            resampling.turn = Some(turn);
        }
        resampling.is_moved = resampling.turn.is_some() || axes != resampling.axes;
        resampling.axes = axes;
        resampling.target =
            moved_grid(source, axes.map(|a| a.count), axes.map(|a| a.first), axes.map(|a| a.step))?;
        Ok(resampling)
    }

    /// Where a voxel of the new grid lies, in old voxels.
    fn place(&self, voxel: [usize; 3]) -> [f64; 3] {
        let mut place: [f64; 3] = std::array::from_fn(|a| self.axes[a].position(voxel[a]));
        if let Some(turn) = &self.turn {
            let [a, b] = turn.plane;
            [place[a], place[b]] = turn.turned([place[a], place[b]]);
        }
        place
    }

    /// Smallest and largest place of the voxels of a window along each axis of the old grid.
    fn spans(&self, window: Window) -> [[f64; 2]; 3] {
        let axis = |a: usize| {
            let last = window.low[a] + window.size[a].saturating_sub(1);
            [self.axes[a].position(window.low[a]), self.axes[a].position(last)]
        };
        let mut spans: [[f64; 2]; 3] = std::array::from_fn(axis);
        if let Some(turn) = &self.turn {
            let [a, b] = turn.plane;
            [spans[a], spans[b]] = ends([spans[a], spans[b]], |place| turn.turned(place));
        }
        spans
    }

    /// Whether a window lies on the image, all of it.
    fn is_on_image(&self, window: Window) -> bool {
        let dims = self.source.dims();
        let within = |(span, n): (&[f64; 2], usize)| span[0] >= -0.5 && span[1] <= n as f64 - 0.5;
        self.spans(window).iter().zip(dims).all(within)
    }

    /// Which voxels of `window` lie on the image, in storage order.
    fn on_image(&self, window: Window) -> Vec<bool> {
        let dims = self.source.dims();
        let mut inside = Vec::with_capacity(window.len());
        super::for_each_voxel(window, |voxel| {
            let place = self.place(voxel);
            inside.push((0..3).all(|a| place[a] >= -EDGE && place[a] <= dims[a] as f64 - 1.0 + EDGE));
        });
        inside
    }

    /// Takes voxels that lie beyond the image out of a region.
    pub fn leave_out_beyond(&self, window: Window, inside: &mut [bool]) {
        if self.is_moved && !self.is_on_image(window) {
            inside.iter_mut().zip(self.on_image(window)).for_each(|(flag, on_image)| *flag &= on_image);
        }
    }

    /// [`Resampling::has_data`] of a moved grid.
    pub(super) fn moved_has_data(&self, image: &Volume<f32, F>, window: Window) -> Option<Vec<bool>> {
        let dims = self.source.dims();
        // Nearly always all have data, which a look at whole rows tells at once.
        if self.is_on_image(window) {
            let last = |a: usize| dims[a] as f64 - 1.0;
            let spans = self.spans(window);
            let spans: [[usize; 2]; 3] =
                std::array::from_fn(|a| spans[a].map(|place| place.round().clamp(0.0, last(a)) as usize));
            let [low, size] = [spans.map(|s| s[0]), spans.map(|s| s[1] + 1 - s[0])];
            let has_row = |j: usize, k: usize| {
                let start = image.grid().offset(low[0], j, k);
                image.values()[start..start + size[0]].iter().all(|v| !v.is_nan())
            };
            let has_plane = |k: usize| (low[1]..low[1] + size[1]).all(|j| has_row(j, k));
            if (low[2]..low[2] + size[2]).all(has_plane) {
                return None;
            }
        }
        let mut has_data = self.on_image(window);
        let mut flags = has_data.iter_mut();
        super::for_each_voxel(window, |voxel| {
            let place = self.place(voxel);
            let [i, j, k] =
                std::array::from_fn(|a| place[a].round().clamp(0.0, dims[a] as f64 - 1.0) as usize);
            if let Some(flag) = flags.next() {
                *flag &= !image.at(i, j, k).is_nan();
            }
        });
        has_data.contains(&false).then_some(has_data)
    }

    /// [`Resampling::window_of`] of a turned grid.
    pub(super) fn turned_window_of(&self, turn: &PlaneTurn, mask: &Mask<F>) -> Window {
        let (low, size) = mask.bounds();
        let touched = turn.plane.map(|a| [low[a] as f64 - 1.0, (low[a] + size[a]) as f64]);
        let places = ends(touched, |place| turn.unturned(place));
        let c = turn.across;
        let mut spans = [(0, 0); 3];
        spans[c] = self.axes[c].touched_by(low[c], low[c] + size[c], self.source.dims()[c]);
        for (n, a) in turn.plane.into_iter().enumerate() {
            spans[a] = self.axes[a].between(places[n]);
        }
        Window { low: spans.map(|s| s.0), size: spans.map(|s| s.1 - s.0) }
    }

    /// The old voxels that the voxels of `window` of a turned grid read.
    fn turned_taps(
        &self,
        turn: &PlaneTurn,
        window: Window,
        interpolation: Interpolation,
    ) -> ([AxisTaps; 3], PlaneTaps) {
        let [a, b] = turn.plane;
        let counts = [self.source.dims()[a], self.source.dims()[b]];
        let mut reads = Vec::with_capacity(window.size[a] * window.size[b]);
        for m in window.low[b]..window.low[b] + window.size[b] {
            for n in window.low[a]..window.low[a] + window.size[a] {
                let place = turn.turned([self.axes[a].position(n), self.axes[b].position(m)]);
                reads.push([0, 1].map(|d| LineTap::of(place[d], counts[d], interpolation)));
            }
        }
        let margin = if interpolation == Interpolation::Cubic { SPLINE_REACH } else { 0 };
        let mut taps = self.taps(window, interpolation);
        for (n, axis) in turn.plane.into_iter().enumerate() {
            let used = || reads.iter().flat_map(|r: &[LineTap; 2]| r[n].reads());
            let low = used().map(|r| r.0).min().unwrap_or(0).saturating_sub(margin);
            let high = (used().map(|r| r.0 + 1).max().unwrap_or(0) + margin).min(counts[n]).max(low);
            taps[axis] = AxisTaps::whole(low, high - low);
        }
        (taps, PlaneTaps { plane: turn.plane, across: turn.across, reads })
    }

    /// Values at the voxels of `window` of a turned grid; `gather` gives those of a box of old voxels.
    pub(super) fn turned(
        &self,
        turn: &PlaneTurn,
        window: Window,
        interpolation: Interpolation,
        gather: impl Fn(Window) -> Vec<f64>,
    ) -> Vec<f64> {
        let (taps, plane) = self.turned_taps(turn, window, interpolation);
        let crop = crop_of(&taps);
        let mut values = gather(crop);
        fill_no_data(&mut values, crop.size);
        if interpolation == Interpolation::Cubic {
            for axis in 0..3 {
                if axis != turn.across || !self.axes[axis].is_unchanged() {
                    prefilter(&mut values, crop.size, axis);
                }
            }
        }
        // Slices first, then each of them turned: one interpolation, as the weights are products.
        plane.apply(&apply(values, crop, &taps), crop, window)
    }
}

/// What one place along one axis reads.
#[derive(Clone, Copy, Debug)]
struct LineTap {
    used: usize,
    reads: [(usize, f64); 4],
}

impl LineTap {
    fn of(place: f64, count: usize, interpolation: Interpolation) -> Self {
        let place = place.clamp(0.0, count as f64 - 1.0);
        let low = place as usize;
        let t = place - low as f64;
        let nothing = (low, 0.0);
        match interpolation {
            Interpolation::Nearest => {
                let nearest = (place - NEAREST_SLACK - 0.5).ceil().max(0.0) as usize;
                Self { used: 1, reads: [(nearest, 1.0), nothing, nothing, nothing] }
            }
            Interpolation::Linear => {
                let next = (low + 1).min(count - 1);
                Self { used: 2, reads: [(low, 1.0 - t), (next, t), nothing, nothing] }
            }
            Interpolation::Cubic => {
                let w = bspline::weights(t);
                let reads = std::array::from_fn(|m| (mirrored(low as i64 + m as i64 - 1, count), w[m]));
                Self { used: 4, reads }
            }
        }
    }
    fn reads(&self) -> impl Iterator<Item = (usize, f64)> + '_ {
        self.reads[..self.used].iter().copied()
    }
}

/// What each voxel of a slice of a turned grid reads of the same slice of the old one.
struct PlaneTaps {
    plane: [usize; 2],
    across: usize,
    /// Along both axes of the plane, the first fastest.
    reads: Vec<[LineTap; 2]>,
}

impl PlaneTaps {
    /// `values` fill `crop`, resampled across slices.
    fn apply(&self, values: &[f64], crop: Window, window: Window) -> Vec<f64> {
        let [a, b] = self.plane;
        let mut size = crop.size;
        size[self.across] = window.size[self.across];
        let stride = [1, size[0], size[0] * size[1]];
        let mut turned = Vec::with_capacity(window.len());
        super::for_each_voxel(Window { low: [0; 3], size: window.size }, |voxel| {
            let start = voxel[self.across] * stride[self.across];
            let [first, second] = &self.reads[voxel[a] + window.size[a] * voxel[b]];
            let mut sum = 0.0;
            for (y, across) in second.reads() {
                let line = start + (y - crop.low[b]) * stride[b];
                let along = first.reads().map(|(x, w)| w * values[line + (x - crop.low[a]) * stride[a]]);
                sum += across * along.sum::<f64>();
            }
            turned.push(sum);
        });
        turned
    }
}

/// The index of a region's centre of mass as a point of the world; `None` for an empty region.
pub fn centre_of<F: Frame>(mask: &Mask<F>) -> Option<World<F>> {
    let (low, _) = mask.bounds();
    let mut sums = [0_u64; 3];
    for voxel in mask.voxels() {
        for a in 0..3 {
            sums[a] += (voxel[a] - low[a]) as u64;
        }
    }
    let mean = |a: usize| low[a] as f64 + sums[a] as f64 / mask.count() as f64;
    (!mask.is_empty()).then(|| mask.grid().world_of(Index::new(mean(0), mean(1), mean(2))))
}

#[cfg(test)]
mod tests;
