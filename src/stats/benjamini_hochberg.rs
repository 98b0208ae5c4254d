//! The false discovery rate of Benjamini and Hochberg (1995, J R Stat Soc B 57:289).

/// Adjusted p-values in the order given: q_(i) = min over j >= i of m p_(j) / j, at most 1.
///
/// ```
/// use delta_radiomics::stats::benjamini_hochberg::adjust;
/// // Sorted: 0.25 times 4/1 is 1, 0.375 times 4/2 is 0.75, 0.5 times 4/3 is 0.67, 0.625 times 4/4; each takes the
/// // smallest from its rank on.
/// assert_eq!(adjust(&[0.375, 0.625, 0.25, 0.5]), [0.625; 4]);
/// // 0.5 times 2/2, 0.125 times 2/1.
/// assert_eq!(adjust(&[0.5, 0.125]), [0.5, 0.25]);
/// ```
pub fn adjust(p: &[f64]) -> Vec<f64> {
    let m = p.len() as f64;
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&a, &b| p[a].total_cmp(&p[b]));
    let mut q = vec![1.0; p.len()];
    let mut smallest: f64 = 1.0;
    for (rank, &index) in order.iter().enumerate().rev() {
        // Divided before multiplied, as the ratio of ranks: p of the last rank stays as it is.
        smallest = smallest.min(p[index] / ((rank + 1) as f64 / m));
        q[index] = smallest;
    }
    q
}

#[cfg(test)]
mod tests {
    use super::adjust;

    #[test]
    fn it_never_orders_tests_otherwise() {
        let p = [0.04, 0.001, 0.2, 0.2, 0.013, 1.0];
        let q = adjust(&p);
        for i in 0..p.len() {
            assert!(q[i] >= p[i] && q[i] <= 1.0);
            for j in 0..p.len() {
                assert!(p[i] > p[j] || q[i] <= q[j]);
            }
        }
    }

    #[test]
    fn no_tests_no_numbers() {
        assert!(adjust(&[]).is_empty());
    }
}
