//! Tests only: the restricted likelihood as it is defined, with the covariance of all values written out.

use nalgebra::{DMatrix, DVector};

use super::likelihood::Profile;
use super::table::Table;
use super::{VarianceComponents, one_way, two_way};
use crate::numeric::random::Random;
use crate::stats::mean_squares::MeanSquares;

type Rows = Vec<Vec<Option<f64>>>;

/// Minus twice the log of the restricted likelihood, without its constant (Harville 1977).
fn deviance(rows: &Rows, of: &VarianceComponents) -> f64 {
    let cells: Vec<(usize, usize, f64)> = rows
        .iter()
        .enumerate()
        .flat_map(|(i, row)| row.iter().enumerate().filter_map(move |(j, v)| Some((i, j, (*v)?))))
        .collect();
    let n = cells.len();
    let covariance = DMatrix::from_fn(n, n, |a, b| {
        let mut v = 0.0;
        if a == b {
            v += of.residual;
        }
        if cells[a].0 == cells[b].0 {
            v += of.subject;
        }
        if cells[a].1 == cells[b].1 {
            v += of.repeat.unwrap_or(0.0);
        }
        v
    });
    let y = DVector::from_iterator(n, cells.iter().map(|c| c.2));
    let ones = DVector::from_element(n, 1.0);
    let factor = covariance.cholesky().unwrap();
    let log_determinant = 2.0 * factor.l().diagonal().map(f64::ln).sum();
    let weights = factor.solve(&ones);
    let mean = weights.dot(&y) / weights.sum();
    let left = y - ones * mean;
    log_determinant + weights.sum().ln() + left.dot(&factor.solve(&left))
}

/// A table of a seed with holes in this share of cells.
fn rows(seed: u64, n: usize, k: usize, sd: [f64; 3], holes: f64) -> Rows {
    let mut random = Random::seeded(seed);
    let shifts: Vec<f64> = (0..k).map(|_| sd[1] * random.normal()).collect();
    (0..n)
        .map(|_| {
            let subject = 5.0 + sd[0] * random.normal();
            let cell = |shift: &f64| {
                let value = subject + shift + sd[2] * random.normal();
                (random.uniform() >= holes).then_some(value)
            };
            shifts.iter().map(cell).collect()
        })
        .collect()
}

#[test]
fn the_fast_likelihood_is_the_plain_one() {
    let rows = rows(3, 6, 4, [2.0, 1.0, 0.7], 0.25);
    let table = Table::of(&rows).unwrap();
    let profile = Profile::of(&table);
    let plain = |ratios: [f64; 2]| {
        let residual = profile.at(ratios).residual * table.unit * table.unit;
        let of = VarianceComponents {
            mean: 0.0,
            subject: ratios[0] * residual,
            repeat: Some(ratios[1] * residual),
            residual,
        };
        deviance(&rows, &of)
    };
    let offset = plain([1.0, 1.0]) - profile.at([1.0, 1.0]).deviance;
    for ratios in [[0.0, 0.0], [0.0, 2.0], [3.0, 0.0], [0.01, 50.0], [1e4, 1e-3], [8.0, 2.0]] {
        let at = profile.at(ratios);
        assert!((plain(ratios) - at.deviance - offset).abs() < 1e-8, "{ratios:?}");
        for i in 0..2 {
            let step = 1e-5 * (1.0 + ratios[i]);
            let mut beside = ratios;
            beside[i] += step;
            let above = profile.at(beside).deviance;
            beside[i] += step;
            let further = profile.at(beside).deviance;
            let slope = (4.0 * above - 3.0 * at.deviance - further) / (2.0 * step);
            assert!((slope - at.gradient[i]).abs() < 1e-4 * (1.0 + slope.abs()), "{ratios:?} {i}");
        }
    }
}

#[test]
fn no_neighbour_of_what_is_found_is_more_likely() {
    for seed in 0..12 {
        let sd = [[2.0, 1.0, 0.7], [0.1, 1.0, 1.0], [3.0, 0.05, 0.5], [0.05, 0.05, 1.0]][seed as usize % 4];
        let rows = rows(seed, 9, 4, sd, 0.2);
        for (found, name) in [(two_way(&rows).unwrap(), "two-way"), (one_way(&rows).unwrap(), "one-way")] {
            let best = deviance(&rows, &found);
            let largest = found.subject + found.repeat.unwrap_or(0.0) + found.residual;
            for by in [-0.3, -0.03, -0.002, 0.002, 0.03, 0.3] {
                let moved = |v: f64| (v + by * largest * 0.1).max(0.0);
                let mut others = vec![
                    VarianceComponents { subject: moved(found.subject), ..found },
                    VarianceComponents { residual: moved(found.residual).max(1e-3), ..found },
                ];
                if let Some(repeat) = found.repeat {
                    others.push(VarianceComponents { repeat: Some(moved(repeat)), ..found });
                    others.push(VarianceComponents {
                        repeat: Some(moved(repeat)),
                        subject: moved(found.subject),
                        ..found
                    });
                }
                for other in others {
                    assert!(
                        deviance(&rows, &other) >= best - 1e-9,
                        "{seed} {name} {by}: {other:?} beats {found:?}"
                    );
                }
            }
        }
    }
}

/// Of a complete table without negative variances the mean squares say it in closed form.
#[test]
fn complete_tables_give_the_mean_squares() {
    let mut compared = 0;
    for seed in 0..40 {
        for sd in [[2.0, 1.0, 0.7], [0.3, 0.02, 1.0], [1e4, 3.0, 1.0], [0.5, 40.0, 0.1]] {
            let (n, k) = (12, 3);
            let rows = rows(seed, n, k, sd, 0.0);
            let values: Vec<f64> = rows.iter().flatten().map(|v| v.unwrap()).collect();
            let of = MeanSquares::of(&values, k).unwrap();
            let (n, k) = (n as f64, k as f64);
            let close = |found: f64, expected: f64| (found - expected).abs() < 1e-7 * expected.abs();
            let [subject, repeat] = [(of.subjects - of.residual) / k, (of.repeats - of.residual) / n];
            let found = two_way(&rows).unwrap();
            if subject > 0.0 && repeat > 0.0 {
                compared += 1;
                assert!(
                    close(found.residual, of.residual),
                    "{seed} {sd:?}: {} {}",
                    found.residual,
                    of.residual
                );
                assert!(close(found.mean, of.mean), "{seed} {sd:?}: {} {}", found.mean, of.mean);
                assert!(close(found.subject, subject), "{seed} {sd:?}: {} {subject}", found.subject);
                let found = found.repeat.unwrap();
                assert!(close(found, repeat), "{seed} {sd:?}: {found} {repeat}");
            } else {
                assert!(found.subject == 0.0 || found.repeat == Some(0.0), "{seed} {sd:?}: {found:?}");
            }
            let found = one_way(&rows).unwrap();
            if of.subjects > of.within {
                assert!(close(found.residual, of.within), "{seed} {sd:?}");
                assert!(close(found.subject, (of.subjects - of.within) / k), "{seed} {sd:?}");
            } else {
                assert_eq!(found.subject, 0.0);
            }
        }
    }
    assert!(compared > 60, "{compared}");
}

#[test]
fn unit_and_offset_are_followed() {
    let of = |factor: f64, offset: f64| {
        let mut rows = rows(8, 15, 3, [2.0, 1.0, 0.7], 0.2);
        rows.iter_mut().flatten().flatten().for_each(|v| *v = *v * factor + offset);
        two_way(&rows).unwrap()
    };
    let (plain, moved) = (of(1.0, 0.0), of(1e-5, 1e2));
    for (a, b) in [
        (plain.subject, moved.subject),
        (plain.repeat.unwrap(), moved.repeat.unwrap()),
        (plain.residual, moved.residual),
    ] {
        assert!((b * 1e10 / a - 1.0).abs() < 1e-6, "{a} {b}");
    }
    assert!((moved.mean - 1e2 - plain.mean * 1e-5).abs() < 1e-12);
}

#[test]
fn what_cannot_be_split_is_not() {
    let row = |cells: &[f64]| cells.iter().copied().map(Some).collect::<Vec<_>>();
    let identical = vec![row(&[1.0, 1.0]), row(&[2.0, 2.0]), row(&[4.0, 4.0])];
    assert_eq!((one_way(&identical), two_way(&identical)), (None, None));
    let shifted = vec![row(&[1.0, 1.5]), row(&[2.0, 2.5]), row(&[4.0, 4.5])];
    assert!(one_way(&shifted).is_some());
    assert_eq!(two_way(&shifted), None, "subjects and repeats explain all");
    assert_eq!(two_way(&[row(&[1.0, 2.0])]), None, "one subject");
    assert_eq!(one_way(&[vec![Some(1.0), None], vec![None, Some(2.0)]]), None, "a value each");
    assert_eq!(two_way(&[row(&[3.0, 3.0]), row(&[3.0, 3.0])]), None, "constant");
    assert_eq!((one_way(&Rows::new()), one_way(&[vec![]])), (None, None));
    // A repeat that nobody has changes nothing.
    let (few, mut more) = (rows(1, 8, 3, [1.0, 1.0, 1.0], 0.1), rows(1, 8, 3, [1.0, 1.0, 1.0], 0.1));
    for row in &mut more {
        row.insert(1, None);
    }
    assert_eq!(two_way(&few), two_way(&more));
}
