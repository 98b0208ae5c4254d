//! Time to event, groups and sites come out of the whole path.

use super::planted::{Recipe, in_time, quick};
use crate::analyze::{AnalysisSettings, Cohort, ComBatForm, Subgroup, Target, analyse};
use crate::stats::combat::{Adjust, Prior};

/// Responders have features shifted by 1.5; two sites that are four standard deviations apart, and two arms.
fn cohort() -> Cohort {
    let mut cohort = Recipe { patients: 90, features: 20, signal: 1.5, ..Recipe::NULL }.make();
    let site = |unit: usize| (unit / 2) % 2;
    for column in &mut cohort.blocks[1].columns {
        for (unit, value) in column.values.iter_mut().enumerate() {
            *value += 4.0 * site(unit) as f64;
        }
    }
    cohort.sites = Some((0..90).map(|unit| ["north", "south"][site(unit)].to_owned()).collect());
    let arm = |unit: usize| Some(["a", "b", "tiny"][if unit < 4 { 2 } else { (unit / 4) % 2 }].to_owned());
    cohort.subgroups = vec![Subgroup { name: "arm".into(), levels: (0..90).map(arm).collect() }];
    cohort
}

fn settings() -> AnalysisSettings {
    AnalysisSettings {
        permutations: 0,
        combat: Some(ComBatForm { prior: Prior::Parametric, adjust: Adjust::MeanAndScale, reference: None }),
        ..quick()
    }
}

#[test]
fn a_response_has_groups_and_sites_and_no_curves() {
    let found = analyse(&cohort(), &settings(), None, &|_, _| ()).unwrap();
    assert_eq!(found.survival, None);
    let [a, b, tiny] = &found.subgroups[..] else { panic!("{:?}", found.subgroups) };
    for group in [a, b] {
        assert!(group.discrimination.unwrap().lower > 0.5, "{group:?}");
    }
    assert!(tiny.suppressed.is_some() && tiny.discrimination.is_none());
    let sites = found.batches.unwrap();
    assert_eq!((sites.sites.len(), sites.of.len(), sites.harmonised.in_models), (2, 90, true));
    assert!(sites.before.between_sites > 0.3 && sites.after.unwrap().between_sites < 0.1);
}

#[test]
fn time_to_event_has_curves_that_part() {
    let cohort = in_time(&cohort(), 6.0, 4);
    let found = analyse(&cohort, &settings(), None, &|_, _| ()).unwrap();
    let survival = found.survival.unwrap();
    assert_eq!(survival.curves.iter().map(|curve| curve.n).sum::<usize>(), 90);
    assert_eq!(survival.curves.iter().map(|curve| curve.events).sum::<usize>(), cohort.target.events());
    assert!(survival.p.unwrap() < 0.01 && survival.hazard_ratio.unwrap().lower > 1.0, "{survival:?}");
    assert_eq!(survival.hazards.len(), 1);
    assert!(matches!(cohort.target, Target::Survival { .. }) && found.subgroups.len() == 3);
}
