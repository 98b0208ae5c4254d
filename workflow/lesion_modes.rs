//! What each lesion mode makes of the lesions of the reference pairs, as a table.
//!
//! `cargo build --release --locked && cargo run --release --locked --example lesion_modes -- REFERENCE
//! reports/registration/5_lesion_modes.csv`

#![allow(clippy::unwrap_used, reason = "a report that cannot be made should stop where it fails")]

#[path = "../tests/support/lesion_pair.rs"]
mod lesion_pair;

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, ExitCode};

use delta_radiomics::io::itk::read_transform;
use lesion_pair::{LesionPair, Score};

/// Pairs with a lesion in both scans: folder, preset, the lesion's labels.
const PAIRS: [(&str, &str, &[u32]); 6] = [
    ("kt_ct_thorax_lidc0314", "thorax_abdomen", &[1]),
    ("kt_ct_liver_crlm1004", "thorax_abdomen", &[1]),
    ("kt_pet_sts001", "pet", &[1]),
    ("real_mr_gbm_btp01", "brain", &[1]),
    ("real_mr_gbm_btp02", "brain", &[1]),
    ("real_spect_liver_lu177", "pet", &[1, 2]),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [reference, table] = arguments.as_slice() else {
        eprintln!("usage: lesion_modes REFERENCE TABLE.csv");
        return ExitCode::from(2);
    };
    let mut text =
        "pair,map,TRE_mm,Dice_with_the_true_carried,its_volume_x,Dice_with_the_drawn,its_volume_x,\
         HD95_mm,off_rigid_mm,folds,least_Jacobian\n"
            .to_owned();
    for (name, preset, labels) in PAIRS {
        let pair = LesionPair::read(&Path::new(reference).join("registration").join(name), labels);
        let folder = tempfile::tempdir().unwrap();
        pair.write_lesions(folder.path());
        let none: &[&str] = &[];
        let baseline: &[&str] = &["--moving-lesion", "moving_lesion.nii.gz"];
        let rigid: &[&str] = &["--moving-lesion", "moving_lesion.nii.gz", "--lesion-mode", "rigid"];
        let both: &[&str] =
            &["--moving-lesion", "moving_lesion.nii.gz", "--fixed-lesion", "fixed_lesion.nii.gz"];
        for (map, out, given, file) in [
            ("no lesion given", "none", Some(none), "bspline"),
            ("left out", "left_out", Some(baseline), "bspline"),
            ("left out at both visits", "both", Some(both), "bspline"),
            ("followed", "left_out", None, "followed"),
            ("rigid", "rigid", Some(rigid), "bspline"),
        ] {
            if let Some(given) = given {
                register(folder.path(), &pair, preset, given, out);
            }
            let file = folder.path().join(format!("{out}/transforms/fixed_to_moving_{file}.tfm"));
            writeln!(text, "{name},{map},{}", cells(&pair.score(&read_transform(&file).unwrap()))).unwrap();
        }
    }
    std::fs::write(table, text).unwrap();
    ExitCode::SUCCESS
}

/// Calls the program beside this one in the build folder.
fn register(here: &Path, pair: &LesionPair, preset: &str, given: &[&str], out: &str) {
    let program = std::env::current_exe().unwrap().ancestors().nth(2).unwrap().join("delta");
    let mut command = Command::new(program);
    command
        .current_dir(here)
        .arg("register")
        .arg("--fixed")
        .arg(&pair.fixed)
        .arg("--moving")
        .arg(&pair.moving);
    let done = command.args(["--preset", preset, "--out", out, "--quiet"]).args(given).output().unwrap();
    // 7 is a verdict, and has a result.
    assert!(matches!(done.status.code(), Some(0 | 7)), "{}", String::from_utf8_lossy(&done.stderr));
}

fn cells(score: &Score) -> String {
    let two = |v: f64| format!("{v:.2}");
    let three = |v: f64| format!("{v:.3}");
    let (dice, volume, hd95) = score.drawn;
    [
        score.tre_mm.map_or_else(String::new, three),
        score.truth.map_or_else(String::new, |t| three(t.0)),
        score.truth.map_or_else(String::new, |t| two(t.1)),
        three(dice),
        two(volume),
        format!("{hd95:.1}"),
        two(score.rigid_residual_mm),
        score.folds.to_string(),
        two(score.least_jacobian),
    ]
    .join(",")
}
