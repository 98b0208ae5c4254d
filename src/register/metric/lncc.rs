//! Local normalised cross-correlation in box windows, squared.
//!
//! With `K` the sum over a window, `W = K w`, and local means `Fm = K(wF)/W`, `Mm = K(wM)/W`:
//! `cov = K(wFM)/W - Fm Mm + eps`, `vF = K(wF^2)/W - Fm^2 + eps`, `vM` likewise, `cc = cov^2 / (vF vM)` and
//! `E = -sum w cc / N`. Per window let `a = 2 w cov / (vF vM W)` and `b = -w cov^2 / (vF vM^2 W)`; then
//! `dE/dM_j = -(w_j / N) [F_j K(a)_j + 2 M_j K(b)_j - K(a Fm + 2 b Mm)_j]`.
//!
//! `eps` stands for noise that both images share: it enters the covariance as well as the variances. So windows
//! without contrast agree instead of pulling at random, and an image is most like itself (`cc = 1` exactly where
//! `M = F`, by Cauchy and Schwarz). With `eps` in the variances alone a larger local variance of `M` would raise `cc`, and
//! a pair in which nothing changed would be moved by a millimetre. Squaring makes inverted contrast count as likeness.

use rayon::prelude::*;

use super::{FixedSide, Metric};
use crate::numeric::box_sum::PlaneRing;
use crate::numeric::sum::ordered_sum;

/// Planes of one block of work: fixed, so that no sum depends on the number of threads.
const BLOCK: usize = 16;

/// The metric with what does not change within a level.
pub struct Lncc {
    fixed: FixedSide,
    /// Per voxel: one over the weight in its window (0 where there is none), local mean and variance of F.
    inverse_weight: Vec<f32>,
    mean: Vec<f32>,
    variance: Vec<f32>,
    /// `a`, `b` and `a Fm + 2 b Mm` of the last evaluation.
    share: [Vec<f32>; 3],
}

/// What a window says about the moved image.
struct Window {
    mean: f32,
    covariance: f32,
    variance: f32,
}

impl Lncc {
    /// Against a fixed side.
    pub fn new(fixed: FixedSide) -> Self {
        let n = fixed.values.len();
        let mut this = Self {
            inverse_weight: vec![0.0; n],
            mean: vec![0.0; n],
            variance: vec![0.0; n],
            share: std::array::from_fn(|_| vec![0.0; n]),
            fixed,
        };
        this.sum_fixed();
        this
    }

    fn sum_fixed(&mut self) {
        let FixedSide { dims, values, weights, radius, noise, .. } = &self.fixed;
        let plane = dims[0] * dims[1];
        let block = plane * BLOCK;
        self.inverse_weight
            .par_chunks_mut(block)
            .zip(self.mean.par_chunks_mut(block))
            .zip(self.variance.par_chunks_mut(block))
            .enumerate()
            .for_each(|(slab, ((inverse, mean), variance))| {
                let mut ring = PlaneRing::<3>::new(*dims, *radius, slab * BLOCK);
                let (mut samples, mut sums) = (fields(plane), fields(plane));
                let fill = |z: usize, out: &mut [Vec<f32>; 3]| {
                    let (f, w) = (&values[z * plane..][..plane], &weights[z * plane..][..plane]);
                    for n in 0..plane {
                        let wf = w[n] * f[n];
                        out[0][n] = w[n];
                        out[1][n] = wf;
                        out[2][n] = wf * f[n];
                    }
                };
                for at in 0..inverse.len() / plane {
                    ring.sums(slab * BLOCK + at, fill, &mut samples, &mut sums);
                    for n in 0..plane {
                        let o = at * plane + n;
                        let r = if sums[0][n] > 0.0 { 1.0 / sums[0][n] } else { 0.0 };
                        inverse[o] = r;
                        mean[o] = sums[1][n] * r;
                        variance[o] = (sums[2][n] * r - mean[o] * mean[o]).max(0.0) + noise;
                    }
                }
            });
    }

    /// Runs over all windows in blocks of planes: `each(offset in block, offset, window, outputs of the block)`.
    fn windows<T: Send>(
        &self,
        moved: &[f32],
        outputs: [&mut [f32]; 3],
        start: impl Fn() -> T + Sync,
        each: impl Fn(&mut T, usize, &Window, [&mut f32; 3]) + Sync,
    ) -> Vec<T> {
        let FixedSide { dims, values, weights, radius, noise, .. } = &self.fixed;
        let plane = dims[0] * dims[1];
        let block = plane * BLOCK;
        let [out0, out1, out2] = outputs;
        out0.par_chunks_mut(block)
            .zip(out1.par_chunks_mut(block))
            .zip(out2.par_chunks_mut(block))
            .enumerate()
            .map(|(slab, ((out0, out1), out2))| {
                let mut state = start();
                let mut ring = PlaneRing::<3>::new(*dims, *radius, slab * BLOCK);
                let (mut samples, mut sums) = (fields(plane), fields(plane));
                let fill = |z: usize, out: &mut [Vec<f32>; 3]| {
                    let f = &values[z * plane..][..plane];
                    let m = &moved[z * plane..][..plane];
                    let w = &weights[z * plane..][..plane];
                    let [first, second, third] = out;
                    for n in 0..plane {
                        let wm = w[n] * m[n];
                        first[n] = wm;
                        second[n] = wm * m[n];
                        third[n] = wm * f[n];
                    }
                };
                for at in 0..out0.len() / plane {
                    let z = slab * BLOCK + at;
                    ring.sums(z, fill, &mut samples, &mut sums);
                    for n in 0..plane {
                        let (here, o) = (at * plane + n, z * plane + n);
                        let r = self.inverse_weight[o];
                        let mean = sums[0][n] * r;
                        let window = Window {
                            mean,
                            variance: (sums[1][n] * r - mean * mean).max(0.0) + noise,
                            covariance: sums[2][n] * r - self.mean[o] * mean + noise,
                        };
                        each(&mut state, o, &window, [&mut out0[here], &mut out1[here], &mut out2[here]]);
                    }
                }
                state
            })
            .collect()
    }
}

fn fields(plane: usize) -> [Vec<f32>; 3] {
    std::array::from_fn(|_| vec![0.0; plane])
}

impl Metric for Lncc {
    fn evaluate(&mut self, moved: &[f32], slope: &mut [f32]) -> f64 {
        let mut share = std::mem::take(&mut self.share);
        let costs = self.windows(
            moved,
            share.each_mut().map(Vec::as_mut_slice),
            || 0.0_f64,
            |cost, o, window, [a, b, mixed]| {
                let w = self.fixed.weights[o];
                let inverse = 1.0 / (self.variance[o] * window.variance);
                let cc = window.covariance * window.covariance * inverse;
                let scale = w * self.inverse_weight[o];
                *cost += f64::from(w * cc);
                *a = 2.0 * scale * window.covariance * inverse;
                *b = -scale * cc / window.variance;
                *mixed = *a * self.mean[o] + 2.0 * *b * window.mean;
            },
        );
        let FixedSide { dims, values, weights, total, radius, .. } = &self.fixed;
        let plane = dims[0] * dims[1];
        slope.par_chunks_mut(plane * BLOCK).enumerate().for_each(|(slab, slope)| {
            let mut ring = PlaneRing::<3>::new(*dims, *radius, slab * BLOCK);
            let (mut samples, mut sums) = (fields(plane), fields(plane));
            let fill = |z: usize, out: &mut [Vec<f32>; 3]| {
                for (out, share) in out.iter_mut().zip(&share) {
                    out.copy_from_slice(&share[z * plane..][..plane]);
                }
            };
            for (at, slope) in slope.chunks_exact_mut(plane).enumerate() {
                let first = (slab * BLOCK + at) * plane;
                ring.sums(slab * BLOCK + at, fill, &mut samples, &mut sums);
                let scale = (-1.0 / total) as f32;
                for n in 0..plane {
                    let o = first + n;
                    let pull = values[o] * sums[0][n] + 2.0 * moved[o] * sums[1][n] - sums[2][n];
                    slope[n] = scale * weights[o] * pull;
                }
            }
        });
        self.share = share;
        -ordered_sum(&costs) / self.fixed.total
    }

    fn misfit(&mut self, moved: &[f32]) -> Vec<f32> {
        let mut share = std::mem::take(&mut self.share);
        self.windows(
            moved,
            share.each_mut().map(Vec::as_mut_slice),
            || (),
            |(), o, window, [misfit, _, _]| {
                let cc = window.covariance * window.covariance / (self.variance[o] * window.variance);
                *misfit = (1.0 - cc).clamp(0.0, 1.0);
            },
        );
        let misfit = share[0].clone();
        self.share = share;
        misfit
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::case;
    use super::*;

    /// The definition, window by window in f64.
    fn slow(fixed: &FixedSide, moved: &[f32]) -> f64 {
        let d = fixed.dims;
        let span =
            |c: usize, a: usize| c.saturating_sub(fixed.radius[a])..(c + fixed.radius[a] + 1).min(d[a]);
        let mut cost = 0.0;
        for o in 0..moved.len() {
            let v = [o % d[0], o / d[0] % d[1], o / (d[0] * d[1])];
            let mut s = [0.0_f64; 6];
            for k in span(v[2], 2) {
                for j in span(v[1], 1) {
                    for i in span(v[0], 0) {
                        let n = i + d[0] * (j + d[1] * k);
                        let (w, f, m) =
                            (f64::from(fixed.weights[n]), f64::from(fixed.values[n]), f64::from(moved[n]));
                        let terms = [w, w * f, w * m, w * f * m, w * f * f, w * m * m];
                        s.iter_mut().zip(terms).for_each(|(s, t)| *s += t);
                    }
                }
            }
            if s[0] > 0.0 && fixed.weights[o] > 0.0 {
                let [f, m, fm, ff, mm] = [1, 2, 3, 4, 5].map(|n| s[n] / s[0]);
                let eps = f64::from(fixed.noise);
                let cov = fm - f * m + eps;
                cost -= f64::from(fixed.weights[o]) * cov * cov / ((ff - f * f + eps) * (mm - m * m + eps));
            }
        }
        cost / fixed.total
    }

    #[test]
    fn the_fast_kernel_is_the_definition() {
        // Taller than one block, not a multiple of it; and windows larger than the image.
        for (dims, radius) in [([17, 13, 37], [2, 2, 2]), ([17, 13, 11], [20, 3, 15])] {
            let (mut fixed, moved) = case(dims);
            fixed.radius = radius;
            let expected = slow(&fixed, &moved);
            let cost = Lncc::new(fixed).evaluate(&moved, &mut vec![0.0; moved.len()]);
            assert!((cost - expected).abs() < 1e-5 * expected.abs(), "{cost} against {expected}");
        }
    }

    #[test]
    fn an_image_is_most_like_itself() {
        let (fixed, moved) = case([17, 13, 11]);
        let values = fixed.values.clone();
        let mut slope = vec![0.0; moved.len()];
        Lncc::new(fixed.clone()).evaluate(&moved, &mut slope);
        let elsewhere = slope.iter().fold(0.0_f32, |m, g| m.max(g.abs()));
        let weight: f64 = fixed.weights.iter().map(|&w| f64::from(w)).sum();
        let cost = Lncc::new(fixed.clone()).evaluate(&values, &mut slope);
        assert!((cost + weight / fixed.total).abs() < 1e-5);
        assert!(slope.iter().all(|g| g.abs() < 1e-4 * elsewhere));
    }

    #[test]
    fn a_linear_change_of_intensity_is_no_difference() {
        let (mut fixed, moved) = case([17, 13, 11]);
        fixed.noise = 1e-6;
        let weight: f64 = fixed.weights.iter().map(|&w| f64::from(w)).sum();
        let same: Vec<f32> = fixed.values.iter().map(|v| 3.0 - 0.5 * v).collect();
        let total = fixed.total;
        let cost = Lncc::new(fixed).evaluate(&same, &mut vec![0.0; moved.len()]);
        assert!((cost + weight / total).abs() < 1e-3);
    }
}
