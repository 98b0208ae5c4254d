//! The shares of which an AUC is the mean.

use crate::numeric::sum::ordered_sum;
use crate::stats::rank::average_ranks;

/// V10 of each positive and V01 of each negative, in the order of the scores.
pub(super) struct Components {
    pub(super) auc: f64,
    positive: Vec<f64>,
    negative: Vec<f64>,
}

impl Components {
    /// `None` where a class has fewer than two members, or a score is not a number.
    pub(super) fn of(scores: &[f64], labels: &[bool]) -> Option<Self> {
        let (won, all) = super::pairs(scores, labels)?;
        let of = |label: bool, values: &[f64]| -> Vec<f64> {
            values.iter().zip(labels).filter(|(_, y)| **y == label).map(|(v, _)| *v).collect()
        };
        let ranks = average_ranks(scores);
        let shares = |label: bool, others: f64| -> Vec<f64> {
            let among_own = average_ranks(&of(label, scores));
            of(label, &ranks).iter().zip(among_own).map(|(all, own)| (all - own) / others).collect()
        };
        let m = labels.iter().filter(|y| **y).count();
        let n = labels.len() - m;
        if m < 2 || n < 2 {
            return None;
        }
        let positive = shares(true, n as f64);
        // Positives below a negative: one less that are the positives above it.
        let negative = shares(false, m as f64).iter().map(|below| 1.0 - below).collect();
        Some(Self { auc: won / all, positive, negative })
    }

    /// Variance of the AUC.
    pub(super) fn variance(&self) -> f64 {
        self.covariance(self)
    }

    /// Covariance of two AUCs on the same members.
    pub(super) fn covariance(&self, other: &Self) -> f64 {
        covariance(&self.positive, &other.positive) / self.positive.len() as f64
            + covariance(&self.negative, &other.negative) / self.negative.len() as f64
    }
}

/// Sample covariance (divisor n - 1) of two columns of at least two values.
fn covariance(a: &[f64], b: &[f64]) -> f64 {
    let n = a.len() as f64;
    let (of_a, of_b) = (ordered_sum(a) / n, ordered_sum(b) / n);
    let products: Vec<f64> = a.iter().zip(b).map(|(x, y)| (x - of_a) * (y - of_b)).collect();
    ordered_sum(&products) / (n - 1.0)
}
