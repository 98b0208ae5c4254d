//! How many patients a model needs (Riley et al. 2019, Stat Med 38:1276; 2020, BMJ 368:m441).
//!
//! 1. Shrinkage of at least S = 0.9: n = P / ((S - 1) ln(1 - R2 / S)) for P candidate parameters and Cox and Snell's
//!    R2 that is expected of the model.
//! 2. Apparent and true share of the largest R2 at most 0.05 apart: the same with S = R2 / (R2 + 0.05 max R2).
//! 3. A response only: the overall share known to 0.05, n = (1.96 / 0.05)^2 f (1 - f).

/// Shrinkage that is aimed at.
const SHRINKAGE: f64 = 0.9;

/// Optimism in the share of the largest R2, and error of the overall share, that are put up with.
const MARGIN: f64 = 0.05;

/// What each criterion asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SampleSizeNeed {
    /// Patients by criterion, in their order.
    pub criteria: Vec<usize>,
    /// Patients needed: the largest.
    pub needed: usize,
}

impl SampleSizeNeed {
    fn of(criteria: Vec<usize>) -> Option<Self> {
        let needed = *criteria.iter().max()?;
        Some(Self { criteria, needed })
    }
}

/// Patients that a model of a response needs. `parameters`: candidates, not those chosen; `r2`: Cox and Snell's,
/// adjusted, that is expected; `prevalence`: share of responders. `None` where no candidates are given, the prevalence
/// is not between 0 and 1, or `r2` not between 0 and the largest that the prevalence admits.
///
/// ```
/// use delta_radiomics::stats::sample_size::binary;
/// // The example of Riley 2020: 24 parameters, R2 0.288, 17.4 % deaths. (1) 24 / (-0.1 ln(1 - 0.32)) = 622.3.
/// let of = binary(24, 0.288, 0.174).unwrap();
/// assert_eq!((of.criteria, of.needed), (vec![623, 662, 221], 662));
/// ```
pub fn binary(parameters: usize, r2: f64, prevalence: f64) -> Option<SampleSizeNeed> {
    let mut criteria = shrinkage(parameters, r2, largest_r2_binary(prevalence)?)?;
    criteria.push(((1.96 / MARGIN) * (1.96 / MARGIN) * prevalence * (1.0 - prevalence)).ceil() as usize);
    SampleSizeNeed::of(criteria)
}

/// Patients that a model of survival needs (criteria 1 and 2; the third asks for a time point that a reader of risks
/// has in mind). `rate`: events per unit of time; `followup`: mean follow-up in that unit. `None` as for [`binary`].
///
/// ```
/// use delta_radiomics::stats::sample_size::survival;
/// // Riley 2019: 30 parameters, R2 0.051, 0.065 events a year, 2.07 years. 30 / (-0.1 ln(1 - 0.051 / 0.9)) = 5142.5.
/// assert_eq!(survival(30, 0.051, 0.065, 2.07).unwrap().criteria, [5143, 1039]);
/// ```
pub fn survival(parameters: usize, r2: f64, rate: f64, followup: f64) -> Option<SampleSizeNeed> {
    SampleSizeNeed::of(shrinkage(parameters, r2, largest_r2_survival(rate, followup)?)?)
}

/// The largest R2 of Cox and Snell that a model of a response can have: 1 - (f^f (1 - f)^(1 - f))^2 for a share f of
/// responders. `None` where f is not between 0 and 1. Where nothing is known of a model, 0.15 of it is a common
/// guess (Riley 2020).
///
/// ```
/// use delta_radiomics::stats::sample_size::largest_r2_binary;
/// // (0.5^0.5 0.5^0.5)^2 = 1/4.
/// assert!((largest_r2_binary(0.5).unwrap() - 0.75).abs() < 1e-15);
/// ```
pub fn largest_r2_binary(prevalence: f64) -> Option<f64> {
    if !(prevalence > 0.0 && prevalence < 1.0) {
        return None;
    }
    let root = libm::pow(prevalence, prevalence) * libm::pow(1.0 - prevalence, 1.0 - prevalence);
    Some(1.0 - root * root)
}

/// The largest R2 of Cox and Snell that a model of survival can have, by the likelihood of an exponential model of
/// 10,000 patients without covariates. `None` where there are no events, or time is not above zero.
///
/// ```
/// use delta_radiomics::stats::sample_size::largest_r2_survival;
/// // One event per patient: ln L / n = ln 1 - 1, and 1 - exp(-2).
/// assert!((largest_r2_survival(0.5, 2.0).unwrap() - (1.0 - (-2.0_f64).exp())).abs() < 1e-15);
/// ```
pub fn largest_r2_survival(rate: f64, followup: f64) -> Option<f64> {
    const PATIENTS: f64 = 10_000.0;
    let events = (rate * followup * PATIENTS).ceil();
    if !(rate > 0.0 && followup > 0.0 && events.is_finite()) {
        return None;
    }
    let likelihood = events * libm::log(events / PATIENTS) - events;
    Some(1.0 - libm::exp(2.0 * likelihood / PATIENTS))
}

/// Criteria 1 and 2.
fn shrinkage(parameters: usize, r2: f64, largest: f64) -> Option<Vec<usize>> {
    if parameters == 0 || !(r2 > 0.0 && r2 <= largest && r2 < SHRINKAGE) {
        return None;
    }
    let need = |s: f64| (parameters as f64 / ((s - 1.0) * libm::log(1.0 - r2 / s))).ceil() as usize;
    Some(vec![need(SHRINKAGE), need(r2 / (r2 + MARGIN * largest))])
}

#[cfg(test)]
mod tests {
    use super::{binary, largest_r2_binary, largest_r2_survival, survival};
    use crate::stats::cohort_reference::{json, near, numbers};

    #[test]
    fn more_candidates_and_weaker_models_need_more() {
        assert!(binary(20, 0.1, 0.3).unwrap().needed > binary(10, 0.1, 0.3).unwrap().needed);
        assert!(binary(10, 0.05, 0.3).unwrap().needed > binary(10, 0.1, 0.3).unwrap().needed);
        assert_eq!(survival(1500, 0.1, 0.2, 3.0).unwrap().criteria.len(), 2);
    }

    #[test]
    fn what_no_model_can_be_needs_no_number() {
        assert_eq!(binary(0, 0.1, 0.3), None);
        assert_eq!(binary(5, 0.0, 0.3), None);
        assert_eq!(binary(5, 0.9, 0.3), None);
        assert_eq!(binary(5, f64::NAN, 0.3), None);
        assert_eq!((binary(5, 0.1, 0.0), binary(5, 0.1, 1.0), binary(5, 0.1, f64::NAN)), (None, None, None));
        assert_eq!((survival(5, 0.1, 0.0, 2.0), survival(5, 0.1, 0.2, 0.0)), (None, None));
        assert_eq!(survival(5, 0.1, f64::INFINITY, 2.0), None);
    }

    #[test]
    fn needs_are_those_of_the_published_formulas() {
        let Some(expected) = json("riley_mi_expected.json") else { return };
        let cases = expected["riley"].as_array().unwrap();
        assert_eq!(cases.len(), 6);
        for case in cases {
            let number = |name: &str| case[name].as_f64().unwrap();
            let (parameters, r2) = (number("parameters") as usize, number("r2_cs"));
            let (largest, of) = if case["type"] == "binary" {
                (largest_r2_binary(number("prevalence")), binary(parameters, r2, number("prevalence")))
            } else {
                let (rate, followup) = (number("rate"), number("mean_followup"));
                (largest_r2_survival(rate, followup), survival(parameters, r2, rate, followup))
            };
            let of = of.unwrap();
            assert!(near(largest.unwrap(), number("max_r2_cs"), 1e-12));
            assert_eq!(
                of.criteria,
                numbers(&case["n_criteria"]).iter().map(|n| *n as usize).collect::<Vec<_>>()
            );
            assert_eq!(of.needed, number("n") as usize);
        }
    }
}
