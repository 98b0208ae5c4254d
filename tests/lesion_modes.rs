//! What `delta register --lesion-mode` makes of lesions that shrink, on scans whose true map is known.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its own data has to fail")]

mod common;
#[path = "support/lesion_pair.rs"]
mod lesion_pair;

use std::path::Path;

use common::expect;
use delta_radiomics::io::itk::read_transform;
use lesion_pair::{LesionPair, Score};
use serde_json::Value;

/// Registers with the baseline's lesion given, and gives the folder's record.
fn registered(here: &Path, pair: &LesionPair, mode: &str, out: &str) -> Value {
    let [fixed, moving] = [&pair.fixed, &pair.moving].map(|file| file.to_str().unwrap());
    let asked = [
        "register",
        "--fixed",
        fixed,
        "--moving",
        moving,
        "--moving-lesion",
        "moving_lesion.nii.gz",
        "--lesion-mode",
        mode,
        "--preset",
        "thorax_abdomen",
        "--out",
        out,
        "--quiet",
    ];
    expect(here, &asked, 0);
    serde_json::from_slice(&std::fs::read(here.join(out).join("run.json")).unwrap()).unwrap()
}

fn scored(here: &Path, pair: &LesionPair, file: &str) -> Score {
    let score = pair.score(&read_transform(&here.join(file)).unwrap());
    assert!(score.folds == 0 && score.least_jacobian > 0.0, "{file} folds: {}", score.least_jacobian);
    score
}

/// Left out, the lesion goes where the true map takes it; followed, it has the border that is drawn.
fn left_out_and_followed(name: &str, followed_dice: f64) {
    let Some(reference) = common::reference() else { return };
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    let pair = LesionPair::read(&reference.join("registration").join(name), &[1]);
    pair.write_lesions(here);
    let record = registered(here, &pair, "exclude", "a");
    assert_eq!(
        (&record["lesion_mode"], &record["lesion_rigid_residual_mm"]),
        (&"exclude".into(), &Value::Null)
    );
    let carried = scored(here, &pair, "a/transforms/fixed_to_moving_bspline.tfm");
    let (dice, volume) = carried.truth.unwrap();
    assert!(dice >= 0.92 && (volume - 1.0).abs() <= 0.05, "{name}: Dice {dice}, volume x {volume}");
    let followed = scored(here, &pair, "a/transforms/fixed_to_moving_followed.tfm");
    assert!(followed.drawn.0 >= followed_dice, "{name}: followed Dice {}", followed.drawn.0);
}

#[test]
fn a_nodule_that_shrinks_in_the_lung_is_carried_truly_and_followed_closely() {
    left_out_and_followed("kt_ct_thorax_lidc0314", 0.90);
}

#[test]
fn a_lesion_that_shrinks_in_thick_slices_of_the_liver_is_carried_truly_and_followed_closely() {
    left_out_and_followed("kt_ct_liver_crlm1004", 0.70);
}

#[test]
fn the_written_map_follows_the_lesion_or_holds_it_rigid_where_that_is_asked() {
    let Some(reference) = common::reference() else { return };
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    let pair = LesionPair::read(&reference.join("registration/kt_ct_liver_crlm1004"), &[1]);
    pair.write_lesions(here);
    for mode in ["follow", "rigid"] {
        let record = registered(here, &pair, mode, mode);
        assert_eq!(record["lesion_mode"], mode);
        let score = scored(here, &pair, &format!("{mode}/transforms/fixed_to_moving_bspline.tfm"));
        assert!(!here.join(mode).join("transforms/fixed_to_moving_followed.tfm").exists());
        assert!(score.tre_mm.unwrap() < 1.05, "{mode}: the rest stays where it was");
        if mode == "follow" {
            assert!(score.drawn.0 >= 0.70 && score.rigid_residual_mm > 1.0);
            assert_eq!(record["lesion_rigid_residual_mm"], Value::Null);
        } else {
            assert!(score.rigid_residual_mm < 0.2, "{} mm off rigid", score.rigid_residual_mm);
            let said = record["lesion_rigid_residual_mm"].as_f64().unwrap();
            assert!((said - score.rigid_residual_mm).abs() < 1e-3);
        }
    }
}

#[test]
fn a_mode_without_a_lesion_and_a_mode_that_is_none_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    let scan = |visit: &str| format!("{}/fixtures/phantom/{visit}/image.nii.gz", env!("CARGO_MANIFEST_DIR"));
    let [fixed, moving] = ["t1", "t0"].map(scan);
    let scans = ["register", "--fixed", &fixed, "--moving", &moving, "--out", "a"];
    let refused = |mode: &str, code: i32| {
        let asked: Vec<&str> = scans.iter().copied().chain(["--lesion-mode", mode]).collect();
        String::from_utf8(expect(here, &asked, code).stderr).unwrap()
    };
    let said = refused("rigid", 3);
    assert!(said.contains("E-REGISTER-NO-LESION") && said.contains("--moving-lesion"), "{said}");
    let said = refused("ridgid", 2);
    assert!(said.contains("--lesion-mode") && said.contains("rigid"), "{said}");
    assert!(!here.join("a").exists());
}
