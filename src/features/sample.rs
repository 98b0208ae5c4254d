//! Values with their frequencies, and the statistics that intensities and grey levels share (IBSI 3.3, 3.4).

use crate::record::{Outcome, Reason};

/// A finite, non-empty sample: ascending distinct values, each with how often it occurs.
#[derive(Clone, Debug)]
pub struct Sample {
    runs: Vec<(f64, u64)>,
    n: f64,
    mean: f64,
    variance: f64,
}

impl Sample {
    /// From values with their frequencies, ascending; `None` where there is no value.
    pub fn from_runs(runs: Vec<(f64, u64)>) -> Option<Self> {
        let n = runs.iter().map(|r| r.1).sum::<u64>() as f64;
        let (first, last) = (runs.first()?.0, runs.last()?.0);
        let mut sample = Self { runs, n, mean: first, variance: 0.0 };
        // One value alone has no spread, not even that of rounding.
        if first < last {
            sample.mean = sample.average(|x| x);
            let mean = sample.mean;
            sample.variance = sample.average(|x| (x - mean) * (x - mean));
        }
        Some(sample)
    }

    /// From single values without NaN; `None` where there is none.
    pub fn from_values(values: impl Iterator<Item = f32>) -> Option<Self> {
        // Whole numbers in the order of the floats sort several times faster than floats do.
        let mut keys: Vec<u32> = values.map(|v| ordered_bits(v + 0.0)).collect();
        keys.sort_unstable();
        let run = |run: &[u32]| (f64::from(float_of(run[0])), run.len() as u64);
        Self::from_runs(keys.chunk_by(|a, b| a == b).map(run).collect())
    }

    /// Distinct values, ascending, with their frequencies.
    pub fn runs(&self) -> &[(f64, u64)] {
        &self.runs
    }
    /// Number of values.
    pub fn n(&self) -> f64 {
        self.n
    }
    /// Mean.
    pub fn mean(&self) -> f64 {
        self.mean
    }
    /// Population variance.
    pub fn variance(&self) -> f64 {
        self.variance
    }
    /// Mean of `f` over all values.
    pub fn average(&self, f: impl Fn(f64) -> f64) -> f64 {
        self.runs.iter().map(|&(x, count)| f(x) * count as f64).sum::<f64>() / self.n
    }
    /// Smallest value.
    pub fn min(&self) -> f64 {
        self.runs[0].0
    }
    /// Largest value.
    pub fn max(&self) -> f64 {
        self.runs[self.runs.len() - 1].0
    }
    /// Percentile `p` (0 to 100), interpolated between the two nearest ranks.
    pub fn percentile(&self, p: f64) -> f64 {
        let rank = p / 100.0 * (self.n - 1.0);
        let below = rank.floor();
        let (a, b) = (self.at_rank(below as u64), self.at_rank(rank.ceil() as u64));
        a + (b - a) * (rank - below)
    }
    fn at_rank(&self, rank: u64) -> f64 {
        let mut seen = 0;
        for &(x, count) in &self.runs {
            seen += count;
            if seen > rank {
                return x;
            }
        }
        self.max()
    }
    /// Third standardised moment; zero where all values are equal.
    pub fn skewness(&self) -> f64 {
        let third = self.average(|x| (x - self.mean) * (x - self.mean) * (x - self.mean));
        if self.variance > 0.0 { third / (self.variance * self.variance.sqrt()) } else { 0.0 }
    }
    /// Fourth standardised moment less 3; zero where all values are equal.
    pub fn excess_kurtosis(&self) -> f64 {
        let square = |x: f64| (x - self.mean) * (x - self.mean);
        let fourth = self.average(|x| square(x) * square(x));
        if self.variance > 0.0 { fourth / (self.variance * self.variance) - 3.0 } else { 0.0 }
    }
    /// Mean distance from the mean.
    pub fn mean_absolute_deviation(&self) -> f64 {
        self.average(|x| (x - self.mean).abs())
    }
    /// Mean distance from the median.
    pub fn median_absolute_deviation(&self) -> f64 {
        let median = self.percentile(50.0);
        self.average(|x| (x - median).abs())
    }
    /// Mean distance from the mean among the values from the 10th to the 90th percentile, both included.
    pub fn robust_mean_absolute_deviation(&self) -> Outcome {
        let (low, high) = (self.percentile(10.0), self.percentile(90.0));
        let inner = self.runs.iter().copied().filter(|(x, _)| (low..=high).contains(x)).collect();
        match Self::from_runs(inner) {
            Some(inner) => Outcome::Value(inner.mean_absolute_deviation()),
            // Two values: both percentiles lie between them.
            None => Outcome::Undefined(Reason::RoiTooSmall),
        }
    }
    /// Distance between the quartiles.
    pub fn interquartile_range(&self) -> f64 {
        self.percentile(75.0) - self.percentile(25.0)
    }
    /// Standard deviation divided by the mean.
    pub fn coefficient_of_variation(&self) -> Outcome {
        ratio(self.variance.sqrt(), self.mean)
    }
    /// Distance between the quartiles divided by their sum.
    pub fn quartile_coefficient_of_dispersion(&self) -> Outcome {
        ratio(self.interquartile_range(), self.percentile(75.0) + self.percentile(25.0))
    }
}

fn ratio(numerator: f64, denominator: f64) -> Outcome {
    if denominator == 0.0 {
        Outcome::Undefined(Reason::ZeroDenominator)
    } else {
        Outcome::finite(numerator / denominator)
    }
}

/// A whole number that is ordered as the float is.
fn ordered_bits(x: f32) -> u32 {
    let bits = x.to_bits();
    if bits >> 31 == 1 { !bits } else { bits | 1 << 31 }
}

fn float_of(ordered: u32) -> f32 {
    f32::from_bits(if ordered >> 31 == 1 { ordered & !(1 << 31) } else { !ordered })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::quantile;

    #[test]
    fn runs_give_what_single_values_give() {
        let values = [3.5_f32, -2.0, 3.5, 0.0, -0.0, 7.25, -1e-20, 3.5, 11.0];
        let sample = Sample::from_values(values.into_iter()).unwrap();
        let sorted = quantile::ascending(values.iter().map(|&v| f64::from(v)).collect());
        let singles: Vec<f64> =
            sample.runs().iter().flat_map(|&(x, n)| std::iter::repeat_n(x, n as usize)).collect();
        assert_eq!(singles, sorted);
        for p in [0.0, 10.0, 25.0, 50.0, 61.3, 90.0, 100.0] {
            assert_eq!(Some(sample.percentile(p)), quantile::percentile(&sorted, p));
        }
    }

    #[test]
    fn equal_values_have_no_spread_whatever_their_rounding() {
        let sample = Sample::from_values(std::iter::repeat_n(0.1_f32, 7)).unwrap();
        assert_eq!((sample.variance(), sample.skewness(), sample.excess_kurtosis()), (0.0, 0.0, 0.0));
        assert_eq!(sample.mean(), f64::from(0.1_f32));
    }

    #[test]
    fn a_mean_of_zero_has_no_coefficient_of_variation() {
        let sample = Sample::from_values([-1.0, 1.0].into_iter()).unwrap();
        assert_eq!(sample.coefficient_of_variation(), Outcome::Undefined(Reason::ZeroDenominator));
        assert_eq!(sample.robust_mean_absolute_deviation(), Outcome::Undefined(Reason::RoiTooSmall));
    }
}
