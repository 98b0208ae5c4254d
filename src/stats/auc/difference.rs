//! Two AUCs of the same members.

use std::f64::consts::SQRT_2;

use super::Components;

/// Two areas compared (DeLong 1988, eq. 5).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DeLongDifference {
    /// Both areas.
    pub auc: [f64; 2],
    /// The first minus the second.
    pub difference: f64,
    /// Its standard error; above zero.
    pub se: f64,
    /// Difference by standard error.
    pub z: f64,
    /// Two-sided p, normal approximation.
    pub p: f64,
}

/// Compares the areas of two scores of the same members. It holds for scores that were fixed before the labels were
/// seen (published models, single features), not for cross-validated predictions. `None` where a class has fewer
/// than two members, a score is not a number, or the shares of both scores do not differ in spread (equal scores).
///
/// ```
/// use delta_radiomics::stats::auc::compare;
/// let labels = [false, true, false, true];
/// // As in `delong`: V10 of a is (1/2, 1), V01 (1, 1/2). b ranks the negative 1 above all: V10 (1/2, 1/2), V01 (0, 1).
/// // Variances 1/8 and 1/4; covariances of V10 0, of V01 -1/4, over 2: -1/8. 1/8 + 1/4 + 2/8 = 5/8.
/// let of = compare(&[1.0, 2.0, 3.0, 4.0], &[9.0, 2.0, 1.0, 4.0], &labels).unwrap();
/// assert_eq!((of.auc, of.difference), ([0.75, 0.5], 0.25));
/// assert!((of.se - 0.625_f64.sqrt()).abs() < 1e-15);
/// assert!((of.p - 0.7518296340458492).abs() < 1e-12);
/// ```
///
/// # Panics
/// Where there are not as many labels as scores: a defect of the caller.
pub fn compare(a: &[f64], b: &[f64], labels: &[bool]) -> Option<DeLongDifference> {
    let (first, second) = (Components::of(a, labels)?, Components::of(b, labels)?);
    let difference = first.auc - second.auc;
    let (of_first, of_second) = (first.variance(), second.variance());
    let variance = of_first + of_second - 2.0 * first.covariance(&second);
    // Of scores in the same order it is zero but for rounding.
    if variance <= 1e-14 * (of_first + of_second) {
        return None;
    }
    let se = variance.sqrt();
    let z = difference / se;
    Some(DeLongDifference {
        auc: [first.auc, second.auc],
        difference,
        se,
        z,
        p: libm::erfc(z.abs() / SQRT_2),
    })
}

#[cfg(test)]
mod tests {
    use super::compare;
    use crate::stats::cohort_reference::{Cohort, json, near};

    #[test]
    fn swapping_scores_negates_the_difference() {
        let labels = [true, false, true, false, true, false];
        let (a, b) = ([3.0, 1.0, 2.0, 2.5, 4.0, 0.0], [1.0, 2.0, 2.0, 0.5, 3.0, 2.5]);
        let (forth, back) = (compare(&a, &b, &labels).unwrap(), compare(&b, &a, &labels).unwrap());
        assert_eq!(forth.difference, -back.difference);
        assert!(near(forth.se, back.se, 1e-15) && near(forth.p, back.p, 1e-15));
    }

    #[test]
    fn scores_in_the_same_order_cannot_be_compared() {
        let labels = [true, false, true, false, true, false, true];
        let a = [3.0, 1.0, 2.0, 2.5, 4.0, 0.0, 0.1];
        assert_eq!(compare(&a, &a, &labels), None);
        assert_eq!(compare(&a, &a.map(|v| 3.0 * v - 7.0), &labels), None);
        assert_eq!(compare(&[1.0; 7], &[1.0; 7], &labels), None);
        assert_eq!(compare(&[1.0], &[1.0], &[true]), None);
    }

    #[test]
    fn the_comparison_is_that_of_the_plain_definition() {
        let (Some(cohort), Some(expected)) = (Cohort::read(), json("cohort_expected.json")) else { return };
        let (x, expected) = (cohort.columns(), &expected["delong_f01_vs_minus_f02"]);
        let of = compare(x.column(1).as_slice(), (-x.column(2)).as_slice(), &cohort.response).unwrap();
        for (found, name) in [(of.auc[0], "auc1"), (of.auc[1], "auc2"), (of.z, "z"), (of.p, "p")] {
            assert!(near(found, expected[name].as_f64().unwrap(), 1e-12), "{name} {found}");
        }
    }
}
