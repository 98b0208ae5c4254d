//! `delta stability`: what is refused, a real test-retest study, and repeated phantoms.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its own data has to fail")]

mod common;

use std::path::Path;

use common::{contents, delta, expect, names, reference, rows};

/// What is wrong, the command beside the table, the code, and words of the message.
type Refusal = (&'static str, &'static str, &'static [&'static str], &'static str, &'static str);

const MANIFEST: &[&str] = &["table.csv"];
const TABLE: &[&str] = &["--features", "table.csv"];

const REFUSALS: &[Refusal] = &[
    ("empty file", "", TABLE, "E-REPEATS-EMPTY", "no rows"),
    ("header only", "subject,repeat,x\n", TABLE, "E-REPEATS-EMPTY", "no rows"),
    ("semicolons", "subject;repeat;x\na;1;2\n", TABLE, "E-REPEATS-SEPARATOR", "semicolons"),
    ("tabs", "subject\trepeat\tx\na\t1\t2\n", TABLE, "E-REPEATS-SEPARATOR", "tabs"),
    ("no subject", "patient,repeat,x\na,1,2\n", TABLE, "E-REPEATS-COLUMN", "subject"),
    ("no repeat", "subject,scan,x\na,1,2\n", TABLE, "E-REPEATS-COLUMN", "repeat"),
    ("no feature", "subject,repeat\na,1\na,2\n", TABLE, "E-REPEATS-FEATURE", "no column holds a feature"),
    ("a column twice", "subject,repeat,x,x\na,1,2,3\na,2,2,3\n", TABLE, "E-REPEATS-COLUMN", "two columns"),
    ("a row twice", "subject,repeat,x\na,1,2\na,1,3\n", TABLE, "E-REPEATS-DUPLICATE", "rows 1 and 2"),
    ("one repeat", "subject,repeat,x\na,1,2\nb,1,3\n", TABLE, "E-REPEATS-ONE", "only one repeat"),
    ("text", "subject,repeat,x\na,1,2\na,2,much\n", TABLE, "E-REPEATS-NUMBER", "\"much\""),
    ("infinity", "subject,repeat,x\na,1,2\na,2,inf\n", TABLE, "E-REPEATS-NUMBER", "\"inf\""),
    (
        "decimal commas",
        "subject,repeat,x\na,1,\"2,5\"\na,2,\"2,6\"\n",
        TABLE,
        "E-REPEATS-NUMBER",
        "have a point",
    ),
    ("bare decimal commas", "subject,repeat,x\na,1,2,5\na,2,2,6\n", TABLE, "E-REPEATS-FILE", "decimal comma"),
    ("an empty cell", "subject,repeat,x\n,1,2\na,2,2\n", TABLE, "E-REPEATS-CELL", "subject is empty"),
    (
        "unknown kind",
        "subject,repeat,repeat_kind,x\na,1,scans,2\na,2,scan,2\n",
        TABLE,
        "E-REPEATS-WORD",
        "Did you mean scan?",
    ),
    (
        "unknown role",
        "subject,repeat,roi_role,x\na,1,lesions,2\na,2,lesion,2\n",
        TABLE,
        "E-REPEATS-WORD",
        "Did you mean lesion?",
    ),
    (
        "mixed modalities",
        "subject,repeat,modality,x\na,1,CT,2\na,2,MR,2\n",
        TABLE,
        "E-REPEATS-MIXED",
        "CT, and in row 2, MR",
    ),
    (
        "mixed measurements",
        "subject,repeat,measurement_hash,x\na,1,ab,2\na,2,cd,2\n",
        TABLE,
        "E-REPEATS-MIXED",
        "measurement",
    ),
    (
        "several conditions",
        "subject,repeat,condition,x\na,1,rest,2\na,2,stress,2\n",
        TABLE,
        "E-REPEATS-CONDITION",
        "rest (1 rows), stress (1 rows)",
    ),
    ("no files", "subject,repeat\na,1\na,2\n", MANIFEST, "E-REPEATS-COLUMN", "visit_folder"),
    ("no masks", "subject,repeat,image\na,1,x\na,2,y\n", MANIFEST, "E-REPEATS-COLUMN", "no column mask"),
    (
        "a file that is not there",
        "subject,repeat,visit_folder\na,1,nowhere\na,2,nowhere\n",
        MANIFEST,
        "E-REPEATS-MISSING",
        "nowhere",
    ),
    (
        "a scan twice",
        "subject,repeat,visit_folder\na,1,.\na,1,.\n",
        MANIFEST,
        "E-REPEATS-DUPLICATE",
        "repeat 1",
    ),
    ("one scan", "subject,repeat,visit_folder\na,1,.\n", MANIFEST, "E-REPEATS-ONE", "--perturb"),
    (
        "scans of mixed modalities",
        "subject,repeat,visit_folder,modality\na,1,.,CT\na,2,.,MR\n",
        MANIFEST,
        "E-REPEATS-MIXED",
        "modality",
    ),
];

#[test]
fn bad_tables_are_refused_by_a_message_under_a_code_and_leave_nothing() {
    let mut faults = Vec::new();
    for (name, table, arguments, code, says) in REFUSALS {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("table.csv"), table).unwrap();
        let mut command = vec!["stability", "--out", "out"];
        command.extend(*arguments);
        let output = delta(dir.path(), &command).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let left = names(dir.path());
        if output.status.code() != Some(3) || !said.contains(code) || !said.contains(says) {
            faults.push(format!("{name}: exit {:?}, {said}", output.status.code()));
        }
        if left != ["table.csv"] {
            faults.push(format!("{name}: left {left:?}"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// A wide table of six subjects; `bom` in front.
fn six(bom: &str) -> String {
    let rows = (0..6).map(|n| {
        let x = f64::from(n) * 3.0 + 1.0;
        format!("P{n},1,{x},text\nP{n},2,{},text\n", x + 0.1 * f64::from(n % 3))
    });
    format!("{bom}subject,repeat,x,diagnostics_note\n{}", rows.collect::<String>())
}

#[test]
fn a_byte_order_mark_changes_nothing_and_foreign_values_judge_no_run() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("plain.csv"), six("")).unwrap();
    std::fs::write(dir.path().join("marked.csv"), six("\u{feff}")).unwrap();
    for name in ["plain", "marked"] {
        let table = format!("{name}.csv");
        expect(dir.path(), &["stability", "--features", &table, "--out", name], 0);
    }
    let read = |name: &str| std::fs::read(dir.path().join(name).join("icc.csv")).unwrap();
    assert_eq!(read("plain"), read("marked"));
    let found = rows(&dir.path().join("plain/stability.csv"));
    assert_eq!((found.len(), found[0]["verdict"].as_str()), (1, "stable"));
    let gate = std::fs::read_to_string(dir.path().join("plain/gate.json")).unwrap();
    assert!(!gate.contains("\"measurement\":"), "another program's measurement is not known");
    let unknown = ["stability", "--features", "plain.csv", "--feature", "z", "--out", "other"];
    expect(dir.path(), &unknown, 2);
    assert!(!dir.path().join("other").exists());
}

#[test]
fn the_real_prostate_study_has_as_many_stable_features_as_published_values_give() {
    let Some(reference) = reference() else { return };
    let tables = reference.join("reference/stats/qin_prostate");
    let dir = tempfile::tempdir().unwrap();
    let stable = |masks: &str, scale: &str, bound: &str| {
        let table = tables.join(format!("{masks}.csv"));
        let table = table.canonicalize().unwrap();
        let command = [
            "stability",
            "--features",
            table.to_str().unwrap(),
            "--mask-source",
            masks,
            "--scale",
            scale,
            "--icc-bound",
            bound,
            "--out",
            "out",
            "--force",
        ];
        expect(dir.path(), &command, 0);
        let found = rows(&dir.path().join("out/stability.csv"));
        assert_eq!(found.len(), 83);
        found.iter().filter(|row| row["verdict"] == "stable").count()
    };
    let both = |masks, scale| (stable(masks, scale, "point"), stable(masks, scale, "lower"));
    assert_eq!(both("drawn", "raw"), (23, 0));
    assert_eq!(both("carried", "raw"), (22, 13));
    assert_eq!(both("drawn", "auto"), (26, 1));
    assert_eq!(both("carried", "auto"), (23, 13));
}

/// Null pairs of phantoms as a manifest; only morphology and statistics are measured.
fn phantoms(here: &Path, pairs: u64) {
    let mut manifest = vec!["subject,repeat,visit_folder\n".to_owned()];
    for seed in 1..=pairs {
        let (out, seed) = (format!("pair{seed}"), seed.to_string());
        expect(here, &["phantom", &out, "--pair", "null", "--seed", &seed, "--drawn", "all", "--quiet"], 0);
        manifest.push(format!("{out},t0,{out}/t0\n{out},t1,{out}/t1\n"));
    }
    std::fs::write(here.join("repeats.csv"), manifest.concat()).unwrap();
    let shown = expect(here, &["protocol", "show", "ct"], 0);
    let protocol = String::from_utf8(shown.stdout).unwrap();
    let few = match protocol.lines().find(|line| line.trim_start().starts_with("families")) {
        Some(line) => protocol.replace(line, "families = [\"morph\", \"stat\"]"),
        None => format!("{protocol}\n"),
    };
    std::fs::write(here.join("few.toml"), few).unwrap();
}

#[test]
fn repeated_phantoms_give_the_same_bytes_at_any_number_of_threads() {
    let dir = tempfile::tempdir().unwrap();
    phantoms(dir.path(), 2);
    for threads in ["1", "2"] {
        let command = [
            "stability",
            "repeats.csv",
            "--protocol",
            "few.toml",
            "-j",
            threads,
            "--out",
            threads,
            "--quiet",
        ];
        expect(dir.path(), &command, 0);
    }
    assert_eq!(contents(&dir.path().join("1")), contents(&dir.path().join("2")));
    let found = rows(&dir.path().join("1/stability.csv"));
    let reasons = |row: &std::collections::BTreeMap<String, String>| row["reason"] == "insufficient";
    assert!(!found.is_empty() && found.iter().all(reasons), "two subjects are too few for a verdict");
    assert!(!dir.path().join("1/gate.json").exists());
}

#[test]
fn copies_of_one_patient_have_noise_and_no_icc() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let table = "subject,repeat,a,b\nP1,1,10,5\nP1,2,11,5\nP1,3,12,5\nP1,4,11,5\n";
    std::fs::write(here.join("copies.csv"), table).unwrap();
    let asked = ["stability", "--features", "copies.csv", "--repeat-kind", "perturbation", "--out", "out"];
    expect(here, &asked, 0);
    let found = rows(&here.join("out/stability.csv"));
    let wsd: f64 = found[0]["wsd"].parse().unwrap();
    assert!((wsd - (2.0_f64 / 3.0).sqrt()).abs() < 1e-12, "{wsd}");
    assert_eq!((found[0]["verdict"].as_str(), found[0]["icc"].as_str()), ("undefined", ""));
    assert_eq!(found[1]["wsd"], "", "nothing moves: no limit");
    let gate = std::fs::read_to_string(here.join("out/gate.json")).unwrap();
    assert!(gate.contains("in_silico"), "{gate}");
}
