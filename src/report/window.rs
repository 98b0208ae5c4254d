//! Which intensities are black and which are white.

use crate::numeric::quantile::{ascending, percentile};
use crate::record::Modality;

/// How much of the body is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// The neighbourhood of a region.
    Close,
    /// The whole slice.
    Whole,
}

/// A range of intensities that is shown from black to white.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window {
    /// Shown black.
    pub low: f64,
    /// Shown white.
    pub high: f64,
    /// What it is called in captions.
    pub name: &'static str,
}

impl Window {
    /// The window for the intensities in sight. NaN is ignored.
    ///
    /// CT has fixed windows (lung where a quarter of what is near is lung, wide where a whole slice holds much of it, else soft tissue);
    /// all else spans the 1st to the 99.5th percentile.
    pub fn choose(modality: Modality, extent: Extent, values: &[f32]) -> Self {
        // A few ten thousand values place a percentile as well as all do.
        let step = (values.len() / 40_000).max(1);
        let seen = values.iter().step_by(step).filter(|v| v.is_finite()).map(|v| f64::from(*v)).collect();
        let seen = ascending(seen);
        if modality == Modality::Ct {
            return Self::for_ct(extent, &seen);
        }
        let (low, high) = match (percentile(&seen, 1.0), percentile(&seen, 99.5)) {
            (Some(low), Some(high)) if high > low => (low, high),
            (Some(low), _) => (low - 0.5, low + 0.5),
            _ => (0.0, 1.0),
        };
        Self { low, high, name: "1st to 99.5th percentile" }
    }

    fn for_ct(extent: Extent, seen: &[f64]) -> Self {
        // Air around the patient says nothing about the tissue in sight.
        let tissue: Vec<f64> = seen.iter().copied().filter(|v| *v > -950.0).collect();
        let lung = tissue.iter().filter(|v| **v < -500.0).count() as f64 / tissue.len().max(1) as f64;
        match extent {
            Extent::Close if lung > 0.25 => {
                Self { low: -1350.0, high: 150.0, name: "lung window, \u{2212}1350 to 150 HU" }
            }
            Extent::Whole if lung > 0.10 => {
                Self { low: -1000.0, high: 400.0, name: "wide window, \u{2212}1000 to 400 HU" }
            }
            _ => Self { low: -160.0, high: 240.0, name: "soft-tissue window, \u{2212}160 to 240 HU" },
        }
    }

    /// Brightness from 0 to 1; `None` where there is no data.
    pub fn brightness(&self, value: f32) -> Option<f64> {
        let share = (f64::from(value) - self.low) / (self.high - self.low);
        share.is_finite().then(|| share.clamp(0.0, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lung_is_seen_in_a_lung_window_and_liver_in_soft_tissue() {
        let lung = vec![-800.0; 100];
        let liver = vec![60.0; 100];
        assert_eq!(Window::choose(Modality::Ct, Extent::Close, &lung).high, 150.0);
        assert_eq!(Window::choose(Modality::Ct, Extent::Close, &liver).high, 240.0);
        assert_eq!(Window::choose(Modality::Ct, Extent::Whole, &[lung, liver].concat()).high, 400.0);
    }

    #[test]
    fn an_image_without_spread_or_data_has_a_window() {
        for values in [vec![], vec![f32::NAN; 4], vec![3.0; 4]] {
            let window = Window::choose(Modality::Mr, Extent::Close, &values);
            assert!(window.high > window.low);
        }
        assert_eq!(Window { low: 0.0, high: 1.0, name: "" }.brightness(f32::NAN), None);
    }
}
