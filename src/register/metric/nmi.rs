//! Normalised mutual information (Studholme 1999), for scans of two modalities.
//!
//! From the joint histogram `p(f, m)`, in which a fixed value falls into one bin and a moved value is spread over four by
//! the cubic B-spline (Mattes 2003): `NMI = (H(F) + H(M)) / H(F, M)`, between 1 (nothing in common) and 2, without unit.
//! `E = -(NMI - 1) W / N` with `W` the sum of weights, so that what is not seen counts as nothing in common. Since
//! `sum dp = 0`, with the table `L(f, m) = (ln p(m) - NMI ln p(f, m)) / H(F, M)` the derivative is
//! `dE/dM_j = (w_j / N) s sum_m L(f_j, m) B'(s M_j - m)`, `s` the bins per unit of intensity.
//!
//! It knows no place: it suits rigid motion and coarse lattices.

use rayon::prelude::*;

use super::{FixedSide, Metric};
use crate::numeric::bspline::{derivative_weights, weights};

/// Bins along each axis of the histogram. The spline of a moved value reaches one bin before and two behind its own.
const BINS: usize = 32;
/// Planes of one block of work: fixed, so that no sum depends on the number of threads.
const BLOCK: usize = 16;

/// The metric with what does not change within a level.
pub struct Nmi {
    fixed: FixedSide,
    /// Bin of each fixed value.
    bins: Vec<u8>,
    /// Sum of the weights.
    weight: f64,
}

/// The joint histogram and its entropies.
struct Joint {
    /// `p[f * BINS + m]`.
    joint: Vec<f64>,
    fixed: [f64; BINS],
    moved: [f64; BINS],
    /// `H(F) + H(M)`.
    apart: f64,
    /// `H(F, M)`.
    together: f64,
}

fn entropy(p: &[f64]) -> f64 {
    p.iter().filter(|&&p| p > 0.0).map(|&p| -p * libm::log(p)).sum()
}

impl Nmi {
    /// Against a fixed side.
    pub fn new(fixed: FixedSide) -> Self {
        let used = || fixed.values.iter().zip(fixed.weights.iter()).filter(|(_, w)| **w > 0.0);
        let low = used().map(|(v, _)| *v).fold(f32::INFINITY, f32::min);
        let high = used().map(|(v, _)| *v).fold(f32::NEG_INFINITY, f32::max);
        let scale = if high > low { BINS as f32 / (high - low) } else { 0.0 };
        let bins = fixed.values.iter().map(|v| ((v - low) * scale).clamp(0.0, (BINS - 1) as f32) as u8);
        let bins = bins.collect();
        let weight = fixed.weights.iter().map(|&w| f64::from(w)).sum();
        Self { fixed, bins, weight }
    }

    /// Bins per unit of moved intensity; 0 where it can take one value alone.
    fn scale(&self) -> f64 {
        let [low, high] = self.fixed.moving_range.map(f64::from);
        if high > low { (BINS - 4) as f64 / (high - low) } else { 0.0 }
    }

    /// First of a moved value's four bins, its fraction of the interval, and whether it lies in the range.
    fn place(&self, moved: f32) -> (usize, f64, bool) {
        let t = (f64::from(moved) - f64::from(self.fixed.moving_range[0])) * self.scale();
        let last = (BINS - 4) as f64;
        let inside = (0.0..=last).contains(&t);
        let t = t.clamp(0.0, last);
        let whole = t.floor().min(last - 1.0);
        (whole as usize, t - whole, inside)
    }

    fn joint(&self, moved: &[f32]) -> Joint {
        let block = self.fixed.dims[0] * self.fixed.dims[1] * BLOCK;
        let parts: Vec<Vec<f64>> = moved
            .par_chunks(block)
            .enumerate()
            .map(|(slab, moved)| {
                let mut counts = vec![0.0; BINS * BINS];
                for (n, &m) in moved.iter().enumerate() {
                    let o = slab * block + n;
                    let w = f64::from(self.fixed.weights[o]);
                    if w > 0.0 {
                        let (base, t, _) = self.place(m);
                        let row = usize::from(self.bins[o]) * BINS + base;
                        for (count, share) in counts[row..row + 4].iter_mut().zip(weights(t)) {
                            *count += w * share;
                        }
                    }
                }
                counts
            })
            .collect();
        let mut joint = vec![0.0; BINS * BINS];
        for part in parts {
            joint.iter_mut().zip(part).for_each(|(sum, count)| *sum += count);
        }
        if self.weight > 0.0 {
            for p in &mut joint {
                *p /= self.weight;
            }
        }
        let (mut fixed, mut moved) = ([0.0; BINS], [0.0; BINS]);
        for (n, p) in joint.iter().enumerate() {
            fixed[n / BINS] += p;
            moved[n % BINS] += p;
        }
        let (apart, together) = (entropy(&fixed) + entropy(&moved), entropy(&joint));
        Joint { joint, fixed, moved, apart, together }
    }
}

impl Metric for Nmi {
    fn evaluate(&mut self, moved: &[f32], slope: &mut [f32]) -> f64 {
        let joint = self.joint(moved);
        if joint.together <= 0.0 {
            // One value each: nothing to have in common.
            slope.fill(0.0);
            return 0.0;
        }
        let nmi = joint.apart / joint.together;
        let table: Vec<f64> = joint
            .joint
            .iter()
            .enumerate()
            .map(|(n, &p)| {
                let value = libm::log(joint.moved[n % BINS]) - nmi * libm::log(p);
                if p > 0.0 { value / joint.together } else { 0.0 }
            })
            .collect();
        let block = self.fixed.dims[0] * self.fixed.dims[1] * BLOCK;
        let scale = self.scale() / self.fixed.total;
        slope.par_chunks_mut(block).enumerate().for_each(|(slab, slope)| {
            for (n, slope) in slope.iter_mut().enumerate() {
                let o = slab * block + n;
                let (base, t, inside) = self.place(moved[o]);
                *slope = 0.0;
                if inside && self.fixed.weights[o] > 0.0 {
                    let row = usize::from(self.bins[o]) * BINS + base;
                    let pull = table[row..row + 4].iter().zip(derivative_weights(t)).map(|(l, b)| l * b);
                    *slope = (f64::from(self.fixed.weights[o]) * scale * pull.sum::<f64>()) as f32;
                }
            }
        });
        -(nmi - 1.0) * self.weight / self.fixed.total
    }

    /// `1 / (1 + p(f, m) / (p(f) p(m)))`: a half where the two values meet as often as by chance.
    fn misfit(&mut self, moved: &[f32]) -> Vec<f32> {
        let joint = self.joint(moved);
        moved
            .iter()
            .zip(&self.bins)
            .map(|(&m, &f)| {
                let (base, t, _) = self.place(m);
                let f = usize::from(f);
                let (mut together, mut apart) = (0.0, 0.0);
                for (a, share) in weights(t).into_iter().enumerate() {
                    together += share * joint.joint[f * BINS + base + a];
                    apart += share * joint.fixed[f] * joint.moved[base + a];
                }
                if apart > 0.0 { (apart / (apart + together)) as f32 } else { 1.0 }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::case;
    use super::*;

    #[test]
    fn any_relabelling_of_intensities_is_the_same_image() {
        let (mut fixed, moved) = case([17, 13, 11]);
        fixed.weights = vec![1.0; moved.len()].into();
        let mut slope = vec![0.0; moved.len()];
        let mut cost = |side: &FixedSide, moved: &[f32]| Nmi::new(side.clone()).evaluate(moved, &mut slope);
        let values = fixed.values.clone();
        let folded: Vec<f32> = values.iter().map(|v| 2.0 - v.abs()).collect();
        let (same, other, foreign) = (cost(&fixed, &values), cost(&fixed, &folded), cost(&fixed, &moved));
        assert!(same < other && other < foreign - 0.1, "{same}, folded {other}, foreign {foreign}");
    }

    #[test]
    fn independent_values_have_nothing_in_common() {
        let (mut fixed, _) = case([32, 16, 16]);
        fixed.weights = vec![1.0; fixed.values.len()].into();
        // Every moved value meets every fixed value equally often.
        let independent: Vec<f32> = (0..8192).map(|o| (o % 32) as f32 / 16.0 - 1.0).collect();
        fixed.values = independent.into();
        let moved: Vec<f32> = (0..8192).map(|o| (o / 32 % 16) as f32 / 8.0 - 1.0).collect();
        let cost = Nmi::new(fixed).evaluate(&moved, &mut vec![0.0; 8192]);
        assert!(cost.abs() < 1e-12, "{cost}");
    }
}
