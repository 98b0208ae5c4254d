//! `delta transform` as a user calls it.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its own data has to fail")]

mod common;

use std::path::{Path, PathBuf};

use common::expect;
use serde_json::Value;

fn theirs(name: &str) -> String {
    let folder: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transforms");
    folder.join(name).to_string_lossy().into_owned()
}

fn said(here: &Path, arguments: &[&str], code: i32) -> String {
    String::from_utf8(expect(here, arguments, code).stdout).unwrap()
}

#[test]
fn the_help_says_which_way_points_and_images_go() {
    let here = Path::new(".");
    let help = said(here, &["transform", "--help"], 0).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        help.contains("takes a point of the fixed scan (follow-up) to the same tissue in the moving scan")
    );
    assert!(help.contains("images and labels go the other way"));
    for verb in ["points", "image", "mask", "jacobian", "invert", "compose"] {
        let help = said(here, &["transform", verb, "--help"], 0);
        assert!(help.contains(&format!("delta transform {verb} ")), "{verb} has an example");
    }
}

#[test]
fn a_transform_of_another_program_is_put_to_use() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    let (transform, field) = (theirs("oblique.txt"), theirs("oblique.nii.gz"));
    let table = theirs("oblique.txt.csv");
    let json = |arguments: &[&str], code: i32| -> Value {
        serde_json::from_str(&said(here, &[arguments, &["--json"]].concat(), code)).unwrap()
    };
    let points = json(&["transform", "points", &transform, "--points", &table, "--out", "p.csv"], 0);
    assert!(points["distance_mm"]["max"].as_f64().unwrap() < 1e-3);
    let back =
        json(&["transform", "points", &transform, "--points", "p.csv", "--out", "b.csv", "--inverse"], 0);
    assert!(back["residual_mm"]["max"].as_f64().unwrap() < 1e-5);
    // From elastix to ITK and back to elastix; the grid comes from elastix's own file, or from --fixed.
    json(&["transform", "compose", &transform, "--out", "t.tfm"], 0);
    json(&["transform", "compose", "t.tfm", "--fixed", &field, "--out", "t.txt"], 0);
    let again = json(&["transform", "points", "t.txt", "--points", &table, "--out", "q.csv"], 0);
    assert!(again["distance_mm"]["max"].as_f64().unwrap() < 1e-3);
    let jacobian = json(&["transform", "jacobian", &transform, "--out", "j.nii.gz"], 0);
    assert_eq!(jacobian["folded_voxels"], 0);
    let quiet = said(here, &["transform", "compose", &transform, "--out", "u.nii.gz", "--quiet"], 0);
    assert_eq!(quiet.trim(), "u.nii.gz");
}

#[test]
fn refusals_say_the_way_on() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    let transform = theirs("plain.tfm");
    let refused = |arguments: &[&str], code: i32| {
        let value: Value =
            serde_json::from_str(&said(here, &[arguments, &["--json"]].concat(), code)).unwrap();
        (
            value["error"]["code"].as_str().unwrap().to_owned(),
            value["error"]["hint"].as_str().unwrap().to_owned(),
        )
    };
    let (code, hint) = refused(&["transform", "compose", &transform, "--out", "t.txt"], 2);
    assert!(code == "E-TRANSFORM-GRID" && hint.contains("--fixed"), "{code} {hint}");
    let (code, hint) = refused(&["transform", "invert", &transform, "--out", "t.tfm"], 3);
    assert!(code == "E-TRANSFORM-FORM" && hint.contains(".nii.gz --moving"), "{code} {hint}");
    std::fs::write(here.join("affine.txt"), "(Transform \"AffineTransform\")\n(TransformParameters 1.1 0 0 0 1 0 0 0 1 0 0 0)\n(CenterOfRotationPoint 0 0 0)\n").unwrap();
    let (code, hint) = refused(&["transform", "compose", "affine.txt", "--out", "t.tfm"], 3);
    assert!(code == "E-ELASTIX-RIGID" && hint.contains("AffineTransform"), "{code} {hint}");
    assert_eq!(std::fs::read_dir(here).unwrap().count(), 1);
}
