//! Who is in a cohort, and which scans are theirs: the manifest, read and checked whole before any work.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::faults::{ManifestFault, RowFault};
use super::headers::{VisitInputs, meanings, read_headers};
use super::rows::{Columns, Row};
use super::subject::{Planned, plan};
use super::windows::{Window, check_windows};
use crate::features::sampling::VisitFacts;
use crate::io::{ReadOptions, VisitSource};
use crate::jobs::Failure;
use crate::jobs::sheet::{SheetFault, UserTable};
use crate::record::{Modality, Units, VisitRecord};
use crate::visit::When;

/// A manifest that was read and checked.
#[derive(Clone, Debug, PartialEq)]
pub struct CohortManifest {
    /// The file.
    pub path: PathBuf,
    /// Its subjects without a fault, in the order of their names.
    pub subjects: Vec<Subject>,
}

/// A subject and the visits that take part.
#[derive(Clone, Debug, PartialEq)]
pub struct Subject {
    /// Name.
    pub name: String,
    /// Site of the baseline, where the manifest says it.
    pub site: Option<String>,
    /// Scanner or batch of the baseline.
    pub batch: Option<String>,
    /// Group.
    pub group: Option<String>,
    /// The visits that take part: the baseline, then the follow-ups by day.
    pub visits: Vec<PlannedVisit>,
    /// All visits of the subject and the windows that stayed empty, in the order of the baseline, the windows or days,
    /// and what takes no part.
    pub records: Vec<VisitRecord>,
}

/// A visit that takes part.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedVisit {
    /// Row in the manifest; the first below the header is 1.
    pub row: usize,
    /// Name that the tables use.
    pub name: String,
    /// When the scan was made, where the manifest, the visit's own file or its series says it.
    pub when: Option<When>,
    /// The files.
    pub source: VisitSource,
    /// Modality, where the manifest says it.
    pub modality: Option<Modality>,
    /// Units, where the manifest says them.
    pub units: Option<Units>,
    /// Site, where the manifest says it.
    pub site: Option<String>,
    /// Scanner or batch, where the manifest says it.
    pub batch: Option<String>,
}

/// Whose scans are looked into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeaderCheck {
    /// Everybody's.
    All,
    /// Those of the subjects with these names; the others are known to be in order.
    Of(BTreeSet<String>),
}

impl HeaderCheck {
    /// Whether a subject's scans are looked into.
    pub fn is_of(&self, subject: &str) -> bool {
        match self {
            Self::All => true,
            Self::Of(names) => names.contains(subject),
        }
    }
}

/// A manifest, what is wrong with it, and what the headers of its scans say.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The subjects without a fault.
    pub manifest: CohortManifest,
    /// All faults, in the order of the rows; a subject with a fault is not among the manifest's.
    pub faults: Vec<ManifestFault>,
    /// By subject, for each of its visits that take part: files, grid, units, modality. Subjects whose headers were not
    /// asked for are not there.
    pub inputs: BTreeMap<String, Vec<VisitInputs>>,
    /// What is allowed and may not be meant, in sentences.
    pub notes: Vec<String>,
}

impl CohortManifest {
    /// Reads a manifest and checks all of it. A table that cannot be read and windows that cannot be told apart are
    /// refused; what is wrong with single rows is listed.
    pub fn read(
        path: &Path,
        options: &ReadOptions,
        windows: &[Window],
        check: &HeaderCheck,
    ) -> Result<Checked, Failure> {
        check_windows(windows)?;
        let table = UserTable::read(path).map_err(refused)?;
        let rows = Columns::of(&table).map_err(refused)?.read(options, check);
        let mut faults: Vec<ManifestFault> = Vec::new();
        let mut by_subject: BTreeMap<String, Vec<Row>> = BTreeMap::new();
        // A subject with a bad row is not judged as a whole: what the row would have said is not known.
        let mut spoilt: BTreeSet<String> = BTreeSet::new();
        for row in rows {
            match row {
                Ok(row) => by_subject.entry(row.subject.clone()).or_default().push(row),
                Err((subject, of_row)) => {
                    faults.extend(of_row);
                    spoilt.extend(subject);
                }
            }
        }
        let clashes = case_clashes(&by_subject);
        spoilt.extend(clashes.iter().filter_map(|fault| fault.subject.clone()));
        faults.extend(clashes);
        by_subject.retain(|name, _| !spoilt.contains(name));
        let notes = notes(&by_subject);
        let by_subject: Vec<Vec<Row>> = by_subject.into_values().collect();
        let judged: Vec<_> = by_subject.par_iter().map(|rows| judge(rows, windows, options, check)).collect();
        let mut subjects = Vec::new();
        let mut inputs = BTreeMap::new();
        for judged in judged {
            match judged {
                Ok((subject, of_subject)) => {
                    inputs.extend(of_subject.map(|of_subject| (subject.name.clone(), of_subject)));
                    subjects.push(subject);
                }
                Err(of_subject) => faults.extend(of_subject),
            }
        }
        faults.sort_by_key(|fault| fault.row);
        Ok(Checked { manifest: Self { path: path.to_owned(), subjects }, faults, inputs, notes })
    }
}

fn refused(fault: SheetFault) -> Failure {
    let is_column = matches!(fault, SheetFault::Column { .. });
    let mut failure = Failure::from(fault);
    if is_column {
        failure.hint =
            "A cohort's manifest has subject, visit, day or date, and visit_folder, or image and mask."
                .into();
    }
    failure
}

/// Subjects whose names differ in case alone would share files on some systems: all of them are told.
fn case_clashes(by_subject: &BTreeMap<String, Vec<Row>>) -> Vec<ManifestFault> {
    let mut alike: BTreeMap<String, Vec<&Row>> = BTreeMap::new();
    for rows in by_subject.values() {
        alike.entry(rows[0].subject.to_lowercase()).or_default().push(&rows[0]);
    }
    let mut faults = Vec::new();
    for group in alike.into_values().filter(|group| group.len() > 1) {
        for (n, row) in group.iter().enumerate() {
            let other = group[usize::from(n == 0)];
            let fault = RowFault::SubjectCase {
                subject: row.subject.clone(),
                other: other.subject.clone(),
                first: other.row,
            };
            faults.push(ManifestFault::new(row.row, Some(&row.subject), &fault));
        }
    }
    faults
}

/// What is allowed and may not be meant.
fn notes(by_subject: &BTreeMap<String, Vec<Row>>) -> Vec<String> {
    let mut notes = Vec::new();
    let mut tell = |what: &str, wanted: &dyn Fn(&str, &[Row]) -> bool| {
        let names: Vec<&str> = by_subject
            .iter()
            .filter(|(name, rows)| wanted(name, rows))
            .map(|(name, _)| name.as_str())
            .collect();
        if !names.is_empty() {
            let more = names.len().saturating_sub(5);
            let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
            notes.push(format!("{what}: {}{rest}.", names[..names.len() - more].join(", ")));
        }
    };
    let differs = |rows: &[Row], of: fn(&Row) -> &Option<String>| rows.iter().any(|r| of(r) != of(&rows[0]));
    tell("Visits of one subject are of different sites (the baseline's counts)", &|_, rows| {
        differs(rows, |r| &r.site)
    });
    tell("Visits of one subject are of different batches (the baseline's counts)", &|_, rows| {
        differs(rows, |r| &r.batch)
    });
    tell("visit.toml names another subject than the manifest, whose name counts", &|name, rows| {
        rows.iter().any(|r| r.said.as_ref().is_some_and(|s| s.subject.as_deref().is_some_and(|s| s != name)))
    });
    notes
}

/// A subject, and what its headers say where that is asked for.
type Judged = Result<(Subject, Option<Vec<VisitInputs>>), Vec<ManifestFault>>;

fn judge(rows: &[Row], windows: &[Window], options: &ReadOptions, check: &HeaderCheck) -> Judged {
    let name = &rows[0].subject;
    let tell = |(row, fault): &(usize, RowFault)| ManifestFault::new(*row, Some(name), fault);
    let told = |faults: Vec<(usize, RowFault)>| faults.iter().map(tell).collect::<Vec<_>>();
    let Planned { subject, places } = plan(rows, windows).map_err(told)?;
    if !check.is_of(name) {
        return Ok((subject, None));
    }
    let taking_part: Vec<&Row> = places.iter().map(|&n| &rows[n]).collect();
    let inputs = inputs(&taking_part, options).map_err(told)?;
    Ok((subject, Some(inputs)))
}

/// Files and headers of the visits that take part.
fn inputs(rows: &[&Row], options: &ReadOptions) -> Result<Vec<VisitInputs>, Vec<(usize, RowFault)>> {
    let mut faults = Vec::new();
    let mut read = Vec::new();
    for row in rows {
        match read_headers(row, options) {
            Ok(headers) => read.push(headers),
            Err(of_visit) => faults.extend(of_visit.into_iter().map(|fault| (row.row, fault))),
        }
    }
    if faults.is_empty() && !read.iter().any(|headers| headers.has_mask) {
        let visits: Vec<&str> = rows.iter().map(|row| row.visit.as_str()).collect();
        faults.push((rows[0].row, RowFault::NoMask(visits.join(", "))));
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let together: Vec<_> = rows.iter().copied().zip(&read).collect();
    let meanings = meanings(&together, options).map_err(|(n, fault)| vec![(rows[n].row, fault)])?;
    let (expected, _) = meanings[0];
    for (row, (found, _)) in rows.iter().zip(&meanings) {
        if *found != expected {
            let (found, expected) = (found.to_string(), expected.to_string());
            faults.push((row.row, RowFault::Modality { visit: row.visit.clone(), found, expected }));
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let with_facts = read.into_iter().zip(meanings).map(|(headers, (modality, units))| VisitInputs {
        files: headers.files,
        facts: VisitFacts { grid: headers.grid, units, modality },
    });
    Ok(with_facts.collect())
}
