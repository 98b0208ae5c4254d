//! What drives a model: exact SHAP values, and what is lost where a column is shuffled.

use std::collections::BTreeMap;

use nalgebra::DMatrix;

use crate::analyze::Target;
use crate::analyze::cohort::data::Data;
use crate::analyze::describe::models::label;
use crate::analyze::learn::frozen::Whole;
use crate::analyze::learn::plan::Plan;
use crate::analyze::learn::prepare::Part;
use crate::analyze::validate::cross_validate::HeldOut;
use crate::analyze::validate::pairs::Tally;
use crate::analyze::validate::streams::{Purpose, stream};
use crate::record::analysis::{Explained, ImportanceRow, ModelKind, Nomogram};
use crate::stats::shap;

/// Shuffles of a column in a test fold.
const SHUFFLES: usize = 5;

/// A column of the cohort: place of its block, place in the block.
pub(in crate::analyze) type Place = (usize, usize);

/// Pairs of a test fold that are lost where a column is shuffled among the units of the fold, by column.
pub(in crate::analyze) fn lost(
    plan: &Plan,
    part: &Part,
    held: &HeldOut,
    test: &Target,
    number: u64,
) -> Vec<(Place, f64)> {
    let mut random = stream(plan.seed, Purpose::Importance, number);
    held.learnt
        .terms
        .iter()
        .map(|term| {
            let ready = &part.outer[term.ready];
            let values = ready.test.column(term.column);
            let mut lost = 0.0;
            for _ in 0..SHUFFLES {
                let mut order: Vec<usize> = (0..values.len()).collect();
                random.shuffle(&mut order);
                let shuffled: Vec<f64> = held
                    .linear
                    .iter()
                    .zip(order)
                    .enumerate()
                    .map(|(unit, (eta, other))| eta + term.weight * (values[other] - values[unit]))
                    .collect();
                lost += held.tally.won - Tally::within(&shuffled, test).won;
            }
            ((ready.block, ready.columns[term.column]), lost / SHUFFLES as f64)
        })
        .collect()
}

/// Explains the model on all units: SHAP values of its linear predictor there, and the discrimination that folds
/// lost where a column was shuffled.
pub(in crate::analyze) fn explain(
    data: &Data,
    part: &Part,
    whole: &Whole,
    model: ModelKind,
    lost: &BTreeMap<Place, f64>,
    usable: f64,
    nomogram: Option<Nomogram>,
) -> Explained {
    let terms = &whole.learnt.terms;
    let x = DMatrix::from_fn(part.train.len(), terms.len(), |row, place| {
        part.outer[terms[place].ready].train[(row, terms[place].column)]
    });
    let weights: Vec<f64> = terms.iter().map(|term| term.weight).collect();
    let means: Vec<f64> = (0..terms.len()).map(|c| x.column(c).sum() / x.nrows().max(1) as f64).collect();
    let values = shap::linear(&x, &weights, &means);
    let mean_absolute =
        |column: usize| values.column(column).iter().map(|v| v.abs()).sum::<f64>() / x.nrows().max(1) as f64;
    let mut order: Vec<(usize, f64)> = (0..terms.len()).map(|c| (c, mean_absolute(c))).collect();
    order.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let importance = order
        .iter()
        .map(|(place, mean_shap)| {
            let ready = &part.outer[terms[*place].ready];
            let column = (ready.block, ready.columns[terms[*place].column]);
            ImportanceRow {
                feature: label(data, model, column),
                mean_shap: *mean_shap,
                // A column that no fold has chosen lost nothing there.
                permutation: (usable > 0.0).then(|| lost.get(&column).copied().unwrap_or(0.0) / usable),
            }
        })
        .collect();
    let shap =
        (0..x.nrows()).map(|row| order.iter().map(|(place, _)| values[(row, *place)]).collect()).collect();
    Explained { importance, shap, nomogram }
}
