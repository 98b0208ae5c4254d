//! Order statistics.

/// Percentile `p` (0 to 100) of ascending values by linear interpolation between closest ranks (type 7, as
/// numpy's default); `None` for no values.
///
/// ```
/// use delta_radiomics::numeric::quantile::percentile;
/// assert_eq!(percentile(&[1.0, 2.0, 3.0, 4.0], 50.0), Some(2.5));
/// ```
pub fn percentile(ascending: &[f64], p: f64) -> Option<f64> {
    let last = ascending.len().checked_sub(1)?;
    let (low, part) = rank(p, last);
    let (a, b) = (ascending[low], ascending[(low + 1).min(last)]);
    Some(a + (b - a) * part)
}

/// The values in ascending order.
pub fn ascending(mut values: Vec<f64>) -> Vec<f64> {
    // Values that compare as equal are the same bits: an unstable sort gives the same and is faster.
    values.sort_unstable_by(f64::total_cmp);
    values
}

/// Percentiles of values in any order, without sorting them all: what [`percentile`] gives of the ascending values.
///
/// ```
/// use delta_radiomics::numeric::quantile::percentiles;
/// assert_eq!(percentiles(&mut [3.0, 1.0, 4.0, 2.0], [50.0, 0.0]), Some([2.5, 1.0]));
/// ```
pub fn percentiles<const N: usize>(values: &mut [f64], p: [f64; N]) -> Option<[f64; N]> {
    let last = values.len().checked_sub(1)?;
    Some(p.map(|p| {
        let (low, part) = rank(p, last);
        let (_, &mut a, above) = values.select_nth_unstable_by(low, f64::total_cmp);
        let b = above.iter().copied().min_by(f64::total_cmp).unwrap_or(a);
        a + (b - a) * part
    }))
}

/// The whole and the fractional part of the rank of a percentile.
fn rank(p: f64, last: usize) -> (usize, f64) {
    let rank = (p / 100.0).clamp(0.0, 1.0) * last as f64;
    (rank.floor() as usize, rank - rank.floor())
}
