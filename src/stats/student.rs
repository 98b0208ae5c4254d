//! Student's t distribution: its two-sided tail.

/// P(|T| > |t|) for `df` degrees of freedom; `None` where `df` is not positive or `t` is not a number.
///
/// It is the regularised incomplete beta function I_x(df/2, 1/2) at x = df / (df + t^2) (Abramowitz & Stegun 26.5.27,
/// 26.7.1), computed for whichever tail is the smaller, so that a p of 1e-100 keeps its relative precision.
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
    let (square, a) = (t * t, df / 2.0);
    if square == 0.0 {
        return Some(1.0);
    }
    if square.is_infinite() {
        return Some(0.0);
    }
    let (x, y) = (df / (df + square), square / (df + square));
    // x^a y^b / B(a, b), with b = 1/2 and B(a, 1/2) = sqrt(pi) Gamma(a) / Gamma(a + 1/2).
    let front = x.powf(a) * y.sqrt() * gamma_ratio(a) / std::f64::consts::PI.sqrt();
    let p = if x < (a + 1.0) / (a + 2.5) {
        front / a * beta_fraction(a, 0.5, x)
    } else {
        1.0 - front / 0.5 * beta_fraction(0.5, a, y)
    };
    Some(p.clamp(0.0, 1.0))
}

/// Gamma(a + 1/2) / Gamma(a), by its asymptotic series far out, reached by the recurrence of the gamma function.
fn gamma_ratio(a: f64) -> f64 {
    // Beyond 60 the first term left out is below 1e-15.
    let (mut a, mut factor) = (a, 1.0);
    while a < 60.0 {
        factor *= a / (a + 0.5);
        a += 1.0;
    }
    let coefficients =
        [869.0 / 4194304.0, -399.0 / 262144.0, -21.0 / 32768.0, 5.0 / 1024.0, 1.0 / 128.0, -1.0 / 8.0, 1.0];
    factor * a.sqrt() * coefficients.iter().fold(0.0, |sum, c| sum / a + c)
}

/// The continued fraction of the incomplete beta function (Abramowitz & Stegun 26.5.8) by the modified method of
/// Lentz. It converges quickly for x < (a + 1) / (a + b + 2).
fn beta_fraction(a: f64, b: f64, x: f64) -> f64 {
    let away_from_zero = |v: f64| if v.abs() < 1e-300 { 1e-300 } else { v };
    let mut d = 1.0 / away_from_zero(1.0 - (a + b) * x / (a + 1.0));
    let (mut c, mut value) = (1.0, d);
    for m in 1..10_000 {
        let m = f64::from(m);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let before = value;
        for numerator in [even, odd] {
            d = 1.0 / away_from_zero(1.0 + numerator * d);
            c = away_from_zero(1.0 + numerator / c);
            value *= c * d;
        }
        if (value - before).abs() <= f64::EPSILON * value.abs() {
            break;
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::two_sided;

    #[test]
    fn two_degrees_of_freedom_have_a_closed_form() {
        for t in [0.1, 1.0, 4.0, 50.0, 1e4, 1e50] {
            // P(|T| > t) = 1 - t / sqrt(2 + t^2), written without its cancellation.
            let root = f64::sqrt(2.0 + t * t);
            let exact = 2.0 / (root * (root + t));
            let p = two_sided(t, 2.0).unwrap();
            assert!((p / exact - 1.0).abs() < 1e-14, "t {t}: {p} {exact}");
        }
    }

    #[test]
    fn four_degrees_of_freedom_have_a_closed_form() {
        for t in [0.2, 1.0, 3.0, 12.0] {
            // sin(theta) (1 + cos^2(theta) / 2) with tan(theta) = t / 2 is P(|T| < t) (Abramowitz & Stegun 26.7.4).
            let theta = f64::atan(t / 2.0);
            let inside = theta.sin() * (1.0 + theta.cos().powi(2) / 2.0);
            let p = two_sided(t, 4.0).unwrap();
            assert!((p - (1.0 - inside)).abs() < 1e-15, "t {t}: {p}");
        }
    }

    #[test]
    fn many_degrees_of_freedom_approach_the_normal_distribution() {
        // Each tail is heavier by about (t^3 + t) / (4 df) times the density at t (Fisher 1925): 1.4e-8 here.
        let p = two_sided(crate::stats::repeatability::Z, 1e7).unwrap();
        assert!((p - 0.05).abs() < 3e-8 && p > 0.05, "{p}");
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
