//! `delta selftest`: the standard's values, and that a value which is not the standard's is found.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its own data has to fail")]

mod common;

use std::path::Path;

use common::{delta, expect, reference};
use serde_json::Value;

/// What `delta selftest` prints with `--json`, and whether it says so by its exit code.
fn record(here: &Path, arguments: &[&str]) -> (Value, bool) {
    let output = delta(here, &[&["selftest", "--json"], arguments].concat()).output().unwrap();
    let record: Value = serde_json::from_slice(&output.stdout).unwrap();
    let code = output.status.code().unwrap();
    assert!(code == 0 || code == 4, "{code}: {}", String::from_utf8_lossy(&output.stderr));
    (record, code == 0)
}

fn row<'a>(record: &'a Value, config: &str, tag: &str) -> &'a Value {
    let rows = record["rows"].as_array().unwrap();
    rows.iter().find(|row| row["config"] == config && row["tag"] == tag).unwrap()
}

/// A folder of the standard's phantoms with a table of our own.
fn with_table(ibsi: &Path, here: &Path, table: &str) {
    for phantom in ["digital", "ct"] {
        for what in ["image", "mask"] {
            let name = format!("{phantom}_phantom_{what}.nii.gz");
            std::os::unix::fs::symlink(ibsi.join(&name), here.join(&name)).unwrap();
        }
    }
    std::fs::write(here.join("reference_values.csv"), table).unwrap();
}

#[test]
fn without_a_folder_the_digital_phantom_is_measured() {
    let (record, holds) = record(Path::new("."), &[]);
    assert_eq!((&record["schema"], &record["version"]), (&1.into(), &env!("CARGO_PKG_VERSION").into()));
    let rows = record["rows"].as_array().unwrap();
    let count = |key: &str| record["totals"][key].as_u64().unwrap() as usize;
    assert_eq!((count("rows"), count("pass") + count("fail")), (rows.len(), rows.len()));
    assert!(holds && count("fail") == 0 && rows.len() >= 482, "{} rows", rows.len());
    let of_families = |key: &str| -> u64 {
        record["families"].as_object().unwrap().values().map(|family| family[key].as_u64().unwrap()).sum()
    };
    assert_eq!((of_families("rows"), of_families("pass")), (rows.len() as u64, count("pass") as u64));
    assert!(rows.iter().all(|row| row["verdict"] == "pass" && row["value"].is_f64()));
    let mean = row(&record, "phantom", "stat_mean");
    assert_eq!((&mean["reference"], &mean["tolerance"]), (&2.15.into(), &0.0.into()));
    assert!((mean["value"].as_f64().unwrap() - 2.15).abs() < 0.005);
}

#[test]
fn a_value_that_is_not_the_standards_fails_with_its_row_and_so_does_a_gap_on_either_side() {
    let Some(shared) = reference() else { return };
    let ibsi = shared.join("ibsi");
    let table = std::fs::read_to_string(ibsi.join("reference_values.csv")).unwrap();
    let (right, holds) = record(&ibsi, &["--ibsi", "."]);
    let failed = |record: &Value| record["totals"]["fail"].as_u64().unwrap();
    assert!(holds && failed(&right) == 0 && right["rows"].as_array().unwrap().len() >= 1804);
    for (config, tag) in [("A", "stat_mean"), ("E", "cm_contrast_3D_avg"), ("phantom", "ih_mode")] {
        assert_eq!(row(&right, config, tag)["verdict"], "pass", "{config} {tag}");
    }
    let (mut lines, mut changed): (Vec<String>, _) = (Vec::new(), 0.0);
    for line in table.lines() {
        if line.starts_with("A,feature,stat,stat_mean,") {
            let value: f64 = line.split(',').nth(6).unwrap().parse().unwrap();
            changed = value + 10.0;
            lines.push(line.replace(&format!(",{value:?},"), &format!(",{changed:?},")));
        } else if line.starts_with("phantom,feature,ih,ih_mode,") {
            lines.push(line.replace("ih_mode", "ih_mood"));
        } else {
            lines.push(line.to_owned());
        }
    }
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    with_table(&ibsi, here, &lines.join("\n"));
    let (wrong, holds) = record(here, &["--ibsi", "."]);
    assert!(!holds && failed(&wrong) == 3);
    let mean = row(&wrong, "A", "stat_mean");
    assert_eq!((&mean["verdict"], &mean["reference"]), (&"fail".into(), &changed.into()));
    assert!(row(&wrong, "phantom", "ih_mood")["value"].is_null());
    assert!(row(&wrong, "phantom", "ih_mode")["reference"].is_null());
    let said = String::from_utf8(expect(here, &["selftest", "--ibsi", "."], 4).stdout).unwrap();
    assert!(said.contains(&format!("published {changed} +/-")) && said.contains("no row for it"), "{said}");
}

#[test]
fn a_table_that_cannot_be_understood_is_refused_with_its_line() {
    let Some(shared) = reference() else { return };
    let ibsi = shared.join("ibsi");
    let table = std::fs::read_to_string(ibsi.join("reference_values.csv")).unwrap();
    let dir = tempfile::tempdir().unwrap();
    with_table(&ibsi, dir.path(), &table.replacen("phantom,feature,morph,", "fantom,feature,morph,", 1));
    let cried = String::from_utf8(expect(dir.path(), &["selftest", "--ibsi", "."], 3).stderr).unwrap();
    assert!(cried.starts_with("E-SELFTEST-TABLE  ./reference_values.csv: line 2: \"fantom\""), "{cried}");
}

#[test]
fn a_report_has_the_same_bytes_at_any_number_of_threads_and_replaces_only_a_report() {
    let Some(shared) = reference() else { return };
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    let ibsi = shared.join("ibsi").canonicalize().unwrap();
    let folder = ibsi.to_str().unwrap();
    let written = |threads: &str| {
        record(here, &["--ibsi", folder, "--report", "ibsi1.md", "-j", threads]);
        std::fs::read_to_string(here.join("ibsi1.md")).unwrap()
    };
    let report = written("1");
    assert_eq!(report, written("3"));
    assert!(!report.contains(folder) && report.contains("| A | CT phantom |"));
    std::fs::write(here.join("ibsi1.md"), "my diary").unwrap();
    let refused = expect(here, &["selftest", "--report", "ibsi1.md"], 3);
    assert!(String::from_utf8(refused.stderr).unwrap().starts_with("E-OUT-OCCUPIED  ibsi1.md"));
    record(here, &["--report", "ibsi1.md", "--force"]);
    assert_eq!(common::names(here), ["ibsi1.md"]);
}
