//! Days at which numbers at risk are told.

/// Steps of an axis of days, each at most half as long again as the one before (but for the first): days, weeks,
/// months of 30 days, years of 365.
const STEPS: [f64; 27] = [
    1.0, 2.0, 3.0, 4.0, 5.0, 7.0, 10.0, 14.0, 20.0, 30.0, 45.0, 60.0, 90.0, 120.0, 180.0, 240.0, 300.0,
    365.0, 500.0, 730.0, 1000.0, 1460.0, 2000.0, 3000.0, 4000.0, 6000.0, 8000.0,
];

/// Five to seven round days from zero on, the last not beyond `last` (fewer below eight days).
pub(in crate::analyze) fn round_days(last: f64) -> Vec<f64> {
    if !last.is_finite() || last <= 0.0 {
        return vec![0.0];
    }
    let step = STEPS.into_iter().find(|step| last < 7.0 * step).unwrap_or_else(|| (last / 6.0).floor());
    (0..7).map(|i| f64::from(i) * step).filter(|day| *day <= last).collect()
}

#[cfg(test)]
mod tests {
    use super::round_days;

    #[test]
    fn there_are_five_to_seven_days_for_any_length() {
        assert_eq!(round_days(700.0), [0.0, 120.0, 240.0, 360.0, 480.0, 600.0]);
        for last in (8..100_000).map(f64::from) {
            let days = round_days(last);
            assert!((5..=7).contains(&days.len()), "{last}: {days:?}");
            assert!(days.iter().all(|day| *day <= last));
        }
        assert_eq!(round_days(0.5), [0.0]);
        assert_eq!(round_days(f64::NAN), [0.0]);
        assert_eq!(round_days(-3.0), [0.0]);
    }
}
