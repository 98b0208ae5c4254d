//! Is the analysis of a cohort honest? Null cohorts, planted signals, a planted leak, sites that differ, time that nobody
//! could die in: through the code of the command.
//!
//! `cargo run --release --locked --example analysis_simulation -- reports/analysis_simulation.csv \
//!  reports/analysis_simulation.md [--cohorts N] [--part I/N] [--only SCENARIO] [--again N]`
//!
//! Finished cohorts are kept in the CSV: a run that was broken goes on from there, and parts may run on different
//! machines, each with a CSV of its own; lines of several such files may simply be put together. Seeded: a cohort gives
//! the same numbers wherever and in whatever order it is run. `--again N` analyses the first N cohorts of each scenario in
//! the file once more, and fails where a number or the report is not what is on file.

#[path = "analysis_simulation/report.rs"]
mod report;
#[path = "analysis_simulation/results.rs"]
mod results;
#[path = "analysis_simulation/scans.rs"]
mod scans;
#[path = "analysis_simulation/scenario.rs"]
mod scenario;
#[path = "analysis_simulation/sites.rs"]
mod sites;

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use delta_radiomics::analyze::{AnalysisSettings, Cohort, ComBatForm, Findings, Target, analyse};
use delta_radiomics::record::analysis::{Claim, ClaimVerdict, Difference, Interval, ModelKind, ModelResult};
use delta_radiomics::stats::combat::{Adjust, Prior};
use rayon::prelude::*;
use results::{Outcome, Outcomes, Sink};
use scenario::{Scenario, Trap, all};

/// Cohorts of a scenario, unless told otherwise.
const COHORTS: u64 = 400;
const PERMUTATIONS: usize = 99;
const RESAMPLES: usize = 100;

struct Arguments {
    results: PathBuf,
    report: PathBuf,
    cohorts: u64,
    part: (u64, u64),
    only: Option<String>,
    again: Option<u64>,
}

fn main() -> ExitCode {
    let Some(arguments) = arguments(std::env::args().skip(1).collect()) else {
        eprintln!(
            "usage: analysis_simulation RESULTS.csv REPORT.md [--cohorts N] [--part I/N] [--only SCENARIO] [--again N]"
        );
        return ExitCode::from(2);
    };
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn arguments(given: Vec<String>) -> Option<Arguments> {
    let mut arguments = given.into_iter();
    let mut parsed = Arguments {
        results: arguments.next()?.into(),
        report: arguments.next()?.into(),
        cohorts: COHORTS,
        part: (0, 1),
        only: None,
        again: None,
    };
    while let Some(option) = arguments.next() {
        let value = arguments.next()?;
        match option.as_str() {
            "--cohorts" => parsed.cohorts = value.parse().ok()?,
            "--part" => {
                let (part, of) = value.split_once('/')?;
                parsed.part = (part.parse().ok()?, of.parse().ok().filter(|of| *of > 0)?);
            }
            "--only" => parsed.only = Some(value),
            "--again" => parsed.again = Some(value.parse().ok()?),
            _ => return None,
        }
    }
    Some(parsed)
}

fn run(arguments: &Arguments) -> io::Result<()> {
    let finished = results::read(&arguments.results)?;
    let chosen = (0..)
        .zip(all())
        .filter(|(_, scenario)| arguments.only.as_ref().is_none_or(|name| name == scenario.name));
    if let Some(count) = arguments.again {
        let some: Vec<(u64, &Scenario, u64)> = chosen
            .flat_map(|(place, scenario)| (0..count).map(move |cohort| (place, scenario, cohort)))
            .collect();
        return again(arguments, &finished, &some);
    }
    let sink = Sink::open(&arguments.results)?;
    let wanted: Vec<(u64, &Scenario, u64)> = chosen
        .flat_map(|(place, scenario)| (0..arguments.cohorts).map(move |cohort| (place, scenario, cohort)))
        .filter(|(.., cohort)| cohort % arguments.part.1 == arguments.part.0)
        .filter(|(_, scenario, cohort)| !finished.contains_key(&(scenario.name.to_owned(), *cohort)))
        .collect();
    wanted.par_iter().try_for_each(|(place, scenario, cohort)| {
        let outcome = one(scenario, place << 32 | cohort)?;
        sink.write(scenario.name, *cohort, &outcome)
    })?;
    std::fs::write(&arguments.report, report::text(&results::read(&arguments.results)?))
}

/// Holds what is on file against the analysis of today.
fn again(arguments: &Arguments, finished: &Outcomes, some: &[(u64, &Scenario, u64)]) -> io::Result<()> {
    let on_file = |scenario: &Scenario, cohort| finished.get(&(scenario.name.to_owned(), cohort));
    some.par_iter().try_for_each(|(place, scenario, cohort)| {
        let Some(before) = on_file(scenario, *cohort) else { return Ok(()) };
        let now = Outcome { seconds: before.seconds, ..one(scenario, place << 32 | cohort)? };
        let text = format!("{} {cohort}: {before:?} on file, {now:?} now", scenario.name);
        if now == *before { Ok(()) } else { Err(io::Error::other(text)) }
    })?;
    if std::fs::read_to_string(&arguments.report)? == report::text(finished) {
        Ok(())
    } else {
        Err(io::Error::other("the report is not that of the file"))
    }
}

/// Analyses one cohort.
fn one(scenario: &Scenario, seed: u64) -> io::Result<Outcome> {
    let start = Instant::now();
    let settings = AnalysisSettings {
        seed,
        permutations: PERMUTATIONS,
        resamples: RESAMPLES,
        models: vec![ModelKind::Volume, ModelKind::Deltas],
        ..AnalysisSettings::default()
    };
    let mut leaked = None;
    let (models, differences, claim) = match scenario.trap {
        Trap::None => {
            let cohort = scenario.cohort(seed);
            let quick = AnalysisSettings { permutations: 0, resamples: 0, ..settings.clone() };
            leaked = Some(estimate(&analysed(&leaking(&cohort), &quick)?.models)?);
            of(analysed(&cohort, &settings)?)
        }
        Trap::Sites { harmonised } => {
            let combat = harmonised.then_some(ComBatForm {
                prior: Prior::Parametric,
                adjust: Adjust::MeanAndScale,
                reference: None,
            });
            let cohort = sites::spread(scenario.cohort(seed), scenario.signal > 0.0, seed);
            of(analysed(&cohort, &AnalysisSettings { combat, ..settings })?)
        }
        Trap::Scans { landmark } => {
            let folder = tempfile::tempdir()?;
            let analysis = scans::analysed(scenario, landmark, settings, folder.path())?;
            (analysis.models, analysis.differences, analysis.claim)
        }
    };
    let missing = || io::Error::other(format!("{}: a figure is missing", scenario.name));
    let deltas = result(&models, ModelKind::Deltas).ok_or_else(missing)?;
    let volume = result(&models, ModelKind::Volume).and_then(|model| model.discrimination);
    let difference = differences.iter().find(|d| d.model == ModelKind::Deltas).and_then(|d| d.difference);
    Ok(Outcome {
        deltas: three(deltas.discrimination.ok_or_else(missing)?),
        difference: three(difference.ok_or_else(missing)?),
        volume: three(volume.ok_or_else(missing)?),
        p: deltas.permutation.as_ref().ok_or_else(missing)?.p,
        claimed: claim.claim == ClaimVerdict::BeyondVolume,
        leaked,
        seconds: start.elapsed().as_secs_f64(),
    })
}

fn of(findings: Findings) -> (Vec<ModelResult>, Vec<Difference>, Claim) {
    (findings.models, findings.differences, findings.claim)
}

fn result(models: &[ModelResult], kind: ModelKind) -> Option<&ModelResult> {
    models.iter().find(|model| model.model == kind)
}

/// Discrimination of the deltas' model.
fn estimate(models: &[ModelResult]) -> io::Result<f64> {
    result(models, ModelKind::Deltas)
        .and_then(|model| model.discrimination)
        .map(|found| found.estimate)
        .ok_or_else(|| io::Error::other("no discrimination"))
}

fn analysed(cohort: &Cohort, settings: &AnalysisSettings) -> io::Result<Findings> {
    analyse(cohort, settings, None, &|_, _| ()).map_err(io::Error::other)
}

fn three(interval: Interval) -> [f64; 3] {
    [interval.estimate, interval.lower, interval.upper]
}

/// The cohort with only the ten features that go best with the outcome on all units: the leak of many signatures.
fn leaking(cohort: &Cohort) -> Cohort {
    let Target::Response(labels) = &cohort.target else { return cohort.clone() };
    let mut cohort = cohort.clone();
    let events = labels.iter().filter(|label| **label).count() as f64;
    let apart = |values: &[f64]| {
        let of = |wanted: bool| -> f64 {
            values.iter().zip(labels).filter(|(_, label)| **label == wanted).map(|(value, _)| value).sum()
        };
        (of(true) / events - of(false) / (labels.len() as f64 - events)).abs()
    };
    for block in &mut cohort.blocks {
        block.columns.sort_by(|a, b| apart(&b.values).total_cmp(&apart(&a.values)));
        block.columns.truncate(10);
    }
    cohort
}
