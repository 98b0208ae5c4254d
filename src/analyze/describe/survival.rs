//! Time to event of those with high and low predictions, and what the score adds to clinical covariates.

use std::f64::consts::SQRT_2;

use nalgebra::DMatrix;

use crate::analyze::describe::round_days::round_days;
use crate::analyze::learn::filters::median;
use crate::analyze::{Column, Prediction};
use crate::numeric::sum::mean;
use crate::record::analysis::{Curve, CurveStep, HazardRow, Interval, KaplanMeier, ProportionalHazards};
use crate::stats::cox::{self, CoxFit, Ties};
use crate::stats::repeatability::Z;
use crate::stats::{kaplan_meier, log_rank};

/// What a model says of a unit, in the words of figure and table.
const SCORE: &str = "score";

/// Curves of units above and up to the median score, and Cox's model of clinical covariates and the score.
///
/// `predictions` are those of one model; a unit's score is the mean over repeats of its linear predictor by models that
/// had not seen it, and a unit without one is left out. Both tests take units as independent: with several units of a
/// patient (`patient` has a number twice) no p and no hazard ratio is given.
///
/// Predictions of one cross-validation share their training units, so that these p describe how far the groups part and
/// are no test of the model (Simon et al. 2011, Brief Bioinform 12:203): that is the permutation of the whole pipeline.
///
/// Missing covariates stand at their median, as in the models. Columns of 0 and 1 are left as they are, others and the
/// score are scaled by their standard deviation (divisor n - 1); a column that does not vary has a status for numbers.
pub(in crate::analyze) fn survival(
    predictions: &[Prediction],
    days: &[f64],
    events: &[bool],
    clinical: &[Column],
    patient: &[usize],
) -> KaplanMeier {
    let scores = scores(predictions, days.len());
    let model = predictions.first().map_or("model", |p| p.model.word());
    let rows: Vec<usize> = (0..days.len()).filter(|row| scores[*row].is_some()).collect();
    let score: Vec<f64> = scores.into_iter().flatten().collect();
    let days: Vec<f64> = rows.iter().map(|row| days[*row]).collect();
    let events: Vec<bool> = rows.iter().map(|row| events[*row]).collect();
    let mut patients: Vec<usize> = rows.iter().map(|row| patient[*row]).collect();
    patients.sort_unstable();
    let independent = patients.windows(2).all(|pair| pair[0] != pair[1]);
    let cut = median(score.iter().copied());
    let high: Vec<bool> = score.iter().map(|value| *value > cut).collect();
    let group = |wanted: bool| -> (Vec<f64>, Vec<bool>) {
        let of = (0..high.len()).filter(|place| high[*place] == wanted);
        of.map(|place| (days[place], events[place])).unzip()
    };
    let axis = round_days(days.iter().copied().fold(0.0, f64::max));
    let groups = [("lower score", group(false)), ("higher score", group(true))];
    let curves = groups
        .iter()
        .filter(|(_, (days, _))| !days.is_empty())
        .map(|(name, (days, events))| curve(name, days, events, &axis))
        .collect();
    let test = independent
        .then(|| log_rank::test(&[(&groups[0].1.0, &groups[0].1.1), (&groups[1].1.0, &groups[1].1.1)]))
        .flatten();
    let split = DMatrix::from_fn(high.len(), 1, |row, _| f64::from(u8::from(high[row])));
    let ratio = cox::fit(&split, &days, &events, Ties::Efron).ok().and_then(|fit| ratio(&fit, 0));
    let terms = terms(clinical, &rows, (format!("{SCORE} ({model})"), &score));
    let (hazards, proportional) = hazards(&terms, &days, &events, independent);
    KaplanMeier {
        split: format!(
            "the median {SCORE} ({model}{})",
            if independent { "" } else { "; no test, as units of one patient are not independent" }
        ),
        curves,
        interval: "log-log".into(),
        log_rank: test.map(|test| test.chi_squared),
        p: test.map(|test| test.p),
        hazard_ratio: ratio.filter(|_| independent),
        hazards,
        proportional,
    }
}

/// Mean over repeats of each unit's linear predictor.
fn scores(predictions: &[Prediction], units: usize) -> Vec<Option<f64>> {
    let mut of = vec![Vec::new(); units];
    for prediction in predictions.iter().filter(|p| p.linear.is_finite()) {
        of[prediction.unit].push(prediction.linear);
    }
    of.iter().map(|of| mean(of)).collect()
}

fn curve(name: &str, days: &[f64], events: &[bool], axis: &[f64]) -> Curve {
    let steps = kaplan_meier::of(days, events);
    let mut censored: Vec<f64> =
        days.iter().zip(events).filter(|(_, event)| !**event).map(|(days, _)| *days).collect();
    censored.sort_by(f64::total_cmp);
    Curve {
        name: name.into(),
        n: days.len(),
        events: events.iter().filter(|event| **event).count(),
        median: kaplan_meier::median(&steps),
        steps: steps
            .iter()
            .map(|s| CurveStep { days: s.days, survival: s.survival, interval: s.interval })
            .collect(),
        censored,
        at_risk: axis.iter().map(|day| (*day, kaplan_meier::at_risk(days, *day))).collect(),
    }
}

/// A term of Cox's model, scaled; `None` where it does not vary.
struct Term {
    name: String,
    values: Option<Vec<f64>>,
}

fn terms(clinical: &[Column], rows: &[usize], score: (String, &[f64])) -> Vec<Term> {
    let mut terms: Vec<Term> = clinical
        .iter()
        .map(|column| {
            let at = |row: usize| column.values.get(row).copied().filter(|v| v.is_finite());
            let known: Vec<f64> = rows.iter().filter_map(|row| at(*row)).collect();
            let typical = median(known.iter().copied());
            let filled: Vec<f64> = rows.iter().map(|row| at(*row).unwrap_or(typical)).collect();
            let levels = known.iter().all(|v| *v == 0.0 || *v == 1.0);
            Term { name: column.name.clone(), values: if levels { varying(filled) } else { scaled(&filled) } }
        })
        .collect();
    terms.push(Term { name: score.0, values: scaled(score.1) });
    terms
}

fn varying(values: Vec<f64>) -> Option<Vec<f64>> {
    values.iter().any(|v| *v != values[0]).then_some(values)
}

/// In standard deviations from the mean.
fn scaled(values: &[f64]) -> Option<Vec<f64>> {
    let mean = mean(values)?;
    let squares: f64 = values.iter().map(|v| (v - mean) * (v - mean)).sum();
    let sd = (squares / (values.len() as f64 - 1.0)).sqrt();
    let largest = values.iter().fold(0.0, |most: f64, v| most.max(v.abs()));
    (sd > 1e-12 * largest).then(|| values.iter().map(|v| (v - mean) / sd).collect())
}

fn hazards(
    terms: &[Term],
    days: &[f64],
    events: &[bool],
    independent: bool,
) -> (Vec<HazardRow>, Vec<ProportionalHazards>) {
    let used: Vec<(&str, &Vec<f64>)> =
        terms.iter().filter_map(|term| Some((term.name.as_str(), term.values.as_ref()?))).collect();
    let x = DMatrix::from_fn(days.len(), used.len(), |row, column| used[column].1[row]);
    let fitted = cox::fit(&x, days, events, Ties::Efron);
    let missing = |name: &str, status: &str| HazardRow {
        name: name.into(),
        hazard_ratio: None,
        p: None,
        status: Some(status.into()),
    };
    let rows = terms
        .iter()
        .map(|term| {
            let Some(place) = used.iter().position(|(name, _)| *name == term.name) else {
                return missing(&term.name, "constant");
            };
            match &fitted {
                _ if !independent => missing(&term.name, "units_of_one_patient"),
                Err(fault) => missing(&term.name, fault.word()),
                Ok(fit) => {
                    let found = ratio(fit, place);
                    let p = found.map(|_| wald(fit, place));
                    let status = found.is_none().then(|| "too_large".into());
                    HazardRow { name: term.name.clone(), hazard_ratio: found, p, status }
                }
            }
        })
        .collect();
    let tests =
        fitted.as_ref().map(|fit| cox::proportional_hazards(&x, days, events, fit)).unwrap_or_default();
    let names = used.iter().map(|(name, _)| *name).chain(["GLOBAL"]);
    let proportional = names
        .zip(tests)
        .filter(|(_, test)| independent && test.p.is_finite())
        .map(|(name, test)| ProportionalHazards {
            name: name.into(),
            chi_squared: test.chi_squared,
            df: test.df,
            p: test.p,
        })
        .collect();
    (rows, proportional)
}

/// Hazard ratio of a term with its Wald interval; `None` where it does not fit into a number.
fn ratio(fit: &CoxFit, place: usize) -> Option<Interval> {
    let (coefficient, se) = (fit.coefficients[place], fit.covariance[(place, place)].sqrt());
    let interval = Interval {
        estimate: libm::exp(coefficient),
        lower: libm::exp(coefficient - Z * se),
        upper: libm::exp(coefficient + Z * se),
    };
    (interval.lower.is_finite() && interval.upper.is_finite()).then_some(interval)
}

/// Two-sided p of a coefficient.
fn wald(fit: &CoxFit, place: usize) -> f64 {
    let z = fit.coefficients[place] / fit.covariance[(place, place)].sqrt();
    libm::erfc(z.abs() / SQRT_2)
}

#[cfg(test)]
mod tests {
    use super::survival;
    use crate::analyze::{Column, Prediction};
    use crate::numeric::random::Random;
    use crate::record::analysis::{KaplanMeier, ModelKind};

    const N: usize = 120;

    /// Two repeats of predictions that tell of the hazard, and times that follow them.
    fn cohort() -> (Vec<Prediction>, Vec<f64>, Vec<bool>) {
        let mut random = Random::seeded(9);
        let risk: Vec<f64> = (0..N).map(|_| random.normal()).collect();
        let days = risk.iter().map(|r| (-300.0 * random.uniform().ln() * (-r).exp()).ceil() + 1.0).collect();
        let events = (0..N).map(|i| i % 4 != 0).collect();
        let predictions = (0..2 * N)
            .map(|i| Prediction {
                model: ModelKind::Deltas,
                repeat: i / N,
                unit: i % N,
                fold: i % 5,
                linear: risk[i % N] + 0.3 * random.normal(),
                probability: None,
            })
            .collect();
        (predictions, days, events)
    }

    fn column(name: &str, values: Vec<f64>) -> Column {
        Column { name: name.into(), values, gate: None }
    }

    fn of(clinical: &[Column]) -> KaplanMeier {
        let (predictions, days, events) = cohort();
        survival(&predictions, &days, &events, clinical, &(0..N).collect::<Vec<_>>())
    }

    #[test]
    fn halves_differ_where_the_score_tells_and_numbers_at_risk_fall() {
        let found = of(&[]);
        let [low, high] = &found.curves[..] else { panic!("{:?}", found.curves.len()) };
        assert_eq!((low.n, high.n, low.n + high.n), (60, 60, N));
        assert_eq!(low.events + low.censored.len(), low.n);
        assert!(found.p.unwrap() < 0.001 && found.hazard_ratio.unwrap().lower > 1.0);
        for curve in [low, high] {
            assert!((5..=7).contains(&curve.at_risk.len()));
            assert_eq!(curve.at_risk[0], (0.0, curve.n));
            assert!(curve.at_risk.is_sorted_by(|a, b| a.1 >= b.1));
        }
        assert_eq!(found.split, "the median score (deltas)");
        assert_eq!(found.hazards.len(), 1);
        assert_eq!(found.proportional.last().unwrap().name, "GLOBAL");
    }

    #[test]
    fn units_of_covariates_do_not_matter_and_levels_are_not_scaled() {
        let age: Vec<f64> = (0..N).map(|i| 40.0 + ((i * 29) % 41) as f64).collect();
        let months = age.iter().map(|a| 12.0 * a).collect();
        let sex: Vec<f64> = (0..N).map(|i| f64::from(u8::from(i % 3 == 0))).collect();
        let a = of(&[column("age", age), column("sex=f", sex.clone())]);
        let b = of(&[column("age", months), column("sex=f", sex)]);
        for (a, b) in a.hazards.iter().zip(&b.hazards) {
            let (x, y) = (a.hazard_ratio.unwrap(), b.hazard_ratio.unwrap());
            assert!((x.estimate - y.estimate).abs() < 1e-8 && (a.p.unwrap() - b.p.unwrap()).abs() < 1e-8);
            assert!(x.lower < x.estimate && x.estimate < x.upper);
        }
        assert!(a.hazards[2].p.unwrap() < 0.001 && a.hazards[2].name == "score (deltas)");
        assert_eq!(a.proportional.len(), 4);
    }

    #[test]
    fn what_has_no_number_has_a_status() {
        let age: Vec<f64> = (0..N).map(|i| ((i * 29) % 41) as f64).collect();
        let twice = [column("age", age.clone()), column("again", age.clone())];
        let found = of(&twice);
        assert!(found.hazards.iter().all(|row| row.status.as_deref() == Some("collinear")));
        let one = [column("flat", vec![1.0; N]), column("none", vec![f64::NAN; N]), column("age", age)];
        let words: Vec<_> = of(&one).hazards.into_iter().map(|row| row.status).collect();
        assert_eq!(words, [Some("constant".into()), Some("constant".into()), None, None]);
    }

    #[test]
    fn several_units_of_a_patient_are_no_independent_draws() {
        let (predictions, days, events) = cohort();
        let patient: Vec<usize> = (0..N).map(|i| i / 2).collect();
        let found = survival(&predictions, &days, &events, &[], &patient);
        assert_eq!((found.p, found.hazard_ratio, found.hazards[0].p), (None, None, None));
        assert_eq!(found.hazards[0].status.as_deref(), Some("units_of_one_patient"));
        assert!(found.split.contains("no test") && found.curves.len() == 2);
    }

    #[test]
    fn degenerate_cohorts_have_curves_but_no_numbers() {
        let (predictions, days, _) = cohort();
        let patient: Vec<usize> = (0..N).collect();
        let without = survival(&predictions, &days, &[false; N], &[], &patient);
        assert_eq!((without.p, without.hazard_ratio), (None, None));
        assert_eq!(without.hazards[0].status.as_deref(), Some("no_events"));
        let flat: Vec<Prediction> = predictions.iter().map(|p| Prediction { linear: 0.0, ..*p }).collect();
        let found = survival(&flat, &days, &[true; N], &[], &patient);
        assert_eq!((found.curves.len(), found.p, found.hazard_ratio), (1, None, None));
        assert!(survival(&[], &[], &[], &[], &[]).curves.is_empty());
    }
}
