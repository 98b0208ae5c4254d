//! Intervals cover what they promise, and chance is as large as the gate says: a small version of
//! `workflow/stability_simulation.rs`.

// Helpers of tests may unwrap.
#![allow(clippy::unwrap_used)]

#[path = "../workflow/stability_simulation/simulate.rs"]
mod simulate;

use delta_radiomics::delta::gate::judge::expected_share_beyond;
use delta_radiomics::record::{IccBound, IccForm, RcBound};
use delta_radiomics::stability::chance::expected_share;
use simulate::{Design, Lesions, Outcomes, TRUE_ICCS, coverage, mean, simulate};

fn studies(subjects: usize) -> Vec<Outcomes> {
    let design = Design { subjects, lesions: Lesions::One, shift: 0.0, studies: 480, deltas: 100 };
    let studies = simulate(design, 16);
    assert_eq!(studies.len(), 480);
    assert!(studies.iter().all(|study| TRUE_ICCS.contains(&study.true_icc)));
    studies
}

#[test]
fn intervals_hold_the_truth_in_95_of_100_studies() {
    for subjects in [10, 30] {
        let studies = studies(subjects);
        // Three standard errors of 480 studies.
        for (place, figure) in [(0, "ICC(1,1)"), (1, "ICC(C,1)"), (3, "wSD"), (4, "RC")] {
            let covered = coverage(&studies, place).unwrap();
            assert!((covered - 0.95).abs() < 0.03, "{subjects} {figure}: {covered}");
        }
    }
}

#[test]
fn chance_exceeds_as_often_as_the_gate_expects() {
    for (subjects, bound) in [(10, RcBound::Auto), (20, RcBound::Point), (20, RcBound::Auto)] {
        let studies = studies(subjects);
        let beyond = |study: &Outcomes| match bound {
            RcBound::Point => study.beyond_point,
            _ => study.beyond_auto,
        };
        let expected = expected_share(subjects, 2, IccForm::AgreementSingle, IccBound::Lower, 0.75, bound, 1);
        let all = mean(studies.iter().map(beyond)).unwrap();
        assert!((all - expected.all).abs() < 0.012, "{subjects} {bound}: {all} {expected:?}");
        if bound == RcBound::Point {
            let exact = expected_share_beyond(subjects as f64).unwrap();
            assert!((all - exact).abs() < 0.012, "{subjects}: {all} {exact}");
        }
        let passed = mean(studies.iter().filter(|study| study.stable).map(beyond)).unwrap();
        assert!(
            (passed - expected.stable.unwrap()).abs() < 0.02,
            "{subjects} {bound}: {passed} {expected:?}"
        );
    }
}

#[test]
fn several_lesions_and_a_shift_are_simulated_too() {
    let plain = Design { subjects: 20, lesions: Lesions::One, shift: 0.0, studies: 64, deltas: 0 };
    // Subjects are resampled: intervals are there, and not far from what they promise.
    let clustered = simulate(Design { lesions: Lesions::Several, ..plain }, 3);
    assert!(coverage(&clustered, 2).unwrap() > 0.8);
    // A shift counts against agreement: fewer features pass.
    let passed = |shift| simulate(Design { shift, ..plain }, 3).iter().filter(|study| study.stable).count();
    assert!(passed(1.0) < passed(0.0));
}
