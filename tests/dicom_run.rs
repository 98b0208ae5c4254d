//! `delta run` on DICOM as hospitals hold it: the whole way to the report, the values of the same pair as NIfTI, and
//! nothing that depends on names of files.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its own data has to fail")]

mod common;
#[path = "support/dicom.rs"]
mod dicom;
#[path = "support/patient.rs"]
mod patient;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use common::{contents, expect, rows};
use delta_radiomics::io::{ReadOptions, read_label_map, read_scan};
use dicom::slices::Elements;
use dicom::{
    Layout, Scanned, as_scanned, put_contours, put_segments, put_slices, region, regions, slices_of,
};
use tempfile::TempDir;

type Row = BTreeMap<String, String>;

const NAMES: [(u32, &str); 7] = [
    (1, "lesion"),
    (2, "lesion_stable"),
    (3, "liver"),
    (4, "lung_left"),
    (5, "lung_right"),
    (6, "heart"),
    (7, "spleen"),
];

/// Dates of both visits, 56 days apart over the end of a leap February.
const DATES: [&str; 2] = ["20240115", "20240311"];

/// Two visits of the phantom with all regions drawn, as NIfTI (`nifti/t0`, `nifti/t1`), whose rows run to the right, and as
/// a hospital has them (`dicom`), whose rows run to the left and columns to the back; the result of each in `out`. Regions
/// are in an RTSTRUCT at baseline, in a SEG at follow-up.
static PHANTOM: LazyLock<TempDir> = LazyLock::new(|| {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    expect(here, &["phantom", "nifti", "--seed", "1", "--drawn", "all"], 0);
    for (n, visit) in ["t0", "t1"].into_iter().enumerate() {
        let (from, to) = (here.join("nifti").join(visit), here.join("dicom").join(visit));
        let scan = read_scan(&from.join("image.nii.gz"), &ReadOptions::default()).unwrap().volume;
        let labels = read_label_map(&from.join("mask.nii.gz"), &ReadOptions::default()).unwrap().volume;
        let (scan, labels) = (as_scanned(&scan), as_scanned(&labels));
        put_slices(&to.join("ct"), &slices_of(&scan, &Scanned::on(DATES[n])), Layout::Nested);
        let drawn = regions(&labels, &NAMES);
        match n {
            0 => put_contours(&to.join("rt/1.dcm"), &to.join("ct"), &drawn),
            _ => put_segments(&to.join("1.dcm"), &to.join("ct"), &drawn),
        }
    }
    for pair in ["nifti", "dicom"] {
        let place = here.join(pair);
        expect(&place, &["run", "--baseline", "t0", "--followup", "t1", "--out", "out"], 0);
    }
    dir
});

fn table(pair: &str, name: &str) -> Vec<Row> {
    rows(&PHANTOM.path().join(pair).join("out").join(name))
}

fn json(path: &Path) -> serde_json::Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

const KEYS: [&str; 9] = [
    "visit",
    "followup_visit",
    "roi",
    "mask_source",
    "mask_source_followup",
    "image",
    "family",
    "feature",
    "aggregation",
];

fn by_key(rows: Vec<Row>) -> BTreeMap<Vec<String>, Row> {
    let count = rows.len();
    let key = |row: &Row| KEYS.iter().filter_map(|column| row.get(*column).cloned()).collect();
    let map: BTreeMap<Vec<String>, Row> = rows.into_iter().map(|row| (key(&row), row)).collect();
    assert_eq!(map.len(), count);
    map
}

/// Numbers and words of two tables have to be the same: how many there are.
fn compare(ours: Vec<Row>, theirs: Vec<Row>, columns: &[&str]) -> usize {
    let (ours, theirs) = (by_key(ours), by_key(theirs));
    assert!(ours.keys().eq(theirs.keys()), "the rows are not the same");
    for (key, row) in &ours {
        for column in columns {
            assert_eq!(row[*column], theirs[key][*column], "{column} of {key:?}");
        }
    }
    ours.len() * columns.len()
}

const MEASURED: [&str; 5] = ["roi_role", "unit", "status", "reason", "value"];
const CHANGED: [&str; 8] =
    ["interval_days", "baseline", "followup", "absolute", "log_ratio", "verdict", "status", "reason"];

/// To the last digit, though the arrays run the other way along two axes: the alignment and the measurement take scans in
/// one order, whatever theirs was, and the writer gave both the same places.
#[test]
fn a_pair_of_series_runs_to_the_report_with_the_values_of_the_same_pair_as_nifti() {
    for (name, columns) in [("features.csv", &MEASURED[..]), ("deltas.csv", &CHANGED[..])] {
        let compared = compare(table("dicom", name), table("nifti", name), columns);
        assert!(compared > 5000, "{name}: {compared}");
    }
    let out = PHANTOM.path().join("dicom/out");
    assert!(std::fs::read_to_string(out.join("report.html")).unwrap().contains("lesion_stable"));
    assert_ne!(json(&out.join("qa.json"))["verdict"], "FAIL");
    assert!(table("dicom", "deltas.csv").iter().all(|row| row["interval_days"] == "56.0"));
    expect(&PHANTOM.path().join("dicom"), &["verify", "out"], 0);
}

/// The small patient's visits along scanners' axes: a lesion and an organ at baseline, the lesion alone at follow-up.
fn put_small(here: &Path, layouts: [Layout; 2], more: [&Elements; 2], kernels: [&str; 2]) {
    let grid = patient::grid();
    for (n, shift) in [[0.0; 3], [3.0, 0.0, -2.0]].into_iter().enumerate() {
        let folder = here.join(["dicom_t0", "dicom_t1"][n]);
        let scan = as_scanned(&patient::body(&grid, shift, 1));
        let about = Scanned { kernel: kernels[n].into(), more: more[n].clone(), ..Scanned::on(DATES[n]) };
        put_slices(&folder.join("ct"), &slices_of(&scan, &about), layouts[n]);
        let at = |centre: [f64; 3]| std::array::from_fn(|axis| centre[axis] + shift[axis]);
        let lesion = region("GTV", &patient::ball(scan.grid(), at(patient::LESION), 12.0));
        let organ = region("organ", &patient::ball(scan.grid(), at(patient::ORGAN), 9.0));
        let drawn = if n == 0 { vec![lesion, organ] } else { vec![lesion] };
        let name = if layouts[n] == Layout::Plain { "rt.dcm" } else { "a/1.2.826.0.1.3680043.8.498.9.dcm" };
        put_contours(&folder.join(name), &folder.join("ct"), &drawn);
    }
}

const PAIR: [&str; 5] = ["run", "--baseline", "dicom_t0", "--followup", "dicom_t1"];

fn plain() -> Elements {
    Elements::default()
}

#[test]
fn names_order_and_folders_of_files_change_no_byte_at_any_number_of_threads() {
    let dir = tempfile::tempdir().unwrap();
    let mut results = Vec::new();
    for (n, (layouts, threads)) in [
        ([Layout::Plain; 2], "1"),
        ([Layout::Nested, Layout::Shuffled], "2"),
        ([Layout::Shuffled, Layout::Nested], "1"),
        ([Layout::Plain, Layout::Shuffled], "2"),
    ]
    .into_iter()
    .enumerate()
    {
        let place = dir.path().join(n.to_string());
        put_small(&place, layouts, [&plain(), &plain()], ["B30f"; 2]);
        expect(&place, &[&PAIR[..], &["-j", threads, "--out", "out"]].concat(), 0);
        results.push(contents(&place.join("out")));
    }
    for other in &results[1..] {
        assert!(other.keys().eq(results[0].keys()));
        for (name, bytes) in other {
            assert!(results[0].get(name) == Some(bytes), "{name} differs");
        }
    }
}

#[test]
fn differences_of_acquisition_are_seen_and_days_come_from_dates() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    let mut contrast = plain();
    contrast.text((0x18, 0x10), "LO", "Ultravist 300");
    put_small(here, [Layout::Plain; 2], [&plain(), &contrast], ["B30f", "B60f"]);
    expect(here, &[&PAIR[..], &["--out", "out"]].concat(), 0);
    let deltas = rows(&here.join("out/deltas.csv"));
    assert!(!deltas.is_empty());
    for row in &deltas {
        assert!(row["flags"].contains("acquisition_kernel"), "{}", row["flags"]);
        assert_eq!((&*row["baseline_visit"], &*row["followup_visit"]), ("dicom_t0", "dicom_t1"));
        assert_eq!(row["interval_days"], "56.0");
    }
    let lesion =
        deltas.iter().find(|row| row["roi"] == "GTV" && row["mask_source_followup"] == "drawn").unwrap();
    assert_eq!(lesion["roi_role"], "lesion");
    let page = std::fs::read_to_string(here.join("out/report.html")).unwrap();
    assert!(page.contains("B30f") && page.contains("B60f"));
    // Nothing says a date, and the free text of the contrast agent is no word of a result.
    for (name, bytes) in contents(&here.join("out")) {
        let text = String::from_utf8_lossy(&bytes);
        for word in [DATES[0], DATES[1], "2024-01-15", "2024-03-11", "Ultravist"] {
            assert!(!text.contains(word), "{name} says {word}");
        }
    }
}

#[test]
fn what_visit_toml_says_goes_before_what_files_say() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    put_small(here, [Layout::Plain; 2], [&plain(), &plain()], ["B30f", "B60f"]);
    let said = "schema = 1\nsubject = \"P7\"\nvisit = \"before\"\ndate = 2024-03-01\n\
                [[roi]]\nname = \"organ\"\nrole = \"reference\"\n[[roi]]\nname = \"GTV\"\nrole = \"lesion\"\n\
                [acquisition]\nkernel = \"B60f\"\n";
    std::fs::write(here.join("dicom_t0/visit.toml"), said).unwrap();
    std::fs::write(here.join("dicom_t1/visit.toml"), "schema = 1\ndate = 2024-03-31\n").unwrap();
    expect(here, &[&PAIR[..], &["--out", "out"]].concat(), 0);
    let deltas = rows(&here.join("out/deltas.csv"));
    for row in &deltas {
        assert!(!row["flags"].contains("acquisition_kernel"), "{}", row["flags"]);
        assert_eq!(
            (&*row["subject"], &*row["baseline_visit"], &*row["interval_days"]),
            ("P7", "before", "30.0")
        );
    }
    assert!(deltas.iter().any(|row| row["roi"] == "organ" && row["roi_role"] == "reference"));
    // A region that the files have no voxels of.
    std::fs::write(here.join("dicom_t1/visit.toml"), "schema = 1\n[[roi]]\nname = \"GTW\"\n").unwrap();
    let refused = expect(here, &[&PAIR[..], &["--out", "no"]].concat(), 3);
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(said.contains("E-VISIT-ROI") && said.contains("GTW"), "{said}");
}

#[test]
fn of_several_series_one_is_chosen_by_its_label() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    put_small(here, [Layout::Plain; 2], [&plain(), &plain()], ["B30f"; 2]);
    let other = as_scanned(&patient::body(&patient::grid(), [0.0; 3], 2));
    let about = Scanned { series: 7, ..Scanned::on(DATES[0]) };
    put_slices(&here.join("dicom_t0/other"), &slices_of(&other, &about), Layout::Plain);
    let refused = expect(here, &[&PAIR[..], &["--out", "no"]].concat(), 3);
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(said.contains("E-DICOM-SERIES") && said.contains("4 (") && said.contains("7 ("), "{said}");
    assert!(said.contains("--series"), "{said}");
    let extract = |series: &str, out: &str| {
        let object = "dicom_t0/rt.dcm";
        expect(here, &["extract", "dicom_t0", object, "--series", series, "--out", out], 0);
        std::fs::read(here.join(out).join("features.csv")).unwrap()
    };
    assert_ne!(extract("4", "four"), extract("7", "seven"));
    std::fs::write(here.join("dicom_t0/visit.toml"), "schema = 1\nseries = \"4\"\n").unwrap();
    expect(here, &[&PAIR[..], &["--out", "chosen"]].concat(), 0);
    std::fs::remove_file(here.join("dicom_t0/visit.toml")).unwrap();
    expect(here, &[&PAIR[..], &["--series", "4", "--out", "out"]].concat(), 0);
    let [chosen, asked] = ["chosen", "out"].map(|out| rows(&here.join(out).join("features.csv")));
    assert_eq!(chosen, asked);
    let wrong = expect(here, &["extract", "dicom_t0", "dicom_t0/rt.dcm", "--series", "5", "--out", "no"], 3);
    assert!(String::from_utf8(wrong.stderr).unwrap().contains("E-DICOM-SERIES"));
}

#[test]
fn contours_of_another_frame_of_reference_are_told_and_not_used() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    put_small(here, [Layout::Plain; 2], [&plain(), &plain()], ["B30f"; 2]);
    std::fs::copy(here.join("dicom_t1/rt.dcm"), here.join("dicom_t0/other.dcm")).unwrap();
    let said = String::from_utf8(expect(here, &["inspect", "dicom_t0"], 0).stdout).unwrap();
    assert!(said.contains("1 RTSTRUCT or SEG is of another frame of reference"), "{said}");
    assert_eq!(said.matches(", drawn").count(), 2, "{said}");
    // Given as a mask, they are refused.
    let refused = expect(here, &["extract", "dicom_t0/ct", "dicom_t0/other.dcm", "--out", "no"], 3);
    assert!(String::from_utf8(refused.stderr).unwrap().contains("E-DICOM-FRAME"));
}

/// What makes a PET of a series: 70 kg, 350 MBq of F-18 an hour before.
fn pet() -> Elements {
    let (mut more, mut drug) = (plain(), plain());
    more.text((8, 0x16), "UI", "1.2.840.10008.5.1.4.1.1.128").text((8, 0x60), "CS", "PT");
    more.text((8, 0x21), "DA", DATES[0]).text((8, 0x31), "TM", "101000");
    more.text((0x10, 0x1030), "DS", "70").text((0x28, 0x1052), "DS", "0").text((0x28, 0x1053), "DS", "10");
    more.text((0x54, 0x1001), "CS", "BQML").text((0x54, 0x1102), "CS", "START");
    more.text((0x28, 0x51), "CS", "ATTN\\DECY").text((0x54, 0x1300), "DS", "0");
    drug.text((0x18, 0x31), "LO", "FDG").text((0x18, 0x1072), "TM", "091000");
    drug.text((0x18, 0x1074), "DS", "350000000").text((0x18, 0x1075), "DS", "6588");
    more.sequence((0x54, 0x16), &[drug]);
    more
}

#[test]
fn pet_is_measured_in_suv_or_as_it_is_stored() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    put_small(here, [Layout::Plain; 2], [&pet(), &pet()], ["XYZG=7.00"; 2]);
    let mean = |more: &[&str], out: &str| -> f64 {
        let object = "dicom_t0/rt.dcm:GTV";
        let all = [&["extract", "dicom_t0/ct", object, "--protocol", "pet", "--out", out][..], more].concat();
        expect(here, &all, 0);
        let table = rows(&here.join(out).join("features.csv"));
        let row = table.iter().find(|row| row["feature"] == "stat_mean").unwrap();
        row["value"].parse().unwrap()
    };
    let (suv, raw) = (mean(&[], "suv"), mean(&["--pet", "raw", "--force"], "raw"));
    // Weight in grams over the dose that is left after an hour.
    let factor = 70_000.0 / (350e6 * 0.5_f64.powf(3600.0 / 6588.0));
    assert!((suv / raw / factor - 1.0).abs() < 1e-6, "{suv} of {raw}, {factor}");
    let told = json(&here.join("suv/run.json")).to_string();
    assert!(told.contains("g/mL") && told.contains("60.0 min after injection"), "{told}");
    // The whole way, both visits with tracer and uptake.
    expect(here, &[&PAIR[..], &["--out", "out"]].concat(), 0);
    let deltas = rows(&here.join("out/deltas.csv"));
    assert!(deltas.iter().all(|row| row["modality"] == "PT" && !row["flags"].contains("acquisition_")));
}
