//! `gate.json`: the noise of every feature that could be assessed.

use std::collections::BTreeMap;

use serde_json::Value;

use super::assessed::Findings;
use crate::delta::gate::{ExpectedShare, Gate, GateEntry};
use crate::features::settings::ResolvedMeasurement;
use crate::record::{
    FeatureKey, IccForm, MeasurementHash, Modality, NoiseScale, NoiseSource, RcBound, RepeatKind, Stability,
};
use crate::stability::assess::{Agreement, Assessed};
use crate::stability::rules::Rules;
use crate::stats::repeatability::{Repeatability, Z};
use crate::stats::student::two_sided;

/// What a gate says of how its repeats were measured.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The measurement; `None` of a table of another program.
    pub measurement: Option<ResolvedMeasurement>,
    /// Its hash.
    pub hash: MeasurementHash,
    /// Modality of all scans.
    pub modality: Modality,
    /// Where it comes from, for a reader.
    pub source: BTreeMap<String, Value>,
}

/// The gate of a study; `None` where no feature has a noise.
///
/// A gate has one kind of repeats: scans where there are any, else raters, else perturbations.
pub fn gate(findings: &Findings, rules: &Rules, origin: Origin) -> Option<Gate> {
    let kinds = || findings.study.repeats.keys().map(|group| group.kind);
    let kind = RepeatKind::ALL.iter().copied().find(|kind| kinds().any(|of| of == *kind))?;
    let form = rules.form(kind);
    let mut features = BTreeMap::new();
    for assessed in &findings.assessed {
        if assessed.group.kind != kind || !can_be_named(&assessed.key) {
            continue;
        }
        let entry = entry(assessed, form);
        let key = Gate::key(&assessed.group.rois, assessed.group.source, &assessed.key);
        features.extend(entry.map(|entry| (key, entry)));
    }
    let judged = features.values().any(|entry: &GateEntry| entry.stable.is_some());
    let of_kind = || findings.groups.iter().filter(|g| g.group.kind == kind);
    // The group of fewest regions errs most.
    let expected = of_kind().filter_map(|g| Some((g.usual?.0, g.expected?))).min_by_key(|(n, _)| *n);
    (!features.is_empty()).then(|| Gate {
        schema: crate::delta::gate::read::SCHEMA,
        kind: if kind == RepeatKind::Perturbation { NoiseSource::InSilico } else { NoiseSource::TestRetest },
        measurement: origin.measurement,
        measurement_hash: origin.hash,
        modality: origin.modality,
        icc_form: judged.then_some(form),
        icc_bound: rules.icc_bound,
        icc_threshold: rules.icc_threshold,
        rc_bound: rules.rc_bound,
        expected_share_beyond: expected
            .map_or_else(|| by_limit_alone(&features, rules.rc_bound), |(_, share)| share),
        expected_share_by_group: of_kind()
            .filter_map(|g| Some((Gate::group_key(&g.group.rois, g.group.source), g.expected?)))
            .collect(),
        features,
        source: origin.source,
    })
}

/// A key is written with `/` between its parts.
fn can_be_named(key: &FeatureKey) -> bool {
    !key.feature.contains('/') && !key.image.contains('/')
}

/// The noise of a feature that was assessed, or of perturbed copies of patients too few for an ICC.
fn entry(assessed: &Assessed, form: IccForm) -> Option<GateEntry> {
    let Repeatability { wsd, df, rc, rc_interval, .. } = assessed.repeatability()?;
    let chosen = assessed.agreement.as_ref().ok().map(Agreement::chosen);
    let icc = chosen.and_then(|chosen| chosen.icc(form));
    let whole = [wsd, df, rc, rc_interval.1].iter().all(|figure| figure.is_finite());
    (whole && df > 0.0).then(|| GateEntry {
        n: count(assessed.n),
        n_subjects: count(assessed.n_subjects),
        k: count(assessed.k),
        repeat_kind: assessed.group.kind,
        stable: chosen.map(|_| assessed.verdict == Stability::Stable),
        icc: icc.map(|icc| icc.estimate),
        icc_lower: icc.and_then(|icc| icc.interval).map(|interval| interval.0),
        scale: chosen.map_or(NoiseScale::Raw, |chosen| chosen.scale),
        wsd,
        df,
        rc,
        rc_upper: rc_interval.1.max(rc),
    })
}

/// What chance puts beyond the limits where nothing was simulated: the mean of 2 P(T_df > z), z being 1.96 or, where the
/// upper bound decides, as many times more as that is above RC.
fn by_limit_alone(features: &BTreeMap<String, GateEntry>, bound: RcBound) -> ExpectedShare {
    let share = |entry: &GateEntry| {
        let times = if bound.takes_upper(entry.n) { entry.rc_upper / entry.rc } else { 1.0 };
        two_sided(Z * times, entry.df)
    };
    let shares: Vec<f64> = features.values().filter_map(share).collect();
    let all = if shares.is_empty() { 0.05 } else { shares.iter().sum::<f64>() / shares.len() as f64 };
    ExpectedShare { all, stable: None }
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
