//! Tests only: assessments against expected values made with other programs, from measurements to verdicts.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::assess::{Agreement, Assessed, OnScale, assess};
use super::rules::{Rules, ScaleRule};
use super::study::{Measurement, Study};
use super::testing::{group, key};
use crate::record::{IccBound, IccForm, NoiseScale, Stability};
use crate::reference;
use crate::stats::icc::Icc;

fn folder() -> Option<PathBuf> {
    reference::folder().map(|folder| folder.join("reference/stats"))
}

fn json(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// The lines of a table, each by its columns' names.
fn lines(path: &Path) -> Vec<BTreeMap<String, String>> {
    let text = std::fs::read_to_string(path).unwrap();
    let header: Vec<&str> = text.lines().next().unwrap().split(',').collect();
    let named =
        |line: &str| header.iter().map(|h| (*h).into()).zip(line.split(',').map(str::to_owned)).collect();
    text.lines().skip(1).map(named).collect()
}

fn measured(subject: &str, repeat: &str, feature: &str, value: &str) -> Measurement {
    Measurement {
        subject: subject.into(),
        roi: "lesion".into(),
        repeat: repeat.into(),
        group: group(),
        key: key(feature),
        unit: String::new(),
        value: value.parse().ok(),
    }
}

/// Assessments by feature of a wide table: `subject, repeat, <feature>...`.
fn wide(path: &Path, rules: &Rules) -> BTreeMap<String, Assessed> {
    let mut measurements = Vec::new();
    for line in lines(path) {
        for (feature, value) in
            line.iter().filter(|(name, _)| !["subject", "repeat"].contains(&name.as_str()))
        {
            measurements.push(measured(&line["subject"], &line["repeat"], feature, value));
        }
    }
    of(measurements, rules)
}

/// Assessments by case of a long table: `case, subject, repeat, value`.
fn long(path: &Path, rules: &Rules) -> BTreeMap<String, Assessed> {
    let cell = |line: &BTreeMap<String, String>| {
        measured(&line["subject"], &line["repeat"], &line["case"], &line["value"])
    };
    of(lines(path).iter().map(cell).collect(), rules)
}

fn of(measurements: Vec<Measurement>, rules: &Rules) -> BTreeMap<String, Assessed> {
    let study = Study::of(measurements).unwrap();
    study.series.iter().map(|series| (series.key.feature.clone(), assess(series, rules))).collect()
}

/// Collects what disagrees, so that all of it is seen at once.
#[derive(Default)]
struct Compared {
    count: usize,
    wrong: Vec<String>,
}

impl Compared {
    fn number(&mut self, name: &str, found: Option<f64>, expected: f64, tolerance: f64) {
        self.count += 1;
        if found.is_none_or(|found| (found - expected).abs() > tolerance * expected.abs()) {
            self.wrong.push(format!("{name}: {found:?}, expected {expected}"));
        }
    }
    fn word(&mut self, name: &str, found: &str, expected: &str) {
        self.count += 1;
        if found != expected {
            self.wrong.push(format!("{name}: {found}, expected {expected}"));
        }
    }
    fn holds(&self, at_least: usize) {
        assert!(self.wrong.is_empty(), "{} of {}\n{}", self.wrong.len(), self.count, self.wrong.join("\n"));
        assert!(self.count >= at_least, "{}", self.count);
    }
}

#[test]
fn gate_features_have_the_words_and_numbers_of_other_programs() {
    let Some(folder) = folder() else { return };
    let found = wide(&folder.join("agreement/gate_features_input.csv"), &Rules::default());
    let mut compared = Compared::default();
    for line in lines(&folder.join("agreement/gate_features_expected.csv")) {
        let feature = &line["feature"];
        let assessed = &found[feature];
        compared.word(feature, &assessed.n.to_string(), &line["n"]);
        compared.word(feature, assessed.reason().map_or("ok", |reason| reason.word()), &line["status"]);
        compared.word(feature, assessed.verdict.word(), &line["verdict"]);
        let Ok(agreement) = &assessed.agreement else { continue };
        compared.word(feature, agreement.scale.word(), &line["scale"]);
        let profile = agreement.profile.unwrap();
        let chosen = agreement.chosen();
        let icc = chosen.icc(assessed.form).unwrap();
        for (name, value) in [
            ("tau_raw", profile.tau_raw),
            ("p_raw", profile.p_raw),
            ("tau_log", profile.tau_log),
            ("p_log", profile.p_log),
            ("icc", Some(icc.estimate)),
            ("icc_lower", icc.interval.map(|interval| interval.0)),
            ("wsd", Some(chosen.repeatability.wsd)),
            ("df", Some(chosen.repeatability.df)),
            ("rc", Some(chosen.repeatability.rc)),
            ("rc_upper", Some(chosen.repeatability.rc_interval.1)),
        ] {
            match line[name].parse() {
                Ok(expected) => compared.number(&format!("{feature} {name}"), value, expected, 1e-8),
                Err(_) => compared.word(&format!("{feature} {name}"), &format!("{value:?}"), "None"),
            }
        }
    }
    assert_eq!(found.len(), 36);
    compared.holds(36 * 3 + 33 * 11);
}

#[test]
fn agreement_of_every_case_is_that_of_other_programs() {
    let Some(folder) = folder() else { return };
    let found = long(&folder.join("agreement/agreement_input.csv"), &Rules::default());
    let expected = json(&folder.join("agreement/agreement_expected.json"));
    let mut compared = Compared::default();
    for (case, assessed) in &found {
        // Near 1e6 the expected values themselves hold ten digits.
        let tolerance = if case.ends_with("_offset") { 1e-6 } else { 1e-8 };
        let agreement = assessed.agreement.as_ref().unwrap();
        for form in IccForm::ALL {
            let (found, row) = (agreement.raw.icc(*form).unwrap(), &expected[case]["icc"][form.word()]);
            for (name, value) in figures(found) {
                if let Some(expected) = row[name].as_f64() {
                    compared.number(&format!("{case} {form} {name}"), value, expected, tolerance);
                }
            }
        }
        let Some(row) = expected[case]["agreement"].as_object() else { continue };
        assert_eq!(assessed.n as u64, row["n"].as_u64().unwrap());
        for (name, value) in pairwise(agreement) {
            if let Some(expected) = row[name].as_f64() {
                // exp(x) - 1 of x near 1e-13, as the expected values were computed, holds three digits.
                let tolerance =
                    if name == "wcv_log" { tolerance.max(1e-15 / (expected * expected)) } else { tolerance };
                compared.number(&format!("{case} {name}"), value, expected, tolerance);
            }
        }
    }
    assert_eq!(found.len(), 22);
    compared.holds(21 * 6 * 7 + 11 * 19);
}

fn figures(icc: &Icc) -> [(&'static str, Option<f64>); 7] {
    [
        ("icc", Some(icc.estimate)),
        ("lower", icc.interval.map(|i| i.0)),
        ("upper", icc.interval.map(|i| i.1)),
        ("f", Some(icc.f)),
        ("df1", Some(icc.df1)),
        ("df2", Some(icc.df2)),
        ("p", Some(icc.p)),
    ]
}

fn pairwise(agreement: &Agreement) -> Vec<(&'static str, Option<f64>)> {
    let OnScale { bland_altman, repeatability, ccc, rc_percent, .. } = &agreement.raw;
    let limits = bland_altman.unwrap();
    vec![
        ("bias", Some(limits.bias)),
        ("bias_lower", Some(limits.bias_interval.lower)),
        ("bias_upper", Some(limits.bias_interval.upper)),
        ("sd_diff", Some(limits.sd)),
        ("loa_lower", Some(limits.limits.lower)),
        ("loa_upper", Some(limits.limits.upper)),
        ("loa_se_approx", Some(limits.limit_se)),
        ("wsd", Some(repeatability.wsd)),
        ("wsd_df", Some(repeatability.df)),
        ("wsd_lower", Some(repeatability.wsd_interval.0)),
        ("wsd_upper", Some(repeatability.wsd_interval.1)),
        ("rc", Some(repeatability.rc)),
        ("rc_lower", Some(repeatability.rc_interval.0)),
        ("rc_upper", Some(repeatability.rc_interval.1)),
        ("rc_percent", *rc_percent),
        ("sem", Some(repeatability.wsd)),
        ("mdc", Some(repeatability.rc)),
        ("wcv_log", agreement.log.as_ref().and_then(|log| log.wcv)),
        ("ccc", *ccc),
    ]
}

#[test]
fn two_published_studies_give_their_published_numbers() {
    let Some(folder) = folder() else { return };
    let found = long(&folder.join("agreement/agreement_input.csv"), &Rules::default());
    // Shrout & Fleiss 1979.
    let raters = &found["shrout_fleiss_1979"].agreement.as_ref().unwrap().raw;
    for (form, published) in IccForm::ALL.iter().zip([0.166, 0.290, 0.715, 0.443, 0.620, 0.909]) {
        assert!((raters.icc(*form).unwrap().estimate - published).abs() < 5e-4, "{form}");
    }
    // Bland & Altman 1986, peak expiratory flow.
    let flow = found["pefr_1986_mini_minus_wright"].agreement.as_ref().unwrap().raw.bland_altman.unwrap();
    for (value, published) in [(flow.bias, 2.118), (flow.limits.lower, -73.861), (flow.limits.upper, 78.096)]
    {
        assert!((value - published).abs() < 5e-4, "{value}");
    }
}

#[test]
fn the_prostate_study_has_its_correlations_and_its_counts() {
    let Some(folder) = folder() else { return };
    let folder = folder.join("qin_prostate");
    let raw = Rules { scale: ScaleRule::Always(NoiseScale::Raw), ..Rules::default() };
    let mut compared = Compared::default();
    for (masks, on_raw, by_rule) in [("drawn", (23, 0), (26, 1)), ("carried", (22, 13), (23, 13))] {
        let table = folder.join(format!("{masks}.csv"));
        let found = wide(&table, &raw);
        for line in lines(&folder.join(format!("{masks}_expected.csv"))) {
            let icc = found[&line["feature"]].agreement.as_ref().unwrap().raw.icc(IccForm::AgreementSingle);
            for (name, value) in [
                ("icc_a1", icc.map(|icc| icc.estimate)),
                ("icc_a1_lower", icc.and_then(|icc| icc.interval).map(|i| i.0)),
            ] {
                // The file holds twelve decimals.
                let expected: f64 = line[name].parse().unwrap();
                let tolerance = 1e-8 + 1e-12 / expected.abs();
                compared.number(&format!("{masks} {} {name}", line["feature"]), value, expected, tolerance);
            }
        }
        let stable = |rules: &Rules, bound| {
            let found = wide(&table, &Rules { icc_bound: bound, ..*rules });
            found.values().filter(|assessed| assessed.verdict == Stability::Stable).count()
        };
        let counts = |rules| (stable(rules, IccBound::Point), stable(rules, IccBound::Lower));
        assert_eq!(counts(&raw), on_raw, "{masks}, raw");
        assert_eq!(counts(&Rules::default()), by_rule, "{masks}, by the rule");
    }
    compared.holds(2 * 2 * 83);
}

#[test]
fn tables_with_holes_have_the_components_of_other_programs() {
    let Some(folder) = folder() else { return };
    // Few resamples: the estimates are compared, not their intervals.
    let rules = Rules { resamples: 10, ..Rules::default() };
    let mut compared = Compared::default();
    let tables = [
        ("variance_components", vec![("icc", IccForm::OneWaySingle)]),
        ("mixed_two_way", vec![("icc_a1", IccForm::AgreementSingle), ("icc_c1", IccForm::ConsistencySingle)]),
    ];
    for (table, forms) in tables {
        let found = long(&folder.join(format!("agreement/{table}_input.csv")), &rules);
        let expected = json(&folder.join(format!("agreement/{table}_expected.json")));
        for (case, assessed) in found {
            let (on, row) = (&assessed.agreement.as_ref().unwrap().raw, &expected[&case]);
            for (name, form) in &forms {
                let estimate = on.icc(*form).map(|icc| icc.estimate);
                compared.number(
                    &format!("{table} {case} {name}"),
                    estimate,
                    row[name].as_f64().unwrap(),
                    1e-4,
                );
            }
            if let Some(components) = on.components.filter(|_| table == "mixed_two_way") {
                for (name, value) in [
                    ("mean", Some(components.mean)),
                    ("var_subject", Some(components.subject)),
                    ("var_repeat", components.repeat),
                    ("var_residual", Some(components.residual)),
                ] {
                    compared.number(
                        &format!("{table} {case} {name}"),
                        value,
                        row[name].as_f64().unwrap(),
                        1e-4,
                    );
                }
            }
        }
    }
    compared.holds(3 + 3 * 2 + 3 * 4);
}
