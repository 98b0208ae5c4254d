//! The analysis from tables to files.

use std::path::{Path, PathBuf};

use delta_table::Sheet;

use super::assemble::{Assembled, Clinical, assemble, fit_level};
use super::error::AnalyzeFault;
use super::outcomes::Outcomes;
use super::request::{AnalyzeRequest, FeatureSource, ScaleAsked};
use super::visits::Wanted;
use super::{checklist, features, model_file, write};
use crate::analyze::{AnalysisSettings, Block, BlockKind, Cohort, Findings, Folds, analyse};
use crate::jobs::{Failure, Progress};
use crate::record::analysis::{Analysis, Candidates, Counted, Design, FlowStep, ModelKind, Warning};

/// Version of the form of `metrics.json`.
const SCHEMA: u32 = 1;
/// Folder of the result in a study.
pub const FOLDER: &str = "analysis";

/// Warnings of what may make every figure wrong.
const GRAVE: [&str; 3] = ["outcome_in_covariate", "unknown_day", "no_volume"];

/// What was found, and where it is.
#[derive(Debug)]
pub struct Analyzed {
    /// The analysis.
    pub analysis: Analysis,
    /// Folder of the result.
    pub out: PathBuf,
    /// The model that was kept; none where it could not be frozen.
    pub frozen: Option<ModelKind>,
}

/// Analyses a cohort and writes what it found.
///
/// # Errors
/// Tables that are refused, with file, fact and hint; targets that were known at the scan; too few patients; a folder
/// that cannot be written.
pub fn analyze(request: &AnalyzeRequest, progress: &dyn Progress) -> Result<Analyzed, Failure> {
    let out = request.out.clone().unwrap_or_else(|| request.features.source.folder(FOLDER));
    write::check_folder(&out, request.existing)?;
    let outcomes = Outcomes::read(&request.outcomes, &request.features.source)?;
    let mut measured = features::read(&request.features, &Wanted::new(), progress)?;
    fit_level(&mut measured, &outcomes, source_path(&request.features.source))?;
    let clinical = Clinical::Asked(&request.outcomes.covariates);
    let assembled = assemble(measured, &outcomes, &request.outcomes, clinical, &request.subgroups)?;
    check_sites(&assembled.cohort, &request.settings)?;
    let given = match &request.folds_from {
        Some(path) => Some(read_folds(path, &assembled.cohort)?),
        None => None,
    };
    let told = |done: usize, of: usize| {
        progress.stage("analysing", 0.05 + 0.9 * done as f64 / of.max(1) as f64);
    };
    let findings = analyse(&assembled.cohort, &request.settings, given.as_ref(), &told)?;
    progress.stage("writing", 0.97);
    let files = write::Files {
        folds: findings.folds.clone(),
        predictions: findings.predictions.clone(),
        units: assembled.cohort.units.clone(),
    };
    let analysis = put_together(assembled, findings, &request.settings);
    let frozen = write::write(&out, &analysis, &files, request.freeze)?;
    Ok(Analyzed { analysis, out, frozen })
}

/// The path that an error about the features names.
pub fn source_path(source: &FeatureSource) -> &Path {
    match source {
        FeatureSource::Study(path) | FeatureSource::Table(path) => path,
        FeatureSource::Visits { baseline, .. } => baseline,
    }
}

/// Harmonisation needs sites, and a reference among them.
fn check_sites(cohort: &Cohort, settings: &AnalysisSettings) -> Result<(), AnalyzeFault> {
    let Some(form) = &settings.combat else { return Ok(()) };
    let Some(sites) = &cohort.sites else {
        return Err(AnalyzeFault::Sites("--combat needs several sites, and a site for each unit".into()));
    };
    match &form.reference {
        Some(reference) if !sites.contains(reference) => {
            let mut present = sites.clone();
            present.sort();
            present.dedup();
            Err(AnalyzeFault::Sites(format!(
                "--combat-reference {reference:?} is no site (there are: {})",
                present.join(", ")
            )))
        }
        _ => Ok(()),
    }
}

fn read_folds(path: &Path, cohort: &Cohort) -> Result<Folds, AnalyzeFault> {
    let sheet = Sheet::read_csv(path).map_err(|error| AnalyzeFault::folds(path, error.to_string()))?;
    Folds::read(&sheet, &cohort.units).map_err(|error| AnalyzeFault::folds(path, error.to_string()))
}

fn put_together(assembled: Assembled, findings: Findings, settings: &AnalysisSettings) -> Analysis {
    let design = design(&assembled, &findings, settings);
    let Assembled { cohort, origin, mut flow, table_one, mut warnings, levels, .. } = assembled;
    flow.push(FlowStep {
        step: "analysed".into(),
        patients: design.patients,
        units: design.units,
        counted: if cohort.units.iter().any(|unit| unit.lesion.is_some()) {
            Counted::Lesions
        } else {
            Counted::Patients
        },
        events: Some(design.events),
        left_out: Vec::new(),
    });
    let mut models = findings.models;
    for frozen in models.iter_mut().filter_map(|model| model.frozen.as_mut()) {
        frozen.measurement_hashes.clone_from(&origin.measurement_hashes);
        frozen.delta_scale.clone_from(&origin.delta_scale);
        frozen.levels = model_file::levels(frozen, &levels);
    }
    // What may make every figure wrong goes before what the analysis found, and that before what was chosen.
    warnings.splice(0..0, findings.warnings.clone());
    let found = |warning: &Warning| findings.warnings.contains(warning);
    warnings.sort_by_key(|warning| match warning.code.as_str() {
        code if GRAVE.contains(&code) => 0,
        _ if found(warning) => 1,
        _ => 2,
    });
    let mut analysis = Analysis {
        schema: SCHEMA,
        design,
        flow,
        table_one,
        missing: findings.missing,
        filters: findings.filters,
        redundancy: findings.redundancy,
        univariate: findings.univariate,
        models,
        differences: findings.differences,
        claim: findings.claim,
        sample_size: findings.sample_size,
        survival: findings.survival,
        subgroups: findings.subgroups,
        batches: findings.batches,
        courses: cohort.courses,
        checklist: Vec::new(),
        warnings,
    };
    analysis.checklist = checklist::items(&analysis);
    analysis
}

fn design(assembled: &Assembled, findings: &Findings, settings: &AnalysisSettings) -> Design {
    let cohort = &assembled.cohort;
    let harmonised = settings.combat.as_ref().map(|_| match &findings.batches {
        Some(batches) => batches.harmonised.text.clone(),
        None => "ComBat was asked for; there is one site".into(),
    });
    Design {
        version: env!("CARGO_PKG_VERSION").into(),
        target: cohort.target.kind(),
        outcome: assembled.outcome.clone(),
        source: assembled.origin.source.clone(),
        inputs: assembled.origin.inputs.clone(),
        measurement_hashes: assembled.origin.measurement_hashes.clone(),
        visits: assembled.origin.visits.clone(),
        delta_scale: scale_in_words(&assembled.origin.delta_scale),
        units: cohort.units.len(),
        patients: super::measured::count_patients(cohort.units.iter().map(|unit| unit.subject.as_str())),
        events: cohort.target.events(),
        landmark: assembled.landmark.clone(),
        candidates: candidates(&cohort.blocks),
        folds: findings.folds.count(),
        inner_folds: settings.inner_folds,
        repeats: findings.folds.of.len(),
        alpha: settings.alpha,
        permutations: settings.permutations,
        resamples: settings.resamples,
        seed: settings.seed,
        harmonised,
        overridden: assembled.overridden.clone(),
    }
}

/// The scale as a reader understands it; `model.json` keeps the word.
fn scale_in_words(word: &str) -> String {
    if word == ScaleAsked::Auto.word() {
        "log-ratio or absolute (by feature)".into()
    } else {
        word.to_owned()
    }
}

/// How many columns each model may choose from.
fn candidates(blocks: &[Block]) -> Vec<Candidates> {
    let of = |kinds: &[BlockKind]| {
        let here = blocks.iter().filter(|block| kinds.contains(&block.kind));
        here.map(|block| block.columns.len()).sum::<usize>()
    };
    let columns = |model: ModelKind| match model {
        ModelKind::Volume => of(&[BlockKind::Volume]),
        ModelKind::Recist => of(&[BlockKind::Recist]),
        ModelKind::Volumetric => of(&[BlockKind::Volumetric]),
        ModelKind::Clinical => of(&[BlockKind::Clinical]),
        ModelKind::Baseline => of(&[BlockKind::Baseline]),
        ModelKind::Deltas => of(&[BlockKind::Delta]),
        ModelKind::All => {
            of(&[BlockKind::Clinical, BlockKind::Volume, BlockKind::Baseline, BlockKind::Delta])
        }
    };
    ModelKind::ALL.into_iter().map(|model| Candidates { model, columns: columns(model) }).collect()
}
