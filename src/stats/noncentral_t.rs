//! The non-central t distribution: its quantiles, for exact intervals of limits of agreement.

use std::f64::consts::{PI, SQRT_2};

use statrs::function::erf::erfc;
use statrs::function::gamma::ln_gamma;

/// Panels of the integral over the scale, and points in each.
const PANELS: usize = 24;
const POINTS: usize = 20;
/// How many standard deviations of the scale are looked at: beyond lies less than 1e-20.
const REACH: f64 = 10.0;

/// The value below which T lies with probability `q`, for T with `df` degrees of freedom and non-centrality `delta`.
///
/// P(T <= t) is the mean of Phi(t u - delta) over u = chi / sqrt(df) (Johnson & Kotz 1970), integrated by Gauss and
/// Legendre; t by Newton's method.
pub fn quantile(q: f64, df: f64, delta: f64) -> f64 {
    let scale = Scale::new(df);
    let (mut low, mut high) = (f64::NEG_INFINITY, f64::INFINITY);
    let mut t = delta;
    for _ in 0..200 {
        let (below, density) = scale.distribution(t, delta);
        if below < q {
            low = t;
        } else {
            high = t;
        }
        let step = (q - below) / density;
        // A step never leaves what is known to hold the answer, nor goes further than the distribution is wide.
        let widest = 2.0 + delta.abs() / 2.0;
        let mut next = t + step.clamp(-widest, widest);
        if !(low..=high).contains(&next) || next.is_nan() {
            next = f64::midpoint(low.max(t - widest), high.min(t + widest));
        }
        let settled = (next - t).abs() <= 1e-14 * t.abs().max(1.0);
        t = next;
        if settled {
            break;
        }
    }
    t
}

/// The distribution of chi / sqrt(df): points with their weights.
struct Scale(Vec<(f64, f64)>);

impl Scale {
    fn new(df: f64) -> Self {
        let spread = 1.0 / (2.0 * df).sqrt();
        let (from, to) = ((1.0 - REACH * spread).max(0.0), 1.0 + REACH * spread);
        let log_front = 2.0_f64.ln() + df / 2.0 * (df / 2.0).ln() - ln_gamma(df / 2.0);
        let rule = gauss_legendre();
        let width = (to - from) / PANELS as f64;
        let mut points = Vec::with_capacity(PANELS * POINTS);
        for panel in 0..PANELS {
            for &(x, weight) in &rule {
                let u = from + width * (panel as f64 + f64::midpoint(x, 1.0));
                let density = (log_front + (df - 1.0) * u.ln() - df * u * u / 2.0).exp();
                points.push((u, weight * width / 2.0 * density));
            }
        }
        Self(points)
    }
    /// P(T <= t), and its slope.
    fn distribution(&self, t: f64, delta: f64) -> (f64, f64) {
        let (mut below, mut density) = (0.0, 0.0);
        for &(u, weight) in &self.0 {
            let z = t * u - delta;
            below += weight * erfc(-z / SQRT_2) / 2.0;
            density += weight * u * (-z * z / 2.0).exp() / (2.0 * PI).sqrt();
        }
        (below, density)
    }
}

/// Points from -1 to 1 and weights of the rule that integrates polynomials of degree `2 POINTS - 1` exactly: the
/// roots of Legendre's polynomial by Newton's method.
fn gauss_legendre() -> Vec<(f64, f64)> {
    let n = POINTS as f64;
    (0..POINTS)
        .map(|i| {
            let mut x = (PI * (i as f64 + 0.75) / (n + 0.5)).cos();
            let mut slope = 1.0;
            for _ in 0..100 {
                let (mut before, mut p) = (1.0, x);
                for m in 2..=POINTS {
                    let m = m as f64;
                    (before, p) = (p, ((2.0 * m - 1.0) * x * p - (m - 1.0) * before) / m);
                }
                slope = n * (x * p - before) / (x * x - 1.0);
                let step = p / slope;
                x -= step;
                if step.abs() < 1e-16 {
                    break;
                }
            }
            (x, 2.0 / ((1.0 - x * x) * slope * slope))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::quantile;
    use statrs::distribution::{ContinuousCDF, StudentsT};

    #[test]
    fn without_non_centrality_it_is_students() {
        for df in [2.0, 9.0, 29.0, 400.0] {
            let student = StudentsT::new(0.0, 1.0, df).unwrap();
            for q in [0.025, 0.4, 0.975] {
                let tail = student.cdf(quantile(q, df, 0.0));
                assert!((tail - q).abs() < 1e-11, "{df} {q}: {tail}");
            }
        }
    }

    #[test]
    fn many_degrees_of_freedom_leave_a_shifted_normal_distribution() {
        let found = quantile(0.975, 1e8, 3.0);
        assert!((found - 3.0 - crate::stats::repeatability::Z).abs() < 1e-3, "{found}");
    }
}
