//! Null stays null, signal is found, leaks are caught.

use super::planted::{Recipe, in_time, quick};
use crate::analyze::validate::streams::{Purpose, stream};
use crate::analyze::{AnalysisSettings, BlockKind, Cohort, Findings, Target, analyse};
use crate::record::analysis::{ClaimVerdict, ModelKind, ModelResult};

pub(super) fn run(cohort: &Cohort, settings: &AnalysisSettings) -> Findings {
    analyse(cohort, settings, None, &|_, _| ()).unwrap()
}

pub(super) fn of(findings: &Findings, kind: ModelKind) -> &ModelResult {
    findings.models.iter().find(|m| m.model == kind).unwrap()
}

fn estimate(findings: &Findings, kind: ModelKind) -> f64 {
    of(findings, kind).discrimination.unwrap().estimate
}

#[test]
fn a_planted_signal_is_found_and_claimed() {
    let cohort = Recipe { signal: 1.2, seed: 5, ..Recipe::NULL }.make();
    let findings = run(&cohort, &quick());
    let deltas = of(&findings, ModelKind::Deltas);
    assert!(deltas.discrimination.unwrap().estimate > 0.8, "{:?}", deltas.discrimination);
    assert_eq!(findings.claim.claim, ClaimVerdict::BeyondVolume, "{:?}", findings.claim.reasons);
    assert!(deltas.chosen[0].0.as_str() < "f0005", "{:?}", &deltas.chosen[..3]);
    let explained = deltas.explained.as_ref().unwrap();
    assert!(explained.importance[0].permutation.unwrap() > 0.01);
    assert!(deltas.optimism.unwrap().optimism > 0.0);
    assert!(deltas.frozen.is_some());
}

#[test]
fn a_planted_signal_is_found_in_times_to_event() {
    let cohort = in_time(&Recipe { signal: 2.0, seed: 5, patients: 90, ..Recipe::NULL }.make(), 12.0, 3);
    let findings = run(&cohort, &quick());
    let deltas = of(&findings, ModelKind::Deltas);
    assert!(deltas.discrimination.unwrap().estimate > 0.6, "{:?}", deltas.discrimination);
    assert!(deltas.permutation.as_ref().unwrap().p < 0.05);
    assert!(deltas.uno.unwrap().0 > 0.55);
    assert!(!deltas.frozen.as_ref().unwrap().baseline_survival.is_empty());
    let km = findings.survival.as_ref().unwrap();
    assert_eq!(km.curves.len(), 2);
    assert!(km.hazard_ratio.as_ref().unwrap().estimate > 1.0);
    assert!(!deltas.calibration.as_ref().unwrap().bins.is_empty());
}

#[test]
fn nothing_planted_is_no_claim_and_a_leak_is_caught() {
    let settings = AnalysisSettings { permutations: 19, resamples: 10, ..quick() };
    let (mut own, mut leaked) = (Vec::new(), Vec::new());
    for seed in 0..6 {
        let cohort = Recipe { seed: 100 + seed, features: 400, ..Recipe::NULL }.make();
        let findings = run(&cohort, &settings);
        own.push(estimate(&findings, ModelKind::Deltas));
        assert_eq!(findings.claim.claim, ClaimVerdict::None);
        // The leak: features chosen by all units before the folds.
        let Target::Response(labels) = &cohort.target else { unreachable!() };
        let mut leak = cohort.clone();
        let apart = |values: &[f64]| {
            values.iter().zip(labels).map(|(v, l)| if *l { *v } else { -v }).sum::<f64>().abs()
        };
        let deltas = leak.blocks.iter_mut().find(|b| b.kind == BlockKind::Delta).unwrap();
        deltas.columns.sort_by(|a, b| apart(&b.values).total_cmp(&apart(&a.values)));
        deltas.columns.truncate(10);
        let settings = AnalysisSettings { permutations: 0, resamples: 0, ..settings.clone() };
        leaked.push(estimate(&run(&leak, &settings), ModelKind::Deltas));
    }
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    assert!((mean(&own) - 0.5).abs() < 0.1, "{own:?}");
    assert!(mean(&leaked) > 0.75, "{leaked:?}");
}

#[test]
fn volume_alone_is_no_claim() {
    let cohort = Recipe { volume: 1.5, seed: 8, ..Recipe::NULL }.make();
    let findings = run(&cohort, &quick());
    assert!(estimate(&findings, ModelKind::Volume) > 0.75);
    assert_eq!(findings.claim.claim, ClaimVerdict::None);
    assert!(findings.claim.reasons.iter().any(|r| r.contains("volume")), "{:?}", findings.claim.reasons);
    // A delta that is volume under another name does not reach the model.
    let mut copied = cohort.clone();
    let mut column = copied.blocks[0].columns[0].clone();
    column.name = "copy".into();
    column.values.iter_mut().for_each(|v| *v = libm::exp(*v));
    copied.blocks[1].columns.insert(0, column);
    let findings = run(&copied, &AnalysisSettings { permutations: 19, resamples: 5, ..quick() });
    assert!(of(&findings, ModelKind::Deltas).chosen.iter().all(|(name, _)| name != "copy"));
    let step = findings.filters.iter().find(|s| s.filter == "volume").unwrap();
    assert_eq!(step.before - step.after, 1);
}

#[test]
fn threads_do_not_change_a_digit() {
    let cohort = Recipe { most_lesions: 3, patients: 40, signal: 0.8, ..Recipe::NULL }.make();
    let settings = AnalysisSettings { permutations: 9, resamples: 8, ..quick() };
    let by = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| run(&cohort, &settings))
    };
    assert_eq!(by(1), by(3));
}

#[test]
fn patients_exchange_their_labels_as_blocks() {
    let cohort = Recipe { most_lesions: 4, patients: 30, ..Recipe::NULL }.make();
    let patient = crate::analyze::cohort::patients::patients_of(&cohort.units);
    let single: Vec<usize> = (0..patient.len()).collect();
    let agree = |patients: &[usize], number: u64| -> usize {
        let from =
            crate::analyze::cohort::patients::exchanged(patients, &mut stream(1, Purpose::Labels, number));
        let labels = cohort.target.of(&from);
        let labels = labels.happened();
        // Neighbouring lesions of a patient with the same label.
        (1..patient.len()).filter(|u| patient[*u] == patient[u - 1] && labels[*u] == labels[u - 1]).count()
    };
    let (blocks, units): (usize, usize) =
        (0..40).fold((0, 0), |sum, n| (sum.0 + agree(&patient, n), sum.1 + agree(&single, n)));
    assert!(blocks as f64 > 1.2 * units as f64, "{blocks} {units}");
}

#[test]
fn given_folds_are_used() {
    let cohort = Recipe::NULL.make();
    let settings = AnalysisSettings { permutations: 0, resamples: 0, ..quick() };
    let first = run(&cohort, &settings);
    let again = analyse(&cohort, &settings, Some(&first.folds), &|_, _| ()).unwrap();
    assert_eq!(again.folds, first.folds);
    assert_eq!(again.predictions, first.predictions);
    let held: Vec<bool> =
        first.predictions.iter().map(|p| first.folds.of[p.repeat][p.unit] == p.fold).collect();
    assert!(held.iter().all(|h| *h) && held.len() == 60 * 2 * 3, "{}", held.len());
}
