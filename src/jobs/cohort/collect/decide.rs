//! The rows of a patient's deltas that count for a study: those of the contour that decides, lesion by lesion.

use std::collections::BTreeMap;

use delta_table::Sheet;

use super::error::CollectError;
use super::source::{Source, texts};
use crate::delta::contour::{LesionContour, rank};
use crate::record::{MaskSource, Reason, RoiRole};

/// Why a lesion has no contour at a follow-up.
const MISSING: [Reason; 3] = [Reason::Absent, Reason::RoiOnlyAtBaseline, Reason::NoFollowUp];

/// A lesion at a pair of visits; the follow-up is empty for a visit that has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LesionPair<'a> {
    /// Name of the baseline.
    pub baseline: &'a str,
    /// Name of the follow-up.
    pub followup: &'a str,
    /// Name of the lesion.
    pub lesion: &'a str,
}

/// The contours that decide, and their rows in the table.
#[derive(Clone, Debug, PartialEq)]
pub struct Deciding {
    /// Of the baseline; none where the lesion is not there.
    pub baseline: Option<MaskSource>,
    /// Of the follow-up.
    pub followup: Option<MaskSource>,
    /// Why the follow-up has none, where the rows say it.
    pub missing: Option<Reason>,
    /// Places of the rows.
    pub rows: Vec<usize>,
}

/// For each lesion and pair of visits the contours that decide, as they do for the headlines of a patient's report.
pub fn deciding<'a>(
    source: &Source,
    deltas: &'a Sheet,
    contour: LesionContour,
) -> Result<BTreeMap<LesionPair<'a>, Deciding>, CollectError> {
    let column = |name: &str| texts(source, "deltas.csv", deltas, name);
    let (role, roi) = (column("roi_role")?, column("roi")?);
    let (baseline, followup) = (column("baseline_visit")?, column("followup_visit")?);
    let (before, after) = (column("mask_source_baseline")?, column("mask_source_followup")?);
    let reason = column("reason")?;
    let mut found: BTreeMap<LesionPair, Deciding> = BTreeMap::new();
    for row in 0..deltas.rows() {
        if role[row] != Some(RoiRole::Lesion.word()) {
            continue;
        }
        let pair = LesionPair {
            baseline: baseline[row].unwrap_or_default(),
            followup: followup[row].unwrap_or_default(),
            lesion: roi[row].unwrap_or_default(),
        };
        let (before, after) = (word(before[row]), word(after[row]));
        let missing = MISSING.into_iter().find(|missing| reason[row] == Some(missing.word()));
        let here = || Deciding { baseline: before, followup: after, missing, rows: vec![row] };
        match found.get_mut(&pair) {
            None => {
                found.insert(pair, here());
            }
            Some(best) if rank(after, contour) < rank(best.followup, contour) => *best = here(),
            Some(best) if after == best.followup => {
                best.rows.push(row);
                best.missing = best.missing.or(missing);
            }
            Some(_) => {}
        }
    }
    Ok(found)
}

fn word(source: Option<&str>) -> Option<MaskSource> {
    source.and_then(MaskSource::from_word)
}
