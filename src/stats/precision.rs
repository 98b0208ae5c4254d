//! On which scale differences of repeats are even: the precision profile.

/// Kendall's tau-b between a pair's absolute difference and its mean, as values and as logarithms.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PrecisionProfile {
    /// On the values; `None` where either does not vary.
    pub tau_raw: Option<f64>,
    /// Its asymptotic two-sided p.
    pub p_raw: Option<f64>,
    /// On the logarithms; `None` also where a value is not positive.
    pub tau_log: Option<f64>,
    /// Its asymptotic two-sided p.
    pub p_log: Option<f64>,
}
