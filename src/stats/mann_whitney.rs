//! The rank-sum test of Mann and Whitney (1947, Ann Math Stat 18:50).
//!
//! U counts the pairs of one positive and one negative in which the positive is larger, ties as one half. With m
//! positives, n negatives and N of both, U has mean m n / 2 and variance m n / 12 (N + 1 - T / (N (N - 1))) where
//! both groups come from one distribution; T sums t^3 - t over runs of t equal values.

use std::f64::consts::SQRT_2;

use super::rank::{average_ranks, tie_term};

/// The test's result.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MannWhitney {
    /// U of the positives.
    pub u: f64,
    /// Two-sided p, normal approximation with corrections for ties and continuity.
    pub p: f64,
}

/// Whether the positives tend to be larger or smaller than the negatives. `None` where a group is empty, all values
/// are equal, or one is not a number.
///
/// ```
/// use delta_radiomics::stats::mann_whitney::test;
/// // 3 is above 1 and ties with 3 (1.5 pairs), 5 is above both (2): U = 3.5 of 4.
/// // T = 6, so variance 4/12 (5 - 6/12) = 1.5; z = (3.5 - 2 - 0.5) / sqrt(1.5) = 0.816497, p = 0.414216.
/// let of = test(&[3.0, 5.0], &[1.0, 3.0]).unwrap();
/// assert_eq!(of.u, 3.5);
/// assert!((of.p - 0.41421618).abs() < 1e-8);
/// ```
pub fn test(positive: &[f64], negative: &[f64]) -> Option<MannWhitney> {
    let (m, n) = (positive.len() as f64, negative.len() as f64);
    if positive.is_empty() || negative.is_empty() {
        return None;
    }
    let all = [positive, negative].concat();
    if all.iter().any(|v| v.is_nan()) {
        return None;
    }
    // Sums of halves: exact.
    let rank_sum: f64 = average_ranks(&all)[..positive.len()].iter().sum();
    let u = rank_sum - m * (m + 1.0) / 2.0;
    let count = m + n;
    let variance = m * n / 12.0 * (count + 1.0 - tie_term(&all) / (count * (count - 1.0)));
    if variance <= 0.0 {
        return None;
    }
    let z = (u.max(m * n - u) - m * n / 2.0 - 0.5) / variance.sqrt();
    // At U = m n / 2 the correction for continuity makes z negative.
    Some(MannWhitney { u, p: libm::erfc(z / SQRT_2).min(1.0) })
}

#[cfg(test)]
mod tests {
    use super::test;
    use crate::stats::benjamini_hochberg;
    use crate::stats::cohort_reference::{Cohort, column, near, table};

    #[test]
    fn u_counts_pairs_and_swapping_groups_keeps_p() {
        let (a, b) = ([1.0, 4.0, 4.0, 9.0, 2.5], [4.0, 0.0, -3.0, 9.0, 9.5, 1.0, 4.0]);
        let count = |a: &[f64], b: &[f64]| -> f64 {
            let won = |x: f64, y: f64| if x == y { 0.5 } else { f64::from(x > y) };
            a.iter().flat_map(|&x| b.iter().map(move |&y| won(x, y))).sum()
        };
        let (forth, back) = (test(&a, &b).unwrap(), test(&b, &a).unwrap());
        assert_eq!(forth.u, count(&a, &b));
        assert_eq!(back.u, count(&b, &a));
        assert_eq!(forth.p, back.p);
    }

    #[test]
    fn groups_without_a_difference_have_p_one() {
        assert_eq!(test(&[1.0, 4.0], &[2.0, 3.0]).unwrap().p, 1.0);
    }

    #[test]
    fn an_empty_group_a_constant_and_a_missing_value_have_no_test() {
        assert_eq!(test(&[], &[1.0, 2.0]), None);
        assert_eq!(test(&[1.0], &[]), None);
        assert_eq!(test(&[2.0, 2.0], &[2.0]), None);
        assert_eq!(test(&[0.0], &[-0.0]), None);
        assert_eq!(test(&[1.0, f64::NAN], &[2.0]), None);
        assert!(test(&[1.0], &[2.0]).is_some());
    }

    #[test]
    fn u_p_and_q_are_those_of_scipy_and_statsmodels() {
        let (Some(cohort), Some(expected)) = (Cohort::read(), table("univariate_expected.csv")) else {
            return;
        };
        let [u, p, q] = ["mwu_u", "mwu_p", "mwu_q_bh"].map(|name| column(&expected, name));
        let mut found = Vec::new();
        for (f, values) in cohort.columns().column_iter().enumerate() {
            let of = |label| -> Vec<f64> {
                let rows = values.iter().zip(&cohort.response);
                rows.filter(|(_, y)| **y == label).map(|(v, _)| *v).collect()
            };
            let test = test(&of(true), &of(false)).unwrap();
            assert_eq!(test.u, u[f]);
            assert!(near(test.p / p[f], 1.0, 1e-10), "{f}: {} {}", test.p, p[f]);
            found.push(test.p);
        }
        assert_eq!(found.len(), 40);
        for (found, expected) in benjamini_hochberg::adjust(&found).iter().zip(&q) {
            assert!(near(*found, *expected, 1e-10), "{found} {expected}");
        }
    }
}
