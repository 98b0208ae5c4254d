//! `gate.json`: the noise of every feature that could be assessed.

use std::collections::BTreeMap;

use serde_json::Value;

use super::assessed::Findings;
use crate::delta::gate::{ExpectedShare, Gate, GateEntry};
use crate::features::settings::ResolvedMeasurement;
use crate::record::{
    FeatureKey, IccForm, MeasurementHash, Modality, NoiseScale, NoiseSource, RepeatKind, Stability,
};
use crate::stability::assess::Assessed;
use crate::stability::perturb::band::RegionNoise;
use crate::stability::rules::Rules;
use crate::stability::study::{Row, Series};
use crate::stats::repeatability::Repeatability;

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
    for (series, assessed) in findings.study.series.iter().zip(&findings.assessed) {
        if series.group.kind != kind || !can_be_named(&series.key) {
            continue;
        }
        let entry = entry(assessed, form).or_else(|| band(series));
        let key = Gate::key(&series.group.rois, series.group.source, &series.key);
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
        expected_share_beyond: expected.map_or_else(|| by_limit_alone(&features), |(_, share)| share),
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

/// The noise of a feature that was assessed.
fn entry(assessed: &Assessed, form: IccForm) -> Option<GateEntry> {
    let agreement = assessed.agreement.as_ref().ok()?;
    let chosen = agreement.chosen();
    let icc = chosen.icc(form);
    let Repeatability { wsd, df, rc, rc_interval, .. } = chosen.repeatability;
    let whole = [wsd, df, rc, rc_interval.1].iter().all(|figure| figure.is_finite());
    (whole && df > 0.0).then(|| GateEntry {
        n: count(assessed.n),
        n_subjects: count(assessed.n_subjects),
        k: count(assessed.k),
        repeat_kind: assessed.group.kind,
        stable: Some(assessed.verdict == Stability::Stable),
        icc: icc.map(|icc| icc.estimate),
        icc_lower: icc.and_then(|icc| icc.interval).map(|interval| interval.0),
        scale: chosen.scale,
        wsd,
        df,
        rc,
        rc_upper: rc_interval.1.max(rc),
    })
}

/// The noise of too few patients for an ICC: that of perturbations within each.
fn band(series: &Series) -> Option<GateEntry> {
    if series.group.kind != RepeatKind::Perturbation {
        return None;
    }
    let whole = |row: &&Row| row.values.len() > 1 && row.values.iter().all(Option::is_some);
    let rows: Vec<&Row> = series.rows.iter().filter(whole).collect();
    let k = rows.first()?.values.len();
    let noise: Vec<RegionNoise> = rows
        .iter()
        .filter_map(|row| RegionNoise::of(&row.values.iter().flatten().copied().collect::<Vec<_>>()))
        .collect();
    let df: f64 = noise.iter().map(|n| n.df).sum();
    let squares: f64 = noise.iter().map(|n| n.df * n.wsd * n.wsd).sum();
    let mut subjects: Vec<&str> = rows.iter().map(|row| row.subject.as_str()).collect();
    subjects.dedup();
    let wsd = (squares / df).sqrt();
    // Without any spread there is no limit to judge by.
    (wsd > 0.0 && wsd.is_finite()).then(|| {
        let Repeatability { rc, rc_interval, .. } = Repeatability::of(wsd, df);
        GateEntry {
            n: count(rows.len()),
            n_subjects: count(subjects.len()),
            k: count(k),
            repeat_kind: series.group.kind,
            stable: None,
            icc: None,
            icc_lower: None,
            scale: NoiseScale::Raw,
            wsd,
            df,
            rc,
            rc_upper: rc_interval.1.max(rc),
        }
    })
}

/// What chance puts beyond a limit of as many degrees of freedom as most features have, where nothing was simulated.
fn by_limit_alone(features: &BTreeMap<String, GateEntry>) -> ExpectedShare {
    let df = features.values().map(|entry| entry.df).fold(f64::INFINITY, f64::min);
    let share = crate::stats::student::two_sided(crate::stats::repeatability::Z, df);
    ExpectedShare { all: share.unwrap_or(0.05), stable: None }
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
