//! Limits of agreement of two repeats (Bland & Altman 1986, 1999), with approximate and exact intervals.

use statrs::distribution::{ContinuousCDF, StudentsT};

use super::noncentral_t;
use super::repeatability::Z;

/// A value with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// Lower bound.
    pub lower: f64,
    /// Upper bound.
    pub upper: f64,
}

/// Bias and limits of agreement, second repeat minus first.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BlandAltman {
    /// Number of pairs.
    pub n: usize,
    /// Mean difference.
    pub bias: f64,
    /// Its interval.
    pub bias_interval: Interval,
    /// Standard deviation of the differences, divisor n - 1.
    pub sd: f64,
    /// Limits: bias -/+ 1.96 sd.
    pub limits: Interval,
    /// Standard error of a limit, approximately.
    pub limit_se: f64,
    /// Interval of the lower limit by its standard error.
    pub lower_limit_approximate: Interval,
    /// Interval of the upper limit by its standard error.
    pub upper_limit_approximate: Interval,
    /// Exact interval of the lower limit (Carkeet 2015).
    pub lower_limit_exact: Interval,
    /// Exact interval of the upper limit (Carkeet 2015).
    pub upper_limit_exact: Interval,
}

impl BlandAltman {
    /// Of pairs (first, second); `None` for fewer than two.
    ///
    /// ```
    /// use delta_radiomics::stats::bland_altman::BlandAltman;
    /// // Differences 1, 2, 3.
    /// let agreement = BlandAltman::of(&[(0.0, 1.0), (5.0, 7.0), (1.0, 4.0)]).unwrap();
    /// assert_eq!((agreement.bias, agreement.sd), (2.0, 1.0));
    /// assert!((agreement.limits.upper - 3.959964).abs() < 1e-6);
    /// ```
    pub fn of(pairs: &[(f64, f64)]) -> Option<Self> {
        if pairs.len() < 2 {
            return None;
        }
        let n = pairs.len() as f64;
        let differences: Vec<f64> = pairs.iter().map(|(first, second)| second - first).collect();
        let bias = differences.iter().sum::<f64>() / n;
        let sd = (differences.iter().map(|d| (d - bias) * (d - bias)).sum::<f64>() / (n - 1.0)).sqrt();
        // At least one degree of freedom.
        let t = StudentsT::new(0.0, 1.0, n - 1.0).map_or(f64::INFINITY, |t| t.inverse_cdf(0.975));
        let around = |centre: f64, half: f64| Interval { lower: centre - half, upper: centre + half };
        let limits = around(bias, Z * sd);
        let limit_se = sd * (1.0 / n + Z * Z / (2.0 * (n - 1.0))).sqrt();
        let exact = |q: f64| noncentral_t::quantile(q, n - 1.0, Z * n.sqrt()) / n.sqrt() * sd;
        let (near, far) = (exact(0.025), exact(0.975));
        Some(Self {
            n: pairs.len(),
            bias,
            bias_interval: around(bias, t * sd / n.sqrt()),
            sd,
            limits,
            limit_se,
            lower_limit_approximate: around(limits.lower, t * limit_se),
            upper_limit_approximate: around(limits.upper, t * limit_se),
            lower_limit_exact: Interval { lower: bias - far, upper: bias - near },
            upper_limit_exact: Interval { lower: bias + near, upper: bias + far },
        })
    }
}

/// Lin's concordance correlation (1989) with population moments: how near pairs lie to the line of identity. `None`
/// where nothing varies.
///
/// ```
/// use delta_radiomics::stats::bland_altman::concordance;
/// assert_eq!(concordance(&[(1.0, 1.0), (2.0, 2.0)]), Some(1.0));
/// // Covariance 0.25, variances 0.25, a shift of 1: 0.5 / (0.5 + 1).
/// assert_eq!(concordance(&[(1.0, 2.0), (2.0, 3.0)]), Some(1.0 / 3.0));
/// ```
pub fn concordance(pairs: &[(f64, f64)]) -> Option<f64> {
    let n = pairs.len() as f64;
    let mean = |value: fn(&(f64, f64)) -> f64| pairs.iter().map(value).sum::<f64>() / n;
    let (a, b) = (mean(|p| p.0), mean(|p| p.1));
    let moment = |f: &dyn Fn(f64, f64) -> f64| pairs.iter().map(|p| f(p.0 - a, p.1 - b)).sum::<f64>() / n;
    let spread = moment(&|x, _| x * x) + moment(&|_, y| y * y) + (a - b) * (a - b);
    (spread > 0.0).then(|| 2.0 * moment(&|x, y| x * y) / spread)
}
