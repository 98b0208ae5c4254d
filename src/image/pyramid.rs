//! Coarser versions of an image, defined in millimetres.
//!
//! Thick slices are not smoothed across until the in-plane size has caught up with them: along each axis the new
//! spacing is the larger of the native and the wanted one. NaN is no data: it has no weight in the smoothing
//! (normalised convolution), and a coarse voxel that is mostly no data is no data.

use std::borrow::Cow;

use nalgebra::{Matrix4, Vector3};
use rayon::prelude::*;

use crate::geometry::{Frame, Grid};
use crate::volume::Volume;

/// Samples of one axis as weighted sums of native samples: Gaussian smoothing and linear interpolation at once.
struct AxisFilter {
    first: Vec<usize>,
    weights: Vec<Vec<f32>>,
}

impl AxisFilter {
    /// From `n` samples to those at `start + i factor` (native voxels).
    ///
    /// The Gaussian's standard deviation is `0.5 sqrt(factor^2 - 1)` native voxels: what a voxel `factor` times
    /// as large would have averaged beyond the native one.
    fn new(n: usize, start: f64, factor: f64, size: usize) -> Self {
        let sigma = 0.5 * (factor * factor - 1.0).max(0.0).sqrt();
        let reach = (3.0 * sigma).ceil() as isize;
        let bell = |d: isize| if sigma > 0.0 { libm::exp(-0.5 * (d as f64 / sigma).powi(2)) } else { 1.0 };
        let (mut first, mut weights) = (Vec::with_capacity(size), Vec::with_capacity(size));
        for i in 0..size {
            let position = (start + i as f64 * factor).clamp(0.0, n as f64 - 1.0);
            let left = position.floor().min(n as f64 - 2.0).max(0.0) as isize;
            let fraction = position - left as f64;
            let low = (left - reach).max(0);
            let high = (left + 1 + reach).min(n as isize - 1);
            let mut w: Vec<f64> = (low..=high)
                .map(|at| {
                    let d = at - left;
                    let near = if d.abs() <= reach { (1.0 - fraction) * bell(d) } else { 0.0 };
                    let far = if (d - 1).abs() <= reach { fraction * bell(d - 1) } else { 0.0 };
                    near + far
                })
                .collect();
            let total: f64 = w.iter().sum();
            for v in &mut w {
                *v /= total;
            }
            first.push(low as usize);
            weights.push(w.into_iter().map(|v| v as f32).collect());
        }
        Self { first, weights }
    }

    /// Applies the filter along `axis` of an array of `dims`.
    fn apply(&self, values: &[f32], dims: [usize; 3], axis: usize) -> Vec<f32> {
        let size = self.first.len();
        let mut after = dims;
        after[axis] = size;
        let mut out = vec![0.0_f32; after.iter().product()];
        let row = dims[0];
        out.par_chunks_exact_mut(after[0] * after[1]).enumerate().for_each(|(k, plane)| {
            for (j, out) in plane.chunks_exact_mut(after[0]).enumerate() {
                let line = |j: usize, k: usize| &values[(k * dims[1] + j) * row..][..row];
                if axis == 0 {
                    let line = line(j, k);
                    for (i, o) in out.iter_mut().enumerate() {
                        let w = &self.weights[i];
                        *o = w.iter().zip(&line[self.first[i]..]).map(|(w, v)| w * v).sum();
                    }
                } else {
                    let at = if axis == 1 { j } else { k };
                    for (n, &w) in self.weights[at].iter().enumerate() {
                        let from = self.first[at] + n;
                        let line = if axis == 1 { line(from, k) } else { line(j, from) };
                        for (o, v) in out.iter_mut().zip(line) {
                            *o += w * v;
                        }
                    }
                }
            }
        });
        out
    }
}

/// The image at voxels of at least `voxel_mm` along each axis, on a grid centred in the old one.
///
/// Where the image is as coarse already along all axes it comes back unchanged.
pub fn level<F: Frame>(image: &Volume<f32, F>, voxel_mm: f64) -> Volume<f32, F> {
    let grid = image.grid();
    let (dims, native) = (grid.dims(), grid.spacing());
    let factor: [f64; 3] = native.map(|s| if voxel_mm > 1.02 * s { voxel_mm / s } else { 1.0 });
    if factor == [1.0; 3] {
        return image.clone();
    }
    let size: [usize; 3] =
        std::array::from_fn(|a| ((dims[a] - 1) as f64 / factor[a] + 1e-9).floor() as usize + 1);
    let start: [f64; 3] =
        std::array::from_fn(|a| ((dims[a] - 1) as f64 - (size[a] - 1) as f64 * factor[a]) / 2.0);
    let holes = image.values().iter().any(|v| v.is_nan());
    // A large scan is not copied where it has no holes to fill.
    let mut data: Cow<'_, [f32]> = if holes {
        image.values().iter().map(|v| if v.is_nan() { 0.0 } else { *v }).collect()
    } else {
        Cow::Borrowed(image.values())
    };
    let mut known: Vec<f32> = if holes {
        image.values().iter().map(|v| if v.is_nan() { 0.0 } else { 1.0 }).collect()
    } else {
        Vec::new()
    };
    let mut now = dims;
    for axis in [2, 1, 0] {
        if factor[axis] > 1.0 {
            let filter = AxisFilter::new(dims[axis], start[axis], factor[axis], size[axis]);
            data = filter.apply(&data, now, axis).into();
            if holes {
                known = filter.apply(&known, now, axis);
            }
            now[axis] = size[axis];
        }
    }
    let mut data = data.into_owned();
    if holes {
        for (v, &k) in data.iter_mut().zip(&known) {
            *v = if k < 0.05 { f32::NAN } else { *v / k };
        }
    }
    Volume::new(coarser(grid, start, factor, size), data)
}

/// The grid whose voxel `i` lies at index `start + i factor` of `grid`.
fn coarser<F: Frame>(grid: &Grid<F>, start: [f64; 3], factor: [f64; 3], size: [usize; 3]) -> Grid<F> {
    let step = Matrix4::new_nonuniform_scaling(&Vector3::from(factor));
    let shift = Matrix4::new_translation(&Vector3::from(start));
    // Scaling and shifting the axes of a valid grid leaves them finite, orthogonal and of positive spacing.
    Grid::new(size, grid.affine() * shift * step).expect("a resampled grid is a grid")
}

/// The part of `image` from voxel `low` of `size` voxels; all of it comes back unchanged.
pub fn crop<T: Copy, F: Frame>(image: &Volume<T, F>, low: [usize; 3], size: [usize; 3]) -> Volume<T, F> {
    if low == [0; 3] && size == image.grid().dims() {
        return image.clone();
    }
    let grid = coarser(image.grid(), low.map(|n| n as f64), [1.0; 3], size);
    let mut values = Vec::with_capacity(grid.len());
    for k in 0..size[2] {
        for j in 0..size[1] {
            let row = image.grid().offset(low[0], low[1] + j, low[2] + k);
            values.extend_from_slice(&image.values()[row..row + size[0]]);
        }
    }
    Volume::new(grid, values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Own;

    fn ramp(spacing: [f64; 3]) -> Volume<f32> {
        let grid = Grid::<Own>::axis_aligned([24, 21, 10], spacing, [5.0, -3.0, 2.0]).unwrap();
        let values = (0..grid.len())
            .map(|o| {
                let p = grid.centre_of(grid.voxel(o)).point();
                (2.0 * p.x - p.y + 0.5 * p.z) as f32
            })
            .collect();
        Volume::new(grid, values)
    }

    #[test]
    fn a_ramp_stays_where_it_is_in_the_world() {
        let coarse = level(&ramp([1.0, 1.0, 4.0]), 2.5);
        assert_eq!(coarse.grid().dims()[2], 10, "thick slices are left alone");
        assert!((coarse.grid().spacing()[0] - 2.5).abs() < 1e-12);
        // Away from the border, where the kernel is cut, smoothing keeps a straight line.
        for o in 0..coarse.grid().len() {
            let v = coarse.grid().voxel(o);
            if (2..7).contains(&v[0]) && (2..6).contains(&v[1]) {
                let p = coarse.grid().centre_of(v).point();
                let exact = 2.0 * p.x - p.y + 0.5 * p.z;
                assert!((f64::from(coarse.values()[o]) - exact).abs() < 1e-4);
            }
        }
    }

    #[test]
    fn no_data_has_no_weight() {
        let mut image = Volume::filled(ramp([1.0; 3]).grid().clone(), 3.0_f32);
        for o in 0..image.grid().len() {
            if image.grid().voxel(o)[0] < 9 {
                image.values_mut()[o] = f32::NAN;
            }
        }
        let coarse = level(&image, 3.0);
        let [nx, ..] = coarse.grid().dims();
        assert!(coarse.at(0, 3, 1).is_nan() && (coarse.at(nx - 1, 3, 1) - 3.0).abs() < 1e-6);
        assert!(coarse.values().iter().all(|v| v.is_nan() || (v - 3.0).abs() < 1e-5));
    }

    #[test]
    fn an_image_that_is_coarse_enough_comes_back_unchanged() {
        let image = ramp([3.0; 3]);
        assert_eq!(level(&image, 2.0), image);
    }

    #[test]
    fn a_crop_keeps_its_place_in_the_world() {
        let image = ramp([1.5, 1.0, 4.0]);
        let part = crop(&image, [3, 4, 2], [5, 6, 7]);
        assert_eq!(part.at(1, 2, 3), image.at(4, 6, 5));
        let gap = part.grid().centre_of([1, 2, 3]).distance(image.grid().centre_of([4, 6, 5]));
        assert!(gap < 1e-12);
    }
}
