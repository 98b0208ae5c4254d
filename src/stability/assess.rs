//! How far the repeats of one feature differ, and whether it is stable.
//!
//! Mean squares and exact intervals where every region of a subject of its own has every repeat; restricted maximum
//! likelihood where repeats are more than two and some are missing; a bootstrap of subjects where a subject has
//! several regions, which are not independent.

use super::on_scale::on_scale;
use super::perturb::band::RegionNoise;
use super::rules::Rules;
use super::scale::choose;
use super::study::{Group, Series};
use super::table::Table;
use super::verdict::verdict;
use crate::record::{FeatureKey, IccClass, IccForm, NoiseScale, Reason, RepeatKind, Stability};
use crate::stats::bland_altman::BlandAltman;
use crate::stats::icc::Icc;
use crate::stats::precision::PrecisionProfile;
use crate::stats::reml::VarianceComponents;
use crate::stats::repeatability::Repeatability;

/// What was found of one feature in one group.
#[derive(Clone, Debug, PartialEq)]
pub struct Assessed {
    /// What was pooled.
    pub group: Group,
    /// What was measured.
    pub key: FeatureKey,
    /// Its unit.
    pub unit: String,
    /// Number of regions with two repeats or more.
    pub n: usize,
    /// Number of subjects that they belong to.
    pub n_subjects: usize,
    /// Number of repeats in which anything was measured.
    pub k: usize,
    /// Regions left out of `n` because repeats were missing. Of two repeats such a pair serves nothing; of more, a
    /// single value still tells maximum likelihood how far subjects lie apart.
    pub dropped: usize,
    /// Whether it is stable.
    pub verdict: Stability,
    /// Form of the ICC that the verdict rests on.
    pub form: IccForm,
    /// The agreement, or why there is none.
    pub agreement: Result<Agreement, Reason>,
    /// Noise of perturbed copies within each region, on the values, where subjects are too few to agree.
    pub within: Option<Repeatability>,
}

/// Agreement on the scales that are possible.
#[derive(Clone, Debug, PartialEq)]
pub struct Agreement {
    /// The scale that decides.
    pub scale: NoiseScale,
    /// What chose it; `None` where it was given. Of more than two repeats it compares the standard deviation of a
    /// region's values, in place of a difference, with their mean.
    pub profile: Option<PrecisionProfile>,
    /// On the values.
    pub raw: OnScale,
    /// On their logarithms, where all are positive.
    pub log: Option<OnScale>,
}

/// Agreement on one scale.
#[derive(Clone, Debug, PartialEq)]
pub struct OnScale {
    /// The scale.
    pub scale: NoiseScale,
    /// Mean of all values on this scale.
    pub mean: f64,
    /// The six ICCs in the order of [`IccForm::ALL`]; `None` where one is not defined on this table.
    pub iccs: [Option<Icc>; 6],
    /// How the intervals were made.
    pub interval_by: IntervalMethod,
    /// Lin's concordance; of two repeats only.
    pub ccc: Option<f64>,
    /// Bias and limits; of two repeats only.
    pub bland_altman: Option<BlandAltman>,
    /// wSD and RC.
    pub repeatability: Repeatability,
    /// RC in percent of the mean; on the raw scale, where the mean is positive.
    pub rc_percent: Option<f64>,
    /// Within-subject coefficient of variation: sqrt(exp(wSD^2) - 1) on logarithms, wSD / mean on values.
    pub wcv: Option<f64>,
    /// Variance components, where repeats are more than two or cells are missing.
    pub components: Option<VarianceComponents>,
    /// Subject, mean and difference (second minus first) of each pair; empty for more than two repeats.
    pub pairs: Vec<Pair>,
}

/// One pair of a Bland-Altman plot.
#[derive(Clone, Debug, PartialEq)]
pub struct Pair {
    /// The subject.
    pub subject: String,
    /// Mean of both repeats.
    pub mean: f64,
    /// Second minus first.
    pub difference: f64,
}

/// How the 95 % intervals of ICCs were made. Those of wSD and RC are by chi squared wherever each subject has one
/// region, and by bootstrap where one has several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntervalMethod {
    /// F and chi-square distributions, of one region per subject.
    Exact,
    /// Bootstrap of subjects, of several regions per subject or a table with holes. Of several regions it is never
    /// narrower than independent regions would make it. F, its degrees of freedom and p are those of independent
    /// regions.
    BootstrapOfSubjects,
}

/// Subjects below which nothing is said.
const FEWEST: usize = 5;

/// How far the repeats of a series differ, and what the rules make of it.
///
/// Nothing is said, in this order, of fewer than five subjects (`insufficient`), of values that are all equal
/// (`constant`), and of repeats that are equal in every region (`identical`: the same file twice?).
pub fn assess(series: &Series, rules: &Rules) -> Assessed {
    let table = Table::of(series);
    let form = rules.form(series.group.kind);
    let agreement = agreement(&table, rules);
    let icc = agreement.as_ref().ok().and_then(|agreement| agreement.chosen().icc(form));
    Assessed {
        group: series.group.clone(),
        key: series.key.clone(),
        unit: series.unit.clone(),
        n: table.n,
        n_subjects: table.n_subjects,
        k: table.k,
        dropped: table.dropped,
        verdict: verdict(icc, rules),
        form,
        within: match (&agreement, series.group.kind) {
            (Err(Reason::Insufficient), RepeatKind::Perturbation) => within(&table),
            _ => None,
        },
        agreement,
    }
}

fn agreement(table: &Table, rules: &Rules) -> Result<Agreement, Reason> {
    if table.n_subjects < FEWEST {
        return Err(Reason::Insufficient);
    }
    if all_equal(table.values()) {
        return Err(Reason::Constant);
    }
    if table.rows.iter().all(|row| all_equal(row.iter().flatten().copied())) {
        return Err(Reason::Identical);
    }
    let positive = table.values().all(|value| value > 0.0);
    let logs = if positive { table.map(f64::ln) } else { None };
    let (scale, profile) = choose(table, logs.as_ref(), rules.scale);
    let raw = on_scale(table, NoiseScale::Raw, rules).ok_or(Reason::ZeroDenominator)?;
    let log = logs.and_then(|logs| on_scale(&logs, NoiseScale::Log, rules));
    Ok(Agreement { scale, profile, raw, log })
}

/// Pooled over the regions that every copy measured; none where nothing moves, for there is no limit to judge by.
fn within(table: &Table) -> Option<Repeatability> {
    let whole = |row: &Vec<Option<f64>>| row.iter().copied().collect::<Option<Vec<f64>>>();
    let noise: Vec<RegionNoise> =
        table.rows.iter().filter_map(whole).filter_map(|values| RegionNoise::of(&values)).collect();
    let df: f64 = noise.iter().map(|n| n.df).sum();
    let squares: f64 = noise.iter().map(|n| n.df * n.wsd * n.wsd).sum();
    let wsd = (squares / df).sqrt();
    (wsd > 0.0 && wsd.is_finite()).then(|| Repeatability::of(wsd, df))
}

fn all_equal(mut values: impl Iterator<Item = f64>) -> bool {
    let first = values.next();
    values.all(|value| Some(value) == first)
}

impl Assessed {
    /// wSD and RC on the scale that decides, or of perturbed copies of too few subjects.
    pub fn repeatability(&self) -> Option<Repeatability> {
        self.agreement.as_ref().map_or(self.within, |agreement| Some(agreement.chosen().repeatability))
    }
    /// Why there is no verdict, where there is none.
    pub fn reason(&self) -> Option<Reason> {
        match (&self.agreement, self.verdict) {
            (Err(reason), _) => Some(*reason),
            // The spread that the ICC divides by is zero.
            (Ok(_), Stability::Undefined) => Some(Reason::ZeroDenominator),
            (Ok(_), _) => None,
        }
    }
}

impl Agreement {
    /// The agreement on the scale that decides.
    pub fn chosen(&self) -> &OnScale {
        match (self.scale, &self.log) {
            (NoiseScale::Log, Some(log)) => log,
            _ => &self.raw,
        }
    }
}

impl OnScale {
    /// The ICC of a form.
    pub fn icc(&self, form: IccForm) -> Option<&Icc> {
        IccForm::ALL.iter().zip(&self.iccs).find(|(of, _)| **of == form).and_then(|(_, icc)| icc.as_ref())
    }
    /// Classes of an ICC's estimate and of its lower bound.
    pub fn classes(&self, form: IccForm) -> Option<(IccClass, Option<IccClass>)> {
        let icc = self.icc(form)?;
        Some((IccClass::of(icc.estimate), icc.interval.map(|(lower, _)| IccClass::of(lower))))
    }
}
