//! Features and outcomes put together: the cohort that is analysed, and who was left out on the way.

use std::collections::BTreeSet;
use std::path::Path;

use super::covariates::{Covariate, Levels, covariates, usable, wanted_columns};
use super::error::{AnalyzeFault, listed};
use super::landmark::{self, Candidate};
use super::measured::{Measured, Origin, count_patients};
use super::outcomes::{Happened, Level, Outcomes};
use super::request::{CovariatesAsked, OutcomeRequest};
use super::table_one::table_one;
use crate::analyze::{Block, BlockKind, Cohort, Column, Subgroup, Target, Unit};
use crate::record::analysis::{Course, FlowStep, FrozenModel, Landmark, TableOne, TargetKind, Warning};

/// A cohort, and where it comes from.
#[derive(Debug)]
pub struct Assembled {
    /// What is analysed.
    pub cohort: Cohort,
    /// Where features come from.
    pub origin: Origin,
    /// The outcome's column.
    pub outcome: String,
    /// The site of each unit, where it is known.
    pub sites: Vec<Option<String>>,
    /// The levels of covariates in words.
    pub levels: Levels,
    /// Steps from the tables to the analysis.
    pub flow: Vec<FlowStep>,
    /// The cohort by outcome.
    pub table_one: TableOne,
    /// When time starts.
    pub landmark: Landmark,
    /// What was overridden.
    pub overridden: Vec<String>,
    /// What a reader must know.
    pub warnings: Vec<Warning>,
}

/// The name of the one column of the volume's block.
pub const VOLUME: &str = "volume_change";

/// The covariates of a cohort.
#[derive(Clone, Copy, Debug)]
pub enum Clinical<'a> {
    /// Those that are asked for, their levels as they are here.
    Asked(&'a CovariatesAsked),
    /// Those that a frozen model reads.
    Of(&'a FrozenModel),
}

/// Puts features and outcomes together.
pub fn assemble(
    mut measured: Measured,
    outcomes: &Outcomes,
    request: &OutcomeRequest,
    clinical: Clinical,
    subgroups: &[String],
) -> Result<Assembled, AnalyzeFault> {
    if let Clinical::Asked(CovariatesAsked::Named(names)) = clinical {
        measured.leave_out_covariates(names);
    }
    let candidates = join(&mut measured, outcomes)?;
    let marked = landmark::apply(candidates, outcomes, request.landmark, request.incorporated)?;
    let mut flow = std::mem::take(&mut measured.flow);
    let kept = marked.kept;
    let events = kept.iter().filter(|unit| unit.happened.is_event()).count();
    let step = match outcomes.target {
        TargetKind::Response if marked.overridden.is_empty() => "without incorporated responses",
        TargetKind::Response => "incorporated responses kept, as was asked",
        TargetKind::Survival => "at risk at the landmark",
    };
    flow.push(FlowStep {
        step: step.into(),
        patients: count_patients(kept.iter().map(|unit| unit.subject.as_str())),
        units: kept.len(),
        counted: measured.counted(),
        events: Some(events),
        left_out: marked.left_out,
    });
    if kept.is_empty() {
        let lost: Vec<String> =
            flow.iter().flat_map(|step| &step.left_out).map(|(why, n)| format!("{n} {why}")).collect();
        return Err(AnalyzeFault::Nobody(lost.join("; ")));
    }
    measured.select(&kept.iter().map(|unit| unit.measured).collect::<Vec<_>>());
    let mut warnings = measured.warnings.clone();
    let happened: Vec<bool> = kept.iter().map(|unit| unit.happened.is_event()).collect();
    let rows: Vec<usize> = kept.iter().map(|unit| unit.outcome).collect();
    let mut levels = Levels::new();
    let (columns, table_one) = match clinical {
        Clinical::Asked(asked) => {
            let found = covariates(outcomes, asked, &measured.columns, &mut warnings)?;
            let of_units: Vec<Covariate> = found.iter().map(|covariate| covariate.of(&rows)).collect();
            let table_one = table_one(&of_units, &happened, outcomes.target);
            let used = usable(of_units, &happened, asked, &mut warnings);
            levels = Covariate::all_levels(&used);
            (used.iter().flat_map(Covariate::columns).collect(), table_one)
        }
        Clinical::Of(model) => {
            let places: Vec<Option<usize>> = rows.iter().copied().map(Some).collect();
            let columns = wanted_columns(outcomes, model, &places, &mut warnings)?;
            (columns, table_one(&[], &happened, outcomes.target))
        }
    };
    let blocks = with_clinical(measured.take_blocks(VOLUME), columns);
    warn_of_unknown_days(&marked.landmark, outcomes.target, &mut warnings);
    let sites = site_of_each(&measured, outcomes, &rows.iter().copied().map(Some).collect::<Vec<_>>());
    let cohort = Cohort {
        units: measured
            .rows
            .iter()
            .map(|row| Unit { subject: row.subject.clone(), lesion: row.lesion.clone() })
            .collect(),
        target: target(&kept, outcomes.target),
        blocks,
        sites: several(&sites, &mut warnings),
        subgroups: declared(outcomes, subgroups, &rows)?,
        courses: courses(&measured, &kept),
    };
    let mut origin = measured.origin;
    origin
        .inputs
        .push((format!("outcomes: {}", super::table::file_name(outcomes.path())), outcomes.sha256.clone()));
    Ok(Assembled {
        cohort,
        origin,
        outcome: outcomes.column().to_owned(),
        sites,
        levels,
        flow,
        table_one,
        landmark: marked.landmark,
        overridden: marked.overridden,
        warnings,
    })
}

/// The blocks of images with that of covariates in its place.
pub fn with_clinical(mut blocks: Vec<Block>, columns: Vec<Column>) -> Vec<Block> {
    if !columns.is_empty() {
        let before = blocks.iter().position(|block| block.kind > BlockKind::Clinical).unwrap_or(blocks.len());
        blocks.insert(before, Block { kind: BlockKind::Clinical, columns });
    }
    blocks
}

/// Units are lesions where the outcomes are, else patients.
pub fn fit_level(measured: &mut Measured, outcomes: &Outcomes, path: &Path) -> Result<(), AnalyzeFault> {
    match outcomes.level {
        Level::Patient => measured.take_largest_lesions(path),
        Level::Lesion if measured.rows.iter().all(|row| row.lesion.is_none()) => {
            Err(AnalyzeFault::SeveralRows {
                path: path.to_owned(),
                what: "the outcomes are of lesions, and the features have no column lesion".into(),
            })
        }
        Level::Lesion => Ok(()),
    }
}

/// The units with an outcome that is known.
fn join(measured: &mut Measured, outcomes: &Outcomes) -> Result<Vec<Candidate>, AnalyzeFault> {
    let places = outcomes.places();
    let (mut candidates, mut without, mut unknown) = (Vec::new(), 0, 0);
    let mut matched = BTreeSet::new();
    for (n, row) in measured.rows.iter().enumerate() {
        let Some(outcome) = places.get(&(row.subject.as_str(), row.lesion.as_deref())).copied() else {
            without += 1;
            continue;
        };
        matched.insert(outcome);
        let of = &outcomes.rows[outcome];
        let Some(happened) = of.happened else {
            unknown += 1;
            continue;
        };
        let name = match &row.lesion {
            Some(lesion) => format!("{} {lesion}", row.subject),
            None => row.subject.clone(),
        };
        // What the table of outcomes says of the scan's day was written for this analysis.
        let scan_day = of.followup_day.or(row.followup_day);
        let subject = row.subject.clone();
        candidates.push(Candidate { measured: n, outcome, name, subject, scan_day, start: 0.0, happened });
    }
    if matched.is_empty() {
        let first = |names: Vec<String>| listed(&names.into_iter().take(3).collect::<Vec<_>>());
        let name = |subject: &str, lesion: Option<&String>| {
            lesion.map_or_else(|| subject.to_owned(), |lesion| format!("{subject} {lesion}"))
        };
        return Err(AnalyzeFault::NobodyShared {
            path: outcomes.path().to_owned(),
            outcomes: first(outcomes.rows.iter().map(|of| name(&of.subject, of.lesion.as_ref())).collect()),
            features: first(measured.rows.iter().map(|of| name(&of.subject, of.lesion.as_ref())).collect()),
        });
    }
    let strangers: Vec<String> = outcomes
        .rows
        .iter()
        .enumerate()
        .filter(|(row, _)| !matched.contains(row))
        .map(|(_, of)| {
            of.lesion.as_ref().map_or_else(|| of.subject.clone(), |l| format!("{} {l}", of.subject))
        })
        .collect();
    if !strangers.is_empty() {
        measured.warn(
            "outcome_without_features",
            format!("Outcomes without features here ({}): {}.", strangers.len(), listed(&strangers)),
        );
    }
    let left_out = [("no row of outcomes", without), ("outcome not known", unknown)];
    let left_out = left_out.into_iter().filter(|(_, n)| *n > 0).map(|(why, n)| (why.to_owned(), n)).collect();
    let counted = measured.counted();
    measured.flow.push(FlowStep {
        step: "with a known outcome".into(),
        patients: count_patients(candidates.iter().map(|unit| unit.subject.as_str())),
        units: candidates.len(),
        counted,
        events: Some(candidates.iter().filter(|unit| unit.happened.is_event()).count()),
        left_out,
    });
    Ok(candidates)
}

fn target(kept: &[Candidate], kind: TargetKind) -> Target {
    let happened = kept.iter().map(|unit| unit.happened.is_event()).collect();
    match kind {
        TargetKind::Response => Target::Response(happened),
        TargetKind::Survival => Target::Survival {
            days: kept
                .iter()
                .map(|unit| match unit.happened {
                    Happened::Survival { days, .. } => days,
                    Happened::Response(_) => 0.0,
                })
                .collect(),
            events: happened,
        },
    }
}

/// The site of each unit, whose row of the outcomes is given where it has one.
pub fn site_of_each(measured: &Measured, outcomes: &Outcomes, rows: &[Option<usize>]) -> Vec<Option<String>> {
    let of_outcome = |row: &Option<usize>| row.and_then(|row| outcomes.rows[row].site.clone());
    measured.rows.iter().zip(rows).map(|(of, row)| of.site.clone().or_else(|| of_outcome(row))).collect()
}

/// Sites, where all units have one and there are several.
fn several(sites: &[Option<String>], warnings: &mut Vec<Warning>) -> Option<Vec<String>> {
    let known = sites.iter().flatten().count();
    if known > 0 && known < sites.len() {
        warnings.push(Warning {
            code: "sites_unknown".into(),
            text: format!(
                "The site of {} of {} units is not known: sites are not looked at.",
                sites.len() - known,
                sites.len()
            ),
        });
    }
    let sites: Vec<String> = sites.iter().cloned().collect::<Option<_>>()?;
    (count_patients(sites.iter().map(String::as_str)) > 1).then_some(sites)
}

fn declared(outcomes: &Outcomes, names: &[String], rows: &[usize]) -> Result<Vec<Subgroup>, AnalyzeFault> {
    let mut subgroups = Vec::with_capacity(names.len());
    for name in names {
        if ["response", "time_days", "event"].contains(&name.as_str()) {
            let (path, column) = (outcomes.path().to_owned(), name.clone());
            let why = "it is the outcome";
            return Err(AnalyzeFault::Unfit { path, column, role: "subgroup", why });
        }
        let content = outcomes.table.content(name)?;
        let covariate = Covariate { name: name.clone(), content }.of(rows);
        subgroups.push(Subgroup { name: name.clone(), levels: covariate.as_levels() });
    }
    Ok(subgroups)
}

fn courses(measured: &Measured, kept: &[Candidate]) -> Vec<Course> {
    if measured.rows.iter().all(|row| row.course.is_empty()) {
        return Vec::new();
    }
    let course = |(row, unit): (&super::measured::MeasuredRow, &Candidate)| Course {
        subject: row.subject.clone(),
        lesion: row.lesion.clone(),
        outcome: Some(unit.happened.is_event()),
        days: match unit.happened {
            // The swimmer's lane starts at the baseline, whenever time starts.
            Happened::Survival { days, .. } => Some(days + unit.start),
            Happened::Response(_) => None,
        },
        visits: row.course.clone(),
    };
    measured.rows.iter().zip(kept).map(course).collect()
}

fn warn_of_unknown_days(landmark: &Landmark, target: TargetKind, warnings: &mut Vec<Warning>) {
    if landmark.unknown_day == 0 {
        return;
    }
    let text = match target {
        TargetKind::Response => format!(
            "Of {} patients it is not known whether the response was read after the follow-up scan (known_day or the \
             scan's day is missing): where the scan took part in it, every figure here is too good.",
            landmark.unknown_day
        ),
        TargetKind::Survival => {
            format!("The day of the follow-up scan of {} patients is not known.", landmark.unknown_day)
        }
    };
    warnings.push(Warning { code: "unknown_day".into(), text });
}
