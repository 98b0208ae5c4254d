//! The room against the 200 deltas of the shared reference (plain formulas, scipy, statsmodels).

use std::path::PathBuf;

use delta_table::Sheet;

use super::contour::LesionContour;
use super::definition::{Change, Ratios, change, per_day};
use super::gate::judge::{GateRule, expected_share_beyond};
use super::gate::{Gate, GateEntry, GateSettings};
use super::multiplicity::adjust_for_multiplicity;
use super::summary::share_beyond_limit;
use super::testing::{delta_row, gate, key};
use super::trajectory::{FollowupDay, Trajectories, trajectories};
use crate::record::{MaskSource, NoiseScale, Outcome, RoiRole};
use crate::stats::repeatability::{repeatability_coefficient, wsd_upper};

/// The folder of the reference deltas, where it is there.
fn reference() -> Option<PathBuf> {
    crate::reference::folder().map(|folder| folder.join("reference/stats/deltas"))
}

fn agrees(name: &str, row: usize, ours: Option<f64>, expected: Option<f64>) {
    match (ours, expected) {
        (None, None) => {}
        (Some(a), Some(b)) => assert!((a - b).abs() <= 1e-12 * b.abs(), "{name}, row {row}: {a} is not {b}"),
        _ => panic!("{name}, row {row}: {ours:?} is not {expected:?}"),
    }
}

#[test]
fn deltas_limits_p_q_and_verdicts_are_those_of_the_reference() {
    let Some(folder) = reference() else { return };
    let input = Sheet::read_csv(&folder.join("deltas_input.csv")).unwrap();
    let expected = Sheet::read_csv(&folder.join("deltas_expected.csv")).unwrap();
    let given = |name: &str| -> Vec<f64> {
        input.numbers(name).unwrap().into_iter().map(|v| v.expect("the input is complete")).collect()
    };
    let (f0, f1, days) = (given("baseline"), given("followup"), given("days"));
    let (wsd, df, icc, icc_lower) = (given("wsd"), given("df"), given("icc"), given("icc_lower"));
    let scales = input.text("noise_scale").unwrap();
    let wanted = |name: &str| expected.numbers(name).unwrap();
    let verdicts = expected.text("verdict").unwrap();
    assert_eq!((input.rows(), expected.rows()), (200, 200));

    let mut rows = Vec::new();
    for i in 0..input.rows() {
        let scale = NoiseScale::from_word(scales[i].as_deref().unwrap()).unwrap();
        let change = change(Outcome::Value(f0[i]), Outcome::Value(f1[i]), Ratios::Meaningful);
        agrees("absolute", i, change.absolute.value(), wanted("absolute")[i]);
        agrees("relative", i, change.relative.value(), wanted("relative")[i]);
        agrees("log_ratio", i, change.log_ratio.value(), wanted("log_ratio")[i]);
        let per_day = |outcome| per_day(outcome, Some(days[i]));
        agrees("absolute_per_day", i, per_day(change.absolute), wanted("absolute_per_day")[i]);
        agrees("log_ratio_per_day", i, per_day(change.log_ratio), wanted("log_ratio_per_day")[i]);
        let (rc, rc_upper) =
            (repeatability_coefficient(wsd[i]), repeatability_coefficient(wsd_upper(wsd[i], df[i])));
        agrees("rc", i, Some(rc), wanted("rc")[i]);
        agrees("rc_upper", i, Some(rc_upper), wanted("rc_upper")[i]);

        let (icc, icc_lower) = (Some(icc[i]), Some(icc_lower[i]));
        let entry = |base: GateEntry| GateEntry {
            stable: None,
            icc,
            icc_lower,
            scale,
            wsd: wsd[i],
            df: df[i],
            rc,
            rc_upper,
            ..base
        };
        rows.push(judged(&change, entry));
        agrees("p", i, rows[i].p, wanted("p")[i]);
        assert_eq!(Some(rows[i].verdict.word()), verdicts[i].as_deref(), "row {i}");
    }
    adjust_for_multiplicity(&mut rows, LesionContour::Followed);
    for (i, row) in rows.iter().enumerate() {
        agrees("q", i, row.q, wanted("q_bh")[i]);
    }
    assert!(rows.iter().filter(|row| row.q.is_some()).count() > 50);
}

/// A row as a gate with this entry judges it.
fn judged(change: &Change, entry: impl Fn(GateEntry) -> GateEntry) -> crate::record::DeltaRow {
    let mut gate: Gate = gate();
    for old in gate.features.values_mut() {
        *old = entry(*old);
    }
    let rule = GateRule { gate: &gate, settings: GateSettings::default() };
    let judgement = rule.judge(change, RoiRole::Lesion, "lesion", MaskSource::Drawn, &key("stat_var"));
    let mut row = delta_row("lesion", RoiRole::Lesion, MaskSource::Drawn, "stat_var");
    row.verdict = judgement.verdict;
    row.p = judgement.noise.and_then(|noise| noise.p);
    row
}

#[test]
fn the_share_that_chance_puts_beyond_the_limit_is_that_of_the_reference() {
    let Some(folder) = reference() else { return };
    let text = std::fs::read_to_string(folder.join("chance.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let shares = json["expected_by_chance_share"].as_object().unwrap();
    assert!(shares.len() >= 4);
    for (df, expected) in shares {
        let (df, expected): (f64, f64) = (df.parse().unwrap(), expected.as_f64().unwrap());
        let share = expected_share_beyond(df).unwrap();
        assert!((share - expected).abs() < 1e-10, "df {df}: {share}");
        // The share that a row of a run is told with, whatever its wSD, where RC itself is the limit.
        let mut row = delta_row("lesion", RoiRole::Lesion, MaskSource::Drawn, "stat_var");
        let (limit, upper) = (repeatability_coefficient(0.3), repeatability_coefficient(wsd_upper(0.3, df)));
        (row.noise_df, row.noise_limit, row.noise_limit_upper) = (Some(df), Some(limit), Some(upper));
        let told = share_beyond_limit(&row).unwrap();
        assert!((told - expected).abs() < 1e-10, "df {df}: {told}");
        row.noise_limit = Some(upper);
        assert!(share_beyond_limit(&row).unwrap() < expected);
    }
}

#[test]
fn trajectories_of_a_run_are_those_of_the_reference() {
    let Some(folder) = reference() else { return };
    let input = Sheet::read_csv(&folder.join("trajectories_input.csv")).unwrap();
    let column = |name: &str| -> Vec<f64> {
        input.numbers(name).unwrap().into_iter().map(|v| v.expect("the input is complete")).collect()
    };
    let (cases, days, values) = (column("case"), column("day"), column("value"));
    let text = std::fs::read_to_string(folder.join("trajectories_expected.json")).unwrap();
    let expected: serde_json::Value = serde_json::from_str(&text).unwrap();
    for (case, wanted) in expected.as_object().unwrap() {
        let number: f64 = case.parse().unwrap();
        let of_case: Vec<usize> = (0..cases.len()).filter(|&i| cases[i] == number).collect();
        let names: Vec<String> = (0..of_case.len()).map(|n| format!("t{n}")).collect();
        let baseline = of_case[0];
        let later = || of_case.iter().zip(&names).skip(1);
        let rows: Vec<_> = later()
            .map(|(&i, name)| {
                let mut row = delta_row("lesion", RoiRole::Lesion, MaskSource::Drawn, "stat_var");
                (row.followup_visit, row.baseline) = (name.clone(), Some(values[baseline]));
                row.followup = Some(values[i]);
                row.absolute = Outcome::Value(values[i] - values[baseline]);
                row
            })
            .collect();
        let visits: Vec<FollowupDay> = later()
            .map(|(&i, name)| FollowupDay { visit: name, interval_days: Some(days[i] - days[baseline]) })
            .collect();
        let Trajectories::Rows(rows) = trajectories(&rows, LesionContour::Followed, &visits) else {
            panic!("case {case} has no trajectory")
        };
        let figures = [
            ("ols_slope", rows[0].ols_slope_per_day.value()),
            ("ols_slope_se", rows[0].ols_slope_se),
            ("theil_sen_slope", rows[0].theil_sen_slope_per_day),
            ("auc_above_baseline", rows[0].auc_above_baseline),
        ];
        for (name, ours) in figures {
            let (ours, theirs) = (ours.unwrap(), wanted[name].as_f64().unwrap());
            assert!((ours - theirs).abs() <= 1e-10 * theirs.abs(), "{name}, case {case}: {ours} {theirs}");
        }
    }
}
