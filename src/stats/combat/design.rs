//! Batches and covariates of the rows of a table.

use nalgebra::{DMatrix, DVector};

use super::ComBatFault;

/// A covariate that varies by less than this share of its own size within the batches does not vary there.
const VARIES: f64 = 1e-9;

/// Rows of each batch.
pub(super) struct Rows {
    /// The batches that there are, in their order.
    pub(super) levels: Vec<usize>,
    /// The place of each row's batch in `levels`.
    pub(super) of: Vec<usize>,
    /// Rows of each.
    pub(super) counts: Vec<usize>,
}

impl Rows {
    pub(super) fn new(batch: &[usize]) -> Self {
        let mut levels = batch.to_vec();
        levels.sort_unstable();
        levels.dedup();
        let of: Vec<usize> = batch.iter().map(|b| levels.partition_point(|level| level < b)).collect();
        let mut counts = vec![0; levels.len()];
        for place in &of {
            counts[*place] += 1;
        }
        Self { levels, of, counts }
    }

    /// Mean of each batch's values.
    pub(super) fn means(&self, values: impl Iterator<Item = f64>) -> Vec<f64> {
        let mut means = vec![0.0; self.levels.len()];
        for (value, place) in values.zip(&self.of) {
            means[*place] += value;
        }
        for (mean, n) in means.iter_mut().zip(&self.counts) {
            *mean /= *n as f64;
        }
        means
    }
}

/// Covariates without what the batches say of them: the slopes of a model of batches and covariates are those of the
/// values on these (Frisch and Waugh 1933).
pub(super) struct Within {
    /// Orthonormal columns, the covariates that vary within the batches.
    basis: DMatrix<f64>,
    /// Slopes on the covariates themselves from those on the basis.
    back: DMatrix<f64>,
    /// Which covariates vary at all; a constant one has no slope.
    used: Vec<usize>,
    covariates: usize,
    /// Mean of each covariate by batch: batches by covariates.
    pub(super) means: DMatrix<f64>,
}

impl Within {
    pub(super) fn new(covariates: &DMatrix<f64>, rows: &Rows) -> Result<Self, ComBatFault> {
        let mut means = DMatrix::zeros(rows.levels.len(), covariates.ncols());
        for (c, column) in covariates.column_iter().enumerate() {
            means.set_column(c, &DVector::from_vec(rows.means(column.iter().copied())));
        }
        let used: Vec<usize> = (0..covariates.ncols())
            .filter(|c| covariates.column(*c).iter().any(|v| *v != covariates[(0, *c)]))
            .collect();
        let (n, k) = (covariates.nrows(), used.len());
        let mut basis = DMatrix::<f64>::zeros(n, k);
        let mut triangle = DMatrix::<f64>::zeros(k, k);
        for (at, c) in used.iter().enumerate() {
            let all = covariates.column(*c);
            let whole = all.add_scalar(-all.mean()).norm();
            let mut column = DVector::from_fn(n, |r, _| all[r] - means[(rows.of[r], *c)]);
            // Twice, because one pass of Gram-Schmidt leaves what rounding put in.
            for _ in 0..2 {
                for before in 0..at {
                    let share = basis.column(before).dot(&column);
                    triangle[(before, at)] += share;
                    column.axpy(-share, &basis.column(before), 1.0);
                }
            }
            let left = column.norm();
            if left <= VARIES * whole {
                return Err(ComBatFault::Confounded);
            }
            triangle[(at, at)] = left;
            basis.set_column(at, &column.unscale(left));
        }
        let back =
            triangle.solve_upper_triangular(&DMatrix::identity(k, k)).ok_or(ComBatFault::Confounded)?;
        Ok(Self { basis, back, used, covariates: covariates.ncols(), means })
    }

    /// Covariates that have a slope.
    pub(super) fn rank(&self) -> usize {
        self.used.len()
    }

    /// Slopes of one feature's values on all covariates.
    pub(super) fn slopes(&self, values: &DVector<f64>) -> DVector<f64> {
        let on_used = &self.back * (self.basis.tr_mul(values));
        let mut slopes = DVector::zeros(self.covariates);
        for (c, slope) in self.used.iter().zip(on_used.iter()) {
            slopes[*c] = *slope;
        }
        slopes
    }
}
