//! How far two scans of an unchanged patient differ: wSD, RC and their upper bound (Bland & Altman 1996).

use statrs::function::gamma::{gamma_lr, gamma_ur, ln_gamma};

/// The 97.5 % quantile of the standard normal distribution.
pub const Z: f64 = 1.959963984540054;

/// How far repeats of an unchanged subject differ, with 95 % intervals by chi squared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Repeatability {
    /// Within-subject standard deviation; also the standard error of a measurement (SEM).
    pub wsd: f64,
    /// Its degrees of freedom.
    pub df: f64,
    /// Its interval: wSD sqrt(df / chi2).
    pub wsd_interval: (f64, f64),
    /// Repeatability coefficient; also the minimal detectable change (MDC95).
    pub rc: f64,
    /// Its interval.
    pub rc_interval: (f64, f64),
}

impl Repeatability {
    /// Of a within-subject standard deviation on `df` degrees of freedom.
    ///
    /// ```
    /// use delta_radiomics::stats::repeatability::Repeatability;
    /// let r = Repeatability::of(0.5, 20.0);
    /// assert!((r.rc - 1.3859).abs() < 1e-4);
    /// assert!(r.wsd_interval.0 < 0.5 && r.rc < r.rc_interval.1);
    /// ```
    pub fn of(wsd: f64, df: f64) -> Self {
        let wsd_interval = (wsd * (df / chi_squared_quantile(0.975, df)).sqrt(), wsd_upper(wsd, df));
        let rc_interval =
            (repeatability_coefficient(wsd_interval.0), repeatability_coefficient(wsd_interval.1));
        Self { wsd, df, wsd_interval, rc: repeatability_coefficient(wsd), rc_interval }
    }
}

/// Repeatability coefficient, 1.96 sqrt(2) wSD: two scans of an unchanged patient differ by less in 95 % of pairs
/// (Bland & Altman 1999).
pub fn repeatability_coefficient(wsd: f64) -> f64 {
    Z * std::f64::consts::SQRT_2 * wsd
}

/// Upper bound of the 95 % interval of a within-subject standard deviation: wSD sqrt(df / chi2(0.025; df)).
pub fn wsd_upper(wsd: f64, df: f64) -> f64 {
    wsd * (df / chi_squared_quantile(0.025, df)).sqrt()
}

/// The value below which a chi-squared variable with `df` degrees of freedom lies with probability `q`.
///
/// Newton's method on the regularised incomplete gamma function from Wilson & Hilferty's start (1931), with the
/// smaller tail as the residual so that none cancels.
pub fn chi_squared_quantile(q: f64, df: f64) -> f64 {
    let (shape, z) = (df / 2.0, statrs::function::erf::erfc_inv(2.0 * (1.0 - q)) * std::f64::consts::SQRT_2);
    let start = 1.0 - 2.0 / (9.0 * df) + z * (2.0 / (9.0 * df)).sqrt();
    let mut x = (df * start.powi(3)).max(1e-8);
    for _ in 0..100 {
        let excess =
            if q < 0.5 { gamma_lr(shape, x / 2.0) - q } else { (1.0 - q) - gamma_ur(shape, x / 2.0) };
        let log_density = (shape - 1.0) * (x / 2.0).ln() - x / 2.0 - ln_gamma(shape) - std::f64::consts::LN_2;
        // A step never leaves the positive numbers.
        let next = (x - excess / log_density.exp()).max(x / 10.0);
        let settled = (next - x).abs() <= 4.0 * f64::EPSILON * x;
        x = next;
        if settled {
            break;
        }
    }
    x
}

#[cfg(test)]
mod tests {
    use super::{chi_squared_quantile, repeatability_coefficient, wsd_upper};

    #[test]
    fn two_degrees_of_freedom_have_a_closed_form() {
        for q in [0.001, 0.025, 0.5, 0.975, 0.999_f64] {
            let exact = -2.0 * (-q).ln_1p();
            assert!((chi_squared_quantile(q, 2.0) / exact - 1.0).abs() < 1e-12, "{q}");
        }
    }

    #[test]
    fn published_quantiles() {
        // Standard tables of chi squared.
        for (q, df, table) in [(0.025, 1.0, 0.000982), (0.025, 10.0, 3.247), (0.975, 30.0, 46.979)] {
            assert!((chi_squared_quantile(q, df) / table - 1.0).abs() < 5e-4, "{q} {df}");
        }
    }

    #[test]
    fn few_repeats_widen_the_limit() {
        assert!(wsd_upper(1.0, 9.0) > wsd_upper(1.0, 19.0) && wsd_upper(1.0, 1e6) < 1.01);
        assert!((repeatability_coefficient(1.0) - 2.77).abs() < 0.002);
    }
}
