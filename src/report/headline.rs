//! Which rows speak first, and what they say together. Selection only: every number stands in a row.

use std::collections::{BTreeMap, BTreeSet};

use super::input::RunReport;
use super::wording::{is_beyond, is_judged};
use crate::delta::contour::deciding;
use crate::delta::summary::by_distance_from_noise;
use crate::record::{DeltaRow, MaskSource, Reason, RoiRole, Verdict};

/// Features that say how large a region is, in the order of the headlines.
const SIZES: [&str; 2] = ["morph_volume", "morph_diam"];

/// For each follow-up and region, the contour whose rows decide (docs/method.md, Contours at follow-up).
pub struct Deciding(BTreeMap<(String, String), Option<MaskSource>>);

impl Deciding {
    /// Of all rows of the report.
    pub fn new(report: &RunReport) -> Self {
        let place = |row: &DeltaRow| (row.followup_visit.clone(), row.roi.clone());
        let rows = deciding(report.deltas, report.lesion_contour);
        Self(rows.into_iter().map(|row| (place(row), row.mask_source_followup)).collect())
    }

    /// The contour that decides; `None` where the region has none at this visit.
    pub fn source(&self, followup: &str, roi: &str) -> Option<MaskSource> {
        self.0.get(&(followup.to_owned(), roi.to_owned())).copied().flatten()
    }

    /// Whether a row rests on the contour that decides.
    pub fn holds(&self, row: &DeltaRow) -> bool {
        row.mask_source_followup == self.source(&row.followup_visit, &row.roi)
    }

    /// The deciding rows of all follow-ups.
    pub fn rows<'a>(&self, report: &RunReport<'a>) -> Vec<&'a DeltaRow> {
        report.deltas.iter().filter(|row| self.holds(row)).collect()
    }

    /// The deciding rows of one follow-up.
    pub fn rows_of<'a>(&self, report: &RunReport<'a>, followup: &str) -> Vec<&'a DeltaRow> {
        report.deltas.iter().filter(|r| r.followup_visit == followup && self.holds(r)).collect()
    }
}

/// The verdict of a row, or what it would be once its contour is accepted.
pub fn verdict_once_accepted(row: &DeltaRow) -> Verdict {
    row.verdict_if_accepted.unwrap_or(row.verdict)
}

/// Whether a row waits for a person to look at its contour.
pub fn is_unconfirmed(row: &DeltaRow) -> bool {
    row.reason == Some(Reason::UnconfirmedContour)
}

/// The range of a delta when its border moves by its uncertainty; `None` where it moves no voxel.
pub fn border_range(row: &DeltaRow) -> Option<[f64; 2]> {
    let (low, high) = (row.border_low?, row.border_high?);
    (low < high).then_some([low, high])
}

/// Whether a row says how large its region is.
pub fn is_size(row: &DeltaRow) -> bool {
    row.key.image == "original" && SIZES.contains(&row.key.feature.as_str())
}

/// The rows that head the page: sizes of lesions, then what exceeds its noise limit, furthest first; where fewer
/// than `least` rows do, the largest within noise fill up.
pub fn headline_rows<'a>(rows: &[&'a DeltaRow], least: usize, most: usize) -> Vec<&'a DeltaRow> {
    let lesions_only = rows.iter().any(|r| r.roi_role == RoiRole::Lesion);
    let heads = |r: &DeltaRow| is_size(r) && (!lesions_only || r.roi_role == RoiRole::Lesion);
    let mut chosen: Vec<&DeltaRow> = rows.iter().copied().filter(|r| heads(r)).collect();
    chosen.sort_by_key(|r| (&r.roi, SIZES.iter().position(|s| *s == r.key.feature)));
    let others: Vec<&DeltaRow> =
        rows.iter().copied().filter(|r| !heads(r) && is_judged(verdict_once_accepted(r))).collect();
    let mut ranked: Vec<&DeltaRow> =
        by_distance_from_noise(&others).into_iter().map(|(row, _)| row).collect();
    ranked.sort_by_key(|r| !is_beyond(verdict_once_accepted(r)));
    let beyond = ranked.iter().filter(|r| is_beyond(verdict_once_accepted(r))).count();
    let wanted = (chosen.len() + beyond).clamp(least, most.max(least)).saturating_sub(chosen.len());
    chosen.extend(ranked.into_iter().take(wanted));
    chosen
}

/// Rows without a verdict, counted.
pub struct Unanswered {
    /// Refused, undefined, or without a noise limit.
    pub verdict: Verdict,
    /// Why.
    pub reason: Reason,
    /// Whose, lesions first.
    pub rois: Vec<String>,
    /// How many rows.
    pub rows: usize,
}

/// Rows that are refused or undefined, counted by verdict and reason, most frequent first.
pub fn unanswered(rows: &[&DeltaRow]) -> Vec<Unanswered> {
    let mut groups: BTreeMap<(Verdict, Reason), Vec<&DeltaRow>> = BTreeMap::new();
    for row in rows {
        if !matches!(row.verdict, Verdict::Refused | Verdict::Undefined | Verdict::NoGate) {
            continue;
        }
        let Some(reason) = row.reason.or(row.absolute.reason()) else { continue };
        groups.entry((row.verdict, reason)).or_default().push(row);
    }
    let mut counted: Vec<Unanswered> = groups
        .into_iter()
        .map(|((verdict, reason), of)| Unanswered { verdict, reason, rois: rois(&of), rows: of.len() })
        .collect();
    counted.sort_by_key(|group| std::cmp::Reverse(group.rows));
    counted
}

/// Names of regions whose deltas wait for a person to look at their contour, lesions first.
pub fn waiting(rows: &[&DeltaRow]) -> Vec<String> {
    rois(&rows.iter().copied().filter(|r| is_unconfirmed(r)).collect::<Vec<_>>())
}

/// Names of the rows' regions, lesions first.
fn rois(rows: &[&DeltaRow]) -> Vec<String> {
    let names: BTreeSet<(bool, &str)> =
        rows.iter().map(|r| (r.roi_role != RoiRole::Lesion, r.roi.as_str())).collect();
    names.into_iter().map(|(_, name)| name.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delta::contour::LesionContour;
    use crate::report::testing::Patient;

    #[test]
    fn a_drawn_contour_decides_before_ours_and_followed_before_carried_unless_asked() {
        let mut patient = Patient::new("nodule", 32);
        let decides = |p: &Patient, wanted: LesionContour| {
            let report = RunReport { lesion_contour: wanted, ..p.report() };
            Deciding::new(&report).source("t1", "nodule")
        };
        assert_eq!(decides(&patient, LesionContour::Followed), Some(MaskSource::Followed));
        assert_eq!(decides(&patient, LesionContour::Carried), Some(MaskSource::Carried));
        patient.deltas[0].mask_source_followup = Some(MaskSource::Drawn);
        assert_eq!(decides(&patient, LesionContour::Carried), Some(MaskSource::Drawn));
    }

    #[test]
    fn headlines_begin_with_the_lesion_s_size_and_go_on_with_the_furthest() {
        let patient = Patient::new("nodule", 32);
        let report = patient.report();
        let rows = Deciding::new(&report).rows_of(&report, "t1");
        let chosen = headline_rows(&rows, 6, 10);
        let names: Vec<&str> = chosen.iter().map(|r| r.key.feature.as_str()).collect();
        assert_eq!(names[..4], ["morph_volume", "morph_diam", "cm_joint_var", "stat_mean"]);
        assert_eq!(chosen.len(), 6);
        assert!(chosen[..4].iter().all(|r| r.roi == "nodule"));
    }

    #[test]
    fn a_border_that_moves_no_voxel_has_no_range() {
        let mut row = Patient::new("nodule", 32).deltas.remove(0);
        (row.border_low, row.border_high) = (Some(-2.0), Some(-2.0));
        assert_eq!(border_range(&row), None);
        row.border_high = Some(-1.0);
        assert_eq!(border_range(&row), Some([-2.0, -1.0]));
    }
}
