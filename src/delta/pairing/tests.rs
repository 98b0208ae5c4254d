use proptest::prelude::*;

use super::*;
use crate::delta::gate::{Gate, GateSettings};
use crate::delta::testing::{feature_row, gate, hash, known};

/// Everything that a pair may be told, with nothing special.
struct Setting {
    baseline: (Modality, Units, Vec<String>),
    followup: (Modality, Units, Vec<String>),
    days: Option<f64>,
    normalise: Normalise,
    qa: Option<QaVerdict>,
    accepted: Vec<String>,
    flags: Flags,
    gate: Option<Gate>,
}

impl Default for Setting {
    fn default() -> Self {
        let visit = (Modality::Ct, Units::Hu, Vec::new());
        Self {
            baseline: visit.clone(),
            followup: visit,
            days: None,
            normalise: Normalise::None,
            qa: Some(QaVerdict::Pass),
            accepted: Vec::new(),
            flags: Flags::default(),
            gate: Some(gate()),
        }
    }
}

impl Setting {
    fn deltas(&self, baseline: &[FeatureRow], followup: &[FeatureRow]) -> Vec<DeltaRow> {
        self.try_deltas(baseline, followup).unwrap()
    }

    fn try_deltas(
        &self,
        baseline: &[FeatureRow],
        followup: &[FeatureRow],
    ) -> Result<Vec<DeltaRow>, DeltaError> {
        fn visit<'a>(name: &'a str, of: &'a (Modality, Units, Vec<String>)) -> VisitContext<'a> {
            VisitContext { name, modality: of.0, units: of.1, absent: &of.2 }
        }
        let gate = self.gate.as_ref().map(|gate| GateRule { gate, settings: GateSettings::default() });
        let pair = PairContext {
            baseline: visit("t0", &self.baseline),
            followup: visit("t1", &self.followup),
            interval_days: self.days,
            normalise: self.normalise,
            qa: self.qa,
            accepted: &self.accepted,
            flags: &self.flags,
            gate,
            band: None,
            lookup: &known,
        };
        delta_rows(baseline, followup, &pair)
    }
}

const TAGS: [&str; 5] = ["morph_volume", "stat_var", "stat_mean", "stat_skew", "cm_contrast"];

fn lesion(visit: &str, source: MaskSource, value: f64) -> Vec<FeatureRow> {
    TAGS.map(|tag| feature_row(visit, "lesion", RoiRole::Lesion, source, tag, value)).to_vec()
}

fn drawn() -> (Vec<FeatureRow>, Vec<FeatureRow>) {
    (lesion("t0", MaskSource::Drawn, 4.0), lesion("t1", MaskSource::Drawn, 8.0))
}

fn of<'a>(rows: &'a [DeltaRow], tag: &str) -> &'a DeltaRow {
    let mut found = rows.iter().filter(|row| row.key.feature == tag);
    let row = found.next().unwrap();
    assert!(found.next().is_none(), "{tag} once");
    row
}

#[test]
fn drawn_contours_give_a_verdict() {
    let (before, after) = drawn();
    let rows = Setting { days: Some(8.0), ..Setting::default() }.deltas(&before, &after);
    assert_eq!(rows.len(), TAGS.len());
    let variance = of(&rows, "stat_var");
    assert_eq!(variance.absolute, Outcome::Value(4.0));
    assert_eq!(variance.absolute_per_day, Some(0.5));
    assert_eq!(
        (variance.verdict, variance.reason, variance.verdict_if_accepted),
        (Verdict::Changed, None, None)
    );
    assert_eq!(variance.icc_form.as_deref(), Some("ICC(A,1)"));
    assert!(variance.p.unwrap() < 1e-4);
    assert_eq!(
        of(&rows, "stat_mean").relative,
        Outcome::Refused(Reason::SignedFeature),
        "HU has no true zero"
    );
    assert_eq!(of(&rows, "cm_contrast").verdict, Verdict::NoGate);
}

#[test]
fn a_mean_is_on_a_ratio_scale_where_its_unit_has_a_true_zero() {
    let (before, after) = drawn();
    let visit = (Modality::Pt, Units::Suv, Vec::new());
    let rows =
        Setting { baseline: visit.clone(), followup: visit, ..Setting::default() }.deltas(&before, &after);
    assert_eq!(of(&rows, "stat_mean").relative, Outcome::Value(1.0));
    assert_eq!(of(&rows, "stat_skew").relative, Outcome::Refused(Reason::SignedFeature));
}

#[test]
fn a_followed_contour_waits_for_a_person() {
    let (before, after) = (lesion("t0", MaskSource::Drawn, 4.0), lesion("t1", MaskSource::Followed, 8.0));
    let rows = Setting::default().deltas(&before, &after);
    let volume = of(&rows, "morph_volume");
    assert_eq!(volume.absolute, Outcome::Value(4.0));
    assert_eq!((volume.verdict, volume.reason), (Verdict::Refused, Some(Reason::UnconfirmedContour)));
    assert_eq!(volume.verdict_if_accepted, Some(Verdict::Changed));
    assert_eq!(volume.flags.to_string(), "unconfirmed;size_by_registration");
    for row in &rows {
        assert_eq!((row.verdict, row.reason), (Verdict::Refused, Some(Reason::UnconfirmedContour)));
        assert!(row.verdict_if_accepted.is_some());
    }

    let accepted = Setting { accepted: vec!["lesion".into()], ..Setting::default() }.deltas(&before, &after);
    let volume = of(&accepted, "morph_volume");
    assert_eq!(volume.mask_source_followup, Some(MaskSource::Accepted));
    assert_eq!((volume.verdict, volume.verdict_if_accepted), (Verdict::Changed, None));
    assert_eq!(volume.flags, Flags::default());
}

#[test]
fn a_carried_contour_gives_no_size() {
    let (before, after) = (lesion("t0", MaskSource::Drawn, 4.0), lesion("t1", MaskSource::Carried, 8.0));
    let rows = Setting::default().deltas(&before, &after);
    let volume = of(&rows, "morph_volume");
    assert_eq!((volume.baseline, volume.followup), (Some(4.0), None));
    assert_eq!(
        (volume.absolute, volume.relative),
        (Outcome::Refused(Reason::CarriedMask), Outcome::Refused(Reason::CarriedMask))
    );
    assert_eq!((volume.verdict, volume.reason), (Verdict::Refused, Some(Reason::CarriedMask)));
    let variance = of(&rows, "stat_var");
    assert_eq!(variance.absolute, Outcome::Value(4.0));
    assert_eq!(variance.verdict_if_accepted, Some(Verdict::NoGate), "the gate has no carried masks");
    assert_eq!(variance.flags.to_string(), "carried_region;unconfirmed");

    let accepted = Setting { accepted: vec!["lesion".into()], ..Setting::default() }.deltas(&before, &after);
    assert_eq!(of(&accepted, "morph_volume").reason, Some(Reason::CarriedMask), "accepted or not");
    let variance = of(&accepted, "stat_var");
    assert_eq!((variance.verdict, variance.reason), (Verdict::NoGate, Some(Reason::ForeignGate)));
}

#[test]
fn every_follow_up_contour_has_rows_of_its_own() {
    let before = lesion("t0", MaskSource::Drawn, 4.0);
    let after: Vec<_> = [MaskSource::Drawn, MaskSource::Followed, MaskSource::Carried]
        .into_iter()
        .flat_map(|source| lesion("t1", source, 8.0))
        .collect();
    let rows = Setting::default().deltas(&before, &after);
    assert_eq!(rows.len(), 3 * TAGS.len());
    let drawn: Vec<_> =
        rows.iter().filter(|row| row.mask_source_followup == Some(MaskSource::Drawn)).collect();
    assert!(drawn.iter().all(|row| row.verdict_if_accepted.is_none()));
    assert_eq!(crate::delta::contour::deciding(&rows, crate::delta::contour::LesionContour::Carried), drawn);
}

#[test]
fn a_failed_alignment_refuses_what_rests_on_it_and_nothing_else() {
    let before = lesion("t0", MaskSource::Drawn, 4.0);
    let deltas = |source, qa| {
        let setting = Setting { qa: Some(qa), accepted: vec!["lesion".into()], ..Setting::default() };
        setting.deltas(&before, &lesion("t1", source, 8.0))
    };
    let accepted = deltas(MaskSource::Accepted, QaVerdict::Fail);
    let variance = of(&accepted, "stat_var");
    assert_eq!((variance.absolute, variance.followup), (Outcome::Refused(Reason::QaFail), Some(8.0)));
    assert_eq!((variance.verdict, variance.reason), (Verdict::Refused, Some(Reason::QaFail)));
    assert_eq!(variance.absolute_per_day, None);
    let drawn = deltas(MaskSource::Drawn, QaVerdict::Fail);
    assert_eq!(of(&drawn, "stat_var").verdict, Verdict::Changed);
    let reviewed = deltas(MaskSource::Accepted, QaVerdict::Review);
    assert_eq!(of(&reviewed, "stat_var").verdict, Verdict::Changed);
    assert_eq!(of(&reviewed, "stat_var").flags.to_string(), "review");
    assert_eq!(of(&deltas(MaskSource::Drawn, QaVerdict::Review), "stat_var").flags, Flags::default());
}

#[test]
fn a_lesion_that_is_gone_measures_zero() {
    let mut setting = Setting::default();
    setting.followup.2 = vec!["lesion".into()];
    let before = lesion("t0", MaskSource::Drawn, 4.0);
    // A contour of ours of a lesion that is gone shows nothing.
    let rows = setting.deltas(&before, &lesion("t1", MaskSource::Followed, 8.0));
    let volume = of(&rows, "morph_volume");
    assert_eq!((volume.followup, volume.mask_source_followup), (Some(0.0), None));
    assert_eq!((volume.absolute, volume.relative), (Outcome::Value(-4.0), Outcome::Value(-1.0)));
    assert_eq!(volume.log_ratio, Outcome::Undefined(Reason::Absent));
    assert_eq!(volume.verdict, Verdict::Changed);
    for tag in ["stat_var", "stat_mean", "cm_contrast"] {
        let row = of(&rows, tag);
        assert_eq!(row.absolute, Outcome::Undefined(Reason::Absent));
        assert_eq!((row.verdict, row.reason), (Verdict::Undefined, Some(Reason::Absent)));
    }
}

#[test]
fn a_region_at_one_visit_only_is_named() {
    let (before, after) = drawn();
    let setting = Setting { qa: None, ..Setting::default() };
    for (rows, reason) in [
        (setting.deltas(&before, &[]), Reason::RoiOnlyAtBaseline),
        (setting.deltas(&[], &after), Reason::RoiOnlyAtFollowup),
    ] {
        assert_eq!(rows.len(), TAGS.len());
        for row in rows {
            assert_eq!((row.verdict, row.reason), (Verdict::Undefined, Some(reason)));
            assert_eq!(row.absolute, Outcome::Undefined(reason));
        }
    }
    let mut gone_at_both = Setting::default();
    gone_at_both.baseline.2 = vec!["lesion".into()];
    gone_at_both.followup.2 = vec!["lesion".into()];
    assert!(gone_at_both.deltas(&[], &[]).is_empty());
}

#[test]
fn a_region_that_vanished_says_so() {
    let before = lesion("t0", MaskSource::Drawn, 4.0);
    let mut after = lesion("t1", MaskSource::Carried, 8.0);
    for row in &mut after {
        row.outcome = Outcome::Undefined(Reason::RoiVanished);
    }
    for row in Setting::default().deltas(&before, &after) {
        assert_eq!((row.verdict, row.reason), (Verdict::Undefined, Some(Reason::RoiVanished)));
    }
}

#[test]
fn other_modality_or_units_refuse_every_delta() {
    let (before, after) = drawn();
    let mut setting = Setting::default();
    setting.followup.0 = Modality::Mr;
    let rows = setting.deltas(&before, &after);
    assert!(rows.iter().all(|row| row.absolute == Outcome::Refused(Reason::OtherModality)));
    assert!(rows.iter().all(|row| row.baseline == Some(4.0) && row.verdict == Verdict::Refused));
    let mut setting = Setting::default();
    setting.followup.1 = Units::Suv;
    assert_eq!(of(&setting.deltas(&before, &after), "morph_volume").reason, Some(Reason::OtherUnits));
}

#[test]
fn intensities_without_a_unit_are_compared_only_when_normalised() {
    let (mut before, mut after) = drawn();
    let visit = (Modality::Mr, Units::Arbitrary, Vec::new());
    let mut setting = Setting { baseline: visit.clone(), followup: visit, ..Setting::default() };
    let rows = setting.deltas(&before, &after);
    assert_eq!(of(&rows, "stat_var").absolute, Outcome::Refused(Reason::ArbitraryUnits));
    assert_eq!(of(&rows, "cm_contrast").absolute, Outcome::Refused(Reason::ArbitraryUnits));
    assert_eq!(of(&rows, "morph_volume").absolute, Outcome::Value(4.0), "a size has units");
    for row in before.iter_mut().chain(&mut after) {
        row.flags.raise(Flag::RelativeBins);
    }
    let rows = setting.deltas(&before, &after);
    assert_eq!(of(&rows, "cm_contrast").absolute, Outcome::Value(4.0), "relative to each visit's own range");
    assert_eq!(of(&rows, "stat_var").absolute, Outcome::Refused(Reason::ArbitraryUnits));
    setting.normalise = Normalise::Auto;
    assert_eq!(of(&setting.deltas(&before, &after), "stat_var").absolute, Outcome::Value(4.0));
}

#[test]
fn values_of_other_settings_are_never_subtracted() {
    let (before, mut after) = drawn();
    after[2].measurement_hash = MeasurementHash::new("cd".repeat(32));
    let error = Setting::default().try_deltas(&before, &after).unwrap_err();
    assert!(matches!(error, DeltaError::RowsHash { .. }), "{error}");
    assert!(error.to_string().contains(hash().as_str()));
}

#[test]
fn flags_of_both_visits_and_of_the_pair_are_on_each_row() {
    let (mut before, mut after) = drawn();
    before[0].flags.raise(Flag::AssumedHu);
    after[0].flags.raise(Flag::Upsampled);
    let flags = Flags::from_iter([Flag::Acquisition("kernel".into())]);
    let rows = Setting { flags, ..Setting::default() }.deltas(&before, &after);
    assert_eq!(of(&rows, "morph_volume").flags.to_string(), "upsampled;assumed_hu;acquisition_kernel");
    assert_eq!(of(&rows, "stat_var").flags.to_string(), "acquisition_kernel");
}

#[test]
fn diagnostics_have_no_deltas() {
    let row = |visit| feature_row(visit, "lesion", RoiRole::Lesion, MaskSource::Drawn, "diag_voxels", 9.0);
    assert!(Setting::default().deltas(&[row("t0")], &[row("t1")]).is_empty());
}

proptest! {
    #[test]
    fn swapping_visits_negates_every_delta(f0 in 1e-3..1e3_f64, f1 in 1e-3..1e3_f64) {
        let setting = Setting::default();
        let (a, b) = (lesion("t0", MaskSource::Drawn, f0), lesion("t1", MaskSource::Drawn, f1));
        let (there, back) = (setting.deltas(&a, &b), setting.deltas(&b, &a));
        for (there, back) in there.iter().zip(&back) {
            let negated = |outcome: Outcome| outcome.value().map(|v| (-v).to_bits());
            prop_assert_eq!(there.absolute.value().map(f64::to_bits), negated(back.absolute));
            prop_assert_eq!(there.log_ratio.value().map(f64::to_bits), negated(back.log_ratio));
            prop_assert_eq!(there.verdict, back.verdict);
            prop_assert_eq!(there.p.map(f64::to_bits), back.p.map(f64::to_bits));
        }
    }
}
