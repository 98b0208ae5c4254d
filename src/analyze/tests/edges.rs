//! What breaks naive code ends in a status, a note or a message.

use super::honesty::{of, run};
use super::planted::{Recipe, in_time, quick};
use crate::analyze::score;
use crate::analyze::{
    AnalyseError, AnalysisSettings, Block, BlockKind, Cohort, Column, ComBatForm, Target, Unit, analyse,
    external,
};
use crate::record::analysis::{ClaimVerdict, ModelKind, ModelStatus};
use crate::stats::combat::{Adjust, Prior};

fn few() -> AnalysisSettings {
    AnalysisSettings { permutations: 3, resamples: 3, repeats: 1, ..quick() }
}

fn error(cohort: &Cohort) -> AnalyseError {
    analyse(cohort, &few(), None, &|_, _| ()).unwrap_err()
}

#[test]
fn one_patient_one_class_and_no_events_are_messages() {
    let cohort = Recipe::NULL.make();
    let one = Recipe { patients: 1, ..Recipe::NULL }.make();
    assert!(matches!(error(&one), AnalyseError::TooFew { units: 1, .. }));
    let same = Cohort { target: Target::Response(vec![true; 60]), ..cohort.clone() };
    assert!(matches!(error(&same), AnalyseError::TooFew { events: 60, .. }));
    let never = Cohort {
        target: Target::Survival { days: vec![10.0; 60], events: vec![false; 60] },
        ..cohort.clone()
    };
    assert!(matches!(error(&never), AnalyseError::TooFew { events: 0, .. }));
    let none = Cohort { blocks: Vec::new(), ..cohort };
    assert_eq!(error(&none), AnalyseError::NoColumns);
}

#[test]
fn constant_missing_collinear_and_separating_columns_are_passed() {
    let mut cohort = Recipe { features: 30, ..Recipe::NULL }.make();
    let Target::Response(labels) = cohort.target.clone() else { unreachable!() };
    let columns = &mut cohort.blocks[1].columns;
    let named = |name: &str, values: Vec<f64>| Column { name: name.into(), values, gate: None };
    columns.push(named("constant", vec![7.0; 60]));
    columns.push(named("missing", vec![f64::NAN; 60]));
    columns.push(named("infinite", vec![f64::INFINITY; 60]));
    columns.push(named("twice", columns[3].values.iter().map(|v| 2.0 * v).collect()));
    let mut holes = columns[4].values.clone();
    holes.iter_mut().step_by(9).for_each(|v| *v = f64::NAN);
    columns.push(named("holes", holes));
    // Volume tells all: its model has no maximum.
    cohort.blocks[0].columns[0].values =
        labels.iter().enumerate().map(|(i, l)| if *l { 10.0 } else { -10.0 } + i as f64 / 100.0).collect();
    let findings = run(&cohort, &few());
    let volume = of(&findings, ModelKind::Volume);
    assert_eq!(volume.discrimination.unwrap().estimate, 1.0);
    assert!(volume.note.as_ref().unwrap().contains("ridge"), "{:?}", volume.note);
    let word = |name: &str| {
        findings.univariate.iter().find(|r| r.feature == name).unwrap().status.clone().unwrap_or_default()
    };
    assert_eq!((word("constant"), word("missing")), ("constant".into(), "too_few".into()));
    assert_eq!(findings.missing.len(), 3);
    let redundancy = findings.redundancy.as_ref().unwrap();
    assert!(redundancy.clusters[0].features.len() >= 2);
    let text = serde_json::to_string(&findings.models).unwrap();
    assert!(!text.contains("null,null,null"));
}

#[test]
fn features_that_all_fail_leave_a_model_without_candidates() {
    let mut cohort = Recipe { features: 5, ..Recipe::NULL }.make();
    cohort.blocks[1].columns.iter_mut().for_each(|c| c.values = vec![1.0; 60]);
    let findings = run(&cohort, &few());
    let deltas = of(&findings, ModelKind::Deltas);
    assert_eq!(deltas.status, ModelStatus::NoCandidates);
    assert!(deltas.frozen.is_none());
    assert_eq!(findings.claim.claim, ClaimVerdict::None);
}

#[test]
fn without_volume_there_is_no_claim() {
    let mut cohort = Recipe { signal: 2.0, features: 20, ..Recipe::NULL }.make();
    cohort.blocks.remove(0);
    let findings = run(&cohort, &AnalysisSettings { permutations: 39, ..few() });
    assert!(of(&findings, ModelKind::Deltas).permutation.as_ref().unwrap().p < 0.05);
    assert_eq!(findings.claim.claim, ClaimVerdict::None);
    assert!(findings.claim.reasons[0].contains("volume is not known"), "{:?}", findings.claim.reasons);
}

#[test]
fn ties_in_times_and_tied_values_are_passed() {
    let mut cohort = in_time(&Recipe { features: 30, ..Recipe::NULL }.make(), 2.0, 1);
    if let Target::Survival { days, .. } = &mut cohort.target {
        for day in days.iter_mut() {
            *day = (*day / 100.0).ceil() * 100.0;
        }
    }
    for column in &mut cohort.blocks[1].columns {
        for value in &mut column.values {
            *value = value.round();
        }
    }
    let findings = run(&cohort, &few());
    assert!(of(&findings, ModelKind::Deltas).discrimination.is_some());
}

#[test]
fn a_frozen_model_scores_as_it_was_fitted() {
    for survival in [false, true] {
        let mut cohort = Recipe { signal: 1.5, features: 40, ..Recipe::NULL }.make();
        if survival {
            cohort = in_time(&cohort, 6.0, 2);
        }
        cohort.blocks[1].columns[0].values[7] = f64::NAN;
        let findings = run(&cohort, &few());
        let frozen = of(&findings, ModelKind::Deltas).frozen.clone().unwrap();
        let text = serde_json::to_string(&frozen).unwrap();
        let frozen = serde_json::from_str(&text).unwrap();
        let found = external(&frozen, &cohort, &[], None, 1).unwrap();
        let (low, high) = frozen.range;
        assert!(found.scores.iter().all(|s| s.linear >= low - 1e-9 && s.linear <= high + 1e-9));
        let apparent = of(&findings, ModelKind::Deltas).optimism.unwrap().apparent;
        let interval = found.discrimination.unwrap();
        assert!((interval.estimate - apparent).abs() < 1e-9);
        assert!(interval.lower <= apparent && apparent <= interval.upper);
        assert!(found.scores.iter().all(|s| s.probability.is_some_and(|p| (0.0..=1.0).contains(&p))));
        // Half of the columns are gone.
        let mut short = cohort.clone();
        short.blocks[1].columns.clear();
        assert!(matches!(score(&frozen, &short.blocks, &[], None), Err(AnalyseError::Lacking(_))));
    }
}

#[test]
fn a_frozen_model_takes_off_what_sites_added() {
    let mut cohort = Recipe { signal: 1.5, features: 40, patients: 90, ..Recipe::NULL }.make();
    let sites: Vec<Option<String>> =
        (0..90).map(|i| Some(["A", "B", "C"][i * i % 7 % 3].to_owned())).collect();
    let age =
        Column { name: "age".into(), values: (0..90).map(|i| (i * 37 % 50) as f64).collect(), gate: None };
    for column in &mut cohort.blocks[1].columns {
        for ((value, site), age) in column.values.iter_mut().zip(&sites).zip(&age.values) {
            *value = *value * if site.as_deref() == Some("B") { 2.0 } else { 1.0 } + 0.03 * age;
            *value += if site.as_deref() == Some("C") { 5.0 } else { 0.0 };
        }
    }
    cohort.sites = sites.iter().cloned().collect();
    cohort.blocks.push(Block { kind: BlockKind::Clinical, columns: vec![age] });
    for reference in [None, Some("B".to_owned())] {
        let combat = ComBatForm { prior: Prior::Parametric, adjust: Adjust::MeanAndScale, reference };
        let findings = run(&cohort, &AnalysisSettings { combat: Some(combat), ..few() });
        let deltas = of(&findings, ModelKind::Deltas);
        let frozen = deltas.frozen.clone().unwrap();
        let known = external(&frozen, &cohort, &sites, None, 1).unwrap();
        let apparent = deltas.optimism.unwrap().apparent;
        assert!((known.discrimination.unwrap().estimate - apparent).abs() < 1e-9);
        let (low, high) =
            known.scores.iter().fold((f64::MAX, f64::MIN), |(l, h), s| (l.min(s.linear), h.max(s.linear)));
        assert!((low - frozen.range.0).abs() < 1e-9 && (high - frozen.range.1).abs() < 1e-9);
        assert!(known.scores.iter().all(|score| !score.foreign_site));
        // A site that the model has not seen, and one that is not known.
        let foreign = score(&frozen, &cohort.blocks, &[Some("Z".into())], None).unwrap();
        assert!(foreign.iter().all(|score| score.foreign_site));
        assert!(foreign.iter().zip(&known.scores).any(|(a, b)| (a.linear - b.linear).abs() > 0.1));
    }
}

#[test]
fn a_site_effect_goes_with_combat_and_biology_stays() {
    let mut cohort = Recipe { signal: 1.0, features: 60, patients: 90, seed: 3, ..Recipe::NULL }.make();
    // Responders are more often of site B, and B's scanner shifts features 10 to 59.
    let site: Vec<bool> = (0..90).map(|i| if i % 2 == 0 { i % 8 != 0 } else { i % 8 == 1 }).collect();
    for column in cohort.blocks[1].columns.iter_mut().skip(10) {
        for (value, b) in column.values.iter_mut().zip(&site) {
            *value += if *b { 3.0 } else { 0.0 };
        }
    }
    cohort.sites = Some(site.iter().map(|b| if *b { "B".into() } else { "A".into() }).collect());
    let combat = ComBatForm { prior: Prior::Parametric, adjust: Adjust::MeanAndScale, reference: None };
    let with = run(&cohort, &AnalysisSettings { combat: Some(combat), ..few() });
    let without = run(&cohort, &few());
    // Share of folds in which a feature of the scanner is chosen, on average.
    let scanner = |f: &crate::analyze::Findings| {
        let chosen = &of(f, ModelKind::Deltas).chosen;
        chosen.iter().filter(|(name, _)| name.as_str() >= "f0010").map(|(_, share)| share).sum::<f64>()
    };
    assert!(scanner(&without) > 2.0 * scanner(&with), "{} {}", scanner(&without), scanner(&with));
    assert!(of(&with, ModelKind::Deltas).discrimination.unwrap().estimate > 0.7);
    let batches = with.batches.unwrap();
    assert!(batches.before.between_sites > 5.0 * batches.after.unwrap().between_sites);
}

#[test]
fn all_blocks_together_make_seven_models() {
    let mut cohort = Recipe { features: 20, ..Recipe::NULL }.make();
    let deltas = cohort.blocks[1].columns.clone();
    let some = |count: usize| deltas[..count].to_vec();
    for (kind, columns) in [
        (BlockKind::Recist, some(1)),
        (BlockKind::Volumetric, some(1)),
        (BlockKind::Clinical, some(3)),
        (BlockKind::Baseline, some(20)),
    ] {
        cohort.blocks.push(Block { kind, columns });
    }
    cohort.units[0] = Unit { subject: "first".into(), lesion: None };
    let findings = run(&cohort, &few());
    assert_eq!(findings.models.len(), 7);
    assert!(findings.models.iter().all(|m| m.discrimination.is_some()));
    assert_eq!(findings.differences.len(), 6);
    assert!(findings.differences.iter().all(|d| d.difference.is_some()));
    assert_eq!(findings.sample_size.len(), 7);
}
