//! Ridge with more columns than rows, on the rows' principal components.
//!
//! Without an absolute penalty the coefficients are a combination of the rows: with X X' = U M U', the model on the
//! columns of Z = U sqrt(M) has the same penalty and the same linear predictors, and b = X' U M^(-1/2) times its
//! coefficients. As many columns as rows remain.

use nalgebra::{DMatrix, SymmetricEigen};

use super::kernel::column;
use crate::numeric::lanes::{add, dot};

/// Share of the largest eigenvalue below which a component is rounding.
const SMALLEST: f64 = 1e-13;

/// Principal components of the rows.
pub(super) struct Components {
    /// Scores of the rows.
    pub scores: DMatrix<f64>,
    /// Of coefficients of scores, the weights of rows whose sum are coefficients of columns.
    weights: DMatrix<f64>,
}

impl Components {
    pub fn of(x: &DMatrix<f64>) -> Self {
        let n = x.nrows();
        let rows = x.transpose();
        let products =
            DMatrix::from_fn(n, n, |i, j| if i < j { 0.0 } else { dot(column(&rows, i), column(&rows, j)) });
        // The decomposition reads one half of the matrix; both are given.
        let whole = DMatrix::from_fn(n, n, |i, j| products[(i.max(j), i.min(j))]);
        let SymmetricEigen { eigenvectors, eigenvalues } = SymmetricEigen::new(whole);
        let kept: Vec<usize> = (0..n).filter(|&k| eigenvalues[k] > SMALLEST * eigenvalues.max()).collect();
        let scaled = |power: fn(f64) -> f64| {
            DMatrix::from_fn(n, kept.len(), |i, k| eigenvectors[(i, kept[k])] * power(eigenvalues[kept[k]]))
        };
        Self { scores: scaled(f64::sqrt), weights: scaled(|m| 1.0 / m.sqrt()) }
    }

    /// Coefficients of the columns of `x` from those of the scores.
    pub fn coefficients(&self, x: &DMatrix<f64>, of_scores: &[(usize, f64)]) -> Vec<(usize, f64)> {
        let mut rows = vec![0.0; x.nrows()];
        for &(k, value) in of_scores {
            add(&mut rows, value, column(&self.weights, k));
        }
        (0..x.ncols()).map(|j| (j, dot(&rows, column(x, j)))).filter(|(_, b)| *b != 0.0).collect()
    }
}
