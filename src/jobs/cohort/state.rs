//! What became of a patient: one small file per subject, so that a killed run knows where to go on.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::diagnose::Exit;
use crate::io::without_identifiers;
use crate::jobs::Failure;
use crate::store::{StoreError, write_text};

/// Folder of the states in a study.
pub const STATES: &str = "state";
/// Folder of the results in a study.
pub const PATIENTS: &str = "patients";

/// The content of `state/SUBJECT.json` in a study folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PatientState {
    /// Version of the file's form.
    pub schema: u32,
    /// Subject.
    pub subject: String,
    /// Subject and hash of all that its result depends on: the name of its folder below `patients/`. The subject alone
    /// where its inputs could not be read, so that they have no hash.
    pub key: String,
    /// How it ended.
    pub outcome: PatientOutcome,
}

/// How a patient ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "status")]
pub enum PatientOutcome {
    /// Its result stands below `patients/`.
    Measured,
    /// It gave nothing.
    Failed {
        /// A stable code such as `E-NIFTI-TRUNCATED`.
        code: String,
        /// File and fact.
        fact: String,
        /// The way on.
        hint: String,
        /// When it is tried again.
        again: Again,
    },
}

/// When a patient that failed is tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Again {
    /// Once its inputs, its settings or the program changed: its inputs were refused.
    WhenChanged,
    /// By every run: its surroundings or the program were at fault.
    NextTime,
}

impl PatientState {
    /// Its result stands.
    pub fn measured(subject: &str, key: &str) -> Self {
        Self { schema: 1, subject: subject.into(), key: key.into(), outcome: PatientOutcome::Measured }
    }

    /// It gave nothing. Folders may be named by dates, which the study does not keep.
    pub fn failed(subject: &str, key: &str, failure: Failure) -> Self {
        let again = match failure.exit {
            Exit::Usage | Exit::Input | Exit::Check => Again::WhenChanged,
            Exit::Surroundings | Exit::Defect => Again::NextTime,
        };
        let Failure { code, fact, hint, .. } = failure;
        let outcome = PatientOutcome::Failed { code, fact: without_identifiers(&fact), hint, again };
        Self { schema: 1, subject: subject.into(), key: key.into(), outcome }
    }

    /// What is known of a subject; none where nothing is, or nothing that can be read: it is found out anew.
    pub fn read(study: &Path, subject: &str) -> Option<Self> {
        let text = std::fs::read_to_string(file(study, subject)).ok()?;
        let state: Self = serde_json::from_str(&text).ok()?;
        (state.schema == 1 && state.subject == subject).then_some(state)
    }

    /// Writes it into the study, whole or not at all. What stands there already is left alone, so that a run with
    /// nothing to do touches nothing.
    pub fn write(&self, study: &Path) -> Result<(), StoreError> {
        if Self::read(study, &self.subject).as_ref() == Some(self) {
            return Ok(());
        }
        let folder = study.join(STATES);
        std::fs::create_dir_all(&folder).map_err(StoreError::at(&folder))?;
        let path = file(study, &self.subject);
        let mut text = serde_json::to_string_pretty(self)
            .map_err(|source| StoreError::Json { path: path.clone(), source })?;
        text.push('\n');
        write_text(&path, &text)
    }
}

/// The state's file. Subjects have harmless names.
fn file(study: &Path, subject: &str) -> PathBuf {
    study.join(STATES).join(format!("{subject}.json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(exit: Exit) -> Failure {
        Failure { code: "E-X".into(), fact: "f".into(), hint: "h".into(), exit }
    }

    #[test]
    fn a_state_reads_back_and_rubbish_is_no_state() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(PatientState::read(dir.path(), "P1"), None);
        for state in [
            PatientState::measured("P1", "P1-0123456789ab"),
            PatientState::failed("P1", "P1-0123456789ab", failure(Exit::Input)),
        ] {
            state.write(dir.path()).unwrap();
            assert_eq!(PatientState::read(dir.path(), "P1"), Some(state));
        }
        std::fs::write(file(dir.path(), "P1"), "{").unwrap();
        assert_eq!(PatientState::read(dir.path(), "P1"), None);
    }

    #[test]
    fn refused_inputs_wait_for_a_change_and_surroundings_do_not() {
        let again = |exit| match PatientState::failed("P1", "k", failure(exit)).outcome {
            PatientOutcome::Failed { again, .. } => again,
            PatientOutcome::Measured => unreachable!("it failed"),
        };
        assert_eq!(again(Exit::Input), Again::WhenChanged);
        assert_eq!(again(Exit::Surroundings), Again::NextTime);
        assert_eq!(again(Exit::Defect), Again::NextTime);
    }
}
