//! A region grown or shrunk by a share of its volume, voxel by voxel from its surface.

use super::cut::widened;
use crate::geometry::Frame;
use crate::image::resample::{Resampling, Window};
use crate::numeric::distance::{Target, squared};
use crate::numeric::random::Random;

/// Squared distances in mm^2 that differ by less are equal: rounding decides nothing.
const SAME_DISTANCE: f64 = 1e-6;

/// By how much a region grows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Resize {
    /// Share of its voxels that it gains; negative where it loses them.
    pub growth: f64,
    /// Decides which of the voxels equally near to the surface are taken where not all are needed.
    pub ties: u64,
}

/// A voxel: its squared distance from the surface in steps of [`SAME_DISTANCE`], and its place in the window.
type Near = (u64, usize);

/// The voxels nearest to a region's surface, on either side.
#[derive(Clone, Debug)]
pub(super) struct Shells {
    window: Window,
    region: Vec<bool>,
    count: usize,
    /// Ascending, up to the farthest that may be needed and all as far as that.
    outside: Vec<Near>,
    inside: Vec<Near>,
}

impl Shells {
    /// Of a region that fills `window`, for shares of growth from the smaller to the larger of `growth`.
    pub(super) fn of<F: Frame>(
        window: Window,
        region: &[bool],
        resampling: &Resampling<F>,
        growth: [f64; 2],
    ) -> Self {
        let (dims, spacing) = (resampling.target().dims(), resampling.target().spacing());
        let count = region.iter().filter(|b| **b).count();
        let needed = change(count, growth[1].max(0.0));
        let mut reach_mm = 2.0 * spacing.iter().copied().fold(f64::INFINITY, f64::min);
        loop {
            let wide = widened(window, dims, spacing.map(|s| (reach_mm / s).ceil() as usize));
            let flags = placed(region, window, wide);
            let mut free: Vec<bool> = flags.iter().map(|inside| !inside).collect();
            resampling.leave_out_beyond(wide, &mut free);
            // Nearer than the margin every voxel is there; farther ones may be missing.
            let known = key(reach_mm * reach_mm);
            let outside = nearest(|| squared(&flags, wide.size, spacing, Target::Centres), &free, needed);
            let enough = outside.len() >= needed && outside.last().is_none_or(|near| near.0 <= known);
            if !enough && wide.size != dims {
                reach_mm *= 2.0;
                continue;
            }
            let complement: Vec<bool> = flags.iter().map(|inside| !inside).collect();
            let lost = change(count, growth[0].min(0.0));
            let inside = nearest(|| squared(&complement, wide.size, spacing, Target::Centres), &flags, lost);
            return Self { window: wide, region: flags, count, outside, inside };
        }
    }
    /// Where grown regions can reach.
    pub(super) fn window(&self) -> Window {
        self.window
    }
    /// The region's voxels in [`Shells::window`] after a change of its volume.
    pub(super) fn resized(&self, resize: Resize) -> Vec<bool> {
        let grows = resize.growth > 0.0;
        let near = if grows { &self.outside } else { &self.inside };
        let wanted = change(self.count, resize.growth).min(near.len());
        let mut region = self.region.clone();
        let Some(farthest) = wanted.checked_sub(1).map(|n| near[n].0) else { return region };
        let shell_start = near.partition_point(|n| n.0 < farthest);
        let shell_end = near.partition_point(|n| n.0 <= farthest);
        near[..shell_start].iter().for_each(|n| region[n.1] = grows);
        // A part of a shell is drawn evenly from all of it.
        let mut shell: Vec<usize> = near[shell_start..shell_end].iter().map(|n| n.1).collect();
        Random::seeded(resize.ties).shuffle(&mut shell);
        shell[..wanted - shell_start].iter().for_each(|n| region[*n] = grows);
        region
    }
}

/// How many voxels a region of `count` gains or loses; one always stays.
fn change(count: usize, growth: f64) -> usize {
    let changed = (count as f64 * growth.abs()).round() as usize;
    if growth < 0.0 { changed.min(count.saturating_sub(1)) } else { changed }
}

fn key(squared_mm: f64) -> u64 {
    (squared_mm / SAME_DISTANCE).round() as u64
}

/// The `needed` voxels of a set that are nearest (no distance is taken where none is needed), and those as near as the last of them, ascending.
fn nearest(squared_mm: impl FnOnce() -> Vec<f64>, set: &[bool], needed: usize) -> Vec<Near> {
    if needed == 0 {
        return Vec::new();
    }
    let of_set = squared_mm().into_iter().enumerate().filter(|(place, _)| set[*place]);
    let mut near: Vec<Near> = of_set.map(|(place, d)| (key(d), place)).collect();
    if near.len() > needed {
        let last = near.select_nth_unstable(needed - 1).1.0;
        near.retain(|n| n.0 <= last);
    }
    near.sort_unstable();
    near
}

/// The flags of a window in a wider one.
fn placed(region: &[bool], window: Window, wide: Window) -> Vec<bool> {
    let mut flags = vec![false; wide.len()];
    let [x, y, z]: [usize; 3] = std::array::from_fn(|a| window.low[a] - wide.low[a]);
    for (n, row) in region.chunks_exact(window.size[0].max(1)).enumerate() {
        let (j, k) = (y + n % window.size[1], z + n / window.size[1]);
        let start = x + wide.size[0] * (j + wide.size[1] * k);
        flags[start..start + row.len()].copy_from_slice(row);
    }
    flags
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::{Grid, Own};
    use crate::labels::Mask;

    /// A ball with a window around it, on a grid of unequal spacing.
    fn ball(radius_mm: f64) -> (Resampling<Own>, Window, Vec<bool>) {
        let grid = Grid::<Own>::axis_aligned([40, 40, 24], [1.0, 1.0, 2.0], [0.0; 3]).unwrap();
        let mask = Mask::from_fn(grid.clone(), |o| {
            let p = grid.centre_of(grid.voxel(o)).point();
            (p[0] - 19.3).powi(2) + (p[1] - 20.1).powi(2) + (p[2] - 23.0).powi(2) < radius_mm * radius_mm
        });
        let resampling = Resampling::new(&grid, [None; 3]).unwrap();
        let window = resampling.window_of(&mask);
        let region = resampling.mask(&mask, window, 0.5);
        (resampling, window, region)
    }

    #[test]
    fn a_region_gains_or_loses_its_share_within_one_voxel() {
        for radius in [1.5, 6.0, 17.0] {
            let (resampling, window, region) = ball(radius);
            let shells = Shells::of(window, &region, &resampling, [-0.28, 0.28]);
            for growth in [-0.28, -0.1, -0.001, 0.0, 0.1, 0.2, 0.28] {
                let resized = shells.resized(Resize { growth, ties: 3 });
                let count = resized.iter().filter(|b| **b).count() as f64;
                let wanted = shells.count as f64 * (1.0 + growth);
                assert!((count - wanted).abs() <= 0.5, "{radius} {growth}: {count} for {wanted}");
                let lost = resized.iter().zip(&shells.region).filter(|(new, old)| **old && !**new).count();
                assert!(growth < 0.0 || lost == 0);
            }
        }
    }

    #[test]
    fn the_nearest_voxels_come_first_and_ties_are_drawn() {
        let (resampling, window, region) = ball(6.0);
        let shells = Shells::of(window, &region, &resampling, [-0.28, 0.28]);
        let squared = squared(&shells.region, shells.window.size, [1.0, 1.0, 2.0], Target::Centres);
        let grown = |ties| shells.resized(Resize { growth: 0.2, ties });
        let region = grown(1);
        let new = |n: &usize| region[*n] && !shells.region[*n];
        let farthest = (0..region.len()).filter(new).map(|n| squared[n]).fold(0.0, f64::max);
        assert!((0..region.len()).all(|n| region[n] || squared[n] > farthest - 1e-9));
        assert_eq!(region, grown(1));
        assert_ne!(region, grown(2));
        // With room for one draw alone the same voxels are taken.
        let alone = Shells::of(window, &ball(6.0).2, &resampling, [0.0, 0.2]);
        let alone = alone.resized(Resize { growth: 0.2, ties: 1 });
        assert_eq!(alone.iter().filter(|b| **b).count(), region.iter().filter(|b| **b).count());
    }

    #[test]
    fn a_single_voxel_stays_and_a_full_grid_grows_no_more() {
        let grid = Grid::<Own>::axis_aligned([3, 3, 3], [1.0; 3], [0.0; 3]).unwrap();
        let resampling = Resampling::new(&grid, [None; 3]).unwrap();
        let window = Window { low: [1; 3], size: [1; 3] };
        let shells = Shells::of(window, &[true], &resampling, [-0.9, 0.0]);
        assert_eq!(shells.resized(Resize { growth: -0.9, ties: 1 }).iter().filter(|b| **b).count(), 1);
        let window = Window { low: [0; 3], size: [3; 3] };
        let shells = Shells::of(window, &[true; 27], &resampling, [-0.28, 0.28]);
        assert_eq!(shells.resized(Resize { growth: 0.28, ties: 1 }), [true; 27]);
    }
}
