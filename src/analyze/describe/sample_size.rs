//! Whether there are enough patients for a model of so many candidates.

use crate::analyze::Target;
use crate::analyze::cohort::data::Data;
use crate::analyze::cohort::patients::patients_by_outcome;
use crate::analyze::learn::plan::Plan;
use crate::analyze::learn::prepare::Part;
use crate::record::analysis::SampleSize;
use crate::stats::sample_size::{SampleSizeNeed, binary, largest_r2_binary, largest_r2_survival, survival};

/// Share of the largest R squared that a model is expected to explain where nothing is known of it (Riley 2020).
const EXPECTED_SHARE: f64 = 0.15;

/// One row per model that has candidates: columns that pass the filters on all units.
///
/// Units stand for patients where a patient has several: that flatters, and the number of patients stands beside it.
pub(in crate::analyze) fn rows(data: &Data, plan: &Plan, part: &Part, target: &Target) -> Vec<SampleSize> {
    let patients = data.patient.iter().max().map_or(0, |last| last + 1);
    let (with, without) = patients_by_outcome(&data.patient, target);
    plan.models
        .iter()
        .filter_map(|model| {
            let parameters: usize = part
                .outer
                .iter()
                .filter(|ready| model.blocks.contains(&ready.block))
                .map(|ready| ready.columns.len())
                .sum();
            let (r2, need) = need(parameters, target)?;
            let rarer = match target {
                Target::Response(_) => with.min(without),
                Target::Survival { .. } => with,
            };
            Some(SampleSize {
                model: model.kind,
                parameters,
                events_per_parameter: (parameters > 0).then(|| rarer as f64 / parameters as f64),
                r2,
                criteria: need.as_ref().map(|need| need.criteria.clone()).unwrap_or_default(),
                needed: need.map(|need| need.needed),
                patients,
            })
        })
        .collect()
}

/// The R squared that is assumed, and what it asks for.
fn need(parameters: usize, target: &Target) -> Option<(f64, Option<SampleSizeNeed>)> {
    let n = target.len() as f64;
    match target {
        Target::Response(_) => {
            let share = target.events() as f64 / n;
            let r2 = EXPECTED_SHARE * largest_r2_binary(share)?;
            Some((r2, binary(parameters, r2, share)))
        }
        Target::Survival { days, .. } => {
            let total: f64 = days.iter().sum();
            let (rate, followup) = (target.events() as f64 / total, total / n);
            let r2 = EXPECTED_SHARE * largest_r2_survival(rate, followup)?;
            Some((r2, survival(parameters, r2, rate, followup)))
        }
    }
}
