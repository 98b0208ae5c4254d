//! Mutual information of a feature and a label (Shannon 1948; Cover and Thomas 2006, 2.3).

use crate::numeric::quantile::{ascending, percentile};

/// Mutual information of the label and the quarter in which a value lies, in nats: sum of p(q, y) ln(p(q, y) / (p(q)
/// p(y))). Quarters are cut at the quartiles by linear interpolation (type 7); a value equal to a cut lies below it.
/// `None` where the values or the labels do not vary, or a value is not a number.
///
/// It is never below zero, and above it by chance: about 1.5 / n for two labels and four quarters.
///
/// ```
/// use delta_radiomics::stats::mutual_information::quartiles;
/// // The quarter tells the label: all of its entropy, ln 2.
/// let values = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0];
/// let half = [false, false, false, false, true, true, true, true];
/// assert!((quartiles(&values, &half).unwrap() - 2.0_f64.ln()).abs() < 1e-15);
/// // Half of each quarter: nothing.
/// assert_eq!(quartiles(&values, &[true, false, true, false, true, false, true, false]), Some(0.0));
/// ```
///
/// # Panics
/// Where there are not as many labels as values: a defect of the caller.
pub fn quartiles(values: &[f64], labels: &[bool]) -> Option<f64> {
    assert_eq!(values.len(), labels.len(), "a label for each value");
    if values.iter().any(|v| !v.is_finite()) {
        return None;
    }
    let sorted = ascending(values.to_vec());
    if sorted.first()? == sorted.last()? || labels.iter().all(|y| *y == labels[0]) {
        return None;
    }
    let cuts = [percentile(&sorted, 25.0)?, percentile(&sorted, 50.0)?, percentile(&sorted, 75.0)?];
    let mut counts = [[0.0_f64; 4]; 2];
    for (value, label) in values.iter().zip(labels) {
        let quarter = cuts.iter().filter(|cut| *cut < value).count();
        counts[usize::from(*label)][quarter] += 1.0;
    }
    let n = values.len() as f64;
    let of_label = counts.map(|row| row.iter().sum::<f64>());
    let mut information = 0.0;
    for (row, of_row) in counts.iter().zip(of_label) {
        for (quarter, count) in row.iter().enumerate().filter(|(_, count)| **count > 0.0) {
            let of_quarter = counts[0][quarter] + counts[1][quarter];
            information += count / n * libm::log(count * n / (of_row * of_quarter));
        }
    }
    // Of independent labels rounding may leave less than nothing.
    Some(information.max(0.0))
}

#[cfg(test)]
mod tests {
    use super::quartiles;
    use crate::stats::cohort_reference::{Cohort, json, near};

    #[test]
    fn order_is_all_that_counts_and_labels_may_swap() {
        let values = [0.3, 4.0, 1.0, 2.0, 2.0, 9.0, -1.0, 5.0, 3.0];
        let labels = [true, false, true, true, false, false, true, false, true];
        let of = quartiles(&values, &labels).unwrap();
        assert!(of > 0.1);
        // Nine values: the quartiles are values, so that a rising function moves them along.
        assert!(near(quartiles(&values.map(f64::exp), &labels).unwrap(), of, 1e-15));
        assert!(near(quartiles(&values, &labels.map(|y| !y)).unwrap(), of, 1e-15));
    }

    #[test]
    fn what_does_not_vary_tells_nothing() {
        assert_eq!(quartiles(&[], &[]), None);
        assert_eq!(quartiles(&[1.0], &[true]), None);
        assert_eq!(quartiles(&[2.0; 4], &[true, false, true, false]), None);
        assert_eq!(quartiles(&[1.0, 2.0], &[true, true]), None);
        assert_eq!(quartiles(&[1.0, f64::NAN], &[true, false]), None);
    }

    #[test]
    fn figures_are_those_of_scikit_learn() {
        let (Some(cohort), Some(expected)) = (Cohort::read(), json("riley_mi_expected.json")) else { return };
        for (f, values) in cohort.columns().column_iter().enumerate() {
            let expected = expected["mutual_information_quartiles"][format!("f{f:02}")].as_f64().unwrap();
            let found = quartiles(values.as_slice(), &cohort.response).unwrap();
            assert!(near(found, expected, 1e-10), "{f}: {found} {expected}");
        }
    }
}
