//! The columns of a model with its intercept, centred and scaled.

use nalgebra::{DMatrix, DVector};

use super::{FitFault, probability};
use crate::numeric::sum::ordered_sum;

/// A column's length outside the span of the columns before it, below which it is a combination of them.
const COLLINEAR: f64 = 1e-7;

/// A column of ones, then each column with mean zero and mean square one.
pub(super) struct Design {
    z: DMatrix<f64>,
    means: Vec<f64>,
    scales: Vec<f64>,
}

impl Design {
    /// Centres and scales finite columns.
    pub(super) fn of(x: &DMatrix<f64>) -> Result<Self, FitFault> {
        let rows = x.nrows() as f64;
        let mut z = x.clone().insert_column(0, 1.0);
        let (mut means, mut scales) = (Vec::new(), Vec::new());
        for mut column in z.column_iter_mut().skip(1) {
            // Divided first: a sum of large values stays finite.
            let largest = column.amax();
            let mean = ordered_sum(&column.iter().map(|v| v / rows).collect::<Vec<_>>());
            column.add_scalar_mut(-mean);
            let scale = column.amax();
            // What rounding leaves of a constant is no spread.
            if scale <= 1e-13 * largest || !scale.is_finite() {
                return Err(FitFault::Collinear);
            }
            column.unscale_mut(scale);
            let root = column.norm() / rows.sqrt();
            column.unscale_mut(root);
            means.push(mean);
            scales.push(scale * root);
        }
        let design = Self { z, means, scales };
        if design.collinear() { Err(FitFault::Collinear) } else { Ok(design) }
    }

    /// Whether the columns span less than their number, by Householder's triangle with the longest remainder first.
    fn collinear(&self) -> bool {
        if self.means.is_empty() {
            return false;
        }
        let triangle = self.z.clone().col_piv_qr().unpack_r();
        let diagonal = triangle.diagonal();
        diagonal.iter().any(|v| v.abs() <= COLLINEAR * diagonal[0].abs())
    }

    /// The product with a vector of parameters.
    pub(super) fn times(&self, b: &DVector<f64>) -> DVector<f64> {
        let mut product = DVector::zeros(self.z.nrows());
        for (column, b) in self.z.column_iter().zip(b.iter()) {
            product.axpy(*b, &column, 1.0);
        }
        product
    }

    /// Gradient Z' (y - p) and information Z' W Z of the log-likelihood.
    pub(super) fn derivatives(&self, linear: &DVector<f64>, y: &[bool]) -> (DVector<f64>, DMatrix<f64>) {
        let p = linear.map(probability);
        // 1 - p without cancellation.
        let weights = linear.map(|v| probability(v) * probability(-v));
        let of_row = |i: usize| if y[i] { probability(-linear[i]) } else { -p[i] };
        let residuals = DVector::from_fn(y.len(), |i, _| of_row(i));
        let columns = self.z.ncols();
        let gradient = DVector::from_fn(columns, |j, _| self.z.column(j).dot(&residuals));
        let mut information = DMatrix::zeros(columns, columns);
        for j in 0..columns {
            let weighted = self.z.column(j).component_mul(&weights);
            for i in 0..=j {
                let value = self.z.column(i).dot(&weighted);
                information[(i, j)] = value;
                information[(j, i)] = value;
            }
        }
        (gradient, information)
    }

    /// Parameters in the units of the columns that were given.
    pub(super) fn unscale(&self, b: &DVector<f64>) -> (f64, Vec<f64>) {
        let coefficients: Vec<f64> = self.scales.iter().zip(b.iter().skip(1)).map(|(s, b)| b / s).collect();
        let shift: f64 = coefficients.iter().zip(&self.means).map(|(b, mean)| b * mean).sum();
        (b[0] - shift, coefficients)
    }

    /// Their covariance: the intercept is b0 - sum of mean_j / scale_j b_j.
    pub(super) fn unscale_covariance(&self, v: &DMatrix<f64>) -> DMatrix<f64> {
        let columns = v.ncols();
        let scale = |j: usize| if j == 0 { 1.0 } else { self.scales[j - 1] };
        let of_intercept =
            DVector::from_fn(
                columns,
                |j, _| if j == 0 { 1.0 } else { -self.means[j - 1] / self.scales[j - 1] },
            );
        let with_intercept = v * &of_intercept;
        DMatrix::from_fn(columns, columns, |i, j| match (i, j) {
            (0, 0) => of_intercept.dot(&with_intercept),
            (0, k) | (k, 0) => with_intercept[k] / scale(k),
            _ => v[(i, j)] / (scale(i) * scale(j)),
        })
    }
}
