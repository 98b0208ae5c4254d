//! Both visits have masks, and nothing is registered: what is compared, and what is said where it cannot be.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its own data has to fail")]

mod common;
#[path = "support/patient.rs"]
mod patient;

use std::collections::BTreeMap;
use std::path::Path;

use common::{expect, rows};
use delta_radiomics::io::{write_labels, write_volume};
use patient::{CT, LESION, REGIONS, ball, body, grid, labels, put, put_drawn, stored_otherwise, turned};

type Row = BTreeMap<String, String>;

/// Runs `t0` against a follow-up and gives the deltas.
fn deltas(here: &Path, followup: &str, more: &[&str]) -> Vec<Row> {
    let out = format!("out-{followup}");
    let plain = ["run", "--baseline", "t0", "--followup", followup, "--no-register", "--out", &out];
    expect(here, &[&plain[..], more].concat(), 0);
    rows(&here.join(out).join("deltas.csv"))
}

fn of<'a>(deltas: &'a [Row], roi: &str, feature: &str) -> &'a Row {
    deltas.iter().find(|r| r["roi"] == roi && r["feature"] == feature).unwrap()
}

fn number(cell: &str) -> f64 {
    cell.parse().unwrap_or_else(|_| panic!("{cell:?} is no number"))
}

#[test]
fn a_smaller_lesion_is_smaller() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    put_drawn(&here.join("t0"), 12.0, [0.0; 3]);
    put_drawn(&here.join("t1"), 9.0, [0.0; 3]);
    let deltas = deltas(here, "t1", &[]);
    let volume = of(&deltas, "lesion", "morph_volume");
    // Balls of 12 and 9 mm, cut into voxels of 3 mm.
    let found = number(&volume["log_ratio"]);
    assert!((found - 3.0 * (9.0_f64 / 12.0).ln()).abs() < 0.1, "{found}");
    assert_eq!((&*volume["mask_source_followup"], &*volume["verdict"]), ("drawn", "no_gate"));
    let organ = of(&deltas, "organ", "stat_mean");
    assert_eq!(number(&organ["absolute"]), 0.0, "the same voxels at both visits");
    let given = |r: &Row| ["ok", "not_standardised"].contains(&r["status"].as_str());
    assert!(deltas.iter().all(|r| given(r) || !r["reason"].is_empty()));
}

#[test]
fn an_absent_lesion_lost_all_of_its_size_and_has_no_texture() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    put_drawn(&here.join("t0"), 12.0, [0.0; 3]);
    put(&here.join("t1"), &body(&grid(), [0.0; 3], 1), &[], &format!("absent = [\"lesion\"]\n{CT}"));
    let deltas = deltas(here, "t1", &[]);
    let volume = of(&deltas, "lesion", "morph_volume");
    assert_eq!(number(&volume["followup"]), 0.0);
    assert_eq!(number(&volume["absolute"]), -number(&volume["baseline"]));
    assert_eq!(number(&volume["relative"]), -1.0);
    assert_eq!((&*volume["log_ratio"], &*volume["log_ratio_status"]), ("", "absent"));
    let texture = of(&deltas, "lesion", "cm_contrast");
    assert_eq!((&*texture["status"], &*texture["reason"]), ("undefined", "absent"));
    assert_eq!(texture["absolute"], "");
}

#[test]
fn a_region_at_one_visit_only_is_counted_and_not_compared() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    put_drawn(&here.join("t0"), 12.0, [0.0; 3]);
    let masks = [(1, ball(&grid(), LESION, 9.0)), (7, ball(&grid(), [-12.0, -9.0, 12.0], 7.0))];
    let toml = format!(
        "{CT}[[roi]]\nlabel = 1\nname = \"lesion\"\nrole = \"lesion\"\n\
        [[roi]]\nlabel = 7\nname = \"new\"\nrole = \"lesion\"\n"
    );
    put(&here.join("t1"), &body(&grid(), [0.0; 3], 1), &masks, &toml);
    let deltas = deltas(here, "t1", &[]);
    for (roi, reason, empty, filled) in [
        ("new", "roi_only_at_followup", "baseline", "followup"),
        ("organ", "roi_only_at_baseline", "followup", "baseline"),
    ] {
        let row = of(&deltas, roi, "morph_volume");
        assert_eq!((&*row["status"], &*row["reason"], &*row["absolute"]), ("undefined", reason, ""), "{roi}");
        assert!(row[empty].is_empty() && !row[filled].is_empty(), "{roi}");
    }
    let page = std::fs::read_to_string(here.join("out-t1/report.html")).unwrap();
    assert!(page.contains("New at follow-up: "), "the page counts the lesion that appeared");
}

#[test]
fn regions_of_files_of_their_own_may_overlap() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    for (visit, radius) in [("t0", 9.0), ("t1", 7.0)] {
        let folder = put(&here.join(visit), &body(&grid(), [0.0; 3], 1), &[], CT);
        for (name, radius) in [("GTV", radius), ("CTV", 14.0)] {
            std::fs::create_dir_all(folder.join("masks")).unwrap();
            let map = labels(&grid(), &[(1, ball(&grid(), LESION, radius))]);
            write_labels(&folder.join(format!("masks/{name}.nii.gz")), &map).unwrap();
        }
    }
    let deltas = deltas(here, "t1", &[]);
    let (inner, outer) = (of(&deltas, "GTV", "morph_volume"), of(&deltas, "CTV", "morph_volume"));
    let expected = 4.0 / 3.0 * std::f64::consts::PI * 14.0_f64.powi(3);
    let share = number(&outer["baseline"]) / expected;
    assert!((share - 1.0).abs() < 0.1, "the outer one is whole: {share}");
    assert_eq!(number(&outer["absolute"]), 0.0);
    assert!(number(&inner["relative"]) < -0.4);
    assert_eq!((&*inner["roi_role"], &*outer["roi_role"]), ("lesion", "lesion"), "told by their names");
}

/// Largest difference of two tables of deltas, relative to the follow-up's value.
fn largest_difference(one: &[Row], other: &[Row]) -> f64 {
    assert_eq!(one.len(), other.len());
    let mut largest = 0.0_f64;
    for (a, b) in one.iter().zip(other) {
        for column in ["roi", "feature", "aggregation", "status", "reason", "log_ratio_status"] {
            assert_eq!(a[column], b[column]);
        }
        for column in ["baseline", "followup", "absolute", "log_ratio"] {
            if a[column].is_empty() {
                assert!(b[column].is_empty());
                continue;
            }
            let scale = if column == "log_ratio" { 1.0 } else { number(&a["followup"]).abs().max(1.0) };
            let difference = (number(&a[column]) - number(&b[column])).abs() / scale;
            assert!(difference < 1e-6, "{} {} {column}: {} {}", a["roi"], a["feature"], a[column], b[column]);
            largest = largest.max(difference);
        }
    }
    largest
}

#[test]
fn the_order_in_which_voxels_are_stored_does_not_matter() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    put_drawn(&here.join("t0"), 12.0, [0.0; 3]);
    put_drawn(&here.join("t1"), 9.0, [0.0; 3]);
    let image = body(&grid(), [0.0; 3], 1);
    let map = labels(&grid(), &[(1, ball(&grid(), LESION, 9.0)), (2, ball(&grid(), patient::ORGAN, 9.0))]);
    let folder =
        put(&here.join("stored"), &stored_otherwise(&image), &[], &format!("visit = \"t1\"\n{CT}{REGIONS}"));
    write_labels(&folder.join("mask.nii.gz"), &stored_otherwise(&map)).unwrap();
    let (plain, stored) = (deltas(here, "t1", &[]), deltas(here, "stored", &[]));
    eprintln!("largest difference {:e}", largest_difference(&plain, &stored));
}

#[test]
fn an_oblique_patient_has_the_same_deltas() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    put_drawn(&here.join("t0"), 12.0, [0.0; 3]);
    put_drawn(&here.join("t1"), 9.0, [0.0; 3]);
    let plain = deltas(here, "t1", &[]);
    // Every axis stays nearest to its own.
    let angles = [0.3, -0.2, 0.4];
    for (visit, radius) in [("t0", 12.0), ("t1", 9.0)] {
        let image = turned(&body(&grid(), [0.0; 3], 1), angles);
        let masks = [(1, ball(&grid(), LESION, radius)), (2, ball(&grid(), patient::ORGAN, 9.0))];
        write_volume(&here.join(visit).join("image.nii.gz"), &image).unwrap();
        write_labels(&here.join(visit).join("mask.nii.gz"), &turned(&labels(&grid(), &masks), angles))
            .unwrap();
    }
    let oblique = deltas(here, "t1", &["--force"]);
    eprintln!("largest difference {:e}", largest_difference(&plain, &oblique));
}

#[test]
fn other_units_or_another_modality_refuse_what_depends_on_them() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    let drawn = |visit: &str, radius: f64, words: &str| {
        let masks = [(1, ball(&grid(), LESION, radius))];
        let toml = format!("{words}[[roi]]\nlabel = 1\nname = \"lesion\"\nrole = \"lesion\"\n");
        put(&here.join(visit), &body(&grid(), [0.0; 3], 1), &masks, &toml);
    };
    drawn("t0", 12.0, "modality = \"PT\"\nunits = \"SUV\"\n");
    drawn("counts", 9.0, "modality = \"PT\"\nunits = \"Bq/mL\"\n");
    drawn("mr", 9.0, "modality = \"MR\"\nunits = \"arbitrary\"\n");
    for (followup, reason) in [("counts", "other_units"), ("mr", "other_modality")] {
        let deltas = deltas(here, followup, &["--protocol", "generic"]);
        let mean = of(&deltas, "lesion", "stat_mean");
        assert_eq!((&*mean["verdict"], &*mean["reason"]), ("refused", reason), "{followup}");
        assert_eq!(mean["absolute"], "", "{followup}");
    }
}
