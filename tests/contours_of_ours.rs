//! The follow-up has no mask: contours of ours, what a person does with them, and when none can be trusted.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its own data has to fail")]

mod common;
#[path = "support/patient.rs"]
mod patient;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use common::{expect, names, rows};
use delta_radiomics::geometry::Grid;
use delta_radiomics::io::{ReadOptions, read_label_map, write_labels, write_volume};
use delta_radiomics::volume::Volume;
use patient::{CT, LESION, REGIONS, ball, body, grid, labels, put, put_drawn, put_pair};
use serde_json::Value;
use tempfile::TempDir;

type Row = BTreeMap<String, String>;

/// A registered pair and its result `out`, which several tests go on from.
static BENCH: LazyLock<TempDir> = LazyLock::new(|| {
    let dir = tempfile::tempdir().unwrap();
    put_pair(dir.path());
    expect(dir.path(), &["run", "--baseline", "t0", "--followup", "t1", "--out", "out"], 0);
    dir
});

fn run(here: &Path, arguments: &[&str], code: i32) -> String {
    let output = expect(here, &[&["run", "--baseline", "t0"], arguments].concat(), code);
    String::from_utf8(output.stdout).unwrap()
}

fn of<'a>(deltas: &'a [Row], roi: &str, feature: &str) -> &'a Row {
    deltas.iter().find(|r| r["roi"] == roi && r["feature"] == feature).unwrap()
}

fn json(file: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

/// The label of a region in a result's masks.
fn label_of(out: &Path, region: &str) -> u32 {
    let table = std::fs::read_to_string(out.join("masks/dseg.tsv")).unwrap();
    let line = table.lines().find(|line| line.ends_with(&format!("\t{region}"))).unwrap();
    line.split('\t').next().unwrap().parse().unwrap()
}

/// A followed contour of the bench, with the lesion's outermost slice wiped out.
fn edited() -> Volume<u32> {
    let out = BENCH.path().join("out");
    let lesion = label_of(&out, "lesion");
    let map = read_label_map(&out.join("masks/t1_followed.nii.gz"), &ReadOptions::default()).unwrap().volume;
    let mut edited = map.clone();
    let slice = |offset: usize| map.grid().voxel(offset)[2];
    let of_lesion: Vec<usize> = (0..map.grid().len()).filter(|&o| map.values()[o] == lesion).collect();
    let top = of_lesion.iter().map(|&o| slice(o)).max().unwrap();
    for offset in of_lesion.into_iter().filter(|&o| slice(o) == top) {
        edited.values_mut()[offset] = 0;
    }
    edited
}

/// A copy of the bench's result that may be changed.
fn copy_of_result(here: &Path) {
    fn copy(from: &Path, to: &Path) {
        std::fs::create_dir_all(to).unwrap();
        for name in names(from) {
            let (from, to) = (from.join(&name), to.join(&name));
            if from.is_dir() { copy(&from, &to) } else { _ = std::fs::copy(from, to).unwrap() }
        }
    }
    for name in ["t0", "t1", "out"] {
        copy(&BENCH.path().join(name), &here.join(name));
    }
}

/// The edited lesion decides, the organ matches by its name, and nothing waits for a person.
fn decides(here: &Path, result: &str) {
    let deltas = rows(&here.join(result).join("deltas.csv"));
    let ours = rows(&BENCH.path().join("out/deltas.csv"));
    let (volume, before) =
        (of(&deltas, "lesion", "morph_vol_approx"), of(&ours, "lesion", "morph_vol_approx"));
    assert_eq!((&*volume["mask_source_followup"], &*volume["roi_role"]), ("edited", "lesion"), "{result}");
    assert_eq!(volume["baseline"], before["baseline"]);
    let sizes = [before, volume].map(|r| r["followup"].parse::<f64>().unwrap());
    assert!(sizes[1] < sizes[0], "a slice is gone: {sizes:?}");
    assert_eq!(volume["verdict"], "no_gate");
    let organ = of(&deltas, "organ", "morph_vol_approx");
    assert_eq!((&*organ["mask_source_followup"], &*organ["status"]), ("edited", "ok"));
    let mut regions: Vec<&str> = deltas.iter().map(|r| r["roi"].as_str()).collect();
    regions.dedup();
    assert_eq!(regions, ["lesion", "organ"], "{result}");
}

#[test]
fn an_edited_label_map_given_back_decides_whatever_the_visit_says_of_labels() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    copy_of_result(here);
    write_labels(&here.join("out/masks/t1_followed.nii.gz"), &edited()).unwrap();
    let otherwise =
        "[[roi]]\nlabel = 2\nname = \"lesion\"\nrole = \"lesion\"\n[[roi]]\nlabel = 9\nname = \"organ\"\n";
    std::fs::copy(here.join("t1/image.nii.gz"), here.join("scan.nii.gz")).unwrap();
    let image = body(&grid(), [3.0, 0.0, -2.0], 1);
    put(&here.join("numbered/t1"), &image, &[], &format!("{CT}{otherwise}"));
    put(&here.join("bare/t1"), &image, &[], CT);
    std::fs::remove_file(here.join("bare/t1/visit.toml")).unwrap();
    for (followup, result) in
        [("t1", "plain"), ("numbered/t1", "other"), ("bare/t1", "undescribed"), ("t1/image.nii.gz", "file")]
    {
        let mask = "out/masks/t1_followed.nii.gz";
        let more: &[&str] =
            if followup.contains("bare") { &["--modality", "CT", "--units", "HU"] } else { &[] };
        let arguments = ["--followup", followup, "--followup-mask", mask, "--from", "out", "--out", result];
        run(here, &[&arguments[..], more].concat(), 0);
        decides(here, result);
    }
}

#[test]
fn an_edited_folder_of_structures_given_back_decides() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    copy_of_result(here);
    let (out, map) = (here.join("out"), edited());
    std::fs::remove_file(out.join("masks/t1_followed.nii.gz")).unwrap();
    std::fs::create_dir(out.join("masks/t1_followed")).unwrap();
    for region in ["lesion", "organ"] {
        let label = label_of(&out, region);
        let file = out.join(format!("masks/t1_followed/{region}.nii.gz"));
        write_labels(&file, &map.map(|l| u32::from(l == label))).unwrap();
    }
    put(&here.join("t1"), &body(&grid(), [3.0, 0.0, -2.0], 1), &[], &format!("{CT}{REGIONS}"));
    run(
        here,
        &["--followup", "t1", "--followup-mask", "out/masks/t1_followed", "--from", "out", "--out", "new"],
        0,
    );
    decides(here, "new");
}

#[test]
fn a_contour_that_the_visit_accepts_is_no_longer_unconfirmed() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    copy_of_result(here);
    let before = rows(&here.join("out/deltas.csv"));
    let lesion = of(&before, "lesion", "morph_volume");
    assert_eq!((&*lesion["mask_source_followup"], &*lesion["reason"]), ("followed", "unconfirmed_contour"));
    std::fs::write(here.join("t1/visit.toml"), format!("schema = 1\naccept_contours = [\"lesion\"]\n{CT}"))
        .unwrap();
    run(here, &["--followup", "t1", "--from", "out", "--out", "accepted"], 0);
    let after = rows(&here.join("accepted/deltas.csv"));
    let accepted = of(&after, "lesion", "morph_volume");
    assert_eq!((&*accepted["mask_source_followup"], &*accepted["verdict"]), ("accepted", "no_gate"));
    assert_eq!(accepted["followup"], lesion["followup"]);
    let organ = of(&after, "organ", "stat_mean");
    assert_eq!(
        (&*organ["verdict"], &*organ["reason"]),
        ("refused", "unconfirmed_contour"),
        "only the lesion"
    );
}

#[test]
fn two_followups_have_an_alignment_and_deltas_each() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    put_pair(here);
    put(&here.join("t2"), &body(&grid(), [0.0, 3.0, 0.0], 1), &[], CT);
    run(here, &["--followup", "t1", "--followup", "t2", "--out", "out"], 0);
    let found = names(&here.join("out"));
    assert!(["qa_t1.json", "qa_t2.json"].iter().all(|name| found.iter().any(|f| f == name)), "{found:?}");
    assert!(!found.iter().any(|f| f == "qa.json"));
    let deltas = rows(&here.join("out/deltas.csv"));
    for visit in ["t1", "t2"] {
        let of_visit: Vec<&Row> = deltas.iter().filter(|r| r["followup_visit"] == visit).collect();
        assert!(of_visit.len() > 100 && of_visit.iter().all(|r| r["baseline_visit"] == "t0"));
    }
    run(
        here,
        &["--followup", "t1", "--followup", "t2", "--from", "out", "--accept-contours", "--out", "again"],
        0,
    );
    let again = rows(&here.join("again/deltas.csv"));
    assert!(again.iter().any(|r| r["followup_visit"] == "t2" && r["mask_source_followup"] == "accepted"));
}

#[test]
fn a_region_that_leaves_the_field_of_view_is_named_and_the_others_go_on() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    // The lesion lies at 15 mm of height, and the follow-up ends at 16.5 mm.
    let masks = [(1, ball(&grid(), [9.0, -6.0, 15.0], 8.0)), (2, ball(&grid(), [-12.0, 6.0, -12.0], 9.0))];
    put(&here.join("t0"), &body(&grid(), [0.0; 3], 1), &masks, &format!("{CT}{REGIONS}"));
    let short = Grid::axis_aligned([30, 26, 18], [3.0; 3], [-43.5, -37.5, -34.5]).unwrap();
    put(&here.join("t1"), &body(&short, [0.0; 3], 1), &[], CT);
    let said = run(here, &["--followup", "t1", "--out", "out"], 5);
    assert!(said.contains("lesion"), "{said}");
    let deltas = rows(&here.join("out/deltas.csv"));
    let lesion = of(&deltas, "lesion", "stat_mean");
    assert_eq!((&*lesion["status"], &*lesion["reason"]), ("undefined", "outside_field_of_view"));
    assert!(deltas.iter().any(|r| r["roi"] == "organ" && !r["absolute"].is_empty()), "the organ goes on");
}

#[test]
fn a_failed_alignment_refuses_what_rests_on_it_and_keeps_what_was_drawn() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    put_drawn(&here.join("t0"), 12.0, [0.0; 3]);
    let masks = [(1, ball(&grid(), LESION, 9.0))];
    let toml = format!("{CT}[[roi]]\nlabel = 1\nname = \"lesion\"\nrole = \"lesion\"\n");
    put(&here.join("t1"), &body(&grid(), [3.0, 0.0, -2.0], 1), &masks, &toml);
    // A protocol that asks of the alignment what none can give.
    let text = include_str!("../protocols/ct.toml");
    let strict = text.replacen("[qa]", "[qa]\ngain_pass = 0.999\ngain_fail = 0.99", 1);
    std::fs::write(here.join("strict.toml"), strict).unwrap();
    let said = run(here, &["--followup", "t1", "--protocol", "strict.toml", "--out", "out"], 7);
    assert!(said.contains("FAIL"), "{said}");
    assert_eq!(json(&here.join("out/qa.json"))["verdict"], "FAIL");
    let deltas = rows(&here.join("out/deltas.csv"));
    let organ = of(&deltas, "organ", "stat_mean");
    assert_eq!((&*organ["verdict"], &*organ["reason"]), ("refused", "qa_fail"));
    let drawn =
        deltas.iter().find(|r| r["feature"] == "morph_volume" && r["mask_source_followup"] == "drawn");
    assert_eq!(drawn.unwrap()["verdict"], "no_gate");
}

#[test]
fn a_followup_that_shows_something_else_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    put_drawn(&here.join("t0"), 12.0, [0.0; 3]);
    // Five bodies in a row, of which the baseline can show one.
    let long = Grid::axis_aligned([30, 26, 130], [3.0; 3], [-43.5, -37.5, -34.5]).unwrap();
    let mut image = Volume::filled(long.clone(), -1000.0);
    for n in 0..5_u8 {
        let one = body(&long, [0.0, 0.0, 80.0 * f64::from(n)], u32::from(n) + 1);
        for (voxel, value) in image.values_mut().iter_mut().zip(one.values()) {
            *voxel = value.max(*voxel);
        }
    }
    put(&here.join("t1"), &image, &[], CT);
    let refused = expect(here, &["run", "--baseline", "t0", "--followup", "t1", "--out", "out"], 3);
    assert!(String::from_utf8_lossy(&refused.stderr).starts_with("E-REGISTER-OVERLAP"));
    assert_eq!(names(here), ["t0", "t1"]);
}

#[test]
fn the_same_scan_twice_is_under_review() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    put_drawn(&here.join("t0"), 12.0, [0.0; 3]);
    put(&here.join("t1"), &body(&grid(), [0.0; 3], 1), &[], CT);
    write_volume(&here.join("t1/image.nii.gz"), &body(&grid(), [0.0; 3], 1)).unwrap();
    run(here, &["--followup", "t1", "--out", "out"], 0);
    assert_eq!(json(&here.join("out/qa.json"))["verdict"], "REVIEW");
    let deltas = rows(&here.join("out/deltas.csv"));
    assert_eq!(of(&deltas, "lesion", "stat_mean")["absolute"].parse::<f64>().unwrap(), 0.0);
}

#[test]
fn label_maps_of_the_result_say_the_names_of_their_labels() {
    let out = BENCH.path().join("out");
    let map = read_label_map(&out.join("masks/t1_carried.nii.gz"), &ReadOptions::default()).unwrap().volume;
    let mut present: Vec<u32> = map.values().iter().copied().filter(|&l| l > 0).collect();
    present.sort_unstable();
    present.dedup();
    assert_eq!(present, [label_of(&out, "lesion"), label_of(&out, "organ")]);
    let expected = labels(map.grid(), &[(1, ball(map.grid(), [12.0, -6.0, 2.0], 12.0))]);
    let same = (0..map.grid().len()).filter(|&o| map.values()[o] == 1 && expected.values()[o] == 1).count();
    let both = map.values().iter().chain(expected.values()).filter(|&&l| l == 1).count();
    assert!(2.0 * same as f64 / both as f64 > 0.85, "the lesion is carried to where its tissue went");
}
