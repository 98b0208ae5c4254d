//! One delta against its noise (docs/method.md, The gate).

use super::{Gate, GateEntry, GateSettings, Match};
use crate::delta::definition::Change;
use crate::record::{
    FeatureKey, Flag, Flags, IccBound, MaskSource, NoiseScale, NoiseSource, Outcome, Reason, RoiRole, Verdict,
};
use crate::stats::student::two_sided;

/// A gate together with what a protocol wants of it.
#[derive(Clone, Copy, Debug)]
pub struct GateRule<'a> {
    /// The gate.
    pub gate: &'a Gate,
    /// What is not as the gate was made.
    pub settings: GateSettings,
}

/// What a gate says of one delta.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// Why there is none that says changed or not.
    pub reason: Option<Reason>,
    /// The noise, where the gate has it.
    pub noise: Option<Noise>,
    /// `gate_of_drawn_masks`, `in_silico`.
    pub flags: Flags,
}

/// Noise of one delta, as in its row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Noise {
    /// Its figures.
    pub entry: GateEntry,
    /// What it was measured on.
    pub source: NoiseSource,
    /// The limit that decides: RC or its upper bound, by the number of averaged repeats.
    pub limit: f64,
    /// The upper bound of that limit.
    pub limit_upper: f64,
    /// Two-sided p of no change; none where there is no delta on the noise's scale.
    pub p: Option<f64>,
}

/// The share of deltas beyond RC = 1.96 sqrt(2) wSD where nothing changed and the feature is taken as it comes:
/// 2 P(T_df > 1.96), more than 5 % because wSD is an estimate.
pub fn expected_share_beyond(df: f64) -> Option<f64> {
    two_sided(crate::stats::repeatability::Z, df)
}

/// Two-sided p of a difference `d` between two scans of an unchanged patient: 2 P(T_df > |d| / (sqrt(2) wSD)).
pub fn p_of_no_change(d: f64, wsd: f64, df: f64) -> Option<f64> {
    // Repeats without any spread make every difference impossible, and no difference certain.
    let t = if d == 0.0 { 0.0 } else { d.abs() / (std::f64::consts::SQRT_2 * wsd) };
    two_sided(t, df)
}

impl GateRule<'_> {
    /// The limit of a feature's noise: RC, or its upper bound where fewer than 20 regions were repeated or where the
    /// protocol says so; divided by the root of the number of averaged repeats.
    pub fn limit(&self, entry: &GateEntry) -> f64 {
        let upper = self.settings.rc_bound.unwrap_or(self.gate.rc_bound).takes_upper(entry.n);
        self.averaged(if upper { entry.rc_upper } else { entry.rc })
    }

    /// Noise of the mean of the repeats that each visit's values average.
    fn averaged(&self, noise: f64) -> f64 {
        noise / f64::from(self.settings.averaged_repeats.unwrap_or(1).max(1)).sqrt()
    }

    /// Whether a feature repeats well enough to be judged. A protocol's own rule is applied to the gate's figures;
    /// otherwise what was found when the gate was made stands. `None` for a band without an ICC.
    pub fn is_stable(&self, entry: &GateEntry) -> Option<bool> {
        let GateSettings { icc_bound, icc_threshold, .. } = self.settings;
        if icc_bound.is_none()
            && icc_threshold.is_none()
            && let Some(stable) = entry.stable
        {
            return Some(stable);
        }
        let figure = match icc_bound.unwrap_or(self.gate.icc_bound) {
            IccBound::Lower => entry.icc_lower,
            IccBound::Point => entry.icc,
        };
        match (figure, self.gate.kind) {
            (Some(figure), _) => Some(figure >= icc_threshold.unwrap_or(self.gate.icc_threshold)),
            // Real repeats without an ICC could not be shown to be stable.
            (None, NoiseSource::TestRetest) => Some(false),
            (None, NoiseSource::InSilico) => None,
        }
    }

    /// Judges a change that rests on contours of `source` in the region `roi` of `role`.
    pub fn judge(
        &self,
        change: &Change,
        role: RoiRole,
        roi: &str,
        source: MaskSource,
        key: &FeatureKey,
    ) -> Judgement {
        let (entry, of) = match self.gate.find(role, roi, source, key) {
            Match::Found { entry, of } => (entry, of),
            Match::ForeignMasks => {
                return Judgement::without_noise(Verdict::NoGate, Some(Reason::ForeignGate));
            }
            Match::Lacking => return Judgement::without_noise(Verdict::NoGate, None),
        };
        let on_scale = match entry.scale {
            NoiseScale::Raw => change.absolute,
            NoiseScale::Log => change.log_ratio,
        };
        let limit = self.limit(entry);
        let p = on_scale.value().and_then(|d| p_of_no_change(d, self.averaged(entry.wsd), entry.df));
        let verdict = match on_scale {
            Outcome::Undefined(_) => Verdict::Undefined,
            Outcome::Refused(_) => Verdict::Refused,
            Outcome::Value(d) | Outcome::NotStandardised(d) => self.compare(d, limit, entry),
        };
        let mut flags = Flags::default();
        if of == MaskSource::Drawn && source != MaskSource::Drawn {
            flags.raise(Flag::GateOfDrawnMasks);
        }
        if self.gate.kind == NoiseSource::InSilico {
            flags.raise(Flag::InSilico);
        }
        Judgement {
            verdict,
            reason: on_scale.reason(),
            noise: Some(Noise {
                entry: *entry,
                source: self.gate.kind,
                limit,
                limit_upper: self.averaged(entry.rc_upper),
                p,
            }),
            flags,
        }
    }

    fn compare(&self, d: f64, limit: f64, entry: &GateEntry) -> Verdict {
        let beyond = d.abs() > limit;
        match (self.is_stable(entry), self.gate.kind) {
            (Some(false), _) => Verdict::Unstable,
            // Without a real repeat nothing is said to have changed.
            (_, NoiseSource::InSilico) => {
                if beyond {
                    Verdict::BeyondBand
                } else {
                    Verdict::WithinBand
                }
            }
            (_, NoiseSource::TestRetest) => {
                if beyond {
                    Verdict::Changed
                } else {
                    Verdict::WithinNoise
                }
            }
        }
    }
}

impl Judgement {
    /// A judgement that no noise enters.
    pub fn without_noise(verdict: Verdict, reason: Option<Reason>) -> Self {
        Self { verdict, reason, noise: None, flags: Flags::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::definition::{Ratios, change};
    use super::super::super::testing::{gate, key};
    use super::*;
    use crate::record::RcBound;

    fn rule(gate: &Gate) -> GateRule<'_> {
        GateRule { gate, settings: GateSettings::default() }
    }

    fn delta(d: f64) -> Change {
        change(Outcome::Value(10.0), Outcome::Value(10.0 + d), Ratios::Meaningful)
    }

    fn entry<'a>(gate: &'a mut Gate, source: &str) -> &'a mut GateEntry {
        gate.features.get_mut(&format!("lesion/{source}/original/stat/stat_var/")).unwrap()
    }

    fn verdict(gate: &Gate, d: f64, source: MaskSource) -> (Verdict, Option<Reason>, String) {
        let judged = rule(gate).judge(&delta(d), RoiRole::Lesion, "a", source, &key("stat_var"));
        (judged.verdict, judged.reason, judged.flags.to_string())
    }

    #[test]
    fn beyond_the_limit_is_changed_and_at_it_is_not() {
        let gate = gate();
        let limit = rule(&gate).limit(&gate.features["lesion/drawn/original/stat/stat_var/"]);
        assert_eq!(verdict(&gate, 1.01 * limit, MaskSource::Drawn).0, Verdict::Changed);
        assert_eq!(verdict(&gate, 0.99 * limit, MaskSource::Drawn).0, Verdict::WithinNoise);
        assert_eq!(
            rule(&gate).compare(limit, limit, &gate.features["lesion/drawn/original/stat/stat_var/"]),
            Verdict::WithinNoise
        );
    }

    #[test]
    fn few_repeats_take_the_upper_bound_unless_asked_otherwise() {
        let mut gate = gate();
        entry(&mut gate, "drawn").n = 19;
        let few = gate.features["lesion/drawn/original/stat/stat_var/"];
        assert_eq!(rule(&gate).limit(&few), few.rc_upper);
        assert_eq!(rule(&gate).limit(&GateEntry { n: 20, ..few }), few.rc);
        let asked = |rc_bound| {
            let settings = GateSettings { rc_bound: Some(rc_bound), ..GateSettings::default() };
            GateRule { gate: &gate, settings }.limit(&few)
        };
        assert_eq!((asked(RcBound::Point), asked(RcBound::Upper)), (few.rc, few.rc_upper));
    }

    #[test]
    fn stable_is_the_gates_finding_until_the_protocol_has_its_own_rule() {
        let mut gate = gate();
        *entry(&mut gate, "drawn") = GateEntry {
            stable: Some(false),
            icc: Some(0.8),
            icc_lower: Some(0.6),
            ..*entry(&mut gate.clone(), "drawn")
        };
        assert_eq!(verdict(&gate, 100.0, MaskSource::Drawn).0, Verdict::Unstable);
        let settings = GateSettings { icc_bound: Some(IccBound::Point), ..GateSettings::default() };
        let entry = gate.features["lesion/drawn/original/stat/stat_var/"];
        assert_eq!(GateRule { gate: &gate, settings }.is_stable(&entry), Some(true));
    }

    #[test]
    fn masks_are_not_mixed() {
        let gate = gate();
        assert_eq!(verdict(&gate, 0.0, MaskSource::Edited).2, "gate_of_drawn_masks");
        assert_eq!(verdict(&gate, 0.0, MaskSource::Accepted).2, "", "the gate has followed masks");
        let foreign = (Verdict::NoGate, Some(Reason::ForeignGate), String::new());
        assert_eq!(verdict(&gate, 0.0, MaskSource::Carried), foreign);
        let mut drawn_only = gate.clone();
        drawn_only.features.retain(|key, _| !key.contains("followed"));
        assert_eq!(verdict(&drawn_only, 0.0, MaskSource::Accepted).2, "gate_of_drawn_masks");
        assert_eq!(verdict(&drawn_only, 0.0, MaskSource::Followed), foreign);
        let judged =
            rule(&gate).judge(&delta(0.0), RoiRole::Organ, "liver", MaskSource::Drawn, &key("stat_var"));
        assert_eq!((judged.verdict, judged.reason), (Verdict::NoGate, None));
    }

    #[test]
    fn a_band_says_band_and_is_marked() {
        let mut gate = gate();
        gate.kind = NoiseSource::InSilico;
        for entry in gate.features.values_mut() {
            (entry.stable, entry.icc, entry.icc_lower) = (None, None, None);
        }
        let flag = "in_silico".to_owned();
        assert_eq!(verdict(&gate, 100.0, MaskSource::Drawn), (Verdict::BeyondBand, None, flag.clone()));
        assert_eq!(verdict(&gate, 0.0, MaskSource::Drawn), (Verdict::WithinBand, None, flag));
    }

    #[test]
    fn no_delta_on_the_noises_scale_is_no_verdict() {
        let mut gate = gate();
        entry(&mut gate, "drawn").scale = NoiseScale::Log;
        let new = change(Outcome::Value(0.0), Outcome::Value(3.0), Ratios::Meaningful);
        let judged = rule(&gate).judge(&new, RoiRole::Lesion, "a", MaskSource::Drawn, &key("stat_var"));
        assert_eq!((judged.verdict, judged.reason), (Verdict::Undefined, Some(Reason::BaselineZero)));
        assert_eq!(judged.noise.unwrap().p, None);
    }

    #[test]
    fn a_region_is_judged_by_those_of_its_name_before_those_of_its_role() {
        let mut gate = gate();
        let of = |role: &str| format!("{role}/drawn/original/stat/stat_var/");
        let entry = gate.features[&of("lesion")];
        gate.features.insert(of("organ:liver"), GateEntry { wsd: 1.0, ..entry });
        let wsd = |gate: &Gate, roi: &str| {
            let found = gate.find(RoiRole::Organ, roi, MaskSource::Drawn, &key("stat_var"));
            if let Match::Found { entry, .. } = found { Some(entry.wsd) } else { None }
        };
        assert_eq!((wsd(&gate, "liver"), wsd(&gate, "kidney")), (Some(1.0), None));
        gate.features.insert(of("organ"), GateEntry { wsd: 2.0, ..entry });
        assert_eq!((wsd(&gate, "liver"), wsd(&gate, "kidney")), (Some(1.0), Some(2.0)));
    }

    #[test]
    fn the_mean_of_four_repeats_has_half_the_noise() {
        let gate = gate();
        let with = |averaged_repeats| {
            let rule = GateRule {
                gate: &gate,
                settings: GateSettings { averaged_repeats, ..GateSettings::default() },
            };
            rule.judge(&delta(1.0), RoiRole::Lesion, "a", MaskSource::Drawn, &key("stat_var")).noise.unwrap()
        };
        let (one, four) = (with(None), with(Some(4)));
        assert_eq!((four.limit, four.limit_upper), (one.limit / 2.0, one.limit_upper / 2.0));
        assert_eq!(four.p, p_of_no_change(1.0, 0.25, 30.0));
        assert_eq!(with(Some(1)), one);
    }

    #[test]
    fn repeats_without_spread_still_give_a_p() {
        assert_eq!(p_of_no_change(0.0, 0.0, 9.0), Some(1.0));
        assert_eq!(p_of_no_change(0.1, 0.0, 9.0), Some(0.0));
    }
}
