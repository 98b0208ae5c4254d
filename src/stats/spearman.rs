//! Spearman's rank correlation (1904, Am J Psychol 15:72): the correlation of midranks.
//!
//! Twice a midrank of n values, less n + 1, is a whole number between -n and n of mean zero. Sums of their products
//! are whole and below n^3, so that they are exact in whatever order and with whatever instructions a processor
//! adds them (up to n = 200,000): a matrix product gives every machine the same bytes.

use nalgebra::{DMatrix, DVector};

use super::rank::average_ranks;

/// The correlation of two columns. `None` where one of both does not vary, holds fewer than two values, or one that
/// is not a number.
///
/// ```
/// use delta_radiomics::stats::spearman::correlation;
/// // Ranks 1, 2, 3, 4 and 1, 3, 2, 4: 1 - 6 (1 + 1) / (4 (16 - 1)) = 0.8.
/// assert_eq!(correlation(&[1.0, 2.0, 3.0, 9.0], &[0.1, 0.7, 0.5, 0.9]), Some(0.8));
/// ```
///
/// # Panics
/// Where the columns differ in length: a defect of the caller.
pub fn correlation(a: &[f64], b: &[f64]) -> Option<f64> {
    assert_eq!(a.len(), b.len(), "columns of one table");
    let (a, b) = (centred(a), centred(b));
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
    ratio(dot(&a, &b), dot(&a, &a), dot(&b, &b))
}

/// Correlations of all columns with each other, by one matrix product. A column that does not vary, or holds a value
/// that is not a number, correlates 0 with all, itself included.
///
/// ```
/// use delta_radiomics::stats::spearman::matrix;
/// use nalgebra::DMatrix;
/// // The columns of `correlation` and a constant.
/// let x = DMatrix::from_column_slice(4, 3, &[1.0, 2.0, 3.0, 9.0, 0.1, 0.7, 0.5, 0.9, 5.0, 5.0, 5.0, 5.0]);
/// assert_eq!(matrix(&x), DMatrix::from_row_slice(3, 3, &[1.0, 0.8, 0.0, 0.8, 1.0, 0.0, 0.0, 0.0, 0.0]));
/// ```
pub fn matrix(x: &DMatrix<f64>) -> DMatrix<f64> {
    let mut ranks = x.clone();
    for mut column in ranks.column_iter_mut() {
        column.copy_from_slice(&centred(column.as_slice()));
    }
    let mut products = ranks.transpose() * ranks;
    let squares: DVector<f64> = products.diagonal();
    for (j, mut column) in products.column_iter_mut().enumerate() {
        for (i, value) in column.iter_mut().enumerate() {
            *value = ratio(*value, squares[i], squares[j]).unwrap_or(0.0);
        }
    }
    products
}

/// Twice the midranks, less their mean; all zero where a value is not a number.
fn centred(values: &[f64]) -> Vec<f64> {
    if values.iter().any(|v| v.is_nan()) {
        return vec![0.0; values.len()];
    }
    let centre = values.len() as f64 + 1.0;
    average_ranks(values).iter().map(|rank| 2.0 * rank - centre).collect()
}

/// The cosine of two columns by their products; `None` where one is zero.
fn ratio(product: f64, a: f64, b: f64) -> Option<f64> {
    (a > 0.0 && b > 0.0).then(|| (product / (a * b).sqrt()).clamp(-1.0, 1.0))
}

#[cfg(test)]
mod tests {
    use nalgebra::DMatrix;

    use super::{correlation, matrix};
    use crate::numeric::random::Random;
    use crate::stats::cohort_reference::{Cohort, column, near, table};

    #[test]
    fn order_is_all_that_counts() {
        let a = [0.5, -2.0, 3.0, 3.0, 8.0, -2.0];
        assert_eq!(correlation(&a, &a.map(f64::exp)), Some(1.0));
        assert_eq!(correlation(&a, &a.map(|v| -v * v * v)), Some(-1.0));
        let b = [1.0, 0.0, 4.0, -4.0, 2.0, 2.0];
        assert_eq!(correlation(&a, &b), correlation(&b, &a));
        assert_eq!(correlation(&a, &b), correlation(&a.map(f64::exp), &b));
    }

    #[test]
    fn what_does_not_vary_or_is_missing_has_no_correlation() {
        assert_eq!(correlation(&[], &[]), None);
        assert_eq!(correlation(&[1.0], &[2.0]), None);
        assert_eq!(correlation(&[1.0, 1.0], &[2.0, 3.0]), None);
        assert_eq!(correlation(&[0.0, -0.0], &[2.0, 3.0]), None);
        assert_eq!(correlation(&[1.0, f64::NAN, 3.0], &[2.0, 3.0, 4.0]), None);
        assert_eq!(matrix(&DMatrix::zeros(0, 0)).shape(), (0, 0));
        assert_eq!(matrix(&DMatrix::from_element(1, 2, 3.0)), DMatrix::zeros(2, 2));
    }

    #[test]
    fn the_matrix_holds_the_correlations_of_pairs() {
        let mut random = Random::seeded(3);
        // Rounded, so that there are ties; many rows and columns, so that the product is a blocked one.
        let x = DMatrix::from_fn(83, 31, |_, _| (random.uniform() * 20.0).round());
        let all = matrix(&x);
        for i in 0..31 {
            for j in 0..31 {
                let pair = correlation(x.column(i).as_slice(), x.column(j).as_slice());
                assert_eq!(pair, Some(all[(i, j)]));
            }
        }
    }

    #[test]
    fn correlations_are_those_of_scipy() {
        let (Some(cohort), Some(expected)) = (Cohort::read(), table("univariate_expected.csv")) else {
            return;
        };
        let of = matrix(&cohort.columns());
        for (f, expected) in column(&expected, "spearman_with_f01").iter().enumerate() {
            assert!(near(of[(f, 1)], *expected, 1e-12), "{f}");
        }
    }
}
