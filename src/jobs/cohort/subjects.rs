//! `subjects.json`: who is in a study, and what the manifest says of them.
//!
//! The manifest's copy in the study names scans by paths that lead nowhere from there. What collecting needs to know
//! of it stands here, so that a study can be collected wherever it lies, without the scans.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::error::StudyError;
use super::faults::ManifestFault;
use super::manifest::Checked;
use crate::diagnose::Exit;
use crate::io::without_identifiers;
use crate::jobs::Failure;
use crate::record::VisitRecord;
use crate::store::StoreError;

/// Name of the file in a study.
pub const SUBJECTS_FILE: &str = "subjects.json";

/// The content of `subjects.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StudySubjects {
    /// Version of the file's form.
    pub schema: u32,
    /// All subjects, in the order of their names.
    pub subjects: Vec<StudySubject>,
}

/// A subject of a study.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StudySubject {
    /// Name.
    pub name: String,
    /// Site of the baseline, where the manifest says it.
    pub site: Option<String>,
    /// Scanner or batch of the baseline.
    pub batch: Option<String>,
    /// Group.
    pub group: Option<String>,
    /// All visits, and the windows that stayed empty; none where the subject is set aside.
    pub records: Vec<VisitRecord>,
    /// Why the subject was set aside, where the manifest is faulty about it and that was allowed.
    pub set_aside: Option<SetAside>,
}

/// Why a subject was set aside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetAside {
    /// A stable code such as `E-MANIFEST-BASELINE`.
    pub code: String,
    /// Rows and facts.
    pub fact: String,
    /// The way on.
    pub hint: String,
}

impl SetAside {
    /// As a failure of the patient.
    pub fn failure(&self) -> Failure {
        let Self { code, fact, hint } = self.clone();
        Failure { code, fact, hint, exit: Exit::Input }
    }
}

impl StudySubjects {
    /// The subjects of a manifest, and those that are set aside because of its faults.
    pub fn of(checked: &Checked) -> Self {
        let mut subjects: BTreeMap<String, StudySubject> = BTreeMap::new();
        for subject in &checked.manifest.subjects {
            let of = StudySubject {
                name: subject.name.clone(),
                site: subject.site.clone(),
                batch: subject.batch.clone(),
                group: subject.group.clone(),
                records: subject.records.clone(),
                set_aside: None,
            };
            subjects.insert(subject.name.clone(), of);
        }
        for fault in &checked.faults {
            let Some(name) = &fault.subject else { continue };
            let subject = subjects.entry(name.clone()).or_insert_with(|| StudySubject {
                name: name.clone(),
                site: None,
                batch: None,
                group: None,
                records: Vec::new(),
                set_aside: None,
            });
            add(&mut subject.set_aside, fault);
        }
        Self { schema: 1, subjects: subjects.into_values().collect() }
    }

    /// Reads a study's subjects; none where there is no study yet.
    pub fn read(study: &Path) -> Result<Option<Self>, StudyError> {
        let path = study.join(SUBJECTS_FILE);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(StoreError::at(&path)(error).into()),
        };
        let read: Self = serde_json::from_str(&text).map_err(|error| StudyError::File {
            file: path.clone(),
            fact: error.to_string(),
            nearest: None,
        })?;
        match read.schema {
            1 => Ok(Some(read)),
            found => Err(StudyError::Schema { file: path, found: found.into() }),
        }
    }

    /// The file's text.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self).map(|text| text + "\n")
    }
}

/// The first fault gives the code and the hint; the facts are all told.
fn add(set_aside: &mut Option<SetAside>, fault: &ManifestFault) {
    let fact = without_identifiers(&format!("row {}: {}", fault.row, fault.fact));
    match set_aside {
        Some(earlier) => {
            earlier.fact.push_str("; ");
            earlier.fact.push_str(&fact);
        }
        None => {
            *set_aside = Some(SetAside { code: fault.code.clone(), fact, hint: fault.hint.clone() });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jobs::cohort::manifest::CohortManifest;

    fn fault(row: usize, fact: &str) -> ManifestFault {
        ManifestFault {
            row,
            subject: Some("P2".into()),
            file: None,
            code: format!("E-{row}"),
            fact: fact.into(),
            hint: format!("hint {row}"),
        }
    }

    #[test]
    fn a_faulty_subject_stands_among_the_others_with_all_that_is_wrong() {
        let checked = Checked {
            manifest: CohortManifest { path: "m.csv".into(), subjects: Vec::new() },
            faults: vec![fault(3, "no date"), fault(4, "no file")],
            inputs: BTreeMap::new(),
            notes: Vec::new(),
        };
        let subjects = StudySubjects::of(&checked);
        assert_eq!(subjects.subjects.len(), 1);
        let aside = subjects.subjects[0].set_aside.clone().unwrap();
        assert_eq!((aside.code.as_str(), aside.fact.as_str()), ("E-3", "row 3: no date; row 4: no file"));
        let text = subjects.to_json().unwrap();
        assert_eq!(serde_json::from_str::<StudySubjects>(&text).unwrap(), subjects);
    }
}
