//! Tests only: studies made by hand, and the published prostate test-retest.

use std::path::Path;

use super::input::{ExpectedBeyond, GroupDesign, StabilityInput};
use crate::features::registry;
use crate::numeric::random::Random;
use crate::record::{Family, FeatureKey, MaskSource, RepeatKind, RoiGroup, RoiRole};
use crate::stability::assess::{Assessed, assess};
use crate::stability::rules::Rules;
use crate::stability::study::{Group, Row, Series};

/// Lesions that were drawn on every scan.
pub fn drawn() -> Group {
    group(RoiGroup::whole(RoiRole::Lesion), MaskSource::Drawn, RepeatKind::Scan)
}

pub fn group(rois: RoiGroup, source: MaskSource, kind: RepeatKind) -> Group {
    Group { rois, source, kind }
}

pub fn key(family: Family, feature: &str) -> FeatureKey {
    FeatureKey { image: "original".into(), family, feature: feature.into(), aggregation: None }
}

/// A study of these findings, all of one group.
pub fn study(group: &Group, assessed: Vec<Assessed>) -> StabilityInput {
    let n = assessed.iter().map(|found| found.n).max().unwrap_or(0);
    StabilityInput {
        version: "0.1.0".into(),
        title: Some("Prostate test-retest".into()),
        rules: Rules::default(),
        groups: vec![GroupDesign {
            group: group.clone(),
            subjects: n,
            regions: n,
            repeats: vec!["test".into(), "retest".into()],
            dropped: vec!["P07: no second scan.".into()],
            expected: Some(ExpectedBeyond { all: 0.072, stable: Some(0.091) }),
        }],
        assessed,
        perturbation: None,
        protocol: vec![("Protocol".into(), "mr_brain".into())],
        notes: vec![],
        asked: vec![],
        provenance: vec![("Input".into(), "drawn.csv".into())],
    }
}

/// The first features of the registry, the later the noisier.
pub fn features(group: &Group, count: usize, n: usize) -> Vec<Assessed> {
    repeated(group, count, n, 2)
}

/// The same of several repeats.
pub fn repeated(group: &Group, count: usize, n: usize, repeats: usize) -> Vec<Assessed> {
    let mut random = Random::seeded(7);
    registry::all()
        .filter(|info| info.family != Family::DIAG)
        .take(count)
        .enumerate()
        .map(|(at, info)| {
            let noise = 2.0 * (at as f64 + 0.5) / count as f64;
            let rows: Vec<Vec<f64>> = (0..n)
                .map(|_| {
                    let subject = 40.0 + 6.0 * random.normal();
                    (0..repeats).map(|_| subject + noise * 3.0 * random.normal()).collect()
                })
                .collect();
            found(group, &key(info.family, info.tag), &rows)
        })
        .collect()
}

/// What is found of a feature with one row of repeats per subject, by the code that the command uses.
pub fn found(group: &Group, key: &FeatureKey, rows: &[Vec<f64>]) -> Assessed {
    let row = |(at, values): (usize, &Vec<f64>)| Row {
        subject: format!("P{:02}", at + 1),
        roi: "lesion".into(),
        values: values.iter().copied().map(Some).collect(),
    };
    let rows = rows.iter().enumerate().map(row).collect();
    let rules = Rules { resamples: 50, ..Rules::default() };
    assess(&Series { group: group.clone(), key: key.clone(), unit: String::new(), rows }, &rules)
}

/// The prostate test-retest as a ready table: subjects with two rows each, a column per feature.
pub fn prostate(file: &Path, group: &Group) -> Vec<Assessed> {
    let text = std::fs::read_to_string(file).unwrap();
    let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
    (2..rows[0].len())
        .map(|column| {
            let values: Vec<f64> = rows[1..].iter().map(|row| row[column].parse().unwrap()).collect();
            let pairs: Vec<Vec<f64>> = values.chunks(2).map(<[f64]>::to_vec).collect();
            let family = rows[0][column].split('_').nth(1).unwrap().to_lowercase();
            let family = Family::from_word(&family.chars().take(8).collect::<String>()).unwrap();
            found(group, &key(family, rows[0][column]), &pairs)
        })
        .collect()
}
