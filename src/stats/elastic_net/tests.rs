//! Penalised models beside other programs, against the conditions of the minimum, and against a slow plain twin.

use nalgebra::DMatrix;

use super::{KKT_TOLERANCE, Penalised, cox, lambdas, logistic};
use crate::numeric::random::Random;
use crate::stats::cohort_reference::{Cohort, column, json, numbers, table};
use crate::stats::cox::partial_log_likelihood;
use crate::stats::fit::FitFault;

/// Outcomes of either kind.
#[derive(Clone)]
enum Outcome {
    Class(Vec<bool>),
    Time(Vec<f64>, Vec<bool>),
}

impl Outcome {
    fn largest(&self, x: &DMatrix<f64>, alpha: f64) -> f64 {
        match self {
            Self::Class(y) => logistic::largest_lambda(x, y, alpha),
            Self::Time(days, events) => cox::largest_lambda(x, days, events, alpha),
        }
    }

    fn path(&self, x: &DMatrix<f64>, alpha: f64, lambdas: &[f64]) -> Result<Vec<Penalised>, FitFault> {
        match self {
            Self::Class(y) => logistic::path(x, y, alpha, lambdas),
            Self::Time(days, events) => cox::path(x, days, events, alpha, lambdas),
        }
    }

    /// The mean loss, by its definition.
    fn loss(&self, linear: &[f64]) -> f64 {
        let n = linear.len() as f64;
        match self {
            Self::Class(y) => {
                let of = |(eta, y): (&f64, &bool)| (1.0 + eta.exp()).ln() - if *y { *eta } else { 0.0 };
                linear.iter().zip(y).map(of).sum::<f64>() / n
            }
            Self::Time(days, events) => -partial_log_likelihood(linear, days, events) / n,
        }
    }

    /// Its derivatives by linear predictors, by their definition.
    fn derivatives(&self, linear: &[f64]) -> Vec<f64> {
        let n = linear.len();
        match self {
            Self::Class(y) => (0..n)
                .map(|i| (1.0 / (1.0 + (-linear[i]).exp()) - f64::from(u8::from(y[i]))) / n as f64)
                .collect(),
            Self::Time(days, events) => {
                let mut derivatives = vec![0.0; n];
                for event in (0..n).filter(|&i| events[i]) {
                    let at_risk: Vec<usize> = (0..n).filter(|&i| days[i] >= days[event]).collect();
                    let sum: f64 = at_risk.iter().map(|&i| linear[i].exp()).sum();
                    for i in at_risk {
                        derivatives[i] += linear[i].exp() / sum / n as f64;
                    }
                    derivatives[event] -= 1.0 / n as f64;
                }
                derivatives
            }
        }
    }
}

/// The largest violation of a condition of the minimum, as a share of lambda.
fn violation(x: &DMatrix<f64>, outcome: &Outcome, alpha: f64, model: &Penalised) -> f64 {
    let derivatives = nalgebra::DVector::from_vec(outcome.derivatives(&model.linear(x)));
    let mut coefficients = vec![0.0; x.ncols()];
    model.coefficients.iter().for_each(|&(j, b)| coefficients[j] = b);
    let mut largest = if matches!(outcome, Outcome::Class(_)) { derivatives.sum().abs() } else { 0.0 };
    for (j, b) in coefficients.iter().enumerate() {
        let g = x.column(j).dot(&derivatives);
        let off = if *b == 0.0 {
            (g.abs() - model.lambda * alpha).max(0.0)
        } else {
            (g + model.lambda * (alpha * b.signum() + (1.0 - alpha) * b)).abs()
        };
        largest = largest.max(off);
    }
    largest / model.lambda
}

/// `groups` hidden variables, whose columns correlate with `correlation`; the first two make the outcome.
fn simulated(seed: u64, n: usize, p: usize, correlation: f64) -> (DMatrix<f64>, [Outcome; 2]) {
    let mut random = Random::seeded(seed);
    let hidden = DMatrix::from_fn(n, p.min(6), |_, _| random.normal());
    let (shared, own) = (correlation.sqrt(), (1.0 - correlation).sqrt());
    let mut x =
        DMatrix::from_fn(n, p, |i, j| shared * hidden[(i, j % hidden.ncols())] + own * random.normal());
    standardise(&mut x);
    let signal: Vec<f64> = (0..n).map(|i| hidden[(i, 0)] - hidden[(i, 1)]).collect();
    let class = signal.iter().map(|s| random.uniform() < 1.0 / (1.0 + (-s).exp())).collect();
    let days = signal.iter().map(|s| (-50.0 * (1.0 - random.uniform()).ln() * (-s).exp()).ceil()).collect();
    let events = (0..n).map(|_| random.uniform() < 0.6).collect();
    (x, [Outcome::Class(class), Outcome::Time(days, events)])
}

fn standardise(x: &mut DMatrix<f64>) {
    for mut column in x.column_iter_mut() {
        let mean = column.mean();
        column.add_scalar_mut(-mean);
        let sd = column.norm() / (column.len() as f64).sqrt();
        column.unscale_mut(sd);
    }
}

#[test]
fn all_columns_fulfil_the_conditions_of_the_minimum() {
    let shapes = [(60, 20, 0.3), (40, 200, 0.0), (50, 300, 0.95), (120, 12, 0.999), (8, 30, 0.5)];
    for (seed, (n, p, correlation)) in shapes.into_iter().enumerate() {
        let (x, outcomes) = simulated(seed as u64, n, p, correlation);
        for outcome in &outcomes {
            for alpha in [0.0, 0.01, 0.1, 0.5, 0.9, 1.0] {
                let largest = outcome.largest(&x, alpha);
                let path = outcome.path(&x, alpha, &lambdas(largest, 30, 0.01)).unwrap();
                for model in path {
                    let off = violation(&x, outcome, alpha, &model);
                    assert!(off < 1.1 * KKT_TOLERANCE, "{n} x {p}, alpha {alpha}, {}: {off}", model.lambda);
                }
            }
        }
    }
}

#[test]
fn the_largest_lambda_is_where_the_first_column_comes_in() {
    let (x, outcomes) = simulated(7, 50, 80, 0.4);
    for outcome in &outcomes {
        for alpha in [0.1, 1.0] {
            let largest = outcome.largest(&x, alpha);
            let path = outcome.path(&x, alpha, &[largest * 1.000001, largest * 0.999]).unwrap();
            assert!(path[0].coefficients.is_empty());
            assert_eq!(path[1].coefficients.len(), 1);
        }
    }
}

/// Proximal gradient descent: a step against the gradient of everything, then each coefficient drawn to zero.
fn plain(x: &DMatrix<f64>, outcome: &Outcome, alpha: f64, lambda: f64) -> Vec<f64> {
    // No second derivative of either loss is above 1 per row.
    let step = 1.0 / (x.norm_squared() / x.nrows() as f64 + 1.0);
    let (mut intercept, mut b) = (0.0, nalgebra::DVector::zeros(x.ncols()));
    for _ in 0..60_000 {
        let linear: Vec<f64> = (x * &b).iter().map(|eta| eta + intercept).collect();
        let derivatives = nalgebra::DVector::from_vec(outcome.derivatives(&linear));
        if matches!(outcome, Outcome::Class(_)) {
            intercept -= step * derivatives.sum();
        }
        let gradient = x.transpose() * derivatives;
        for (b, g) in b.iter_mut().zip(gradient.iter()) {
            let free = *b - step * (g + lambda * (1.0 - alpha) * *b);
            *b = free.signum() * (free.abs() - step * lambda * alpha).max(0.0);
        }
    }
    b.iter().copied().collect()
}

#[test]
fn a_slow_plain_twin_finds_the_same_coefficients() {
    let (x, outcomes) = simulated(11, 30, 8, 0.5);
    for outcome in &outcomes {
        for (alpha, lambda) in [(1.0, 0.05), (0.5, 0.02), (0.0, 0.1)] {
            let found = &outcome.path(&x, alpha, &[lambda]).unwrap()[0];
            let mut whole = [0.0; 8];
            found.coefficients.iter().for_each(|&(j, b)| whole[j] = b);
            for (b, twin) in whole.iter().zip(plain(&x, outcome, alpha, lambda)) {
                assert!((b - twin).abs() < 1e-6, "alpha {alpha}: {b} {twin}");
            }
        }
    }
}

#[test]
fn a_model_does_not_depend_on_where_its_path_began() {
    let (x, outcomes) = simulated(13, 60, 150, 0.8);
    for outcome in &outcomes {
        let path = outcome.path(&x, 0.5, &lambdas(outcome.largest(&x, 0.5), 40, 0.05)).unwrap();
        for model in [&path[10], &path[39]] {
            let alone = &outcome.path(&x, 0.5, &[model.lambda]).unwrap()[0];
            for (a, b) in model.linear(&x).iter().zip(alone.linear(&x)) {
                assert!((a - b).abs() < 1e-5, "{a} {b}");
            }
        }
    }
}

#[test]
fn classes_that_are_apart_and_equal_columns_are_no_obstacle() {
    let mut x = DMatrix::from_fn(20, 4, |i, j| if j < 3 { f64::from(i as u32) } else { 0.0 });
    standardise(&mut x);
    x.column_mut(3).fill(0.0);
    let outcome = Outcome::Class((0..20).map(|i| i >= 10).collect());
    for alpha in [0.0, 0.5, 1.0] {
        let largest = outcome.largest(&x, alpha);
        for model in outcome.path(&x, alpha, &lambdas(largest, 20, 1e-4)).unwrap() {
            let off = violation(&x, &outcome, alpha, &model);
            assert!(off < 1.1 * KKT_TOLERANCE, "alpha {alpha}, {}: {off}", model.lambda);
            assert!(model.coefficients.iter().all(|&(j, _)| j != 3));
        }
    }
}

#[test]
fn data_without_an_answer_have_a_status() {
    let x = DMatrix::from_column_slice(4, 1, &[1.0, -1.0, 1.0, -1.0]);
    let (y, days) = ([true, false, false, true], [1.0, 2.0, 3.0, 4.0]);
    let class = |x: &DMatrix<f64>, y: &[bool], lambda| logistic::path(x, y, 0.5, &[lambda]).err();
    assert_eq!(class(&x, &y, 0.1), None);
    assert_eq!(class(&x, &[true; 4], 0.1), Some(FitFault::OneClass));
    assert_eq!(class(&x, &y[..3], 0.1), Some(FitFault::TooFew));
    assert_eq!(class(&DMatrix::zeros(1, 1), &[true], 0.1), Some(FitFault::TooFew));
    assert_eq!(class(&x, &y, 0.0), Some(FitFault::NotConverged));
    assert_eq!(class(&x.map(|v| v / 0.0), &y, 0.1), Some(FitFault::NotConverged));
    assert_eq!(logistic::path(&x, &y, 1.5, &[0.1]).err(), Some(FitFault::NotConverged));
    assert_eq!(logistic::path(&x, &y, 0.5, &[]).unwrap(), []);
    assert_eq!(logistic::path(&DMatrix::zeros(4, 0), &y, 0.0, &[0.1]).unwrap()[0].intercept, 0.0);
    assert_eq!(logistic::largest_lambda(&x, &[true; 4], 1.0), 0.0);
    assert_eq!(cox::path(&x, &days, &[false; 4], 0.5, &[0.1]).err(), Some(FitFault::NoEvents));
    assert_eq!(cox::path(&x, &days[..1], &y[..1], 0.5, &[0.1]).err(), Some(FitFault::TooFew));
    assert_eq!(cox::path(&x, &[f64::NAN; 4], &y, 0.5, &[0.1]).err(), Some(FitFault::NotConverged));
    assert_eq!(cox::largest_lambda(&x, &days, &[false; 4], 1.0), 0.0);
}

/// Expected coefficients by name, zero where absent.
fn expected(row: &serde_json::Value) -> Vec<f64> {
    (0..40).map(|j| row["coef"][format!("f{j:02}")].as_f64().unwrap_or(0.0)).collect()
}

fn whole(model: &Penalised) -> Vec<f64> {
    let mut whole = vec![0.0; 40];
    model.coefficients.iter().for_each(|&(j, b)| whole[j] = b);
    whole
}

#[test]
fn logistic_models_are_those_of_scikit_learn() {
    let Some(cohort) = Cohort::read() else { return };
    let rows = json("cohort_expected.json").unwrap();
    let x = cohort.standardised();
    let outcome = Outcome::Class(cohort.response.clone());
    for row in rows["elastic_net_logistic"].as_array().unwrap() {
        let (alpha, lambda) = (row["alpha"].as_f64().unwrap(), row["lam"].as_f64().unwrap());
        let model = &outcome.path(&x, alpha, &[lambda]).unwrap()[0];
        for (b, value) in whole(model).iter().zip(expected(row)) {
            assert!((b - value).abs() < 1e-5, "alpha {alpha}, {lambda}: {b} {value}");
        }
        // Where no column is in, saga leaves the intercept some 4e-4 from the log odds of the cohort.
        let tolerance = if model.coefficients.is_empty() { 2e-3 } else { 1e-5 };
        assert!((model.intercept - row["intercept"].as_f64().unwrap()).abs() < tolerance);
        let penalty = |b: &f64| alpha * b.abs() + (1.0 - alpha) / 2.0 * b * b;
        let value = outcome.loss(&model.linear(&x)) + lambda * whole(model).iter().map(penalty).sum::<f64>();
        let (value, twin) = (value, row["objective"].as_f64().unwrap());
        assert!(value < twin + 1e-12 && value > twin - 1e-6, "alpha {alpha}, {lambda}: {value}");
    }
}

#[test]
fn survival_models_are_those_of_scikit_survival() {
    let Some(cohort) = Cohort::read() else { return };
    let rows = json("cohort_expected.json").unwrap();
    let rows = rows["coxnet"]["path"].as_array().unwrap();
    let lambdas: Vec<f64> = rows.iter().map(|row| row["lam"].as_f64().unwrap()).collect();
    let path = cox::path(&cohort.standardised(), &cohort.days, &cohort.events, 0.5, &lambdas).unwrap();
    for (model, row) in path.iter().zip(rows) {
        for (b, value) in whole(model).iter().zip(expected(row)) {
            // At the smallest lambda scikit-survival misses the conditions of the minimum by 8e-5 of lambda.
            let tolerance = if model.lambda < 0.03 { 3e-5 } else { 1e-5 };
            assert!((b - value).abs() < tolerance, "{}: {b} {value}", model.lambda);
        }
    }
}

/// Fits where `training` says so, after scaling learnt there; probabilities of the rows of `test`, per lambda.
fn predicted(cohort: &Cohort, training: &[usize], test: &[usize], lambdas: &[f64]) -> Vec<Vec<f64>> {
    let x = cohort.columns();
    let mut learnt = x.select_rows(training);
    let mut applied = x.select_rows(test);
    for (mut learnt, mut applied) in learnt.column_iter_mut().zip(applied.column_iter_mut()) {
        let mean = learnt.mean();
        learnt.add_scalar_mut(-mean);
        let sd = learnt.norm() / (learnt.len() as f64).sqrt();
        learnt.unscale_mut(sd);
        applied.apply(|v| *v = (*v - mean) / sd);
    }
    let y: Vec<bool> = training.iter().map(|&i| cohort.response[i]).collect();
    let path = logistic::path(&learnt, &y, 0.5, lambdas).unwrap();
    path.iter().map(|m| m.linear(&applied).iter().map(|eta| 1.0 / (1.0 + (-eta).exp())).collect()).collect()
}

#[test]
fn nested_cross_validation_is_that_of_glmnet() {
    let Some(cohort) = Cohort::read() else { return };
    let expected = json("nested_cv_expected.json").unwrap();
    let lambdas = numbers(&expected["lambdas"]);
    let folds = table("nested_cv_folds.csv").unwrap();
    let outer = column(&folds, "outer");
    let place = |name: &str| folds.0.iter().position(|c| c == name).unwrap();
    let predictions = numbers(&expected["predictions"]);
    for fold in 0..5 {
        let training: Vec<usize> = (0..120).filter(|&i| outer[i] != fold as f64).collect();
        let test: Vec<usize> = (0..120).filter(|&i| outer[i] == fold as f64).collect();
        let inner = place(&format!("inner_{fold}"));
        let mut losses = vec![0.0; lambdas.len()];
        for part in 0..4 {
            let of_part = |i: &usize| folds.1[*i][inner] == part.to_string();
            let (held, fitted): (Vec<usize>, Vec<usize>) = training.iter().partition(|i| of_part(i));
            for (loss, p) in losses.iter_mut().zip(predicted(&cohort, &fitted, &held, &lambdas)) {
                let of = |(&i, p): (&usize, &f64)| -(if cohort.response[i] { *p } else { 1.0 - p }).ln();
                *loss += held.iter().zip(&p).map(of).sum::<f64>() / training.len() as f64;
            }
        }
        for (loss, value) in losses.iter().zip(numbers(&expected["inner_mean_log_loss"][fold])) {
            assert!((loss - value).abs() < 1e-6, "fold {fold}: {loss} {value}");
        }
        let best = (0..lambdas.len()).min_by(|&a, &b| losses[a].total_cmp(&losses[b])).unwrap();
        assert_eq!(lambdas[best], expected["chosen_lambda"][fold].as_f64().unwrap());
        let found = &predicted(&cohort, &training, &test, &lambdas)[best];
        for (&i, p) in test.iter().zip(found) {
            assert!((p - predictions[i]).abs() < 1e-6, "row {i}: {p} {}", predictions[i]);
        }
    }
}
