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
    let rank = (p / 100.0).clamp(0.0, 1.0) * last as f64;
    let low = rank.floor() as usize;
    let (a, b) = (ascending[low], ascending[(low + 1).min(last)]);
    Some(a + (b - a) * (rank - low as f64))
}

/// The values in ascending order.
pub fn ascending(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_by(f64::total_cmp);
    values
}
