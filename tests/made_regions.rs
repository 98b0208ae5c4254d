//! `[[region]]`: a rim and a core of a lesion are measured as if they had been drawn.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its own data has to fail")]

mod common;
#[path = "support/patient.rs"]
mod patient;

use common::{expect, rows};
use patient::{LESION, ball, grid, put_drawn};

/// A protocol that makes these regions, on the scans' own voxels.
fn protocol(regions: &str) -> String {
    let built_in = include_str!("../protocols/ct.toml");
    let native: Vec<String> = built_in
        .lines()
        .map(|l| if l.starts_with("spacing_mm") { "spacing_mm = 3.0".into() } else { l.to_owned() })
        .collect();
    format!("{}\n{regions}", native.join("\n"))
}

const RUN: [&str; 9] =
    ["run", "--baseline", "t0", "--followup", "t1", "--no-register", "--out", "out", "--protocol"];

#[test]
fn a_rim_and_a_core_are_measured_like_any_region() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    put_drawn(&here.join("t0"), 12.0, [0.0; 3]);
    put_drawn(&here.join("t1"), 9.0, [0.0; 3]);
    let regions = "[[region]]\nname = \"rim\"\nof = \"lesion\"\ninner_mm = 0\nouter_mm = 6\n\
        [[region]]\nname = \"core\"\nof = \"lesion\"\nouter_mm = -3\n\
        [[region]]\nname = \"wall\"\nof = \"lesion\"\ninner_mm = -3\nouter_mm = 0\n\
        [[region]]\nname = \"shared\"\nof = \"lesion\"\ninner_mm = 0\nouter_mm = 14\nwithin = \"organ\"\n";
    std::fs::write(here.join("made.toml"), protocol(regions)).unwrap();
    expect(here, &[&RUN[..], &["made.toml"]].concat(), 0);
    let features = rows(&here.join("out/features.csv"));
    let volume = |visit: &str, roi: &str| -> f64 {
        let row = features
            .iter()
            .find(|r| r["visit"] == visit && r["roi"] == roi && r["feature"] == "morph_vol_approx")
            .unwrap();
        assert_eq!(row["mask_source"], "drawn");
        assert!(["lesion", "organ"].contains(&roi) || row["roi_role"] == "region");
        row["value"].parse().unwrap()
    };
    for (visit, radius) in [("t0", 12.0_f64), ("t1", 9.0)] {
        let core_and_wall = volume(visit, "core") + volume(visit, "wall");
        assert!((core_and_wall - volume(visit, "lesion")).abs() < 1e-6, "{visit}: {core_and_wall}");
        let rim = ball(&grid(), LESION, radius).shell(Some(0.0), 6.0, None);
        assert!((volume(visit, "rim") - 1000.0 * rim.volume_ml()).abs() < 1e-6, "{visit}");
        assert!(volume(visit, "shared") < volume(visit, "organ"));
    }
    let deltas = rows(&here.join("out/deltas.csv"));
    let rim = deltas.iter().find(|r| r["roi"] == "rim" && r["feature"] == "stat_mean").unwrap();
    assert_eq!((&*rim["status"], &*rim["roi_role"], &*rim["verdict"]), ("ok", "region", "no_gate"));
}

#[test]
fn a_region_of_nothing_is_refused_before_anything_is_computed() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    put_drawn(&here.join("t0"), 12.0, [0.0; 3]);
    put_drawn(&here.join("t1"), 9.0, [0.0; 3]);
    for (name, of) in [("rim", "tumour"), ("organ", "lesion")] {
        let region = format!("[[region]]\nname = \"{name}\"\nof = \"{of}\"\nouter_mm = 6\n");
        std::fs::write(here.join("made.toml"), protocol(&region)).unwrap();
        let refused = expect(here, &[&RUN[..], &["made.toml"]].concat(), 3);
        let said = String::from_utf8_lossy(&refused.stderr);
        assert!(said.contains("E-RUN-MADE-REGION") && said.contains(name), "{said}");
        assert!(!here.join("out").exists());
    }
}
