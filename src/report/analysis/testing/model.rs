//! Models as cross-validation leaves them, with curves that follow from made-up predictions.

use super::frozen::{explained, frozen};
use super::{FEATURES, logistic, within};
use crate::numeric::random::Random;
use crate::record::analysis::*;

pub fn model(kind: ModelKind, outcomes: Option<&[bool]>, random: &mut Random) -> ModelResult {
    let response = outcomes.is_some();
    let at = strength(kind, response);
    let predictions: Vec<(f64, bool)> = match outcomes {
        Some(outcomes) => outcomes
            .iter()
            .map(|yes| {
                (logistic(-0.4 + 6.0 * (at - 0.5) * (f64::from(*yes) - 0.4) + 0.9 * random.normal()), *yes)
            })
            .collect(),
        None => (0..60).map(|at| (logistic(0.4 + 0.8 * random.normal()), at % 3 > 0)).collect(),
    };
    let null: Vec<f64> = (0..200).map(|_| 0.5 + 0.07 * random.normal()).collect();
    let beyond = null.iter().filter(|v| **v >= at).count();
    ModelResult {
        model: kind,
        status: if kind == ModelKind::Baseline { ModelStatus::ConstantInFolds } else { ModelStatus::Fitted },
        note: (kind == ModelKind::Baseline).then(|| "constant in 9 of 25 folds".into()),
        discrimination: Some(within(at, 0.11)),
        uno: (!response).then_some((at - 0.01, 540.0)),
        by_repeat: (0..5).map(|_| at + 0.02 * random.normal()).collect(),
        permutation: Some(Permutation {
            permutations: 200,
            p: (1 + beyond) as f64 / 201.0,
            discrimination: null,
        }),
        roc: if response { roc(&predictions) } else { vec![] },
        calibration: Some(calibration(&predictions, response)),
        decision: if response { decision(&predictions) } else { vec![] },
        optimism: Some(Optimism {
            apparent: at + 0.09,
            optimism: 0.06,
            corrected: at + 0.03,
            slope: Some(0.81),
            resamples: 198,
        }),
        chosen: FEATURES
            .iter()
            .enumerate()
            .map(|(at, f)| ((*f).to_owned(), 1.0 / (1.0 + at as f64 * 0.4)))
            .collect(),
        frozen: Some(frozen(kind, response)),
        explained: Some(explained(response, random)),
    }
}

fn strength(kind: ModelKind, response: bool) -> f64 {
    let of = match kind {
        ModelKind::Volume => 0.62,
        ModelKind::Recist => 0.58,
        ModelKind::Volumetric => 0.60,
        ModelKind::Clinical => 0.55,
        ModelKind::Baseline => 0.53,
        ModelKind::Deltas => 0.84,
        ModelKind::All => 0.82,
    };
    if response || of < 0.8 { of } else { 0.63 }
}

fn roc(predictions: &[(f64, bool)]) -> Vec<RocPoint> {
    let mut sorted = predictions.to_vec();
    sorted.sort_by(|a, b| b.0.total_cmp(&a.0));
    let positives = sorted.iter().filter(|p| p.1).count() as f64;
    let negatives = sorted.len() as f64 - positives;
    let (mut hits, mut misses) = (0.0, 0.0);
    let mut points = vec![RocPoint { false_positive: 0.0, true_positive: 0.0 }];
    for (_, yes) in sorted {
        if yes {
            hits += 1.0;
        } else {
            misses += 1.0;
        }
        points.push(RocPoint { false_positive: misses / negatives, true_positive: hits / positives });
    }
    points
}

/// Where times are censored, there is neither a Brier score nor an intercept.
fn calibration(predictions: &[(f64, bool)], response: bool) -> Calibration {
    let mut sorted = predictions.to_vec();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let bins = sorted
        .chunks(12)
        .map(|group| {
            let n = group.len() as f64;
            let observed = group.iter().filter(|g| g.1).count() as f64 / n;
            Bin {
                n: group.len(),
                predicted: group.iter().map(|g| g.0).sum::<f64>() / n,
                observed: within(observed, 0.22),
            }
        })
        .collect();
    Calibration {
        brier: response.then_some(0.171),
        brier_of_prevalence: response.then_some(0.24),
        slope: Some(0.86),
        intercept: response.then_some(-0.05),
        status: (!response)
            .then(|| "at 540 days; Brier score and intercept are not given where times are censored".into()),
        bins,
        rug: predictions.to_vec(),
    }
}

fn decision(predictions: &[(f64, bool)]) -> Vec<DecisionPoint> {
    let n = predictions.len() as f64;
    let prevalence = predictions.iter().filter(|p| p.1).count() as f64 / n;
    (1..80)
        .map(|at| {
            let threshold = at as f64 / 100.0;
            let odds = threshold / (1.0 - threshold);
            let count =
                |yes: bool| predictions.iter().filter(|p| p.0 >= threshold && p.1 == yes).count() as f64;
            DecisionPoint {
                threshold,
                model: (count(true) - count(false) * odds) / n,
                all: prevalence - (1.0 - prevalence) * odds,
            }
        })
        .collect()
}
