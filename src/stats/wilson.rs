//! Wilson's interval of a share (1927, J Am Stat Assoc 22:209).

use super::repeatability::Z;

/// 95 % interval of the share behind `k` of `n`; without trials 0 to 1. `k` above `n` counts as `n`.
///
/// ```
/// use delta_radiomics::stats::wilson::interval;
/// // Centre (1/2 + z^2/20) / (1 + z^2/10) = 1/2, half width z sqrt(1/40 + z^2/400) / (1 + z^2/10) = 0.263407.
/// let (lower, upper) = interval(5, 10);
/// assert!((lower - 0.2365931).abs() < 1e-7 && (upper - 0.7634069).abs() < 1e-7);
/// ```
pub fn interval(k: usize, n: usize) -> (f64, f64) {
    if n == 0 {
        return (0.0, 1.0);
    }
    let (k, count) = (k.min(n), n as f64);
    let share = k as f64 / count;
    let square = Z * Z / count;
    let centre = (share + square / 2.0) / (1.0 + square);
    let half = Z * (share * (1.0 - share) / count + square / (4.0 * count)).sqrt() / (1.0 + square);
    // At the ends the limits are exactly 0 and 1.
    let lower = if k == 0 { 0.0 } else { centre - half };
    let upper = if k == n { 1.0 } else { centre + half };
    (lower, upper)
}

#[cfg(test)]
mod tests {
    use super::{Z, interval};

    #[test]
    fn the_limits_are_shares_that_the_score_test_just_keeps() {
        for n in 1..40 {
            for k in 0..=n {
                let (share, (lower, upper)) = (k as f64 / n as f64, interval(k, n));
                assert!(lower >= 0.0 && lower <= share && share <= upper && upper <= 1.0);
                for limit in [lower, upper].into_iter().filter(|v| *v > 0.0 && *v < 1.0) {
                    let score = (share - limit) / (limit * (1.0 - limit) / n as f64).sqrt();
                    assert!((score.abs() - Z).abs() < 1e-9, "{k} of {n}: {score}");
                }
                let (other_lower, other_upper) = interval(n - k, n);
                assert!(
                    (lower + other_upper - 1.0).abs() < 1e-14 && (upper + other_lower - 1.0).abs() < 1e-14
                );
            }
        }
    }

    #[test]
    fn no_trials_say_nothing() {
        assert_eq!(interval(0, 0), (0.0, 1.0));
    }
}
