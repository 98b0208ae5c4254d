//! Deltas of a real cohort, feature by feature (69 lesions, 1,561 features).

use std::collections::BTreeMap;

use super::auc;
use crate::reference;
use crate::stats::mann_whitney;

/// Columns by their names, without `subject` and `lesion`.
fn columns(text: &str) -> BTreeMap<&str, Vec<f64>> {
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next().unwrap().split(',').skip(2).collect();
    let mut columns: BTreeMap<&str, Vec<f64>> = names.iter().map(|name| (*name, Vec::new())).collect();
    for line in lines {
        for (name, cell) in names.iter().zip(line.split(',').skip(2)) {
            columns.get_mut(name).unwrap().push(cell.parse().unwrap());
        }
    }
    columns
}

#[test]
fn every_delta_of_a_real_cohort_has_scipys_area_and_p() {
    let Some(folder) = reference::folder() else { return };
    let folder = folder.join("cohorts/pulsar");
    let read = |name| std::fs::read_to_string(folder.join(name)).unwrap();
    let (baseline, followup, outcome) = (read("baseline.csv"), read("followup.csv"), read("outcome.csv"));
    let (baseline, followup) = (columns(&baseline), columns(&followup));
    let response: Vec<bool> = columns(&outcome)["response"].iter().map(|v| *v == 1.0).collect();
    let (mut count, mut wrong) = (0, Vec::new());
    for line in read("univariate_expected.csv").lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let visits = baseline[cells[0]].iter().zip(&followup[cells[0]]);
        let deltas: Vec<f64> = match cells[1] {
            "absolute" => visits.map(|(b, f)| f - b).collect(),
            _ => visits.map(|(b, f)| (f / b).ln()).collect(),
        };
        let of = |label| -> Vec<f64> {
            deltas.iter().zip(&response).filter(|(_, y)| **y == label).map(|(v, _)| *v).collect()
        };
        let (area, test) = (auc(&deltas, &response).unwrap(), mann_whitney::test(&of(true), &of(false)));
        let p = test.map_or(1.0, |test| test.p);
        let [expected_area, expected_p]: [f64; 2] = [2, 3].map(|i| cells[i].parse().unwrap());
        if (area - expected_area).abs() > 1e-12 || (p - expected_p).abs() > 1e-8 {
            wrong.push(format!(
                "{} {}: {area} {p}, expected {expected_area} {expected_p}",
                cells[0], cells[1]
            ));
        }
        count += 1;
    }
    assert_eq!(count, 2984);
    assert!(wrong.is_empty(), "{} of {count}\n{}", wrong.len(), wrong.join("\n"));
}
