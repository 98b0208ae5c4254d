//! Whatever is wrong with what the program is given, it says so in one sentence under a code, with a way on, and
//! leaves nothing behind.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its own data has to fail")]

#[path = "bad_inputs/mod.rs"]
mod bad_inputs;
#[path = "bad_inputs/commands.rs"]
mod commands;
mod common;
#[path = "support/gate.rs"]
mod gate;

use std::path::Path;

use commands::{Row, row};
use common::{delta, expect, names};

/// All rows; the working folder gets the files that they need, and a good result `done`.
fn rows(here: &Path) -> Vec<Row> {
    commands::put_good_visits(here);
    expect(here, &["run", "--baseline", "good", "--followup", "later", "--no-register", "--out", "done"], 0);
    let run: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(here.join("done/run.json")).unwrap()).unwrap();
    let hash = run["measurement_hash"].as_str().unwrap();
    let good =
        gate::gate_for(&gate::rows_of(&here.join("done/features.csv")), hash, "CT", &run["measurement"]);
    std::fs::write(here.join("gate.json"), &good).unwrap();
    let visits = bad_inputs::bad_inputs(&here.join("visits")).into_iter().map(|bad| {
        let visit = format!("visits/{}", bad.visit.file_name().unwrap().to_string_lossy());
        row(bad.name, &["--followup", &visit], (3, bad.code), &[&visit])
    });
    visits
        .chain(commands::protocols(here))
        .chain(commands::gates(here, &good))
        .chain(commands::landmarks(here))
        .chain(commands::commands())
        .chain(commands::earlier_results(here))
        .chain(commands::names(here))
        .collect()
}

/// What is wrong with how the program refuses a row; empty where nothing is.
fn faults(here: &Path, row: &Row) -> Vec<String> {
    let mut arguments: Vec<&str> = row.arguments.iter().map(String::as_str).collect();
    if arguments[0] == "run" && !arguments.contains(&"--out") {
        arguments.extend(["--out", "results/out"]);
    }
    let output = delta(here, &arguments).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let mut faults = Vec::new();
    let mut claim = |holds: bool, what: String| {
        if !holds {
            faults.push(format!("{}: {what}\n    {said}", row.name));
        }
    };
    claim(
        output.status.code() == Some(row.exit),
        format!("exit {:?}, not {}", output.status.code(), row.exit),
    );
    claim(said.contains(row.code), format!("not {}", row.code));
    for named in &row.named {
        claim(said.contains(named.as_str()), format!("does not name {named}"));
    }
    if row.code.starts_with("E-") {
        // One line: the code, the fact, and after it the hint.
        claim(said.starts_with(row.code) && said.lines().count() == 1, "is not one line".into());
        claim(said.trim_end().matches(['.', '?']).count() >= 2, "has no hint".into());
        claim(!said.trim_end().contains(|c: char| c.is_control()), "controls the terminal".into());
    }
    claim(output.stdout.is_empty(), "speaks on standard output".into());
    claim(
        !here.join("results").exists() || names(&here.join("results")).is_empty(),
        "leaves something".into(),
    );
    faults
}

#[test]
fn every_row_is_refused_with_code_file_fact_and_hint_and_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    let rows = rows(here);
    assert!(rows.len() >= 160, "{} rows", rows.len());
    let before = names(here);
    let faults: Vec<String> = rows.iter().flat_map(|row| faults(here, row)).collect();
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults.join("\n"));
    let after: Vec<String> = names(here).into_iter().filter(|name| name != "results").collect();
    assert_eq!(after, before, "nothing new beside the inputs");
    assert_eq!(names(&here.join("occupied")), ["diary.txt"]);
}

#[test]
fn the_visits_and_the_gate_beside_them_are_accepted() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    rows(here);
    let run = ["run", "--baseline", "good", "--followup", "later", "--no-register", "--gate", "gate.json"];
    expect(here, &run, 0);
    assert!(here.join("delta_P1_t0_t1/report.html").is_file(), "the default name of a result");
}

#[test]
fn with_json_a_refusal_is_one_object() {
    let dir = tempfile::tempdir().unwrap();
    let output = expect(dir.path(), &["run", "--baseline", "a", "--followup", "b", "--json"], 3);
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(said["error"]["code"], "E-FILE-MISSING");
    assert!(said["error"]["hint"].as_str().is_some_and(|hint| !hint.is_empty()));
}
