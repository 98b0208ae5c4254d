//! Tests only: studies made by hand, and the published prostate test-retest.

use std::path::Path;

use super::input::{ExpectedBeyond, GroupDesign, StabilityInput};
use crate::features::registry;
use crate::numeric::random::Random;
use crate::record::{
    Family, FeatureKey, IccForm, MaskSource, NoiseScale, Reason, RepeatKind, RoiGroup, RoiRole, Stability,
};
use crate::stability::assess::{Agreement, Assessed, IntervalMethod, OnScale, Pair};
use crate::stability::rules::Rules;
use crate::stability::study::Group;
use crate::stats::bland_altman::{BlandAltman, concordance};
use crate::stats::icc::icc;
use crate::stats::mean_squares::MeanSquares;
use crate::stats::repeatability::Repeatability;

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
    let mut random = Random::seeded(7);
    registry::all()
        .filter(|info| info.family != Family::DIAG)
        .take(count)
        .enumerate()
        .map(|(at, info)| {
            let noise = 2.0 * (at as f64 + 0.5) / count as f64;
            let pairs: Vec<(f64, f64)> = (0..n)
                .map(|_| {
                    let subject = 40.0 + 6.0 * random.normal();
                    (subject + noise * 3.0 * random.normal(), subject + noise * 3.0 * random.normal())
                })
                .collect();
            found(group, &key(info.family, info.tag), &pairs)
        })
        .collect()
}

/// A feature without agreement.
pub fn undefined(group: &Group, key: &FeatureKey, n: usize, reason: Reason) -> Assessed {
    Assessed {
        group: group.clone(),
        key: key.clone(),
        unit: String::new(),
        n,
        n_subjects: n,
        k: 2,
        dropped: 0,
        verdict: Stability::Undefined,
        form: Rules::default().form(group.kind),
        agreement: Err(reason),
    }
}

/// A feature of pairs, on logarithms where all values are positive.
pub fn found(group: &Group, key: &FeatureKey, pairs: &[(f64, f64)]) -> Assessed {
    let form = Rules::default().form(group.kind);
    let raw = on_scale(pairs, NoiseScale::Raw);
    let is_positive = pairs.iter().all(|(a, b)| *a > 0.0 && *b > 0.0);
    let log = is_positive.then(|| {
        let logs: Vec<(f64, f64)> = pairs.iter().map(|(a, b)| (a.ln(), b.ln())).collect();
        on_scale(&logs, NoiseScale::Log)
    });
    let scale = if log.is_some() { NoiseScale::Log } else { NoiseScale::Raw };
    let agreement = Agreement { scale, profile: None, raw, log };
    let verdict = match agreement.chosen().icc(form) {
        None => Stability::Undefined,
        Some(icc) if icc.interval.is_some_and(|(lower, _)| lower >= 0.75) => Stability::Stable,
        Some(icc) if icc.estimate >= 0.75 => Stability::Marginal,
        Some(_) => Stability::Unstable,
    };
    Assessed { verdict, agreement: Ok(agreement), ..undefined(group, key, pairs.len(), Reason::Insufficient) }
}

fn on_scale(pairs: &[(f64, f64)], scale: NoiseScale) -> OnScale {
    let flat: Vec<f64> = pairs.iter().flat_map(|(a, b)| [*a, *b]).collect();
    let mean = flat.iter().sum::<f64>() / flat.len() as f64;
    let squares = MeanSquares::of(&flat, 2);
    let half = pairs.iter().map(|(a, b)| (b - a) * (b - a)).sum::<f64>() / 2.0;
    let wsd = (half / pairs.len() as f64).sqrt();
    let repeatability = Repeatability::of(wsd, pairs.len() as f64);
    let wcv = match scale {
        NoiseScale::Log => Some((wsd * wsd).exp_m1().sqrt()),
        NoiseScale::Raw => (mean > 0.0).then_some(wsd / mean),
    };
    let mut iccs = [None; 6];
    for (place, form) in iccs.iter_mut().zip(IccForm::ALL) {
        *place = squares.as_ref().and_then(|squares| icc(squares, *form));
    }
    OnScale {
        scale,
        mean,
        iccs,
        interval_by: IntervalMethod::Exact,
        ccc: concordance(pairs),
        bland_altman: BlandAltman::of(pairs),
        rc_percent: (scale == NoiseScale::Raw && mean > 0.0).then_some(100.0 * repeatability.rc / mean),
        repeatability,
        wcv,
        components: None,
        pairs: pairs
            .iter()
            .enumerate()
            .map(|(at, (a, b))| Pair {
                subject: format!("P{:02}", at + 1),
                mean: f64::midpoint(*a, *b),
                difference: b - a,
            })
            .collect(),
    }
}

/// The prostate test-retest as a ready table: subjects with two rows each, a column per feature.
pub fn prostate(file: &Path, group: &Group) -> Vec<Assessed> {
    let text = std::fs::read_to_string(file).unwrap();
    let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
    (2..rows[0].len())
        .map(|column| {
            let values: Vec<f64> = rows[1..].iter().map(|row| row[column].parse().unwrap()).collect();
            let pairs: Vec<(f64, f64)> = values.chunks(2).map(|pair| (pair[0], pair[1])).collect();
            let family = rows[0][column].split('_').nth(1).unwrap().to_lowercase();
            let family = Family::from_word(&family.chars().take(8).collect::<String>()).unwrap();
            found(group, &key(family, rows[0][column]), &pairs)
        })
        .collect()
}
