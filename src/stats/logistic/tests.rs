use nalgebra::DMatrix;

use super::{FitFault, fit, probability};
use crate::numeric::random::Random;
use crate::stats::auc::auc;
use crate::stats::cohort_reference::{Cohort, column, json, near, numbers, table};

fn columns(columns: &[&[f64]]) -> DMatrix<f64> {
    DMatrix::from_vec(columns[0].len(), columns.len(), columns.concat())
}

const Y: [bool; 8] = [true, false, true, true, false, false, true, false];
const A: [f64; 8] = [1.0, 0.5, 3.0, -2.0, 0.1, 4.0, 2.0, -1.0];
const B: [f64; 8] = [0.0, 1.0, 1.0, 0.3, 0.2, -1.0, 0.9, 0.4];

#[test]
fn the_gradient_vanishes_at_the_fit() {
    let x = columns(&[&A, &B]);
    let of = fit(&x, &Y, None).unwrap();
    let residuals: Vec<f64> =
        of.linear(&x).iter().zip(Y).map(|(v, y)| f64::from(u8::from(y)) - probability(*v)).collect();
    for column in [[1.0; 8], A, B] {
        assert!(column.iter().zip(&residuals).map(|(c, r)| c * r).sum::<f64>().abs() < 1e-12);
    }
}

#[test]
fn units_and_offsets_of_columns_are_followed() {
    let of = fit(&columns(&[&A, &B]), &Y, None).unwrap();
    let moved = fit(&columns(&[&A.map(|v| 1e6 + 1e3 * v), &B.map(|v| 1e-9 * v)]), &Y, None).unwrap();
    assert!(near(moved.coefficients[0] * 1e3 / of.coefficients[0], 1.0, 1e-8));
    assert!(near(moved.coefficients[1] * 1e-9 / of.coefficients[1], 1.0, 1e-8));
    assert!(near(moved.log_likelihood, of.log_likelihood, 1e-10));
    assert!(near(moved.covariance[(1, 1)] * 1e6 / of.covariance[(1, 1)], 1.0, 1e-8));
    assert!(near(moved.covariance[(1, 2)] * 1e-6 / of.covariance[(1, 2)], 1.0, 1e-7));
}

#[test]
fn the_covariance_is_the_inverse_of_the_information() {
    let x = columns(&[&A, &B]);
    let of = fit(&x, &Y, None).unwrap();
    let z = x.clone().insert_column(0, 1.0);
    let w = of.linear(&x).iter().map(|v| probability(*v) * probability(-v)).collect::<Vec<_>>();
    let information = z.transpose() * DMatrix::from_diagonal(&w.into()) * &z;
    assert!((information * of.covariance - DMatrix::identity(3, 3)).amax() < 1e-10);
}

#[test]
fn an_offset_is_a_column_whose_coefficient_is_known() {
    let (x, offset) = (columns(&[&A]), B.map(|v| 0.7 * v - 2.0));
    let of = fit(&x, &Y, Some(&offset)).unwrap();
    let sum: f64 = of
        .linear(&x)
        .iter()
        .zip(offset)
        .zip(Y)
        .map(|((v, o), y)| f64::from(u8::from(y)) - probability(v + o))
        .sum();
    assert!(sum.abs() < 1e-12);
    // A column of its own added to the offset is taken off again.
    let shifted = A.map(|v| 5.0 * v);
    let back = fit(&x, &Y, Some(&shifted)).unwrap();
    assert!(near(back.coefficients[0], fit(&x, &Y, None).unwrap().coefficients[0] - 5.0, 1e-10));
}

#[test]
fn without_columns_it_is_the_log_odds() {
    let of = fit(&DMatrix::zeros(8, 0), &[true, true, true, false, true, true, false, true], None).unwrap();
    assert!(near(of.intercept, 3.0_f64.ln(), 1e-13));
    assert!(near(of.covariance[(0, 0)], 1.0 / (8.0 * 0.75 * 0.25), 1e-12));
}

#[test]
fn separation_is_said() {
    let fault = |x: &[&[f64]], y: &[bool]| fit(&columns(x), y, None).unwrap_err();
    let y = [false, false, false, true, true, true];
    assert_eq!(fault(&[&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]], &y), FitFault::Separated);
    // Quasi-complete: 3 is in both classes.
    assert_eq!(fault(&[&[1.0, 2.0, 3.0, 3.0, 5.0, 6.0]], &y), FitFault::Separated);
    // All with the mark respond, of those without it some.
    assert_eq!(fault(&[&[0.0, 0.0, 0.0, 0.0, 1.0, 1.0]], &y), FitFault::Separated);
    // Neither column alone, but their difference.
    let (a, b) = ([1.0, 5.0, 3.0, 2.0, 6.0, 4.0], [2.0, 6.5, 4.0, 1.0, 5.0, 3.0]);
    assert_eq!(fault(&[&a, &b], &y), FitFault::Separated);
    assert!(fit(&columns(&[&a]), &y, None).is_ok());
    // As many parameters as rows.
    assert_eq!(fault(&[&[1.0, 4.0, 2.0], &[0.0, 1.0, 7.0]], &[true, false, true]), FitFault::Separated);
    // A far row of the wrong class: not separated, however large the coefficient.
    let overlapping = [1.0, 2.0, 3.0 + 1e-3, 3.0, 5.0, 6.0];
    assert!(fit(&columns(&[&overlapping]), &y, None).is_ok());
}

#[test]
fn quasi_separation_in_one_of_several_columns_is_said() {
    let mut random = Random::seeded(8);
    for _ in 0..50 {
        let mut x = DMatrix::from_fn(60, 4, |_, _| random.normal());
        let y: Vec<bool> = (0..60).map(|i| random.uniform() < probability(x[(i, 0)])).collect();
        assert!(fit(&x, &y, None).is_ok());
        // Only responders carry the mark.
        for i in 0..60 {
            x[(i, 2)] = f64::from(u8::from(y[i] && random.uniform() < 0.3));
        }
        if x.column(2).sum() > 0.0 {
            assert_eq!(fit(&x, &y, None), Err(FitFault::Separated));
        }
    }
}

/// Whether a line has no row on its wrong side and some on its right one, in whole numbers: the lines through pairs of
/// points are the edges of the cone of all such lines, so that one is among them if there is any.
fn a_line_separates(points: &[[i64; 2]], y: &[bool]) -> bool {
    let pairs = points.iter().flat_map(|p| points.iter().map(move |q| (p, q))).filter(|(p, q)| p != q);
    pairs.into_iter().any(|(p, q)| {
        let normal = [p[1] - q[1], q[0] - p[0]];
        let side = |r: &[i64; 2]| (r[0] - p[0]) * normal[0] + (r[1] - p[1]) * normal[1];
        let toward = || points.iter().zip(y).map(|(r, y)| if *y { side(r) } else { -side(r) });
        // The pair in the other order gives the other side.
        toward().all(|v| v >= 0) && toward().any(|v| v > 0)
    })
}

#[test]
fn separation_is_what_an_exact_search_over_all_lines_finds() {
    let mut random = Random::seeded(5);
    let mut counts = [0; 3];
    for round in 0..4000 {
        let (rows, side) = (8 + round % 12, [2.0, 4.0, 9.0][round % 3]);
        let points: Vec<[i64; 2]> =
            (0..rows).map(|_| [0, 0].map(|_: i64| (random.uniform() * side) as i64)).collect();
        let slope = random.between(0.0, 2.0);
        let odds = |p: &[i64; 2]| slope * (p[0] as f64 + p[1] as f64 - side);
        let y: Vec<bool> = points.iter().map(|p| random.uniform() < probability(odds(p))).collect();
        let x = DMatrix::from_fn(rows, 2, |i, j| points[i][j] as f64);
        match fit(&x, &y, None) {
            Err(FitFault::OneClass | FitFault::Collinear) => counts[0] += 1,
            Err(FitFault::Separated) => {
                assert!(a_line_separates(&points, &y), "{points:?} {y:?}");
                counts[1] += 1;
            }
            Ok(_) => {
                assert!(!a_line_separates(&points, &y), "{points:?} {y:?}");
                counts[2] += 1;
            }
            Err(fault) => panic!("{fault} {points:?} {y:?}"),
        }
    }
    assert!(counts[1] > 500 && counts[2] > 500, "{counts:?}");
}

#[test]
fn what_cannot_be_fitted_says_why() {
    let fault = |x: DMatrix<f64>, y: &[bool]| fit(&x, y, None).unwrap_err();
    assert_eq!(fault(DMatrix::zeros(0, 0), &[]), FitFault::TooFew);
    assert_eq!(fault(DMatrix::zeros(1, 1), &[true]), FitFault::TooFew);
    assert_eq!(fault(columns(&[&A]), &[true; 8]), FitFault::OneClass);
    assert_eq!(fault(columns(&[&A]), &[false; 8]), FitFault::OneClass);
    assert_eq!(fault(columns(&[&[0.1; 8]]), &Y), FitFault::Collinear);
    assert_eq!(fault(columns(&[&[1e9; 8]]), &Y), FitFault::Collinear);
    assert_eq!(fault(columns(&[&A, &A.map(|v| 3.0 - 7.0 * v)]), &Y), FitFault::Collinear);
    let sum: Vec<f64> = A.iter().zip(B).map(|(a, b)| a + 1e4 * b).collect();
    assert_eq!(fault(columns(&[&A, &B, &sum]), &Y), FitFault::Collinear);
    let mut missing = A;
    missing[3] = f64::NAN;
    assert_eq!(fault(columns(&[&missing]), &Y), FitFault::NotConverged);
    missing[3] = f64::INFINITY;
    assert_eq!(fault(columns(&[&missing]), &Y), FitFault::NotConverged);
}

#[test]
fn coefficients_are_those_of_r_and_scikit_learn() {
    let (Some(cohort), Some(resampled)) = (Cohort::read(), json("resampling_expected.json")) else { return };
    let x = cohort.columns().columns(0, 4).into_owned();
    let of = fit(&x, &cohort.response, None).unwrap();
    let expected = numbers(&resampled["optimism"]["coef"]);
    assert!(near(of.intercept, expected[0], 1e-10));
    for (found, expected) in of.coefficients.iter().zip(&expected[1..]) {
        assert!(near(*found, *expected, 1e-10), "{found} {expected}");
    }
    let standardised =
        fit(&cohort.standardised().columns(0, 4).into_owned(), &cohort.response, None).unwrap();
    let expected = numbers(&json("cohort_expected.json").unwrap()["linear_shap"]["coef"]);
    for (found, expected) in standardised.coefficients.iter().zip(&expected) {
        assert!(near(*found, *expected, 1e-5), "{found} {expected}");
    }
}

#[test]
fn optimism_of_resamples_is_that_of_r() {
    let (Some(cohort), Some(rows)) = (Cohort::read(), table("bootstrap_rows.csv")) else { return };
    let expected = &json("resampling_expected.json").unwrap()["optimism"];
    let x = cohort.columns().columns(0, 4).into_owned();
    let apparent = auc(&fit(&x, &cohort.response, None).unwrap().linear(&x), &cohort.response).unwrap();
    assert!(near(apparent, expected["auc_apparent"].as_f64().unwrap(), 1e-10));
    let [own, original, slopes] =
        ["auc_boot", "auc_boot_on_original", "slope_boot_on_original"].map(|name| numbers(&expected[name]));
    let (mut optimism, mut slope) = (0.0, 0.0);
    for resample in 0..20 {
        let rows: Vec<usize> =
            column(&rows, &format!("boot_{}", resample + 1)).iter().map(|v| *v as usize).collect();
        let (of_rows, y): (_, Vec<bool>) =
            (x.select_rows(&rows), rows.iter().map(|i| cohort.response[*i]).collect());
        let model = fit(&of_rows, &y, None).unwrap();
        let linear = model.linear(&x);
        let of_own = auc(&model.linear(&of_rows), &y).unwrap();
        let of_original = auc(&linear, &cohort.response).unwrap();
        let of_slope =
            fit(&DMatrix::from_vec(120, 1, linear), &cohort.response, None).unwrap().coefficients[0];
        assert!(near(of_own, own[resample], 1e-10));
        assert!(near(of_original, original[resample], 1e-10));
        assert!(near(of_slope, slopes[resample], 1e-8), "{of_slope} {}", slopes[resample]);
        optimism += (of_own - of_original) / 20.0;
        slope += of_slope / 20.0;
    }
    assert!(near(optimism, expected["optimism"].as_f64().unwrap(), 1e-10));
    assert!(near(apparent - optimism, expected["auc_corrected"].as_f64().unwrap(), 1e-10));
    assert!(near(slope, expected["slope_corrected"].as_f64().unwrap(), 1e-8));
}
