//! A run as a study calls it for one patient: single visits, the study's sampling, and pages that do not depend on
//! where the study lies.

#![allow(clippy::unwrap_used, reason = "a test that cannot write its own data has to fail")]

mod common;
#[path = "support/patient.rs"]
mod patient;

use std::path::Path;

use common::{contents, expect, names, rows};
use delta_radiomics::features::FrozenSampling;
use delta_radiomics::features::sampling::VisitFacts;
use delta_radiomics::geometry::Grid;
use delta_radiomics::io::VisitSource;
use delta_radiomics::jobs::Silent;
use delta_radiomics::jobs::run::{self, Done, PerturbRequest, RunContext, RunRequest, VisitRequest};
use delta_radiomics::protocol::Protocol;
use delta_radiomics::record::{Modality, Units};
use patient::{put_drawn, put_pair};

/// What a study asks of the visits of one patient, without a noise band.
fn asked(here: &Path, visits: &[&str], out: &str) -> RunRequest {
    let visit = |name: &&str| VisitRequest::new(VisitSource::new(here.join(name)));
    RunRequest {
        out: Some(here.join(out)),
        subject: Some("P1".into()),
        perturb: PerturbRequest { copies: Some(0), ..PerturbRequest::default() },
        context: RunContext::Cohort,
        ..RunRequest::new(visits.iter().map(visit).collect())
    }
}

fn measure(request: &RunRequest) -> Done {
    run::run(request, &Silent).unwrap()
}

fn text(here: &Path, file: &str) -> String {
    std::fs::read_to_string(here.join(file)).unwrap()
}

#[test]
fn a_single_visit_has_features_and_says_of_each_delta_that_there_is_no_follow_up() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    put_drawn(&here.join("t0"), 12.0, [0.0; 3]);
    // Not said: it makes no band of its own, for there is nothing to judge.
    let request = RunRequest { perturb: PerturbRequest::default(), ..asked(here, &["t0"], "out") };
    let done = measure(&request);
    assert_eq!((done.verdict, done.incomplete, done.in_trouble.len()), (None, false, 0));
    let files =
        ["deltas.csv", "features.csv", "report.html", "resolved_protocol.toml", "run.json", "timing.json"];
    assert_eq!(names(&here.join("out")), files);

    let (features, deltas) = (rows(&here.join("out/features.csv")), rows(&here.join("out/deltas.csv")));
    let features: Vec<_> = features.iter().filter(|row| row["family"] != "diag").collect();
    assert_eq!(features.len(), deltas.len());
    for (feature, delta) in features.iter().zip(&deltas) {
        for (of_feature, of_delta) in [
            ("roi", "roi"),
            ("visit", "baseline_visit"),
            ("feature", "feature"),
            ("aggregation", "aggregation"),
            ("mask_source", "mask_source_baseline"),
            ("value", "baseline"),
            ("flags", "flags"),
        ] {
            assert_eq!(feature[of_feature], delta[of_delta], "{of_delta}");
        }
        for empty in ["followup_visit", "followup", "absolute", "mask_source_followup", "interval_days"] {
            assert_eq!(delta[empty], "", "{empty}");
        }
        assert_eq!((&*delta["status"], &*delta["verdict"]), ("undefined", "undefined"));
        for reason in ["reason", "relative_status", "log_ratio_status"] {
            assert_eq!(delta[reason], "no_follow_up");
        }
    }
    let record: serde_json::Value = serde_json::from_str(&text(here, "out/run.json")).unwrap();
    assert_eq!(record["alignment"], serde_json::json!({}));
    let page = text(here, "out/report.html");
    assert!(page.contains("there was no follow-up to compare it with") && page.contains("Features only"));
    assert!(!page.contains("id=\"alignment\"") && !page.contains("--gate"));
    assert!(done.summary.contains("no follow-up") && done.summary.contains("lesion "), "{}", done.summary);
    expect(here, &["verify", "out"], 0);
}

#[test]
fn the_command_line_still_asks_for_a_follow_up() {
    let dir = tempfile::tempdir().unwrap();
    put_drawn(&dir.path().join("t0"), 12.0, [0.0; 3]);
    let output = expect(dir.path(), &["run", "--baseline", "t0"], 2);
    assert!(String::from_utf8_lossy(&output.stderr).contains("--followup"));
}

#[test]
fn a_patient_of_a_study_has_the_same_bytes_wherever_the_study_lies_and_says_how_to_go_on_there() {
    let places = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    for (dir, out) in places.iter().zip(["P1-ab", "elsewhere"]) {
        put_pair(dir.path());
        measure(&asked(dir.path(), &["t0", "t1"], out));
    }
    let [one, other] =
        [(&places[0], "P1-ab"), (&places[1], "elsewhere")].map(|(dir, out)| contents(&dir.path().join(out)));
    assert!(one == other, "the same files with the same bytes");

    let here = places[0].path();
    let page = text(here, "P1-ab/report.html");
    for place in [here.to_str().unwrap(), "elsewhere", "P1-ab", "delta run "] {
        assert!(!page.contains(place), "{place}");
    }
    assert!(page.contains("delta cohort run") && page.contains("masks/t1_followed.nii.gz"));
    let timing = text(here, "P1-ab/timing.json");
    assert!(timing.contains("wall_seconds") && !timing.contains("cpu_") && !timing.contains("peak"));

    // What the page says to write accepts the contours.
    let line = page.split("accept_contours").nth(1).and_then(|rest| rest.split("</code>").next()).unwrap();
    let line: String =
        line.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text)).collect();
    let line = format!("accept_contours{}", line.replace("&quot;", "\""));
    let toml = here.join("t1/visit.toml");
    std::fs::write(&toml, format!("{}{line}\n", std::fs::read_to_string(&toml).unwrap())).unwrap();
    measure(&asked(here, &["t0", "t1"], "accepted"));
    let deltas = rows(&here.join("accepted/deltas.csv"));
    assert!(deltas.iter().any(|row| row["mask_source_followup"] == "accepted"), "{line}");
    assert!(deltas.iter().all(|row| row["reason"] != "unconfirmed_contour"), "{line}");
}

#[test]
fn each_alignment_leaves_a_small_picture() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    put_pair(here);
    expect(here, &["run", "--baseline", "t0", "--followup", "t1", "--out", "out"], 0);
    let picture = std::fs::read(here.join("out/images/t1_alignment.png")).unwrap();
    assert!(picture.starts_with(b"\x89PNG") && picture.len() <= 25_000, "{} bytes", picture.len());
}

#[test]
fn the_sampling_of_the_study_is_taken_and_a_coarser_scan_is_flagged() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    put_drawn(&here.join("t0"), 12.0, [0.0; 3]);
    let protocol = Protocol::load("generic").unwrap();
    let measured_at = |spacing: f64, out: &str| {
        let grid = Grid::axis_aligned([9, 9, 9], [spacing; 3], [0.0; 3]).unwrap();
        let scan = VisitFacts { grid, units: Units::Hu, modality: Modality::Ct };
        let study = FrozenSampling::decide(&protocol.measurement(), &[scan]);
        let plain = asked(here, &["t0"], out);
        measure(&RunRequest { sampling: Some(study), protocol: Some("generic".into()), ..plain });
        let flags: Vec<String> = rows(&here.join(out).join("features.csv"))
            .into_iter()
            .map(|mut row| row.remove("flags").unwrap())
            .collect();
        let record: serde_json::Value =
            serde_json::from_str(&text(here, &format!("{out}/run.json"))).unwrap();
        (record["measurement"]["sampling"]["spacing_mm"].clone(), flags)
    };
    // The scan's own voxels are 3 mm.
    let (spacing, flags) = measured_at(4.0, "finer");
    assert_eq!(spacing, serde_json::json!([4.0, 4.0, 4.0]));
    assert!(flags.iter().all(|flags| !flags.contains("coarser_than_study")));
    let (spacing, flags) = measured_at(2.0, "coarser");
    assert_eq!(spacing, serde_json::json!([2.0, 2.0, 2.0]));
    assert!(flags.iter().all(|flags| flags.contains("coarser_than_study")));
    assert!(text(here, "coarser/report.html").contains("Decided once over all scans of the study."));
}

#[test]
fn a_hash_that_is_known_is_not_made_again() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    put_drawn(&here.join("t0"), 12.0, [0.0; 3]);
    let known = [(here.join("t0/image.nii.gz"), "ab".repeat(32))].into_iter().collect();
    measure(&RunRequest { known, ..asked(here, &["t0"], "out") });
    let record: serde_json::Value = serde_json::from_str(&text(here, "out/run.json")).unwrap();
    assert_eq!(record["inputs"]["t0/image"]["sha256"], "ab".repeat(32));
    assert_eq!(record["inputs"]["t0/image"]["file"], "image.nii.gz");
}
