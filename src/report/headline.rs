//! Which rows speak first, and what they say together. Selection only: every number stands in a row.

use std::collections::{BTreeMap, BTreeSet};

use super::input::RunReport;
use super::wording::{is_beyond, is_judged};
use crate::record::{DeltaRow, MaskSource, NoiseScale, Reason, RoiRole, Verdict};

/// Features that say how large a region is, in the order of the headlines.
const SIZES: [&str; 2] = ["morph_volume", "morph_diam"];

/// For each follow-up and region, the contour whose rows decide.
pub struct Deciding(BTreeMap<(String, String), Option<MaskSource>>);

impl Deciding {
    /// A confirmed contour where there is one, else the one of ours that the run was asked for (DESIGN 4).
    pub fn new(report: &RunReport) -> Self {
        let mut present: BTreeMap<(String, String), BTreeSet<Option<MaskSource>>> = BTreeMap::new();
        for row in report.deltas {
            let place = (row.followup_visit.clone(), row.roi.clone());
            present.entry(place).or_default().insert(row.mask_source_followup);
        }
        let choose = |sources: &BTreeSet<Option<MaskSource>>| {
            let known = || sources.iter().copied().flatten();
            known()
                .find(|s| s.is_confirmed())
                .or_else(|| known().find(|s| *s == report.lesion_contour))
                .or_else(|| known().next())
        };
        Self(present.iter().map(|(place, sources)| (place.clone(), choose(sources))).collect())
    }

    /// The contour that decides; `None` where the region has none at this visit.
    pub fn source(&self, followup: &str, roi: &str) -> Option<MaskSource> {
        self.0.get(&(followup.to_owned(), roi.to_owned())).copied().flatten()
    }

    /// Whether a row rests on the contour that decides.
    pub fn holds(&self, row: &DeltaRow) -> bool {
        row.mask_source_followup == self.source(&row.followup_visit, &row.roi)
    }
}

/// The verdict of a row, or what it would be once its contour is accepted.
pub fn verdict_once_accepted(row: &DeltaRow) -> Verdict {
    match (row.verdict, row.verdict_if_accepted) {
        (Verdict::Refused, Some(then)) => then,
        (verdict, _) => verdict,
    }
}

/// Whether a row waits for a person to look at its contour.
pub fn is_unconfirmed(row: &DeltaRow) -> bool {
    row.reason == Some(Reason::UnconfirmedContour)
}

/// The delta on the scale of its noise limit: -1 and +1 are the limit. `None` without one.
pub fn on_noise_scale(row: &DeltaRow) -> Option<f64> {
    let delta = match row.noise_scale? {
        NoiseScale::Raw => row.absolute.value()?,
        NoiseScale::Log => row.log_ratio.value()?,
    };
    let limit = row.noise_limit.filter(|l| *l > 0.0)?;
    Some(delta / limit).filter(|x| x.is_finite())
}

/// Whether a row says how large its region is.
pub fn is_size(row: &DeltaRow) -> bool {
    row.key.image == "original" && SIZES.contains(&row.key.feature.as_str())
}

/// The deciding rows of a follow-up.
pub fn deciding_rows<'a>(report: &RunReport<'a>, deciding: &Deciding, followup: &str) -> Vec<&'a DeltaRow> {
    report.deltas.iter().filter(|r| r.followup_visit == followup && deciding.holds(r)).collect()
}

/// The rows that head the page: sizes of lesions, then what exceeds its noise limit, furthest first; where fewer
/// than `least` rows do, the largest within noise fill up.
pub fn headline_rows<'a>(rows: &[&'a DeltaRow], least: usize, most: usize) -> Vec<&'a DeltaRow> {
    let lesions_only = rows.iter().any(|r| r.roi_role == RoiRole::Lesion);
    let speaks = |r: &&&DeltaRow| !lesions_only || r.roi_role == RoiRole::Lesion;
    let mut chosen: Vec<&DeltaRow> = rows.iter().filter(|r| is_size(r)).filter(speaks).copied().collect();
    chosen.sort_by_key(|r| SIZES.iter().position(|s| *s == r.key.feature));
    let mut others: Vec<(bool, f64, &DeltaRow)> = rows
        .iter()
        .filter(|r| !(is_size(r) && speaks(r)))
        .filter_map(|r| Some((is_beyond(verdict_once_accepted(r)), on_noise_scale(r)?.abs(), *r)))
        .filter(|(_, _, r)| is_judged(verdict_once_accepted(r)))
        .collect();
    others.sort_by(|a, b| b.0.cmp(&a.0).then(b.1.total_cmp(&a.1)));
    let beyond = others.iter().filter(|(beyond, ..)| *beyond).count();
    let wanted = (chosen.len() + beyond).clamp(least, most.max(least)).saturating_sub(chosen.len());
    chosen.extend(others.into_iter().take(wanted).map(|(_, _, row)| row));
    chosen
}

/// How many deltas were judged, and how many exceed their noise limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Deltas with a value, whatever the gate says.
    pub given: usize,
    /// Of a stable feature (or with a band), so compared with a noise limit.
    pub judged: usize,
    /// Of these, beyond the limit.
    pub beyond: usize,
    /// Judged only once the contour is accepted.
    pub waiting: usize,
    /// Of a feature too noisy to be judged.
    pub unstable: usize,
    /// Without any noise limit.
    pub no_gate: usize,
}

/// Counts over rows; a row that waits for a contour counts as it would be judged.
pub fn tally(rows: &[&DeltaRow]) -> Tally {
    let mut t = Tally::default();
    for row in rows {
        let verdict = verdict_once_accepted(row);
        t.given += usize::from(row.absolute.value().is_some());
        t.judged += usize::from(is_judged(verdict));
        t.beyond += usize::from(is_beyond(verdict));
        t.waiting += usize::from(is_judged(verdict) && verdict != row.verdict);
        t.unstable += usize::from(verdict == Verdict::Unstable);
        t.no_gate += usize::from(verdict == Verdict::NoGate);
    }
    t
}

/// Rows that are refused or undefined, counted by verdict and reason, most frequent first.
pub fn unanswered(rows: &[&DeltaRow]) -> Vec<((Verdict, Reason), Vec<String>, usize)> {
    let mut groups: BTreeMap<(Verdict, Reason), (BTreeSet<String>, usize)> = BTreeMap::new();
    for row in rows {
        if !matches!(row.verdict, Verdict::Refused | Verdict::Undefined | Verdict::NoGate) {
            continue;
        }
        let Some(reason) = row.reason.or(row.absolute.reason()) else { continue };
        let group = groups.entry((row.verdict, reason)).or_default();
        group.0.insert(row.roi.clone());
        group.1 += 1;
    }
    let mut counted: Vec<_> =
        groups.into_iter().map(|(what, (rois, n))| (what, rois.into_iter().collect(), n)).collect();
    counted.sort_by_key(|(_, _, n)| std::cmp::Reverse(*n));
    counted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::testing::Patient;

    #[test]
    fn a_drawn_contour_decides_before_ours_and_followed_before_carried_unless_asked() {
        let mut patient = Patient::new("nodule", 32);
        let decides = |p: &Patient, wanted: MaskSource| {
            let report = RunReport { lesion_contour: wanted, ..p.report() };
            Deciding::new(&report).source("t1", "nodule")
        };
        assert_eq!(decides(&patient, MaskSource::Followed), Some(MaskSource::Followed));
        assert_eq!(decides(&patient, MaskSource::Carried), Some(MaskSource::Carried));
        patient.deltas[0].mask_source_followup = Some(MaskSource::Drawn);
        assert_eq!(decides(&patient, MaskSource::Carried), Some(MaskSource::Drawn));
    }

    #[test]
    fn headlines_begin_with_the_lesion_s_size_and_go_on_with_the_furthest() {
        let patient = Patient::new("nodule", 32);
        let report = patient.report();
        let rows = deciding_rows(&report, &Deciding::new(&report), "t1");
        let chosen = headline_rows(&rows, 6, 10);
        let names: Vec<&str> = chosen.iter().map(|r| r.key.feature.as_str()).collect();
        assert_eq!(names[..4], ["morph_volume", "morph_diam", "cm_joint_var", "stat_mean"]);
        assert_eq!(chosen.len(), 6);
        assert!(chosen[..4].iter().all(|r| r.roi == "nodule"));
    }

    #[test]
    fn a_row_that_waits_counts_as_it_would_be_judged() {
        let patient = Patient::new("nodule", 32);
        let report = patient.report();
        let rows = deciding_rows(&report, &Deciding::new(&report), "t1");
        let t = tally(&rows);
        assert_eq!((t.judged, t.beyond, t.waiting), (15, 4, 15));
    }
}
