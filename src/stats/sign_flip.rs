//! Has anything changed at all? One test for many correlated features at once.
//!
//! Where nothing changed, the first and the second scan of a pair could as well have been taken in the other
//! order: swapping them negates all deltas of that pair together. So the largest `|t|` over the features is held
//! against the values that it takes when pairs are swapped at random (Westfall and Young 1993; Winkler et al.,
//! NeuroImage 2014, 92:381). Each pair is flipped as a whole, so the features keep their correlation and count
//! as often as they are independent.

use statrs::distribution::{ContinuousCDF, StudentsT};

use crate::numeric::random::Random;
use crate::numeric::sum::{blocks, mean, ordered_sum};

/// The largest `|t|` over features, and how often chance does as well.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MaxT {
    /// Index of the feature with the largest `|t|`; `None` without a feature that varies.
    pub feature: Option<usize>,
    /// The largest `|t|`; 0 without a feature.
    pub max_t: f64,
    /// `(1 + #{flips with at least this |t|}) / (1 + flips)`, or the exact share where all flips were tried.
    pub p: f64,
    /// Number of flips that were looked at.
    pub flips: usize,
}

/// `t = mean / (sd / sqrt(n))`, the sample's standard deviation with `n - 1`.
///
/// `None` for fewer than two values, and where all are zero: then there is nothing to test. Equal values that are
/// not zero give an infinite t: a change without any noise.
///
/// ```
/// use delta_radiomics::stats::sign_flip::t_of_mean;
/// // mean 2, variance (1 + 0 + 1) / 2 = 1, so t = 2 / (1 / sqrt 3).
/// let t = t_of_mean(&[1.0, 2.0, 3.0]).unwrap();
/// assert!((t - 2.0 * 3.0_f64.sqrt()).abs() < 1e-12);
/// ```
pub fn t_of_mean(deltas: &[f64]) -> Option<f64> {
    let n = deltas.len() as f64;
    if deltas.len() < 2 || deltas.iter().all(|&d| d == 0.0) {
        return None;
    }
    let squares: Vec<f64> = deltas.iter().map(|d| d * d).collect();
    Some(t_of_sums(ordered_sum(deltas), ordered_sum(&squares), n))
}

/// t from `sum d` and `sum d^2`: `variance = (sum d^2 - (sum d)^2 / n) / (n - 1)`.
///
/// A flip leaves `sum d^2` as it is; so `|t|` grows with `|sum d|`, and a flip costs one sum.
fn t_of_sums(sum: f64, squares: f64, n: f64) -> f64 {
    let spread = squares - sum * sum / n;
    // Rounding leaves a spread of the order of an ulp where all deltas are equal: that is no spread.
    if spread <= squares * 1e-14 * n {
        return f64::INFINITY.copysign(sum);
    }
    sum / n / (spread / (n - 1.0) / n).sqrt()
}

/// The largest `|t|` over `features` against its own sign-flip distribution.
///
/// `features[f][i]` is the delta of feature `f` in pair `i`; all features have the same pairs. All `2^n` flips are
/// tried where they are at most `flips + 1`, and `p` is then the exact share that reaches the observed value
/// (among them the data themselves); else `flips` random ones of `seed`. Features that are zero in all pairs are
/// left out.
///
/// ```
/// use delta_radiomics::stats::sign_flip::max_t_test;
/// // Three pairs, eight flips; only all + and all - reach the observed sum.
/// let test = max_t_test(&[vec![1.0, 2.0, 3.0]], 9999, 1);
/// assert_eq!((test.flips, test.p), (8, 0.25));
/// ```
///
/// # Panics
/// Where features differ in their number of pairs: a defect of the caller.
pub fn max_t_test(features: &[Vec<f64>], flips: usize, seed: u64) -> MaxT {
    let pairs = features.first().map_or(0, Vec::len);
    assert!(features.iter().all(|f| f.len() == pairs), "every feature has a delta in every pair");
    let tested: Vec<(usize, f64)> =
        features.iter().enumerate().filter_map(|(n, f)| Some((n, t_of_mean(f)?.abs()))).collect();
    let Some((feature, max_t)) = tested.iter().copied().reduce(|a, b| if b.1 > a.1 { b } else { a }) else {
        return MaxT { feature: None, max_t: 0.0, p: 1.0, flips: 0 };
    };
    let squares: Vec<f64> = features.iter().map(|f| f.iter().map(|d| d * d).sum()).collect();
    let largest = |signs: &[f64]| {
        let t = |&(f, _): &(usize, f64)| {
            let sum: f64 = features[f].iter().zip(signs).map(|(d, s)| d * s).sum();
            t_of_sums(sum, squares[f], pairs as f64).abs()
        };
        tested.iter().map(t).fold(0.0, f64::max)
    };
    // A tie, as of the data with themselves, must not be lost to the order of additions.
    let reaches = |signs: &Vec<f64>| largest(signs) >= max_t * (1.0 - 1e-9);
    let exact = pairs < 30 && 1_usize << pairs <= flips + 1;
    let drawn = if exact { all_signs(pairs) } else { random_signs(pairs, flips, seed) };
    let reached: usize = blocks(drawn.len(), |n| usize::from(reaches(&drawn[n]))).into_iter().sum();
    let p = if exact {
        reached as f64 / drawn.len() as f64
    } else {
        (1 + reached) as f64 / (1 + drawn.len()) as f64
    };
    MaxT { feature: Some(feature), max_t, p, flips: drawn.len() }
}

fn all_signs(pairs: usize) -> Vec<Vec<f64>> {
    let sign = |flip: usize, pair: usize| if flip >> pair & 1 == 1 { -1.0 } else { 1.0 };
    (0..1_usize << pairs).map(|flip| (0..pairs).map(|pair| sign(flip, pair)).collect()).collect()
}

fn random_signs(pairs: usize, flips: usize, seed: u64) -> Vec<Vec<f64>> {
    let mut random = Random::seeded(seed);
    let mut sign = || if random.uniform() < 0.5 { -1.0 } else { 1.0 };
    (0..flips).map(|_| (0..pairs).map(|_| sign()).collect()).collect()
}

/// Mean and its `confidence` interval by Student's t: `mean +/- t_(n-1) sd / sqrt(n)`.
///
/// `None` for fewer than two values.
///
/// ```
/// use delta_radiomics::stats::sign_flip::mean_interval;
/// // sd = 1, n = 3, t_2(0.975) = 4.302653 (a printed table).
/// let (mean, low, high) = mean_interval(&[1.0, 2.0, 3.0], 0.95).unwrap();
/// assert_eq!(mean, 2.0);
/// assert!((high - 2.0 - 4.302653 / 3.0_f64.sqrt()).abs() < 1e-6);
/// assert!((low + high - 4.0).abs() < 1e-12);
/// ```
pub fn mean_interval(values: &[f64], confidence: f64) -> Option<(f64, f64, f64)> {
    let n = values.len() as f64;
    if values.len() < 2 {
        return None;
    }
    let centre = mean(values)?;
    let squares: Vec<f64> = values.iter().map(|v| (v - centre) * (v - centre)).collect();
    let error = (ordered_sum(&squares) / (n - 1.0) / n).sqrt();
    let t = StudentsT::new(0.0, 1.0, n - 1.0).ok()?.inverse_cdf(0.5 + confidence / 2.0);
    Some((centre, centre - t * error, centre + t * error))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Deltas of `features` features in `pairs` pairs, shifted by `shift` standard deviations.
    fn deltas(seed: u64, features: usize, pairs: usize, shift: f64) -> Vec<Vec<f64>> {
        let mut random = Random::seeded(seed);
        (0..features).map(|_| (0..pairs).map(|_| random.normal() + shift).collect()).collect()
    }

    #[test]
    fn two_pairs_by_hand() {
        // Feature 0: t of (1, 3) is 2 / 1 = 2; of (-1, 3) is 1 / 2. Feature 1: t of (1, -1) is 0, of (1, 1)
        // infinite. Of the four flips, (+, +) and (-, -) give max 2, the other two infinity: all reach 2.
        let test = max_t_test(&[vec![1.0, 3.0], vec![1.0, -1.0]], 9999, 1);
        assert_eq!((test.feature, test.flips, test.p), (Some(0), 4, 1.0));
        assert!((test.max_t - 2.0).abs() < 1e-12);
        // Alone, feature 0 is reached by two of four.
        assert_eq!(max_t_test(&[vec![1.0, 3.0]], 9999, 1).p, 0.5);
    }

    #[test]
    fn under_the_null_p_is_uniform() {
        let p: Vec<f64> = (0..300).map(|seed| max_t_test(&deltas(seed, 5, 12, 0.0), 199, seed).p).collect();
        let below = |limit: f64| p.iter().filter(|&&v| v <= limit).count() as f64 / p.len() as f64;
        // Four standard errors of a share of 300.
        for limit in [0.1, 0.5, 0.9] {
            let error = 4.0 * (limit * (1.0 - limit) / 300.0_f64).sqrt();
            assert!((below(limit) - limit).abs() < error, "{} of p at most {limit}", below(limit));
        }
    }

    #[test]
    fn copies_of_a_feature_are_no_further_chances() {
        let one = deltas(7, 1, 20, 0.3);
        let copies = vec![one[0].clone(); 50];
        let (alone, together) = (max_t_test(&one, 999, 3), max_t_test(&copies, 999, 3));
        assert_eq!((alone.p, alone.max_t), (together.p, together.max_t));
    }

    #[test]
    fn a_change_in_one_of_many_features_is_found() {
        let mut features = deltas(11, 40, 40, 0.0);
        features[17].iter_mut().for_each(|d| *d += 1.5);
        let test = max_t_test(&features, 999, 1);
        assert_eq!(test.feature, Some(17));
        assert!(test.p <= 0.002, "{}", test.p);
    }

    #[test]
    fn nothing_to_test_is_no_finding() {
        let none = MaxT { feature: None, max_t: 0.0, p: 1.0, flips: 0 };
        assert_eq!(max_t_test(&[], 99, 1), none);
        assert_eq!(max_t_test(&[vec![0.0; 9]], 99, 1), none);
        assert_eq!(t_of_mean(&[3.0]), None);
        assert_eq!(mean_interval(&[3.0], 0.95), None);
    }

    #[test]
    fn equal_deltas_are_a_change_without_noise() {
        assert_eq!(t_of_mean(&[0.1; 7]), Some(f64::INFINITY));
        assert_eq!(t_of_mean(&[-0.1; 7]), Some(f64::NEG_INFINITY));
    }

    #[test]
    fn an_interval_of_normal_means_covers_as_often_as_it_says() {
        let covered = (0..400)
            .filter(|&seed| {
                let (_, low, high) = mean_interval(&deltas(seed, 1, 8, 0.5)[0], 0.9).unwrap();
                low < 0.5 && 0.5 < high
            })
            .count();
        // Binomial: 360 expected, standard deviation 6.
        assert!((336..=384).contains(&covered), "{covered}");
    }
}
