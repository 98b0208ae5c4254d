//! The noise band that a run makes itself where no gate of repeated scans is given: every visit is perturbed, its
//! regions are measured on every copy, and the spreads of two visits make the limit of their difference.

use std::collections::BTreeMap;

use super::error::RunError;
use super::measure::{Measuring, Prepared, Target, is_large};
use super::request::{PerturbRequest, RunRequest};
use crate::delta::band::{Band, BandNoise};
use crate::jobs::Failure;
use crate::record::{FeatureKey, Flag, MaskSource, PerturbedFeature};
use crate::stability::perturb::band::{NoiseLimit, RegionNoise};
use crate::stability::perturb::{Chain, Perturbation};

/// Copies of each visit where the user does not say.
const COPIES: u32 = 20;
/// Seed where the user does not say.
const SEED: u64 = 1;
/// Values of all copies that differ by no more than this share of their mean are equal: they differ by the order of
/// summation.
const ROUNDING: f64 = 1e-11;

/// A band that is to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedBand {
    /// Copies, chain and seed.
    pub perturbation: Perturbation,
    /// Which regions.
    pub regions: BandRegions,
}

/// Which regions are perturbed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BandRegions {
    /// Those that are measured side by side: up to 500 mL. Larger ones cost the most and are hardly ever lesions.
    UpToLarge,
    /// All: the user gave a number of copies.
    All,
}

/// The band that a request asks for; `None` where a gate judges or perturbation is turned off.
pub fn planned(request: &RunRequest) -> Result<Option<PlannedBand>, Failure> {
    let PerturbRequest { copies, chain, seed } = &request.perturb;
    let chain: Chain = chain.as_deref().map(str::parse).transpose()?.unwrap_or_default();
    let (count, regions) = match copies {
        Some(0) => return Ok(None),
        Some(1) => return Err(RunError::OneCopy.into()),
        Some(_) if request.gate.is_some() => return Err(RunError::BandBesideGate.into()),
        Some(copies) => (*copies, BandRegions::All),
        // A single visit has no delta that a band could judge.
        None if request.gate.is_some() || request.visits.len() == 1 => return Ok(None),
        None => (COPIES, BandRegions::UpToLarge),
    };
    Ok(Some(PlannedBand { perturbation: Perturbation { count, chain, seed: seed.unwrap_or(SEED) }, regions }))
}

impl PlannedBand {
    /// Whether a region is perturbed.
    pub fn takes(&self, target: &Target) -> bool {
        self.regions == BandRegions::All || !is_large(target)
    }

    /// Measures the targets on every copy of visit number `visit`. Visits have copies of their own, so that their
    /// spreads are independent.
    pub fn rows(
        &self,
        measuring: &Measuring,
        prepared: &Prepared,
        targets: &[Target],
        visit: usize,
    ) -> Result<Vec<PerturbedFeature>, Failure> {
        let mut asked = self.perturbation.clone();
        asked.seed = asked.seed.wrapping_add(visit as u64);
        // A contour that vanished or left the field of view has no values to have noise.
        let measurable = |t: &&Target| t.trouble.is_none() && !t.structure.mask.is_empty() && self.takes(t);
        let targets: Vec<Target> = targets.iter().filter(measurable).copied().collect();
        let (large, small): (Vec<Target>, Vec<Target>) = targets.into_iter().partition(is_large);
        let mut rows = Vec::new();
        // Large regions one after the other: together they would need as many times the memory.
        for together in large.chunks(1).chain(std::iter::once(small.as_slice())).filter(|t| !t.is_empty()) {
            rows.extend(measuring.perturbed_rows(prepared, together, &asked)?);
        }
        for perturbed in &mut rows {
            perturbed.row.flags.raise(Flag::InSilico);
        }
        Ok(rows)
    }
}

/// Region, contour and feature.
type Place<'a> = (&'a str, MaskSource, &'a FeatureKey);

/// The spread of every value over the copies of a visit; none where a copy has no value.
fn spreads(rows: &[PerturbedFeature]) -> BTreeMap<Place<'_>, RegionNoise> {
    let mut values: BTreeMap<Place, Vec<Option<f64>>> = BTreeMap::new();
    for PerturbedFeature { row, .. } in rows {
        values.entry((&row.roi, row.mask_source, &row.key)).or_default().push(row.outcome.value());
    }
    let mut spreads = BTreeMap::new();
    for (place, values) in values {
        let values: Option<Vec<f64>> = values.into_iter().collect();
        let Some(noise) = values.and_then(|values| RegionNoise::of(&values)) else { continue };
        let wsd = if noise.wsd > ROUNDING * noise.mean.abs() { noise.wsd } else { 0.0 };
        spreads.insert(place, RegionNoise { wsd, ..noise });
    }
    spreads
}

/// The band of two visits from their perturbed rows.
pub fn band(planned: &PlannedBand, baseline: &[PerturbedFeature], followup: &[PerturbedFeature]) -> Band {
    let (before, after) = (spreads(baseline), spreads(followup));
    let mut band = Band::default();
    for ((roi, source, key), noise) in &after {
        for of_baseline in MaskSource::ALL {
            let Some(earlier) = before.get(&(*roi, *of_baseline, *key)) else { continue };
            let limit = NoiseLimit::between(*earlier, *noise);
            let noise = BandNoise { wsd: limit.wsd, df: limit.df, copies: planned.perturbation.count };
            band.insert(roi, (*of_baseline, *source), key, noise);
        }
    }
    band
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delta::band::BandRule;
    use crate::delta::definition::{Ratios, change};
    use crate::record::{
        Family, FeatureRow, Flags, MeasurementHash, Modality, Outcome, RcBound, RoiRole, Verdict,
    };
    use crate::stats::repeatability::Z;

    fn key() -> FeatureKey {
        let family = Family::from_word("stat").unwrap();
        FeatureKey { image: "original".into(), family, feature: "stat_var".into(), aggregation: None }
    }

    fn copies(values: &[f64]) -> Vec<PerturbedFeature> {
        let row = |value: f64| FeatureRow {
            subject: None,
            visit: "t0".into(),
            modality: Modality::Ct,
            measurement_hash: MeasurementHash::new("ab".into()),
            roi: "gtv".into(),
            roi_role: RoiRole::Lesion,
            mask_source: MaskSource::Drawn,
            key: key(),
            outcome: if value.is_nan() {
                Outcome::Undefined(crate::record::Reason::EmptyRoi)
            } else {
                Outcome::Value(value)
            },
            unit: String::new(),
            flags: Flags::default(),
        };
        let numbered = |(n, v): (usize, &f64)| PerturbedFeature { perturbation: n as u32 + 1, row: row(*v) };
        values.iter().enumerate().map(numbered).collect()
    }

    fn verdict(before: &[f64], after: &[f64], d: f64) -> Verdict {
        let planned = PlannedBand {
            perturbation: Perturbation { count: 20, chain: Chain::ALL, seed: 1 },
            regions: BandRegions::All,
        };
        let band = band(&planned, &copies(before), &copies(after));
        let rule = BandRule { band: &band, rc_bound: RcBound::Point };
        let change = change(Outcome::Value(10.0), Outcome::Value(10.0 + d), Ratios::Meaningful);
        rule.judge(&change, "gtv", (MaskSource::Drawn, MaskSource::Drawn), &key()).verdict
    }

    #[test]
    fn the_spreads_of_both_visits_make_the_limit() {
        // Variances 1 and 4.
        let limit = Z * 5.0_f64.sqrt();
        let (before, after) = ([9.0, 10.0, 11.0], [18.0, 20.0, 22.0]);
        assert_eq!(verdict(&before, &after, 0.999 * limit), Verdict::WithinBand);
        assert_eq!(verdict(&before, &after, -1.001 * limit), Verdict::BeyondBand);
    }

    #[test]
    fn a_copy_without_a_value_or_copies_all_alike_make_no_band() {
        assert_eq!(verdict(&[1.0, 2.0, f64::NAN], &[1.0, 2.0, 3.0], 9.0), Verdict::NoGate);
        let alike = [0.1, 0.1 + 1e-16, 0.1];
        assert_eq!(verdict(&alike, &alike, 9.0), Verdict::NoGate);
    }
}
