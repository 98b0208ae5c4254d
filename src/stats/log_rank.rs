//! Do groups survive alike? The log-rank test (Mantel 1966; Peto and Peto 1972, J R Stat Soc A 135:185).
//!
//! On each day with events the number that a group would have if all groups fared alike is d n_g / n; the differences
//! to those observed are summed over the days. Their covariance is that of the hypergeometric distribution,
//! d (n - d) / (n - 1) (n_g / n) ([g = h] - n_h / n).

use nalgebra::{DMatrix, DVector};
use statrs::function::gamma::gamma_ur;

/// The test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LogRank {
    /// Chi-squared.
    pub chi_squared: f64,
    /// Its degrees of freedom: groups that can be compared, less one.
    pub df: usize,
    /// p.
    pub p: f64,
}

/// Compares groups of (days, events). Groups without a unit do not count; `None` where fewer than two are left, or
/// where no day with events has two groups at risk.
///
/// ```
/// use delta_radiomics::stats::log_rank::test;
/// // a: events on day 1 and 3; b: on day 2, and one lost on day 4.
/// // O - E of a: (1 - 2/4) + (0 - 1/3) + (1 - 1/2) = 2/3; V: 1/4 + 2/9 + 1/4 = 13/18.
/// let a = ([1.0, 3.0], [true, true]);
/// let b = ([2.0, 4.0], [true, false]);
/// let found = test(&[(&a.0, &a.1), (&b.0, &b.1)]).unwrap();
/// assert!((found.chi_squared - (4.0 / 9.0) / (13.0 / 18.0)).abs() < 1e-12);
/// assert_eq!(found.df, 1);
/// ```
pub fn test(groups: &[(&[f64], &[bool])]) -> Option<LogRank> {
    let mut units: Vec<(f64, bool, usize)> = Vec::new();
    let mut count = 0;
    for (days, events) in groups {
        let before = units.len();
        let finite = days.iter().zip(*events).filter(|(days, _)| days.is_finite());
        units.extend(finite.map(|(days, event)| (*days, *event, count)));
        count += usize::from(units.len() > before);
    }
    if count < 2 {
        return None;
    }
    units.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut at_risk = vec![0.0; count];
    for unit in &units {
        at_risk[unit.2] += 1.0;
    }
    let (mut difference, mut variance) = (vec![0.0; count], DMatrix::<f64>::zeros(count, count));
    for day in units.chunk_by(|a, b| a.0 == b.0) {
        let n: f64 = at_risk.iter().sum();
        let d = day.iter().filter(|unit| unit.1).count() as f64;
        if d > 0.0 {
            let spread = if n > 1.0 { d * (n - d) / (n - 1.0) } else { 0.0 };
            for g in 0..count {
                let share = at_risk[g] / n;
                difference[g] -= d * share;
                for h in 0..count {
                    let own = if g == h { 1.0 } else { 0.0 };
                    variance[(g, h)] += spread * share * (own - at_risk[h] / n);
                }
            }
        }
        for unit in day {
            at_risk[unit.2] -= 1.0;
            if unit.1 {
                difference[unit.2] += 1.0;
            }
        }
    }
    // A group that nobody is left of on the first day with events tells nothing. The differences of the others sum to
    // zero, so that the last of them adds nothing.
    let mut telling: Vec<usize> = (0..count).filter(|g| variance[(*g, *g)] > 0.0).collect();
    telling.pop();
    let df = telling.len();
    if df == 0 {
        return None;
    }
    let difference = DVector::from_iterator(df, telling.iter().map(|g| difference[*g]));
    let variance = DMatrix::from_fn(df, df, |g, h| variance[(telling[g], telling[h])]);
    let solved = variance.cholesky()?.solve(&difference);
    let chi_squared = difference.dot(&solved).max(0.0);
    let p = if chi_squared > 0.0 { gamma_ur(df as f64 / 2.0, chi_squared / 2.0) } else { 1.0 };
    chi_squared.is_finite().then_some(LogRank { chi_squared, df, p })
}

#[cfg(test)]
mod tests {
    use super::test;

    #[test]
    fn groups_that_fare_alike_do_not_differ() {
        let (days, events) = ([1.0, 2.0, 3.0, 5.0], [true, false, true, true]);
        let found = test(&[(&days, &events), (&days, &events)]).unwrap();
        assert!(found.chi_squared < 1e-20 && found.p > 1.0 - 1e-9, "{found:?}");
    }

    #[test]
    fn order_of_groups_and_empty_groups_do_not_matter() {
        let a: (Vec<f64>, Vec<bool>) = ((1..20).map(f64::from).collect(), vec![true; 19]);
        let b: (Vec<f64>, Vec<bool>) =
            ((1..20).map(|i| f64::from(i) * 1.7).collect(), (0..19).map(|i| i % 2 == 0).collect());
        let c: (Vec<f64>, Vec<bool>) = ((1..20).map(|i| f64::from(i * 3 % 11)).collect(), vec![true; 19]);
        let abc = test(&[(&a.0, &a.1), (&b.0, &b.1), (&c.0, &c.1)]).unwrap();
        let cab = test(&[(&c.0, &c.1), (&[], &[]), (&a.0, &a.1), (&b.0, &b.1)]).unwrap();
        assert_eq!((abc.df, cab.df), (2, 2));
        assert!((abc.chi_squared - cab.chi_squared).abs() < 1e-9 * abc.chi_squared);
        assert!(abc.p < 0.05);
    }

    #[test]
    fn what_cannot_be_compared_has_no_test() {
        assert_eq!(test(&[]), None);
        assert_eq!(test(&[(&[1.0, 2.0], &[true, true])]), None);
        assert_eq!(test(&[(&[1.0, 2.0], &[false, false]), (&[3.0], &[false])]), None);
        // All of one group are lost before the other has an event.
        let (lost, all) = (([1.0, 2.0], [false, false]), ([3.0, 4.0], [true, true]));
        assert_eq!(test(&[(&lost.0, &lost.1), (&all.0, &all.1)]), None);
        // Beside two that can be compared it changes nothing.
        let third = ([3.0, 9.0], [false, true]);
        let two = test(&[(&all.0, &all.1), (&third.0, &third.1)]);
        assert_eq!(test(&[(&all.0, &all.1), (&third.0, &third.1), (&lost.0, &lost.1)]), two);
        assert_eq!(two.unwrap().df, 1);
    }
}
