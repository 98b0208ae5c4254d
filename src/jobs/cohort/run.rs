//! `delta cohort run`: every patient of a manifest that is not measured yet, side by side.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use rayon::prelude::*;

use super::collect::{DeltaScale, Tables};
use super::freeze::StudyFile;
use super::key::is_folder_of;
use super::patient::{Patient, panicked};
use super::prepare::{self, Checking};
use super::record::{StudyRecord, collect_what_changed};
use super::request::{CohortRequest, Stale, StudyTables, Until};
use super::schedule::{Limits, run_queue};
use super::settings::{Settings, modality_of};
use super::state::{PATIENTS, PatientState};
use super::told::{Origin, Pace, Tally, Told, Treated};
use crate::jobs::{Failure, Progress};
use crate::record::VisitState;
use crate::store::{StoreError, remove_folder};

/// How a run of a cohort ended.
#[derive(Debug)]
pub struct CohortDone {
    /// The study.
    pub out: PathBuf,
    /// At most ten lines for a person.
    pub summary: String,
    /// The same for a program.
    pub json: serde_json::Value,
    /// Whether all patients were measured.
    pub completeness: Completeness,
}

/// Whether all patients were measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Completeness {
    /// All, and whole.
    Whole,
    /// Some failed, some alignments failed their checks, or some regions have no values.
    Partial,
}

/// Does what is asked.
pub fn run(request: &CohortRequest, progress: &dyn Progress) -> Result<CohortDone, Failure> {
    progress.stage("checking the manifest", 0.0);
    let settings = Settings::of(request)?;
    let checking = prepare::check(request, &settings)?;
    if request.until == Until::Checked {
        let study = prepare::decide(request, &settings, &checking)?;
        return Ok(done(request, &settings, &checking, &study, None));
    }
    let _lock = prepare::lock(request)?;
    let study = prepare::write(request, &settings, &checking)?;
    if request.until == Until::Prepared {
        return Ok(done(request, &settings, &checking, &study, None));
    }
    let treated = treat(request, &settings, &checking, &study, progress)?;
    let stale = stale(&request.out, &checking, &treated)?;
    let stale = match request.stale {
        Stale::Prune if request.shard.is_none() => remove(&request.out, &stale)?,
        _ => stale.len(),
    };
    let record = match request.shard {
        Some(_) => None,
        None => Some(collect_what_changed(&request.out, &checking.subjects, tables(request), progress)?),
    };
    let tally = Tally::of(&request.out, &treated);
    Ok(done(request, &settings, &checking, &study, Some(&Outcome { tally, stale, record })))
}

/// What became of the patients.
struct Outcome {
    tally: Tally,
    stale: usize,
    /// What was collected; none where other shards are to come.
    record: Option<StudyRecord>,
}

fn tables(request: &CohortRequest) -> Tables {
    match request.tables {
        StudyTables::Long => Tables::Long,
        StudyTables::LongAndWide => Tables::LongAndWide(DeltaScale::default()),
    }
}

fn done(
    request: &CohortRequest,
    settings: &Settings,
    checking: &Checking,
    study: &StudyFile,
    result: Option<&Outcome>,
) -> CohortDone {
    let mut notes = checking.checked.notes.clone();
    notes.extend(settings.unused(study));
    let record = result.and_then(|result| result.record.as_ref());
    notes.extend(record.into_iter().flat_map(|record| record.notes.iter().cloned()));
    let mut not_taken: BTreeMap<VisitState, usize> = BTreeMap::new();
    let mut visits = 0;
    let records = checking.subjects.subjects.iter().flat_map(|subject| &subject.records);
    for record in records {
        match record.state {
            VisitState::Taken => visits += 1,
            state => *not_taken.entry(state).or_default() += 1,
        }
    }
    let set_aside = checking.subjects.subjects.iter().filter(|s| s.set_aside.is_some()).count();
    let told = Told {
        request,
        subjects: checking.subjects.subjects.len(),
        visits,
        tally: result.map(|result| &result.tally),
        not_taken,
        set_aside,
        notes: &notes,
        stale: result.map_or(0, |result| result.stale),
        lesions: record.and_then(|record| record.lesions.clone()),
    };
    let is_whole = match result {
        Some(result) => result.tally.is_whole(),
        None => set_aside == 0,
    };
    CohortDone {
        out: request.out.clone(),
        summary: told.summary(),
        json: told.json(),
        completeness: if is_whole { Completeness::Whole } else { Completeness::Partial },
    }
}

/// Brings every patient of this run to a state: the known ones by their key, the others by measuring them.
fn treat(
    request: &CohortRequest,
    settings: &Settings,
    checking: &Checking,
    study: &StudyFile,
    progress: &dyn Progress,
) -> Result<Vec<Treated>, Failure> {
    let out = &request.out;
    let mut treated: BTreeMap<String, Treated> = BTreeMap::new();
    let mut settle = |state: PatientState, origin: Origin| -> Result<(), Failure> {
        state.write(out)?;
        treated.insert(state.subject.clone(), Treated { state, origin });
        Ok(())
    };
    for subject in checking.subjects.subjects.iter().filter(|s| checking.own.contains(&s.name)) {
        if let Some(fault) = &subject.set_aside {
            settle(PatientState::failed(&subject.name, &subject.name, fault.failure()), Origin::Now)?;
        }
    }
    let mut waiting = Vec::new();
    for (name, patient) in patients(settings, checking, study) {
        match patient {
            Ok(patient) => match patient.known(out, request.retry) {
                Some(state) => settle(state, Origin::Before)?,
                None => waiting.push(patient),
            },
            Err(failure) => settle(PatientState::failed(&name, &name, failure), Origin::Now)?,
        }
    }
    for state in measure(request, &waiting, progress)? {
        treated.insert(state.subject.clone(), Treated { state, origin: Origin::Now });
    }
    Ok(treated.into_values().collect())
}

/// The patients of this run by name, their inputs hashed; or why they could not be.
fn patients<'a>(
    settings: &'a Settings,
    checking: &'a Checking,
    study: &'a StudyFile,
) -> Vec<(String, Result<Patient<'a>, Failure>)> {
    let own: Vec<_> = checking
        .checked
        .manifest
        .subjects
        .iter()
        .filter(|subject| checking.own.contains(&subject.name))
        .filter_map(|subject| {
            let inputs = checking.checked.inputs.get(&subject.name)?;
            Some((subject, inputs, study.modality.get(&modality_of(inputs))?))
        })
        .collect();
    own.into_par_iter()
        .map(|(subject, inputs, decided)| {
            (subject.name.clone(), Patient::new(subject, inputs, settings, decided))
        })
        .collect()
}

/// Measures patients side by side. Each leaves its state as soon as it is done; what stops all of them is told.
fn measure(
    request: &CohortRequest,
    patients: &[Patient],
    progress: &dyn Progress,
) -> Result<Vec<PatientState>, Failure> {
    let out = &request.out;
    let threads = rayon::current_num_threads();
    let limits = Limits { in_flight: request.in_flight.unwrap_or(threads), threads };
    let pace = Pace::start(progress, patients.len(), request.shard);
    let stopped: Mutex<Option<Failure>> = Mutex::new(None);
    let stop = |failure: Failure| {
        stopped.lock().unwrap_or_else(std::sync::PoisonError::into_inner).get_or_insert(failure);
        ControlFlow::Break(None)
    };
    let finish = |_: usize, patient: &Patient, ended: Result<Result<String, Failure>, String>| {
        let subject = &patient.subject.name;
        let ended = ended.unwrap_or_else(|said| Err(panicked(subject, said)));
        let state = match ended {
            Ok(key) => PatientState::measured(subject, &key),
            Err(failure) if patient.stops_the_study(&failure, out) => return stop(failure),
            Err(failure) => PatientState::failed(subject, &patient.key(), failure),
        };
        if let Err(error) = state.write(out) {
            return stop(error.into());
        }
        pace.tick(&state);
        ControlFlow::Continue(Some(state))
    };
    let states = run_queue(patients, limits, |patient| patient.measure(out), finish)?;
    match stopped.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner) {
        Some(failure) => Err(failure),
        None => Ok(states.into_iter().flatten().flatten().collect()),
    }
}

/// Folders of results that stand under no key of this manifest. A subject that is set aside, or whose inputs cannot be
/// read, has no key: what it has is left to it.
fn stale(study: &Path, checking: &Checking, treated: &[Treated]) -> Result<Vec<String>, Failure> {
    let keys: BTreeSet<&str> = treated.iter().map(|t| t.state.key.as_str()).collect();
    let without_key: Vec<&str> =
        treated.iter().map(|t| &t.state).filter(|s| s.key == s.subject).map(|s| s.subject.as_str()).collect();
    let others: Vec<&str> = checking
        .subjects
        .subjects
        .iter()
        .map(|subject| subject.name.as_str())
        .filter(|name| !checking.own.contains(*name))
        .collect();
    let folder = study.join(PATIENTS);
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(StoreError::at(&folder)(error).into()),
    };
    let mut stale = Vec::new();
    for entry in entries {
        let name = entry.map_err(StoreError::at(&folder))?.file_name().to_string_lossy().into_owned();
        let is_theirs = |subject: &&str| is_folder_of(&name, subject);
        let is_result = name.rsplit_once('-').is_some_and(|(subject, _)| is_folder_of(&name, subject));
        let is_kept =
            keys.contains(name.as_str()) || without_key.iter().any(is_theirs) || others.iter().any(is_theirs);
        if is_result && !is_kept {
            stale.push(name);
        }
    }
    stale.sort_unstable();
    Ok(stale)
}

/// Removes stale results; how many are left.
fn remove(study: &Path, stale: &[String]) -> Result<usize, Failure> {
    for name in stale {
        let path = study.join(PATIENTS).join(name);
        remove_folder(&path)?;
    }
    Ok(0)
}
