//! A real cohort: lesions of patients, deltas that do not beat volume.

use std::collections::BTreeMap;
use std::path::Path;

use super::honesty::{of, run};
use crate::analyze::cohort::data::Data;
use crate::analyze::describe::univariate;
use crate::analyze::{AnalysisSettings, Block, BlockKind, Cohort, Column, Target, Unit};
use crate::record::analysis::{ClaimVerdict, ModelKind};
use crate::reference;

type Wide = (Vec<String>, BTreeMap<String, Vec<f64>>);

fn wide(path: &Path) -> Wide {
    let text = std::fs::read_to_string(path).unwrap();
    let mut lines = text.lines();
    let names = lines.next().unwrap().split(',').skip(2).map(str::to_owned).collect();
    let rows = lines
        .map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            let values = cells[2..].iter().map(|cell| cell.parse().unwrap_or(f64::NAN)).collect();
            (cells[1].to_owned(), values)
        })
        .collect();
    (names, rows)
}

fn cohort(folder: &Path) -> Cohort {
    let (names, before) = wide(&folder.join("baseline.csv"));
    let (_, after) = wide(&folder.join("followup.csv"));
    let outcome = std::fs::read_to_string(folder.join("outcome.csv")).unwrap();
    let rows: Vec<Vec<&str>> = outcome.lines().skip(1).map(|line| line.split(',').collect()).collect();
    let units: Vec<Unit> =
        rows.iter().map(|r| Unit { subject: r[0].into(), lesion: Some(r[1].into()) }).collect();
    let target = Target::Response(rows.iter().map(|r| r[3] == "1").collect());
    let value = |table: &BTreeMap<String, Vec<f64>>, row: &[&str], column: usize| table[row[1]][column];
    let volume = names.iter().position(|n| n == "original_shape_MeshVolume").unwrap();
    let ratio = |row: &Vec<&str>| libm::log(value(&after, row, volume) / value(&before, row, volume));
    let columns = names
        .iter()
        .enumerate()
        .map(|(c, name)| Column {
            name: name.clone(),
            values: rows.iter().map(|row| value(&after, row, c) - value(&before, row, c)).collect(),
            gate: None,
        })
        .collect();
    let volume = Column { name: "volume".into(), values: rows.iter().map(ratio).collect(), gate: None };
    Cohort {
        units,
        target,
        blocks: vec![
            Block { kind: BlockKind::Volume, columns: vec![volume] },
            Block { kind: BlockKind::Delta, columns },
        ],
        sites: None,
        subgroups: Vec::new(),
        courses: Vec::new(),
    }
}

#[test]
fn deltas_do_not_beat_volume_in_a_real_cohort() {
    let Some(folder) = reference::folder() else { return };
    let folder = folder.join("cohorts/pulsar");
    let cohort = cohort(&folder);
    assert_eq!((cohort.units.len(), cohort.target.events()), (69, 55));
    let rows = univariate::rows(&Data::of(&cohort), &cohort.target);
    let found: BTreeMap<&str, _> =
        rows.iter().filter(|row| row.block == "delta").map(|row| (row.feature.as_str(), row)).collect();
    let expected = std::fs::read_to_string(folder.join("univariate_expected.csv")).unwrap();
    let mut count = 0;
    for line in expected.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let (Some(row), "absolute") = (found.get(cells[0]), cells[1]) else { continue };
        let (auc, p): (f64, f64) = (cells[2].parse().unwrap(), cells[3].parse().unwrap());
        let Some(discrimination) = row.discrimination else { continue };
        count += 1;
        assert!((discrimination.estimate - auc).abs() < 1e-12, "{}", cells[0]);
        assert!((row.p.unwrap() - p).abs() < 1e-8, "{} {:?} {p}", cells[0], row.p);
    }
    assert!(count > 1500, "{count}");
    assert!(found.values().all(|row| row.q.is_none_or(|q| q > 0.05)));
    let settings = AnalysisSettings {
        repeats: 2,
        permutations: 19,
        resamples: 5,
        models: vec![ModelKind::Volume, ModelKind::Deltas],
        ..AnalysisSettings::default()
    };
    let findings = run(&cohort, &settings);
    assert_eq!(findings.claim.claim, ClaimVerdict::None);
    assert!(of(&findings, ModelKind::Deltas).discrimination.unwrap().estimate < 0.75);
}
