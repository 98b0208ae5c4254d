//! Fisher's F distribution: its upper tail and its quantiles.
//!
//! With d1 and d2 degrees of freedom, P(F > f) = I_y(d2/2, d1/2) at y = d2 / (d2 + d1 f), the regularised incomplete
//! beta function (Abramowitz & Stegun 26.6.2). Degrees of freedom need not be whole.

use statrs::function::beta::{beta_reg, inv_beta_reg, ln_beta};

/// P(F > f) for `f >= 0`; 1 below.
///
/// ```
/// use delta_radiomics::stats::fisher::upper_tail;
/// // Two degrees of freedom above: (1 + 2 f / d2)^(-d2 / 2).
/// assert!((upper_tail(3.0, 2.0, 4.0) - 0.16).abs() < 1e-14);
/// ```
pub fn upper_tail(f: f64, d1: f64, d2: f64) -> f64 {
    if f <= 0.0 {
        return 1.0;
    }
    if f.is_infinite() {
        return 0.0;
    }
    beta_reg(d2 / 2.0, d1 / 2.0, d2 / (d2 + d1 * f))
}

/// The value that F exceeds with probability `1 - q`, for `0 < q < 1`.
pub fn quantile(q: f64, d1: f64, d2: f64) -> f64 {
    let (a, b) = (d1 / 2.0, d2 / 2.0);
    // With x = d1 f / (d1 f + d2), I_x(a, b) = q. Whichever of x and 1 - x is the smaller keeps its digits.
    let x = inverse(a, b, q);
    if x < 0.5 {
        return d2 * x / (d1 * (1.0 - x));
    }
    let y = inverse(b, a, 1.0 - q);
    d2 * (1.0 - y) / (d1 * y)
}

/// x with I_x(a, b) = q: a library's value, polished by Newton's method on the smaller tail.
fn inverse(a: f64, b: f64, q: f64) -> f64 {
    let mut x = inv_beta_reg(a, b, q).clamp(f64::MIN_POSITIVE, 1.0 - f64::EPSILON);
    for _ in 0..8 {
        let excess = if q < 0.5 { beta_reg(a, b, x) - q } else { (1.0 - q) - beta_reg(b, a, 1.0 - x) };
        let log_density = (a - 1.0) * x.ln() + (b - 1.0) * (-x).ln_1p() - ln_beta(a, b);
        let next = (x - excess / log_density.exp()).clamp(x / 10.0, x + (1.0 - x) * 0.9);
        let settled = (next - x).abs() <= 2.0 * f64::EPSILON * x;
        x = next;
        if settled {
            break;
        }
    }
    x
}

#[cfg(test)]
mod tests {
    use super::{quantile, upper_tail};

    #[test]
    fn two_degrees_of_freedom_above_have_a_closed_form() {
        for d2 in [1.0, 3.5, 29.0, 200.0_f64] {
            for q in [0.001, 0.025, 0.5, 0.975, 0.9999_f64] {
                let exact = d2 / 2.0 * ((-q).ln_1p() * (-2.0 / d2)).exp_m1();
                let found = quantile(q, 2.0, d2);
                assert!((found / exact - 1.0).abs() < 1e-11, "{q} {d2}: {found} {exact}");
            }
        }
    }

    #[test]
    fn a_quantile_is_where_the_tail_says() {
        for (d1, d2) in [(29.0, 30.0), (1.0, 9.0), (5.0, 3.3), (49.0, 1.7), (99.0, 100.0), (1.2, 49.0)] {
            for q in [0.025, 0.3, 0.975] {
                let tail = upper_tail(quantile(q, d1, d2), d1, d2);
                assert!((tail / (1.0 - q) - 1.0).abs() < 1e-10, "{d1} {d2} {q}: {tail}");
            }
        }
    }

    #[test]
    fn turned_over_it_is_the_other_distribution() {
        let (a, b) = (quantile(0.975, 7.0, 13.0), quantile(0.025, 13.0, 7.0));
        assert!((a * b - 1.0).abs() < 1e-12);
        assert_eq!((upper_tail(0.0, 3.0, 4.0), upper_tail(f64::INFINITY, 3.0, 4.0)), (1.0, 0.0));
    }
}
