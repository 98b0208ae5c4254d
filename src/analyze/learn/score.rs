//! A frozen model on units that it was not fitted to. Nothing is fitted here.

use crate::analyze::cohort::patients::{patients_of, units_of};
use crate::analyze::describe::calibrate;
use crate::analyze::validate::pairs::Tally;
use crate::analyze::validate::resamples::probability;
use crate::analyze::validate::streams::{Purpose, stream};
use crate::analyze::{AnalyseError, Block, BlockKind, Cohort, Target};
use crate::numeric::quantile::{ascending, percentile};
use crate::record::analysis::{Calibration, Coefficient, FrozenModel, Interval, SiteEffects, TargetKind};
use crate::stats::combat::without_batch;

/// Resamples of patients behind the interval of an external discrimination.
const RESAMPLES: usize = 1000;

/// What a frozen model says of one unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    /// The linear predictor: log odds, or log hazard against a unit at the means.
    pub linear: f64,
    /// Probability of response; or of the event by the horizon. None for survival without a horizon.
    pub probability: Option<f64>,
    /// Terms whose value was missing, so that the median of the model's own units stood in.
    pub imputed: usize,
    /// Terms whose value lies outside the range that the model was fitted to.
    pub outside: usize,
    /// Whether sites were harmonised in the model, and the unit's was none of them, so that its features stay as
    /// measured.
    pub foreign_site: bool,
}

/// Scores units by a frozen model. `sites`: the site of each unit, where it is known; `horizon` in days, for survival.
///
/// # Errors
/// [`AnalyseError::Lacking`] where a term's column is not there.
pub fn score(
    model: &FrozenModel,
    blocks: &[Block],
    sites: &[Option<String>],
    horizon: Option<f64>,
) -> Result<Vec<Score>, AnalyseError> {
    let mut columns = Vec::with_capacity(model.coefficients.len());
    let mut lacking = Vec::new();
    for term in &model.coefficients {
        match values(blocks, &term.block, &term.feature) {
            Some(found) => columns.push((term, found, Harmonised::of(term, blocks))),
            None => lacking.push(format!("{} ({})", term.feature, term.block)),
        }
    }
    if !lacking.is_empty() {
        return Err(AnalyseError::Lacking(lacking.join(", ")));
    }
    let units = columns.iter().map(|(_, values, _)| values.len()).max().unwrap_or(0);
    let survival = horizon.map(|days| survival_at(&model.baseline_survival, days));
    Ok((0..units)
        .map(|unit| {
            let site = sites.get(unit).and_then(Option::as_deref);
            let (mut linear, mut imputed, mut outside) = (model.intercept, 0, 0);
            let mut foreign_site = false;
            for (term, values, harmonised) in &columns {
                let value = values.get(unit).copied().filter(|v| v.is_finite());
                imputed += usize::from(value.is_none());
                outside += usize::from(value.is_some_and(|v| v < term.range.0 || v > term.range.1));
                let mut value = value.unwrap_or(term.imputed);
                if let Some(harmonised) = harmonised {
                    match harmonised.value(value, unit, site) {
                        Some(without_site) => value = without_site,
                        None => foreign_site = true,
                    }
                }
                linear += term.coefficient * (value - term.mean) / term.sd;
            }
            let probability = match model.target {
                TargetKind::Response => Some(probability(linear)),
                TargetKind::Survival => survival.map(|s| 1.0 - libm::pow(s, libm::exp(linear))),
            };
            Score { linear, probability, imputed, outside, foreign_site }
        })
        .collect())
}

/// Values of a column by unit.
fn values<'a>(blocks: &'a [Block], block: &str, feature: &str) -> Option<&'a [f64]> {
    let of = blocks.iter().filter(|of| of.kind.word() == block);
    of.flat_map(|of| &of.columns).find(|column| column.name == feature).map(|column| &column.values[..])
}

/// A term whose sites were harmonised, and the covariates whose effect is no site's.
struct Harmonised<'a> {
    effects: &'a SiteEffects,
    covariates: Vec<Option<&'a [f64]>>,
}

impl<'a> Harmonised<'a> {
    fn of(term: &'a Coefficient, blocks: &'a [Block]) -> Option<Self> {
        let effects = term.sites.as_ref()?;
        let clinical = BlockKind::Clinical.word();
        let covariates = effects.covariates.iter().map(|of| values(blocks, clinical, &of.feature)).collect();
        Some(Self { effects, covariates })
    }

    /// A unit's value without what its site adds; none where the model does not know the site.
    fn value(&self, value: f64, unit: usize, site: Option<&str>) -> Option<f64> {
        let of_site = self.effects.sites.iter().find(|of| Some(of.site.as_str()) == site)?;
        let mut expected = self.effects.level;
        for (of, values) in self.effects.covariates.iter().zip(&self.covariates) {
            let covariate = values.and_then(|values| values.get(unit)).copied().filter(|v| v.is_finite());
            expected += of.slope * covariate.unwrap_or(of.imputed);
        }
        Some(without_batch(value, expected, of_site.shift, of_site.scale))
    }
}

/// Survival at a day by a step function; one before its first step.
pub(in crate::analyze) fn survival_at(steps: &[(f64, f64)], days: f64) -> f64 {
    steps.iter().take_while(|(day, _)| *day <= days).last().map_or(1.0, |(_, survival)| *survival)
}

/// How a frozen model does on a cohort that it was not fitted to.
#[derive(Clone, Debug, PartialEq)]
pub struct External {
    /// Its scores, in the order of the units.
    pub scores: Vec<Score>,
    /// Area under the ROC curve, or Harrell's C, over all units; interval by 1,000 resamples of patients (2.5th and
    /// 97.5th percentile). The model is fixed, so that nothing but the patients varies.
    pub discrimination: Option<Interval>,
    /// Calibration; of survival at the horizon.
    pub calibration: Calibration,
}

/// Scores a cohort whose outcome is known, and says how well. `sites` as for [`score`].
///
/// # Errors
/// As [`score`]; [`AnalyseError::OtherTarget`] where the cohort's outcome is not what the model predicts.
pub fn external(
    model: &FrozenModel,
    cohort: &Cohort,
    sites: &[Option<String>],
    horizon: Option<f64>,
    seed: u64,
) -> Result<External, AnalyseError> {
    if cohort.target.kind() != model.target {
        return Err(AnalyseError::OtherTarget);
    }
    let horizon = horizon.or_else(|| calibrate::horizon(&cohort.target));
    let scores = score(model, &cohort.blocks, sites, horizon)?;
    if scores.len() != cohort.units.len() {
        return Err(AnalyseError::Lacking("a value for each unit".into()));
    }
    let linear: Vec<f64> = scores.iter().map(|s| s.linear).collect();
    let discrimination = discrimination(&linear, cohort, seed);
    let risk: Vec<f64> = scores.iter().map(|s| s.probability.unwrap_or(0.0)).collect();
    let calibration = match &cohort.target {
        Target::Response(labels) => calibrate::response(&[risk], labels),
        Target::Survival { days, events } => {
            calibrate::survival(&[risk], &[linear], days, events, horizon.unwrap_or(0.0))
        }
    };
    Ok(External { scores, discrimination, calibration })
}

fn discrimination(linear: &[f64], cohort: &Cohort, seed: u64) -> Option<Interval> {
    let estimate = Tally::within(linear, &cohort.target).share()?;
    let units = units_of(&patients_of(&cohort.units));
    let found: Vec<f64> = (0..RESAMPLES)
        .filter_map(|number| {
            let mut random = stream(seed, Purpose::Patients, number as u64);
            let rows: Vec<usize> =
                (0..units.len()).flat_map(|_| units[random.below(units.len())].clone()).collect();
            let drawn: Vec<f64> = rows.iter().map(|row| linear[*row]).collect();
            Tally::within(&drawn, &cohort.target.of(&rows)).share()
        })
        .collect();
    let sorted = ascending(found);
    let (lower, upper) = (percentile(&sorted, 2.5)?, percentile(&sorted, 97.5)?);
    Some(Interval { estimate, lower, upper })
}
