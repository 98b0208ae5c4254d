//! What must hold of an assessment, whatever its numbers.

use super::assess::{Assessed, IntervalMethod, assess};
use super::rules::{Rules, ScaleRule};
use super::study::{Measurement, Series, Study};
use super::testing::{clustered, complete, group, key, series};
use crate::numeric::random::Random;
use crate::record::{IccForm, NoiseScale, Reason, Stability};

/// Regions whose true values spread by one, with noise of this size; lesions of a subject have a share of both in
/// common.
fn rows(n: usize, k: usize, lesions: usize, noise: f64) -> Vec<Vec<f64>> {
    let mut random = Random::seeded(7);
    let (mut subject, mut slips) = (0.0, vec![0.0; k]);
    let mut row = |i: usize| {
        if i.is_multiple_of(lesions) {
            subject = 10.0 + random.normal();
            slips.fill_with(|| noise * random.normal());
        }
        let truth = subject + if lesions > 1 { 0.2 * random.normal() } else { 0.0 };
        slips.iter().map(|slip| truth + slip + 0.2 * noise * random.normal()).collect()
    };
    (0..n).map(&mut row).collect()
}

fn interval(assessed: &Assessed, form: IccForm) -> (f64, f64) {
    assessed.agreement.as_ref().unwrap().raw.icc(form).unwrap().interval.unwrap()
}

fn on_values() -> Rules {
    Rules { scale: ScaleRule::Always(NoiseScale::Raw), ..Rules::default() }
}

#[test]
fn lesions_of_one_subject_are_worth_less_than_those_of_many() {
    let rows = rows(40, 2, 4, 0.3);
    let (naive, found) = (assess(&complete(&rows), &on_values()), assess(&clustered(&rows, 4), &on_values()));
    assert_eq!((naive.n, naive.n_subjects, found.n, found.n_subjects), (40, 40, 40, 10));
    let methods = [&naive, &found].map(|a| a.agreement.as_ref().unwrap().raw.interval_by);
    assert_eq!(methods, [IntervalMethod::Exact, IntervalMethod::BootstrapOfSubjects]);
    for (form, factor) in
        [(IccForm::OneWaySingle, 1.2), (IccForm::AgreementSingle, 1.0), (IccForm::ConsistencySingle, 1.2)]
    {
        let (of_rows, of_subjects) = (interval(&naive, form), interval(&found, form));
        let width = |(lower, upper): (f64, f64)| upper - lower;
        assert!(width(of_subjects) >= factor * width(of_rows), "{form} {of_rows:?} {of_subjects:?}");
    }
    let limits = [&naive, &found].map(|a| a.agreement.as_ref().unwrap().raw.repeatability);
    assert_eq!(limits[0].rc, limits[1].rc);
    let (of_rows, of_subjects) = (limits[0].rc_interval, limits[1].rc_interval);
    assert!(of_subjects.0 < of_rows.0 && of_subjects.1 >= of_rows.1, "{of_rows:?} {of_subjects:?}");
}

#[test]
fn a_seed_gives_one_interval() {
    let series = clustered(&rows(24, 2, 2, 0.3), 2);
    let with = |seed| assess(&series, &Rules { seed, ..on_values() });
    assert_eq!(with(3), with(3));
    assert_ne!(interval(&with(3), IccForm::AgreementSingle), interval(&with(4), IccForm::AgreementSingle));
}

#[test]
fn five_lesions_of_four_subjects_are_too_few() {
    let mut few = clustered(&rows(8, 2, 2, 0.3), 2);
    assert_eq!(assess(&few, &on_values()).agreement, Err(Reason::Insufficient));
    few.rows[0].subject = "another".into();
    assert_eq!(assess(&few, &on_values()).reason(), None);
}

#[test]
fn what_does_not_vary_has_no_verdict() {
    let of = |rows: &[Vec<f64>]| {
        let assessed = assess(&complete(rows), &Rules::default());
        (assessed.verdict, assessed.reason())
    };
    let equal: Vec<Vec<f64>> = (0..6).map(|i| vec![f64::from(i); 3]).collect();
    assert_eq!(of(&equal), (Stability::Undefined, Some(Reason::Identical)));
    assert_eq!(of(&vec![vec![3.5, 3.5]; 6]), (Stability::Undefined, Some(Reason::Constant)));
    assert_eq!(of(&vec![vec![3.5, 3.5]; 4]), (Stability::Undefined, Some(Reason::Insufficient)));
    assert_eq!(of(&[]), (Stability::Undefined, Some(Reason::Insufficient)));
}

#[test]
fn repeats_that_differ_more_than_subjects_are_unstable_with_a_negative_correlation() {
    let rows: Vec<Vec<f64>> =
        (0..8).map(|i| if i % 2 == 0 { vec![-1.0, 1.1] } else { vec![1.2, -1.0] }).collect();
    let assessed = assess(&complete(&rows), &Rules::default());
    let icc = *assessed.agreement.as_ref().unwrap().chosen().icc(assessed.form).unwrap();
    assert!(icc.estimate < -0.5 && assessed.verdict == Stability::Unstable, "{icc:?}");
}

#[test]
fn an_offset_and_a_unit_leave_the_correlation() {
    let rows = rows(20, 2, 1, 0.3);
    let of = |f: &dyn Fn(f64) -> f64| {
        let rows: Vec<Vec<f64>> = rows.iter().map(|row| row.iter().map(|v| f(*v)).collect()).collect();
        assess(&complete(&rows), &on_values()).agreement.unwrap().raw
    };
    let plain = of(&|v| v);
    for (name, changed, unit) in [("offset", of(&|v| v + 1e6), 1.0), ("tiny", of(&|v| v * 1e-5), 1e-5)] {
        for (a, b) in plain.iccs.iter().zip(changed.iccs) {
            let (a, b) = (a.unwrap(), b.unwrap());
            assert!((a.estimate - b.estimate).abs() < 1e-8, "{name} {a:?} {b:?}");
            assert!((a.interval.unwrap().0 - b.interval.unwrap().0).abs() < 1e-8, "{name}");
        }
        let rc = changed.repeatability.rc / unit;
        assert!((rc / plain.repeatability.rc - 1.0).abs() < 1e-7, "{name} {rc}");
    }
}

fn measurements(rows: &[Vec<f64>], order: &[usize]) -> Vec<Measurement> {
    let mut all = Vec::new();
    for (i, row) in rows.iter().enumerate() {
        for (repeat, j) in order.iter().enumerate() {
            all.push(Measurement {
                subject: format!("S{i}"),
                roi: "lesion".into(),
                repeat: repeat.to_string(),
                group: group(),
                key: key("stat_mean"),
                unit: String::new(),
                value: Some(row[*j]),
            });
        }
    }
    all
}

fn only(measurements: Vec<Measurement>) -> Series {
    Study::of(measurements).unwrap().series.remove(0)
}

#[test]
fn the_order_of_rows_changes_nothing() {
    let in_order = measurements(&rows(15, 2, 1, 0.3), &[0, 1]);
    let mut shuffled = in_order.clone();
    Random::seeded(2).shuffle(&mut shuffled);
    assert_ne!(in_order, shuffled);
    let of = |measurements| assess(&only(measurements), &Rules::default());
    assert_eq!(of(in_order), of(shuffled));
}

#[test]
fn repeats_that_change_places_negate_the_bias_alone() {
    let rows = rows(15, 2, 1, 0.3);
    let of = |order: &[usize]| assess(&only(measurements(&rows, order)), &Rules::default());
    let (one, other) = (of(&[0, 1]), of(&[1, 0]));
    let (a, b) = (one.agreement.as_ref().unwrap(), other.agreement.as_ref().unwrap());
    assert_eq!(one.verdict, other.verdict);
    assert_eq!(a.scale, b.scale);
    let (x, y) = (a.raw.bland_altman.unwrap(), b.raw.bland_altman.unwrap());
    assert!(x.bias.abs() > 1e-3 && (x.bias + y.bias).abs() < 1e-12);
    assert!((x.limits.lower + y.limits.upper).abs() < 1e-12);
    for (p, q) in a.raw.iccs.iter().zip(b.raw.iccs) {
        assert!((p.unwrap().estimate - q.unwrap().estimate).abs() < 1e-12);
    }
    assert!(
        a.raw.pairs.iter().zip(&b.raw.pairs).all(|(p, q)| p.mean == q.mean && p.difference == -q.difference)
    );
}

/// Three repeats of rows with every fifth cell missing.
fn with_holes(n: usize) -> Series {
    let cells: Vec<Vec<Option<f64>>> = rows(n, 3, 1, 0.3)
        .iter()
        .enumerate()
        .map(|(i, row)| row.iter().enumerate().map(|(j, v)| ((3 * i + j) % 5 != 4).then_some(*v)).collect())
        .collect();
    let names: Vec<String> = (0..n).map(|i| format!("S{i}")).collect();
    let rows: Vec<(&str, &[Option<f64>])> =
        names.iter().zip(&cells).map(|(name, row)| (name.as_str(), row.as_slice())).collect();
    series(&rows)
}

#[test]
fn a_table_with_holes_has_correlations_with_intervals_by_bootstrap() {
    let assessed = assess(&with_holes(20), &Rules { resamples: 200, ..on_values() });
    assert_eq!((assessed.n, assessed.dropped, assessed.k), (20, 0, 3));
    let raw = &assessed.agreement.as_ref().unwrap().raw;
    assert_eq!(
        (raw.interval_by, raw.ccc, raw.bland_altman),
        (IntervalMethod::BootstrapOfSubjects, None, None)
    );
    for form in IccForm::ALL {
        let icc = raw.icc(*form).unwrap();
        let (lower, upper) = icc.interval.unwrap();
        assert!(lower < icc.estimate && icc.estimate < upper && icc.p < 1e-6, "{form} {icc:?}");
    }
    // 48 values of 20 regions; chi squared as without holes.
    assert_eq!(raw.repeatability.df, 28.0);
    assert!(raw.components.unwrap().repeat.is_some());
}

#[test]
fn components_of_a_full_table_of_three_repeats_are_reported() {
    let raw = assess(&complete(&rows(20, 3, 1, 0.3)), &on_values()).agreement.unwrap().raw;
    assert_eq!((raw.interval_by, raw.pairs.len()), (IntervalMethod::Exact, 0));
    let components = raw.components.unwrap();
    let agreement =
        components.subject / (components.subject + components.repeat.unwrap() + components.residual);
    assert!((agreement - raw.icc(IccForm::AgreementSingle).unwrap().estimate).abs() < 0.02);
}
