//! Simulated test-retest studies of features whose true ICC is known, and fresh deltas of unchanged patients.
//!
//! Everything between the drawn values and the verdicts is what the commands use: a series is assessed, its figures
//! make an entry of a gate, and the gate's rule judges the deltas.

use std::collections::BTreeMap;

use delta_radiomics::delta::definition::{Ratios, change};
use delta_radiomics::delta::gate::judge::GateRule;
use delta_radiomics::delta::gate::{ExpectedShare, Gate, GateEntry, GateSettings};
use delta_radiomics::numeric::random::Random;
use delta_radiomics::record::{
    Family, FeatureKey, IccForm, MaskSource, MeasurementHash, Modality, NoiseScale, NoiseSource, Outcome,
    RcBound, RepeatKind, RoiGroup, RoiRole, Stability, Verdict,
};
use delta_radiomics::stability::assess::{Assessed, assess};
use delta_radiomics::stability::rules::{Rules, ScaleRule};
use delta_radiomics::stability::study::{Group, Row, Series};
use delta_radiomics::stats::repeatability::repeatability_coefficient;
use rayon::prelude::*;

/// True ICCs, equally many studies of each.
pub const TRUE_ICCS: [f64; 8] = [0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95];

/// A kind of study.
#[derive(Clone, Copy, Debug)]
pub struct Design {
    /// Number of subjects, scanned twice.
    pub subjects: usize,
    /// Lesions of each; `Several` gives two and three in turn.
    pub lesions: Lesions,
    /// Shift of the second scan in units of the true wSD.
    pub shift: f64,
    /// Number of studies.
    pub studies: usize,
    /// Fresh deltas of unchanged patients per study.
    pub deltas: usize,
}

/// How many lesions a subject has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lesions {
    /// One.
    One,
    /// Two and three in turn, whose true values share half of their variance.
    Several,
}

/// What one study gave.
#[derive(Clone, Copy, Debug)]
pub struct Outcomes {
    /// The true ICC.
    pub true_icc: f64,
    /// Whether the intervals of ICC(1,1), ICC(C,1), ICC(A,1), wSD and RC hold the truth; none without an interval.
    pub covered: [Option<bool>; 5],
    /// Whether the feature passed.
    pub stable: bool,
    /// Share of deltas beyond RC.
    pub beyond_point: f64,
    /// Share of deltas beyond the limit of the `auto` rule.
    pub beyond_auto: f64,
}

/// Studies of a design, the same for a seed at any number of threads.
pub fn simulate(design: Design, seed: u64) -> Vec<Outcomes> {
    let mut seeds = Random::seeded(seed);
    let seeds: Vec<(usize, u64)> = (0..design.studies).map(|study| (study, seeds.next_u64())).collect();
    seeds
        .into_par_iter()
        .filter_map(|(study, seed)| one(design, TRUE_ICCS[study % TRUE_ICCS.len()], seed))
        .collect()
}

/// The rules of `delta stability`, on the values themselves: drawn values are normal.
fn rules() -> Rules {
    Rules { scale: ScaleRule::Always(NoiseScale::Raw), resamples: 500, ..Rules::default() }
}

fn one(design: Design, true_icc: f64, seed: u64) -> Option<Outcomes> {
    let mut random = Random::seeded(seed);
    let wsd = (1.0 - true_icc).sqrt();
    let shift = design.shift * wsd;
    let series = drawn(design, true_icc, shift, &mut random);
    let assessed = assess(&series, &rules());
    let found = assessed.agreement.as_ref().ok()?.chosen();
    // The variance of two fixed repeats that differ by the shift counts against agreement.
    let of_repeats = shift * shift / 2.0;
    let holds = |interval: Option<(f64, f64)>, truth: f64| interval.map(|(l, u)| l <= truth && truth <= u);
    let icc = |form| found.icc(form).and_then(|icc| icc.interval);
    let covered = [
        holds(icc(IccForm::OneWaySingle), true_icc),
        holds(icc(IccForm::ConsistencySingle), true_icc),
        holds(icc(IccForm::AgreementSingle), true_icc / (1.0 + of_repeats)),
        holds(Some(found.repeatability.wsd_interval), wsd),
        holds(Some(found.repeatability.rc_interval), repeatability_coefficient(wsd)),
    ];
    let gate = gate(&assessed, &series.key)?;
    let entry = gate.features.values().next()?;
    let rule = |rc_bound| GateRule {
        gate: &gate,
        settings: GateSettings { rc_bound: Some(rc_bound), ..GateSettings::default() },
    };
    let (point, auto) = (rule(RcBound::Point), rule(RcBound::Auto));
    let stable = assessed.verdict == Stability::Stable;
    let (mut beyond_point, mut beyond_auto) = (0, 0);
    for _ in 0..design.deltas {
        let subject = true_icc.sqrt() * random.normal();
        let (first, second) = (subject + wsd * random.normal(), subject + wsd * random.normal());
        for (rule, beyond) in [(point, &mut beyond_point), (auto, &mut beyond_auto)] {
            // A feature that did not pass gets no verdict of changed; it is held against its limit all the same.
            let is_beyond = if stable {
                let delta = change(Outcome::Value(first), Outcome::Value(second), Ratios::Meaningless);
                rule.judge(&delta, RoiRole::Lesion, "lesion", MaskSource::Drawn, &series.key).verdict
                    == Verdict::Changed
            } else {
                (second - first).abs() > rule.limit(entry)
            };
            *beyond += usize::from(is_beyond);
        }
    }
    let share = |beyond: usize| beyond as f64 / design.deltas.max(1) as f64;
    Some(Outcomes {
        true_icc,
        covered,
        stable,
        beyond_point: share(beyond_point),
        beyond_auto: share(beyond_auto),
    })
}

/// Two scans of each lesion; the total variance is one.
fn drawn(design: Design, true_icc: f64, shift: f64, random: &mut Random) -> Series {
    let wsd = (1.0 - true_icc).sqrt();
    let mut rows = Vec::new();
    for subject in 0..design.subjects {
        let (lesions, of_subject) = match design.lesions {
            Lesions::One => (1, 0.0),
            Lesions::Several => (2 + subject % 2, 0.5),
        };
        let shared = (true_icc * of_subject).sqrt() * random.normal();
        for lesion in 0..lesions {
            let truth = shared + (true_icc * (1.0 - of_subject)).sqrt() * random.normal();
            let values =
                vec![Some(truth + wsd * random.normal()), Some(truth + shift + wsd * random.normal())];
            rows.push(Row { subject: format!("S{subject:03}"), roi: format!("lesion{lesion}"), values });
        }
    }
    let group =
        Group { rois: RoiGroup::whole(RoiRole::Lesion), source: MaskSource::Drawn, kind: RepeatKind::Scan };
    let key = FeatureKey {
        image: "original".into(),
        family: Family::new("stat"),
        feature: "stat_mean".into(),
        aggregation: None,
    };
    Series { group, key, unit: String::new(), rows }
}

/// A gate with this feature alone.
fn gate(assessed: &Assessed, key: &FeatureKey) -> Option<Gate> {
    let found = assessed.agreement.as_ref().ok()?.chosen();
    let icc = found.icc(assessed.form);
    let repeatability = found.repeatability;
    let entry = GateEntry {
        n: assessed.n as u32,
        n_subjects: assessed.n_subjects as u32,
        k: assessed.k as u32,
        repeat_kind: RepeatKind::Scan,
        stable: Some(assessed.verdict == Stability::Stable),
        icc: icc.map(|icc| icc.estimate),
        icc_lower: icc.and_then(|icc| icc.interval).map(|(lower, _)| lower),
        scale: found.scale,
        wsd: repeatability.wsd,
        df: repeatability.df,
        rc: repeatability.rc,
        rc_upper: repeatability.rc_interval.1,
    };
    let rules = rules();
    let name = Gate::key(&assessed.group.rois, assessed.group.source, key);
    Some(Gate {
        schema: 1,
        kind: NoiseSource::TestRetest,
        measurement: None,
        measurement_hash: MeasurementHash::new("00".repeat(32)),
        modality: Modality::Ct,
        icc_form: Some(assessed.form),
        icc_bound: rules.icc_bound,
        icc_threshold: rules.icc_threshold,
        rc_bound: rules.rc_bound,
        expected_share_beyond: ExpectedShare { all: 0.05, stable: None },
        expected_share_by_group: BTreeMap::new(),
        features: BTreeMap::from([(name, entry)]),
        source: BTreeMap::new(),
    })
}

/// Mean over studies; none of none.
pub fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let values: Vec<f64> = values.collect();
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// Share of intervals that hold the truth, by the place of [`Outcomes::covered`].
pub fn coverage(studies: &[Outcomes], place: usize) -> Option<f64> {
    mean(studies.iter().filter_map(|study| study.covered[place]).map(f64::from))
}
