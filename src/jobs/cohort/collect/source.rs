//! The files of one patient's result.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use delta_table::{Form, Sheet, TableError};

use super::error::CollectError;
use crate::delta::contour::LesionContour;
use crate::jobs::cohort::state::PATIENTS;
use crate::jobs::cohort::subjects::StudySubject;
use crate::jobs::run::RUN_FILE;
use crate::record::table::{delta_form, feature_form};
use crate::record::{Qa, VisitState};

/// A measured patient.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The study.
    pub study: &'a Path,
    /// Who it is, and which visits take part.
    pub subject: &'a StudySubject,
    /// Name of its folder below `patients/`.
    pub key: &'a str,
}

/// The text of a table, and the table.
pub struct Part {
    /// The rows as they stand in the file, without the header.
    pub rows: Vec<u8>,
    /// The rows.
    pub sheet: Sheet,
}

impl Source<'_> {
    /// The visits that take part, the baseline first.
    pub fn visits(&self) -> Vec<&str> {
        let taken = self.subject.records.iter().filter(|r| r.state == VisitState::Taken);
        taken.map(|r| r.visit.as_str()).collect()
    }

    fn file(&self, name: &str) -> PathBuf {
        Path::new(PATIENTS).join(self.key).join(name)
    }

    /// What is wrong with a file of the patient.
    pub fn fault(&self, name: &str, fact: &dyn ToString) -> CollectError {
        CollectError::Patient {
            subject: self.subject.name.clone(),
            file: self.file(name),
            fact: fact.to_string(),
        }
    }

    /// A file's content; none where there is no such file.
    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, CollectError> {
        match std::fs::read(self.study.join(self.file(name))) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.fault(name, &error)),
        }
    }

    /// A table that the patient may have; its columns must be those of the form.
    pub fn part(&self, name: &str, form: &Form) -> Result<Option<Part>, CollectError> {
        let Some(mut text) = self.read(name)? else { return Ok(None) };
        let header = form.header();
        if !text.starts_with(header.as_bytes()) {
            return Err(CollectError::Columns { subject: self.subject.name.clone(), file: self.file(name) });
        }
        if !text.ends_with(b"\n") {
            return Err(self.fault(name, &"the last row is cut off"));
        }
        let sheet = Sheet::parse_csv(&text, form).map_err(|e| self.fault(name, &e))?;
        text.drain(..header.len());
        Ok(Some(Part { rows: text, sheet }))
    }

    /// `features.csv`.
    pub fn features(&self) -> Result<Part, CollectError> {
        let part = self.part("features.csv", &feature_form())?;
        part.ok_or_else(|| self.fault("features.csv", &"there is no such file"))
    }

    /// `deltas.csv`.
    pub fn deltas(&self) -> Result<Part, CollectError> {
        let part = self.part("deltas.csv", &delta_form())?;
        part.ok_or_else(|| self.fault("deltas.csv", &"there is no such file"))
    }

    /// What is known of an alignment; none where there was none.
    pub fn alignment(&self, name: &str) -> Result<Option<Qa>, CollectError> {
        let Some(text) = self.read(name)? else { return Ok(None) };
        serde_json::from_slice(&text).map(Some).map_err(|e| self.fault(name, &e))
    }

    /// Which contour of ours decides for the patient.
    pub fn lesion_contour(&self) -> Result<LesionContour, CollectError> {
        let missing = || self.fault(RUN_FILE, &"there is no such file");
        let text = self.read(RUN_FILE)?.ok_or_else(missing)?;
        let run: Asked = serde_json::from_slice(&text).map_err(|e| self.fault(RUN_FILE, &e))?;
        let asked = run.request.get("lesion_contour").map(String::as_str);
        Ok(if asked == Some("carried") { LesionContour::Carried } else { LesionContour::Followed })
    }
}

/// What a run was asked for, as its `run.json` says it.
#[derive(serde::Deserialize)]
struct Asked {
    request: BTreeMap<String, String>,
}

/// A column of a patient's table is there: the header was compared.
pub fn texts<'a>(
    source: &Source,
    name: &str,
    sheet: &'a Sheet,
    column: &str,
) -> Result<Vec<Option<&'a str>>, CollectError> {
    sheet.texts(column).map_err(|e: TableError| source.fault(name, &e))
}
