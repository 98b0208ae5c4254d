//! Kendall's rank correlation tau-b with its asymptotic test (Kendall 1970).

use std::f64::consts::SQRT_2;

use statrs::function::erf::erfc;

/// A rank correlation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Kendall {
    /// tau-b.
    pub tau: f64,
    /// Two-sided p, normal approximation with ties.
    pub p: f64,
}

/// tau-b of pairs; `None` where one of both does not vary.
///
/// ```
/// use delta_radiomics::stats::kendall::tau_b;
/// // Five of the six pairs of pairs are in the same order.
/// let of = tau_b(&[(1.0, 1.0), (2.0, 2.0), (3.0, 4.0), (4.0, 3.0)]).unwrap();
/// assert!((of.tau - 4.0 / 6.0).abs() < 1e-15);
/// ```
pub fn tau_b(pairs: &[(f64, f64)]) -> Option<Kendall> {
    let n = pairs.len() as f64;
    let mut score = 0i64;
    for (i, a) in pairs.iter().enumerate() {
        for b in &pairs[i + 1..] {
            let order = a.0.total_cmp(&b.0) as i64 * (a.1.total_cmp(&b.1) as i64);
            // Zero and minus zero are one value.
            score += if a.0 == b.0 || a.1 == b.1 { 0 } else { order };
        }
    }
    let (x, y) = (Ties::of(pairs.iter().map(|p| p.0)), Ties::of(pairs.iter().map(|p| p.1)));
    let all = n * (n - 1.0) / 2.0;
    let (of_x, of_y) = (all - x.pairs, all - y.pairs);
    if of_x <= 0.0 || of_y <= 0.0 {
        return None;
    }
    let tau = score as f64 / of_x.sqrt() / of_y.sqrt();
    let base = n * (n - 1.0) * (2.0 * n + 5.0);
    let variance = (base - x.weighted - y.weighted) / 18.0
        + 2.0 * x.pairs * y.pairs / (n * (n - 1.0))
        + x.triples * y.triples / (9.0 * n * (n - 1.0) * (n - 2.0).max(1.0));
    let z = score as f64 / variance.sqrt();
    Some(Kendall { tau: tau.clamp(-1.0, 1.0), p: erfc(z.abs() / SQRT_2) })
}

/// What equal values take away.
struct Ties {
    /// Pairs of equal values.
    pairs: f64,
    /// Sum of t (t - 1)(t - 2).
    triples: f64,
    /// Sum of t (t - 1)(2 t + 5).
    weighted: f64,
}

impl Ties {
    fn of(values: impl Iterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.map(|v| v + 0.0).collect();
        values.sort_by(f64::total_cmp);
        let mut ties = Self { pairs: 0.0, triples: 0.0, weighted: 0.0 };
        for run in values.chunk_by(|a, b| a == b) {
            let t = run.len() as f64;
            ties.pairs += t * (t - 1.0) / 2.0;
            ties.triples += t * (t - 1.0) * (t - 2.0);
            ties.weighted += t * (t - 1.0) * (2.0 * t + 5.0);
        }
        ties
    }
}

#[cfg(test)]
mod tests {
    use super::tau_b;

    #[test]
    fn order_is_all_that_counts_and_ties_are_left_aside() {
        let rising: Vec<(f64, f64)> = (0..9).map(|i| (f64::from(i), f64::from(i).exp())).collect();
        assert_eq!(tau_b(&rising).unwrap().tau, 1.0);
        let falling: Vec<(f64, f64)> = rising.iter().map(|p| (p.0, -p.1)).collect();
        assert_eq!(tau_b(&falling).unwrap().tau, -1.0);
        assert!(tau_b(&falling).unwrap().p < 1e-3);
        assert_eq!(tau_b(&[(1.0, 2.0), (1.0, 3.0)]), None);
        // x: one pair of ties; concordant 4, discordant 1: 3 / sqrt(5 x 6).
        let tied = tau_b(&[(1.0, 1.0), (1.0, 2.0), (2.0, 4.0), (3.0, 3.0)]).unwrap();
        assert!((tied.tau - 3.0 / 30.0_f64.sqrt()).abs() < 1e-15);
    }
}
