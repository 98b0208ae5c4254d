//! Percentile intervals by resampling clusters: subjects with all their lesions (Davison & Hinkley 1997, section 3.8).
//!
//! Values of one subject are not independent, so subjects are drawn and each brings all it has. The interval lies
//! between the 2.5 and the 97.5 % quantile of the statistic over the resamples. It is known to be too narrow for few
//! clusters; whoever prints it says how it was made.

use crate::numeric::quantile::{ascending, percentile as quantile};
use crate::numeric::random::Random;

/// Share of resamples that must give a number: an interval over a selection of them would be another one.
const DEFINED: f64 = 0.9;

/// The 95 % interval of one statistic. It is called with the indices of the drawn clusters, as many as there are,
/// some of them more than once.
///
/// `None` for fewer than two clusters, and where more than a tenth of the resamples have no value. Equal seeds give
/// equal intervals; statistics of equal numbers of clusters see the same draws.
///
/// ```
/// use delta_radiomics::stats::bootstrap::percentile;
/// let lesions = [vec![1.0, 2.0], vec![4.0], vec![2.5, 2.0, 3.0], vec![0.5], vec![3.0]];
/// let mean = |drawn: &[usize]| {
///     let all: Vec<f64> = drawn.iter().flat_map(|&i| &lesions[i]).copied().collect();
///     Some(all.iter().sum::<f64>() / all.len() as f64)
/// };
/// let (low, high) = percentile(lesions.len(), 1000, 1, mean).unwrap();
/// assert!(0.5 < low && low < 2.2 && 2.2 < high && high < 4.0);
/// ```
pub fn percentile(
    clusters: usize,
    resamples: usize,
    seed: u64,
    statistic: impl Fn(&[usize]) -> Option<f64>,
) -> Option<(f64, f64)> {
    percentiles(clusters, resamples, seed, |drawn| [statistic(drawn)])[0]
}

/// The 95 % intervals of several statistics of the same resamples; see [`percentile`].
pub fn percentiles<const S: usize>(
    clusters: usize,
    resamples: usize,
    seed: u64,
    statistics: impl Fn(&[usize]) -> [Option<f64>; S],
) -> [Option<(f64, f64)>; S] {
    if clusters < 2 {
        return [None; S];
    }
    let mut random = Random::seeded(seed);
    let mut drawn = vec![0; clusters];
    let mut found: [Vec<f64>; S] = std::array::from_fn(|_| Vec::with_capacity(resamples));
    for _ in 0..resamples {
        drawn.fill_with(|| random.below(clusters));
        for (values, value) in found.iter_mut().zip(statistics(&drawn)) {
            values.extend(value.filter(|v| v.is_finite()));
        }
    }
    let enough = resamples as f64 * DEFINED;
    found.map(|values| {
        let values = Some(values).filter(|v| v.len() as f64 >= enough).map(ascending)?;
        Some((quantile(&values, 2.5)?, quantile(&values, 97.5)?))
    })
}

#[cfg(test)]
mod tests {
    use super::{percentile, percentiles};
    use crate::numeric::random::Random;

    fn mean(values: &[f64], drawn: &[usize]) -> f64 {
        drawn.iter().map(|&i| values[i]).sum::<f64>() / drawn.len() as f64
    }

    #[test]
    fn of_many_clusters_a_mean_has_the_normal_interval() {
        let mut random = Random::seeded(5);
        let values: Vec<f64> = (0..400).map(|_| random.normal()).collect();
        let centre = values.iter().sum::<f64>() / 400.0;
        let sd = (values.iter().map(|v| (v - centre).powi(2)).sum::<f64>() / 400.0).sqrt();
        let (low, high) = percentile(400, 4000, 1, |drawn| Some(mean(&values, drawn))).unwrap();
        let half = 1.96 * sd / 20.0;
        assert!((low - (centre - half)).abs() < 0.1 * half, "{low}");
        assert!((high - (centre + half)).abs() < 0.1 * half, "{high}");
    }

    #[test]
    fn together_or_alone_the_interval_is_the_same() {
        let values = [1.0, 5.0, 2.0, 8.0, 3.5];
        let largest = |drawn: &[usize]| drawn.iter().map(|&i| values[i]).reduce(f64::max);
        let both = percentiles(5, 500, 3, |drawn| [Some(mean(&values, drawn)), largest(drawn)]);
        assert_eq!(both[0], percentile(5, 500, 3, |drawn| Some(mean(&values, drawn))));
        assert_eq!(both[1], percentile(5, 500, 3, largest));
        assert_ne!(both[0], percentile(5, 500, 4, |drawn| Some(mean(&values, drawn))));
    }

    #[test]
    fn resamples_without_a_value_are_left_out_unless_they_are_many() {
        let seldom = |drawn: &[usize]| (drawn[0] != 0).then_some(drawn[1] as f64);
        assert!(percentile(20, 500, 1, seldom).is_some());
        assert_eq!(percentile(4, 500, 1, seldom), None);
        assert_eq!(percentile(1, 500, 1, |_| Some(1.0)), None);
        assert_eq!(percentile(4, 0, 1, |_| Some(1.0)), None);
    }
}
