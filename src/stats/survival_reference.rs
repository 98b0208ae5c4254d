//! Tests only: survival against lifelines and scikit-survival, on the simulated cohort.

use serde_json::Value;

use super::cohort_reference::{Cohort, json, near, numbers};
use super::{concordance, kaplan_meier, log_rank};

/// Days and events of those up to the median of feature f01, and of those above.
fn halves(cohort: &Cohort) -> [(Vec<f64>, Vec<bool>); 2] {
    let f01: Vec<f64> = cohort.columns().column(1).iter().copied().collect();
    let mut sorted = f01.clone();
    sorted.sort_by(f64::total_cmp);
    let median = f64::midpoint(sorted[59], sorted[60]);
    [false, true].map(|high| {
        let rows = (0..f01.len()).filter(|i| (f01[*i] > median) == high);
        rows.map(|i| (cohort.days[i], cohort.events[i])).unzip()
    })
}

#[test]
fn curves_are_those_of_lifelines() {
    let (Some(cohort), Some(expected)) = (Cohort::read(), json("cohort_expected.json")) else { return };
    for ((days, events), name) in halves(&cohort).iter().zip(["low", "high"]) {
        let (steps, of) = (kaplan_meier::of(days, events), &expected["km_by_median_f01"][name]);
        assert_eq!(of["n"], days.len());
        assert_eq!(of["events"], events.iter().filter(|e| **e).count());
        assert_eq!(of["median"].as_f64(), kaplan_meier::median(&steps));
        for on in [90.0, 180.0, 365.0] {
            let key = on.to_string();
            let step = steps.iter().rfind(|step| step.days <= on).unwrap();
            assert!(near(kaplan_meier::at(&steps, on), of["survival"][&key].as_f64().unwrap(), 1e-12));
            let (lower, upper) = step.interval.unwrap();
            let interval = numbers(&of["ci_loglog"][&key]);
            assert!(near(lower, interval[0], 1e-10) && near(upper, interval[1], 1e-10), "{name} {on}");
        }
    }
}

#[test]
fn the_log_rank_test_is_that_of_lifelines() {
    let (Some(cohort), Some(expected)) = (Cohort::read(), json("cohort_expected.json")) else { return };
    let [low, high] = halves(&cohort);
    let found = log_rank::test(&[(&low.0, &low.1), (&high.0, &high.1)]).unwrap();
    let of = |name: &str| expected["logrank"][name].as_f64().unwrap();
    assert!(near(found.chi_squared, of("chi2"), 1e-10), "{found:?}");
    assert!((found.p / of("p") - 1.0).abs() < 1e-9, "{found:?}");
}

#[test]
fn concordance_is_that_of_scikit_survival() {
    let (Some(cohort), Some(expected)) = (Cohort::read(), json("cohort_expected.json")) else { return };
    let x = cohort.standardised();
    let mean = cohort.age.iter().sum::<f64>() / 120.0;
    let sd = (cohort.age.iter().map(|a| (a - mean) * (a - mean)).sum::<f64>() / 120.0).sqrt();
    let coefficient = |name: &str| expected["cox"]["efron"][name].as_f64().unwrap();
    let risk: Vec<f64> = (0..120)
        .map(|i| {
            let of_features = coefficient("f01") * x[(i, 1)] + coefficient("f02") * x[(i, 2)];
            of_features + coefficient("age") * (cohort.age[i] - mean) / sd
        })
        .collect();
    let of = |name: &str| Value::as_f64(&expected["c_index"][name]).unwrap();
    let harrell = concordance::harrell(&risk, &cohort.days, &cohort.events).unwrap();
    let uno = concordance::uno(&risk, &cohort.days, &cohort.events, of("uno_tau")).unwrap();
    assert!(near(harrell, of("harrell"), 1e-12), "{harrell} {}", of("harrell"));
    assert!(near(uno, of("uno"), 1e-10), "{uno} {}", of("uno"));
}
