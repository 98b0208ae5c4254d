//! The whole analysis, in order.

use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use crate::analyze::cohort::data::Data;
use crate::analyze::cohort::patients::{exchanged, patients_by_outcome};
use crate::analyze::describe::aspects::Aspects;
use crate::analyze::describe::calibrate;
use crate::analyze::describe::models::{Closer, Evidence, look};
use crate::analyze::describe::overview;
use crate::analyze::describe::sample_size;
use crate::analyze::describe::univariate;
use crate::analyze::findings::Findings;
use crate::analyze::learn::frozen::{Whole, freeze};
use crate::analyze::learn::plan::Plan;
use crate::analyze::learn::prepare::Part;
use crate::analyze::learn::screen::Associations;
use crate::analyze::validate::claim;
use crate::analyze::validate::cross_validate::{Scheme, cross_validate};
use crate::analyze::validate::folds::deal;
use crate::analyze::validate::resamples;
use crate::analyze::validate::streams::{Purpose, stream};
use crate::analyze::{AnalyseError, AnalysisSettings, Cohort, Folds, Target};
use crate::record::analysis::Warning;

/// Analyses a cohort: univariate rows, models by repeated nested cross-validation, permutations, resamples, and what
/// may be claimed. `given` folds are used as they are; without them folds are dealt by the seed. `progress` is told how
/// many steps are done, of how many; from any thread.
///
/// # Errors
/// [`AnalyseError`] where there is no column, no outcome in every fold, or given folds that do not fit. All else that
/// can go wrong with data is a status or a note in the findings.
pub fn analyse(
    cohort: &Cohort,
    settings: &AnalysisSettings,
    given: Option<&Folds>,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Findings, AnalyseError> {
    let data = Data::of(cohort);
    let target = &cohort.target;
    if data.blocks.is_empty() || !settings.models.iter().any(|kind| !data.places(*kind).is_empty()) {
        return Err(AnalyseError::NoColumns);
    }
    let folds = folds(cohort, settings, given, &data)?;
    let settings = &AnalysisSettings { folds: folds.count(), repeats: folds.of.len(), ..settings.clone() };
    let plan = Plan::of(&data, settings);
    let horizon = settings.horizon.or_else(|| calibrate::horizon(target));
    let schemes: Vec<Scheme> = folds
        .of
        .iter()
        .enumerate()
        .map(|(repeat, outer)| {
            let mut random = stream(settings.seed, Purpose::InnerFolds, repeat as u64);
            Scheme::of(outer.clone(), &data.patient, target.happened(), settings.inner_folds, &mut random)
        })
        .collect();
    let permuted: Vec<Target> = (0..settings.permutations)
        .map(|number| {
            let mut random = stream(settings.seed, Purpose::Labels, number as u64);
            target.of(&exchanged(&data.patient, &mut random))
        })
        .collect();

    let per_part = 1 + permuted.len();
    let parts: usize = schemes.iter().map(Scheme::folds).sum();
    let total = parts * per_part + settings.resamples * settings.folds;
    let done = AtomicUsize::new(0);
    let advance = |steps: usize| progress(done.fetch_add(steps, Ordering::Relaxed) + steps, total);

    let univariate = univariate::rows(&data, target);
    let detail = |place: usize, part: &Part, held: &_, train: &Target, test: &Target| -> Closer {
        // A stream for each model of each part.
        let first = part.test.first().copied().unwrap_or(0);
        look(&plan, horizon, (place * 1_000_000 + first) as u64, part, held, train, test)
    };
    let validated = cross_validate(&data, &plan, &schemes, target, &permuted, &detail, &|| advance(per_part));
    let drawn = resamples::run(&data, &plan, target, settings, &|| advance(settings.folds));

    let all: Vec<usize> = (0..target.len()).collect();
    let mut random = stream(settings.seed, Purpose::Frozen, 0);
    let inner = deal(&data.patient, target.happened(), settings.inner_folds, &mut random);
    let part = Part::build(&data, &plan, all, Vec::new(), &inner, u64::MAX);
    let associations = Associations::of(&data, &plan, &part, target);
    let whole: Vec<Whole> = plan
        .models
        .par_iter()
        .map(|model| freeze(&data, &plan, model, &part, &associations, target))
        .collect();

    let evidence = Evidence {
        data: &data,
        plan: &plan,
        target,
        horizon,
        validated: &validated,
        drawn: &drawn,
        part: &part,
        whole: &whole,
    };
    let models = evidence.results();
    let differences = evidence.differences();
    let claim = claim::claim(&models, &differences, settings.resamples);
    let sample_size = sample_size::rows(&data, &plan, &part, target);
    let predictions = evidence.predictions();
    let Aspects { survival, subgroups, batches } = Aspects::of(cohort, settings, &evidence, &predictions);
    let notes: Vec<&String> =
        validated.folds.iter().flat_map(|fold| &fold.notes).chain(&part.notes).collect();
    Ok(Findings {
        missing: overview::missing(&data),
        filters: overview::steps(&data, &plan, &part.kept, target.len()),
        redundancy: overview::redundancy(&data, &plan, &part.kept, settings.redundancy_height),
        univariate,
        warnings: warnings(&notes, &sample_size, settings, &drawn),
        models,
        differences,
        claim,
        sample_size,
        survival,
        subgroups,
        batches,
        folds,
        predictions,
    })
}

/// Folds as given, or dealt.
fn folds(
    cohort: &Cohort,
    settings: &AnalysisSettings,
    given: Option<&Folds>,
    data: &Data,
) -> Result<Folds, AnalyseError> {
    let target = &cohort.target;
    let wanted = settings.folds.max(2);
    let (with, without) = patients_by_outcome(&data.patient, target);
    let needed = if given.is_some() { 2 } else { wanted };
    let few = match target {
        Target::Response(_) => with < needed || without < needed,
        // Censoring is no outcome: all may have the event.
        Target::Survival { .. } => with < needed,
    };
    if few {
        return Err(AnalyseError::TooFew { units: target.len(), events: target.events(), folds: needed });
    }
    if let Some(given) = given {
        given.check(&cohort.units)?;
        return Ok(given.clone());
    }
    let of = (0..settings.repeats.max(1))
        .map(|repeat| {
            let mut random = stream(settings.seed, Purpose::Folds, repeat as u64);
            deal(&data.patient, target.happened(), wanted, &mut random)
        })
        .collect();
    Ok(Folds { of })
}

fn warnings(
    notes: &[&String],
    sample_size: &[crate::record::analysis::SampleSize],
    settings: &AnalysisSettings,
    drawn: &[resamples::Drawn],
) -> Vec<Warning> {
    let warning = |code: &str, text: String| Warning { code: code.into(), text };
    let mut warnings = Vec::new();
    let mut said: Vec<&str> = notes.iter().map(|note| note.as_str()).collect();
    said.sort_unstable();
    said.dedup();
    warnings.extend(said.into_iter().map(|note| warning("harmonisation", note.into())));
    if let Some(row) = sample_size.iter().find(|row| row.needed.is_some_and(|n| n > row.patients)) {
        let needed = row.needed.unwrap_or(0);
        let columns = match row.parameters {
            1 => "one candidate column".to_owned(),
            more => format!("{more} candidate columns"),
        };
        warnings.push(warning(
            "sample_size",
            format!(
                "{} patients; a model of {columns} ({}) needs {needed} by Riley's criteria",
                row.patients,
                row.model.word()
            ),
        ));
    }
    let failed = drawn.iter().filter(|d| d.discrimination.iter().all(Option::is_none)).count();
    if failed > 0 {
        warnings.push(warning(
            "resamples",
            format!("{failed} of {} resamples had no pair to compare and are left out", drawn.len()),
        ));
    }
    if settings.permutations < 100 || settings.resamples < 50 {
        warnings.push(warning(
            "few_draws",
            format!(
                "{} permutations and {} resamples: p and intervals are coarse; 200 and 100 are usual",
                settings.permutations, settings.resamples
            ),
        ));
    }
    warnings
}
