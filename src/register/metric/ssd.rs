//! Mean squared difference: for scans whose intensities mean the same, and as the plainest metric for tests.

use rayon::prelude::*;

use super::{FixedSide, Metric};
use crate::numeric::sum::ordered_sum;

/// `E = sum w (M - F)^2 / N`, with slope `2 w (M - F) / N`.
pub struct Ssd {
    fixed: FixedSide,
}

impl Ssd {
    /// Against a fixed side.
    pub fn new(fixed: FixedSide) -> Self {
        Self { fixed }
    }
}

impl Metric for Ssd {
    fn evaluate(&mut self, moved: &[f32], slope: &mut [f32]) -> f64 {
        let FixedSide { dims, values, weights, total, .. } = &self.fixed;
        let plane = dims[0] * dims[1];
        let sums: Vec<f64> = slope
            .par_chunks_exact_mut(plane)
            .enumerate()
            .map(|(k, slope)| {
                let mut sum = 0.0;
                for (n, g) in slope.iter_mut().enumerate() {
                    let o = k * plane + n;
                    let difference = moved[o] - values[o];
                    *g = (2.0 / total) as f32 * weights[o] * difference;
                    sum += f64::from(weights[o]) * f64::from(difference) * f64::from(difference);
                }
                sum
            })
            .collect();
        ordered_sum(&sums) / total
    }

    fn misfit(&mut self, moved: &[f32]) -> Vec<f32> {
        let FixedSide { values, .. } = &self.fixed;
        moved.iter().zip(values.iter()).map(|(m, f)| 1.0 - 1.0 / (1.0 + (m - f) * (m - f))).collect()
    }
}
