//! `delta cohort run` through the program: what is computed again and what is not, what a bad patient costs, and that
//! the bytes do not tell how the work was shared.

#![allow(clippy::unwrap_used, reason = "a test that cannot write its own data has to fail")]

mod common;
#[path = "support/patient.rs"]
mod patient;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::File;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use common::{contents, expect, names, rows};
use patient::{CT, REGIONS, ball, body, grid, put, put_drawn};

/// Runs a study of drawn visits, without registration and noise bands, so that a patient takes a moment.
fn study(here: &Path, more: &[&str], code: i32) -> String {
    run_study(here, "study", more, code)
}

fn run_study(here: &Path, out: &str, more: &[&str], code: i32) -> String {
    let mut words = vec!["cohort", "run", "m.csv", "--out", out, "--no-register", "--perturb", "0"];
    words.extend(more);
    let output = expect(here, &words, code);
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Patients `P1`, `P2`, ... with a baseline and a follow-up on day 42, and the manifest `m.csv`.
fn put_cohort(here: &Path, patients: usize) {
    let mut manifest = String::from("subject,visit,day,visit_folder,site\n");
    for n in 1..=patients {
        let radius = 10.0 + n as f64 / 2.0;
        put_drawn(&here.join(format!("P{n}/t0")), radius, [0.0; 3]);
        put_drawn(&here.join(format!("P{n}/t1")), radius - 1.5, [0.0; 3]);
        write!(manifest, "P{n},t0,0,P{n}/t0,A\nP{n},t1,42,P{n}/t1,A\n").unwrap();
    }
    std::fs::write(here.join("m.csv"), manifest).unwrap();
}

/// Inode and time of change of every patient's folder, by name.
fn folders(study: &Path) -> BTreeMap<String, (u64, i64, i64)> {
    let facts = |name: &String| std::fs::metadata(study.join("patients").join(name)).unwrap();
    let stamp = |f: std::fs::Metadata| (f.ino(), f.mtime(), f.mtime_nsec());
    names(&study.join("patients")).into_iter().map(|name| (name.clone(), stamp(facts(&name)))).collect()
}

/// Subjects whose folders are new or touched.
fn touched(before: &BTreeMap<String, (u64, i64, i64)>, study: &Path) -> Vec<String> {
    let subject = |name: &String| name.rsplit_once('-').unwrap().0.to_owned();
    folders(study)
        .iter()
        .filter(|(name, at)| before.get(*name) != Some(at))
        .map(|(n, _)| subject(n))
        .collect()
}

/// All bytes of a study that must not depend on how it was made.
fn bytes(study: &Path) -> BTreeMap<String, Vec<u8>> {
    let hashed = |name: &String| !name.starts_with(".locks/") && !name.ends_with("/timing.json");
    contents(study).into_iter().filter(|(name, _)| hashed(name)).collect()
}

#[test]
fn a_second_run_does_nothing_and_a_change_costs_what_it_touches() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    put_cohort(here, 3);
    let out = here.join("study");
    let said = study(here, &[], 0);
    assert!(said.contains("3 patients, 6 visits; 3 measured, 0 from before, 0 failed"), "{said}");
    let whole = bytes(&out);
    let before = folders(&out);
    assert!(out.join("qa.html").is_file() && out.join("deltas.parquet").is_file());
    expect(here, &["verify", "study"], 0);

    // Nothing to do: no file is touched.
    let stamps = |name: &str| std::fs::metadata(out.join(name)).unwrap().ino();
    let files = ["features.csv", "qa.html", "study.toml", "study.json", "state/P1.json"];
    let inodes = files.map(stamps);
    let said = study(here, &[], 0);
    assert!(said.contains("0 measured, 3 from before"), "{said}");
    assert_eq!((folders(&out), files.map(stamps)), (before.clone(), inodes));
    assert_eq!(bytes(&out), whole);

    // The rows of the manifest in another order, and a new place for the scans of one patient.
    std::fs::rename(here.join("P2"), here.join("moved")).unwrap();
    let manifest = "subject,visit,day,visit_folder,site\nP3,t1,42,P3/t1,A\nP3,t0,0,P3/t0,A\nP1,t0,0,P1/t0,A\n\
                    P1,t1,42,P1/t1,A\nP2,t0,0,moved/t0,A\nP2,t1,42,moved/t1,A\n";
    std::fs::write(here.join("m.csv"), manifest).unwrap();
    study(here, &[], 0);
    assert_eq!(touched(&before, &out), Vec::<String>::new());

    // A changed mask.
    put_drawn(&here.join("P3/t1"), 7.0, [0.0; 3]);
    let said = study(here, &[], 0);
    assert_eq!(touched(&before, &out), ["P3"]);
    assert!(said.contains("1 result of other settings or inputs"), "{said}");
    let table = rows(&out.join("deltas.csv"));
    let subjects: std::collections::BTreeSet<&str> = table.iter().map(|r| r["subject"].as_str()).collect();
    assert_eq!(Vec::from_iter(subjects), ["P1", "P2", "P3"]);

    // A lost folder is made again, and stale ones go when asked.
    let key = folders(&out).into_keys().find(|name| name.starts_with("P1-")).unwrap();
    std::fs::remove_dir_all(out.join("patients").join(&key)).unwrap();
    let said = study(here, &["--prune"], 0);
    assert!(said.contains("1 measured, 2 from before") && !said.contains("Stale"), "{said}");
    assert_eq!(folders(&out).len(), 3);

    // What stands there is what a run from nothing makes, wherever it stands.
    run_study(here, "elsewhere", &["-j", "1"], 0);
    assert_eq!(bytes(&here.join("elsewhere")), bytes(&out));
}

#[test]
fn a_protocol_of_one_modality_is_the_concern_of_its_patients() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    put_cohort(here, 2);
    let mr = CT.replace("\"CT\"", "\"MR\"").replace("\"HU\"", "\"arbitrary\"");
    for (visit, radius) in [("t0", 12.0), ("t1", 10.0)] {
        let masks = [(1, ball(&grid(), patient::LESION, radius))];
        let one = REGIONS.split_once("[[roi]]\nlabel = 2").unwrap().0;
        put(&here.join("M1").join(visit), &body(&grid(), [0.0; 3], 2), &masks, &format!("{mr}{one}"));
    }
    let mut manifest = std::fs::read_to_string(here.join("m.csv")).unwrap();
    manifest.push_str("M1,t0,0,M1/t0,A\nM1,t1,42,M1/t1,A\n");
    std::fs::write(here.join("m.csv"), manifest).unwrap();
    study(here, &["-j", "2"], 0);
    let out = here.join("study");
    let before = folders(&out);
    let text = String::from_utf8(expect(here, &["protocol", "show", "mr"], 0).stdout).unwrap();
    std::fs::write(here.join("mine.toml"), text.replace("number = 32", "number = 16")).unwrap();
    study(here, &["--protocol", "MR=mine.toml"], 0);
    assert_eq!(touched(&before, &out), ["M1"]);
    let toml = std::fs::read_to_string(out.join("study.toml")).unwrap();
    assert!(toml.contains("[modality.CT]") && toml.contains("protocol = \"mine.toml\""), "{toml}");
}

#[test]
fn a_bad_patient_is_a_row_and_the_others_are_measured() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    put_cohort(here, 3);
    // Its header is sound, so that the check of the manifest finds nothing; its voxels end too early.
    let image = here.join("P2/t1/image.nii.gz");
    let whole = std::fs::read(&image).unwrap();
    std::fs::write(&image, &whole[..whole.len() / 2]).unwrap();
    let out = here.join("study");
    let said = study(here, &[], 5);
    assert!(said.contains("Failed:     P2 (E-"), "{said}");
    let failures = rows(&out.join("failures.csv"));
    assert_eq!((failures.len(), &*failures[0]["subject"]), (1, "P2"));
    assert!(failures[0]["fact"].contains("image.nii.gz"), "{failures:?}");
    assert_eq!(folders(&out).len(), 2);

    // It is not tried again until it changes, or until asked; the exit code stays.
    let state = || std::fs::read_to_string(out.join("state/P2.json")).unwrap();
    assert!(state().contains("when_changed"), "{}", state());
    let said = study(here, &["-v"], 5);
    assert!(!said.contains("P2: E-"), "{said}");
    let said = study(here, &["-v", "--retry-failed"], 5);
    assert!(said.contains("P2: E-"), "{said}");
    std::fs::write(&image, whole).unwrap();
    let said = study(here, &[], 0);
    assert!(said.contains("1 measured, 2 from before, 0 failed"), "{said}");
    assert!(rows(&out.join("failures.csv")).is_empty());
}

#[test]
fn a_faulty_manifest_is_refused_whole_and_nothing_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    put_cohort(here, 3);
    let mut manifest = std::fs::read_to_string(here.join("m.csv")).unwrap();
    manifest.push_str("P4,t1,42,P4/t1,A\nP5,t0,0,P1/nowhere,A\n");
    std::fs::write(here.join("m.csv"), manifest).unwrap();
    for more in [&["--check"][..], &[]] {
        let said = study(here, more, 3);
        assert!(said.contains("P4") && said.contains("P5") && said.contains("E-MANIFEST"), "{said}");
    }
    assert!(!here.join("study").exists());
    let said = study(here, &["--skip-faulty"], 5);
    assert!(said.contains("3 measured, 0 from before, 2 failed"), "{said}");
    let failures = rows(&here.join("study/failures.csv"));
    let subjects: Vec<&str> = failures.iter().map(|row| row["subject"].as_str()).collect();
    assert_eq!(subjects, ["P4", "P5"]);
    assert!(study(here, &["--skip-faulty"], 5).contains("3 from before"));
    let good: String = std::fs::read_to_string(here.join("m.csv"))
        .unwrap()
        .lines()
        .take(7)
        .flat_map(|l| [l, "\n"])
        .collect();
    std::fs::write(here.join("m.csv"), good).unwrap();
    let said = study(here, &["--check"], 0);
    assert!(said.contains("no fault"), "{said}");
}

#[test]
fn shards_and_threads_leave_no_trace() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    put_cohort(here, 5);
    run_study(here, "right", &["-j", "1"], 0);
    let right = bytes(&here.join("right"));
    for (shards, threads) in [(1, "2"), (2, "1"), (5, "2")] {
        let out = format!("study-{shards}");
        for n in (1..=shards).rev() {
            run_study(here, &out, &["--shard", &format!("{n}/{shards}"), "-j", threads], 0);
        }
        expect(here, &["cohort", "collect", &out], 0);
        let now = bytes(&here.join(&out));
        assert_eq!(now.keys().collect::<Vec<_>>(), right.keys().collect::<Vec<_>>());
        let differs: Vec<&String> = now.keys().filter(|name| now[*name] != right[*name]).collect();
        assert!(differs.is_empty(), "{shards} shards: {differs:?}");
        // The run of the whole finds nothing to do.
        let said = run_study(here, &out, &["--in-flight", "3"], 0);
        assert!(said.contains("0 measured, 5 from before"), "{said}");
        assert_eq!(bytes(&here.join(&out)), right);
    }
}

#[test]
fn a_prepared_study_holds_its_shards_to_its_settings() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    put_cohort(here, 2);
    study(here, &["--prepare"], 0);
    let out = here.join("study");
    assert_eq!(names(&out), [".locks", "manifest.csv", "study.toml", "subjects.json"]);
    let said = study(here, &["--shard", "1/2", "--protocol", "generic"], 3);
    assert!(said.contains("E-STUDY-SETTINGS") && said.contains("CT: protocol"), "{said}");
    // A shard looks at its own patients alone.
    std::fs::remove_dir_all(here.join("P2")).unwrap();
    study(here, &["--shard", "1/2"], 0);
    let said = study(here, &["--shard", "2/2"], 3);
    assert!(said.contains("P2") && !said.contains("P1"), "{said}");
    assert_eq!(folders(&out).len(), 1);
}

#[test]
fn a_study_in_work_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    put_cohort(here, 1);
    study(here, &[], 0);
    let lock = File::open(here.join("study/.locks/study")).unwrap();
    lock.lock().unwrap();
    for more in [&[][..], &["--shard", "1/1"]] {
        let said = study(here, more, 6);
        assert!(said.contains("E-STUDY-LOCKED"), "{said}");
    }
    expect(here, &["cohort", "collect", "study"], 6);
    // Checking writes nothing and needs no lock.
    study(here, &["--check"], 0);
    drop(lock);
    study(here, &[], 0);
    std::fs::create_dir(here.join("other")).unwrap();
    std::fs::write(here.join("other/thesis.txt"), "mine").unwrap();
    let said = run_study(here, "other", &[], 3);
    assert!(said.contains("E-STUDY-OCCUPIED"), "{said}");
}

#[test]
fn partials_of_the_dead_are_cleared_away() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    put_cohort(here, 1);
    study(here, &[], 0);
    let out = here.join("study");
    let right = bytes(&out);
    std::fs::create_dir(out.join("patients/P1-0123456789ab.partial-1")).unwrap();
    std::fs::write(out.join("state/P1.json.partial-1"), "{").unwrap();
    std::fs::write(out.join("study.toml.partial-1"), "sch").unwrap();
    study(here, &[], 0);
    assert_eq!(bytes(&out), right);
}

#[test]
fn the_sampling_of_a_study_stays_until_it_is_resolved_anew() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    put_cohort(here, 2);
    let out = here.join("study");
    let generic = ["--protocol", "generic"];
    study(here, &generic, 0);
    let spacing = || {
        let toml = std::fs::read_to_string(out.join("study.toml")).unwrap();
        toml.lines().find(|line| line.starts_with("spacing_mm = [")).unwrap().to_owned()
    };
    assert_eq!(spacing(), "spacing_mm = [3.0, 3.0, 3.0]");
    let before = folders(&out);

    // A patient whose scans are coarser comes later.
    let coarse = delta_radiomics::geometry::Grid::axis_aligned([20, 18, 16], [4.5; 3], [-42.0; 3]).unwrap();
    for (visit, radius) in [("t0", 14.0), ("t1", 12.0)] {
        let masks = [(1, ball(&coarse, patient::LESION, radius)), (2, ball(&coarse, patient::ORGAN, 9.0))];
        put(&here.join("P3").join(visit), &body(&coarse, [0.0; 3], 1), &masks, &format!("{CT}{REGIONS}"));
    }
    let mut manifest = std::fs::read_to_string(here.join("m.csv")).unwrap();
    manifest.push_str("P3,t0,0,P3/t0,A\nP3,t1,42,P3/t1,A\n");
    std::fs::write(here.join("m.csv"), manifest).unwrap();
    study(here, &generic, 0);
    assert_eq!(
        (spacing().as_str(), touched(&before, &out)),
        ("spacing_mm = [3.0, 3.0, 3.0]", vec!["P3".into()])
    );
    for row in rows(&out.join("features.csv")) {
        assert_eq!(row["flags"].contains("coarser_than_study"), row["subject"] == "P3", "{row:?}");
    }

    study(here, &["--protocol", "generic", "--resolve", "--prune"], 0);
    assert_eq!(spacing(), "spacing_mm = [4.5, 4.5, 4.5]");
    assert!(rows(&out.join("features.csv")).iter().all(|row| !row["flags"].contains("coarser_than_study")));
    assert_eq!(folders(&out).len(), 3);
}

#[test]
fn windows_name_the_visits_and_say_what_is_missing() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    put_cohort(here, 2);
    let manifest = std::fs::read_to_string(here.join("m.csv")).unwrap();
    std::fs::write(here.join("m.csv"), manifest.replace("P2,t1,42", "P2,t1,100")).unwrap();
    let said = study(here, &["--window", "week6: 42 +/- 14 d"], 0);
    assert!(said.contains("1 windows without a visit, 1 visits outside all windows"), "{said}");
    let deltas = rows(&here.join("study/deltas.csv"));
    assert!(deltas.iter().filter(|row| row["subject"] == "P1").all(|row| row["followup_visit"] == "week6"));
    let of_p2: Vec<_> = deltas.iter().filter(|row| row["subject"] == "P2").collect();
    assert!(!of_p2.is_empty() && of_p2.iter().all(|row| row["reason"] == "no_follow_up"));
    let said = study(here, &["--window", "week6: 42"], 2);
    assert!(said.contains("E-WINDOW"), "{said}");
}
