//! A noise band without a repeated scan: how far a feature moves in perturbed copies of the two visits themselves.
//!
//! Each visit has a spread of its own about its perturbed mean, on one degree of freedom less than it has copies. A
//! difference of two visits has the sum of both variances, on Satterthwaite's degrees of freedom (1946). The band holds
//! what the perturbations vary and nothing else: never what a second examination adds.

use std::collections::BTreeMap;

use super::definition::Change;
use super::gate::GateEntry;
use super::gate::judge::{Judgement, Noise, p_of_no_change, takes_upper};
use crate::record::{
    FeatureKey, Flag, Flags, MaskSource, NoiseScale, NoiseSource, PerturbedFeature, RcBound, RepeatKind,
    Verdict,
};
use crate::stats::repeatability::{repeatability_coefficient, wsd_upper};

/// Values that differ by no more than this share of themselves are equal: they differ by the order of summation.
const ROUNDING: f64 = 1e-11;

/// Spread of a feature over perturbed copies of one visit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// Copies with a value.
    pub copies: u32,
    /// Variance about their mean, on `copies - 1` degrees of freedom.
    pub variance: f64,
}

impl Spread {
    /// Of the values of all copies, of which at least half, and two, must have one.
    pub fn of(values: &[Option<f64>]) -> Option<Self> {
        let known: Vec<f64> = values.iter().copied().flatten().collect();
        if known.len() < 2 || 2 * known.len() < values.len() {
            return None;
        }
        let copies = known.len() as u32;
        let (least, most) =
            known.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(*v), b.max(*v)));
        if most - least <= ROUNDING * most.abs().max(least.abs()) {
            return Some(Self { copies, variance: 0.0 });
        }
        let n = f64::from(copies);
        let mean = known.iter().sum::<f64>() / n;
        let squares: f64 = known.iter().map(|v| (v - mean) * (v - mean)).sum();
        let variance = squares / (n - 1.0);
        variance.is_finite().then_some(Self { copies: known.len() as u32, variance })
    }

    fn df(self) -> f64 {
        f64::from(self.copies) - 1.0
    }
}

/// The noise of a difference of two visits, in the form of a gate's entry: `wsd` is the root of the mean of both
/// variances, so that RC is 1.96 sqrt(wSD0^2 + wSD1^2). `None` where no perturbation moves the feature: that says
/// nothing about its noise.
pub fn band(baseline: Spread, followup: Spread) -> Option<GateEntry> {
    let sum = baseline.variance + followup.variance;
    if sum <= 0.0 {
        return None;
    }
    // Shares, not squares of variances: those of very small or large features would leave the range of numbers.
    let term = |spread: Spread| (spread.variance / sum).powi(2) / spread.df();
    let df = 1.0 / (term(baseline) + term(followup));
    let wsd = (sum / 2.0).sqrt();
    Some(GateEntry {
        n: baseline.copies.min(followup.copies),
        n_subjects: 1,
        k: baseline.copies.max(followup.copies),
        repeat_kind: RepeatKind::Perturbation,
        stable: None,
        icc: None,
        icc_lower: None,
        scale: NoiseScale::Raw,
        wsd,
        df,
        rc: repeatability_coefficient(wsd),
        rc_upper: repeatability_coefficient(wsd_upper(wsd, df)),
    })
}

/// The spreads of one visit by region, contour and feature.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spreads(BTreeMap<(String, MaskSource, FeatureKey), Spread>);

impl Spreads {
    /// Of the perturbed rows of one visit.
    pub fn of(rows: &[PerturbedFeature]) -> Self {
        let mut values: BTreeMap<(&String, MaskSource, &FeatureKey), Vec<Option<f64>>> = BTreeMap::new();
        for PerturbedFeature { row, .. } in rows {
            values.entry((&row.roi, row.mask_source, &row.key)).or_default().push(row.outcome.value());
        }
        let spread =
            |((roi, source, key), values): ((&String, MaskSource, &FeatureKey), Vec<Option<f64>>)| {
                Spread::of(&values).map(|spread| ((roi.clone(), source, key.clone()), spread))
            };
        Self(values.into_iter().filter_map(spread).collect())
    }

    fn find(&self, roi: &str, source: MaskSource, key: &FeatureKey) -> Option<Spread> {
        self.0.get(&(roi.to_owned(), source, key.clone())).copied()
    }
}

/// The spreads of two visits, and which figure of the band decides.
#[derive(Clone, Copy, Debug)]
pub struct BandRule<'a> {
    /// Of the earlier visit.
    pub baseline: &'a Spreads,
    /// Of the later visit.
    pub followup: &'a Spreads,
    /// Whether the band or its upper bound decides; `auto` takes the upper bound below 20 copies.
    pub rc_bound: RcBound,
}

impl BandRule<'_> {
    /// Judges a defined change of a feature between two contours of the region `roi`.
    pub fn judge(
        &self,
        change: &Change,
        roi: &str,
        sources: (MaskSource, MaskSource),
        key: &FeatureKey,
    ) -> Judgement {
        let without = Judgement::without_noise(Verdict::NoGate, None);
        let Some(d) = change.absolute.value() else { return without };
        let spreads = (self.baseline.find(roi, sources.0, key), self.followup.find(roi, sources.1, key));
        let (Some(baseline), Some(followup)) = spreads else { return without };
        let Some(entry) = band(baseline, followup) else { return without };
        let limit = if takes_upper(self.rc_bound, entry.n) { entry.rc_upper } else { entry.rc };
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
    use super::super::testing::{feature_row, key};
    use super::*;
    use crate::record::{Outcome, RoiRole};
    use crate::stats::repeatability::Z;
    use crate::stats::student::two_sided;

    fn copies(values: &[f64]) -> Spreads {
        let row = |value| feature_row("t0", "gtv", RoiRole::Lesion, MaskSource::Drawn, "stat_var", value);
        let rows = values.iter().enumerate();
        let rows: Vec<_> =
            rows.map(|(n, v)| PerturbedFeature { perturbation: n as u32 + 1, row: row(*v) }).collect();
        Spreads::of(&rows)
    }

    fn judged(d: f64, rc_bound: RcBound) -> Judgement {
        let (baseline, followup) = (copies(&[9.0, 10.0, 11.0]), copies(&[18.0, 20.0, 22.0, 20.0]));
        let rule = BandRule { baseline: &baseline, followup: &followup, rc_bound };
        let change = change(Outcome::Value(10.0), Outcome::Value(10.0 + d), Ratios::Meaningful);
        rule.judge(&change, "gtv", (MaskSource::Drawn, MaskSource::Drawn), &key("stat_var"))
    }

    #[test]
    fn the_limit_is_of_the_sum_of_both_variances_on_satterthwaites_degrees_of_freedom() {
        // Variances 1 on 2 and 8/3 on 3 degrees of freedom.
        let (v0, v1) = (1.0_f64, 8.0 / 3.0);
        let noise = judged(1.0, RcBound::Point).noise.unwrap();
        assert!((noise.limit - Z * (v0 + v1).sqrt()).abs() < 1e-12);
        let df = (v0 + v1).powi(2) / (v0 * v0 / 2.0 + v1 * v1 / 3.0);
        assert!((noise.entry.df - df).abs() < 1e-12);
        let p = two_sided(1.0 / (v0 + v1).sqrt(), df).unwrap();
        assert!((noise.p.unwrap() - p).abs() < 1e-12);
        assert_eq!(judged(1.0, RcBound::Upper).noise.unwrap().limit, noise.limit_upper);
        assert_eq!(
            judged(1.0, RcBound::Auto).noise.unwrap().limit,
            noise.limit_upper,
            "three copies are few"
        );
    }

    #[test]
    fn beyond_or_within_the_band_and_always_marked() {
        for (d, verdict) in [(3.0, Verdict::WithinBand), (-4.0, Verdict::BeyondBand)] {
            let judged = judged(d, RcBound::Point);
            assert_eq!((judged.verdict, judged.flags.to_string()), (verdict, "in_silico".to_owned()), "{d}");
        }
    }

    #[test]
    fn what_no_perturbation_moves_has_no_band() {
        assert_eq!(band(Spread { copies: 20, variance: 0.0 }, Spread { copies: 20, variance: 0.0 }), None);
        let one_sided =
            band(Spread { copies: 20, variance: 0.0 }, Spread { copies: 20, variance: 4.0 }).unwrap();
        assert!((one_sided.df - 19.0).abs() < 1e-12 && (one_sided.wsd - 2.0_f64.sqrt()).abs() < 1e-12);
    }

    #[test]
    fn a_spread_needs_half_of_the_copies_and_two() {
        assert_eq!(Spread::of(&[Some(1.0)]), None);
        assert_eq!(Spread::of(&[Some(1.0), Some(2.0), None, None, None]), None);
        let spread = Spread::of(&[Some(1.0), Some(3.0), None, None]).unwrap();
        assert_eq!((spread.copies, spread.variance), (2, 2.0));
        let equal = Spread::of(&[Some(0.1), Some(0.1), Some(0.1 + 1e-16)]).unwrap();
        assert_eq!(equal.variance, 0.0);
    }

    #[test]
    fn a_region_or_contour_that_was_not_perturbed_has_no_band() {
        let (baseline, followup) = (copies(&[1.0, 2.0]), copies(&[1.0, 2.0]));
        let rule = BandRule { baseline: &baseline, followup: &followup, rc_bound: RcBound::Auto };
        let change = change(Outcome::Value(1.0), Outcome::Value(9.0), Ratios::Meaningful);
        for (roi, source) in [("liver", MaskSource::Drawn), ("gtv", MaskSource::Carried)] {
            let judged = rule.judge(&change, roi, (MaskSource::Drawn, source), &key("stat_var"));
            assert_eq!((judged.verdict, judged.noise), (Verdict::NoGate, None));
        }
    }
}
