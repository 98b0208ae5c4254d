//! The table of outcomes: what happened to each patient or lesion, and what else is known of them.
//!
//! `subject[, lesion][, known_day], response` or `subject[, lesion], time_days, event`; further columns are covariates
//! and subgroups. Days count from the baseline scan. Each fault of the table is an error; what the table leaves open
//! (an empty response) is no fault, and is counted where patients are left out.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::error::AnalyzeFault;
use super::request::{FeatureSource, OutcomeRequest};
use crate::jobs::sheet::UserTable;
use crate::record::analysis::TargetKind;
use crate::store::hash_bytes;

/// Columns that are no covariates.
pub const OWN_COLUMNS: [&str; 9] =
    ["subject", "lesion", "known_day", "followup_day", "response", "time_days", "event", "site", "batch"];

/// Columns that say what happened.
const OUTCOMES: [&str; 3] = ["response", "time_days", "event"];

/// What was read.
pub struct Outcomes {
    /// The table.
    pub table: UserTable,
    /// SHA-256 of its file.
    pub sha256: String,
    /// What is predicted.
    pub target: TargetKind,
    /// Whether rows are patients or lesions.
    pub level: Level,
    /// Names of the columns that name patients and lesions here.
    pub names: Vec<String>,
    /// One per row of the table.
    pub rows: Vec<OutcomeRow>,
}

/// What a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// A patient.
    Patient,
    /// A lesion of a patient.
    Lesion,
}

/// One patient or lesion.
#[derive(Clone, Debug, PartialEq)]
pub struct OutcomeRow {
    /// Patient.
    pub subject: String,
    /// Lesion, where rows are lesions.
    pub lesion: Option<String>,
    /// Day on which the response was known, in days from baseline.
    pub known_day: Option<f64>,
    /// Day of the follow-up scan, where the table says it.
    pub followup_day: Option<f64>,
    /// Site, where the table says it.
    pub site: Option<String>,
    /// What happened; none where it is not known.
    pub happened: Option<Happened>,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Happened {
    /// A response, or none.
    Response(bool),
    /// An event or a loss, so many days from baseline.
    Survival {
        /// Days.
        days: f64,
        /// Whether it was the event.
        event: bool,
    },
}

impl Happened {
    /// A responder, or an event.
    pub fn is_event(self) -> bool {
        match self {
            Self::Response(responded) => responded,
            Self::Survival { event, .. } => event,
        }
    }
}

impl Outcomes {
    /// Reads the table, which must have an outcome. Its patients and lesions are named by `subject` and `lesion`, or by the columns that name them
    /// in the tables of features.
    pub fn read(request: &OutcomeRequest, source: &FeatureSource) -> Result<Self, AnalyzeFault> {
        Self::read_as(request, source, None)
    }

    /// Reads a table for a model that predicts this: one without any outcome then serves for its covariates.
    pub fn read_for(
        request: &OutcomeRequest,
        source: &FeatureSource,
        model: TargetKind,
    ) -> Result<Self, AnalyzeFault> {
        Self::read_as(request, source, Some(model))
    }

    fn read_as(
        request: &OutcomeRequest,
        source: &FeatureSource,
        model: Option<TargetKind>,
    ) -> Result<Self, AnalyzeFault> {
        let bytes = std::fs::read(&request.table)
            .map_err(|error| crate::jobs::sheet::SheetFault::file(&request.table, &error))?;
        let table = UserTable::read(&request.table)?;
        let named = |own: &str, there: Option<&str>| {
            let there = there.filter(|there| !table.has(own) && table.has(there));
            there.unwrap_or(own).to_owned()
        };
        let (key, group) = match source {
            FeatureSource::Visits { key, group: Some(group), .. } => {
                (Some(key.as_str()), Some(group.as_str()))
            }
            FeatureSource::Visits { key, group: None, .. } => (None, Some(key.as_str())),
            FeatureSource::Study(_) | FeatureSource::Table(_) => (None, None),
        };
        let (subject, lesion) = (named("subject", group), named("lesion", key));
        table.check_columns(&["subject", "lesion", "known_day", "followup_day", "time_days"])?;
        let asked = model.or(request.target);
        let target = target(&table, asked)?;
        let nothing = model.is_some() && !OUTCOMES.into_iter().any(|column| table.has(column));
        let subjects = table.filled(&subject)?;
        let lesions = if table.has(&lesion) { Some(table.filled(&lesion)?) } else { None };
        let level = if lesions.is_some() { Level::Lesion } else { Level::Patient };
        let happened = match target {
            _ if nothing => vec![None; table.rows()],
            TargetKind::Response => responses(&table)?,
            TargetKind::Survival => survival(&table)?,
        };
        let known = days(&table, "known_day")?;
        let followup = days(&table, "followup_day")?;
        let sites = table.cells("site")?.unwrap_or_else(|| vec![None; table.rows()]);
        let rows: Vec<OutcomeRow> = (0..table.rows())
            .map(|row| OutcomeRow {
                subject: subjects[row].clone(),
                lesion: lesions.as_ref().map(|lesions| lesions[row].clone()),
                known_day: known[row],
                followup_day: followup[row],
                site: sites[row].clone(),
                happened: happened[row],
            })
            .collect();
        each_once(&request.table, rows.iter().map(|row| (row.subject.as_str(), row.lesion.as_deref())))?;
        Ok(Self { sha256: hash_bytes(&bytes), target, level, names: vec![subject, lesion], rows, table })
    }

    /// The table's path.
    pub fn path(&self) -> &Path {
        &self.table.path
    }

    /// The column of the outcome, in words.
    pub fn column(&self) -> &'static str {
        match self.target {
            TargetKind::Response => "response",
            TargetKind::Survival => "time_days and event",
        }
    }

    /// Whether any outcome is known.
    pub fn any_known(&self) -> bool {
        self.rows.iter().any(|row| row.happened.is_some())
    }

    /// The rows by patient and lesion.
    pub fn places(&self) -> BTreeMap<(&str, Option<&str>), usize> {
        let places = self.rows.iter().enumerate();
        places.map(|(n, row)| ((row.subject.as_str(), row.lesion.as_deref()), n)).collect()
    }
}

fn target(table: &UserTable, asked: Option<TargetKind>) -> Result<TargetKind, AnalyzeFault> {
    let survival = table.has("time_days") || table.has("event");
    match asked {
        Some(kind) => Ok(kind),
        None if table.has("response") => Ok(TargetKind::Response),
        None if survival => Ok(TargetKind::Survival),
        None => Err(AnalyzeFault::NoOutcome { path: table.path.clone(), present: table.present() }),
    }
}

fn responses(table: &UserTable) -> Result<Vec<Option<Happened>>, AnalyzeFault> {
    let words = binary(table, "response")?;
    Ok(words.into_iter().map(|word| word.map(Happened::Response)).collect())
}

fn survival(table: &UserTable) -> Result<Vec<Option<Happened>>, AnalyzeFault> {
    let (times, events) = (days(table, "time_days")?, binary(table, "event")?);
    if !table.has("time_days") {
        return Err(table.lacks("time_days").into());
    }
    let half = |row, filled, empty| {
        Err(AnalyzeFault::Half { path: table.path.clone(), row: row + 1, filled, empty })
    };
    let pairs = times.into_iter().zip(events).enumerate();
    pairs
        .map(|(row, pair)| match pair {
            (Some(days), Some(event)) => Ok(Some(Happened::Survival { days, event })),
            (None, None) => Ok(None),
            (Some(_), None) => half(row, "time_days", "event"),
            (None, Some(_)) => half(row, "event", "time_days"),
        })
        .collect()
}

/// A column of 0 and 1 that must be there.
fn binary(table: &UserTable, column: &'static str) -> Result<Vec<Option<bool>>, AnalyzeFault> {
    let cells = table.numbers(column)?.into_iter().enumerate();
    cells
        .map(|(row, cell)| match cell {
            None => Ok(None),
            Some(0.0) => Ok(Some(false)),
            Some(1.0) => Ok(Some(true)),
            Some(value) => {
                Err(AnalyzeFault::NotBinary { path: table.path.clone(), row: row + 1, column, value })
            }
        })
        .collect()
}

/// A column of days from baseline that may be missing.
fn days(table: &UserTable, column: &'static str) -> Result<Vec<Option<f64>>, AnalyzeFault> {
    if !table.has(column) {
        return Ok(vec![None; table.rows()]);
    }
    let days = table.numbers(column)?;
    let negative = days.iter().enumerate().find_map(|(row, day)| Some((row, day.filter(|day| *day < 0.0)?)));
    match negative {
        Some((row, value)) => {
            Err(AnalyzeFault::Negative { path: table.path.clone(), row: row + 1, column, value })
        }
        None => Ok(days),
    }
}

/// Refuses a patient or lesion that stands in two rows.
pub fn each_once<'a>(
    path: &Path,
    names: impl Iterator<Item = (&'a str, Option<&'a str>)>,
) -> Result<(), AnalyzeFault> {
    let mut seen = BTreeMap::new();
    for (row, name) in names.enumerate() {
        if let Some(first) = seen.insert(name, row) {
            return Err(AnalyzeFault::Duplicate {
                path: PathBuf::from(path),
                first: first + 1,
                second: row + 1,
                what: match name {
                    (subject, Some(lesion)) => format!("lesion {lesion} of {subject}"),
                    (subject, None) => subject.to_owned(),
                },
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::Diagnose;
    use crate::jobs::cohort::analyze::request::{CovariatesAsked, Incorporated, LandmarkAsked};

    fn read(text: &str, target: Option<TargetKind>) -> Result<Outcomes, AnalyzeFault> {
        let dir = tempfile::tempdir().unwrap();
        let table = dir.path().join("outcomes.csv");
        std::fs::write(&table, text).unwrap();
        let request = OutcomeRequest {
            table,
            target,
            covariates: CovariatesAsked::All,
            landmark: LandmarkAsked::FollowupScan,
            incorporated: Incorporated::Refuse,
        };
        Outcomes::read(&request, &FeatureSource::Study("study".into()))
    }

    #[test]
    fn a_response_goes_before_survival_unless_that_is_asked_for() {
        let text = "subject,response,time_days,event\nA,1.0,10,0\nB,,,\n";
        let response = read(text, None).unwrap();
        assert_eq!(response.rows[0].happened, Some(Happened::Response(true)));
        assert_eq!(response.rows[1].happened, None);
        let survival = read(text, Some(TargetKind::Survival)).unwrap();
        assert_eq!(survival.rows[0].happened, Some(Happened::Survival { days: 10.0, event: false }));
        assert_eq!(survival.level, Level::Patient);
    }

    #[test]
    fn each_fault_of_the_table_has_its_code_and_names_the_file() {
        let faults = [
            ("subject,response\nA,2\n", "E-OUTCOME-VALUE"),
            ("subject,response\nA,yes\n", "E-TABLE-NUMBER"),
            ("subject,age\nA,2\n", "E-OUTCOME-VALUE"),
            ("subject,time_days,event\nA,-3,1\n", "E-OUTCOME-TIME"),
            ("subject,time_days,event\nA,3,\n", "E-OUTCOME-TIME"),
            ("subject,time_days,event\nA,\"3,5\",1\n", "E-TABLE-NUMBER"),
            ("subject,time_days\nA,3\n", "E-TABLE-COLUMN"),
            ("subject,response\nA,1\nA,0\n", "E-COHORT-ROWS"),
            ("subject;response\nA;1\n", "E-TABLE-SEPARATOR"),
            ("subject,respons,time_day\nA,1,2\n", "E-TABLE-COLUMN"),
            ("subject,response\n,1\n", "E-TABLE-CELL"),
            ("patient,response\nA,1\n", "E-TABLE-COLUMN"),
        ];
        for (text, code) in faults {
            let Err(fault) = read(text, None) else { panic!("{text}") };
            assert_eq!(fault.code(), code, "{text}");
            assert!(fault.to_string().contains("outcomes.csv"), "{fault}");
            assert!(!fault.hint().is_empty());
        }
    }

    #[test]
    fn lesions_of_a_patient_are_rows_of_their_own() {
        let table = read("subject,lesion,response\nA,l1,1\nA,l2,0\n", None).unwrap();
        assert_eq!(table.level, Level::Lesion);
        assert_eq!(table.places()[&("A", Some("l2"))], 1);
    }
}
