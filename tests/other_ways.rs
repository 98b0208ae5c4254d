//! Starts that are given, visits that start from each other, and alignments beside other ways, through the program.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its own data has to fail")]

mod common;
#[path = "support/patient.rs"]
mod patient;

use std::path::Path;
use std::sync::LazyLock;

use common::{contents, delta, expect, reference};
use delta_radiomics::geometry::{Fixed, Grid, World};
use delta_radiomics::io::landmarks::read_landmarks;
use delta_radiomics::io::{ReadOptions, read_displacement, read_map, write_volume};
use delta_radiomics::transform::{Chain, PointMap as _};
use delta_radiomics::volume::Volume;
use nalgebra::{Matrix4, Rotation3, Vector3};
use patient::{CT, LESION, ORGAN, ball, grid, put};
use serde_json::Value;
use tempfile::TempDir;

fn json(file: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

/// A body in whole Hounsfield units that moved by `shift`: soft edges and structures of some centimetres, no two alike,
/// which a registration finds from either scan.
fn body(grid: &Grid, shift: [f64; 3]) -> Volume<f32> {
    let value = |offset: usize| {
        let p = grid.centre_of(grid.voxel(offset)).point() - Vector3::from(shift);
        let (x, y, z) = (p.x, p.y, p.z);
        let radius = ((x / 34.0).powi(2) + (y / 27.0).powi(2) + ((z - 2.0) / 26.0).powi(2)).sqrt();
        let tissue = (0.21 * x + 0.3).sin() * (0.19 * y).sin()
            + 0.7 * (0.17 * z + 0.11 * x).cos()
            + 0.5 * (0.33 * y - 0.29 * z).sin()
            + 0.02 * x;
        (-100.0 + (150.0 + 60.0 * tissue) / (1.0 + ((radius - 1.0) * 20.0).exp())).round() as f32
    };
    Volume::new(grid.clone(), (0..grid.len()).map(value).collect())
}

/// A visit whose tissue moved by `shift`; the regions are drawn at baseline alone.
fn put_visit(here: &Path, name: &str, shift: [f64; 3]) {
    let grid = grid();
    let masks =
        if name == "t0" { vec![(1, ball(&grid, LESION, 8.0)), (2, ball(&grid, ORGAN, 9.0))] } else { vec![] };
    let regions = if name == "t0" { patient::REGIONS } else { "" };
    let toml = format!("subject = \"P1\"\nvisit = \"{name}\"\n{CT}{regions}");
    put(&here.join(name), &body(&grid, shift), &masks, &toml);
}

fn put_visits(here: &Path) {
    for (name, shift) in [("t0", [0.0; 3]), ("t1", [2.0, -1.5, 1.0]), ("t2", [3.5, -2.5, 2.0])] {
        put_visit(here, name, shift);
    }
}

const THREE: [&str; 7] = ["run", "--baseline", "t0", "--followup", "t1", "--followup", "t2"];

/// Three visits, run with other ways, on one thread.
static BENCH: LazyLock<TempDir> = LazyLock::new(|| {
    let dir = tempfile::tempdir().unwrap();
    put_visits(dir.path());
    expect(dir.path(), &[&THREE[..], &["--both-ways", "--out", "out", "-j", "1"]].concat(), 0);
    dir
});

#[test]
fn other_ways_are_in_the_findings_and_on_the_page() {
    let out = BENCH.path().join("out");
    let (first, second) = (json(&out.join("qa_t1.json")), json(&out.join("qa_t2.json")));
    for qa in [&first, &second] {
        let miss = &qa["both_ways_mm"];
        assert!(miss["n"].as_u64().unwrap() > 500 && miss["median"].as_f64().unwrap() < 1.0, "{miss}");
        for roi in qa["rois"].as_array().unwrap() {
            assert!(roi["both_ways_mm"]["p95"].as_f64().unwrap() < 3.0, "{roi}");
        }
    }
    assert!(first.get("loop_mm").is_none(), "the first follow-up has no visit before it");
    assert_eq!(second["loop_mm"]["by_way_of"], "t1");
    assert!(second["loop_mm"]["median"].as_f64().unwrap() < 1.0, "{}", second["loop_mm"]);
    assert!(second["rois"].as_array().unwrap().iter().all(|r| r["loop_mm"]["median"].is_number()));
    let page = std::fs::read_to_string(out.join("report.html")).unwrap();
    assert!(page.contains("There and back") && page.contains("By way of t1"));
}

#[test]
fn visits_that_start_from_each_other_give_the_same_bytes_at_any_number_of_threads() {
    let dir = tempfile::tempdir().unwrap();
    put_visits(dir.path());
    expect(dir.path(), &[&THREE[..], &["--both-ways", "--out", "out", "-j", "2"]].concat(), 0);
    let (one, two) = (contents(&BENCH.path().join("out")), contents(&dir.path().join("out")));
    let differ: Vec<&String> = one.keys().filter(|name| one.get(*name) != two.get(*name)).collect();
    assert!(differ.is_empty() && one.len() == two.len(), "{differ:?}");
}

#[test]
fn what_other_ways_said_goes_on_with_the_transforms() {
    let here = BENCH.path();
    expect(here, &[&THREE[..], &["--from", "out", "--out", "again"]].concat(), 0);
    let (before, after) = (json(&here.join("out/qa_t2.json")), json(&here.join("again/qa_t2.json")));
    for key in ["both_ways_mm", "loop_mm", "reasons", "rois"] {
        assert_eq!(before[key], after[key], "{key}");
    }
    let both = [&THREE[..], &["--from", "out", "--both-ways", "--out", "no"]].concat();
    expect(here, &both, 2);
}

#[test]
fn a_cohort_goes_other_ways_too_and_says_the_same() {
    let here = BENCH.path();
    let manifest = "subject,visit,day,visit_folder\nP1,t0,0,t0\nP1,t1,20,t1\nP1,t2,42,t2\n";
    std::fs::write(here.join("m.csv"), manifest).unwrap();
    expect(here, &["cohort", "run", "m.csv", "--both-ways", "--perturb", "0", "--out", "study"], 0);
    let mut patients = std::fs::read_dir(here.join("study/patients")).unwrap();
    let patient = patients.next().unwrap().unwrap().path();
    for (file, key) in
        [("qa_t1.json", "both_ways_mm"), ("qa_t2.json", "both_ways_mm"), ("qa_t2.json", "loop_mm")]
    {
        assert_eq!(json(&patient.join(file))[key], json(&here.join("out").join(file))[key], "{file}, {key}");
    }
}

/// ITK text of `x -> rotation x + shift` in RAS.
fn put_tfm(path: &Path, rotation: &Rotation3<f64>, shift: Vector3<f64>) {
    let flip = nalgebra::Matrix3::from_diagonal(&Vector3::new(-1.0, -1.0, 1.0));
    let (m, t) = (flip * rotation.matrix() * flip, flip * shift);
    let numbers: Vec<String> = m.transpose().iter().chain(t.iter()).map(|v| format!("{v:?}")).collect();
    let text = format!(
        "#Insight Transform File V1.0\n#Transform 0\nTransform: AffineTransform_double_3_3\n\
         Parameters: {}\nFixedParameters: 0 0 0\n",
        numbers.join(" ")
    );
    std::fs::write(path, text).unwrap();
}

/// A scan whose header was turned by 130 degrees and moved, which no start of the program comes near; and that motion.
fn put_turned(here: &Path) -> (Rotation3<f64>, Vector3<f64>) {
    let (turn, shift) = (Rotation3::from_euler_angles(0.1, 0.0, 2.3), Vector3::new(60.0, -35.0, 20.0));
    let grid = grid();
    let motion = Matrix4::new_translation(&shift) * turn.to_homogeneous();
    let turned: Grid = Grid::new(grid.dims(), motion * grid.affine()).unwrap();
    write_volume(&here.join("fixed.nii.gz"), &body(&grid, [1.0, -1.0, 0.5])).unwrap();
    let moving = body(&grid, [0.0; 3]);
    write_volume(&here.join("moving.nii.gz"), &moving.on(turned)).unwrap();
    (turn, shift)
}

/// Largest distance in mm between a result's displacement and a motion, over the middle of the fixed scan.
fn farthest(out: &Path, rotation: &Rotation3<f64>, shift: Vector3<f64>) -> f64 {
    let file = out.join("transforms/fixed_to_moving_displacement.nii.gz");
    let field = read_displacement(&file, &ReadOptions::default()).unwrap();
    let miss = |offset: usize| {
        let p = field.grid().centre_of(field.grid().voxel(offset)).point().coords;
        let u = Vector3::from(field.values()[offset].map(f64::from));
        (p.norm() < 24.0).then(|| (p + u - (rotation * p + shift)).norm())
    };
    (0..field.grid().len()).filter_map(miss).fold(0.0, f64::max)
}

const REGISTER: [&str; 7] =
    ["register", "--fixed", "fixed.nii.gz", "--moving", "moving.nii.gz", "--modality", "CT"];

#[test]
fn a_start_that_is_given_finds_what_no_other_start_comes_near() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    let (turn, shift) = put_turned(here);
    // The truth, 6 mm and a few degrees off.
    let near = Rotation3::from_euler_angles(0.05, 0.05, 0.0) * turn;
    put_tfm(&here.join("near.tfm"), &near, shift + Vector3::new(4.0, -4.0, 2.0));
    let asked = ["--initial", "near.tfm", "--both-ways", "--out", "out"];
    let said = expect(here, &[&REGISTER[..], &asked].concat(), 0);
    let said = String::from_utf8(said.stdout).unwrap();
    assert!(said.contains("began from the start of --initial"), "{said}");
    assert!(json(&here.join("out/run.json"))["notes"][0].as_str().unwrap().contains("--initial"));
    assert!(json(&here.join("out/run.json"))["inputs"]["initial_1"].is_object());
    let truth_shift = shift - turn * Vector3::new(1.0, -1.0, 0.5);
    let miss = farthest(&here.join("out"), &turn, truth_shift);
    assert!(miss < 1.0, "{miss} mm");
    let back = json(&here.join("out/qa.json"))["both_ways_mm"]["median"].as_f64().unwrap();
    assert!(back < 0.5, "the way back starts from the inverse: {back} mm");

    // Its result, as a field and as a spline, is a start in its turn.
    for file in ["displacement.nii.gz", "bspline.tfm"] {
        let start = format!("out/transforms/fixed_to_moving_{file}");
        expect(here, &[&REGISTER[..], &["--initial", &start, "--out", "again", "--force"]].concat(), 0);
        assert!(farthest(&here.join("again"), &turn, truth_shift) < 1.0, "{file}");
    }
}

#[test]
fn a_start_beside_the_scan_is_told_and_one_that_cannot_be_read_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    let grid = grid();
    write_volume(&here.join("fixed.nii.gz"), &body(&grid, [1.0, -1.0, 0.5])).unwrap();
    write_volume(&here.join("moving.nii.gz"), &body(&grid, [0.0; 3])).unwrap();
    put_tfm(&here.join("far.tfm"), &Rotation3::identity(), Vector3::new(500.0, 0.0, 0.0));
    std::fs::write(here.join("words.tfm"), "no transform").unwrap();
    let said = expect(here, &[&REGISTER[..], &["--initial", "far.tfm", "--out", "far"]].concat(), 0);
    assert!(String::from_utf8(said.stdout).unwrap().contains("was not used: it lays 0 %"));
    expect(here, &[&REGISTER[..], &["--out", "plain"]].concat(), 0);
    let field = "transforms/fixed_to_moving_displacement.nii.gz";
    assert!(contents(&here.join("far"))[field] == contents(&here.join("plain"))[field]);
    for (file, code) in [("none.tfm", "E-FILE-MISSING"), ("words.tfm", "E-TRANSFORM-FORMAT")] {
        let output =
            delta(here, &[&REGISTER[..], &["--initial", file, "--out", "no"]].concat()).output().unwrap();
        let cried = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(3) && cried.contains(code), "{cried}");
    }
}

#[test]
fn starts_of_a_run_are_given_for_each_follow_up_or_by_name() {
    let here = BENCH.path();
    put_tfm(&here.join("far.tfm"), &Rotation3::identity(), Vector3::new(500.0, 0.0, 0.0));
    expect(here, &[&THREE[..], &["--initial", "t2=far.tfm", "--out", "named"]].concat(), 0);
    let notes = json(&here.join("named/run.json"))["notes"].to_string();
    assert!(notes.contains("t2: The start of --initial was not used"), "{notes}");
    for given in [&["--initial", "far.tfm"][..], &["--initial", "t3=far.tfm"]] {
        let output = delta(here, &[&THREE[..], given, &["--out", "no"]].concat()).output().unwrap();
        let cried = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(2) && cried.contains("E-RUN-INITIAL"), "{cried}");
    }
}

#[test]
fn a_scan_with_itself_is_the_identity() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    let image = body(&grid(), [0.0; 3]);
    write_volume(&here.join("fixed.nii.gz"), &image).unwrap();
    write_volume(&here.join("moving.nii.gz"), &image).unwrap();
    // The same again but for one voxel of air in a corner: not the same scan, so that it is really registered.
    let mut other = image.clone();
    other.values_mut()[0] -= 1.0;
    write_volume(&here.join("other.nii.gz"), &other).unwrap();
    for (moving, out) in [("moving.nii.gz", "same"), ("other.nii.gz", "other")] {
        let words =
            ["register", "--fixed", "fixed.nii.gz", "--moving", moving, "--modality", "CT", "--out", out];
        expect(here, &words, 0);
        let miss = farthest(&here.join(out), &Rotation3::identity(), Vector3::zeros());
        assert!(miss < 1e-3, "{moving}: {miss} mm");
    }
}

/// The transform that `delta register` finds, with the scans as they are or exchanged.
fn found(here: &Path, [fixed, moving]: [&Path; 2], [preset, modality]: [&str; 2]) -> Chain {
    let [fixed, moving] = [fixed, moving].map(|path| path.to_str().unwrap());
    let words =
        ["register", "--fixed", fixed, "--moving", moving, "--preset", preset, "--modality", modality];
    expect(here, &[&words[..], &["--out", "found", "--force"]].concat(), 0);
    let inverse = &json(&here.join("found/qa.json"))["inverse_residual_mm"];
    assert!(inverse["mean"].as_f64().unwrap() < 0.05, "{fixed}: {inverse}");
    let file = here.join("found/transforms/fixed_to_moving_bspline.tfm");
    read_map(&file, &ReadOptions::default()).unwrap().chain
}

#[test]
fn exchanging_the_scans_gives_the_inverse_on_known_truth() {
    let Some(shared) = reference() else { return };
    let dir = tempfile::tempdir().unwrap();
    for (pair, settings) in [
        ("kt_pet_sts001", ["pet", "PT"]),
        ("kt_ct_liver_crlm1004", ["thorax_abdomen", "CT"]),
        ("kt_mr_brain_oasis", ["brain", "MR"]),
    ] {
        let folder = shared.join("registration").join(pair);
        let [fixed, moving] = ["fixed.nii.gz", "moving.nii.gz"].map(|name| folder.join(name));
        let there = found(dir.path(), [&fixed, &moving], settings);
        let back = found(dir.path(), [&moving, &fixed], settings);
        let landmarks = read_landmarks(&folder.join("landmarks.csv")).unwrap();
        let miss = |p: World<Fixed>| {
            let q = back.apply(World::from_point(there.apply(p).point()));
            (q.point() - p.point()).norm()
        };
        let mut misses: Vec<f64> = landmarks.iter().map(|landmark| miss(landmark.fixed)).collect();
        misses.sort_by(f64::total_cmp);
        let median = misses[misses.len() / 2];
        assert!(median < 0.5, "{pair}: {median} mm");
    }
}
