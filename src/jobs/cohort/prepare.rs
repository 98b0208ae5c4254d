//! Before any patient: the manifest is checked, the study's settings are decided, and both are written.

use std::collections::BTreeSet;
use std::path::Path;

use super::error::StudyError;
use super::faults::{ManifestFault, refusal};
use super::freeze::{STUDY_FILE, StudyFile};
use super::lock::{LOCKS, StudyLock};
use super::manifest::{Checked, CohortManifest, HeaderCheck};
use super::request::{CohortRequest, Faulty, Shard};
use super::settings::Settings;
use super::subjects::{SUBJECTS_FILE, StudySubjects};
use crate::jobs::Failure;
use crate::store::{StoreError, write_text};

/// Name of the manifest's copy in a study.
pub const MANIFEST_FILE: &str = "manifest.csv";

/// A manifest that was checked, as far as this run needs it.
#[derive(Debug)]
pub struct Checking {
    /// Subjects and the headers of their scans.
    pub checked: Checked,
    /// All subjects, those that are set aside among them.
    pub subjects: StudySubjects,
    /// Names of the subjects that are this run's.
    pub own: BTreeSet<String>,
    /// The manifest's bytes.
    text: String,
    /// What the check rests on.
    basis: Basis,
}

/// Whose headers were read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Basis {
    /// Everybody's.
    Whole,
    /// Those of this run's shard: the study was prepared with the very same manifest.
    Prepared,
}

/// Checks a manifest: whole, or this shard's part of it where the study was prepared with it.
pub fn check(request: &CohortRequest, settings: &Settings) -> Result<Checking, Failure> {
    refuse_foreign(&request.out)?;
    let options = &request.reading;
    let read =
        |check: &HeaderCheck| CohortManifest::read(&request.manifest, options, &settings.windows, check);
    let bytes = std::fs::read(&request.manifest);
    let text = bytes.ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
    if let Some(shard) = request.shard
        && let Some(subjects) = prepared(&request.out, &text)?
    {
        let own = share(&subjects, Some(shard));
        let mut checked = read(&HeaderCheck::Of(own.clone()))?;
        checked.faults.retain(|fault| fault.subject.as_ref().is_none_or(|name| own.contains(name)));
        refuse(request, &checked.faults)?;
        return Ok(Checking { checked, subjects, own, text, basis: Basis::Prepared });
    }
    let checked = read(&HeaderCheck::All)?;
    refuse(request, &checked.faults)?;
    let subjects = StudySubjects::of(&checked);
    let own = share(&subjects, request.shard);
    Ok(Checking { checked, subjects, own, text, basis: Basis::Whole })
}

/// Decides the study over the manifest that was checked. A shard takes what the study was prepared with.
pub fn decide(
    request: &CohortRequest,
    settings: &Settings,
    checking: &Checking,
) -> Result<StudyFile, Failure> {
    let earlier = StudyFile::read(&request.out)?;
    let decided = settings.decide(request, &checking.checked, earlier.as_ref())?;
    match earlier {
        Some(earlier) if request.shard.is_some() && is_copied(&request.out, &checking.text)? => {
            match decided.difference(&earlier) {
                Some(what) => Err(StudyError::Settings { study: request.out.clone(), what }.into()),
                None => Ok(earlier),
            }
        }
        _ => Ok(decided),
    }
}

/// Takes the study's lock.
pub fn lock(request: &CohortRequest) -> Result<StudyLock, Failure> {
    let study = &request.out;
    match request.shard {
        Some(shard) => Ok(StudyLock::shard(study, shard)?),
        None => Ok(StudyLock::whole(study)?),
    }
}

/// Decides and writes the study's settings, its subjects and the manifest's copy, each whole or not at all.
pub fn write(
    request: &CohortRequest,
    settings: &Settings,
    checking: &Checking,
) -> Result<StudyFile, Failure> {
    // Shards that start together decide the same: the first writes it, the others find it.
    let _alone = match request.shard {
        Some(_) => Some(StudyLock::settings(&request.out)?),
        None => None,
    };
    let study = decide(request, settings, checking)?;
    if checking.basis == Basis::Whole {
        let out = &request.out;
        let subjects = checking.subjects.to_json();
        let subjects = subjects.map_err(|error| Failure::defect("E-STUDY-FILE", &error))?;
        let decided = study.to_toml().map_err(|error| Failure::defect("E-STUDY-FILE", &error))?;
        // The manifest's copy comes last: with it the study is prepared.
        put(&out.join(STUDY_FILE), &decided)?;
        put(&out.join(SUBJECTS_FILE), &subjects)?;
        put(&out.join(MANIFEST_FILE), &checking.text)?;
    }
    Ok(study)
}

/// Writes a file unless it says so already.
fn put(path: &Path, text: &str) -> Result<(), StoreError> {
    match std::fs::read_to_string(path) {
        Ok(there) if there == text => Ok(()),
        _ => write_text(path, text),
    }
}

fn refuse(request: &CohortRequest, faults: &[ManifestFault]) -> Result<(), Failure> {
    let grave: Vec<ManifestFault> = match request.faulty {
        Faulty::Refuse => faults.to_vec(),
        // Whom a row without a subject is about is not known: nobody can be set aside for it.
        Faulty::SetAside => faults.iter().filter(|fault| fault.subject.is_none()).cloned().collect(),
    };
    refusal(&request.manifest, &grave).map_or(Ok(()), Err)
}

/// Names of the subjects of a share. Those that are set aside count too, so that the shares do not depend on them.
fn share(subjects: &StudySubjects, shard: Option<Shard>) -> BTreeSet<String> {
    let subjects = subjects.subjects.iter().enumerate();
    let own = subjects.filter(|(place, _)| shard.is_none_or(|shard| shard.has(*place)));
    own.map(|(_, subject)| subject.name.clone()).collect()
}

/// The subjects of a study that was prepared with this very manifest.
fn prepared(study: &Path, manifest: &str) -> Result<Option<StudySubjects>, StudyError> {
    if StudyFile::read(study)?.is_none() || !is_copied(study, manifest)? {
        return Ok(None);
    }
    StudySubjects::read(study)
}

fn is_copied(study: &Path, manifest: &str) -> Result<bool, StudyError> {
    let path = study.join(MANIFEST_FILE);
    match std::fs::read(&path) {
        Ok(copy) => Ok(copy == manifest.as_bytes()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(StoreError::at(&path)(error).into()),
    }
}

/// Refuses a folder that is in use for something else.
fn refuse_foreign(study: &Path) -> Result<(), StudyError> {
    if study.is_file() {
        return Err(StudyError::Occupied(study.to_owned()));
    }
    // A study begins with its locks, so that one whose first run died is a study too.
    let is_study = study.join(LOCKS).is_dir() || study.join(STUDY_FILE).is_file();
    let is_empty = std::fs::read_dir(study).map_or(true, |mut entries| entries.next().is_none());
    if is_study || is_empty { Ok(()) } else { Err(StudyError::Occupied(study.to_owned())) }
}
