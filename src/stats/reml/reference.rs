//! Tests only: variance components against lme4 and statsmodels.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use super::{VarianceComponents, one_way, two_way};
use crate::reference;

const TOLERANCE: f64 = 1e-4;

type Rows = Vec<Vec<Option<f64>>>;

/// Tables by case; a cell that is not in the file is empty.
fn tables(path: &Path) -> BTreeMap<String, Rows> {
    let text = std::fs::read_to_string(path).unwrap();
    let mut tables: BTreeMap<String, Rows> = BTreeMap::new();
    for line in text.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let [subject, repeat] = [1, 2].map(|at| cells[at].parse::<usize>().unwrap());
        let rows = tables.entry(cells[0].to_owned()).or_default();
        rows.resize(rows.len().max(subject + 1), Vec::new());
        let row = &mut rows[subject];
        row.resize(row.len().max(repeat + 1), None);
        row[repeat] = cells.get(3).filter(|cell| !cell.is_empty()).map(|cell| cell.parse().unwrap());
    }
    tables
}

fn compare(name: &str, cases: usize, of: impl Fn(&Rows) -> Vec<(&'static str, f64)>) {
    let Some(folder) = reference::folder() else { return };
    let folder = folder.join("reference/stats/agreement");
    let text = std::fs::read_to_string(folder.join(format!("{name}_expected.json"))).unwrap();
    let expected: Value = serde_json::from_str(&text).unwrap();
    let tables = tables(&folder.join(format!("{name}_input.csv")));
    assert_eq!(tables.len(), cases);
    for (case, rows) in &tables {
        for (field, found) in of(rows) {
            let published = expected[case][field].as_f64().unwrap();
            let off = (found - published).abs() / published.abs();
            assert!(off <= TOLERANCE, "{name} {case} {field}: {found}, expected {published}");
        }
    }
}

#[test]
fn one_way_components_are_those_of_statsmodels() {
    compare("variance_components", 3, |rows| {
        let found = one_way(rows).unwrap();
        vec![
            ("mean", found.mean),
            ("var_between", found.subject),
            ("var_within", found.residual),
            ("icc", found.agreement()),
        ]
    });
}

#[test]
fn two_way_components_are_those_of_lme4() {
    compare("mixed_two_way", 3, |rows| {
        let found: VarianceComponents = two_way(rows).unwrap();
        vec![
            ("mean", found.mean),
            ("var_subject", found.subject),
            ("var_repeat", found.repeat.unwrap()),
            ("var_residual", found.residual),
            ("icc_a1", found.agreement()),
            ("icc_c1", found.consistency()),
        ]
    });
}
