//! Ranks, equal values sharing their mean rank.

/// The rank of each value, counted from 1; equal values share the mean of their ranks (midranks). Zero and minus
/// zero are equal. A NaN ranks after (or, with its sign set, before) all numbers: callers leave it out first.
///
/// ```
/// use delta_radiomics::stats::rank::average_ranks;
/// // Sorted: 1, 2, 2, 5. Both twos share ranks 2 and 3.
/// assert_eq!(average_ranks(&[2.0, 5.0, 2.0, 1.0]), [2.5, 4.0, 2.5, 1.0]);
/// ```
pub fn average_ranks(values: &[f64]) -> Vec<f64> {
    let mut ranks = vec![0.0; values.len()];
    let order = ascending(values);
    let mut before = 0;
    for run in order.chunk_by(|&a, &b| values[a] == values[b]) {
        // Ranks before + 1 to before + run.len(): their mean is a multiple of one half, so it is exact.
        let rank = f64::midpoint((before + 1) as f64, (before + run.len()) as f64);
        for &index in run {
            ranks[index] = rank;
        }
        before += run.len();
    }
    ranks
}

/// Sum of t^3 - t over the runs of t equal values: what ties take off the variance of a rank sum.
///
/// ```
/// use delta_radiomics::stats::rank::tie_term;
/// // Two twos (6) and three sevens (24).
/// assert_eq!(tie_term(&[7.0, 2.0, 7.0, 1.0, 2.0, 7.0]), 30.0);
/// ```
pub fn tie_term(values: &[f64]) -> f64 {
    let order = ascending(values);
    order
        .chunk_by(|&a, &b| values[a] == values[b])
        .map(|run| (run.len() as f64).powi(3) - run.len() as f64)
        .sum()
}

/// Indices in ascending order of their values; zero and minus zero are one value.
fn ascending(values: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| (values[a] + 0.0).total_cmp(&(values[b] + 0.0)));
    order
}

#[cfg(test)]
mod tests {
    use super::{average_ranks, tie_term};

    #[test]
    fn ranks_are_counts_of_smaller_and_equal_values() {
        let values = [0.3, -1.0, 0.3, 7.0, 0.3, -1.0, 1e300, f64::INFINITY];
        for (value, rank) in values.iter().zip(average_ranks(&values)) {
            let smaller = values.iter().filter(|v| *v < value).count() as f64;
            let equal = values.iter().filter(|v| *v == value).count() as f64;
            assert_eq!(rank, f64::midpoint(smaller + 1.0, smaller + equal));
        }
    }

    #[test]
    fn zero_and_minus_zero_are_tied() {
        assert_eq!(average_ranks(&[0.0, -0.0, 1.0, -0.0]), [2.0, 2.0, 4.0, 2.0]);
        assert_eq!(tie_term(&[0.0, -0.0]), 6.0);
    }

    #[test]
    fn no_values_no_ranks() {
        assert!(average_ranks(&[]).is_empty());
        assert_eq!(average_ranks(&[3.0]), [1.0]);
        assert_eq!(tie_term(&[]), 0.0);
    }
}
