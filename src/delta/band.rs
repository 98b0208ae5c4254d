//! A noise band without a repeated scan: how far a feature moves in perturbed copies of the two visits themselves.
//!
//! The figures come from outside; here a change is held against them. A band covers what its perturbations vary and
//! nothing else: never what a second examination adds. So nothing is called changed by it, and every row that shows
//! one is marked.

use std::collections::BTreeMap;

use super::definition::Change;
use super::gate::GateEntry;
use super::gate::judge::{Judgement, Noise, p_of_no_change};
use crate::record::{
    FeatureKey, Flag, Flags, MaskSource, NoiseScale, NoiseSource, RcBound, RepeatKind, Verdict,
};
use crate::stats::repeatability::{repeatability_coefficient, wsd_upper};

/// Noise of a difference of two visits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BandNoise {
    /// Of both visits together, in the feature's unit: sqrt((wSD0^2 + wSD1^2) / 2), so that 1.96 sqrt(2) wSD is the
    /// band.
    pub wsd: f64,
    /// Its degrees of freedom (Satterthwaite).
    pub df: f64,
    /// Number of perturbed copies of each visit.
    pub copies: u32,
}

impl BandNoise {
    /// In the form of a gate's entry.
    fn entry(self) -> GateEntry {
        let Self { wsd, df, copies } = self;
        GateEntry {
            n: copies,
            n_subjects: 1,
            k: copies,
            repeat_kind: RepeatKind::Perturbation,
            stable: None,
            icc: None,
            icc_lower: None,
            scale: NoiseScale::Raw,
            wsd,
            df,
            rc: repeatability_coefficient(wsd),
            rc_upper: repeatability_coefficient(wsd_upper(wsd, df)),
        }
    }
}

/// The contours of both visits that a delta rests on, and its feature.
type Place = (MaskSource, MaskSource, FeatureKey);

/// The bands of two visits by region, contours and feature.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Band(BTreeMap<String, BTreeMap<Place, BandNoise>>);

impl Band {
    /// Adds the noise of a feature between a baseline contour and a follow-up contour of the region `roi`. Noise of
    /// zero is not taken: what no perturbation moves is not known to be free of noise.
    pub fn insert(
        &mut self,
        roi: &str,
        sources: (MaskSource, MaskSource),
        key: &FeatureKey,
        noise: BandNoise,
    ) {
        if noise.wsd > 0.0 && noise.df > 0.0 {
            let of_roi = self.0.entry(roi.to_owned()).or_default();
            of_roi.insert((sources.0, sources.1, key.clone()), noise);
        }
    }

    fn find(&self, roi: &str, sources: (MaskSource, MaskSource), key: &FeatureKey) -> Option<BandNoise> {
        self.0.get(roi)?.get(&(sources.0, sources.1, key.clone())).copied()
    }
}

/// The bands of two visits, and which of their figures decides.
#[derive(Clone, Copy, Debug)]
pub struct BandRule<'a> {
    /// The bands.
    pub band: &'a Band,
    /// Whether the band or its upper bound decides; `auto` takes the upper bound below 20 copies.
    pub rc_bound: RcBound,
}

impl BandRule<'_> {
    /// Judges a change of a feature between two contours of the region `roi`; one that is undefined has no verdict.
    pub fn judge(
        &self,
        change: &Change,
        roi: &str,
        sources: (MaskSource, MaskSource),
        key: &FeatureKey,
    ) -> Judgement {
        let known = change.absolute.value().zip(self.band.find(roi, sources, key));
        let Some((d, noise)) = known else { return Judgement::without_noise(Verdict::NoGate, None) };
        let entry = noise.entry();
        let limit = if self.rc_bound.takes_upper(entry.n) { entry.rc_upper } else { entry.rc };
        let mut flags = Flags::default();
        flags.raise(Flag::InSilico);
        Judgement {
            verdict: if d.abs() > limit { Verdict::BeyondBand } else { Verdict::WithinBand },
            reason: change.absolute.reason(),
            noise: Some(Noise {
                entry,
                source: NoiseSource::InSilico,
                limit,
                limit_upper: entry.rc_upper,
                p: p_of_no_change(d, entry.wsd, entry.df),
            }),
            flags,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::definition::{Ratios, change};
    use super::super::testing::key;
    use super::*;
    use crate::record::Outcome;
    use crate::stats::repeatability::Z;
    use crate::stats::student::two_sided;

    const BOTH_DRAWN: (MaskSource, MaskSource) = (MaskSource::Drawn, MaskSource::Drawn);

    /// A band of variances 1 and 3 at the two visits.
    fn band(copies: u32) -> Band {
        let mut band = Band::default();
        let noise = BandNoise { wsd: 2.0_f64.sqrt(), df: 30.0, copies };
        band.insert("gtv", BOTH_DRAWN, &key("stat_var"), noise);
        band
    }

    fn judged(band: &Band, d: f64, rc_bound: RcBound) -> Judgement {
        let change = change(Outcome::Value(10.0), Outcome::Value(10.0 + d), Ratios::Meaningful);
        BandRule { band, rc_bound }.judge(&change, "gtv", BOTH_DRAWN, &key("stat_var"))
    }

    #[test]
    fn the_limit_is_of_the_sum_of_both_variances() {
        let band = band(20);
        let noise = judged(&band, 1.0, RcBound::Auto).noise.unwrap();
        assert!((noise.limit - Z * 2.0).abs() < 1e-12);
        assert!((noise.p.unwrap() - two_sided(0.5, 30.0).unwrap()).abs() < 1e-12);
        assert!(noise.limit_upper > noise.limit);
        assert_eq!(judged(&band, 1.0, RcBound::Upper).noise.unwrap().limit, noise.limit_upper);
    }

    #[test]
    fn few_copies_take_the_upper_bound_unless_asked_otherwise() {
        let band = band(19);
        let noise = |bound| judged(&band, 1.0, bound).noise.unwrap();
        assert_eq!(noise(RcBound::Auto).limit, noise(RcBound::Auto).limit_upper);
        assert!(noise(RcBound::Point).limit < noise(RcBound::Point).limit_upper);
    }

    #[test]
    fn beyond_or_within_the_band_and_always_marked() {
        for (d, verdict) in [(3.9, Verdict::WithinBand), (-4.0, Verdict::BeyondBand)] {
            let judged = judged(&band(20), d, RcBound::Point);
            assert_eq!((judged.verdict, judged.flags.to_string()), (verdict, "in_silico".to_owned()), "{d}");
        }
    }

    #[test]
    fn what_was_not_perturbed_or_not_moved_has_no_band() {
        let mut band = band(20);
        let still = BandNoise { wsd: 0.0, df: 38.0, copies: 20 };
        band.insert("gtv", BOTH_DRAWN, &key("morph_volume"), still);
        let change = change(Outcome::Value(1.0), Outcome::Value(9.0), Ratios::Meaningful);
        let drawn_to_carried = (MaskSource::Drawn, MaskSource::Carried);
        for (roi, sources, tag) in [
            ("liver", BOTH_DRAWN, "stat_var"),
            ("gtv", drawn_to_carried, "stat_var"),
            ("gtv", BOTH_DRAWN, "morph_volume"),
        ] {
            let rule = BandRule { band: &band, rc_bound: RcBound::Auto };
            let judged = rule.judge(&change, roi, sources, &key(tag));
            assert_eq!((judged.verdict, judged.noise), (Verdict::NoGate, None));
        }
    }
}
