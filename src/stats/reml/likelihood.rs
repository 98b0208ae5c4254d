//! The restricted likelihood of two variance ratios, with mean and residual variance profiled out.
//!
//! With ratios t (subjects to residual) and p (repeats to residual) the covariance is s^2 V, V = A + p R R', where A is
//! the identity plus t for each two values of one subject and R marks the repeats. A falls into blocks of one subject,
//! each inverted by hand; what remains are k x k matrices, k the number of repeats (Henderson 1953; Bates et al. 2015
//! eliminate in the same order):
//!
//! C = R' A^-1 R, h = R' A^-1 y, B = I + p C,
//! 1' V^-1 1 = 1' B^-1 C 1, 1' V^-1 y = 1' B^-1 h, y' V^-1 y = y' A^-1 y - p h' B^-1 h, |V| = |A| |B|.
//!
//! Every sum is split into a part within subjects and one of their means, so that no digits cancel where subjects
//! differ by far more than repeats.

use nalgebra::{Cholesky, DMatrix, DVector};

use super::table::Table;

/// Variance ratios: subjects and repeats to residual.
pub(super) type Ratios = [f64; 2];

/// The profiled likelihood of a table.
pub(super) struct Profile<'a>(&'a Table);

/// The likelihood at two ratios.
pub(super) struct At {
    /// Minus twice the log of the restricted likelihood, up to a constant; infinite where it cannot be computed.
    pub deviance: f64,
    /// Its derivatives.
    pub gradient: Ratios,
    /// The mean that is most likely there.
    pub mean: f64,
    /// The residual variance that is most likely there.
    pub residual: f64,
}

impl<'a> Profile<'a> {
    pub fn of(table: &'a Table) -> Self {
        Self(table)
    }

    pub fn at(&self, [t, p]: Ratios) -> At {
        let table = self.0;
        let df = table.values - 1.0;
        let (mut c, mut h, mut yy) = (table.laplacian.clone(), table.shifts.clone(), table.within);
        // Derivatives by t.
        let k = table.repeats();
        let (mut c_t, mut h_t, mut yy_t) = (DMatrix::zeros(k, k), DVector::zeros(k), 0.0);
        let (mut log_a, mut log_a_t) = (0.0, 0.0);
        // C 1 and 1' h, from which what lies within subjects drops out: summed without it, not left to cancel.
        let (mut c_ones, mut ones_h) = (DVector::zeros(k), 0.0);
        for group in &table.groups {
            let grown = 1.0 + t * group.count;
            add(c.as_mut_slice(), 1.0 / (group.count * grown), group.pairs.as_slice());
            add(c_t.as_mut_slice(), -1.0 / (grown * grown), group.pairs.as_slice());
            add(h.as_mut_slice(), 1.0 / grown, group.means.as_slice());
            add(h_t.as_mut_slice(), -group.count / (grown * grown), group.means.as_slice());
            c_ones += group.pairs.column_sum() * (1.0 / (group.count * grown));
            ones_h += group.means.sum() / grown;
            yy += group.count * group.squares / grown;
            yy_t -= (group.count / grown).powi(2) * group.squares;
            log_a += group.subjects * grown.ln();
            log_a_t += group.subjects * group.count / grown;
        }
        let mut b = &c * p;
        for i in 0..k {
            b[(i, i)] += 1.0;
        }
        let Some(factor) = Cholesky::new(b) else { return At::NOWHERE };
        let log_b = 2.0 * (0..k).map(|i| factor.l_dirty()[(i, i)].ln()).sum::<f64>();
        let inverse = factor.inverse();
        // B^-1 applied to 1, C 1 and h. Solved for: the written inverse would lose what repeats' shifts outweigh.
        let (g, u, z) =
            (factor.solve(&DVector::from_element(k, 1.0)), factor.solve(&c_ones), factor.solve(&h));
        let even = g.mean();
        let (xx, xy) = (u.sum(), even * ones_h + g.map(|of_g| of_g - even).dot(&h));
        let q = yy - p * h.dot(&z) - xy * xy / xx;
        if !(q > 0.0 && xx > 0.0) {
            return At::NOWHERE;
        }
        // d(B^-1) = -B^-1 dB B^-1 throughout; B^-1 and C commute.
        let (cg, cz) = (&c_t * &g, &c_t * &z);
        let (xx_t, xy_t) = (g.dot(&cg), g.dot(&h_t) - p * g.dot(&cz));
        let (xx_p, xy_p) = (-u.dot(&u), -u.dot(&z));
        let of_mean = |xx_d: f64, xy_d: f64| 2.0 * xy * xy_d / xx - xy * xy * xx_d / (xx * xx);
        let q_t = yy_t - 2.0 * p * h_t.dot(&z) + p * p * z.dot(&cz) - of_mean(xx_t, xy_t);
        let q_p = -z.dot(&z) - of_mean(xx_p, xy_p);
        At {
            deviance: df * q.ln() + log_a + log_b + xx.ln(),
            gradient: [
                df * q_t / q + log_a_t + p * inverse.dot(&c_t) + xx_t / xx,
                df * q_p / q + inverse.dot(&c) + xx_p / xx,
            ],
            mean: xy / xx,
            residual: q / df,
        }
    }
}

impl At {
    const NOWHERE: Self = Self { deviance: f64::INFINITY, gradient: [0.0; 2], mean: 0.0, residual: 0.0 };
}

fn add(to: &mut [f64], weight: f64, what: &[f64]) {
    for (to, what) in to.iter_mut().zip(what) {
        *to += weight * what;
    }
}
