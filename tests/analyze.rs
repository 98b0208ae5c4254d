//! `delta cohort analyze` and `delta cohort apply` from tables to files, and what they refuse.

#![allow(clippy::unwrap_used, reason = "a test that cannot write its own data has to fail")]

mod common;
#[path = "support/patient.rs"]
mod patient;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use common::{contents, expect, names, reference, rows};
use delta_radiomics::numeric::random::Random;
use patient::{CT, body, grid, put, put_drawn};

/// Small settings: what is tested is not the figures.
const QUICK: [&str; 10] =
    ["--folds", "3", "--inner-folds", "3", "--repeats", "1", "--permutations", "4", "--resamples", "4"];

/// A cohort whose response follows `signal:log_ratio`: tables of two visits, and outcomes of patients with a covariate,
/// a site and days.
fn put_cohort(here: &Path, patients: usize) {
    let mut random = Random::seeded(7);
    let head = "subject,original_shape_MeshVolume,diagnostics_Versions_Numpy,signal,noise,signed\n";
    let (mut before, mut after) = (String::from(head), String::from(head));
    let mut outcomes = String::from("subject,known_day,followup_day,response,time_days,event,age,sex,site\n");
    for n in 0..patients {
        let responds = n % 2 == 0;
        let shift = if responds { 0.8 } else { 0.0 };
        let mut row = |shift: f64| {
            let values = [
                1000.0 * (1.0 + random.uniform()),
                10.0 * (shift + 0.1 * random.normal()).exp(),
                5.0 + random.uniform(),
                random.normal(),
            ];
            format!("P{n:02},{},x,{},{},{}\n", values[0], values[1], values[2], values[3])
        };
        before.push_str(&row(0.0));
        after.push_str(&row(shift));
        let days = 100.0 + 400.0 * random.uniform() + if responds { 300.0 } else { 0.0 };
        let (sex, site) =
            (if random.uniform() < 0.5 { "f" } else { "m" }, if n % 3 == 0 { "A" } else { "B" });
        let age = 50.0 + (20.0 * random.uniform()).round();
        writeln!(
            outcomes,
            "P{n:02},120,60,{},{days:.0},{},{age},{sex},{site}",
            u8::from(responds),
            u8::from(n % 5 != 0)
        )
        .unwrap();
    }
    for (name, text) in [("t0.csv", before), ("t1.csv", after), ("outcomes.csv", outcomes)] {
        std::fs::write(here.join(name), text).unwrap();
    }
}

/// The words of a command on tables of two visits.
fn of_visits<'a>(command: &[&'a str], [before, after]: [&'a str; 2], more: &[&'a str]) -> Vec<&'a str> {
    let tables = ["--baseline-features", before, "--followup-features", after, "--key", "subject"];
    [&["cohort"], command, &tables, more].concat()
}

/// The words of an analysis of the two tables.
fn two_tables<'a>(outcomes: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    of_visits(&["analyze"], ["t0.csv", "t1.csv"], &[&["--outcomes", outcomes], &QUICK[..], more].concat())
}

fn json(path: &Path) -> serde_json::Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// What the program cries where it refuses.
fn refused(here: &Path, words: &[&str]) -> String {
    String::from_utf8(expect(here, words, 3).stderr).unwrap()
}

#[test]
fn two_tables_become_a_report_with_every_file_and_the_same_bytes_again() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    put_cohort(here, 24);
    let said =
        expect(here, &two_tables("outcomes.csv", &["--subgroup", "sex", "--out", "one", "-j", "2"]), 0);
    let said = String::from_utf8(said.stdout).unwrap();
    assert!(said.contains("one/report.html") && said.contains("Next:"), "{said}");
    let files = [
        "flow.json",
        "folds.csv",
        "folds.parquet",
        "metrics.json",
        "model.json",
        "predictions.csv",
        "predictions.parquet",
        "report.html",
        "univariate.csv",
        "univariate.parquet",
    ];
    assert_eq!(names(&here.join("one")), files);
    let metrics = json(&here.join("one/metrics.json"));
    let design = &metrics["design"];
    assert_eq!((&design["units"], &design["events"]), (&24.into(), &12.into()));
    assert_eq!(json(&here.join("one/model.json"))["delta_scale"], "auto");
    assert_eq!(metrics["flow"][0]["step"], "rows of both tables");
    assert_eq!(metrics["table_one"]["rows"][0]["name"], "age");
    let visits = &metrics["courses"][0]["visits"];
    assert!(visits[1]["volume_percent"].is_number() && visits[1]["diameter_percent"].is_null());
    assert_eq!(metrics["models"].as_array().unwrap().len(), 7);
    let features: Vec<String> =
        rows(&here.join("one/univariate.csv")).into_iter().map(|row| row["feature"].clone()).collect();
    for name in ["volume_change", "age", "signal", "signal:log_ratio", "signed:absolute"] {
        assert!(features.iter().any(|feature| feature == name), "{name}: {features:?}");
    }
    assert!(!features.iter().any(|feature| feature.contains("diagnostics")));
    assert!(
        features.iter().any(|feature| feature == "sex=m")
            || features.iter().any(|feature| feature == "sex=f")
    );
    // Other threads, and the folds of the first: the same bytes.
    expect(here, &two_tables("outcomes.csv", &["--subgroup", "sex", "--out", "two", "-j", "1"]), 0);
    assert!(contents(&here.join("one")) == contents(&here.join("two")));
    let quick =
        ["--outcomes", "outcomes.csv", "--inner-folds", "3", "--permutations", "4", "--resamples", "4"];
    let more = ["--subgroup", "sex", "--folds-from", "one/folds.csv", "--out", "three"];
    let from = of_visits(&["analyze"], ["t0.csv", "t1.csv"], &[&quick[..], &more].concat());
    expect(here, &from, 0);
    assert_eq!(
        std::fs::read(here.join("one/predictions.csv")).unwrap(),
        std::fs::read(here.join("three/predictions.csv")).unwrap()
    );
}

#[test]
fn a_frozen_model_scores_others_and_is_never_fitted_again() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    put_cohort(here, 24);
    expect(here, &two_tables("outcomes.csv", &["--out", "a"]), 0);
    let apply =
        |model: &'static str, more: &[&'static str]| of_visits(&["apply", model], ["t0.csv", "t1.csv"], more);
    let before = std::fs::read(here.join("a/model.json")).unwrap();
    expect(here, &apply("a/model.json", &["--outcomes", "outcomes.csv", "--out", "scored"]), 0);
    assert_eq!(names(&here.join("scored")), ["metrics.json", "predictions.csv", "predictions.parquet"]);
    assert_eq!(std::fs::read(here.join("a/model.json")).unwrap(), before);
    let metrics = json(&here.join("scored/metrics.json"));
    assert_eq!(metrics["evaluation"]["units"], 24);
    assert!(metrics["evaluation"]["discrimination"]["estimate"].as_f64().unwrap() > 0.9);
    assert!(metrics["warnings"].to_string().contains("same_data"), "its own units are no external cohort");
    // Without outcomes, scores alone; and the same ones.
    expect(here, &apply("a/model.json", &["--out", "blind"]), 0);
    assert!(json(&here.join("blind/metrics.json"))["evaluation"].is_null());
    let scores = |folder: &str| std::fs::read(here.join(folder).join("predictions.csv")).unwrap();
    assert_eq!(scores("scored"), scores("blind"));
    // A column of the model that is not there.
    let lacking = std::fs::read_to_string(here.join("t1.csv")).unwrap().replace("signal,", "other,");
    std::fs::write(here.join("t1x.csv"), lacking).unwrap();
    let cried = refused(here, &of_visits(&["apply", "a/model.json"], ["t0.csv", "t1x.csv"], &[]));
    assert!(cried.contains("E-MODEL-COLUMNS") && cried.contains("signal:log_ratio (delta)"), "{cried}");
    // Features of another measurement.
    let mut model = json(&here.join("a/model.json"));
    model["measurement_hashes"] = serde_json::json!(["aaaa"]);
    std::fs::write(here.join("foreign.json"), model.to_string()).unwrap();
    for name in ["t0", "t1"] {
        let text = std::fs::read_to_string(here.join(format!("{name}.csv"))).unwrap();
        let lines = text.lines().enumerate();
        let hashed: Vec<String> = lines
            .map(|(n, line)| format!("{line},{}", if n == 0 { "measurement_hash" } else { "bbbb" }))
            .collect();
        std::fs::write(here.join(format!("{name}h.csv")), hashed.join("\n") + "\n").unwrap();
    }
    let cried = refused(here, &of_visits(&["apply", "foreign.json"], ["t0h.csv", "t1h.csv"], &[]));
    assert!(cried.contains("E-MODEL-MEASUREMENT") && cried.contains("aaaa"), "{cried}");
    std::fs::write(here.join("no.json"), "{\"schema\": 9}").unwrap();
    assert!(refused(here, &apply("no.json", &[])).contains("E-MODEL-FILE"));
}

#[test]
fn the_coverage_that_is_told_is_that_of_the_simulation() {
    let dir = tempfile::tempdir().unwrap();
    put_cohort(dir.path(), 24);
    expect(dir.path(), &two_tables("outcomes.csv", &["--out", "a"]), 0);
    let metrics = json(&dir.path().join("a/metrics.json"));
    let told = metrics["claim"]["interval"]["simulated_coverage"].as_array().unwrap();
    let mut cohorts: BTreeMap<String, Vec<[f64; 3]>> = BTreeMap::new();
    for row in rows(&Path::new(env!("CARGO_MANIFEST_DIR")).join("reports/analysis_simulation.csv")) {
        let figure = |name: &str| row[name].parse::<f64>().unwrap();
        // The traps have no leak beside them: they are not about intervals.
        if !row["leaked_auc"].is_empty() {
            let interval = ["auc", "lower", "upper"].map(figure);
            cohorts.entry(row["scenario"].clone()).or_default().push(interval);
        }
    }
    let covered: Vec<f64> = cohorts
        .iter()
        .map(|(name, of)| {
            let mean = of.iter().map(|[auc, ..]| auc).sum::<f64>() / of.len() as f64;
            let nothing = name.starts_with("null") || name.starts_with("volume");
            let truth = if nothing { 0.5 } else { mean };
            of.iter().filter(|[_, lower, upper]| *lower <= truth && truth <= *upper).count() as f64
                / of.len() as f64
        })
        .collect();
    assert!(covered.len() >= 12);
    let (least, most) =
        covered.iter().fold((1.0_f64, 0.0_f64), |(l, m), share| (l.min(*share), m.max(*share)));
    assert!((told[0].as_f64().unwrap() - least).abs() < 0.006, "{told:?}, {covered:?}");
    assert!((told[1].as_f64().unwrap() - most).abs() < 0.006, "{told:?}, {covered:?}");
}

#[test]
fn what_a_frozen_model_does_not_know_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    put_cohort(here, 24);
    let outcomes = std::fs::read_to_string(here.join("outcomes.csv")).unwrap();
    let staged = |of: &dyn Fn(usize) -> &'static str| {
        let lines = outcomes.lines().enumerate();
        let with = lines.map(|(n, line)| format!("{line},{}", if n == 0 { "stage" } else { of(n - 1) }));
        with.collect::<Vec<_>>().join("\n") + "\n"
    };
    let own = staged(&|n| if n % 2 == 0 && n % 8 != 0 { "II" } else { "I" });
    std::fs::write(here.join("own.csv"), own).unwrap();
    let other = staged(&|n| if n == 3 { "IV" } else { "II" }).replace(",B,", ",C,");
    std::fs::write(here.join("other.csv"), other).unwrap();
    let frozen = |model: &'static str, out: &'static str| {
        let more = ["--covariates", "stage", "--combat", "parametric", "--freeze", model, "--out", out];
        expect(here, &two_tables("own.csv", &more), 0);
        json(&here.join(out).join("model.json"))
    };
    let applied = |model: &'static str, outcomes: &'static str, out: &'static str| {
        let more = ["--outcomes", outcomes, "--out", out];
        expect(here, &of_visits(&["apply", model], ["t0.csv", "t1.csv"], &more), 0);
        json(&here.join(out).join("metrics.json"))
    };
    // A level that the model was not fitted to counts as missing, not as the reference.
    let model = frozen("clinical", "clinical");
    assert_eq!(model["levels"]["stage"], serde_json::json!(["I", "II"]));
    let found = applied("clinical/model.json", "other.csv", "by_stage");
    assert_eq!(found["imputed"], 1);
    assert!(found["warnings"].to_string().contains("unknown_level"), "{}", found["warnings"]);
    // Of two sites one is the model's.
    let model = frozen("deltas", "deltas");
    let sites = &model["coefficients"][0]["sites"]["sites"];
    assert_eq!((sites[0]["site"].as_str(), sites[1]["site"].as_str()), (Some("A"), Some("B")));
    let found = applied("deltas/model.json", "other.csv", "by_site");
    assert!(found["warnings"].to_string().contains("16 of 24 units"), "{}", found["warnings"]);
    let found = applied("deltas/model.json", "own.csv", "at_home");
    assert!(!found["warnings"].to_string().contains("foreign_site"), "{}", found["warnings"]);
}

#[test]
fn time_starts_at_the_scan_unless_that_is_overridden() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    put_cohort(here, 24);
    // Three patients have the event or are lost before their scan.
    let text = std::fs::read_to_string(here.join("outcomes.csv")).unwrap();
    let early: String = text
        .lines()
        .map(|line| {
            let mut cells: Vec<&str> = line.split(',').collect();
            if ["P01", "P02", "P05"].contains(&cells[0]) {
                cells[4] = "40";
            }
            cells.join(",") + "\n"
        })
        .collect();
    std::fs::write(here.join("early.csv"), early).unwrap();
    let survival =
        |more: &[&'static str]| two_tables("early.csv", &[&["--target", "survival"], more].concat());
    expect(here, &survival(&["--out", "marked"]), 0);
    let metrics = json(&here.join("marked/metrics.json"));
    let landmark = &metrics["design"]["landmark"];
    assert_eq!((&landmark["events_before"], &landmark["lost_before"]), (&2.into(), &1.into()));
    assert_eq!(metrics["design"]["units"], 21);
    assert!(metrics["design"]["overridden"].as_array().unwrap().is_empty());
    expect(here, &survival(&["--out", "unmarked", "--no-landmark"]), 0);
    let metrics = json(&here.join("unmarked/metrics.json"));
    assert_eq!(metrics["design"]["units"], 24);
    assert!(metrics["design"]["overridden"][0].as_str().unwrap().contains("--no-landmark"));
    // Nobody says when the scans were.
    let undated: String = text.replace("followup_day", "other_day");
    std::fs::write(here.join("undated.csv"), undated).unwrap();
    let cried = refused(here, &two_tables("undated.csv", &["--target", "survival"]));
    assert!(cried.contains("E-OUTCOME-LANDMARK") && cried.contains("--landmark-day"), "{cried}");
}

#[test]
fn a_response_that_was_known_at_the_scan_is_no_target() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    put_cohort(here, 24);
    let text = std::fs::read_to_string(here.join("outcomes.csv")).unwrap().replacen(",120,60,", ",60,60,", 2);
    std::fs::write(here.join("early.csv"), text).unwrap();
    let cried = refused(here, &two_tables("early.csv", &[]));
    assert!(
        cried.contains("E-OUTCOME-INCORPORATED") && cried.contains("P00 (known on day 60, scan on day 60)"),
        "{cried}"
    );
    expect(here, &two_tables("early.csv", &["--allow-incorporated", "--out", "allowed"]), 0);
    let design = &json(&here.join("allowed/metrics.json"))["design"];
    assert_eq!(design["landmark"]["incorporated"], 2);
    assert!(design["overridden"][0].as_str().unwrap().contains("2 patients"));
}

#[test]
fn tables_that_cannot_be_analysed_are_refused_with_file_fact_and_hint() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    put_cohort(here, 12);
    let text = std::fs::read_to_string(here.join("outcomes.csv")).unwrap();
    let all = |response: &str| {
        let lines: Vec<String> = (0..12).map(|n| format!("P{n:02},{response}")).collect();
        format!("subject,response\n{}\n", lines.join("\n"))
    };
    let cases = [
        ("two", text.replace(",1,", ",2,"), "E-OUTCOME-VALUE"),
        ("comma", text.replacen(",60,", ",\"60,5\",", 1), "E-TABLE-NUMBER"),
        ("twice", text.replace("P01", "P00"), "E-COHORT-ROWS"),
        ("strangers", text.replace("\nP", "\nQ"), "E-OUTCOME-SUBJECTS"),
        ("one class", all("1"), "E-ANALYSE-FEW"),
        ("one patient", "subject,response\nP00,1\n".to_owned(), "E-ANALYSE-FEW"),
        ("nobody known", all(""), "E-COHORT-NOBODY"),
        (
            "no outcome",
            text.replace("response", "a").replace("time_days", "b").replace("event", "c"),
            "E-OUTCOME-VALUE",
        ),
        ("negative", text.replacen(",120,", ",-120,", 1), "E-OUTCOME-TIME"),
    ];
    for (name, text, code) in cases {
        let table = format!("{name}.csv");
        std::fs::write(here.join(&table), text).unwrap();
        let cried = refused(here, &two_tables(&table, &[]));
        assert!(cried.contains(code), "{name}: {cried}");
    }
    // No events.
    let none = text.lines().map(|line| {
        let mut cells: Vec<&str> = line.split(',').collect();
        cells[5] = if cells[5] == "event" { "event" } else { "0" };
        cells.join(",") + "\n"
    });
    std::fs::write(here.join("none.csv"), none.collect::<String>()).unwrap();
    let cried = refused(here, &two_tables("none.csv", &["--target", "survival"]));
    assert!(cried.contains("E-ANALYSE-FEW"), "{cried}");
    assert!(refused(here, &two_tables("absent.csv", &[])).contains("E-TABLE-FILE"));
    assert!(refused(here, &two_tables("outcomes.csv", &["--subgroup", "stage"])).contains("E-TABLE-COLUMN"));
    assert!(
        refused(here, &two_tables("outcomes.csv", &["--covariates", "response"]))
            .contains("E-OUTCOME-COLUMN")
    );
    assert!(refused(here, &two_tables("outcomes.csv", &["--volume", "nothing"])).contains("E-TABLE-COLUMN"));
    let cried =
        refused(here, &two_tables("outcomes.csv", &["--combat", "parametric", "--combat-reference", "Z"]));
    assert!(cried.contains("E-COHORT-SITES"), "{cried}");
    std::fs::create_dir(here.join("taken")).unwrap();
    std::fs::write(here.join("taken/mine.txt"), "mine").unwrap();
    assert!(refused(here, &two_tables("outcomes.csv", &["--out", "taken"])).contains("E-OUT-OCCUPIED"));
    // The baseline's table has a decimal comma; the other has another patient twice.
    let before = std::fs::read_to_string(here.join("t0.csv")).unwrap();
    std::fs::write(
        here.join("t0.csv"),
        before.replacen(",x,", ",\"1,5\",", 1).replace("diagnostics_Versions_Numpy", "y"),
    )
    .unwrap();
    let cried = refused(here, &two_tables("outcomes.csv", &[]));
    assert!(cried.contains("E-TABLE-NUMBER") && cried.contains("point, not a comma"), "{cried}");
    std::fs::write(here.join("t0.csv"), before.replace("P01", "P02")).unwrap();
    assert!(refused(here, &two_tables("outcomes.csv", &[])).contains("E-COHORT-ROWS"));
    assert!(!here.join("analysis").exists(), "what is refused leaves nothing");
}

#[test]
fn a_study_is_analysed_as_it_lies_and_who_has_no_delta_is_counted() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    let mut manifest = String::from("subject,visit,day,visit_folder,site\n");
    let mut outcomes = String::from("subject,known_day,response,age\n");
    for n in 0..12 {
        let visit = |name: &str| here.join(format!("P{n:02}/{name}"));
        let responds = n % 2 == 0;
        put_drawn(&visit("t0"), 10.0 + f64::from(n % 5), [0.0; 3]);
        let site = if n % 3 == 0 { "A" } else { "B" };
        writeln!(manifest, "P{n:02},t0,0,P{n:02}/t0,{site}").unwrap();
        match n {
            // Gone at the follow-up.
            10 => drop(put(
                &visit("t1"),
                &body(&grid(), [0.0; 3], 1),
                &[],
                &format!("absent = [\"lesion\"]\n{CT}"),
            )),
            // Without a follow-up.
            11 => {}
            _ => drop(put_drawn(
                &visit("t1"),
                10.0 + f64::from(n % 5) - if responds { 3.0 } else { 0.5 },
                [0.0; 3],
            )),
        }
        if n != 11 {
            writeln!(manifest, "P{n:02},t1,{},P{n:02}/t1,{site}", 40 + n).unwrap();
        }
        writeln!(outcomes, "P{n:02},100,{},{}", u8::from(responds), 50 + n % 7).unwrap();
    }
    std::fs::write(here.join("m.csv"), manifest).unwrap();
    std::fs::write(here.join("outcomes.csv"), outcomes).unwrap();
    let run = ["cohort", "run", "m.csv", "--out", "study", "--no-register", "--perturb", "0", "-j", "2"];
    let said = String::from_utf8(expect(here, &run, 0).stdout).unwrap();
    assert!(said.contains("delta cohort analyze study --outcomes TABLE"), "{said}");
    let words = |more: &[&'static str]| {
        [&["cohort", "analyze", "study", "--outcomes", "outcomes.csv"][..], &QUICK, more].concat()
    };
    expect(here, &words(&[]), 0);
    let metrics = json(&here.join("study/analysis/metrics.json"));
    let design = &metrics["design"];
    assert_eq!((&design["units"], &design["events"]), (&10.into(), &5.into()));
    assert_eq!(design["visits"], serde_json::json!(["t0", "t1"]));
    assert_eq!(design["measurement_hashes"].as_array().unwrap().len(), 1);
    let left_out = |step: &str| {
        let steps = metrics["flow"].as_array().unwrap();
        steps.iter().find(|of| of["step"] == step).unwrap()["left_out"].clone()
    };
    assert_eq!(left_out("with the follow-up"), serde_json::json!([["without the follow-up", 1]]));
    let gone = serde_json::json!([["gone at the follow-up", 1]]);
    assert_eq!(left_out("lesions with deltas at the follow-up"), gone);
    let course = &metrics["courses"][0];
    assert_eq!((&course["subject"], &course["visits"][1]["day"]), (&"P00".into(), &40.0.into()));
    assert!(course["visits"][1]["volume_percent"].as_f64().unwrap() < -50.0);
    // Size tells all here: the column of the volume is the log ratio of the deltas' table.
    let volume = rows(&here.join("study/analysis/univariate.csv")).remove(0);
    assert_eq!((&*volume["block"], &*volume["u"]), ("volume", "0.0"));
    // What was analysed is still the study that was measured, and is never mixed up with another.
    expect(here, &["verify", "study"], 0);
    let cried = refused(here, &words(&["--visit", "t9"]));
    assert!(cried.contains("E-COHORT-VISIT") && cried.contains("t1"), "{cried}");
    let cried = refused(here, &["cohort", "analyze", "P00", "--outcomes", "outcomes.csv"]);
    assert!(cried.contains("E-COLLECT-STUDY"), "{cried}");
    expect(here, &words(&["--freeze", "volume", "--force"]), 0);
    expect(here, &["cohort", "apply", "study/analysis/model.json", "study"], 0);
    assert_eq!(rows(&here.join("study/applied/predictions.csv")).len(), 10);
}

#[test]
fn one_table_may_hold_features_and_outcomes_and_its_outcome_is_no_feature() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    let mut random = Random::seeded(5);
    let mut table = String::from("subject,response,known_day,followup_day,age,sex,delta_morph_volume,x\n");
    for n in 0..24 {
        let sex = if n % 3 == 0 { "f" } else { "m" };
        let numbers: Vec<String> = (0..3).map(|_| random.normal().to_string()).collect();
        writeln!(table, "S{n},{},90,60,{},{sex},{},{}", n % 2, numbers[0], numbers[1], numbers[2]).unwrap();
    }
    std::fs::write(here.join("all.csv"), table).unwrap();
    let words = ["cohort", "analyze", "--features", "all.csv", "--outcomes", "all.csv"];
    let features = |more: &[&str]| {
        expect(here, &[&words[..], &QUICK, more].concat(), 0);
        let of =
            |row: std::collections::BTreeMap<String, String>| format!("{} {}", row["block"], row["feature"]);
        rows(&here.join("analysis/univariate.csv")).into_iter().map(of).collect::<Vec<String>>()
    };
    // By default all numbers are features; what is named is a covariate and no feature.
    let all = ["volume volume_change", "clinical sex=f", "delta age", "delta morph_volume", "delta x"];
    assert_eq!(features(&[]), all);
    let named = ["volume volume_change", "clinical age", "clinical sex=f", "delta morph_volume", "delta x"];
    assert_eq!(features(&["--covariates", "age,sex"]), named);
}

#[test]
fn the_deltas_of_a_real_cohort_have_the_univariate_figures_of_other_tools() {
    let Some(shared) = reference() else { return };
    let cohort = shared.join("cohorts/pulsar");
    let file = |name: &str| cohort.join(name).display().to_string();
    let expected = rows(&cohort.join("univariate_expected.csv"));
    let (before, after, outcomes) = (file("baseline.csv"), file("followup.csv"), file("outcome.csv"));
    let dir = tempfile::tempdir().unwrap();
    for scale in ["absolute", "log_ratio"] {
        let words = [
            "cohort",
            "analyze",
            "--baseline-features",
            &before,
            "--followup-features",
            &after,
            "--key",
            "lesion",
            "--group",
            "subject",
            "--outcomes",
            &outcomes,
            "--covariates",
            "none",
            "--scale",
            scale,
            "--folds",
            "2",
            "--inner-folds",
            "2",
            "--repeats",
            "1",
            "--permutations",
            "1",
            "--resamples",
            "2",
            "--out",
            scale,
        ];
        expect(dir.path(), &words, 0);
        let found: std::collections::BTreeMap<String, _> =
            rows(&dir.path().join(scale).join("univariate.csv"))
                .into_iter()
                .filter(|row| row["block"] == "delta")
                .map(|row| (row["feature"].clone(), row))
                .collect();
        let here: Vec<_> = expected.iter().filter(|row| row["scale"] == scale).collect();
        assert!(here.len() > 1000);
        for row in here {
            let of = &found[&row["feature"]];
            let distance = |mine: &str, theirs: &str| {
                (of[mine].parse::<f64>().unwrap() - row[theirs].parse::<f64>().unwrap()).abs()
            };
            assert!(distance("discrimination", "auc") <= 1e-12, "{}", row["feature"]);
            assert!(distance("p", "p") <= 1e-8, "{}", row["feature"]);
        }
        let metrics = json(&dir.path().join(scale).join("metrics.json"));
        let design = &metrics["design"];
        assert_eq!((&design["units"], &design["patients"]), (&69.into(), &39.into()));
        assert!(
            found.values().filter_map(|row| row["q"].parse::<f64>().ok()).all(|q| q > 0.05),
            "none is beyond 5 %"
        );
        assert_eq!(metrics["claim"]["claim"], "none");
    }
}

#[test]
fn odd_columns_are_a_status_and_never_a_wrong_number() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    let mut table = String::from("subject,lesion,constant,tied,gone,copy,morph_volume,baseline_f\n");
    let mut outcomes = String::from("subject,lesion,response,same,told,note\n");
    let mut random = Random::seeded(3);
    for n in 0..30 {
        let (subject, lesion, responds) = (n / 2, n % 2, n % 3 == 0);
        let tied = f64::from(n % 4 / 2);
        let value = random.normal();
        let gone = if n % 6 == 1 { String::new() } else { "NaN".into() };
        writeln!(table, "S{subject:02},l{lesion},1,{tied},{gone},{tied},{value},{}", random.normal())
            .unwrap();
        let told = f64::from(u8::from(responds)) + 0.1 * random.uniform();
        writeln!(outcomes, "S{subject:02},l{lesion},{},1,{told},note {n}", u8::from(responds)).unwrap();
    }
    std::fs::write(here.join("features.csv"), table).unwrap();
    std::fs::write(here.join("outcomes.csv"), outcomes).unwrap();
    let words =
        [&["cohort", "analyze", "--features", "features.csv", "--outcomes", "outcomes.csv"][..], &QUICK]
            .concat();
    expect(here, &words, 0);
    for table in ["univariate.csv", "predictions.csv"] {
        let mut cells = rows(&here.join("analysis").join(table))
            .into_iter()
            .flat_map(std::collections::BTreeMap::into_values);
        assert!(!cells.any(|cell| ["NaN", "nan", "inf", "-inf"].contains(&cell.as_str())), "{table}");
    }
    let metrics = json(&here.join("analysis/metrics.json"));
    assert_eq!((&metrics["design"]["units"], &metrics["design"]["patients"]), (&30.into(), &15.into()));
    let codes: Vec<&str> =
        metrics["warnings"].as_array().unwrap().iter().map(|w| w["code"].as_str().unwrap()).collect();
    for code in ["constant_covariate", "outcome_in_covariate", "covariate_levels", "unknown_day"] {
        assert!(codes.contains(&code), "{code}: {codes:?}");
    }
    let univariate = rows(&here.join("analysis/univariate.csv"));
    let of = |feature: &str| univariate.iter().find(|row| row["feature"] == feature).unwrap();
    assert!(!of("constant")["status"].is_empty() && of("constant")["p"].is_empty());
    assert!(!of("gone")["status"].is_empty() && of("gone")["discrimination"].is_empty());
    assert_eq!(of("tied")["p"], of("copy")["p"]);
    let checklist = metrics["checklist"].as_array().unwrap();
    assert_eq!(checklist.len(), 88);
    let evidenced = |list: &str| {
        checklist.iter().filter(|item| item["list"] == list && item["evidence"] == "evidenced").count()
    };
    assert!(evidenced("METRICS") >= 8 && evidenced("CLEAR") >= 16);
    // Lesions of a patient are in one fold.
    let folds = rows(&here.join("analysis/folds.csv"));
    for pair in folds.chunks(2) {
        assert_eq!((&pair[0]["subject"], &pair[0]["fold"]), (&pair[1]["subject"], &pair[1]["fold"]));
    }
}
