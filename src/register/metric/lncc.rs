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

use multiversion::multiversion;
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

/// Voxels that are worked on side by side.
const LANES: usize = 16;

/// One plane: window sums of `wM`, `wM^2` and `wMF`, what is known of the fixed side, and the weights.
type Plane<'a> = [&'a [f32]; 7];

/// Mean and variance of the moved image in a window, and its covariance with the fixed one.
#[allow(clippy::inline_always, reason = "what is inlined is compiled for the instructions of its caller")]
#[inline(always)]
fn moments([m, mm, mf, inverse, mean, _, _]: [f32; 7], noise: f32) -> [f32; 3] {
    let moved = m * inverse;
    [moved, (mm * inverse - moved * moved).max(0.0) + noise, mf * inverse - mean * moved + noise]
}

/// `a`, `b`, `a Fm + 2 b Mm` and `w cc` of a window.
#[allow(clippy::inline_always, reason = "what is inlined is compiled for the instructions of its caller")]
#[inline(always)]
fn share(window: [f32; 7], noise: f32) -> [f32; 4] {
    let [_, _, _, inverse_weight, mean, variance, weight] = window;
    let [moved, moved_variance, covariance] = moments(window, noise);
    let inverse = 1.0 / (variance * moved_variance);
    let cc = covariance * covariance * inverse;
    let scale = weight * inverse_weight;
    let a = 2.0 * scale * covariance * inverse;
    // Divided anew, so that at M = F the shares cancel to the last bits.
    let b = -scale * cc / moved_variance;
    [a, b, a * mean + 2.0 * b * moved, weight * cc]
}

/// The shares of all windows of a plane; gives the sum of `w cc`.
#[multiversion(targets("x86_64+avx512f", "x86_64+avx2"))]
fn shares(plane: Plane, noise: f32, out: [&mut [f32]; 3]) -> f64 {
    let (blocks, rest) = split(plane);
    let [(a, a_rest), (b, b_rest), (mixed, mixed_rest)] = out.map(|o| o.as_chunks_mut::<LANES>());
    let mut sums = [0.0_f64; LANES];
    for (n, ((a, b), mixed)) in a.iter_mut().zip(b).zip(mixed).enumerate() {
        let window = blocks.map(|part| &part[n]);
        let mut gain = [0.0; LANES];
        for lane in 0..LANES {
            [a[lane], b[lane], mixed[lane], gain[lane]] = share(window.map(|part| part[lane]), noise);
        }
        for lane in 0..LANES {
            sums[lane] += f64::from(gain[lane]);
        }
    }
    let mut sum: f64 = sums.iter().sum();
    for (n, ((a, b), mixed)) in a_rest.iter_mut().zip(b_rest).zip(mixed_rest).enumerate() {
        let gain;
        [*a, *b, *mixed, gain] = share(rest.map(|part| part[n]), noise);
        sum += f64::from(gain);
    }
    sum
}

/// Blocks of side by side voxels, and what is left.
fn split(plane: Plane<'_>) -> ([&[[f32; LANES]]; 7], [&[f32]; 7]) {
    let parts = plane.map(|part| part.as_chunks::<LANES>());
    (parts.map(|(blocks, _)| blocks), parts.map(|(_, rest)| rest))
}

/// `1 - cc` of all windows of a plane.
fn misfits(plane: Plane, noise: f32, out: &mut [f32]) {
    for (n, out) in out.iter_mut().enumerate() {
        let window = plane.map(|part| part[n]);
        let [_, variance, covariance] = moments(window, noise);
        *out = (1.0 - covariance * covariance / (window[5] * variance)).clamp(0.0, 1.0);
    }
}

/// The slope of a plane from the window sums of the shares.
#[multiversion(targets("x86_64+avx512f", "x86_64+avx2"))]
fn slopes(sums: [&[f32]; 3], [values, moved, weights]: [&[f32]; 3], scale: f32, slope: &mut [f32]) {
    let [a, b, mixed] = sums;
    let inputs = a.iter().zip(b).zip(mixed).zip(values).zip(moved).zip(weights);
    for (slope, (((((a, b), mixed), value), moved), weight)) in slope.iter_mut().zip(inputs) {
        *slope = scale * weight * (value * a + 2.0 * moved * b - mixed);
    }
}

/// Products whose window sums are wanted: `wM`, `wM^2`, `wMF`.
#[multiversion(targets("x86_64+avx512f", "x86_64+avx2"))]
fn products([fixed, moved, weights]: [&[f32]; 3], [m, mm, mf]: [&mut [f32]; 3]) {
    let inputs = fixed.iter().zip(moved).zip(weights);
    for (((m, mm), mf), ((fixed, moved), weight)) in m.iter_mut().zip(mm).zip(mf).zip(inputs) {
        *m = weight * moved;
        *mm = *m * moved;
        *mf = *m * fixed;
    }
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
                let [mut wf, mut wff] = [(); 2].map(|()| vec![0.0; plane]);
                let mut sums = fields(plane);
                for at in 0..inverse.len() / plane {
                    let z = slab * BLOCK + at;
                    while let Some(next) = ring.wanted(z) {
                        let (f, w) = (&values[next * plane..][..plane], &weights[next * plane..][..plane]);
                        for n in 0..plane {
                            wf[n] = w[n] * f[n];
                            wff[n] = wf[n] * f[n];
                        }
                        ring.push([w, &wf, &wff]);
                    }
                    ring.sums(z, &mut sums);
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

    /// Runs over the planes of windows in blocks: `each(plane, its part of the outputs)`; gives what it gives, block
    /// by block summed up.
    fn windows(
        &self,
        moved: &[f32],
        outputs: [&mut [f32]; 3],
        each: impl Fn(Plane, [&mut [f32]; 3]) -> f64 + Sync,
    ) -> f64 {
        let FixedSide { dims, values, weights, radius, .. } = &self.fixed;
        let plane = dims[0] * dims[1];
        let block = plane * BLOCK;
        let [out0, out1, out2] = outputs;
        let sums: Vec<f64> = out0
            .par_chunks_mut(block)
            .zip(out1.par_chunks_mut(block))
            .zip(out2.par_chunks_mut(block))
            .enumerate()
            .map(|(slab, ((out0, out1), out2))| {
                let mut ring = PlaneRing::<3>::new(*dims, *radius, slab * BLOCK);
                let (mut samples, mut sums) = (fields(plane), fields(plane));
                let outputs = out0
                    .chunks_exact_mut(plane)
                    .zip(out1.chunks_exact_mut(plane))
                    .zip(out2.chunks_exact_mut(plane));
                let mut total = 0.0;
                for (at, ((out0, out1), out2)) in outputs.enumerate() {
                    let z = slab * BLOCK + at;
                    while let Some(next) = ring.wanted(z) {
                        let of = [values, moved, weights].map(|part| &part[next * plane..][..plane]);
                        products(of, samples.each_mut().map(Vec::as_mut_slice));
                        ring.push(samples.each_ref().map(Vec::as_slice));
                    }
                    ring.sums(z, &mut sums);
                    let known: [&[f32]; 4] = [&self.inverse_weight, &self.mean, &self.variance, weights];
                    let [inverse, mean, variance, weights] = known.map(|part| &part[z * plane..][..plane]);
                    let [m, mm, mf] = sums.each_ref().map(Vec::as_slice);
                    total += each([m, mm, mf, inverse, mean, variance, weights], [out0, out1, out2]);
                }
                total
            })
            .collect();
        ordered_sum(&sums)
    }
}

fn fields(plane: usize) -> [Vec<f32>; 3] {
    std::array::from_fn(|_| vec![0.0; plane])
}

impl Metric for Lncc {
    fn evaluate(&mut self, moved: &[f32], slope: &mut [f32]) -> f64 {
        let mut share = std::mem::take(&mut self.share);
        let FixedSide { dims, values, weights, total, radius, noise, .. } = &self.fixed;
        let outputs = share.each_mut().map(Vec::as_mut_slice);
        let likeness = self.windows(moved, outputs, |plane, out| shares(plane, *noise, out));
        let plane = dims[0] * dims[1];
        slope.par_chunks_mut(plane * BLOCK).enumerate().for_each(|(slab, slope)| {
            let mut ring = PlaneRing::<3>::new(*dims, *radius, slab * BLOCK);
            let mut sums = fields(plane);
            for (at, slope) in slope.chunks_exact_mut(plane).enumerate() {
                let z = slab * BLOCK + at;
                while let Some(next) = ring.wanted(z) {
                    ring.push(share.each_ref().map(|share| &share[next * plane..][..plane]));
                }
                ring.sums(z, &mut sums);
                let of = [values, moved, weights].map(|part| &part[z * plane..][..plane]);
                slopes(sums.each_ref().map(Vec::as_slice), of, (-1.0 / total) as f32, slope);
            }
        });
        self.share = share;
        -likeness / self.fixed.total
    }

    fn misfit(&mut self, moved: &[f32]) -> Vec<f32> {
        let mut share = std::mem::take(&mut self.share);
        let noise = self.fixed.noise;
        self.windows(moved, share.each_mut().map(Vec::as_mut_slice), |plane, [misfit, _, _]| {
            misfits(plane, noise, misfit);
            0.0
        });
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
