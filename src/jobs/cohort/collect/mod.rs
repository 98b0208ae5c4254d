//! `delta cohort collect`: the results of all patients as the tables of the study.
//!
//! Patients are taken one at a time in the order of their names, so that memory does not grow with the study and the
//! tables do not tell in which order, or on how many machines, the patients were computed.

pub(super) mod decide;
mod error;
mod measured;
mod qa;
mod request;
pub(super) mod source;
mod stream;
mod told;
pub(super) mod wide;

use std::path::Path;

use delta_table::Form;

pub use error::CollectError;
pub use measured::Measured;
pub use request::{DeltaScale, Tables};

use super::lock::StudyLock;
use super::record::collect_all;
use super::state::{PatientOutcome, PatientState};
use super::subjects::{StudySubject, StudySubjects};
use crate::jobs::{Failure, Progress};
use crate::record::cohort_table::{failure_form, failure_table, qa_form, qa_table, visit_form, visit_table};
use crate::record::table::{delta_form, feature_form, response_form, trajectory_form};
use crate::record::{CohortQaRow, FailureRow, QaVerdict, VisitRecord};
use crate::store::Staging;
use source::{Part, Source};
use stream::{LongTable, ShortTable};
use wide::{Columns, WideTables};

/// Names of the study's tables.
pub const TABLES: [&str; 9] = [
    "features",
    "deltas",
    "trajectories",
    "response",
    "qa",
    "visits",
    "failures",
    "features_wide",
    "deltas_wide",
];
/// Where the tables are put together.
const STAGING: &str = ".tables";

/// What was collected.
#[derive(Clone, Debug, Default)]
pub struct Collected {
    /// Subjects of the study.
    pub subjects: usize,
    /// Those whose results stand in the tables.
    pub measured: usize,
    /// The rows of `qa.csv`.
    pub qa: Vec<CohortQaRow>,
    /// The rows of `failures.csv`.
    pub failures: Vec<FailureRow>,
    /// Subjects that nobody has measured yet.
    pub pending: Vec<String>,
    /// How the patients were measured.
    pub measurements: Measured,
    /// Names of the tables that were written.
    pub tables: Vec<&'static str>,
}

impl Collected {
    /// Visit pairs whose alignment has this verdict.
    pub fn alignments(&self, verdict: QaVerdict) -> usize {
        let verdicts = self.qa.iter().filter_map(|row| row.alignment.as_ref());
        verdicts.filter(|qa| qa.verdict == verdict).count()
    }
}

/// The patients of a study that have results, by name, each with the name of its folder; and how many failed or wait.
pub(super) fn measured_patients<'a>(
    study: &Path,
    subjects: &'a StudySubjects,
) -> (Vec<(&'a StudySubject, String)>, usize, usize) {
    let (mut measured, mut failed, mut pending) = (Vec::new(), 0, 0);
    for subject in &subjects.subjects {
        match fate(study, subject) {
            Fate::Measured(key) => measured.push((subject, key)),
            Fate::Failed(_) => failed += 1,
            Fate::Pending => pending += 1,
        }
    }
    measured.sort_by(|a, b| a.0.name.cmp(&b.0.name));
    (measured, failed, pending)
}

/// What became of a subject.
enum Fate {
    Measured(String),
    Failed(FailureRow),
    Pending,
}

/// Collects a study, alone in its folder: its tables and its page.
pub fn collect_alone(study: &Path, tables: Tables, progress: &dyn Progress) -> Result<Collected, Failure> {
    // Before the lock, which would make a folder where there is no study.
    let subjects = StudySubjects::read(study)?.ok_or_else(|| CollectError::NoStudy(study.to_owned()))?;
    let _alone = StudyLock::whole(study)?;
    collect_all(study, &subjects, tables, progress).map(|(collected, _)| collected)
}

/// Collects a study whose lock the caller holds.
pub fn collect(
    study: &Path,
    subjects: &StudySubjects,
    tables: Tables,
    progress: &dyn Progress,
) -> Result<Collected, Failure> {
    let mut subjects: Vec<&StudySubject> = subjects.subjects.iter().collect();
    subjects.sort_by(|a, b| a.name.cmp(&b.name));
    let fates: Vec<Fate> = subjects.iter().map(|subject| fate(study, subject)).collect();
    let measured = || {
        subjects.iter().zip(&fates).filter_map(|(subject, fate)| match fate {
            Fate::Measured(key) => Some(Source { study, subject, key }),
            Fate::Failed(_) | Fate::Pending => None,
        })
    };
    let staging = Staging::begin(study, STAGING)?;
    let mut collected = Collected { subjects: subjects.len(), ..Collected::default() };
    let mut columns = Columns::default();
    let mut long = LongTables::create(&staging)?;
    let count = measured().count();
    let share = if tables == Tables::Long { 1.0 } else { 0.6 };
    for (n, source) in measured().enumerate() {
        progress.stage("collecting", share * n as f64 / count as f64);
        let (features, qa) = long.append(&staging, &source)?;
        collected.measurements.add(&source, &features.sheet)?;
        if tables != Tables::Long {
            columns.add(&source, &features.sheet)?;
        }
        collected.qa.extend(qa);
        collected.measured += 1;
    }
    collected.tables = long.finish()?;
    for fate in &fates {
        if let Fate::Failed(row) = fate {
            collected.failures.push(row.clone());
        }
    }
    let pending = subjects.iter().zip(&fates).filter(|(_, fate)| matches!(fate, Fate::Pending));
    collected.pending = pending.map(|(subject, _)| subject.name.clone()).collect();
    short_tables(&staging, &subjects, &mut collected)?;
    if let Tables::LongAndWide(scale) = tables {
        if let Some(mixed) = collected.measurements.mixed().into_iter().next() {
            return Err(mixed.into());
        }
        let mut wide = WideTables::create(&staging, columns, scale)?;
        for (n, source) in measured().enumerate() {
            progress.stage("collecting", share + (1.0 - share) * n as f64 / count as f64);
            wide.append(&source, &source.features()?, &source.deltas()?, source.lesion_contour()?)?;
        }
        wide.finish()?;
        collected.tables.extend(["features_wide", "deltas_wide"]);
    }
    staging.publish(&files())?;
    Ok(collected)
}

/// All files that collecting may write.
fn files() -> Vec<String> {
    TABLES.iter().flat_map(|name| [format!("{name}.csv"), format!("{name}.parquet")]).collect()
}

fn fate(study: &Path, subject: &StudySubject) -> Fate {
    if let Some(aside) = subject.set_aside.clone() {
        return Fate::Failed(FailureRow {
            subject: subject.name.clone(),
            key: String::new(),
            code: aside.code,
            fact: aside.fact,
            hint: aside.hint,
        });
    }
    match PatientState::read(study, &subject.name) {
        None => Fate::Pending,
        Some(PatientState { key, outcome: PatientOutcome::Measured, .. }) => Fate::Measured(key),
        Some(PatientState {
            subject, key, outcome: PatientOutcome::Failed { code, fact, hint, .. }, ..
        }) => Fate::Failed(FailureRow { subject, key, code, fact, hint }),
    }
}

/// The tables whose rows are the patients' own.
struct LongTables {
    features: LongTable,
    deltas: LongTable,
    trajectories: Optional,
    responses: Optional,
}

/// A table that only some patients have.
struct Optional {
    name: &'static str,
    form: Form,
    table: Option<LongTable>,
}

impl LongTables {
    fn create(staging: &Staging) -> Result<Self, CollectError> {
        let optional = |name, form| Optional { name, form, table: None };
        Ok(Self {
            features: LongTable::create(staging, "features", &feature_form())?,
            deltas: LongTable::create(staging, "deltas", &delta_form())?,
            trajectories: optional("trajectories", trajectory_form()),
            responses: optional("response", response_form()),
        })
    }

    /// Adds a patient, one table beside the other; gives its features, and what `qa.csv` says of it.
    fn append(
        &mut self,
        staging: &Staging,
        source: &Source,
    ) -> Result<(Part, Vec<CohortQaRow>), CollectError> {
        let Self { features, deltas, trajectories, responses } = self;
        let of_features = || -> Result<Part, CollectError> {
            let part = source.features()?;
            features.append(&part)?;
            Ok(part)
        };
        let of_deltas = || -> Result<Part, CollectError> {
            let part = source.deltas()?;
            deltas.append(&part)?;
            trajectories.append(staging, source)?;
            responses.append(staging, source)?;
            Ok(part)
        };
        let (features, deltas) = rayon::join(of_features, of_deltas);
        let (features, deltas) = (features?, deltas?);
        let qa = qa::qa_rows(source, &features.sheet, &deltas.sheet, source.lesion_contour()?)?;
        Ok((features, qa))
    }

    /// Writes what is left; gives the names of the tables.
    fn finish(self) -> Result<Vec<&'static str>, CollectError> {
        let mut names = vec!["features", "deltas"];
        self.features.finish()?;
        self.deltas.finish()?;
        for optional in [self.trajectories, self.responses] {
            if let Some(table) = optional.table {
                names.push(optional.name);
                table.finish()?;
            }
        }
        Ok(names)
    }
}

impl Optional {
    fn append(&mut self, staging: &Staging, source: &Source) -> Result<(), CollectError> {
        let Some(part) = source.part(&format!("{}.csv", self.name), &self.form)? else { return Ok(()) };
        let table = match &mut self.table {
            Some(table) => table,
            None => self.table.insert(LongTable::create(staging, self.name, &self.form)?),
        };
        table.append(&part)
    }
}

fn short_tables(
    staging: &Staging,
    subjects: &[&StudySubject],
    collected: &mut Collected,
) -> Result<(), CollectError> {
    let mut qa = ShortTable::create(staging, "qa", &qa_form(), qa_table)?;
    qa.append(collected.qa.iter().cloned())?;
    qa.finish()?;
    let mut visits = ShortTable::create(staging, "visits", &visit_form(), visit_table)?;
    for subject in subjects {
        let records: &[VisitRecord] = &subject.records;
        visits.append(records.iter().cloned())?;
    }
    visits.finish()?;
    let mut failures = ShortTable::create(staging, "failures", &failure_form(), failure_table)?;
    failures.append(collected.failures.iter().cloned())?;
    failures.finish()?;
    collected.tables.extend(["qa", "visits", "failures"]);
    Ok(())
}

#[cfg(test)]
mod tests;
