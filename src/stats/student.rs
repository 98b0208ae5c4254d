//! Student's t distribution: its two-sided tail.

use statrs::function::beta::beta_reg;

/// P(|T| > |t|) for `df` degrees of freedom; `None` where `df` is not positive or `t` is not a number.
///
/// Through the regularised incomplete beta function, I_x(df/2, 1/2) with x = df / (df + t^2) (Abramowitz & Stegun
/// 26.7.1): far tails keep their relative precision, which one minus the distribution function would lose.
///
/// ```
/// use delta_radiomics::stats::student::two_sided;
/// assert_eq!(two_sided(0.0, 5.0), Some(1.0));
/// // One degree of freedom is Cauchy's distribution: half of it lies beyond 1.
/// assert!((two_sided(1.0, 1.0).unwrap() - 0.5).abs() < 1e-14);
/// ```
pub fn two_sided(t: f64, df: f64) -> Option<f64> {
    if t.is_nan() || df.is_nan() || df <= 0.0 {
        return None;
    }
    if t.is_infinite() {
        return Some(0.0);
    }
    Some(beta_reg(df / 2.0, 0.5, df / (df + t * t)).clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::two_sided;

    #[test]
    fn two_degrees_of_freedom_have_a_closed_form() {
        for t in [0.1, 1.0, 4.0, 50.0, 1e4] {
            // P(|T| > t) = 1 - t / sqrt(2 + t^2), written without its cancellation.
            let root = f64::sqrt(2.0 + t * t);
            let exact = 2.0 / (root * (root + t));
            let p = two_sided(t, 2.0).unwrap();
            assert!((p / exact - 1.0).abs() < 1e-12, "t {t}: {p} {exact}");
        }
    }

    #[test]
    fn it_is_even_and_falls() {
        let at = |t| two_sided(t, 9.0).unwrap();
        assert_eq!(at(1.3), at(-1.3));
        assert!(at(1.0) > at(1.1) && at(1.1) > at(30.0) && at(30.0) > 0.0);
        assert_eq!(at(f64::INFINITY), 0.0);
    }

    #[test]
    fn no_degrees_of_freedom_is_no_number() {
        assert_eq!(two_sided(1.0, 0.0), None);
        assert_eq!(two_sided(f64::NAN, 3.0), None);
    }
}
