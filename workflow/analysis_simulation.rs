//! Is the analysis of a cohort honest? Null cohorts, planted signals, a planted leak, through the code of the command.
//!
//! `cargo run --release --locked --example analysis_simulation -- reports/analysis_simulation.csv \
//!  reports/analysis_simulation.md [--cohorts N] [--part I/N] [--only SCENARIO]`
//!
//! Finished cohorts are kept in the CSV: a run that was broken goes on from there, and parts may run on different
//! machines, each with a CSV of its own; lines of several such files may simply be put together. Seeded: a cohort gives
//! the same numbers wherever and in whatever order it is run.

#[path = "analysis_simulation/report.rs"]
mod report;
#[path = "analysis_simulation/results.rs"]
mod results;
#[path = "analysis_simulation/scenario.rs"]
mod scenario;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use delta_radiomics::analyze::{AnalysisSettings, Cohort, Findings, Target, analyse};
use delta_radiomics::record::analysis::{ClaimVerdict, Interval, ModelKind};
use rayon::prelude::*;
use results::{Outcome, Sink};
use scenario::{SCENARIOS, Scenario};

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
}

fn main() -> ExitCode {
    let Some(arguments) = arguments(std::env::args().skip(1).collect()) else {
        eprintln!(
            "usage: analysis_simulation RESULTS.csv REPORT.md [--cohorts N] [--part I/N] [--only SCENARIO]"
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
            _ => return None,
        }
    }
    Some(parsed)
}

fn run(arguments: &Arguments) -> std::io::Result<()> {
    let finished = results::read(&arguments.results)?;
    let sink = Sink::open(&arguments.results)?;
    let wanted: Vec<(usize, u64)> = (0..SCENARIOS.len())
        .filter(|place| arguments.only.as_ref().is_none_or(|name| name == SCENARIOS[*place].name))
        .flat_map(|place| (0..arguments.cohorts).map(move |cohort| (place, cohort)))
        .filter(|(_, cohort)| cohort % arguments.part.1 == arguments.part.0)
        .filter(|(place, cohort)| !finished.contains_key(&(SCENARIOS[*place].name.to_owned(), *cohort)))
        .collect();
    wanted.par_iter().try_for_each(|(place, cohort)| {
        let scenario = &SCENARIOS[*place];
        let outcome = one(scenario, (*place as u64) << 32 | cohort)?;
        sink.write(scenario.name, *cohort, &outcome)
    })?;
    std::fs::write(&arguments.report, report::text(&results::read(&arguments.results)?))
}

/// Analyses one cohort.
fn one(scenario: &Scenario, seed: u64) -> std::io::Result<Outcome> {
    let start = Instant::now();
    let cohort = scenario.cohort(seed);
    let settings = AnalysisSettings {
        seed,
        permutations: PERMUTATIONS,
        resamples: RESAMPLES,
        models: vec![ModelKind::Volume, ModelKind::Deltas],
        ..AnalysisSettings::default()
    };
    let findings = analysed(&cohort, &settings)?;
    let seconds = start.elapsed().as_secs_f64();
    let leaked = analysed(
        &leaking(&cohort),
        &AnalysisSettings { permutations: 0, resamples: 0, models: vec![ModelKind::Deltas], ..settings },
    )?;
    let none = || std::io::Error::other(format!("{}: a figure is missing", scenario.name));
    let result = |findings: &Findings, kind| {
        findings
            .models
            .iter()
            .find(|model| model.model == kind)
            .and_then(|m| m.discrimination)
            .ok_or_else(none)
    };
    let permuted = findings.models.iter().find(|model| model.model == ModelKind::Deltas);
    let difference = findings.differences.iter().find(|d| d.model == ModelKind::Deltas);
    Ok(Outcome {
        deltas: three(result(&findings, ModelKind::Deltas)?),
        difference: three(difference.and_then(|d| d.difference).ok_or_else(none)?),
        volume: three(result(&findings, ModelKind::Volume)?),
        p: permuted.and_then(|model| model.permutation.as_ref()).ok_or_else(none)?.p,
        claimed: findings.claim.claim == ClaimVerdict::BeyondVolume,
        leaked: result(&leaked, ModelKind::Deltas)?.estimate,
        seconds,
    })
}

fn analysed(cohort: &Cohort, settings: &AnalysisSettings) -> std::io::Result<Findings> {
    analyse(cohort, settings, None, &|_, _| ()).map_err(std::io::Error::other)
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
