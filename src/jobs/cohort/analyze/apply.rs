//! `delta cohort apply`: a frozen model on a cohort that it was not fitted to. Nothing is fitted here.

use std::path::PathBuf;

use delta_table::{Table, TableError};

use super::assemble::{Clinical, VOLUME, assemble, fit_level, site_of_each, with_clinical};
use super::covariates::wanted_columns;
use super::measured::{Measured, count_patients};
use super::model_file::{self, ModelFile};
use super::outcomes::Outcomes;
use super::request::{ApplyRequest, FeatureRequest, OutcomeRequest};
use super::run::source_path;
use super::{features, write};
use crate::analyze::{Score, Unit, external, score};
use crate::jobs::{Failure, Progress};
use crate::record::analysis::{Applied, Evaluation, FrozenModel, IntervalMethod, TargetKind, Warning};
use crate::store::write_json;

/// Version of the form of `applied/metrics.json`.
const SCHEMA: u32 = 1;
/// Folder of the result in a study.
pub const FOLDER: &str = "applied";
/// Seed of the resamples of patients behind the interval.
const SEED: u64 = 1;

/// What was scored, and where it is.
#[derive(Debug)]
pub struct AppliedDone {
    /// The record.
    pub applied: Applied,
    /// Folder of the result.
    pub out: PathBuf,
}

/// Scores a cohort by a frozen model, and says how well where outcomes are known.
///
/// # Errors
/// Features of a foreign measurement or on another scale; columns of the model that are not there, listed; tables that
/// are refused.
pub fn apply(request: &ApplyRequest, progress: &dyn Progress) -> Result<AppliedDone, Failure> {
    let horizon = request.horizon;
    let out = request.out.clone().unwrap_or_else(|| request.features.source.folder(FOLDER));
    write::check_folder(&out, request.existing)?;
    let file = model_file::read(&request.model)?;
    let model = &file.model;
    let source = &request.features.source;
    let outcomes = match &request.outcomes {
        Some(outcomes) => Some((outcomes, Outcomes::read_for(outcomes, source, model.target)?)),
        None => None,
    };
    let asked = FeatureRequest { scale: model_file::scale(model), ..request.features.clone() };
    let mut measured = features::read(&asked, &model_file::wanted(model), progress)?;
    let unknown = model_file::check_origin(&request.model, model, &measured.origin)?;
    if let Some(text) = unknown {
        measured.warn("measurement_unknown", text);
    }
    let path = source_path(source);
    match &outcomes {
        Some((_, outcomes)) => fit_level(&mut measured, outcomes, path)?,
        // The model's units were patients.
        None if model.fitted_to.0 == model.fitted_to.1 => measured.take_largest_lesions(path)?,
        None => {}
    }
    if model_file::is_of_these(&request.model, &measured.origin) {
        measured.warn(
            "same_data",
            "The model was fitted to features of these very tables: this is no external cohort, and the figures are \
             those of a model on its own units.",
        );
    }
    let (clinical, sites) = match &outcomes {
        Some((_, outcomes)) => {
            let places = places(&measured, outcomes);
            let clinical = wanted_columns(outcomes, model, &places, &mut measured.warnings)?;
            (clinical, site_of_each(&measured, outcomes, &places))
        }
        None => (Vec::new(), measured.rows.iter().map(|row| row.site.clone()).collect()),
    };
    let blocks = with_clinical(measured.clone().take_blocks(VOLUME), clinical);
    model_file::check_columns(&request.model, model, &blocks)?;
    let scores = score(model, &blocks, &sites, horizon)?;
    measured.step("scored", Vec::new());
    let units: Vec<Unit> = measured
        .rows
        .iter()
        .map(|row| Unit { subject: row.subject.clone(), lesion: row.lesion.clone() })
        .collect();
    let mut applied = record(&file, &measured, &scores);
    if let Some((_, outcomes)) = &outcomes {
        applied.inputs.push((
            format!("outcomes: {}", super::table::file_name(outcomes.path())),
            outcomes.sha256.clone(),
        ));
    }
    if let Some((request, outcomes)) = outcomes.as_ref().filter(|(_, outcomes)| outcomes.any_known()) {
        evaluate(&mut applied, measured, model, (request, outcomes), horizon)?;
    }
    let staging = write::begin(&out)?;
    write_json(&staging.file(write::METRICS), &applied)?;
    let table = predictions(&units, &scores).map_err(write::failed("predictions"))?;
    write::both(&staging, "predictions", &table)?;
    staging.publish(&write::APPLIED_FILES.map(str::to_owned))?;
    Ok(AppliedDone { applied, out })
}

/// The row of outcomes of each unit, where it has one.
fn places(measured: &Measured, outcomes: &Outcomes) -> Vec<Option<usize>> {
    let places = outcomes.places();
    let place = |row: &super::measured::MeasuredRow| {
        places.get(&(row.subject.as_str(), row.lesion.as_deref())).copied()
    };
    measured.rows.iter().map(place).collect()
}

fn record(file: &ModelFile, measured: &Measured, scores: &[Score]) -> Applied {
    let model = &file.model;
    let mut warnings = measured.warnings.clone();
    let (imputed, outside) =
        scores.iter().fold((0, 0), |(imputed, outside), of| (imputed + of.imputed, outside + of.outside));
    let values = scores.len() * model.coefficients.len();
    for (n, code, what) in [
        (imputed, "imputed", "are missing; the medians of the model's own units stand for them"),
        (outside, "outside_range", "lie outside the range that the model was fitted to"),
    ] {
        if n > 0 {
            let text = format!("{n} of the {values} values that the model reads {what}.");
            warnings.push(Warning { code: code.into(), text });
        }
    }
    let foreign = scores.iter().filter(|of| of.foreign_site).count();
    if foreign > 0 {
        warnings.push(Warning {
            code: "foreign_site".into(),
            text: format!(
                "{foreign} of {} units come from no site that the model was harmonised over (or from none that is \
                 known): their features stay as measured.",
                scores.len()
            ),
        });
    }
    Applied {
        schema: SCHEMA,
        version: env!("CARGO_PKG_VERSION").into(),
        model: model.model,
        target: model.target,
        model_sha256: file.sha256.clone(),
        source: measured.origin.source.clone(),
        inputs: measured.origin.inputs.clone(),
        measurement_hashes: measured.origin.measurement_hashes.clone(),
        units: measured.rows.len(),
        patients: measured.patients(),
        imputed,
        outside,
        flow: measured.flow.clone(),
        evaluation: None,
        warnings,
    }
}

/// How well the model does on the units with a known outcome.
fn evaluate(
    applied: &mut Applied,
    measured: Measured,
    model: &FrozenModel,
    (request, outcomes): (&OutcomeRequest, &Outcomes),
    horizon: Option<f64>,
) -> Result<(), Failure> {
    let assembled = assemble(measured, outcomes, request, Clinical::Of(model), &[])?;
    let cohort = &assembled.cohort;
    let found = external(model, cohort, &assembled.sites, horizon, SEED)?;
    applied.flow = assembled.flow;
    let known: Vec<&str> = applied.warnings.iter().map(|warning| warning.code.as_str()).collect();
    let new: Vec<Warning> =
        assembled.warnings.into_iter().filter(|warning| !known.contains(&warning.code.as_str())).collect();
    applied.warnings.extend(new);
    applied.evaluation = Some(Evaluation {
        units: cohort.units.len(),
        patients: count_patients(cohort.units.iter().map(|unit| unit.subject.as_str())),
        events: cohort.target.events(),
        landmark: assembled.landmark,
        discrimination: found.discrimination,
        interval: IntervalMethod {
            name: "patients_fixed_model".into(),
            text: "95 % interval between percentiles of 1,000 resamples of patients; the model is fixed, so nothing \
                   else varies."
                .into(),
            simulated_coverage: None,
        },
        calibration: found.calibration,
        overridden: assembled.overridden,
    });
    Ok(())
}

fn predictions(units: &[Unit], scores: &[Score]) -> Result<Table, TableError> {
    let mut table = Table::new();
    table.text("subject", units.iter().map(|unit| Some(unit.subject.as_str())));
    if units.iter().any(|unit| unit.lesion.is_some()) {
        table.text("lesion", units.iter().map(|unit| unit.lesion.as_deref()));
    }
    table.numbers("linear", scores.iter().map(|of| Some(of.linear)))?;
    table.numbers("probability", scores.iter().map(|of| of.probability))?;
    table.counts("imputed", scores.iter().map(|of| Some(of.imputed as i64)));
    table.counts("outside", scores.iter().map(|of| Some(of.outside as i64)));
    Ok(table)
}

impl AppliedDone {
    /// What was scored and how well, and what to do next.
    pub fn summary(&self) -> String {
        let of = &self.applied;
        let mut lines = vec![format!(
            "Scored:     {} units of {} patients by the frozen model {}; nothing was fitted",
            of.units,
            of.patients,
            of.model.word()
        )];
        match &of.evaluation {
            Some(found) => {
                let name = match of.target {
                    TargetKind::Response => "AUC",
                    TargetKind::Survival => "Harrell's C",
                };
                let told = found.discrimination.map_or_else(
                    || "cannot be told: one kind of outcome alone".to_owned(),
                    |d| format!("{name} {:.2} ({:.2} to {:.2})", d.estimate, d.lower, d.upper),
                );
                lines.push(format!(
                    "External:   {told}, {} events in {} units of {} patients",
                    found.events, found.units, found.patients
                ));
                let number =
                    |value: Option<f64>| value.map_or_else(|| "none".to_owned(), |v| format!("{v:.2}"));
                let calibration = &found.calibration;
                lines.push(format!(
                    "Calibrated: slope {}, intercept {}, Brier {}{}",
                    number(calibration.slope),
                    number(calibration.intercept),
                    number(calibration.brier),
                    calibration.status.as_ref().map_or_else(String::new, |status| format!(" ({status})"))
                ));
            }
            None => lines.push("External:   no outcome is known: scores alone".into()),
        }
        for warning in of.warnings.iter().take(4) {
            lines.push(format!("Note:       {}", warning.text));
        }
        lines.push(format!("Files:      {0}/predictions.csv, {0}/{1}", self.out.display(), write::METRICS));
        lines.push(format!("Next:       {}", self.next()));
        lines.join("\n")
    }

    fn next(&self) -> &'static str {
        match &self.applied.evaluation {
            Some(_) => {
                "report discrimination and calibration together; a slope below 1 says the model is too sure"
            }
            None => "the same command with --outcomes TABLE, once outcomes are known",
        }
    }

    /// The summary for a program.
    pub fn json(&self) -> serde_json::Value {
        let evaluation = self.applied.evaluation.as_ref();
        serde_json::json!({
            "out": self.out,
            "model": self.applied.model,
            "units": self.applied.units,
            "patients": self.applied.patients,
            "discrimination": evaluation.and_then(|found| found.discrimination),
            "calibration_slope": evaluation.and_then(|found| found.calibration.slope),
            "imputed": self.applied.imputed,
            "outside": self.applied.outside,
            "warnings": self.applied.warnings,
            "next": self.next(),
        })
    }
}
