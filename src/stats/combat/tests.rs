//! Tests only: what holds for any table.

use nalgebra::DMatrix;

use super::{Adjust, ComBat, ComBatFault, Prior, Settings};
use crate::numeric::random::Random;

const PLAIN: Settings = Settings { prior: Prior::Parametric, adjust: Adjust::MeanAndScale, reference: None };

const FORMS: [Settings; 4] = [
    PLAIN,
    Settings { prior: Prior::NonParametric, ..PLAIN },
    Settings { adjust: Adjust::MeanOnly, ..PLAIN },
    Settings { prior: Prior::NonParametric, adjust: Adjust::MeanOnly, ..PLAIN },
];

/// Rows of three batches with shifts and spreads of their own, and a covariate that all features follow.
fn simulated(rows: usize, features: usize) -> (DMatrix<f64>, Vec<usize>, DMatrix<f64>) {
    let mut random = Random::seeded(3);
    let batch: Vec<usize> = (0..rows).map(|row| [4, 7, 9][row % 3]).collect();
    let age = DMatrix::from_fn(rows, 1, |_, _| 60.0 + 9.0 * random.normal());
    let x = DMatrix::from_fn(rows, features, |row, f| {
        let of_batch = (row % 3) as f64;
        of_batch * (1.0 + 0.1 * f as f64)
            + 0.02 * age[(row, 0)]
            + (1.0 + 0.3 * of_batch) * (random.normal() + 0.1 * (f % 5) as f64)
    });
    (x, batch, age)
}

fn none(rows: usize) -> DMatrix<f64> {
    DMatrix::zeros(rows, 0)
}

#[test]
fn batches_come_together_in_every_form() {
    let (x, batch, age) = simulated(300, 30);
    let spread = |x: &DMatrix<f64>| {
        let mean = |b: usize| (0..300).filter(|r| r % 3 == b).map(|r| x[(r, 15)]).sum::<f64>() / 100.0;
        (mean(0) - mean(1)).abs() + (mean(1) - mean(2)).abs()
    };
    for settings in FORMS {
        let combat = ComBat::fit(&x, &batch, &age, settings).unwrap();
        let harmonised = combat.apply(&x, &batch, &age).unwrap();
        assert!(spread(&harmonised) < 0.2 * spread(&x), "{settings:?} {}", spread(&harmonised));
    }
}

#[test]
fn a_row_is_harmonised_alike_alone_or_among_others() {
    let (x, batch, age) = simulated(60, 8);
    for settings in FORMS {
        let combat = ComBat::fit(&x, &batch, &age, settings).unwrap();
        let all = combat.apply(&x, &batch, &age).unwrap();
        let alone =
            combat.apply(&x.rows(7, 1).into_owned(), &batch[7..8], &age.rows(7, 1).into_owned()).unwrap();
        assert!((alone - all.rows(7, 1)).amax() < 1e-12);
    }
}

#[test]
fn a_feature_in_other_units_is_harmonised_in_those_units() {
    let (x, batch, age) = simulated(60, 8);
    let mut scaled = x.clone();
    scaled.column_mut(3).iter_mut().for_each(|v| *v = 1e6 + 250.0 * *v);
    for settings in FORMS {
        let of = |x| ComBat::fit(x, &batch, &age, settings).unwrap().apply(x, &batch, &age).unwrap();
        let (plain, scaled) = (of(&x), of(&scaled));
        for row in 0..60 {
            assert!((scaled[(row, 3)] - (1e6 + 250.0 * plain[(row, 3)])).abs() < 1e-5);
            assert!((scaled[(row, 4)] - plain[(row, 4)]).abs() < 1e-8);
        }
    }
}

#[test]
fn the_reference_batch_and_constant_features_stay_as_they_are() {
    let (mut x, batch, age) = simulated(60, 8);
    x.column_mut(2).fill(0.1);
    // Constant within each batch: there is no scale to judge the shifts by.
    x.column_mut(6).iter_mut().enumerate().for_each(|(row, v)| *v = 0.1 * (row % 3) as f64);
    for settings in FORMS {
        let settings = Settings { reference: Some(7), ..settings };
        let combat = ComBat::fit(&x, &batch, &age, settings).unwrap();
        let harmonised = combat.apply(&x, &batch, &age).unwrap();
        assert_eq!(harmonised.column(2), x.column(2));
        assert_eq!(harmonised.column(6), x.column(6));
        assert!((0..60).filter(|r| batch[*r] == 7).all(|r| harmonised.row(r) == x.row(r)));
        assert!((0..60).any(|r| harmonised[(r, 0)] != x[(r, 0)]));
        assert!(harmonised.iter().all(|v| v.is_finite()));
    }
}

#[test]
fn a_feature_constant_in_one_batch_is_shifted_and_stays_finite() {
    let (mut x, batch, age) = simulated(60, 8);
    (0..60).filter(|r| batch[*r] == 4).for_each(|r| x[(r, 1)] = 3.0);
    for settings in FORMS {
        let combat = ComBat::fit(&x, &batch, &none(60), settings).unwrap();
        let harmonised = combat.apply(&x, &batch, &none(60)).unwrap();
        assert!(harmonised.iter().all(|v| v.is_finite()), "{settings:?}");
        assert!(ComBat::fit(&x, &batch, &age, settings).is_ok());
    }
}

#[test]
fn a_batch_of_one_row_is_shifted_alone() {
    let (x, mut batch, age) = simulated(60, 8);
    batch[59] = 11;
    for settings in FORMS {
        let combat = ComBat::fit(&x, &batch, &age, settings).unwrap();
        let mut moved = x.rows(58, 2).into_owned();
        let at = |moved: &DMatrix<f64>| {
            let ages = age.rows(58, 2).into_owned();
            combat.apply(moved, &[11, 11], &ages).unwrap()
        };
        let before = at(&moved);
        moved.add_scalar_mut(2.0);
        let after = at(&moved);
        // The scale is one: a step of two stays one of two.
        assert!((after - before).add_scalar(-2.0).amax() < 1e-9);
    }
}

#[test]
fn a_constant_covariate_changes_nothing() {
    let (x, batch, age) = simulated(60, 8);
    let mut with = age.clone().insert_column(0, 1.0);
    with = with.insert_column(2, 0.0);
    let plain = ComBat::fit(&x, &batch, &age, PLAIN).unwrap().apply(&x, &batch, &age).unwrap();
    let other = ComBat::fit(&x, &batch, &with, PLAIN).unwrap().apply(&x, &batch, &with).unwrap();
    assert_eq!(plain, other);
}

#[test]
fn what_cannot_be_told_apart_or_was_not_seen_is_refused() {
    let (x, batch, age) = simulated(60, 8);
    let fit = |x: &DMatrix<f64>, batch: &[usize], covariates: &DMatrix<f64>, settings| {
        ComBat::fit(x, batch, covariates, settings).map(|_| ())
    };
    let of_batch = DMatrix::from_fn(60, 1, |r, _| batch[r] as f64);
    assert_eq!(fit(&x, &batch, &of_batch, PLAIN), Err(ComBatFault::Confounded));
    let twice = DMatrix::from_fn(60, 2, |r, c| age[(r, 0)] * (c as f64 + 1.0));
    assert_eq!(fit(&x, &batch, &twice, PLAIN), Err(ComBatFault::Confounded));
    assert_eq!(fit(&x, &[1; 60], &age, PLAIN), Err(ComBatFault::OneBatch));
    assert_eq!(fit(&x, &batch[1..], &age, PLAIN), Err(ComBatFault::Shape));
    let few = fit(&x.rows(0, 4).into_owned(), &batch[..4], &age.rows(0, 4).into_owned(), PLAIN);
    assert_eq!(few, Err(ComBatFault::TooFew));
    assert_eq!(fit(&DMatrix::zeros(0, 8), &[], &none(0), PLAIN), Err(ComBatFault::OneBatch));
    for reference in [5, 11] {
        let mut batch = batch.clone();
        batch[0] = 11;
        let settings = Settings { reference: Some(reference), ..PLAIN };
        assert_eq!(fit(&x, &batch, &age, settings), Err(ComBatFault::Reference));
    }
    let mut hole = x.clone();
    hole[(3, 3)] = f64::NAN;
    assert_eq!(fit(&hole, &batch, &age, PLAIN), Err(ComBatFault::Missing));
    let combat = ComBat::fit(&x, &batch, &age, PLAIN).unwrap();
    assert_eq!(combat.batches(), [4, 7, 9]);
    let row = |at: usize, width: usize| DMatrix::from_element(at, width, 1.0);
    assert_eq!(combat.apply(&row(1, 8), &[5], &row(1, 1)), Err(ComBatFault::Unseen(5)));
    assert_eq!(combat.apply(&row(1, 7), &[4], &row(1, 1)), Err(ComBatFault::Shape));
    assert_eq!(combat.apply(&row(1, 8), &[4], &row(1, 2)), Err(ComBatFault::Shape));
    assert_eq!(combat.apply(&row(0, 8), &[], &row(0, 1)), Ok(row(0, 8)));
}
