//! The model on all units, and what its terms do.

use std::collections::BTreeMap;

use super::{FEATURES, logistic};
use crate::numeric::random::Random;
use crate::record::analysis::*;

pub fn frozen(kind: ModelKind, response: bool) -> FrozenModel {
    FrozenModel {
        schema: 1,
        version: "0.1.0".into(),
        model: kind,
        target: if response { TargetKind::Response } else { TargetKind::Survival },
        measurement_hashes: vec!["m1:4be30d9814c6d4e9".into()],
        delta_scale: "log_ratio".into(),
        levels: BTreeMap::new(),
        intercept: -0.41,
        coefficients: FEATURES
            .iter()
            .take(6)
            .enumerate()
            .map(|(at, feature)| Coefficient {
                block: "delta".into(),
                feature: (*feature).into(),
                coefficient: weight(at),
                mean: 0.02,
                sd: 0.2,
                imputed: 0.01,
                range: (-0.5, 0.6),
                sites: None,
            })
            .collect(),
        baseline_survival: if response { vec![] } else { vec![(100.0, 0.9), (400.0, 0.5)] },
        lambda: 0.0412,
        alpha: 0.5,
        range: (-2.4, 2.2),
        fitted_to: (60, 60, if response { 24 } else { 41 }),
    }
}

pub fn explained(response: bool, random: &mut Random) -> Explained {
    let importance: Vec<ImportanceRow> = (0..6)
        .map(|at| ImportanceRow {
            feature: FEATURES[at].into(),
            mean_shap: 0.8 * weight(at).abs(),
            permutation: Some(0.09 * weight(at).abs() - 0.012),
        })
        .collect();
    let shap = (0..60).map(|_| (0..6).map(|at| weight(at) * random.normal()).collect()).collect();
    let axes = (0..6)
        .map(|at| {
            let rises = weight(at) > 0.0;
            NomogramAxis {
                feature: FEATURES[at].into(),
                ticks: (0..=6)
                    .map(|k| {
                        let share = k as f64 / 6.0;
                        let share = if rises { share } else { 1.0 - share };
                        (-0.6 + 0.2 * k as f64, 100.0 * share * weight(at).abs() / 0.9)
                    })
                    .collect(),
            }
        })
        .collect();
    // A higher score says a more probable response, or a shorter survival.
    let upwards = if response { 1.0 } else { -1.0 };
    let total = (0..=20)
        .map(|k| (13.0 * k as f64, (1000.0 * logistic(upwards * (-3.0 + 0.3 * k as f64))).round() / 1000.0))
        .collect();
    let predicts =
        if response { "probability of response" } else { "survival at 540 days from the landmark" };
    Explained { importance, shap, nomogram: Some(Nomogram { axes, total, predicts: predicts.into() }) }
}

fn weight(at: usize) -> f64 {
    [0.9, -0.62, 0.4, -0.21, 0.15, 0.07][at]
}
