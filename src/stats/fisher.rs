//! Fisher's F distribution: its upper tail and its quantiles.
//!
//! With d1 and d2 degrees of freedom, P(F > f) = I_y(d2/2, d1/2) at y = d2 / (d2 + d1 f), the regularised incomplete
//! beta function (Abramowitz & Stegun 26.6.2). Degrees of freedom need not be whole.

use std::f64::consts::SQRT_2;

use statrs::function::beta::{beta_reg, ln_beta};
use statrs::function::erf::erfc_inv;

/// P(F > f) for `f >= 0`; 1 below.
///
/// ```
/// use delta_radiomics::stats::fisher::upper_tail;
/// // Two degrees of freedom above: (1 + 2 f / d2)^(-d2 / 2).
/// assert!((upper_tail(3.0, 2.0, 4.0) - 0.16).abs() < 1e-14);
/// ```
pub fn upper_tail(f: f64, d1: f64, d2: f64) -> f64 {
    if f.is_nan() {
        return f;
    }
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
    let near = start(a, b, q);
    if near < 0.5 {
        let x = inverse(a, b, q, near);
        return d2 * x / (d1 * (1.0 - x));
    }
    let y = inverse(b, a, 1.0 - q, start(b, a, 1.0 - q));
    d2 * (1.0 - y) / (d1 * y)
}

/// x with I_x(a, b) = q, by Halley's method on the smaller tail from a value near it.
fn inverse(a: f64, b: f64, q: f64, near: f64) -> f64 {
    let log_beta = ln_beta(a, b);
    let mut x = near.clamp(f64::MIN_POSITIVE, 1.0 - f64::EPSILON);
    for _ in 0..100 {
        let excess = if q < 0.5 { beta_reg(a, b, x) - q } else { (1.0 - q) - beta_reg(b, a, 1.0 - x) };
        let log_density = (a - 1.0) * x.ln() + (b - 1.0) * (-x).ln_1p() - log_beta;
        let newton = excess / log_density.exp();
        // Half the derivative of the log density, kept from turning a step around.
        let bend = (newton * ((a - 1.0) / x - (b - 1.0) / (1.0 - x))).clamp(-1.0, 1.0);
        let next = (x - newton / (1.0 - bend / 2.0)).clamp(x / 10.0, x + (1.0 - x) * 0.9);
        // The error after a step is of the order of the cube of that step.
        let settled = (next - x).abs() <= 1e-7 * x.min(1.0 - x);
        x = next;
        if settled {
            break;
        }
    }
    x
}

/// A value near x with I_x(a, b) = q: from the normal quantile where both parameters are above 1 (Abramowitz & Stegun
/// 26.5.22), else from the powers that the integral is near its ends.
fn start(a: f64, b: f64, q: f64) -> f64 {
    if a <= 1.0 || b <= 1.0 {
        let low = (a * (a / (a + b)).ln()).exp() / a;
        let high = (b * (b / (a + b)).ln()).exp() / b;
        let both = low + high;
        return if q * both < low {
            (a * both * q).powf(1.0 / a)
        } else {
            1.0 - (b * both * (1.0 - q)).powf(1.0 / b)
        };
    }
    let y = erfc_inv(2.0 * q) * SQRT_2;
    let (of_a, of_b) = (1.0 / (2.0 * a - 1.0), 1.0 / (2.0 * b - 1.0));
    let (lambda, h) = ((y * y - 3.0) / 6.0, 2.0 / (of_a + of_b));
    let root = (h + lambda).max(0.0).sqrt();
    let w = y * root / h - (of_b - of_a) * (lambda + 5.0 / 6.0 - 2.0 / (3.0 * h));
    a / (a + b * (2.0 * w).exp())
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
    fn a_quantile_is_where_the_tail_says_for_any_degrees_of_freedom() {
        for d1 in [0.3, 1.0, 1.9, 2.1, 3.0, 9.0, 30.0, 199.0, 5000.0] {
            for d2 in [0.3, 1.0, 2.0, 2.2, 5.0, 28.7, 200.0, 5000.0] {
                for q in [1e-6, 0.025, 0.5, 0.975, 0.999999] {
                    let f = quantile(q, d1, d2);
                    let smaller = if q < 0.5 {
                        upper_tail(1.0 / f, d2, d1) / q
                    } else {
                        upper_tail(f, d1, d2) / (1.0 - q)
                    };
                    assert!((smaller - 1.0).abs() < 1e-10, "{d1} {d2} {q}: {f} {smaller}");
                }
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
