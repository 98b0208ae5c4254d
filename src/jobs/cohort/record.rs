//! `study.json`: what the study's tables were made from, and their hashes. It tells whether they are up to date, so
//! that a run with nothing to do does nothing, and whether a file was changed since.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::collect::{self, Collected, TABLES, Tables};
use super::freeze::STUDY_FILE;
use super::page::{self, PAGE};
use super::prepare::MANIFEST_FILE;
use super::state::PatientState;
use super::subjects::{SUBJECTS_FILE, StudySubjects};
use crate::jobs::run::hash_of;
use crate::jobs::{Failure, Progress};
use crate::store::{StoreError, hash_file, write_text};

/// Name of the file in a study.
pub const RECORD_FILE: &str = "study.json";

/// The content of `study.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StudyRecord {
    /// Version of the file's form.
    pub schema: u32,
    /// Version of the program.
    pub version: String,
    /// SHA-256 over the subjects, what became of each, and the tables that were asked for.
    pub fingerprint: String,
    /// The lesions of all visit pairs, in words.
    pub lesions: Option<String>,
    /// What a reader of the tables must know.
    pub notes: Vec<String>,
    /// SHA-256 of the study's files, without those of the patients, which have hashes of their own.
    pub outputs: BTreeMap<String, String>,
}

/// Brings the tables and the page of a study up to date, whose lock the caller holds.
pub fn collect_what_changed(
    study: &Path,
    subjects: &StudySubjects,
    tables: Tables,
    progress: &dyn Progress,
) -> Result<StudyRecord, Failure> {
    match StudyRecord::read(study) {
        Some(record) if record.holds(study, &fingerprint(study, subjects, tables)) => Ok(record),
        _ => collect_all(study, subjects, tables, progress).map(|(_, record)| record),
    }
}

/// Makes the tables and the page of a study, whose lock the caller holds.
pub fn collect_all(
    study: &Path,
    subjects: &StudySubjects,
    tables: Tables,
    progress: &dyn Progress,
) -> Result<(Collected, StudyRecord), Failure> {
    // Before any table changes: what is killed from here on is collected again.
    let path = study.join(RECORD_FILE);
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(StoreError::at(&path)(error).into());
        }
        _ => {}
    }
    let collected = collect::collect(study, subjects, tables, progress)?;
    page::write(study, &collected.qa, &collected.failures)?;
    let record = StudyRecord {
        schema: 1,
        version: env!("CARGO_PKG_VERSION").into(),
        fingerprint: fingerprint(study, subjects, tables),
        lesions: collected.lesions(),
        notes: collected.notes(),
        outputs: outputs(study)?,
    };
    let text = serde_json::to_string_pretty(&record)
        .map_err(|source| StoreError::Json { path: path.clone(), source })?;
    write_text(&path, &(text + "\n"))?;
    Ok((collected, record))
}

impl StudyRecord {
    /// Reads it; none where the tables were never completed.
    pub fn read(study: &Path) -> Option<Self> {
        let text = std::fs::read_to_string(study.join(RECORD_FILE)).ok()?;
        serde_json::from_str(&text).ok()
    }

    /// Whether it is of this very state, and its files are there.
    fn holds(&self, study: &Path, fingerprint: &str) -> bool {
        self.fingerprint == fingerprint && self.outputs.keys().all(|name| study.join(name).is_file())
    }
}

/// What the tables depend on: equal states of equal subjects have equal results.
fn fingerprint(study: &Path, subjects: &StudySubjects, tables: Tables) -> String {
    let states: Vec<Option<PatientState>> =
        subjects.subjects.iter().map(|subject| PatientState::read(study, &subject.name)).collect();
    hash_of(&serde_json::json!({
        "version": env!("CARGO_PKG_VERSION"),
        "tables": format!("{tables:?}"),
        "settings": hash_file(&study.join(STUDY_FILE)).ok(),
        "subjects": subjects,
        "states": states,
    }))
}

fn outputs(study: &Path) -> Result<BTreeMap<String, String>, StoreError> {
    let tables = TABLES.iter().flat_map(|name| [format!("{name}.csv"), format!("{name}.parquet")]);
    let others = [STUDY_FILE, SUBJECTS_FILE, MANIFEST_FILE, PAGE].map(str::to_owned);
    let mut hashes = BTreeMap::new();
    for name in tables.chain(others) {
        let path = study.join(&name);
        if path.is_file() {
            hashes.insert(name, hash_file(&path)?);
        }
    }
    Ok(hashes)
}
