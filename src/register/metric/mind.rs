//! Self-similarity context of the modality-independent neighbourhood (MIND-SSC, Heinrich 2013), compared voxel by voxel.
//!
//! Around each voxel stand six neighbours, one each way along the axes. The twelve pairs of them that are no opposites
//! give `D_c = K(W_c (I_a - I_b)^2) / K(W_c)`: squared differences, averaged over a window `K` of three voxels each way,
//! `W_c = w_a w_b`. With `V = sum_c D_c / 12 + eps` the descriptor is `f_c = exp(-D_c / V)`: what looks like what
//! nearby, whatever its grey level. `eps` is the noise; the original takes the smallest `D_c` off first, which would
//! leave no derivative where two are equal. With `g_c` of the fixed image and `e_c = f_c - g_c`, all without unit:
//!
//! `E = sum w sum_c e_c^2 / (12 N)`, `P_c = dE/dD_c / K(W_c) = (w / (6 N K(W_c))) [sum_k e_k f_k D_k / (12 V^2) - e_c f_c / V]`,
//! and `dE/dI` gathers `2 W_c K(P_c) (I_a - I_b)` at `a` and its negative at `b` from the voxels they are neighbours of.

use rayon::prelude::*;

use super::{FixedSide, Metric};
use crate::numeric::box_sum::PlaneRing;
use crate::numeric::sum::ordered_sum;

/// Planes of one block of work: fixed, so that no sum depends on the number of threads.
const BLOCK: usize = 16;
/// Half-width of the window in voxels.
const WINDOW: [usize; 3] = [1; 3];
const PAIRS: usize = 12;

/// The pairs as axis and sign of each neighbour.
const NEIGHBOURS: [[(usize, isize); 2]; PAIRS] = [
    [(0, 1), (1, 1)],
    [(0, 1), (1, -1)],
    [(0, -1), (1, 1)],
    [(0, -1), (1, -1)],
    [(0, 1), (2, 1)],
    [(0, 1), (2, -1)],
    [(0, -1), (2, 1)],
    [(0, -1), (2, -1)],
    [(1, 1), (2, 1)],
    [(1, 1), (2, -1)],
    [(1, -1), (2, 1)],
    [(1, -1), (2, -1)],
];

/// The metric with what does not change within a level.
pub struct Mind {
    fixed: FixedSide,
    /// Descriptor of the fixed image: of each plane, of each pair, the voxels.
    descriptor: Vec<f32>,
    /// `P` of the last evaluation, in the same order.
    share: Vec<f32>,
}

/// What the windows say about one voxel.
struct Local {
    differences: [f32; PAIRS],
    descriptor: [f32; PAIRS],
    /// `V`.
    scale: f32,
}

impl Local {
    fn new(sums: &[Vec<f32>; 2 * PAIRS], n: usize, noise: f32) -> Self {
        let differences: [f32; PAIRS] = std::array::from_fn(|c| {
            let weight = sums[c][n];
            if weight > 0.0 { (sums[PAIRS + c][n] / weight).max(0.0) } else { 0.0 }
        });
        let scale = differences.iter().sum::<f32>() / PAIRS as f32 + noise;
        let descriptor = differences.map(|d| libm::expf(-d / scale));
        Self { differences, descriptor, scale }
    }
}

impl Mind {
    /// Numbers in a descriptor.
    pub const CHANNELS: usize = PAIRS;

    /// Against a fixed side.
    pub fn new(fixed: FixedSide) -> Self {
        let n = fixed.values.len();
        let mut this = Self { descriptor: vec![0.0; PAIRS * n], share: vec![0.0; PAIRS * n], fixed };
        let mut descriptor = std::mem::take(&mut this.descriptor);
        this.windows(&this.fixed.values, &mut descriptor, |_, _, _, local, out| *out = local.descriptor);
        this.descriptor = descriptor;
        this
    }

    /// Descriptor of a voxel of the fixed image, 0 to 1 in each channel.
    pub fn descriptor(&self, o: usize) -> [f32; Self::CHANNELS] {
        let plane = self.fixed.dims[0] * self.fixed.dims[1];
        let (z, n) = (o / plane, o % plane);
        std::array::from_fn(|c| self.descriptor[(z * PAIRS + c) * plane + n])
    }

    /// Calls `each(offset in plane, offset of a, offset of b)` for the voxels of plane `z` that have both neighbours.
    #[inline]
    fn pairs(&self, c: usize, z: usize, mut each: impl FnMut(usize, usize, usize)) {
        let d = self.fixed.dims;
        let reach: [[isize; 3]; 2] = NEIGHBOURS[c].map(|(axis, sign)| {
            let mut step = [0; 3];
            step[axis] = sign * self.fixed.radius[axis] as isize;
            step
        });
        // Voxels whose neighbours are all inside.
        let range = |axis: usize| {
            let low = reach.iter().map(|r| (-r[axis]).max(0)).fold(0, isize::max);
            let high = reach.iter().map(|r| r[axis].max(0)).fold(0, isize::max);
            low as usize..d[axis].saturating_sub(high as usize)
        };
        if !range(2).contains(&z) {
            return;
        }
        let stride = [1, d[0] as isize, (d[0] * d[1]) as isize];
        let shift = reach.map(|r| (0..3).map(|a| r[a] * stride[a]).sum::<isize>());
        let first = (z * d[0] * d[1]) as isize;
        for j in range(1) {
            for i in range(0) {
                let n = i + d[0] * j;
                let o = first + n as isize;
                each(n, (o + shift[0]) as usize, (o + shift[1]) as usize);
            }
        }
    }

    /// Runs over all windows in blocks of planes; `each(plane, offset in plane, window's weights, descriptor, out)` writes
    /// what goes into `outputs` for the pairs of a voxel and returns nothing or a cost, which is summed in order.
    fn windows<C: Cost>(
        &self,
        image: &[f32],
        outputs: &mut [f32],
        each: impl Fn(usize, usize, [f32; PAIRS], &Local, &mut [f32; PAIRS]) -> C + Sync,
    ) -> f64 {
        let FixedSide { dims, weights, noise, .. } = &self.fixed;
        let plane = dims[0] * dims[1];
        let costs: Vec<f64> = outputs
            .par_chunks_mut(PAIRS * plane * BLOCK)
            .enumerate()
            .map(|(slab, outputs)| {
                let mut ring = PlaneRing::<{ 2 * PAIRS }>::new(*dims, WINDOW, slab * BLOCK);
                let mut samples: [Vec<f32>; 2 * PAIRS] = std::array::from_fn(|_| vec![0.0; plane]);
                let mut sums = samples.clone();
                let mut cost = 0.0;
                for (at, outputs) in outputs.chunks_exact_mut(PAIRS * plane).enumerate() {
                    let z = slab * BLOCK + at;
                    while let Some(next) = ring.wanted(z) {
                        let (weight, square) = samples.split_at_mut(PAIRS);
                        for c in 0..PAIRS {
                            weight[c].fill(0.0);
                            square[c].fill(0.0);
                            self.pairs(c, next, |n, a, b| {
                                let (w, difference) = (weights[a] * weights[b], image[a] - image[b]);
                                weight[c][n] = w;
                                square[c][n] = w * difference * difference;
                            });
                        }
                        ring.push(samples.each_ref().map(Vec::as_slice));
                    }
                    ring.sums(z, &mut sums);
                    for n in 0..plane {
                        let mut out = [0.0; PAIRS];
                        if weights[z * plane + n] > 0.0 {
                            let local = Local::new(&sums, n, *noise);
                            let weight = std::array::from_fn(|c| sums[c][n]);
                            cost += each(z, n, weight, &local, &mut out).value();
                        }
                        for (c, out) in out.into_iter().enumerate() {
                            outputs[c * plane + n] = out;
                        }
                    }
                }
                cost
            })
            .collect();
        ordered_sum(&costs)
    }

    /// How far a descriptor is from the fixed one, pair by pair.
    fn misses(&self, z: usize, n: usize, local: &Local) -> [f32; PAIRS] {
        let plane = self.fixed.dims[0] * self.fixed.dims[1];
        let fixed = self.descriptor(z * plane + n);
        std::array::from_fn(|c| local.descriptor[c] - fixed[c])
    }
}

/// What a voxel adds to a sum.
trait Cost {
    fn value(self) -> f64;
}
impl Cost for () {
    fn value(self) -> f64 {
        0.0
    }
}
impl Cost for f64 {
    fn value(self) -> f64 {
        self
    }
}

impl Metric for Mind {
    fn evaluate(&mut self, moved: &[f32], slope: &mut [f32]) -> f64 {
        let FixedSide { dims, weights, total, radius, .. } = &self.fixed;
        let plane = dims[0] * dims[1];
        let mut share = std::mem::take(&mut self.share);
        let cost = self.windows(moved, &mut share, |z, n, window, local, out| {
            let misses = self.misses(z, n, local);
            let Local { differences, descriptor, scale } = local;
            let common: f32 = (0..PAIRS).map(|c| misses[c] * descriptor[c] * differences[c]).sum();
            let common = common / (PAIRS as f32 * scale * scale);
            let weight = weights[z * plane + n];
            let factor = weight * 2.0 / PAIRS as f32 / *total as f32;
            for c in 0..PAIRS {
                if window[c] > 0.0 {
                    out[c] = factor / window[c] * (common - misses[c] * descriptor[c] / scale);
                }
            }
            f64::from(weight) * misses.iter().map(|e| f64::from(e * e)).sum::<f64>()
        });
        // Of each plane the pulls on its pairs; a voxel gathers from the planes its neighbours can lie in.
        slope.par_chunks_mut(plane * BLOCK).enumerate().for_each(|(slab, slope)| {
            let first = slab * BLOCK;
            let planes = slope.len() / plane;
            let (from, to) = (first.saturating_sub(radius[2]), (first + planes + radius[2]).min(dims[2]));
            let mut ring = PlaneRing::<PAIRS>::new(*dims, WINDOW, from);
            let mut sums: [Vec<f32>; PAIRS] = std::array::from_fn(|_| vec![0.0; plane]);
            slope.fill(0.0);
            let own = first * plane..(first + planes) * plane;
            for z in from..to {
                while let Some(next) = ring.wanted(z) {
                    ring.push(std::array::from_fn(|c| &share[(next * PAIRS + c) * plane..][..plane]));
                }
                ring.sums(z, &mut sums);
                for (c, sums) in sums.iter().enumerate() {
                    self.pairs(c, z, |n, a, b| {
                        let pull = 2.0 * weights[a] * weights[b] * sums[n] * (moved[a] - moved[b]);
                        if own.contains(&a) {
                            slope[a - own.start] += pull;
                        }
                        if own.contains(&b) {
                            slope[b - own.start] -= pull;
                        }
                    });
                }
            }
        });
        self.share = share;
        cost / (PAIRS as f64 * self.fixed.total)
    }

    /// Root of the mean squared difference of the descriptors.
    fn misfit(&mut self, moved: &[f32]) -> Vec<f32> {
        let plane = self.fixed.dims[0] * self.fixed.dims[1];
        let mut share = std::mem::take(&mut self.share);
        self.windows(moved, &mut share, |z, n, _, local, out| {
            let squares: f32 = self.misses(z, n, local).iter().map(|e| e * e).sum();
            out[0] = (squares / PAIRS as f32).sqrt();
        });
        let planes = share.chunks_exact(PAIRS * plane).map(|planes| &planes[..plane]);
        let misfit = planes.collect::<Vec<_>>().concat();
        self.share = share;
        misfit
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::case;
    use super::*;

    /// The definition, voxel by voxel in f64.
    fn slow(fixed: &FixedSide, moved: &[f32]) -> f64 {
        let d = fixed.dims;
        let inside = |p: [isize; 3]| (0..3).all(|a| p[a] >= 0 && p[a] < d[a] as isize);
        let offset = |p: [isize; 3]| p[0] as usize + d[0] * (p[1] as usize + d[1] * p[2] as usize);
        let describe = |image: &[f32], v: [isize; 3]| {
            let mut differences = [0.0; PAIRS];
            for (difference, pair) in differences.iter_mut().zip(NEIGHBOURS) {
                let (mut sum, mut weight) = (0.0, 0.0);
                for s in 0..27 {
                    let q = [v[0] + s % 3 - 1, v[1] + s / 3 % 3 - 1, v[2] + s / 9 - 1];
                    let [a, b] = pair.map(|(axis, sign)| {
                        let mut p = q;
                        p[axis] += sign * fixed.radius[axis] as isize;
                        p
                    });
                    if inside(q) && inside(a) && inside(b) {
                        let (a, b) = (offset(a), offset(b));
                        let w = f64::from(fixed.weights[a]) * f64::from(fixed.weights[b]);
                        weight += w;
                        sum += w * (f64::from(image[a]) - f64::from(image[b])).powi(2);
                    }
                }
                *difference = if weight > 0.0 { sum / weight } else { 0.0 };
            }
            let scale = differences.iter().sum::<f64>() / 12.0 + f64::from(fixed.noise);
            differences.map(|d| libm::exp(-d / scale))
        };
        let mut cost = 0.0;
        for o in 0..moved.len() {
            let v = [o % d[0], o / d[0] % d[1], o / (d[0] * d[1])].map(|n| n as isize);
            let (f, g) = (describe(moved, v), describe(&fixed.values, v));
            let squares: f64 = f.iter().zip(g).map(|(f, g)| (f - g).powi(2)).sum();
            cost += f64::from(fixed.weights[o]) * squares;
        }
        cost / (12.0 * fixed.total)
    }

    #[test]
    fn the_fast_kernel_is_the_definition() {
        // Taller than one block; and neighbours that lie outside everywhere along two axes.
        for (dims, radius) in [([14, 13, 19], [2, 1, 2]), ([9, 13, 11], [20, 3, 15])] {
            let (mut fixed, moved) = case(dims);
            fixed.radius = radius;
            let expected = slow(&fixed, &moved);
            let cost = Mind::new(fixed).evaluate(&moved, &mut vec![0.0; moved.len()]);
            assert!((cost - expected).abs() <= 1e-5 * expected.abs(), "{cost} against {expected}");
        }
    }

    #[test]
    fn inverted_and_scaled_intensities_are_the_same_image() {
        let (mut fixed, _) = case([17, 13, 11]);
        fixed.noise = 1e-6;
        let inverted: Vec<f32> = fixed.values.iter().map(|v| 1.0 - 3.0 * v).collect();
        let cost = Mind::new(fixed).evaluate(&inverted, &mut vec![0.0; inverted.len()]);
        assert!(cost < 1e-8, "{cost}");
    }
}
