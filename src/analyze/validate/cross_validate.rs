//! Repeated nested cross-validation of all models, for the observed outcome and for others on the same folds.

use rayon::prelude::*;

use crate::analyze::Target;
use crate::analyze::cohort::data::Data;
use crate::analyze::learn::learner::{Learnt, learn};
use crate::analyze::learn::plan::{ModelPlan, Plan};
use crate::analyze::learn::prepare::Part;
use crate::analyze::learn::screen::Associations;
use crate::analyze::validate::folds::deal;
use crate::analyze::validate::pairs::Tally;
use crate::numeric::random::Random;

/// Parts that are held in memory at a time: each has its features six times.
const PARTS_AT_ONCE: usize = 4;
/// Outcomes that read the features of a part together.
const OUTCOMES_AT_ONCE: usize = 16;

/// Folds of one repeat, with the inner folds of each outer training part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::analyze) struct Scheme {
    /// The fold in which each unit is held out.
    pub outer: Vec<usize>,
    /// By outer fold: the inner fold of each of its training units, in their order.
    pub inner: Vec<Vec<usize>>,
}

impl Scheme {
    /// Deals inner folds to given outer ones.
    pub(in crate::analyze) fn of(
        outer: Vec<usize>,
        patient: &[usize],
        happened: &[bool],
        inner_folds: usize,
        random: &mut Random,
    ) -> Self {
        let folds = outer.iter().max().map_or(0, |last| last + 1);
        let inner = (0..folds)
            .map(|fold| {
                let places: Vec<usize> = (0..outer.len()).filter(|place| outer[*place] != fold).collect();
                let patients: Vec<usize> = places.iter().map(|place| patient[*place]).collect();
                let outcome: Vec<bool> = places.iter().map(|place| happened[*place]).collect();
                deal(&patients, &outcome, inner_folds, random)
            })
            .collect();
        Self { outer, inner }
    }

    /// Folds.
    pub(in crate::analyze) fn folds(&self) -> usize {
        self.inner.len()
    }

    /// Places that are learnt from, and places that are held out, in a fold.
    pub(in crate::analyze) fn split(&self, fold: usize) -> (Vec<usize>, Vec<usize>) {
        (0..self.outer.len()).partition(|place| self.outer[*place] != fold)
    }
}

/// A model of one outer fold, on units that it has not seen.
#[derive(Clone, Debug)]
pub(in crate::analyze) struct HeldOut {
    pub learnt: Learnt,
    pub linear: Vec<f64>,
    pub tally: Tally,
}

/// Learns a model on a part and predicts what the part holds out.
pub(in crate::analyze) fn hold_out(
    plan: &Plan,
    model: &ModelPlan,
    part: &Part,
    associations: &Associations,
    train: &Target,
    test: &Target,
) -> HeldOut {
    let learnt = learn(plan, model, part, associations, train);
    let linear = learnt.predict(&part.outer);
    let tally = Tally::within(&linear, test);
    HeldOut { learnt, linear, tally }
}

/// What the observed outcome gave in one outer fold.
#[derive(Clone, Debug)]
pub(in crate::analyze) struct Fold<D> {
    pub repeat: usize,
    pub fold: usize,
    /// Units that were held out.
    pub units: Vec<usize>,
    /// Notes of the preparation.
    pub notes: Vec<String>,
    /// By model.
    pub models: Vec<(HeldOut, D)>,
}

/// A whole cross-validation.
#[derive(Clone, Debug)]
pub(in crate::analyze) struct Validated<D> {
    /// Folds of the observed outcome: by repeat, then by fold.
    pub folds: Vec<Fold<D>>,
    /// Pairs by further outcome, model and repeat.
    pub others: Vec<Vec<Vec<Tally>>>,
}

/// Runs all models of a plan over all folds and repeats, for the observed outcome and for `others`.
///
/// Parts know no outcome, and so all outcomes share them. `detail` looks closer at a model of the observed outcome
/// while its part is in memory; `done` is told of each part.
pub(in crate::analyze) fn cross_validate<D: Send>(
    data: &Data,
    plan: &Plan,
    schemes: &[Scheme],
    observed: &Target,
    others: &[Target],
    detail: &(dyn Fn(usize, &Part, &HeldOut, &Target, &Target) -> D + Sync),
    done: &(dyn Fn() + Sync),
) -> Validated<D> {
    let places: Vec<(usize, usize)> = (0..schemes.len())
        .flat_map(|repeat| (0..schemes[repeat].folds()).map(move |f| (repeat, f)))
        .collect();
    let mut folds = Vec::with_capacity(places.len());
    let mut tallies = vec![vec![vec![Tally::default(); schemes.len()]; plan.models.len()]; others.len()];
    for some in places.chunks(PARTS_AT_ONCE) {
        let found: Vec<(Fold<D>, Vec<Vec<Tally>>)> = some
            .par_iter()
            .map(|&(repeat, fold)| {
                let (train, test) = schemes[repeat].split(fold);
                let number = (repeat * 1000 + fold) as u64;
                let part = Part::build(
                    data,
                    plan,
                    train.clone(),
                    test.clone(),
                    &schemes[repeat].inner[fold],
                    number,
                );
                let (learn, held) = (observed.of(&train), observed.of(&test));
                let associations = Associations::of(data, plan, &part, &learn);
                let models = (0..plan.models.len())
                    .into_par_iter()
                    .map(|place| {
                        let found = hold_out(plan, &plan.models[place], &part, &associations, &learn, &held);
                        let closer = detail(place, &part, &found, &learn, &held);
                        (found, closer)
                    })
                    .collect();
                let others: Vec<Vec<Tally>> = others
                    .par_chunks(OUTCOMES_AT_ONCE)
                    .flat_map_iter(|some| tallies_of(data, plan, &part, some))
                    .collect();
                done();
                (Fold { repeat, fold, units: test, notes: part.notes, models }, others)
            })
            .collect();
        for (fold, others) in found {
            for (other, by_model) in others.into_iter().enumerate() {
                for (model, tally) in by_model.into_iter().enumerate() {
                    tallies[other][model][fold.repeat].add(tally);
                }
            }
            folds.push(fold);
        }
    }
    Validated { folds, others: tallies }
}

/// Pairs by outcome and model.
fn tallies_of(data: &Data, plan: &Plan, part: &Part, outcomes: &[Target]) -> Vec<Vec<Tally>> {
    let learn: Vec<Target> = outcomes.iter().map(|outcome| outcome.of(&part.train)).collect();
    let associations = Associations::each(data, plan, part, &learn);
    let tallies = outcomes.iter().zip(&learn).zip(&associations).map(|((outcome, learn), associations)| {
        let held = outcome.of(&part.test);
        plan.models
            .iter()
            .map(|model| hold_out(plan, model, part, associations, learn, &held).tally)
            .collect()
    });
    tallies.collect()
}

impl<D> Validated<D> {
    /// The pairs of a model by repeat.
    pub(in crate::analyze) fn by_repeat(&self, model: usize) -> Vec<Tally> {
        let repeats = self.folds.iter().map(|fold| fold.repeat + 1).max().unwrap_or(0);
        let mut tallies = vec![Tally::default(); repeats];
        for fold in &self.folds {
            if let Some((held, _)) = fold.models.get(model) {
                tallies[fold.repeat].add(held.tally);
            }
        }
        tallies
    }
}
