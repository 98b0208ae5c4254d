//! Principal components (Pearson 1901; Jolliffe 2002), by the singular values of the centred columns.

use nalgebra::{DMatrix, SVD};

use super::lanczos;
use crate::numeric::sum::ordered_sum;

/// Directions of largest variance, the largest first.
#[derive(Clone, Debug, PartialEq)]
pub struct Components {
    /// A row per row of the data, a column per component.
    pub scores: DMatrix<f64>,
    /// A row per column of the data, a column of length one per component. Its largest entry is positive.
    pub loadings: DMatrix<f64>,
    /// Share of the variance of all columns.
    pub explained: Vec<f64>,
}

/// The first `count` components, fewer where the columns span less. Columns are centred, not scaled: scale them
/// first where their units differ. `None` where no column varies, or a value is not finite.
///
/// ```
/// use delta_radiomics::stats::principal::components;
/// use nalgebra::DMatrix;
/// // Points (0, 0), (3, 4), (6, 8): on a line of direction (0.6, 0.8), 5 apart.
/// let of = components(&DMatrix::from_row_slice(3, 2, &[0.0, 0.0, 3.0, 4.0, 6.0, 8.0]), 2).unwrap();
/// assert_eq!(of.explained.len(), 1);
/// assert!((of.loadings[(0, 0)] - 0.6).abs() < 1e-15 && (of.loadings[(1, 0)] - 0.8).abs() < 1e-15);
/// assert!((of.scores[(2, 0)] - 5.0).abs() < 1e-14 && (of.explained[0] - 1.0).abs() < 1e-15);
/// ```
pub fn components(x: &DMatrix<f64>, count: usize) -> Option<Components> {
    /// A singular value below this share of the largest is rounding.
    const NOTHING: f64 = 1e-12;
    /// Up to so many rows or columns the whole decomposition is quick.
    const WHOLE: usize = 160;
    if x.is_empty() || x.iter().any(|v| !v.is_finite()) {
        return None;
    }
    let mut centred = x.clone();
    for mut column in centred.column_iter_mut() {
        let mean = ordered_sum(column.as_slice()) / column.len() as f64;
        let largest = column.amax();
        column.add_scalar_mut(-mean);
        // What rounding leaves of a constant is no spread.
        if column.amax() <= 1e-13 * largest {
            column.fill(0.0);
        }
    }
    let total = centred.norm_squared();
    if total <= 0.0 || !total.is_finite() {
        return None;
    }
    // The whole decomposition takes the cube of the smaller side; for few components of many that is work for nothing.
    let (left, values, right) = if x.nrows().min(x.ncols()) > WHOLE && count < WHOLE / 4 {
        lanczos::largest(&centred, count)?
    } else {
        let decomposed = SVD::try_new(centred, true, true, f64::EPSILON, 10_000)?;
        let values = decomposed.singular_values.iter().copied().collect();
        (decomposed.u?, values, decomposed.v_t?.transpose())
    };
    let kept = values.iter().take(count).take_while(|v| **v > NOTHING * values[0]).count();
    let mut scores = left.columns(0, kept).into_owned();
    let mut loadings = right.columns(0, kept).into_owned();
    for component in 0..kept {
        // A component has no sign of its own: one is chosen, so that every machine shows the same.
        let sign = loadings[(loadings.column(component).iamax(), component)].signum();
        scores.column_mut(component).scale_mut(sign * values[component]);
        loadings.column_mut(component).scale_mut(sign);
    }
    let explained = values.iter().take(kept).map(|v| v * v / total).collect();
    Some(Components { scores, loadings, explained })
}

#[cfg(test)]
mod tests {
    use nalgebra::DMatrix;

    use super::components;
    use crate::numeric::random::Random;
    use crate::stats::cohort_reference::{Cohort, json, near, numbers};

    #[test]
    fn all_components_rebuild_the_centred_columns() {
        // More columns than rows, and more rows than columns.
        for (rows, columns) in [(4, 7), (9, 3)] {
            let x = DMatrix::from_fn(rows, columns, |i, j| ((3 * i * i + 5 * j + i * j) % 11) as f64);
            let of = components(&x, 100).unwrap();
            let mut centred = x.clone();
            for mut column in centred.column_iter_mut() {
                let mean = column.mean();
                column.add_scalar_mut(-mean);
            }
            assert!((&of.scores * of.loadings.transpose() - centred).amax() < 1e-12);
            assert!(near(of.explained.iter().sum(), 1.0, 1e-12));
            assert!(of.explained.is_sorted_by(|a, b| a >= b));
            assert!(of.explained.len() <= (rows - 1).min(columns));
            let two = components(&x, 2).unwrap();
            assert_eq!((two.scores.ncols(), two.loadings.ncols()), (2, 2));
            assert_eq!(two.explained, of.explained[..2]);
        }
    }

    #[test]
    fn columns_without_spread_have_no_components() {
        assert_eq!(components(&DMatrix::zeros(0, 3), 2), None);
        assert_eq!(components(&DMatrix::zeros(3, 0), 2), None);
        assert_eq!(components(&DMatrix::from_element(5, 2, 0.1), 2), None);
        assert_eq!(components(&DMatrix::from_row_slice(1, 2, &[1.0, 2.0]), 2), None);
        assert_eq!(components(&DMatrix::from_row_slice(2, 1, &[1.0, f64::NAN]), 2), None);
    }

    #[test]
    fn components_are_those_of_scikit_learn() {
        let (Some(cohort), Some(expected)) = (Cohort::read(), json("cohort_expected.json")) else { return };
        let of = components(&cohort.standardised(), 8).unwrap();
        for (found, expected) in
            of.explained.iter().zip(numbers(&expected["pca"]["explained_variance_ratio"]))
        {
            assert!(near(*found, expected, 1e-10), "{found} {expected}");
        }
        let loadings = numbers(&expected["pca"]["abs_loadings_pc1"]);
        assert_eq!(loadings.len(), of.loadings.nrows());
        for (found, expected) in of.loadings.column(0).iter().zip(loadings) {
            assert!(near(found.abs(), expected, 1e-9), "{found} {expected}");
        }
    }

    #[test]
    fn few_components_of_a_large_table_are_the_first_of_all() {
        let mut random = Random::seeded(8);
        let scores = DMatrix::from_fn(170, 6, |_, _| random.normal());
        let x = scores * DMatrix::from_fn(6, 180, |_, _| random.normal())
            + DMatrix::from_fn(170, 180, |_, _| 0.2 * random.normal());
        let (few, many) = (components(&x, 5).unwrap(), components(&x, 100).unwrap());
        for i in 0..5 {
            assert!(near(few.explained[i], many.explained[i], 1e-12));
            assert!((few.scores.column(i) - many.scores.column(i)).amax() < 1e-7);
            assert!((few.loadings.column(i) - many.loadings.column(i)).amax() < 1e-9);
        }
    }
}
