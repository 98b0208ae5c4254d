//! A patient with one visit: what there is instead of checks of a change.

use std::collections::BTreeMap;

use super::input::RunReport;
use super::standing::{Check, Level};
use super::wording::{capital, region_list};
use crate::record::{Flag, MaskSource};

/// What the page and the summary say where a follow-up would stand.
pub const NO_FOLLOW_UP: &str =
    "There is one visit and no follow-up: its regions are measured, and nothing is compared.";

/// Regions that a sentence names; the others are counted.
const MOST_NAMES: usize = 5;

/// The checks of a single visit, in the order of the page: what needs two visits says so.
pub fn checks(report: &RunReport) -> [Check; 4] {
    let none = |topic, sentence: &str| Check {
        topic,
        level: Level::Unknown,
        word: "no follow-up".into(),
        sentences: vec![sentence.to_owned()],
    };
    [
        none("Alignment", "There is no second scan to align with."),
        contours(report),
        none("Noise limit", "Without a follow-up there is no change that noise could explain."),
        scan(report, none("Acquisition", "There is no second scan to compare with.")),
    ]
}

fn contours(report: &RunReport) -> Check {
    let mut by_source: BTreeMap<MaskSource, Vec<&str>> = BTreeMap::new();
    for structure in report.visits.iter().flat_map(|visit| &visit.structures) {
        by_source.entry(structure.source).or_default().push(&structure.name);
    }
    let (level, word) = if by_source.keys().all(|source| source.is_confirmed()) {
        (Level::Good, "confirmed")
    } else {
        (Level::Look, "unconfirmed")
    };
    let told = |(source, names): (&MaskSource, &Vec<&str>)| {
        format!("{}: {}.", capital(source.word()), region_list(names, MOST_NAMES))
    };
    let sentences = by_source.iter().map(told).collect();
    Check { topic: "Contours", level, word: word.into(), sentences }
}

/// What is known against the scan itself.
fn scan(report: &RunReport, plain: Check) -> Check {
    if !report.deltas.iter().any(|row| row.flags.has(&Flag::SpacingEstimated)) {
        return plain;
    }
    let sentence = "The spacing is estimated: sizes in millimetres rest on a guess.";
    Check {
        level: Level::Look,
        word: "spacing estimated".into(),
        sentences: vec![plain.sentences.concat(), sentence.into()],
        ..plain
    }
}
