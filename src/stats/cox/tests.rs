//! Cox regression beside lifelines, scikit-survival and R, and on data that have no answer.

use nalgebra::DMatrix;

use super::{CoxFit, Order, Ties, fit, one, partial_log_likelihood, proportional_hazards};
use crate::numeric::random::Random;
use crate::stats::cohort_reference::{Cohort, column, json, near, numbers, table};
use crate::stats::fit::FitFault;

/// f01, f02 and age of the cohort, standardised.
fn three(cohort: &Cohort) -> DMatrix<f64> {
    let x = cohort.standardised();
    let n = cohort.age.len() as f64;
    let mean = cohort.age.iter().sum::<f64>() / n;
    let sd = (cohort.age.iter().map(|a| (a - mean) * (a - mean)).sum::<f64>() / n).sqrt();
    DMatrix::from_fn(x.nrows(), 3, |i, j| if j < 2 { x[(i, j + 1)] } else { (cohort.age[i] - mean) / sd })
}

#[test]
fn coefficients_errors_and_likelihood_are_those_of_other_programs() {
    let Some(cohort) = Cohort::read() else { return };
    let expected = &json("cohort_expected.json").unwrap()["cox"];
    let x = three(&cohort);
    let efron = fit(&x, &cohort.days, &cohort.events, Ties::Efron).unwrap();
    for (j, name) in ["f01", "f02", "age"].into_iter().enumerate() {
        assert!(near(efron.coefficients[j], expected["efron"][name].as_f64().unwrap(), 1e-6), "{name}");
        assert!(
            near(efron.standard_errors()[j], expected["efron_se"][name].as_f64().unwrap(), 1e-6),
            "{name}"
        );
    }
    assert!(near(efron.log_likelihood, expected["efron_loglik"].as_f64().unwrap(), 1e-9));
    assert!(efron.null_log_likelihood < efron.log_likelihood);
    let breslow = fit(&x, &cohort.days, &cohort.events, Ties::Breslow).unwrap();
    for (found, value) in breslow.coefficients.iter().zip(numbers(&expected["breslow"])) {
        assert!(near(*found, value, 1e-6), "{found} {value}");
    }
    let linear: Vec<f64> = (&x * nalgebra::DVector::from_vec(breslow.coefficients)).iter().copied().collect();
    let found = partial_log_likelihood(&linear, &cohort.days, &cohort.events);
    assert!(near(found, breslow.log_likelihood, 1e-12));
}

#[test]
fn single_columns_are_those_of_lifelines() {
    let Some(cohort) = Cohort::read() else { return };
    let expected = table("univariate_expected.csv").unwrap();
    let (coefficients, errors) = (column(&expected, "cox_coef_per_sd_efron"), column(&expected, "cox_se"));
    let order = Order::of(&cohort.days, &cohort.events);
    let x = cohort.standardised();
    let n = x.nrows() as f64;
    for j in 0..x.ncols() {
        // Per sample SD, which is a little more than the population's.
        let values: Vec<f64> = x.column(j).iter().map(|v| v * ((n - 1.0) / n).sqrt()).collect();
        let (coefficient, error) = one(&values, &order).unwrap();
        // Of two columns lifelines stops 7e-6 and 3e-5 short of the maximum; here R's coxph, run to its end.
        let expected = match j {
            27 => -0.00276428381024119,
            28 => -0.0118530733887238,
            _ => coefficients[j],
        };
        assert!(near(coefficient, expected, 1e-6), "f{j:02}: {coefficient}");
        assert!(near(error, errors[j], 1e-6), "f{j:02}: {error}");
    }
}

#[test]
fn proportional_hazards_are_tested_as_in_r() {
    let Some(cohort) = Cohort::read() else { return };
    let expected = table("ph_test_r_expected.csv").unwrap();
    let x = three(&cohort);
    let fit = fit(&x, &cohort.days, &cohort.events, Ties::Efron).unwrap();
    let found = proportional_hazards(&x, &cohort.days, &cohort.events, &fit);
    let (chi_squared, df, p) = (column(&expected, "chisq"), column(&expected, "df"), column(&expected, "p"));
    assert_eq!(found.len(), 4);
    for (k, test) in found.iter().enumerate() {
        assert!((test.chi_squared / chi_squared[k] - 1.0).abs() < 1e-4, "{k}: {test:?}");
        assert!((test.p / p[k] - 1.0).abs() < 1e-4, "{k}: {test:?}");
        assert_eq!(test.df as f64, df[k]);
    }
}

/// A follow-up of `n` rows with ties, whose hazard the first column doubles.
fn simulated(seed: u64, n: usize, columns: usize) -> (DMatrix<f64>, Vec<f64>, Vec<bool>) {
    let mut random = Random::seeded(seed);
    let x = DMatrix::from_fn(n, columns, |_, _| random.normal());
    let days =
        (0..n).map(|i| (-60.0 * (1.0 - random.uniform()).ln() * 0.5_f64.powf(x[(i, 0)])).ceil()).collect();
    let events = (0..n).map(|_| random.uniform() < 0.7).collect();
    (x, days, events)
}

#[test]
fn one_column_is_the_model_of_one_column() {
    for seed in 0..20 {
        let (x, days, events) = simulated(seed, 30, 1);
        let values: Vec<f64> = x.iter().map(|v| 7e3 + 0.01 * v).collect();
        let (coefficient, error) = one(&values, &Order::of(&days, &events)).unwrap();
        let whole = fit(&DMatrix::from_vec(30, 1, values), &days, &events, Ties::Efron).unwrap();
        assert!((coefficient / whole.coefficients[0] - 1.0).abs() < 1e-9, "{seed}");
        assert!((error / whole.standard_errors()[0] - 1.0).abs() < 1e-9, "{seed}");
    }
}

/// Breslow's likelihood is that of single events; at its maximum every direction goes down.
#[test]
fn no_step_from_the_fit_raises_the_likelihood() {
    for seed in 0..10 {
        let (x, days, events) = simulated(seed, 40, 3);
        let CoxFit { coefficients, log_likelihood, .. } = fit(&x, &days, &events, Ties::Breslow).unwrap();
        for j in 0..3 {
            for step in [-1e-3, 1e-3] {
                let mut moved = nalgebra::DVector::from_column_slice(&coefficients);
                moved[j] += step;
                let linear: Vec<f64> = (&x * moved).iter().copied().collect();
                assert!(partial_log_likelihood(&linear, &days, &events) < log_likelihood, "{seed} {j}");
            }
        }
    }
}

/// What `fit` and `one` say of one column.
fn both(values: &[f64], days: &[f64], events: &[bool]) -> [Option<FitFault>; 2] {
    let x = DMatrix::from_column_slice(values.len(), 1, values);
    [fit(&x, days, events, Ties::Efron).err(), one(values, &Order::of(days, events)).err()]
}

#[test]
fn data_without_an_answer_have_a_status() {
    let days: Vec<f64> = (1..=8).map(f64::from).collect();
    let (events, none) = ([true; 8], [false; 8]);
    let rising: Vec<f64> = (0..8).map(f64::from).collect();
    let mixed = [3.0, 1.0, 4.0, 1.5, 5.0, 9.0, 2.0, 6.0];
    assert_eq!(both(&mixed, &days, &events), [None; 2]);
    assert_eq!(both(&mixed, &days, &none), [Some(FitFault::NoEvents); 2]);
    assert_eq!(both(&[0.1; 8], &days, &events), [Some(FitFault::Collinear); 2]);
    // The earlier, the lower: at each event the lowest of those at risk.
    assert_eq!(both(&rising, &days, &events), [Some(FitFault::Separated); 2]);
    // Events in one group alone.
    let group = [1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0];
    let events_of_group = group.map(|g| g == 1.0);
    assert_eq!(both(&group, &days, &events_of_group), [Some(FitFault::Separated); 2]);
    assert_eq!(both(&[1.0], &[1.0], &[true]), [Some(FitFault::TooFew); 2]);
    assert_eq!(both(&[], &[], &[]), [Some(FitFault::TooFew); 2]);
    let mut broken = mixed;
    broken[3] = f64::NAN;
    assert_eq!(both(&broken, &days, &events), [Some(FitFault::NotConverged); 2]);
    // All events at one time, at which all are at risk: nothing is compared with anything under Breslow's rule.
    assert_eq!(both(&mixed, &[5.0; 8], &events), [Some(FitFault::Collinear); 2].map(|_| None));
}

#[test]
fn separated_and_collinear_combinations_are_seen() {
    let (x, days, events) = simulated(3, 40, 3);
    let doubled = DMatrix::from_fn(40, 4, |i, j| if j < 3 { x[(i, j)] } else { x[(i, 0)] - 2.0 * x[(i, 2)] });
    assert_eq!(fit(&doubled, &days, &events, Ties::Efron).err(), Some(FitFault::Collinear));
    // Time is a combination of two columns; neither alone tells it.
    let split = DMatrix::from_fn(40, 2, |i, j| if j == 0 { x[(i, 0)] } else { days[i] / 10.0 - x[(i, 0)] });
    assert_eq!(fit(&split, &days, &events, Ties::Efron).err(), Some(FitFault::Separated));
    assert_eq!(
        fit(&x.rows(0, 3).into_owned(), &days[..3], &events[..3], Ties::Efron).err(),
        Some(FitFault::TooFew)
    );
    let empty = fit(&DMatrix::zeros(40, 0), &days, &events, Ties::Efron).unwrap();
    assert_eq!(empty.log_likelihood, empty.null_log_likelihood);
    assert!(proportional_hazards(&x, &days, &events, &empty).is_empty());
}

#[test]
fn large_predictors_leave_the_likelihood_finite() {
    let found = partial_log_likelihood(&[2000.0, -2000.0, 0.0], &[3.0, 2.0, 1.0], &[true, true, true]);
    assert_eq!(found, -6000.0);
    let curve = super::baseline_survival(&[2000.0, -2000.0, 0.0], &[3.0, 2.0, 1.0], &[true, true, true]);
    assert!(curve.iter().all(|(_, s)| (0.0..=1.0).contains(s)), "{curve:?}");
}
