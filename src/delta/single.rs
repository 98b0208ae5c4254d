//! A visit without a follow-up: its rows keep their place in the table of deltas, and each says why it has none.

use super::Lookup;
use super::contour::mark_contours;
use crate::record::{DeltaRow, Family, FeatureRow, Outcome, Reason, Verdict};

/// One row per feature row of the visit: the baseline value is given, every delta is `undefined: no_follow_up`.
/// Diagnostics describe a measurement and have none, as between two visits. `accepted` are the regions whose contour
/// of ours a person accepted.
pub fn rows_without_followup(rows: &[FeatureRow], accepted: &[String], lookup: Lookup) -> Vec<DeltaRow> {
    let mut rows: Vec<FeatureRow> =
        rows.iter().filter(|row| row.key.family != Family::DIAG).cloned().collect();
    mark_contours(&mut rows, accepted, lookup);
    rows.into_iter().map(without_followup).collect()
}

pub(super) fn without_followup(row: FeatureRow) -> DeltaRow {
    let none = Outcome::Undefined(Reason::NoFollowUp);
    DeltaRow {
        baseline: row.outcome.value(),
        subject: row.subject,
        modality: row.modality,
        measurement_hash: row.measurement_hash,
        roi: row.roi,
        roi_role: row.roi_role,
        baseline_visit: row.visit,
        followup_visit: String::new(),
        interval_days: None,
        mask_source_baseline: Some(row.mask_source),
        mask_source_followup: None,
        key: row.key,
        followup: None,
        absolute: none,
        relative: none,
        log_ratio: none,
        absolute_per_day: None,
        log_ratio_per_day: None,
        icc_form: None,
        icc: None,
        icc_lower: None,
        noise_scale: None,
        noise_df: None,
        noise_limit: None,
        noise_limit_upper: None,
        noise_source: None,
        p: None,
        q: None,
        border_low: None,
        border_high: None,
        verdict: Verdict::Undefined,
        verdict_if_accepted: None,
        reason: Some(Reason::NoFollowUp),
        flags: row.flags,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{feature_row, known};
    use super::*;
    use crate::record::{Flag, MaskSource, RoiRole};

    #[test]
    fn every_feature_keeps_its_value_and_says_that_there_is_no_follow_up() {
        let volume = feature_row("t0", "lesion", RoiRole::Lesion, MaskSource::Drawn, "morph_volume", 4.0);
        let mut empty = feature_row("t0", "lesion", RoiRole::Lesion, MaskSource::Drawn, "stat_mean", 1.0);
        empty.outcome = Outcome::Undefined(Reason::EmptyRoi);
        empty.flags.raise(Flag::CoarserThanStudy);
        let rows = rows_without_followup(&[volume, empty], &[], &known);
        assert_eq!(rows.iter().map(|r| r.baseline).collect::<Vec<_>>(), [Some(4.0), None]);
        for row in &rows {
            let none = Outcome::Undefined(Reason::NoFollowUp);
            assert_eq!([row.absolute, row.relative, row.log_ratio], [none; 3]);
            assert_eq!((row.verdict, row.reason), (Verdict::Undefined, Some(Reason::NoFollowUp)));
            assert!(row.followup_visit.is_empty() && row.mask_source_followup.is_none());
        }
        assert!(rows[1].flags.has(&Flag::CoarserThanStudy));
    }

    #[test]
    fn a_contour_that_nobody_looked_at_is_marked_here_too() {
        let row = feature_row("t0", "lesion", RoiRole::Lesion, MaskSource::Followed, "stat_mean", 4.0);
        let marked = rows_without_followup(std::slice::from_ref(&row), &[], &known);
        assert!(marked[0].flags.has(&Flag::Unconfirmed));
        let accepted = rows_without_followup(&[row], &["lesion".to_owned()], &known);
        assert_eq!(accepted[0].mask_source_baseline, Some(MaskSource::Accepted));
    }
}
