//! Null stays null, signal is found, leaks are caught.

use super::planted::{Recipe, quick};
use crate::analyze::{AnalysisSettings, Cohort, Findings, analyse};
use crate::record::analysis::{ClaimVerdict, ModelKind, ModelResult};

fn run(cohort: &Cohort, settings: &AnalysisSettings) -> Findings {
    analyse(cohort, settings, None, &|_, _| ()).unwrap()
}

fn of(findings: &Findings, kind: ModelKind) -> &ModelResult {
    findings.models.iter().find(|m| m.model == kind).unwrap()
}

#[test]
fn a_planted_signal_is_found_and_claimed() {
    let cohort = Recipe { signal: 1.2, seed: 5, ..Recipe::NULL }.make();
    let findings = run(&cohort, &quick());
    let deltas = of(&findings, ModelKind::Deltas);
    assert!(deltas.discrimination.unwrap().estimate > 0.8, "{:?}", deltas.discrimination);
    assert_eq!(findings.claim.claim, ClaimVerdict::BeyondVolume, "{:?}", findings.claim.reasons);
    assert!(deltas.chosen[0].0.as_str() < "f0005", "{:?}", &deltas.chosen[..3]);
    assert!(deltas.frozen.is_some());
}
