//! How alike two images on one grid are, and how that changes with the moving one.
//!
//! A metric is its value and one image, the slope `dE / dM`; warping, the spline, masks and threads are shared. One
//! more metric is one file, and here its variant with name, whether it spans contrasts, and an arm of
//! [`MetricKind::build`]; the tests of this file then hold for it too.

mod lncc;
mod mind;
mod nmi;
mod ssd;

pub use lncc::Lncc;
pub use mind::Mind;
pub use nmi::Nmi;
pub use ssd::Ssd;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The fixed side of a comparison, frozen for one level.
#[derive(Clone, Debug)]
pub struct FixedSide {
    /// Voxels along each axis.
    pub dims: [usize; 3],
    /// Prepared intensities (zero mean, unit SD in the body), finite everywhere.
    pub values: Arc<Vec<f32>>,
    /// Weight of each voxel, 0 to 1; shared with what samples the moved image.
    pub weights: Arc<[f32]>,
    /// What the cost is divided by: a constant, so that losing overlap costs and never pays.
    pub total: f64,
    /// Half-width of local windows along each axis in voxels.
    pub radius: [usize; 3],
    /// Least and largest value that the moved image can take.
    pub moving_range: [f32; 2],
    /// Local variance that counts as noise (intensities have unit variance).
    pub noise: f32,
}

/// A measure of dissimilarity between the fixed side and a moved image; smaller is better.
pub trait Metric: Send + Sync {
    /// The cost of `moved`; its derivative by each value of `moved` is written to `slope`.
    fn evaluate(&mut self, moved: &[f32], slope: &mut [f32]) -> f64;
    /// How badly each voxel fits, 0 (as well as can be) to 1 (not at all), for robust weights.
    fn misfit(&mut self, moved: &[f32]) -> Vec<f32>;
}

/// The metrics there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MetricKind {
    /// Squared local normalised cross-correlation.
    Lncc,
    /// Mean squared difference.
    Ssd,
    /// Normalised mutual information.
    Nmi,
    /// Mean squared difference of self-similarity (MIND-SSC).
    Mind,
}

impl MetricKind {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::Lncc, Self::Ssd, Self::Nmi, Self::Mind];

    /// Its name for a reader.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lncc => "squared local normalised cross-correlation",
            Self::Ssd => "mean squared difference",
            Self::Nmi => "normalised mutual information",
            Self::Mind => "mean squared difference of self-similarity (MIND-SSC)",
        }
    }

    /// Whether it finds likeness where tissue looks different in the two scans.
    pub fn spans_contrasts(self) -> bool {
        match self {
            Self::Nmi | Self::Mind => true,
            Self::Lncc | Self::Ssd => false,
        }
    }

    /// The metric of the rigid stage before it: where contrasts may differ mutual information, which sees far, and reads a
    /// place from all of the body at once.
    #[must_use]
    pub fn of_rigid_stage(self) -> Self {
        if self.spans_contrasts() { Self::Nmi } else { self }
    }

    /// The metric against a fixed side.
    pub fn build(self, fixed: FixedSide) -> Box<dyn Metric> {
        match self {
            Self::Lncc => Box::new(Lncc::new(fixed)),
            Self::Ssd => Box::new(Ssd::new(fixed)),
            Self::Nmi => Box::new(Nmi::new(fixed)),
            Self::Mind => Box::new(Mind::new(fixed)),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A smooth textured pair with a mask, in steps of 2^-10 so that small moves are exact in f32.
    pub(crate) fn case(dims: [usize; 3]) -> (FixedSide, Vec<f32>) {
        let n = dims.iter().product();
        let wave = |o: usize, s: f64| {
            let (i, j, k) = (o % dims[0], o / dims[0] % dims[1], o / (dims[0] * dims[1]));
            let v = libm::sin(0.9 * i as f64 + s) + libm::sin(0.7 * j as f64 - s) * libm::cos(0.8 * k as f64);
            ((v * 1024.0).round() / 1024.0) as f32
        };
        let weights = (0..n).map(|o| if o % 11 == 3 { 0.0 } else { 1.0 }).collect();
        let values = Arc::new((0..n).map(|o| wave(o, 0.0)).collect());
        let (radius, moving_range) = ([2, 1, 3], [-3.0, 3.0]);
        let fixed = FixedSide { dims, values, weights, total: n as f64, radius, moving_range, noise: 0.01 };
        (fixed, (0..n).map(|o| wave(o, 0.6)).collect())
    }

    #[test]
    fn every_slope_is_the_derivative_of_its_cost() {
        let (fixed, moved) = case([17, 13, 11]);
        for &kind in MetricKind::ALL {
            let mut metric = kind.build(fixed.clone());
            let mut slope = vec![0.0; moved.len()];
            metric.evaluate(&moved, &mut slope);
            for seed in 0..20 {
                let turn: Vec<f32> = (0..moved.len())
                    .map(|o| ((libm::sin((o * (seed + 1)) as f64 * 0.013) * 64.0).round() / 64.0) as f32)
                    .collect();
                let mut at = |h: f32| {
                    let there: Vec<f32> = moved.iter().zip(&turn).map(|(m, t)| m + h * t).collect();
                    metric.evaluate(&there, &mut vec![0.0; there.len()])
                };
                // Fourth-order differences, all arguments exact in f32.
                let h = 1.0 / 128.0;
                let measured =
                    (8.0 * (at(h) - at(-h)) - (at(2.0 * h) - at(-2.0 * h))) / (12.0 * f64::from(h));
                let claimed: f64 = slope.iter().zip(&turn).map(|(&g, &t)| f64::from(g) * f64::from(t)).sum();
                let scale = slope.iter().zip(&turn).map(|(&g, &t)| f64::from((g * t).abs())).sum::<f64>();
                assert!(
                    (measured - claimed).abs() < 1e-5 * scale,
                    "{kind:?}, direction {seed}: {measured} against {claimed}"
                );
            }
        }
    }

    #[test]
    fn masked_voxels_have_no_say() {
        let (fixed, mut moved) = case([12, 10, 9]);
        for &kind in MetricKind::ALL {
            let mut slope = vec![1.0; moved.len()];
            let before = kind.build(fixed.clone()).evaluate(&moved, &mut slope);
            for (o, w) in fixed.weights.iter().enumerate() {
                if *w == 0.0 {
                    assert_eq!(slope[o], 0.0);
                    moved[o] += 5.0;
                }
            }
            assert_eq!(before, kind.build(fixed.clone()).evaluate(&moved, &mut slope));
        }
    }

    #[test]
    fn empty_masks_and_flat_images_give_numbers() {
        let (fixed, moved) = case([12, 10, 9]);
        let flat = vec![2.0; moved.len()];
        for &kind in MetricKind::ALL {
            let nothing = FixedSide { weights: vec![0.0; moved.len()].into(), ..fixed.clone() };
            let constant = FixedSide { values: vec![-1.0; moved.len()].into(), ..fixed.clone() };
            for (side, moved) in
                [(&nothing, &moved), (&fixed, &flat), (&constant, &moved), (&constant, &flat)]
            {
                let mut slope = vec![f32::NAN; moved.len()];
                let cost = kind.build(side.clone()).evaluate(moved, &mut slope);
                assert!(cost.is_finite() && slope.iter().all(|g| g.is_finite()), "{kind:?}");
            }
        }
    }
}
