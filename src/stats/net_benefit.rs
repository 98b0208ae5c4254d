//! Net benefit of a decision by a predicted probability (Vickers and Elkin 2006, Med Decis Making 26:565).

/// Net benefit at one threshold, in true positives per patient. That of treating none is zero.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NetBenefit {
    /// Of treating those whose prediction is the threshold or more.
    pub model: f64,
    /// Of treating all.
    pub all: f64,
}

/// TP / n - FP / n t / (1 - t): a threshold t says that one true positive is worth (1 - t) / t false ones. `None`
/// without rows, where a prediction is not a number, or the threshold not in `[0, 1)`.
///
/// ```
/// use delta_radiomics::stats::net_benefit::at;
/// // At 0.5: two true positives and one false of four, 2/4 - 1/4. All: 3/4 - 1/4.
/// let of = at(&[0.9, 0.5, 0.7, 0.2], &[true, true, false, true], 0.5).unwrap();
/// assert_eq!((of.model, of.all), (0.25, 0.5));
/// ```
///
/// # Panics
/// Where there are not as many outcomes as predictions: a defect of the caller.
pub fn at(p: &[f64], y: &[bool], threshold: f64) -> Option<NetBenefit> {
    assert_eq!(p.len(), y.len(), "an outcome for each prediction");
    if p.is_empty() || p.iter().any(|p| p.is_nan()) || !(0.0..1.0).contains(&threshold) {
        return None;
    }
    let n = p.len() as f64;
    let of = |treated: &dyn Fn(f64) -> bool| {
        let count =
            |label: bool| p.iter().zip(y).filter(|(p, y)| treated(**p) && **y == label).count() as f64;
        count(true) / n - count(false) / n * (threshold / (1.0 - threshold))
    };
    Some(NetBenefit { model: of(&|p| p >= threshold), all: of(&|_| true) })
}

#[cfg(test)]
mod tests {
    use super::at;
    use crate::stats::cohort_reference::{Cohort, json, near, numbers};

    #[test]
    fn at_threshold_zero_all_are_treated() {
        let of = at(&[0.3, 0.0, 0.8], &[true, false, false], 0.0).unwrap();
        assert_eq!((of.model, of.all), (1.0 / 3.0, 1.0 / 3.0));
        // None are treated: no benefit and no harm.
        assert_eq!(at(&[0.3, 0.0, 0.8], &[true, false, false], 0.9).unwrap().model, 0.0);
    }

    #[test]
    fn what_has_no_benefit_has_no_number() {
        assert_eq!(at(&[], &[], 0.5), None);
        assert_eq!(at(&[0.5], &[true], 1.0), None);
        assert_eq!(at(&[0.5], &[true], f64::NAN), None);
        assert_eq!(at(&[f64::NAN], &[true], 0.5), None);
    }

    #[test]
    fn figures_are_those_of_the_plain_definition() {
        let (Some(cohort), Some(expected)) = (Cohort::read(), json("cohort_expected.json")) else { return };
        let expected = &expected["cv_fixed_lambda"];
        let p = numbers(&expected["predictions"]);
        for (threshold, expected) in expected["net_benefit"].as_object().unwrap() {
            let of = at(&p, &cohort.response, threshold.parse().unwrap()).unwrap();
            assert!(near(of.model, expected.as_f64().unwrap(), 1e-12), "{threshold}");
        }
    }
}
