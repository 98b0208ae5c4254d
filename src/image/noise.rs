//! Noise of an image: how strong it is, and more of it.

use rayon::prelude::*;

use super::normalise;
use crate::geometry::Frame;
use crate::numeric::random::Random;
use crate::volume::Volume;

/// High-pass filter of the first coiflet, of unit norm: blind to any plane (Daubechies 1992, table 8.1).
const COIFLET: [f64; 6] = [
    -0.015_655_728_135_464_54,
    0.072_732_619_512_853_9,
    0.384_864_846_864_202_86,
    -0.852_572_020_212_255_4,
    0.337_897_662_457_809_2,
    0.072_732_619_512_853_9,
];
/// The median of the absolute value of a standard normal variable.
const NORMAL_MEDIAN: f64 = 0.674_489_750_196_081_7;
/// So many neighbours in storage share a stream: any part of a noise field can be made without the rest.
const BLOCK: usize = 16;

/// A field of Gaussian noise over an image. The noise of a voxel depends on the seed and its place alone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Noise {
    /// Standard deviation, in the image's unit.
    pub sigma: f64,
    /// Which field.
    pub seed: u64,
}

impl Noise {
    /// No noise.
    pub const NONE: Self = Self { sigma: 0.0, seed: 0 };

    /// Adds the noise of consecutive voxels, the first of them stored at `start`.
    pub fn add(&self, start: usize, values: &mut [f32]) {
        if self.sigma == 0.0 {
            return;
        }
        let end = start + values.len();
        for block in start / BLOCK..end.div_ceil(BLOCK) {
            let mut random = Random::seeded(self.seed ^ (block as u64).wrapping_mul(0xD6E8_FEB8_6659_FD93));
            for offset in block * BLOCK..((block + 1) * BLOCK).min(end) {
                let deviate = random.normal();
                if offset >= start {
                    let value = &mut values[offset - start];
                    *value = (f64::from(*value) + self.sigma * deviate) as f32;
                }
            }
        }
    }
}

/// Standard deviation of an image's noise: the median of its absolute diagonal wavelet details (HH of the first coiflet
/// within slices, inside the body), divided by 0.6745 (Donoho & Johnstone 1994; Chang, Yu & Vetterli 2000, as in
/// Zwanenburg 2019). White noise is found as it is; noise that a scanner has smoothed is found weaker. `across` is the
/// array axis across slices. Zero for an image without details.
pub fn sigma_of<F: Frame>(image: &Volume<f32, F>, across: usize) -> f64 {
    let body = normalise::body(image, &[]);
    let all = details(image, across, |voxel| body.contains(voxel));
    // A flat image has no body; a body of a few voxels has no details.
    let mut sizes = if all.is_empty() { details(image, across, |_| true) } else { all };
    if sizes.is_empty() {
        return 0.0;
    }
    let middle = sizes.len() / 2;
    *sizes.select_nth_unstable_by(middle, f64::total_cmp).1 / NORMAL_MEDIAN
}

/// Absolute diagonal details of every second voxel of every second row, where all that the filter reads has data.
fn details<F: Frame>(
    image: &Volume<f32, F>,
    across: usize,
    counts: impl Fn([usize; 3]) -> bool + Sync,
) -> Vec<f64> {
    let dims = image.grid().dims();
    let [a, b] = [[1, 2], [0, 2], [0, 1]][across.min(2)];
    let n = COIFLET.len();
    let stride = [1, dims[0], dims[0] * dims[1]];
    let of_slice = |slice: usize| {
        let mut found = Vec::new();
        for y in (0..(dims[b] + 1).saturating_sub(n)).step_by(2) {
            for x in (0..(dims[a] + 1).saturating_sub(n)).step_by(2) {
                // No edge of the body between the voxels that are read: an edge is no noise.
                let corner = |n: usize, m: usize| {
                    let mut voxel = [0; 3];
                    [voxel[across], voxel[a], voxel[b]] = [slice, x + n, y + m];
                    voxel
                };
                let far = n - 1;
                if ![corner(0, 0), corner(far, 0), corner(0, far), corner(far, far)].into_iter().all(&counts)
                {
                    continue;
                }
                let start = slice * stride[across] + x * stride[a] + y * stride[b];
                let values = image.values();
                // The filter is blind to a constant; without one a flat image has no rounding either.
                let above = |at: usize| f64::from(values[at]) - f64::from(values[start]);
                let row = |m: usize| -> f64 {
                    let at = start + m * stride[b];
                    (0..n).map(|l| COIFLET[l] * above(at + l * stride[a])).sum()
                };
                let detail: f64 = (0..n).map(|m| COIFLET[m] * row(m)).sum();
                if detail.is_finite() {
                    found.push(detail.abs());
                }
            }
        }
        found
    };
    let slices: Vec<Vec<f64>> = (0..dims[across]).into_par_iter().map(of_slice).collect();
    slices.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::{Grid, Own};

    #[test]
    fn the_filter_has_unit_norm_and_is_blind_to_planes() {
        let square: f64 = COIFLET.iter().map(|c| c * c).sum();
        let sum: f64 = COIFLET.iter().sum();
        let slope: f64 = COIFLET.iter().enumerate().map(|(n, c)| n as f64 * c).sum();
        assert!(
            (square - 1.0).abs() < 1e-9 && sum.abs() < 1e-9 && slope.abs() < 1e-9,
            "{square} {sum} {slope}"
        );
    }

    #[test]
    fn the_noise_of_an_image_is_found() {
        let grid = Grid::<Own>::axis_aligned([64, 60, 20], [1.0; 3], [0.0; 3]).unwrap();
        // A body on a slope, in air.
        let clean = |o: usize| {
            let [x, y, z] = grid.voxel(o).map(|n| n as f64);
            let inside = (x - 32.0).powi(2) + (y - 30.0).powi(2) < 26.0 * 26.0;
            if inside { (400.0 + 3.0 * x + 2.0 * y + z) as f32 } else { 0.0 }
        };
        let image = Volume::new(grid.clone(), (0..grid.len()).map(clean).collect());
        for sigma in [2.0, 20.0] {
            let mut noisy = image.clone();
            Noise { sigma, seed: 4 }.add(0, noisy.values_mut());
            for across in 0..3 {
                let found = sigma_of(&noisy, across);
                assert!((found / sigma - 1.0).abs() < 0.1, "{sigma} across {across}: {found}");
            }
        }
        assert_eq!(sigma_of(&image.map(|_| 7.0), 2), 0.0);
    }

    #[test]
    fn a_part_of_a_noise_field_is_that_part_of_the_whole() {
        let noise = Noise { sigma: 3.0, seed: 11 };
        let mut whole = vec![0.0; 5000];
        noise.add(0, &mut whole);
        let mut part = vec![0.0; 1234];
        noise.add(77, &mut part);
        assert_eq!(part, whole[77..77 + 1234]);
        let mean = whole.iter().map(|v| f64::from(*v)).sum::<f64>() / 5000.0;
        let variance = whole.iter().map(|v| (f64::from(*v) - mean).powi(2)).sum::<f64>() / 4999.0;
        assert!(mean.abs() < 0.15 && (variance.sqrt() / 3.0 - 1.0).abs() < 0.04, "{mean} {variance}");
    }
}
