//! A gate made by hand, for tests that need verdicts before there are repeats.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its own data has to fail")]
#![allow(dead_code, reason = "each test takes what it needs")]

use std::collections::BTreeMap;
use std::path::Path;

use delta_table::Sheet;
use serde_json::{Value, json};

/// What a gate needs to know of one row of `features.csv`.
pub struct GateRow {
    /// `roi_role`.
    pub role: String,
    /// `image/family/feature/aggregation`.
    pub key: String,
    /// `value`.
    pub value: Option<f64>,
}

/// The rows of a `features.csv`.
pub fn rows_of(features_csv: &Path) -> Vec<GateRow> {
    let sheet = Sheet::read_csv(features_csv).unwrap();
    let text = |column| sheet.text(column).unwrap();
    let word = |cell: &Option<String>| cell.clone().unwrap_or_default();
    let (roles, values) = (text("roi_role"), sheet.numbers("value").unwrap());
    let parts = ["image", "family", "feature", "aggregation"].map(text);
    (0..sheet.rows())
        .map(|row| GateRow {
            role: word(&roles[row]),
            key: parts.iter().map(|column| word(&column[row])).collect::<Vec<_>>().join("/"),
            value: values[row],
        })
        .collect()
}

/// The text of a `gate.json` in which every feature of the rows is stable with a within-subject standard deviation of
/// 2 % of its largest value, for drawn, followed and carried contours. `measurement` is the resolved measurement of
/// the run that it shall serve, as in `run.json`.
pub fn gate_for(rows: &[GateRow], hash: &str, modality: &str, measurement: &Value) -> String {
    let mut largest: BTreeMap<(&str, &str), f64> = BTreeMap::new();
    for row in rows {
        let entry = largest.entry((&row.role, &row.key)).or_insert(0.0);
        *entry = entry.max(row.value.map_or(0.0, f64::abs));
    }
    let mut features = serde_json::Map::new();
    for ((role, key), value) in largest {
        for source in ["drawn", "followed", "carried"] {
            features.insert(format!("{role}/{source}/{key}"), entry(value));
        }
    }
    let gate = json!({
        "schema": 1,
        "kind": "test_retest",
        "measurement": measurement,
        "measurement_hash": hash,
        "modality": modality,
        "icc_form": "ICC(A,1)",
        "icc_bound": "lower",
        "icc_threshold": 0.75,
        "rc_bound": "auto",
        "expected_share_beyond": { "all": 0.06, "stable": 0.07 },
        "features": features,
        "source": { "made": "by hand, for a test" }
    });
    serde_json::to_string_pretty(&gate).unwrap()
}

fn entry(value: f64) -> Value {
    let wsd = if value > 0.0 { 0.02 * value } else { 0.02 };
    let rc = 1.959963984540054 * 2.0_f64.sqrt() * wsd;
    json!({
        "n": 30, "n_subjects": 30, "k": 2, "repeat_kind": "scan",
        "stable": true, "icc": 0.95, "icc_lower": 0.9,
        "scale": "raw", "wsd": wsd, "df": 30.0, "rc": rc,
        // sqrt(30 / chi2(0.025; 30)) = 1.337
        "rc_upper": 1.337 * rc
    })
}
