//! Two visits' rows become one table of deltas.
//!
//! Regions are matched by name, features by key. Where a region has several follow-up contours (drawn, followed,
//! carried) each gives rows of its own; [`super::contour::deciding`] picks those for headlines.

use std::collections::{BTreeMap, BTreeSet};

use super::band::BandRule;
use super::contour::{is_ours, is_unconfirmed, mark_contour};
use super::definition::{Change, Ratios, change, per_day, ratios};
use super::gate::judge::{GateRule, Judgement, Noise};
use super::{DeltaError, Lookup};
use crate::features::registry::{FeatureInfo, FeatureUnit, IntensityMeaning};
use crate::features::settings::Normalise;
use crate::record::{
    DeltaRow, Family, FeatureKey, FeatureRow, Flag, Flags, MaskSource, MeasurementHash, Modality, Outcome,
    QaVerdict, Reason, RoiRole, Units, Verdict,
};

/// What a pair of visits must know about one of them beside its rows.
#[derive(Clone, Copy, Debug)]
pub struct VisitContext<'a> {
    /// Name.
    pub name: &'a str,
    /// Modality.
    pub modality: Modality,
    /// Units of the scan as given.
    pub units: Units,
    /// Regions known to be gone.
    pub absent: &'a [String],
}

/// What decides on the deltas of two visits beside their rows.
#[derive(Clone, Copy)]
pub struct PairContext<'a> {
    /// The earlier visit.
    pub baseline: VisitContext<'a>,
    /// The later visit.
    pub followup: VisitContext<'a>,
    /// Days between them, where known.
    pub interval_days: Option<f64>,
    /// Whether intensities without a unit were normalised (the resolved protocol says).
    pub normalise: Normalise,
    /// Verdict of the alignment; `None` where nothing was registered.
    pub qa: Option<QaVerdict>,
    /// Regions whose contour of ours a person accepted.
    pub accepted: &'a [String],
    /// Flags of the pair: differences of acquisition.
    pub flags: &'a Flags,
    /// Noise of repeats, where known.
    pub gate: Option<GateRule<'a>>,
    /// Noise of perturbed copies of these visits; used where there is no gate.
    pub band: Option<BandRule<'a>>,
    /// What is known about features.
    pub lookup: Lookup<'a>,
}

/// Features that are zero when a lesion is gone: its volumes, its surface, its lengths.
const ZERO_WHEN_ABSENT: [&str; 8] = [
    "morph_volume",
    "morph_vol_approx",
    "morph_area_mesh",
    "morph_diam",
    "morph_diam_axial",
    "morph_pca_maj_axis",
    "morph_pca_min_axis",
    "morph_pca_least_axis",
];

/// The deltas of two visits, sorted by region, contour and feature. Diagnostics describe a measurement and have none.
///
/// Refuses rows that were measured with different settings.
pub fn delta_rows(
    baseline: &[FeatureRow],
    followup: &[FeatureRow],
    pair: &PairContext,
) -> Result<Vec<DeltaRow>, DeltaError> {
    check_hashes(baseline, followup, pair)?;
    let (baseline, followup) = (Regions::of(baseline, pair), Regions::of(followup, pair));
    let names: BTreeSet<&String> = baseline.0.keys().chain(followup.0.keys()).collect();
    let mut deltas = Vec::new();
    for name in names {
        for contours in pair_contours(name, &baseline, &followup, pair) {
            deltas.extend(contours.keys().into_iter().map(|key| contours.delta(key, pair)));
        }
    }
    Ok(deltas)
}

fn check_hashes(
    baseline: &[FeatureRow],
    followup: &[FeatureRow],
    pair: &PairContext,
) -> Result<(), DeltaError> {
    let mut rows = baseline.iter().chain(followup);
    let Some(first) = rows.next() else { return Ok(()) };
    match rows.find(|row| row.measurement_hash != first.measurement_hash) {
        None => Ok(()),
        Some(other) => Err(DeltaError::RowsHash {
            baseline_visit: pair.baseline.name.to_owned(),
            baseline: first.measurement_hash.as_str().to_owned(),
            followup_visit: pair.followup.name.to_owned(),
            followup: other.measurement_hash.as_str().to_owned(),
        }),
    }
}

/// The rows of one contour, by feature.
type Contour = BTreeMap<FeatureKey, FeatureRow>;

/// A visit's rows by region and contour, marked with what the contours may not say.
struct Regions(BTreeMap<String, BTreeMap<MaskSource, Contour>>);

impl Regions {
    fn of(rows: &[FeatureRow], pair: &PairContext) -> Self {
        let mut regions: BTreeMap<String, BTreeMap<MaskSource, Contour>> = BTreeMap::new();
        for row in rows.iter().filter(|row| row.key.family != Family::DIAG) {
            let mut row = row.clone();
            mark_contour(&mut row, pair.accepted, pair.lookup);
            let contours = regions.entry(row.roi.clone()).or_default();
            contours.entry(row.mask_source).or_default().insert(row.key.clone(), row);
        }
        Self(regions)
    }

    /// The contours of a region at a visit that may say that it is gone: of a region that is gone, contours of ours
    /// show nothing.
    fn contours(&self, name: &str, visit: &VisitContext) -> Vec<(MaskSource, &Contour)> {
        let gone = visit.absent.iter().any(|a| a == name);
        let all = self.0.get(name).into_iter().flatten();
        all.filter(|(source, _)| !gone || !is_ours(**source)).map(|(source, rows)| (*source, rows)).collect()
    }
}

/// One region with the two contours, at most, that are compared.
struct Contours<'a> {
    baseline: Side<'a>,
    followup: Side<'a>,
}

/// A region at one visit.
#[derive(Clone, Copy)]
enum Side<'a> {
    Measured(MaskSource, &'a Contour),
    Missing(Reason),
}

/// The best baseline contour with each follow-up contour; one side is missing where the region is at one visit only.
fn pair_contours<'a>(
    name: &str,
    baseline: &'a Regions,
    followup: &'a Regions,
    pair: &PairContext,
) -> Vec<Contours<'a>> {
    let before = baseline.contours(name, &pair.baseline);
    let after = followup.contours(name, &pair.followup);
    let missing = |visit: &VisitContext, otherwise| {
        let gone = visit.absent.iter().any(|a| a == name);
        Side::Missing(if gone { Reason::Absent } else { otherwise })
    };
    let measured = |(source, contour): (MaskSource, &'a Contour)| Side::Measured(source, contour);
    // Sources are in the order of trust: the first is the best.
    let best = before
        .first()
        .map_or_else(|| missing(&pair.baseline, Reason::RoiOnlyAtFollowup), |contour| measured(*contour));
    if after.is_empty() {
        if before.is_empty() {
            return Vec::new();
        }
        let followup = missing(&pair.followup, Reason::RoiOnlyAtBaseline);
        return vec![Contours { baseline: best, followup }];
    }
    after.into_iter().map(|contour| Contours { baseline: best, followup: measured(contour) }).collect()
}

impl<'a> Side<'a> {
    fn contour(self) -> Option<&'a Contour> {
        match self {
            Self::Measured(_, contour) => Some(contour),
            Self::Missing(_) => None,
        }
    }

    fn source(self) -> Option<MaskSource> {
        match self {
            Self::Measured(source, _) => Some(source),
            Self::Missing(_) => None,
        }
    }

    fn row(self, key: &FeatureKey) -> Option<&'a FeatureRow> {
        self.contour().and_then(|contour| contour.get(key))
    }

    /// The value here; a feature that this visit lacks (`lacking`) or a region that is missing has none, except
    /// that a lesion that is gone measures zero.
    fn outcome(self, key: &FeatureKey, lacking: Reason) -> Outcome {
        match self {
            Self::Measured(..) => self.row(key).map_or(Outcome::Undefined(lacking), |row| row.outcome),
            Self::Missing(Reason::Absent) if ZERO_WHEN_ABSENT.contains(&key.feature.as_str()) => {
                Outcome::Value(0.0)
            }
            Self::Missing(reason) => Outcome::Undefined(reason),
        }
    }

    fn is_absent(self) -> bool {
        matches!(self, Self::Missing(Reason::Absent))
    }
}

impl Contours<'_> {
    fn keys(&self) -> BTreeSet<FeatureKey> {
        let sides = [self.baseline, self.followup];
        sides.iter().filter_map(|side| side.contour()).flat_map(BTreeMap::keys).cloned().collect()
    }

    fn delta(&self, key: FeatureKey, pair: &PairContext) -> DeltaRow {
        let (before, after) = (self.baseline.row(&key), self.followup.row(&key));
        // Keys come from the rows of one side at least, so that the default below is never reached.
        let any = after.or(before);
        let roi = any.map(|row| row.roi.clone()).unwrap_or_default();
        let roi_role = any.map_or(RoiRole::Organ, |row| row.roi_role);
        let baseline = self.baseline.outcome(&key, Reason::RoiOnlyAtFollowup);
        let followup = self.followup.outcome(&key, Reason::RoiOnlyAtBaseline);
        let change = self.change(&key, baseline, followup, pair);
        let mut flags = pair.flags.clone();
        for row in [before, after].into_iter().flatten() {
            flags.join(&row.flags);
        }
        if self.rests_on_ours() && pair.qa == Some(QaVerdict::Review) {
            flags.raise(Flag::Review);
        }
        let judged = self.judge(&change, (roi_role, &roi), &key, pair);
        flags.join(&judged.flags);
        let unconfirmed = self.is_unconfirmed(&roi, pair);
        let (verdict, reason) = if unconfirmed && change.absolute.value().is_some() {
            (Verdict::Refused, Some(Reason::UnconfirmedContour))
        } else {
            (judged.verdict, judged.reason)
        };
        let noise = judged.noise;
        let entry = noise.map(|n: Noise| n.entry);
        let icc_form = pair.gate.and_then(|rule| rule.gate.icc_form);
        DeltaRow {
            subject: any.and_then(|row| row.subject.clone()),
            modality: pair.followup.modality,
            measurement_hash: any
                .map_or_else(|| MeasurementHash::new(String::new()), |row| row.measurement_hash.clone()),
            roi,
            roi_role,
            baseline_visit: pair.baseline.name.to_owned(),
            followup_visit: pair.followup.name.to_owned(),
            interval_days: pair.interval_days,
            mask_source_baseline: self.baseline.source(),
            mask_source_followup: self.followup.source(),
            key,
            baseline: baseline.value(),
            followup: followup.value(),
            absolute: change.absolute,
            relative: change.relative,
            log_ratio: change.log_ratio,
            absolute_per_day: per_day(change.absolute, pair.interval_days),
            log_ratio_per_day: per_day(change.log_ratio, pair.interval_days),
            icc_form: entry.and(icc_form).map(|form| form.word().to_owned()),
            icc: entry.and_then(|e| e.icc),
            icc_lower: entry.and_then(|e| e.icc_lower),
            noise_scale: entry.map(|e| e.scale),
            noise_df: entry.map(|e| e.df),
            noise_limit: noise.map(|n| n.limit),
            noise_limit_upper: noise.map(|n| n.limit_upper),
            noise_source: noise.map(|n| n.source),
            p: noise.and_then(|n| n.p),
            q: None,
            border_low: None,
            border_high: None,
            verdict,
            verdict_if_accepted: unconfirmed.then_some(judged.verdict),
            reason,
            flags,
        }
    }

    /// Whether a value is the number of a bin over each visit's own range, not an intensity: such rows have no unit.
    fn is_numbered(&self, key: &FeatureKey, info: Option<FeatureInfo>) -> bool {
        let may_be = info.is_some_and(|info| info.unit == FeatureUnit::IntensityOrBin);
        may_be && [self.baseline, self.followup].iter().filter_map(|s| s.row(key)).any(|r| r.unit.is_empty())
    }

    fn change(&self, key: &FeatureKey, baseline: Outcome, followup: Outcome, pair: &PairContext) -> Change {
        let info = (pair.lookup)(&key.feature);
        let scale = if self.is_numbered(key, info) {
            Ratios::Meaningless
        } else {
            ratios(key, info, pair.followup.units)
        };
        let mut change = change(baseline, followup, scale);
        if self.baseline.is_absent() || self.followup.is_absent() {
            // A logarithm of nothing: the reason is the absence, not the zero.
            change.log_ratio = Outcome::Undefined(Reason::Absent);
        }
        match self.refusal(key, pair) {
            Some(reason) => change.refused(reason),
            None => change,
        }
    }

    /// Why no delta of this feature is given, whatever its values.
    fn refusal(&self, key: &FeatureKey, pair: &PairContext) -> Option<Reason> {
        if pair.baseline.modality != pair.followup.modality {
            return Some(Reason::OtherModality);
        }
        if pair.baseline.units != pair.followup.units {
            return Some(Reason::OtherUnits);
        }
        if self.rests_on_ours() && pair.qa == Some(QaVerdict::Fail) {
            return Some(Reason::QaFail);
        }
        let as_stored = pair.followup.units == Units::Arbitrary && pair.normalise == Normalise::None;
        (as_stored && self.needs_comparable_intensities(key, pair)).then_some(Reason::ArbitraryUnits)
    }

    /// Whether a feature's value depends on what an intensity means. Shapes do not, and neither do grey levels that
    /// are relative to each visit's own range.
    fn needs_comparable_intensities(&self, key: &FeatureKey, pair: &PairContext) -> bool {
        match (pair.lookup)(&key.feature).map(|info| info.intensities) {
            Some(IntensityMeaning::Irrelevant) => false,
            Some(IntensityMeaning::Binned) => ![self.baseline, self.followup]
                .iter()
                .filter_map(|side| side.row(key))
                .all(|row| row.flags.has(&Flag::RelativeBins)),
            Some(IntensityMeaning::Needed) | None => true,
        }
    }

    fn rests_on_ours(&self) -> bool {
        [self.baseline, self.followup].iter().filter_map(|side| side.source()).any(is_ours)
    }

    fn is_unconfirmed(&self, roi: &str, pair: &PairContext) -> bool {
        [self.baseline, self.followup]
            .iter()
            .filter_map(|side| side.source())
            .any(|source| is_unconfirmed(source, roi, pair.accepted))
    }

    fn judge(
        &self,
        change: &Change,
        (role, roi): (RoiRole, &str),
        key: &FeatureKey,
        pair: &PairContext,
    ) -> Judgement {
        let verdict = match change.absolute {
            Outcome::Undefined(_) => Some(Verdict::Undefined),
            Outcome::Refused(_) => Some(Verdict::Refused),
            Outcome::Value(_) | Outcome::NotStandardised(_) => None,
        };
        if let Some(verdict) = verdict {
            return Judgement::without_noise(verdict, change.absolute.reason());
        }
        // Noise is that of the contour that is trusted least.
        let source = [self.baseline, self.followup].iter().filter_map(|side| side.source()).max();
        if let (Some(rule), Some(source)) = (pair.gate, source) {
            return rule.judge(change, role, roi, source, key);
        }
        match (pair.band, self.baseline.source(), self.followup.source()) {
            (Some(band), Some(before), Some(after)) => band.judge(change, roi, (before, after), key),
            _ => Judgement::without_noise(Verdict::NoGate, None),
        }
    }
}

#[cfg(test)]
mod tests;
