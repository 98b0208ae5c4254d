//! The fixture's gate, made from null pairs of phantoms (workflow/phantom_gate.sh), against a serial pair in which one
//! lesion shrinks and the other one does not change.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its own data has to fail")]

mod common;

use std::path::Path;

use common::{expect, rows};

const GATE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/phantom/gate.json");

#[test]
fn the_shrinking_lesion_changed_and_the_stable_one_no_more_than_chance_allows() {
    let folder = tempfile::tempdir().unwrap();
    let here: &Path = folder.path();
    expect(here, &["phantom", "pair", "--drawn", "all", "--quiet"], 0);
    let asked = ["run", "--baseline", "pair/t0", "--followup", "pair/t1", "--gate", GATE];
    expect(here, &[&asked[..], &["--no-register", "--out", "out"]].concat(), 0);
    let deltas = rows(&here.join("out/deltas.csv"));
    let verdicts = |roi: &str, family: &str| -> Vec<String> {
        let of = |row: &&std::collections::BTreeMap<String, String>| {
            row["roi"] == roi && row["family"].starts_with(family)
        };
        deltas.iter().filter(of).map(|row| row["verdict"].clone()).collect()
    };
    let share = |verdicts: &[String]| {
        let count = |word: &str| verdicts.iter().filter(|v| *v == word).count() as f64;
        (count("changed"), count("changed") + count("within_noise"))
    };
    let volume =
        deltas.iter().find(|row| row["roi"] == "lesion" && row["feature"] == "morph_volume").unwrap();
    assert_eq!(volume["verdict"], "changed");
    for family in ["morph", "cm", "rlm", "szm"] {
        let (changed, judged) = share(&verdicts("lesion", family));
        assert!(judged >= 5.0 && changed > 0.5 * judged, "{family}: {changed} of {judged}");
    }
    let (changed, judged) = share(&verdicts("lesion_stable", ""));
    let gate: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(GATE).unwrap()).unwrap();
    let chance = gate["expected_share_by_group"]["lesion/drawn"]["stable"].as_f64().unwrap();
    assert!(
        judged > 80.0 && changed <= chance * judged,
        "{changed} of {judged}, by chance {}",
        chance * judged
    );
}
