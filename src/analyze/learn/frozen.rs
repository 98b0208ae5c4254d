//! The model on all units, as numbers that can be carried elsewhere.

use std::collections::BTreeMap;

use crate::analyze::Target;
use crate::analyze::cohort::data::Data;
use crate::analyze::learn::filters::median;
use crate::analyze::learn::learner::{Learnt, learn};
use crate::analyze::learn::plan::{ModelPlan, Plan};
use crate::analyze::learn::prepare::Part;
use crate::analyze::learn::screen::Associations;
use crate::record::analysis::{Coefficient, FrozenModel};
use crate::stats::cox;

/// Version of the form of `model.json`.
pub const FROZEN_SCHEMA: u32 = 1;

/// A model learnt on all units.
#[derive(Clone, Debug)]
pub(in crate::analyze) struct Whole {
    pub learnt: Learnt,
    /// Linear predictor of the units it was learnt on.
    pub linear: Vec<f64>,
    /// None where the model is constant: there is nothing to carry.
    pub frozen: Option<FrozenModel>,
}

/// Learns a model on all units.
pub(in crate::analyze) fn freeze(
    data: &Data,
    plan: &Plan,
    model: &ModelPlan,
    part: &Part,
    associations: &Associations,
    target: &Target,
) -> Whole {
    let learnt = learn(plan, model, part, associations, target);
    let linear = learnt.fitted(&part.outer);
    let frozen =
        (!learnt.terms.is_empty()).then(|| frozen(data, plan, model, part, target, &learnt, &linear));
    Whole { learnt, linear, frozen }
}

fn frozen(
    data: &Data,
    plan: &Plan,
    model: &ModelPlan,
    part: &Part,
    target: &Target,
    learnt: &Learnt,
    linear: &[f64],
) -> FrozenModel {
    let coefficients = learnt
        .terms
        .iter()
        .map(|term| {
            let ready = &part.outer[term.ready];
            let (block, column) = (&data.blocks[ready.block], ready.columns[term.column]);
            let values = || part.train.iter().map(|row| block.values[(*row, column)]).filter(|v| !v.is_nan());
            let range =
                values().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
            let imputed = median(values());
            Coefficient {
                block: block.kind.word().into(),
                feature: block.names[column].clone(),
                coefficient: term.weight,
                mean: ready.mean[term.column],
                sd: ready.sd[term.column],
                imputed,
                range: if range.0 <= range.1 { range } else { (imputed, imputed) },
                sites: ready.harmoniser.as_ref().and_then(|of| of.effects(data, term.column)),
            }
        })
        .collect();
    let baseline_survival = match target {
        Target::Response(_) => Vec::new(),
        Target::Survival { days, events } => cox::baseline_survival(linear, days, events),
    };
    let lowest = linear.iter().copied().fold(f64::INFINITY, f64::min);
    let highest = linear.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let patients = data.patient.iter().max().map_or(0, |last| last + 1);
    FrozenModel {
        schema: FROZEN_SCHEMA,
        version: env!("CARGO_PKG_VERSION").into(),
        model: model.kind,
        target: target.kind(),
        measurement_hashes: Vec::new(),
        delta_scale: String::new(),
        levels: BTreeMap::new(),
        intercept: learnt.intercept,
        coefficients,
        baseline_survival,
        lambda: learnt.lambda,
        alpha: plan.alpha,
        range: (lowest, highest),
        fitted_to: (target.len(), patients, target.events()),
    }
}
