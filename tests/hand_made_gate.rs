//! The gate that other tests make by hand is one that the program reads.

#[path = "support/gate.rs"]
mod gate;

use std::path::Path;

use delta_radiomics::delta::gate::{Gate, Match};
use delta_radiomics::record::{
    Aggregation, Family, FeatureKey, FeatureRow, Flags, MaskSource, MeasurementHash, Modality, Outcome,
    RoiRole, table,
};

#[test]
fn the_program_reads_it_and_finds_every_row() {
    let hash = "ab".repeat(32);
    let row = |family, feature: &str, aggregation, value| FeatureRow {
        subject: None,
        visit: "t0".into(),
        modality: Modality::Ct,
        measurement_hash: MeasurementHash::new(hash.clone()),
        roi: "lesion".into(),
        roi_role: RoiRole::Lesion,
        mask_source: MaskSource::Drawn,
        key: FeatureKey { image: "original".into(), family, feature: feature.into(), aggregation },
        outcome: Outcome::Value(value),
        unit: String::new(),
        flags: Flags::default(),
    };
    let rows = [
        row(Family::new("stat"), "stat_mean", None, -50.0),
        row(Family::new("cm"), "cm_contrast", Some(Aggregation::ThreeDAvg), 4.0),
    ];
    let folder = tempfile::tempdir().unwrap();
    let csv = folder.path().join("features.csv");
    table::feature_table(&rows).unwrap().write_csv(&csv).unwrap();

    let measurement = serde_json::json!({
        "sampling": { "spacing_mm": [1.0, 1.0, 1.0], "dimension": "3D", "interpolation": "linear", "mask_threshold": 0.5 },
        "intensity": { "units": "HU", "normalise": "none", "round_hu": true },
        "resegment": { "range": [-1000.0, 3000.0] },
        "discretise": { "method": "fixed_bin_size", "size": 25.0, "lower_bound": -1000.0 },
        "definitions": 1
    });
    let text = gate::gate_for(&gate::rows_of(&csv), &hash, "CT", &measurement);
    let gate = Gate::parse(&text, Path::new("gate.json")).unwrap();
    let file = || Path::new("gate.json").to_owned();
    assert!(gate.check_serves(file(), &MeasurementHash::new(hash.clone()), Modality::Ct).is_ok());
    assert!(gate.check_serves(file(), &MeasurementHash::new("cd".repeat(32)), Modality::Ct).is_err());
    assert!(gate.check_serves(file(), &MeasurementHash::new(hash.clone()), Modality::Mr).is_err());
    for row in &rows {
        for source in MaskSource::ALL {
            let found = gate.find(RoiRole::Lesion, &row.roi, *source, &row.key);
            let Match::Found { entry, .. } = found else { panic!("{source} {}", row.key.feature) };
            assert!((entry.wsd - 0.02 * row.outcome.value().unwrap().abs()).abs() < 1e-12);
        }
    }
}
