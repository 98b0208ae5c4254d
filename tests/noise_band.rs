//! The noise band that a run makes itself: what it judges, what it says of itself, and how it is turned off.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its own data has to fail")]

mod common;
#[path = "support/patient.rs"]
mod patient;

use std::collections::BTreeMap;
use std::path::Path;

use common::{contents, expect, rows};
use patient::put_drawn;

type Row = BTreeMap<String, String>;

const PROTOCOL: &str = "stat-and-morph.toml";

/// Two visits of one patient whose lesion shrinks, and a protocol of few features.
fn patient(here: &Path) {
    put_drawn(&here.join("t0"), 12.0, [0.0; 3]);
    put_drawn(&here.join("t1"), 9.0, [0.0; 3]);
    let shown = expect(here, &["protocol", "show", "ct"], 0);
    let text = String::from_utf8(shown.stdout).unwrap();
    let mut protocol: toml::Table = toml::from_str(&text).unwrap();
    let features = protocol.entry("features").or_insert_with(|| toml::Value::Table(toml::Table::new()));
    let families = toml::Value::Array(vec!["morph".into(), "stat".into()]);
    features.as_table_mut().unwrap().insert("families".into(), families);
    std::fs::write(here.join(PROTOCOL), toml::to_string(&protocol).unwrap()).unwrap();
}

fn run(here: &Path, out: &str, more: &[&str]) -> Vec<Row> {
    let plain = ["run", "--baseline", "t0", "--followup", "t1", "--no-register", "--protocol", PROTOCOL];
    expect(here, &[&plain[..], &["--out", out], more].concat(), 0);
    rows(&here.join(out).join("deltas.csv"))
}

fn number(cell: &str) -> f64 {
    cell.parse().unwrap_or_else(|_| panic!("{cell:?} is no number"))
}

#[test]
fn a_shrunk_lesion_is_beyond_its_band_and_every_row_with_a_band_is_marked() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    patient(here);
    let deltas = run(here, "banded", &["--perturb", "6", "--rc-bound", "point"]);
    let size = deltas.iter().find(|r| r["roi"] == "lesion" && r["feature"] == "morph_diam").unwrap();
    assert_eq!((&*size["verdict"], &*size["noise_source"]), ("beyond_band", "in_silico"));
    assert!(number(&size["noise_limit"]) < number(&size["noise_limit_upper"]));
    for row in deltas.iter().filter(|r| !r["noise_limit"].is_empty()) {
        assert!(row["flags"].contains("in_silico") && !row["noise_df"].is_empty(), "{row:?}");
        assert!(["beyond_band", "within_band"].contains(&&*row["verdict"]), "{row:?}");
        // Both visits have six copies: five to ten degrees of freedom.
        assert!((5.0 - 1e-9..=10.0 + 1e-9).contains(&number(&row["noise_df"])), "{row:?}");
    }
    let copies = rows(&here.join("banded/perturbations.csv"));
    let of_size: Vec<&Row> = copies
        .iter()
        .filter(|r| r["visit"] == "t0" && r["roi"] == "lesion" && r["feature"] == "morph_diam")
        .collect();
    let numbers: Vec<f64> = of_size.iter().map(|r| number(&r["perturbation"])).collect();
    assert_eq!(numbers, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    let page = std::fs::read_to_string(here.join("banded/report.html")).unwrap();
    for words in ["made in silico", "contour randomisation", "chain NTRV, seed 1", "these perturbations only"]
    {
        assert!(page.contains(words), "{words}");
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_one_another_band() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    patient(here);
    let asked = ["--perturb", "2", "--chain", "TV"];
    run(here, "one", &[&asked[..], &["-j", "1"]].concat());
    run(here, "two", &[&asked[..], &["-j", "2"]].concat());
    run(here, "other", &[&asked[..], &["--seed", "7"]].concat());
    let table = |out: &str| contents(&here.join(out)).remove("perturbations.csv").unwrap();
    assert_eq!(table("one"), table("two"));
    assert_ne!(table("one"), table("other"));
}

#[test]
fn no_copies_make_no_band_and_what_cannot_be_asked_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    patient(here);
    let deltas = run(here, "plain", &["--perturb", "0"]);
    assert!(deltas.iter().all(|r| r["noise_source"].is_empty() && !r["verdict"].contains("band")));
    assert!(!here.join("plain/perturbations.csv").exists());
    let cases = [
        (["--perturb", "1", "--seed", "1"], "one copy has no spread"),
        (["--perturb", "5", "--chain", "NX"], "names no perturbation"),
        (["--perturb", "5", "--chain", "NC"], "supervoxels"),
    ];
    for (more, said) in cases {
        let plain = ["run", "--baseline", "t0", "--followup", "t1", "--no-register", "--out", "refused"];
        let output = expect(here, &[&plain[..], &more[..]].concat(), 2);
        assert!(String::from_utf8_lossy(&output.stderr).contains(said), "{said}");
    }
}
