//! What a contour of ours may be used for, and which contour decides (docs/method.md, Contours at follow-up).
//!
//! A drawn, edited or accepted contour serves everything. A **followed** one estimates today's lesion: all is given,
//! sizes with a flag. A **carried** one shows the tissue that was inside at baseline: its sizes and outlines are the
//! registration's and are refused. Whatever rests on a contour that nobody looked at is unconfirmed.

use std::collections::BTreeMap;

use super::Lookup;
use crate::features::registry::Extent;
use crate::record::{DeltaRow, Family, FeatureRow, Flag, MaskSource, Outcome, Reason, RoiRole};

/// Which of our two contours decides headlines for a lesion without a drawn one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LesionContour {
    /// The one that follows the visible border.
    #[default]
    Followed,
    /// The tissue that was lesion at baseline.
    Carried,
}

/// Whether a contour was made by this program, looked at or not.
pub fn is_ours(source: MaskSource) -> bool {
    matches!(source, MaskSource::Accepted | MaskSource::Followed | MaskSource::Carried)
}

/// Whether nobody stands behind a contour. A carried contour that was accepted stays carried (it still is the
/// registration's), so acceptance is looked up by the region's name.
pub fn is_unconfirmed(source: MaskSource, roi: &str, accepted: &[String]) -> bool {
    !source.is_confirmed() && !accepted.iter().any(|name| name == roi)
}

/// Applies to a visit's rows what their contours may not say: refuses features of extent of carried contours, and
/// raises `carried_region`, `carried`, `size_by_registration` and `unconfirmed`. Followed contours of `accepted`
/// regions become `accepted`. Applying it twice changes nothing.
pub fn mark_contours(rows: &mut [FeatureRow], accepted: &[String], lookup: Lookup) {
    for row in rows {
        mark_contour(row, accepted, lookup);
    }
}

pub(super) fn mark_contour(row: &mut FeatureRow, accepted: &[String], lookup: Lookup) {
    let unconfirmed = is_unconfirmed(row.mask_source, &row.roi, accepted);
    if row.mask_source == MaskSource::Followed && !unconfirmed {
        row.mask_source = MaskSource::Accepted;
    }
    if unconfirmed {
        row.flags.raise(Flag::Unconfirmed);
    }
    let of_extent = is_of_extent(row, lookup);
    match row.mask_source {
        MaskSource::Carried if of_extent => {
            let refused = Outcome::Refused(Reason::CarriedMask);
            row.outcome = row.outcome.value().map_or(row.outcome, |_| refused);
        }
        MaskSource::Carried if row.roi_role == RoiRole::Lesion => row.flags.raise(Flag::CarriedRegion),
        MaskSource::Carried => row.flags.raise(Flag::Carried),
        MaskSource::Followed if of_extent => row.flags.raise(Flag::SizeByRegistration),
        _ => {}
    }
}

/// A shape that the registry does not know depends on the outline all the same.
fn is_of_extent(row: &FeatureRow, lookup: Lookup) -> bool {
    lookup(&row.key.feature)
        .map_or(row.key.family == Family::new("morph"), |info| info.extent == Extent::OfRegion)
}

/// The rows that decide headlines and cohort tables: per region and pair of visits those of its best follow-up
/// contour. Drawn, edited and accepted come first, then for a lesion the one that was asked for.
pub fn deciding(rows: &[DeltaRow], contour: LesionContour) -> Vec<&DeltaRow> {
    rows.iter().zip(decides(rows, contour)).filter(|(_, decides)| *decides).map(|(row, _)| row).collect()
}

/// The place of a contour among those of its region: the smallest decides.
pub fn rank(source: Option<MaskSource>, contour: LesionContour) -> u8 {
    match (source, contour) {
        (Some(MaskSource::Carried), LesionContour::Carried) => 3,
        (Some(MaskSource::Drawn) | None, _) => 0,
        (Some(MaskSource::Edited), _) => 1,
        (Some(MaskSource::Accepted), _) => 2,
        (Some(MaskSource::Followed), _) => 4,
        (Some(MaskSource::Carried), _) => 5,
    }
}

/// Whether each row is one of [`deciding`].
pub fn decides(rows: &[DeltaRow], contour: LesionContour) -> Vec<bool> {
    let rank = |row: &DeltaRow| rank(row.mask_source_followup, contour);
    let region = |row: &DeltaRow| (row.roi.clone(), row.baseline_visit.clone(), row.followup_visit.clone());
    let mut best = BTreeMap::new();
    for row in rows {
        let entry = best.entry(region(row)).or_insert_with(|| rank(row));
        *entry = rank(row).min(*entry);
    }
    rows.iter().map(|row| best.get(&region(row)) == Some(&rank(row))).collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{delta_row, feature_row, known};
    use super::*;

    fn marked(tag: &str, source: MaskSource, accepted: &[String]) -> FeatureRow {
        let mut row = feature_row("t1", "lesion", RoiRole::Lesion, source, tag, 4.0);
        mark_contour(&mut row, accepted, &known);
        let once = row.clone();
        mark_contour(&mut row, accepted, &known);
        assert_eq!(once, row, "marking twice changes nothing");
        row
    }

    #[test]
    fn a_carried_contour_has_no_size_of_its_own() {
        let volume = marked("morph_volume", MaskSource::Carried, &[]);
        assert_eq!(volume.outcome, Outcome::Refused(Reason::CarriedMask));
        let mean = marked("stat_mean", MaskSource::Carried, &[]);
        assert_eq!(mean.outcome, Outcome::Value(4.0));
        assert_eq!(mean.flags.to_string(), "carried_region;unconfirmed");
        let unknown = marked("morph_new_shape", MaskSource::Carried, &[]);
        assert_eq!(unknown.outcome, Outcome::Refused(Reason::CarriedMask));
    }

    #[test]
    fn accepting_a_carried_contour_does_not_give_it_a_size() {
        let accepted = ["lesion".to_owned()];
        let volume = marked("morph_volume", MaskSource::Carried, &accepted);
        assert_eq!(volume.outcome, Outcome::Refused(Reason::CarriedMask));
        let mean = marked("stat_mean", MaskSource::Carried, &accepted);
        assert_eq!(mean.flags.to_string(), "carried_region");
    }

    #[test]
    fn a_followed_size_is_given_with_its_flag_until_it_is_accepted() {
        let volume = marked("morph_volume", MaskSource::Followed, &[]);
        assert_eq!(volume.outcome, Outcome::Value(4.0));
        assert_eq!(volume.flags.to_string(), "unconfirmed;size_by_registration");
        let volume = marked("morph_volume", MaskSource::Followed, &["lesion".to_owned()]);
        assert_eq!((volume.mask_source, volume.flags.to_string()), (MaskSource::Accepted, String::new()));
    }

    #[test]
    fn the_drawn_contour_decides_and_followed_goes_before_carried() {
        let all = [MaskSource::Carried, MaskSource::Followed, MaskSource::Drawn]
            .map(|source| delta_row("lesion", RoiRole::Lesion, source, "stat_var"));
        let decides = |rows: &[DeltaRow], contour| {
            let rows = deciding(rows, contour);
            assert_eq!(rows.len(), 1);
            rows[0].mask_source_followup
        };
        assert_eq!(decides(&all, LesionContour::Carried), Some(MaskSource::Drawn));
        assert_eq!(decides(&all[..2], LesionContour::Followed), Some(MaskSource::Followed));
        assert_eq!(decides(&all[..2], LesionContour::Carried), Some(MaskSource::Carried));
        let organ = [MaskSource::Carried].map(|s| delta_row("liver", RoiRole::Organ, s, "stat_var"));
        assert_eq!(decides(&organ, LesionContour::Followed), Some(MaskSource::Carried));
    }
}
