//! Shapley values of a linear model (Lundberg and Lee 2017; Strumbelj and Kononenko 2014).

use nalgebra::DMatrix;

/// What each column adds to each row's linear predictor, compared with a row of mean values: b_j (x_ij - mean_j). Its
/// unit is that of the linear predictor (log odds, log hazard). The values of a row sum to its linear predictor less
/// that of the means. Exact where columns are independent of each other; correlated columns share what they say
/// as the coefficients do.
///
/// ```
/// use delta_radiomics::stats::shap::linear;
/// use nalgebra::DMatrix;
/// // 2 (3 - 1) and -1 (5 - 4).
/// let of = linear(&DMatrix::from_row_slice(1, 2, &[3.0, 5.0]), &[2.0, -1.0], &[1.0, 4.0]);
/// assert_eq!(of, DMatrix::from_row_slice(1, 2, &[4.0, -1.0]));
/// ```
///
/// # Panics
/// Where columns, coefficients and means differ in number: a defect of the caller.
pub fn linear(x: &DMatrix<f64>, coefficients: &[f64], means: &[f64]) -> DMatrix<f64> {
    assert_eq!(
        (x.ncols(), x.ncols()),
        (coefficients.len(), means.len()),
        "a coefficient and a mean for each column"
    );
    let mut values = x.clone();
    for (mut column, (b, mean)) in values.column_iter_mut().zip(coefficients.iter().zip(means)) {
        column.apply(|v| *v = b * (*v - mean));
    }
    values
}

#[cfg(test)]
mod tests {
    use nalgebra::DMatrix;

    use super::linear;
    use crate::stats::cohort_reference::{Cohort, json, near, numbers};
    use crate::stats::logistic;

    #[test]
    fn values_of_a_row_sum_to_its_distance_from_the_mean_predictor() {
        let (Some(cohort), Some(expected)) = (Cohort::read(), json("cohort_expected.json")) else { return };
        let x = cohort.standardised().columns(0, 4).into_owned();
        let fit = logistic::fit(&x, &cohort.response, None).unwrap();
        let of = linear(&x, &fit.coefficients, &[0.0; 4]);
        for (row, predictor) in of.row_iter().zip(fit.linear(&x)) {
            assert!(near(row.sum(), predictor - fit.intercept, 1e-12));
        }
        let expected = &expected["linear_shap"];
        let own = linear(&x, &numbers(&expected["coef"]), &[0.0; 4]);
        for (row, expected) in expected["values_first5"].as_array().unwrap().iter().enumerate() {
            for (column, expected) in numbers(expected).into_iter().enumerate() {
                assert!(near(own[(row, column)], expected, 1e-12));
                assert!(near(of[(row, column)], expected, 1e-5));
            }
        }
    }

    #[test]
    fn no_rows_and_no_columns_have_no_values() {
        assert_eq!(linear(&DMatrix::zeros(0, 1), &[1.0], &[0.0]).shape(), (0, 1));
        assert_eq!(linear(&DMatrix::zeros(3, 0), &[], &[]).shape(), (3, 0));
    }
}
