//! Spoilt pairs of real scans are never PASS, and say why; good ones are.
#![allow(clippy::unwrap_used, reason = "a test that cannot read its own data has to fail")]

#[path = "../workflow/spoiled_pairs/cases.rs"]
#[allow(dead_code, reason = "the program's table uses the rest")]
mod cases;
mod common;
#[path = "../workflow/spoiled_pairs/judged.rs"]
#[allow(dead_code, reason = "the program's table uses the rest")]
mod judged;
#[path = "../workflow/spoiled_pairs/kept.rs"]
mod kept;
#[path = "../workflow/spoiled_pairs/spoil.rs"]
mod spoil;
#[path = "../workflow/spoiled_pairs/wrong.rs"]
mod wrong;

use cases::Group;
use delta_radiomics::record::QaVerdict;
use judged::{Outcome, judged};

/// Those of `workflow/spoiled_pairs.rs` that cost little.
const LOOKED_AT: [&str; 8] = [
    "PET thigh",
    "front and back exchanged, PET thigh",
    "every third slice lost, PET thigh",
    "upper third alone, PET thigh",
    "result 10 mm off, PET thigh",
    "spacing x 0.8, CT liver",
    "one hot voxel, CT liver",
    "blank, CT liver",
];

#[test]
fn a_handful_of_spoilt_pairs_is_seen_and_a_good_one_passes() {
    let Some(reference) = common::reference() else { return };
    let chosen: Vec<_> = cases::cases().into_iter().filter(|c| LOOKED_AT.contains(&c.name)).collect();
    assert_eq!(chosen.len(), LOOKED_AT.len());
    for case in &chosen {
        match judged(case, &reference, None).unwrap() {
            Outcome::Refused(code, text) => {
                assert!(
                    case.group == Group::Spoilt && code.starts_with("E-REGISTER-"),
                    "{}: {text}",
                    case.name
                );
            }
            Outcome::Judged { qa, .. } => {
                let passes = qa.verdict == QaVerdict::Pass;
                assert_eq!(passes, case.group == Group::Good, "{}: {:?}", case.name, qa.reasons);
                assert_eq!(passes, qa.reasons.is_empty());
            }
        }
    }
}
