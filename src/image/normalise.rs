//! Intensities without a unit become z-scores of a reference: the body, or a region named as stable.
//!
//! The body is found by Otsu's method (Otsu 1979, with three classes), closed, and reduced to its largest connected part; the
//! lesion is left out, so that its change does not move the scale it is measured on.

use crate::geometry::{Frame, Grid};
use crate::labels::Mask;
use crate::numeric::sum::ordered_sum;
use crate::volume::Volume;

/// Bins of the histogram in which Otsu's threshold is sought.
const OTSU_BINS: usize = 256;
/// The brightest share of voxels (vessels, artefacts, burnt-in marks) must not stretch the histogram.
const OTSU_TAIL: f64 = 0.001;
/// A middle class this much nearer to the background than to the bright class is noise of the background.
const NOISE_SHARE: f64 = 0.15;
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

/// The intensity that parts the background from the body; `None` for a flat image.
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
    let bin = split_three(&counts)?;
    Some(low + (bin as f64 + 1.0) * width)
}

/// The last bin of the background, from the two thresholds that best split the histogram in three.
///
/// Two classes are not enough: in a T1 scan bright fat would stand against air and muscle together. Where the
/// middle class is but the upper half of the background's noise, background and middle go together.
fn split_three(counts: &[u64; OTSU_BINS]) -> Option<usize> {
    // Number of voxels and sum of their bins below each bin.
    let mut below = [(0u64, 0u64); OTSU_BINS + 1];
    for (bin, n) in counts.iter().enumerate() {
        below[bin + 1] = (below[bin].0 + n, below[bin].1 + bin as u64 * n);
    }
    let class = |from: usize, to: usize| {
        let (n, moment) = (below[to].0 - below[from].0, below[to].1 - below[from].1);
        (n > 0).then(|| (n as f64, moment as f64 / n as f64))
    };
    // Between-class variance is the sum of n mean^2, less a constant.
    let mut best = None;
    let mut most = f64::NEG_INFINITY;
    for first in 1..OTSU_BINS - 1 {
        for second in first + 1..OTSU_BINS {
            let (Some(a), Some(b), Some(c)) =
                (class(0, first), class(first, second), class(second, OTSU_BINS))
            else {
                continue;
            };
            let spread = [a, b, c].iter().map(|(n, mean)| n * mean * mean).sum();
            if spread > most {
                most = spread;
                let middle_is_noise = b.1 - a.1 < NOISE_SHARE * (c.1 - a.1);
                best = Some(if middle_is_noise { second - 1 } else { first - 1 });
            }
        }
    }
    // An image of two values has no three classes: the lower value is the background.
    best.or_else(|| counts.iter().position(|n| *n > 0))
}

/// Dilates and erodes by a box of [`CLOSING_MM`] on each side, with room around the image, so that its border
/// neither holds nor wears what lies near it.
fn close<F: Frame>(inside: &mut [bool], grid: &Grid<F>) {
    let reach = grid.spacing().map(|s| (CLOSING_MM / s).round() as usize);
    let dims: [usize; 3] = std::array::from_fn(|a| grid.dims()[a] + 2 * reach[a]);
    let place = |offset: usize| {
        let [i, j, k] = grid.voxel(offset);
        (i + reach[0]) + dims[0] * ((j + reach[1]) + dims[1] * (k + reach[2]))
    };
    let mut roomy = vec![false; dims.iter().product()];
    for (offset, flag) in inside.iter().enumerate() {
        roomy[place(offset)] = *flag;
    }
    for state in [true, false] {
        for axis in 0..3 {
            spread(&mut roomy, dims, axis, reach[axis], state);
        }
    }
    for (offset, flag) in inside.iter_mut().enumerate() {
        *flag = roomy[place(offset)];
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
    fn fat_is_not_taken_for_the_body() {
        let grid = Grid::<Own>::axis_aligned([40, 40, 6], [1.0; 3], [0.0; 3]).unwrap();
        let radius = |o: usize| {
            let [i, j, _] = grid.voxel(o).map(|n| n as f64 - 19.5);
            (i * i + j * j).sqrt()
        };
        // Air around fat around muscle, with a little noise each.
        let value = |o: usize| match radius(o) {
            r if r > 18.0 => 20.0,
            r if r > 15.0 => 900.0,
            _ => 300.0,
        };
        let values = (0..grid.len()).map(|o| (value(o) + (o * 31 % 23) as f64) as f32).collect();
        let found = body(&Volume::new(grid.clone(), values), &[]);
        for o in 0..grid.len() {
            // Closing fills the steps of the rim, so look a little beyond it.
            let (inside, r) = (found.contains(grid.voxel(o)), radius(o));
            assert!(if inside { r < 20.0 } else { r > 18.0 }, "{r} {inside}");
        }
    }

    #[test]
    fn two_values_are_background_and_body() {
        let grid = Grid::<Own>::axis_aligned([9, 9, 9], [4.0; 3], [0.0; 3]).unwrap();
        let inside = |o: usize| grid.voxel(o).iter().all(|n| (3..6).contains(n));
        let image =
            Volume::new(grid.clone(), (0..grid.len()).map(|o| f32::from(u8::from(inside(o)))).collect());
        assert_eq!(body(&image, &[]), Mask::from_fn(grid.clone(), inside));
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
