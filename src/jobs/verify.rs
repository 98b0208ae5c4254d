//! Re-hashes a result and compares it with the hashes in its `run.json`; a study with those in its `study.json`.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::Failure;
use super::cohort::record::StudyRecord;
use super::cohort::state::PATIENTS;
use super::run::{RUN_FILE, UNHASHED};
use crate::diagnose::Diagnose;
use crate::store;

/// Why a folder cannot be verified.
#[derive(Debug, Error)]
pub enum VerifyError {
    /// There is no `run.json`, or it cannot be read.
    #[error("{0}: no readable run.json ({1})")]
    NoRun(PathBuf, String),
}

impl Diagnose for VerifyError {
    fn code(&self) -> &'static str {
        "E-VERIFY-RUN"
    }
    fn hint(&self) -> String {
        "Name a folder that `delta run` or `delta cohort run` wrote.".into()
    }
}

/// The part of `run.json` that is needed here.
#[derive(Deserialize)]
struct Recorded {
    outputs: BTreeMap<String, String>,
}

/// What was found.
#[derive(Debug, Default, Serialize)]
pub struct Verified {
    /// Number of files that are as they were written.
    pub unchanged: usize,
    /// Files whose content differs.
    pub changed: Vec<String>,
    /// Files that are gone.
    pub missing: Vec<String>,
    /// Files that were not written by the run.
    pub added: Vec<String>,
}

impl Verified {
    /// Whether the result is what was written.
    pub fn holds(&self) -> bool {
        self.changed.is_empty() && self.missing.is_empty() && self.added.is_empty()
    }
}

impl fmt::Display for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} files are as they were written.", self.unchanged)?;
        for (what, files) in [("changed", &self.changed), ("missing", &self.missing), ("added", &self.added)]
        {
            for file in files {
                writeln!(f, "{what}: {file}")?;
            }
        }
        Ok(())
    }
}

/// Compares the files of `out` with its `run.json`; those of a study with its `study.json`, and the results of its
/// patients with theirs.
pub fn verify(out: &Path) -> Result<Verified, Failure> {
    match StudyRecord::read(out) {
        Some(record) if !out.join(RUN_FILE).exists() => verify_study(out, &record),
        _ => verify_run(out),
    }
}

/// A study holds files beside those that are hashed (states, locks), so that nothing counts as added to it.
fn verify_study(study: &Path, record: &StudyRecord) -> Result<Verified, Failure> {
    let mut result = Verified::default();
    for (name, hash) in &record.outputs {
        let path = study.join(name);
        match path.is_file().then(|| store::hash_file(&path)).transpose()? {
            Some(now) if now == *hash => result.unchanged += 1,
            Some(_) => result.changed.push(name.clone()),
            None => result.missing.push(name.clone()),
        }
    }
    let patients = study.join(PATIENTS);
    let mut keys = Vec::new();
    for entry in std::fs::read_dir(&patients).into_iter().flatten() {
        keys.push(
            entry.map_err(store::StoreError::at(&patients))?.file_name().to_string_lossy().into_owned(),
        );
    }
    keys.sort_unstable();
    for key in keys.iter().filter(|key| !key.contains(".partial-")) {
        let of_patient = verify_run(&patients.join(key))?;
        let whole =
            |names: Vec<String>| names.into_iter().map(move |name| format!("{PATIENTS}/{key}/{name}"));
        result.unchanged += of_patient.unchanged;
        result.changed.extend(whole(of_patient.changed));
        result.missing.extend(whole(of_patient.missing));
        result.added.extend(whole(of_patient.added));
    }
    Ok(result)
}

fn verify_run(out: &Path) -> Result<Verified, Failure> {
    let unreadable = |why: String| VerifyError::NoRun(out.to_owned(), why);
    let text = std::fs::read_to_string(out.join(RUN_FILE)).map_err(|e| unreadable(e.to_string()))?;
    let recorded: Recorded = serde_json::from_str(&text).map_err(|e| unreadable(e.to_string()))?;
    let mut found = store::hash_tree(out)?;
    found.retain(|name, _| !UNHASHED.contains(&name.as_str()));
    let mut result = Verified::default();
    for (name, hash) in &recorded.outputs {
        match found.remove(name) {
            Some(now) if now == *hash => result.unchanged += 1,
            Some(_) => result.changed.push(name.clone()),
            None => result.missing.push(name.clone()),
        }
    }
    result.added = found.into_keys().collect();
    Ok(result)
}
