//! Intensities without a unit become z-scores of a reference: the body, or a region named as stable.
//!
//! The body is found by Otsu's threshold (Otsu 1979), closed, and reduced to its largest connected part; the
//! lesion is left out, so that its change does not move the scale it is measured on.

use crate::geometry::{Frame, Grid};
use crate::labels::Mask;
use crate::numeric::sum::ordered_sum;
use crate::volume::Volume;

/// Bins of the histogram in which Otsu's threshold is sought.
const OTSU_BINS: usize = 256;
/// The brightest share of voxels (vessels, artefacts, burnt-in marks) must not stretch the histogram.
const OTSU_TAIL: f64 = 0.001;
/// Gaps up to twice this width close: vessels and airways inside the body.
const CLOSING_MM: f64 = 3.0;

/// Mean and spread of the reference, in the image's own intensities.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Normalisation {
    /// Mean.
    pub mean: f64,
    /// Population standard deviation; never zero.
    pub sd: f64,
}

impl Normalisation {
    /// From the voxels of `reference`; `None` where they are fewer than two or all equal.
    ///
    /// ```
    /// use delta_radiomics::{geometry::{Grid, Own}, image::normalise::Normalisation, labels::Mask, volume::Volume};
    /// let grid = Grid::<Own>::axis_aligned([4, 1, 1], [1.0; 3], [0.0; 3])?;
    /// let image = Volume::new(grid.clone(), vec![1.0, 3.0, 100.0, f32::NAN]);
    /// let n = Normalisation::inside(&image, &Mask::from_offsets(grid, &[0, 1, 3])).unwrap();
    /// assert_eq!((n.mean, n.sd), (2.0, 1.0));
    /// assert_eq!(n.apply(&image).values()[..3], [-1.0, 1.0, 98.0]);
    /// # Ok::<(), delta_radiomics::geometry::GeometryError>(())
    /// ```
    pub fn inside<F: Frame>(image: &Volume<f32, F>, reference: &Mask<F>) -> Option<Self> {
        let values: Vec<f64> = reference
            .voxels()
            .map(|[i, j, k]| f64::from(image.at(i, j, k)))
            .filter(|v| v.is_finite())
            .collect();
        if values.len() < 2 {
            return None;
        }
        let n = values.len() as f64;
        let mean = ordered_sum(&values) / n;
        let squares: Vec<f64> = values.iter().map(|v| (v - mean) * (v - mean)).collect();
        let sd = (ordered_sum(&squares) / n).sqrt();
        (sd > 0.0).then_some(Self { mean, sd })
    }

    /// The image in standard deviations from the mean; voxels without data stay without.
    pub fn apply<F: Frame>(&self, image: &Volume<f32, F>) -> Volume<f32, F> {
        image.map(|v| ((f64::from(v) - self.mean) / self.sd) as f32)
    }
}

/// The body without `left_out` regions. Empty where the image is flat.
pub fn body<F: Frame>(image: &Volume<f32, F>, left_out: &[&Mask<F>]) -> Mask<F> {
    let grid = image.grid();
    let Some(threshold) = otsu(image.values()) else { return Mask::from_offsets(grid.clone(), &[]) };
    let mut inside: Vec<bool> = image.values().iter().map(|&v| f64::from(v) > threshold).collect();
    close(&mut inside, grid);
    keep_largest(&mut inside, grid.dims());
    for mask in left_out {
        for offset in mask.offsets() {
            inside[offset] = false;
        }
    }
    Mask::from_fn(grid.clone(), |offset| inside[offset] && !image.values()[offset].is_nan())
}

/// The threshold that best splits the intensities in two (largest variance between the classes).
fn otsu(values: &[f32]) -> Option<f64> {
    let mut sorted: Vec<f32> = values.iter().copied().filter(|v| v.is_finite()).collect();
    if sorted.is_empty() {
        return None;
    }
    let top = ((sorted.len() - 1) as f64 * (1.0 - OTSU_TAIL)) as usize;
    let high = f64::from(*sorted.select_nth_unstable_by(top, f32::total_cmp).1);
    let low = f64::from(sorted.iter().copied().fold(f32::INFINITY, f32::min));
    if high <= low {
        return None;
    }
    let width = (high - low) / OTSU_BINS as f64;
    let mut counts = [0u64; OTSU_BINS];
    for v in sorted {
        counts[(((f64::from(v) - low) / width) as usize).min(OTSU_BINS - 1)] += 1;
    }
    let total: u64 = counts.iter().sum();
    let moment: u64 = counts.iter().enumerate().map(|(bin, n)| bin as u64 * n).sum();
    let (mut below, mut below_moment) = (0, 0);
    let mut best = (0.0, 0);
    for (bin, n) in counts.iter().enumerate() {
        below += n;
        below_moment += bin as u64 * n;
        if below == 0 || below == total {
            continue;
        }
        let (w0, w1) = (below as f64, (total - below) as f64);
        let gap = below_moment as f64 / w0 - (moment - below_moment) as f64 / w1;
        let between = w0 * w1 * gap * gap;
        if between > best.0 {
            best = (between, bin);
        }
    }
    Some(low + (best.1 as f64 + 1.0) * width)
}

/// Dilates and erodes by a box of [`CLOSING_MM`] on each side. Outside the image nothing grows and nothing wears.
fn close<F: Frame>(inside: &mut [bool], grid: &Grid<F>) {
    let reach = grid.spacing().map(|s| (CLOSING_MM / s).round() as usize);
    for axis in 0..3 {
        spread(inside, grid.dims(), axis, reach[axis], true);
    }
    for axis in 0..3 {
        spread(inside, grid.dims(), axis, reach[axis], false);
    }
}

/// Along one axis, every voxel within `reach` of one that is `state` becomes `state`.
fn spread(inside: &mut [bool], dims: [usize; 3], axis: usize, reach: usize, state: bool) {
    let n = dims[axis];
    let stride: usize = dims[..axis].iter().product();
    let mut hits = vec![0usize; n + 1];
    for line in 0..inside.len() / n {
        let start = line % stride + line / stride * stride * n;
        for m in 0..n {
            hits[m + 1] = hits[m] + usize::from(inside[start + m * stride] == state);
        }
        for m in 0..n {
            if hits[(m + reach + 1).min(n)] > hits[m.saturating_sub(reach)] {
                inside[start + m * stride] = state;
            }
        }
    }
}

/// Keeps the largest part whose voxels share faces; of equal ones the first in storage.
fn keep_largest(inside: &mut [bool], dims: [usize; 3]) {
    let strides = [1, dims[0], dims[0] * dims[1]];
    let mut part = vec![0u32; inside.len()];
    let mut sizes = vec![0usize];
    let mut stack = Vec::new();
    for seed in 0..inside.len() {
        if !inside[seed] || part[seed] != 0 {
            continue;
        }
        let name = sizes.len() as u32;
        sizes.push(0);
        part[seed] = name;
        stack.push(seed);
        while let Some(o) = stack.pop() {
            sizes[name as usize] += 1;
            for axis in 0..3 {
                let place = o / strides[axis] % dims[axis];
                let below = (place > 0).then(|| o - strides[axis]);
                let above = (place + 1 < dims[axis]).then(|| o + strides[axis]);
                for neighbour in [below, above].into_iter().flatten() {
                    if inside[neighbour] && part[neighbour] == 0 {
                        part[neighbour] = name;
                        stack.push(neighbour);
                    }
                }
            }
        }
    }
    let largest = (1..sizes.len()).rev().max_by_key(|&n| sizes[n]).unwrap_or(0) as u32;
    for (flag, name) in inside.iter_mut().zip(&part) {
        *flag = *flag && *name == largest;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Own;

    /// A bright box with a dark gap of two voxels, a speck apart, noise-free.
    fn scene() -> (Volume<f32>, impl Fn([usize; 3]) -> bool) {
        let grid = Grid::<Own>::axis_aligned([30, 24, 20], [1.0; 3], [0.0; 3]).unwrap();
        let in_box =
            |v: [usize; 3]| (5..20).contains(&v[0]) && (5..18).contains(&v[1]) && (4..16).contains(&v[2]);
        let values = (0..grid.len())
            .map(|o| {
                let v = grid.voxel(o);
                let gap = v[0] == 10 || v[0] == 11;
                let speck = v == [27, 21, 18];
                if (in_box(v) && !gap) || speck { 100.0 + (o % 7) as f32 } else { (o % 5) as f32 }
            })
            .collect();
        (Volume::new(grid, values), in_box)
    }

    #[test]
    fn the_body_is_closed_connected_and_leaves_the_lesion_out() {
        let (image, in_box) = scene();
        let grid = image.grid().clone();
        let lesion = Mask::from_fn(grid.clone(), |o| {
            let v = grid.voxel(o);
            v[0] < 8 && v[1] < 8 && v[2] < 8
        });
        let body = body(&image, &[&lesion]);
        for o in 0..grid.len() {
            let v = grid.voxel(o);
            assert_eq!(body.contains(v), in_box(v) && !lesion.contains(v), "{v:?}");
        }
    }

    #[test]
    fn scale_and_offset_of_the_scanner_vanish() {
        let (image, _) = scene();
        let reference = body(&image, &[]);
        let other = image.map(|v| 3.5 * v + 40.0);
        let z = |i: &Volume<f32>| Normalisation::inside(i, &reference).unwrap().apply(i);
        let (a, b) = (z(&image), z(&other));
        assert!(a.values().iter().zip(b.values()).all(|(a, b)| (a - b).abs() < 1e-4));
        assert_eq!(body(&other, &[]), reference);
    }

    #[test]
    fn a_flat_image_has_no_body_and_a_flat_reference_no_scale() {
        let grid = Grid::<Own>::axis_aligned([3, 3, 3], [1.0; 3], [0.0; 3]).unwrap();
        let flat = Volume::filled(grid.clone(), 4.0_f32);
        assert!(body(&flat, &[]).is_empty());
        assert_eq!(Normalisation::inside(&flat, &Mask::from_fn(grid, |_| true)), None);
    }
}
