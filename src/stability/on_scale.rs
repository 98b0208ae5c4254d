//! Agreement of a table's repeats on one scale.

use super::assess::{IntervalMethod, OnScale, Pair};
use super::correlations::Components;
use super::incomplete::{FTest, Unbalanced};
use super::rules::Rules;
use super::table::Table;
use crate::record::{IccForm, NoiseScale};
use crate::stats::bland_altman::{BlandAltman, concordance};
use crate::stats::bootstrap::percentiles;
use crate::stats::fisher::upper_tail;
use crate::stats::icc::{Icc, iccs};
use crate::stats::mean_squares::MeanSquares;
use crate::stats::reml::{self, VarianceComponents};
use crate::stats::repeatability::{Repeatability, repeatability_coefficient};

/// What is estimated before any interval is replaced.
struct Estimated {
    mean: f64,
    iccs: [Option<Icc>; 6],
    repeatability: Repeatability,
    components: Option<VarianceComponents>,
}

/// Agreement of values that are on this scale already; `None` where no region has two of them, or
/// their squares are beyond all numbers.
pub(super) fn on_scale(table: &Table, scale: NoiseScale, rules: &Rules) -> Option<OnScale> {
    let complete = table.is_complete();
    let mut found = if complete { of_complete(table) } else { of_holes(table) }?;
    if !found.repeatability.rc_interval.1.is_finite() || !found.mean.is_finite() {
        return None;
    }
    let exact = complete && !table.is_clustered();
    if !exact {
        resample(table, rules, &mut found);
    }
    let Estimated { mean, iccs, repeatability, components } = found;
    let pairs = table.pairs();
    let positive = (mean > 0.0).then_some(mean);
    let raw_mean = positive.filter(|_| scale == NoiseScale::Raw);
    Some(OnScale {
        scale,
        mean,
        iccs,
        interval_by: if exact { IntervalMethod::Exact } else { IntervalMethod::BootstrapOfSubjects },
        ccc: if pairs.is_empty() { None } else { concordance(&pairs) },
        bland_altman: BlandAltman::of(&pairs),
        repeatability,
        rc_percent: raw_mean.map(|mean| 100.0 * repeatability.rc / mean),
        wcv: match scale {
            NoiseScale::Raw => raw_mean.map(|mean| repeatability.wsd / mean),
            NoiseScale::Log => Some((repeatability.wsd * repeatability.wsd).exp_m1().sqrt()),
        }
        .filter(|wcv| wcv.is_finite()),
        components,
        pairs: pairs.iter().zip(&table.subjects).map(|(pair, subject)| Pair::of(subject, *pair)).collect(),
    })
}

impl Pair {
    fn of(subject: &str, (first, second): (f64, f64)) -> Self {
        Self { subject: subject.to_owned(), mean: f64::midpoint(first, second), difference: second - first }
    }
}

fn of_complete(table: &Table) -> Option<Estimated> {
    let values: Vec<f64> = table.values().collect();
    let squares = MeanSquares::of(&values, table.k)?;
    Some(Estimated {
        mean: squares.mean,
        iccs: iccs(&squares).map(|icc| icc.and_then(defined)),
        repeatability: Repeatability::of(squares.within.sqrt(), within_df(table)),
        components: if table.k > 2 { reml::two_way(&table.rows) } else { None },
    })
}

/// An estimate is a number or there is none, and so is an interval: squares of very large values overflow.
fn defined(mut icc: Icc) -> Option<Icc> {
    icc.interval = icc.interval.filter(|(lower, upper)| lower.is_finite() && upper.is_finite());
    // Of means, a negative spread of subjects over a negative whole would pass for agreement.
    (icc.estimate <= 1.0 && icc.estimate.is_finite() && !icc.f.is_nan() && !icc.p.is_nan()).then_some(icc)
}

/// n (k - 1): the bias is inside.
fn within_df(table: &Table) -> f64 {
    table.rows.len() as f64 * (table.k as f64 - 1.0)
}

fn of_holes(table: &Table) -> Option<Estimated> {
    let unbalanced = Unbalanced::of(&table.rows)?;
    let two_way = reml::two_way(&table.rows);
    let one_way = reml::one_way(&table.rows);
    let estimates = Components::of_likelihood(one_way, two_way).correlations(table.k);
    let mut iccs = [None; 6];
    for ((place, form), estimate) in iccs.iter_mut().zip(IccForm::ALL).zip(estimates) {
        let test = match form {
            IccForm::OneWaySingle | IccForm::OneWayMean => unbalanced.one_way,
            _ => unbalanced.two_way,
        };
        if let (Some(estimate), Some(FTest { f, df1, df2 })) = (estimate, test) {
            *place = Some(Icc { estimate, interval: None, f, df1, df2, p: upper_tail(f, df1, df2) });
        }
    }
    Some(Estimated {
        mean: unbalanced.mean,
        iccs,
        repeatability: Repeatability::of(unbalanced.within.sqrt(), unbalanced.within_df),
        components: two_way.or(one_way),
    })
}

/// Intervals by bootstrap of subjects, each with all its regions. It draws no repeats and is narrow for few subjects,
/// so an interval that independent regions would have is kept where it reaches further. wSD keeps its interval by chi
/// squared where every subject has one region: holes do not touch it.
fn resample(table: &Table, rules: &Rules, found: &mut Estimated) {
    let complete = table.is_complete();
    let bounds = percentiles(table.clusters.len(), rules.resamples, rules.seed, |drawn| {
        let rows = drawn.iter().flat_map(|&subject| &table.clusters[subject]).map(|&row| &table.rows[row]);
        if complete {
            statistics(
                MeanSquares::of(&rows.flatten().flatten().copied().collect::<Vec<_>>(), table.k),
                table.k,
            )
        } else {
            statistics_of_holes(&rows.cloned().collect::<Vec<_>>(), table.k)
        }
    });
    for (icc, interval) in found.iccs.iter_mut().zip(bounds) {
        if let Some(icc) = icc {
            icc.interval = interval.map(|interval| outer(interval, icc.interval));
        }
    }
    if let (true, Some(interval)) = (table.is_clustered(), bounds[6]) {
        let repeatability = &mut found.repeatability;
        let (lower, upper) = outer(interval, Some(repeatability.wsd_interval));
        repeatability.wsd_interval = (lower, upper);
        repeatability.rc_interval = (repeatability_coefficient(lower), repeatability_coefficient(upper));
    }
}

/// From the lower of both lower bounds to the higher of both upper ones.
fn outer(interval: (f64, f64), other: Option<(f64, f64)>) -> (f64, f64) {
    other.map_or(interval, |other| (interval.0.min(other.0), interval.1.max(other.1)))
}

/// Six ICCs and wSD of a resample.
fn statistics(squares: Option<MeanSquares>, k: usize) -> [Option<f64>; 7] {
    let iccs = squares.map(|s| Components::of_squares(&s).correlations(k));
    with_wsd(iccs.unwrap_or_default(), squares.map(|s| s.within.sqrt()))
}

fn statistics_of_holes(rows: &[Vec<Option<f64>>], k: usize) -> [Option<f64>; 7] {
    let components = Components::of_likelihood(reml::one_way(rows), reml::two_way(rows));
    with_wsd(components.correlations(k), Unbalanced::of(rows).map(|u| u.within.sqrt()))
}

fn with_wsd(iccs: [Option<f64>; 6], wsd: Option<f64>) -> [Option<f64>; 7] {
    let [a, b, c, d, e, f] = iccs;
    [a, b, c, d, e, f, wsd]
}
