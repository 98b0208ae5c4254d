//! How many deltas changed, and how many chance alone would give.

use std::collections::BTreeSet;

use super::gate::Gate;
use crate::record::{DeltaRow, NoiseScale, Reason, RoiRole, Verdict};
use crate::stats::repeatability::{Z, wsd_upper};
use crate::stats::student::two_sided;

/// Number of deltas by verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)] // the names are the verdicts'
pub struct Tally {
    pub changed: usize,
    pub within_noise: usize,
    pub unstable: usize,
    pub beyond_band: usize,
    pub within_band: usize,
    pub no_gate: usize,
    pub refused: usize,
    pub undefined: usize,
}

impl Tally {
    /// Counts verdicts.
    pub fn of(verdicts: impl IntoIterator<Item = Verdict>) -> Self {
        let mut tally = Self::default();
        for verdict in verdicts {
            *tally.count_mut(verdict) += 1;
        }
        tally
    }

    fn count_mut(&mut self, verdict: Verdict) -> &mut usize {
        match verdict {
            Verdict::Changed => &mut self.changed,
            Verdict::WithinNoise => &mut self.within_noise,
            Verdict::Unstable => &mut self.unstable,
            Verdict::BeyondBand => &mut self.beyond_band,
            Verdict::WithinBand => &mut self.within_band,
            Verdict::NoGate => &mut self.no_gate,
            Verdict::Refused => &mut self.refused,
            Verdict::Undefined => &mut self.undefined,
        }
    }

    /// How many deltas have a verdict.
    pub fn count(&self, verdict: Verdict) -> usize {
        let mut copy = *self;
        *copy.count_mut(verdict)
    }

    /// Deltas beyond their noise limit or band.
    pub fn beyond(&self) -> usize {
        self.changed + self.beyond_band
    }

    /// Deltas that were judged at all: stable and defined.
    pub fn judged(&self) -> usize {
        self.beyond() + self.within_noise + self.within_band
    }
}

/// The share of unchanged deltas beyond this row's limit where the feature is taken as it comes: 2 P(T_df > z), z its
/// limit in standard deviations of a difference, 1.96 for a repeatability coefficient. `None` without a limit.
pub fn share_beyond_limit(row: &DeltaRow) -> Option<f64> {
    let (df, limit, upper) = (row.noise_df?, row.noise_limit?, row.noise_limit_upper?);
    // A row has no wSD, but its upper limit is a known multiple of it.
    let z = Z * wsd_upper(1.0, df) * (limit / upper);
    if upper > 0.0 { two_sided(z, df) } else { None }
}

/// The mean of [`share_beyond_limit`] over the rows that are judged, or would be if their contour were accepted.
pub fn mean_share_beyond(rows: &[&DeltaRow]) -> Option<f64> {
    mean(&judged(rows).filter_map(share_beyond_limit).collect::<Vec<_>>())
}

/// The mean of a gate's own shares, its selection of stable features included, over the same rows.
pub fn mean_share_of_gate(rows: &[&DeltaRow], gate: &Gate) -> Option<f64> {
    let share = |row: &DeltaRow| {
        let source = row.mask_source_baseline.max(row.mask_source_followup)?;
        Some(gate.expected_share(row.roi_role, &row.roi, source).of_judged())
    };
    mean(&judged(rows).filter_map(share).collect::<Vec<_>>())
}

fn judged<'a>(rows: &'a [&DeltaRow]) -> impl Iterator<Item = &'a DeltaRow> {
    let is_judged =
        |row: &&DeltaRow| Tally::of([row.verdict_if_accepted.unwrap_or(row.verdict)]).judged() > 0;
    rows.iter().copied().filter(is_judged)
}

fn mean(shares: &[f64]) -> Option<f64> {
    (!shares.is_empty()).then(|| shares.iter().sum::<f64>() / shares.len() as f64)
}

/// The verdicts of rows, and what they would be if every contour were accepted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// As they stand.
    pub verdicts: Tally,
    /// With unconfirmed contours accepted.
    pub if_accepted: Tally,
    /// Rows that rest on a contour that nobody looked at.
    pub unconfirmed: usize,
}

/// Counts the verdicts of rows: those of [`super::contour::deciding`] for headlines.
pub fn summarise(rows: &[&DeltaRow]) -> Summary {
    Summary {
        verdicts: Tally::of(rows.iter().map(|row| row.verdict)),
        if_accepted: Tally::of(rows.iter().map(|row| row.verdict_if_accepted.unwrap_or(row.verdict))),
        unconfirmed: rows.iter().filter(|row| row.verdict_if_accepted.is_some()).count(),
    }
}

/// Names of the lesions that are there at follow-up only, sorted.
pub fn new_lesions(rows: &[DeltaRow]) -> BTreeSet<&str> {
    let is_new =
        |row: &&DeltaRow| row.roi_role == RoiRole::Lesion && row.reason == Some(Reason::RoiOnlyAtFollowup);
    rows.iter().filter(is_new).map(|row| row.roi.as_str()).collect()
}

/// The delta in units of its noise limit, on the limit's scale: beyond 1 or -1 it exceeds the noise. None where
/// there is no limit or no delta on its scale.
pub fn in_noise_limits(row: &DeltaRow) -> Option<f64> {
    let delta = match row.noise_scale? {
        NoiseScale::Raw => row.absolute,
        NoiseScale::Log => row.log_ratio,
    };
    let limit = row.noise_limit.filter(|limit| *limit > 0.0)?;
    delta.value().map(|d| d / limit).filter(|ratio| ratio.is_finite())
}

/// Rows with a delta in units of its noise limit, farthest first; equals stay in the order given.
pub fn by_distance_from_noise<'a>(rows: &[&'a DeltaRow]) -> Vec<(&'a DeltaRow, f64)> {
    let mut ranked: Vec<_> =
        rows.iter().filter_map(|row| in_noise_limits(row).map(|ratio| (*row, ratio))).collect();
    ranked.sort_by(|(_, a), (_, b)| b.abs().total_cmp(&a.abs()));
    ranked
}

#[cfg(test)]
mod tests {
    use super::super::gate::ExpectedShare;
    use super::super::testing::{delta_row, gate};
    use super::*;
    use crate::record::MaskSource;

    #[test]
    fn every_verdict_is_counted_under_its_name() {
        let tally = Tally::of(Verdict::ALL.iter().copied().chain([Verdict::Changed]));
        for verdict in Verdict::ALL {
            assert_eq!(tally.count(*verdict), if *verdict == Verdict::Changed { 2 } else { 1 }, "{verdict}");
        }
        assert_eq!((tally.beyond(), tally.judged()), (3, 5));
    }

    #[test]
    fn chance_is_that_of_the_groups_that_were_judged() {
        let mut gate = gate();
        let of_lesions = ExpectedShare { all: 0.02, stable: Some(0.03) };
        gate.expected_share_by_group.insert("lesion/drawn".into(), of_lesions);
        let row = |roi_role, verdict| DeltaRow {
            verdict,
            ..delta_row("one", roi_role, MaskSource::Edited, "stat_var")
        };
        let rows = [
            row(RoiRole::Lesion, Verdict::Changed),
            row(RoiRole::Organ, Verdict::WithinNoise),
            row(RoiRole::Organ, Verdict::NoGate),
        ];
        let rows: Vec<&DeltaRow> = rows.iter().collect();
        let share = mean_share_of_gate(&rows, &gate).unwrap();
        assert!((share - f64::midpoint(0.03, 0.07)).abs() < 1e-12, "{share}");
        assert_eq!(mean_share_of_gate(&rows[2..], &gate), None, "nothing was judged");
    }

    #[test]
    fn unconfirmed_rows_are_refused_and_counted_as_they_would_be() {
        let mut row = delta_row("lesion", RoiRole::Lesion, MaskSource::Followed, "stat_var");
        (row.verdict, row.verdict_if_accepted) = (Verdict::Refused, Some(Verdict::Changed));
        let summary = summarise(&[&row]);
        assert_eq!((summary.verdicts.refused, summary.if_accepted.changed, summary.unconfirmed), (1, 1, 1));
    }

    #[test]
    fn a_lesion_at_follow_up_only_is_new() {
        let mut rows = ["b", "a"].map(|roi| delta_row(roi, RoiRole::Lesion, MaskSource::Drawn, "stat_var"));
        assert!(new_lesions(&rows).is_empty());
        for row in &mut rows {
            row.reason = Some(Reason::RoiOnlyAtFollowup);
        }
        assert_eq!(new_lesions(&rows).into_iter().collect::<Vec<_>>(), ["a", "b"]);
        rows[0].roi_role = RoiRole::Organ;
        assert_eq!(new_lesions(&rows).into_iter().collect::<Vec<_>>(), ["a"]);
    }

    #[test]
    fn the_farthest_from_noise_comes_first() {
        let at = |limit: Option<f64>| {
            let mut row = delta_row("lesion", RoiRole::Lesion, MaskSource::Drawn, "stat_var");
            (row.noise_scale, row.noise_limit) = (Some(NoiseScale::Raw), limit);
            row
        };
        let rows = [at(Some(4.0)), at(None), at(Some(0.5)), at(Some(0.0))];
        let rows: Vec<_> = rows.iter().collect();
        let ranked: Vec<f64> = by_distance_from_noise(&rows).into_iter().map(|(_, ratio)| ratio).collect();
        assert_eq!(ranked, [2.0, 0.25]);
    }
}
