//! What the program says of itself and of what it is shown: help, lists, inspections, checks.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its own data has to fail")]

mod common;
#[path = "support/patient.rs"]
mod patient;

use std::path::Path;

use common::{delta, expect};
use serde_json::Value;

/// Standard output of a command that ends with this code.
fn said(here: &Path, arguments: &[&str], code: i32) -> String {
    String::from_utf8(expect(here, arguments, code).stdout).unwrap()
}

/// The one JSON object that a command prints with `--json`.
fn object(here: &Path, arguments: &[&str], code: i32) -> Value {
    let text = said(here, &[arguments, &["--json"]].concat(), code);
    let value: Value = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{arguments:?}: {e}\n{text}"));
    assert!(value.is_object(), "{arguments:?}");
    value
}

#[test]
fn the_help_of_every_verb_has_an_example_and_says_research_use_only() {
    let here = Path::new(".");
    let whole = said(here, &["--help"], 0);
    assert!(whole.contains("Research use only; not a medical device"));
    let verbs: Vec<&str> = whole
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_whitespace().next())
        .filter(|verb| *verb != "help")
        .collect();
    assert!(verbs.len() >= 7, "{verbs:?}");
    for verb in verbs {
        let help = said(here, &[verb, "--help"], 0);
        assert_eq!(help.matches("Research use only; not a medical device").count(), 1, "{verb}");
        assert!(help.contains(&format!("  delta {verb}")), "{verb} has an example");
        let short = said(here, &[verb, "-h"], 0);
        assert!(short.contains("Research use only"), "{verb} -h");
    }
}

#[test]
fn protocols_are_listed_shown_and_checked() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    let listed = object(here, &["protocol", "list"], 0);
    let names: Vec<&str> =
        listed["protocols"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    assert_eq!(names.len(), 4);
    for name in names {
        let text = said(here, &["protocol", "show", name], 0);
        std::fs::write(here.join("mine.toml"), &text).unwrap();
        assert_eq!(object(here, &["protocol", "check", "mine.toml"], 0)["holds"], true);
        std::fs::write(here.join("mine.toml"), text.replacen("[sampling]", "[samplign]", 1)).unwrap();
        let failed = object(here, &["protocol", "check", "mine.toml"], 4);
        assert_eq!(failed["error"]["code"], "E-PROTOCOL-KEY");
        assert!(failed["error"]["hint"].as_str().unwrap().contains("`sampling`"));
    }
    let failed = object(here, &["protocol", "show", "pett"], 3);
    assert!(failed["error"]["hint"].as_str().unwrap().contains("`pet`"));
}

#[test]
fn every_feature_that_is_listed_is_shown() {
    let here = Path::new(".");
    let listed = object(here, &["features", "list"], 0);
    let features = listed["features"].as_array().unwrap();
    assert!(features.len() >= 174);
    let lines = said(here, &["features", "list"], 0);
    let quiet = said(here, &["features", "list", "--quiet"], 0);
    for (n, feature) in features.iter().enumerate() {
        let tag = feature["tag"].as_str().unwrap();
        assert!(lines.contains(&format!("\n  {tag} ")) && quiet.lines().nth(n) == Some(tag), "{tag}");
        for key in
            ["name", "ibsi", "family", "definition", "section", "ratio", "offset", "extent", "standing"]
        {
            // A feature of our own has no code and no section in the standard.
            let of_the_standard = ["ibsi", "section"].contains(&key);
            let may_be_empty = of_the_standard && feature["standing"] == "own";
            assert!(
                feature[key].as_str().is_some_and(|word| may_be_empty || !word.is_empty()),
                "{tag} {key}"
            );
        }
    }
    for feature in features.iter().step_by(7) {
        let tag = feature["tag"].as_str().unwrap();
        assert_eq!(object(here, &["features", "show", tag], 0), *feature);
        let shown = said(here, &["features", "show", tag], 0);
        for key in ["name", "tag", "ibsi", "definition", "source", "section"] {
            assert!(shown.contains(feature[key].as_str().unwrap()), "{tag} {key}: {shown}");
        }
    }
    let contrast = object(here, &["features", "show", "cm_contrast"], 0);
    assert_eq!((&contrast["section"], &contrast["aggregations"][4]), (&"3.6.12".into(), &"3D_avg".into()));
    let failed = object(here, &["features", "show", "morph_volum"], 2);
    assert_eq!(failed["error"]["hint"], "Did you mean morph_volume?");
}

#[test]
fn a_visit_is_inspected_in_words_and_as_an_object() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    patient::put_drawn(&here.join("t0"), 12.0, [0.0; 3]);
    let words = said(here, &["inspect", "t0"], 0);
    for fact in ["30 x 26 x 24", "3.0000 x 3.0000 x 3.0000", "lesion", "organ", "HU"] {
        assert!(words.contains(fact), "{fact}: {words}");
    }
    assert_eq!(object(here, &["inspect", "t0"], 0)["places"].as_array().unwrap().len(), 1);
    std::fs::write(here.join("t0/mask.nii.gz"), "no mask").unwrap();
    let found = object(here, &["inspect", "t0", "nothing"], 3);
    let code = |place: usize| found["places"][place]["problems"][0]["code"].clone();
    assert_eq!((code(0), code(1)), ("E-FORMAT-UNKNOWN".into(), "E-FILE-MISSING".into()));
}

#[test]
fn a_run_says_where_its_result_is_and_verify_tells_what_was_touched() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    patient::put_drawn(&here.join("t0"), 12.0, [0.0; 3]);
    patient::put_drawn(&here.join("t1"), 9.0, [0.0; 3]);
    let run = ["run", "--baseline", "t0", "--followup", "t1", "--no-register"];
    assert_eq!(said(here, &[&run[..], &["--quiet", "--out", "quiet"]].concat(), 0), "quiet\n");
    let loud = said(here, &[&run[..], &["--out", "out"]].concat(), 0);
    assert!(loud.lines().count() <= 10 && loud.contains("out/report.html"), "{loud}");
    object(here, &[&run[..], &["--out", "object"]].concat(), 0);

    assert_eq!(said(here, &["verify", "out", "--quiet"], 0), "ok\n");
    let touched = |list: &str, file: &str| {
        let found = object(here, &["verify", "out"], 4);
        assert_eq!(found[list], serde_json::json!([file]), "{found}");
        assert!(said(here, &["verify", "out"], 4).contains(&format!("{list}: {file}")));
    };
    let table = here.join("out/deltas.csv");
    let right = std::fs::read(&table).unwrap();
    std::fs::write(&table, [&right[..], b"\n"].concat()).unwrap();
    touched("changed", "deltas.csv");
    std::fs::remove_file(&table).unwrap();
    touched("missing", "deltas.csv");
    std::fs::write(&table, right).unwrap();
    std::fs::write(here.join("out/note.txt"), "mine").unwrap();
    touched("added", "note.txt");
    std::fs::remove_file(here.join("out/note.txt")).unwrap();
    object(here, &["verify", "out"], 0);
}

#[test]
fn the_same_run_replaces_its_result_and_another_one_does_not() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    patient::put_drawn(&here.join("t0"), 12.0, [0.0; 3]);
    patient::put_drawn(&here.join("t1"), 9.0, [0.0; 3]);
    let run = |baseline: &str, followup: &str, more: &[&str], code: i32| {
        let plain = ["run", "--baseline", baseline, "--followup", followup, "--no-register", "--out", "out"];
        expect(here, &[&plain[..], more].concat(), code)
    };
    run("t0", "t1", &[], 0);
    run("t0", "t1", &[], 0);
    run("t1", "t0", &[], 3);
    run("t0", "t1", &["--lesion", "organ"], 3);
    run("t1", "t0", &["--force"], 0);
    let mut inspect = delta(here, &["verify", "out"]);
    assert!(inspect.output().unwrap().status.success());
}
