//! Patients drawn anew, the whole pipeline run on each draw: how much the figure would move with other patients.

use rayon::prelude::*;

use crate::analyze::cohort::data::Data;
use crate::analyze::cohort::patients::Resample;
use crate::analyze::learn::learner::learn;
use crate::analyze::learn::plan::Plan;
use crate::analyze::learn::prepare::Part;
use crate::analyze::learn::screen::Associations;
use crate::analyze::validate::cross_validate::{Scheme, hold_out};
use crate::analyze::validate::folds::deal;
use crate::analyze::validate::pairs::Tally;
use crate::analyze::validate::streams::{Purpose, stream};
use crate::analyze::{AnalysisSettings, Target};
use crate::record::analysis::Optimism;
use crate::stats::{calibration, cox, logistic};

/// What one resample gave, by model.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::analyze) struct Drawn {
    /// Discrimination of a cross-validation within the resample; none without usable pairs.
    pub discrimination: Vec<Option<f64>>,
    /// The model of the whole resample: on its own units, on all units of the cohort, and the slope there.
    pub apparent: Vec<Apparent>,
}

/// A model of a whole resample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::analyze) struct Apparent {
    pub own: Option<f64>,
    pub original: Option<f64>,
    pub slope: Option<f64>,
}

/// Runs all resamples, in parallel, in order.
pub(in crate::analyze) fn run(
    data: &Data,
    plan: &Plan,
    target: &Target,
    settings: &AnalysisSettings,
    done: &(dyn Fn() + Sync),
) -> Vec<Drawn> {
    (0..settings.resamples)
        .into_par_iter()
        .map(|number| {
            let mut random = stream(settings.seed, Purpose::Patients, number as u64);
            let resample = Resample::draw(&data.patient, &mut random);
            let drawn = one(data, plan, target, settings, &resample, number as u64);
            done();
            drawn
        })
        .collect()
}

fn one(
    data: &Data,
    plan: &Plan,
    target: &Target,
    settings: &AnalysisSettings,
    resample: &Resample,
    number: u64,
) -> Drawn {
    let outcome = target.of(&resample.rows);
    let mut random = stream(settings.seed, Purpose::ResampleFolds, number);
    let rows =
        |places: &[usize]| -> Vec<usize> { places.iter().map(|place| resample.rows[*place]).collect() };
    // Parts of resamples have numbers of their own, beyond those of the repeats.
    let part_number = |place: usize| 1_000_000 + number * 1000 + place as u64;
    let mut tallies = vec![Tally::default(); plan.models.len()];
    // Copies of a patient have one number, and so one fold: none is predicted by a model that learnt from its copy.
    let outer = deal(&resample.patient, outcome.happened(), settings.folds, &mut random);
    let scheme = Scheme::of(outer, &resample.patient, outcome.happened(), settings.inner_folds, &mut random);
    for fold in 0..scheme.folds() {
        let (train, test) = scheme.split(fold);
        if train.is_empty() || test.is_empty() {
            continue;
        }
        let (learn, held) = (outcome.of(&train), outcome.of(&test));
        let part = Part::build(data, plan, rows(&train), rows(&test), &scheme.inner[fold], part_number(fold));
        let associations = Associations::of(data, plan, &part, &learn);
        for (tally, model) in tallies.iter_mut().zip(&plan.models) {
            tally.add(hold_out(plan, model, &part, &associations, &learn, &held).tally);
        }
    }
    let inner = deal(&resample.patient, outcome.happened(), settings.inner_folds, &mut random);
    let all: Vec<usize> = (0..target.len()).collect();
    let whole = Part::build(data, plan, resample.rows.clone(), all, &inner, part_number(999));
    let associations = Associations::of(data, plan, &whole, &outcome);
    let apparent = plan
        .models
        .iter()
        .map(|model| {
            let learnt = learn(plan, model, &whole, &associations, &outcome);
            let on_all = learnt.predict(&whole.outer);
            Apparent {
                own: Tally::within(&learnt.fitted(&whole.outer), &outcome).share(),
                original: Tally::within(&on_all, target).share(),
                slope: slope(&on_all, target),
            }
        })
        .collect();
    let discrimination = tallies.into_iter().map(Tally::share).collect();
    Drawn { discrimination, apparent }
}

/// The slope of the outcome on a linear predictor: one is perfect; none where the predictor is constant.
pub(in crate::analyze) fn slope(linear: &[f64], target: &Target) -> Option<f64> {
    let found = match target {
        Target::Response(labels) => {
            let p: Vec<f64> = linear.iter().map(|eta| probability(*eta)).collect();
            calibration::of(&p, labels).slope.ok()
        }
        Target::Survival { days, events } => {
            cox::one(linear, &cox::Order::of(days, events)).ok().map(|(slope, _)| slope)
        }
    };
    found.filter(|slope| slope.is_finite())
}

/// The probability of log odds, kept off zero and one by 1e-15.
pub(in crate::analyze) fn probability(eta: f64) -> f64 {
    logistic::probability(eta).clamp(1e-15, 1.0 - 1e-15)
}

/// Harrell's optimism: by how much models of resamples do better on their own units than on the cohort's.
pub(in crate::analyze) fn optimism(apparent: Option<f64>, of_resamples: &[Apparent]) -> Option<Optimism> {
    let apparent = apparent?;
    let both: Vec<f64> =
        of_resamples.iter().filter_map(|a| a.own.zip(a.original)).map(|(own, all)| own - all).collect();
    let optimism = crate::numeric::sum::mean(&both)?;
    let slopes: Vec<f64> = of_resamples.iter().filter_map(|a| a.slope).collect();
    Some(Optimism {
        apparent,
        optimism,
        corrected: apparent - optimism,
        slope: crate::numeric::sum::mean(&slopes),
        resamples: both.len(),
    })
}
