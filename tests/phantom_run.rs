//! The whole way on a pair whose truth is known: alignment, contours, features, deltas, verdicts.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its own data has to fail")]

mod common;
#[path = "support/gate.rs"]
mod support;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use common::{contents, expect, rows};
use delta_radiomics::geometry::{Index, Moving, World};
use delta_radiomics::io::{ReadOptions, read_displacement, read_label_map};
use delta_radiomics::labels::Mask;
use delta_radiomics::propagate;
use support::{gate_for, rows_of};
use tempfile::TempDir;

type Row = BTreeMap<String, String>;

/// The pair of the fixture's seed with all of its truth, and runs on it that several tests look at.
struct Bench {
    dir: TempDir,
}

impl Bench {
    fn path(&self) -> &Path {
        self.dir.path()
    }
}

static BENCH: LazyLock<Bench> = LazyLock::new(|| {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    expect(here, &["phantom", "lesion", "--seed", "1"], 0);
    expect(here, &["phantom", "all", "--seed", "1", "--drawn", "all"], 0);
    expect(here, &["phantom", "none", "--seed", "1", "--drawn", "none"], 0);
    let run = |pair: &str, out: &str, more: &[&str]| {
        let (t0, t1) = (format!("{pair}/t0"), format!("{pair}/t1"));
        let mut arguments = vec!["run", "--baseline", &t0, "--followup", &t1, "--out", out];
        arguments.extend(more);
        expect(here, &arguments, 0);
    };
    run("all", "drawn", &["--landmarks", "all/truth/landmarks.csv"]);
    run("none", "ours", &[]);
    Bench { dir }
});

fn value(text: &str) -> f64 {
    text.parse().unwrap_or_else(|_| panic!("{text:?} is no number"))
}

fn delta_row<'a>(rows: &'a [Row], roi: &str, feature: &str, source: &str) -> &'a Row {
    rows.iter()
        .find(|r| r["roi"] == roi && r["feature"] == feature && r["mask_source_followup"] == source)
        .unwrap_or_else(|| panic!("no row of {feature} in {roi}, {source}"))
}

fn json(path: &Path) -> serde_json::Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn landmarks_arrive_within_a_voxel_and_nothing_folds() {
    let qa = json(&BENCH.path().join("drawn/qa.json"));
    let voxel = json(&BENCH.path().join("all/truth/truth.json"))["spacing_mm"][0].as_f64().unwrap();
    assert!(qa["tre_mm"]["mean"].as_f64().unwrap() < voxel, "{}", qa["tre_mm"]);
    assert_eq!(qa["jacobian"]["folded_fraction"].as_f64(), Some(0.0));
    assert_ne!(qa["verdict"], "FAIL");
}

#[test]
fn carried_organs_and_the_stable_lesion_lie_on_the_drawn_ones() {
    let qa = json(&BENCH.path().join("drawn/qa.json"));
    let mut compared = 0;
    for roi in qa["rois"].as_array().unwrap() {
        if roi["name"] == "lesion" || roi["mask_source"] != "carried" {
            continue;
        }
        for agreement in roi["agreement"].as_array().unwrap() {
            if agreement["with"] == "drawn" {
                assert!(agreement["dice"].as_f64().unwrap() >= 0.9, "{roi}");
                compared += 1;
            }
        }
    }
    assert!(compared >= 4, "{compared} regions were compared");
}

#[test]
fn the_size_of_the_drawn_lesion_changes_as_the_truth_says() {
    let rows = rows(&BENCH.path().join("drawn/deltas.csv"));
    let truth = json(&BENCH.path().join("all/truth/truth.json"))["lesion_volume_log_ratio"].as_f64().unwrap();
    let found = value(&delta_row(&rows, "lesion", "morph_volume", "drawn")["log_ratio"]);
    assert!((found - truth).abs() < 0.02, "log ratio {found}, truth {truth}");
}

#[test]
fn swapping_the_visits_negates_absolute_and_log_ratio() {
    let here = BENCH.path();
    for (a, b, out) in [("t0", "t1", "forth"), ("t1", "t0", "back")] {
        let (baseline, followup) = (format!("all/{a}"), format!("all/{b}"));
        let run = ["run", "--baseline", &baseline, "--followup", &followup, "--no-register", "--out", out];
        expect(here, &run, 0);
    }
    let (forth, back) = (rows(&here.join("forth/deltas.csv")), rows(&here.join("back/deltas.csv")));
    assert_eq!(forth.len(), back.len());
    let key = |r: &Row| ["roi", "image", "family", "feature", "aggregation"].map(|c| r[c].clone());
    let back: BTreeMap<_, _> = back.iter().map(|r| (key(r), r)).collect();
    let mut compared = 0;
    for row in &forth {
        for column in ["absolute", "log_ratio"] {
            let (there, again) = (&row[column], &back[&key(row)][column]);
            assert_eq!(there.is_empty(), again.is_empty());
            if !there.is_empty() {
                let (there, again) = (value(there), value(again));
                assert!((there + again).abs() <= 1e-9 * there.abs().max(1.0), "{:?} {column}", key(row));
                compared += 1;
            }
        }
    }
    assert!(compared > 100);
}

#[test]
fn contours_of_ours_are_unconfirmed_until_they_are_accepted() {
    let here = BENCH.path();
    let before = rows(&here.join("ours/deltas.csv"));
    assert!(before.iter().all(|r| r["verdict"] == "refused" || r["verdict"] == "undefined"));
    let lesion: Vec<&Row> =
        before.iter().filter(|r| r["roi"] == "lesion" && r["mask_source_followup"] == "followed").collect();
    assert!(
        lesion.iter().any(|r| r["reason"] == "unconfirmed_contour" && !r["verdict_if_accepted"].is_empty())
    );

    std::fs::write(here.join("gate.json"), gate_of(&here.join("ours"))).unwrap();
    let mut accept = vec!["run", "--baseline", "none/t0", "--followup", "none/t1", "--gate", "gate.json"];
    expect(here, &[&accept[..], &["--from", "ours", "--out", "unconfirmed"]].concat(), 0);
    accept.extend(["--from", "ours", "--accept-contours", "--out", "accepted"]);
    let started = std::time::Instant::now();
    expect(here, &accept, 0);
    eprintln!("measured again without registering in {:.1} s", started.elapsed().as_secs_f64());

    let promised = rows(&here.join("unconfirmed/deltas.csv"));
    let given = rows(&here.join("accepted/deltas.csv"));
    let size = |rows: &[Row], source: &str| delta_row(rows, "lesion", "morph_volume", source).clone();
    let promise = size(&promised, "followed");
    assert_eq!((promise["verdict"].as_str(), promise["reason"].as_str()), ("refused", "unconfirmed_contour"));
    let verdict = size(&given, "accepted");
    assert_eq!(verdict["verdict"], promise["verdict_if_accepted"]);
    assert!(["changed", "within_noise"].contains(&verdict["verdict"].as_str()), "{}", verdict["verdict"]);
    assert_eq!(verdict["followup"], promise["followup"], "the contour is the same");
}

/// A gate made by hand that serves a result.
fn gate_of(out: &Path) -> String {
    let run = json(&out.join("run.json"));
    let hash = run["measurement_hash"].as_str().unwrap();
    gate_for(&rows_of(&out.join("features.csv")), hash, "CT", &run["measurement"])
}

#[test]
fn identical_visits_are_the_identity_and_under_review() {
    let here = BENCH.path();
    expect(here, &["run", "--baseline", "all/t0", "--followup", "all/t0", "--out", "same"], 0);
    let qa = json(&here.join("same/qa.json"));
    assert_eq!(qa["verdict"], "REVIEW");
    assert_eq!(qa["displacement_mm"]["max"].as_f64(), Some(0.0));
    for row in rows(&here.join("same/deltas.csv")) {
        if !row["absolute"].is_empty() {
            assert_eq!(value(&row["absolute"]), 0.0, "{} of {}", row["feature"], row["roi"]);
        }
    }
}

#[test]
fn bytes_do_not_depend_on_the_number_of_threads() {
    let here = BENCH.path();
    let mut results = Vec::new();
    for (n, threads) in ["1", "2", "3", "2"].into_iter().enumerate() {
        let place = here.join(format!("threads-{n}"));
        std::fs::create_dir(&place).unwrap();
        expect(
            &place,
            &["run", "--baseline", "../lesion/t0", "--followup", "../lesion/t1", "-j", threads],
            0,
        );
        results.push(contents(&place.join("delta_phantom-1_t0_t1")));
    }
    for other in &results[1..] {
        assert!(other.keys().eq(results[0].keys()));
        for (name, bytes) in other {
            assert!(results[0].get(name) == Some(bytes), "{name} differs");
        }
    }
}

#[test]
fn texture_changes_as_on_the_noise_free_pair() {
    let here = BENCH.path();
    for visit in ["t0", "t1"] {
        let (from, to) = (here.join("all").join(visit), here.join("noise-free").join(visit));
        std::fs::create_dir_all(&to).unwrap();
        for file in ["mask.nii.gz", "visit.toml"] {
            std::fs::copy(from.join(file), to.join(file)).unwrap();
        }
        let image = here.join(format!("all/truth/{visit}_noise_free.nii.gz"));
        std::fs::copy(image, to.join("image.nii.gz")).unwrap();
    }
    let run =
        ["run", "--baseline", "noise-free/t0", "--followup", "noise-free/t1", "--no-register", "--out", "nf"];
    expect(here, &run, 0);
    let (noisy, clean) = (rows(&here.join("drawn/deltas.csv")), rows(&here.join("nf/deltas.csv")));
    for feature in ["stat_var", "cm_joint_var", "cm_contrast"] {
        let [noisy, clean] =
            [&noisy, &clean].map(|rows| value(&delta_row(rows, "lesion", feature, "drawn")["absolute"]));
        eprintln!("{feature}: {noisy:.2} with noise, {clean:.2} without");
        assert!((noisy / clean - 1.0).abs() < 0.1, "{feature}: {noisy} and {clean}");
    }
}

/// A label of a mask file; labels of our masks follow the baseline's regions.
fn region<F: delta_radiomics::geometry::Frame>(file: &Path, label: u32) -> Mask<F> {
    let map = read_label_map(file, &ReadOptions::default()).unwrap().volume;
    let grid = map.grid().in_frame::<F>();
    Mask::from_fn(grid, |offset| map.values()[offset] == label)
}

#[test]
fn the_carried_lesion_is_the_tissue_that_was_lesion() {
    let here = BENCH.path();
    let baseline: Mask<Moving> = region(&here.join("none/t0/mask.nii.gz"), 1);
    let truth =
        read_displacement(&here.join("none/truth/displacement.nii.gz"), &ReadOptions::default()).unwrap();
    let grid = truth.grid().clone();
    let transported = Mask::from_fn(grid.clone(), |offset| {
        let u = truth.values()[offset].map(f64::from);
        let p = grid.centre_of(grid.voxel(offset)).point();
        let q = baseline.grid().index_of(World::new(p.x + u[0], p.y + u[1], p.z + u[2]));
        nearest(q).is_some_and(|voxel| baseline.contains(voxel))
    });
    let carried = region(&here.join("ours/masks/t1_carried.nii.gz"), 1);
    let found = propagate::agreement(&carried, &transported).unwrap();
    eprintln!("carried lesion against the truly transported one: Dice {:.3}", found.dice);
    assert!(found.dice >= 0.9, "{}", found.dice);
}

fn nearest(index: Index<Moving>) -> Option<[usize; 3]> {
    let at = index.point().map(f64::round);
    at.iter().all(|v| *v >= 0.0).then(|| [at.x as usize, at.y as usize, at.z as usize])
}
