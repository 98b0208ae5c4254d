//! Area under the ROC curve: the share of pairs of one positive and one negative in which the positive scores
//! higher, ties as one half; and what DeLong, DeLong and Clarke-Pearson say of its error (1988, Biometrics 44:837).
//!
//! With m positives and n negatives, V10 of a positive is the share of negatives below it, V01 of a negative the
//! share of positives above it (ties one half). Their means are the AUC, and its variance is S10 / m + S01 / n with
//! the sample variances of both. Midranks give all of them in O(N log N) (Sun and Xu 2014, IEEE Signal Process
//! Lett 21:1389): the negatives below a positive are its rank among all less its rank among the positives.

mod components;
mod difference;
#[cfg(test)]
mod pulsar;

pub use difference::{DeLongDifference, compare};

use components::Components;

use super::rank::average_ranks;
use super::repeatability::Z;

/// An AUC with DeLong's standard error and 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DeLong {
    /// The area.
    pub auc: f64,
    /// Its standard error; above zero.
    pub se: f64,
    /// AUC - 1.96 se, at least 0.
    pub lower: f64,
    /// AUC + 1.96 se, at most 1.
    pub upper: f64,
}

/// Pairs of one positive and one negative: how many the positive won (ties one half), and how many there are.
/// `None` where a score is not a number. Both are whole or half numbers, so that pairs of several folds can be
/// added exactly.
///
/// ```
/// use delta_radiomics::stats::auc::pairs;
/// // The positive 3 is above 1 and ties with 3; 5 is above both.
/// assert_eq!(pairs(&[1.0, 3.0, 3.0, 5.0], &[false, true, false, true]), Some((3.5, 4.0)));
/// ```
///
/// # Panics
/// Where there are not as many labels as scores: a defect of the caller.
pub fn pairs(scores: &[f64], labels: &[bool]) -> Option<(f64, f64)> {
    assert_eq!(scores.len(), labels.len(), "a label for each score");
    if scores.iter().any(|v| v.is_nan()) {
        return None;
    }
    let m = labels.iter().filter(|y| **y).count() as f64;
    let n = labels.len() as f64 - m;
    let ranks = average_ranks(scores);
    let rank_sum: f64 = ranks.iter().zip(labels).filter(|(_, y)| **y).map(|(rank, _)| rank).sum();
    Some((rank_sum - m * (m + 1.0) / 2.0, m * n))
}

/// The 95 % limit of an area of one, by the size of the smaller class. All pairs are won, DeLong's variance is zero, and
/// yet the next unit could lose: the limit is that of a share of which no failure was seen in so many (Clopper and
/// Pearson 1934, Biometrika 26:404), for the units of the smaller class are what the certainty rests on. The limit of an
/// area of zero is one minus this.
///
/// ```
/// use delta_radiomics::stats::auc::limit_where_all_are_won;
/// assert!((limit_where_all_are_won(20) - 0.8316).abs() < 1e-4);
/// assert_eq!(limit_where_all_are_won(1), 0.025);
/// ```
pub fn limit_where_all_are_won(smaller: usize) -> f64 {
    if smaller == 0 { 0.0 } else { libm::pow(0.025, 1.0 / smaller as f64) }
}

/// The area under the ROC curve. `None` where one class is absent, or a score is not a number. Scores that are all
/// equal have 0.5.
///
/// ```
/// use delta_radiomics::stats::auc::auc;
/// // Three and a half of four pairs, see `pairs`.
/// assert_eq!(auc(&[1.0, 3.0, 3.0, 5.0], &[false, true, false, true]), Some(0.875));
/// assert_eq!(auc(&[1.0, 2.0], &[true, true]), None);
/// ```
///
/// # Panics
/// Where there are not as many labels as scores: a defect of the caller.
pub fn auc(scores: &[f64], labels: &[bool]) -> Option<f64> {
    let (won, all) = pairs(scores, labels)?;
    (all > 0.0).then(|| won / all)
}

/// The area with its standard error and interval. `None` where a class has fewer than two members, a score is not a
/// number, or neither class's shares vary (the classes are apart, or all scores are equal): then nothing can be
/// said of its error.
///
/// ```
/// use delta_radiomics::stats::auc::delong;
/// // Positives 2, 4; negatives 1, 3. V10 is 1/2 and 1 (variance 1/8), V01 is 1 and 1/2 (1/8):
/// // variance 1/16 + 1/16, standard error 0.353553.
/// let of = delong(&[1.0, 2.0, 3.0, 4.0], &[false, true, false, true]).unwrap();
/// assert_eq!(of.auc, 0.75);
/// assert!((of.se - 0.125_f64.sqrt()).abs() < 1e-15);
/// assert!((of.lower - 0.0570481).abs() < 1e-7 && of.upper == 1.0);
/// ```
///
/// # Panics
/// Where there are not as many labels as scores: a defect of the caller.
pub fn delong(scores: &[f64], labels: &[bool]) -> Option<DeLong> {
    let of = Components::of(scores, labels)?;
    let variance = of.variance();
    if variance <= 0.0 {
        return None;
    }
    let (auc, se) = (of.auc, variance.sqrt());
    Some(DeLong { auc, se, lower: (auc - Z * se).max(0.0), upper: (auc + Z * se).min(1.0) })
}

#[cfg(test)]
mod tests {
    use super::{auc, delong, pairs};
    use crate::stats::cohort_reference::{Cohort, column, json, near, numbers, table};

    #[test]
    fn reversing_scores_or_labels_mirrors_the_area() {
        let scores = [0.2, 0.9, 0.2, 0.4, 0.7, 0.4, 0.1];
        let labels = [true, true, false, false, true, true, false];
        let area = auc(&scores, &labels).unwrap();
        assert!(area > 0.5 && area < 1.0);
        assert!(near(auc(&scores.map(|v| -v), &labels).unwrap(), 1.0 - area, 1e-15));
        assert!(near(auc(&scores, &labels.map(|y| !y)).unwrap(), 1.0 - area, 1e-15));
        assert_eq!(auc(&scores.map(f64::exp), &labels), Some(area));
    }

    #[test]
    fn one_class_no_scores_and_missing_scores_have_no_area() {
        assert_eq!(auc(&[], &[]), None);
        assert_eq!(auc(&[1.0, 2.0], &[false, false]), None);
        assert_eq!(auc(&[f64::NAN, 2.0], &[true, false]), None);
        assert_eq!(auc(&[1.0, 1.0, 1.0], &[true, false, false]), Some(0.5));
        assert_eq!(pairs(&[1.0], &[true]), Some((0.0, 0.0)));
    }

    #[test]
    fn an_error_that_cannot_be_estimated_is_not_zero_but_absent() {
        let labels = [true, true, false, false];
        assert_eq!(auc(&[3.0, 4.0, 1.0, 2.0], &labels), Some(1.0));
        assert_eq!(delong(&[3.0, 4.0, 1.0, 2.0], &labels), None);
        assert_eq!(delong(&[1.0; 4], &labels), None);
        assert_eq!(delong(&[1.0, 3.0, 2.0], &[true, false, false]), None);
        assert_eq!(delong(&[1.0, f64::NAN, 2.0, 3.0], &labels), None);
    }

    #[test]
    fn areas_and_errors_are_those_of_the_plain_definition_and_proc() {
        let (Some(cohort), Some(expected)) = (Cohort::read(), table("univariate_expected.csv")) else {
            return;
        };
        let [area, se, lower, upper] =
            ["auc", "auc_se", "auc_lower", "auc_upper"].map(|name| column(&expected, name));
        for (f, values) in cohort.columns().column_iter().enumerate() {
            let of = delong(values.as_slice(), &cohort.response).unwrap();
            for (found, expected) in
                [(of.auc, area[f]), (of.se, se[f]), (of.lower, lower[f]), (of.upper, upper[f])]
            {
                assert!(near(found, expected, 1e-12), "{f}: {found} {expected}");
            }
            assert_eq!(auc(values.as_slice(), &cohort.response).unwrap(), of.auc);
        }
    }

    #[test]
    fn pairs_within_folds_are_those_of_scikit_learn() {
        let (Some(cohort), Some(expected)) = (Cohort::read(), json("cohort_expected.json")) else { return };
        let expected = &expected["cv_fixed_lambda"];
        let p = numbers(&expected["predictions"]);
        let pooled = auc(&p, &cohort.response).unwrap();
        assert!(near(pooled, expected["auc_pooled"].as_f64().unwrap(), 1e-12));
        let (mut won, mut all) = (0.0, 0.0);
        for fold in 0..5 {
            let of = |i: &usize| cohort.fold[*i] == fold;
            let (scores, labels): (Vec<f64>, Vec<bool>) =
                (0..p.len()).filter(of).map(|i| (p[i], cohort.response[i])).unzip();
            let (of_fold, of_pairs) = pairs(&scores, &labels).unwrap();
            (won, all) = (won + of_fold, all + of_pairs);
        }
        assert!(near(won / all, expected["auc_within_fold_pairs"].as_f64().unwrap(), 1e-12));
    }
}
