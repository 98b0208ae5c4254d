//! Folders of DICOM as a cohort's manifest: a folder for each patient, in it one for each visit, in that the series, at
//! any depth.
//!
//! Names come from the folders where these say nothing of the patient. No date is written: who runs the manifest takes
//! days from the files.

use std::path::{Path, PathBuf};

use rayon::prelude::*;
use thiserror::Error;

use super::bids::{listed, natural};
use super::imported::{Imported, holder, line, seen_from};
use crate::diagnose::Diagnose;
use crate::io::{IoError, ReadOptions, Survey, VisitSource, check_found_name, shown_path, source_files};
use crate::jobs::Failure;
use crate::store::{Existing, StoreError, write_text};
use crate::visit::When;

/// What is asked.
#[derive(Clone, Debug)]
pub struct FoldersRequest {
    /// The folder that holds the patients' folders.
    pub folder: PathBuf,
    /// The manifest that is written.
    pub out: PathBuf,
    /// The series that is meant, by label or modality, where a visit has several.
    pub series: Option<String>,
    /// What happens to an existing manifest.
    pub existing: Existing,
}

/// Why folders give no manifest.
#[derive(Debug, Error)]
pub enum FoldersFault {
    /// A folder cannot be read.
    #[error("{}: {error}", shown_path(path))]
    File {
        /// Folder.
        path: PathBuf,
        /// Why not.
        error: std::io::Error,
    },
    /// There is no DICOM, and it is no data set of another kind.
    #[error("{}: there is neither a folder sub-* nor a patient's folder with DICOM", shown_path(.0))]
    NoDicom(PathBuf),
    /// All was left out.
    #[error("{}: no patient is left ({left_out})", shown_path(folder))]
    Nothing {
        /// The folder.
        folder: PathBuf,
        /// What was left out, and why.
        left_out: String,
    },
}

impl Diagnose for FoldersFault {
    fn code(&self) -> &'static str {
        match self {
            Self::File { .. } => "E-FOLDERS-FILE",
            Self::NoDicom(_) => "E-FOLDERS-NONE",
            Self::Nothing { .. } => "E-FOLDERS-EMPTY",
        }
    }
    fn hint(&self) -> String {
        match self {
            Self::File { .. } => "Check the path and its permissions.",
            Self::NoDicom(_) => {
                "Give the folder that holds a folder for each patient, and in it one for each visit."
            }
            Self::Nothing { .. } => {
                "A patient needs a folder with a harmless name, and regions drawn at one visit."
            }
        }
        .into()
    }
}

/// A folder with images.
struct Found {
    folder: PathBuf,
    survey: Survey,
    has_mask: bool,
}

/// A row of the manifest.
struct Visit {
    name: String,
    found: Found,
}

/// The patients that were taken, and what there is to say of them.
#[derive(Default)]
struct Taken {
    patients: Vec<(String, Vec<Visit>)>,
    left_out: Vec<String>,
    notes: Vec<String>,
    /// Patients whose baseline is the first by name.
    by_name: Vec<String>,
    /// Patients whose visits were numbered.
    numbered: Vec<String>,
}

/// Writes the manifest of folders of patients.
pub fn import(request: &FoldersRequest) -> Result<Imported, Failure> {
    if request.existing == Existing::Keep && request.out.exists() {
        return Err(StoreError::Occupied(request.out.clone()).into());
    }
    let options = ReadOptions { series: request.series.clone(), ..ReadOptions::default() };
    let folders = folders(&request.folder)?;
    let mut taken = Taken::default();
    for (n, folder) in folders.iter().enumerate() {
        let place = format!("patient folder {} of {}, in the order of their names", n + 1, folders.len());
        taken.take(folder, &place, &options)?;
    }
    if taken.patients.is_empty() {
        let folder = request.folder.clone();
        let left_out = taken.left_out.join("; ");
        let fault = if left_out.is_empty() {
            FoldersFault::NoDicom(folder)
        } else {
            FoldersFault::Nothing { folder, left_out }
        };
        return Err(fault.into());
    }
    write(request, &taken.patients)?;
    Ok(taken.told(request.out.clone()))
}

impl Taken {
    /// Takes a patient's folder, or says why not. Folders without DICOM are none.
    fn take(&mut self, folder: &Path, place: &str, options: &ReadOptions) -> Result<(), Failure> {
        let of_patient = folders(folder)?;
        let surveyed: Vec<Option<Found>> =
            of_patient.par_iter().map(|visit| look(visit, options)).collect::<Result<_, _>>()?;
        let mut found: Vec<Found> = surveyed.into_iter().flatten().collect();
        let one_study =
            |found: &[Found]| found.iter().all(|other| other.survey.shares_study(&found[0].survey));
        if found.is_empty() || (found.len() > 1 && one_study(&found)) {
            // The patient's folder holds one study itself, in folders of series or without any.
            found = look(folder, options)?.into_iter().collect();
        }
        if found.is_empty() {
            return Ok(());
        }
        let subject = name_of(folder);
        if let Err(fault) = check_found_name(&subject) {
            self.left_out.push(format!("{place}: its name cannot be a subject's ({fault}); rename it"));
            return Ok(());
        }
        if !found.iter().any(|visit| visit.has_mask) {
            self.left_out.push(format!("{subject}: no visit has an RTSTRUCT, a SEG or a mask"));
            return Ok(());
        }
        if let Some(shared) = found.iter().enumerate().find_map(|(n, visit)| {
            let earlier = found[..n].iter().position(|other| other.survey.shares_study(&visit.survey))?;
            Some((earlier + 1, n + 1))
        }) {
            let (first, second) = shared;
            self.left_out.push(format!(
                "{subject}: folders {first} and {second} of its visits hold images of one study; put them into one"
            ));
            return Ok(());
        }
        let is_dated = order(&mut found);
        match named(folder, found, is_dated) {
            None => self.left_out.push(format!(
                "{subject}: a folder of a visit has a name that cannot be used, and the visits cannot be numbered, for \
                 not all scans have a date; rename it"
            )),
            Some((visits, naming)) => {
                if !is_dated && visits.len() > 1 {
                    self.by_name.push(subject.clone());
                }
                if naming == Naming::Numbered {
                    self.numbered.push(subject.clone());
                }
                self.notes.extend(visits.iter().filter_map(|visit| to_do(&subject, visit)));
                self.patients.push((subject, visits));
            }
        }
        Ok(())
    }

    fn told(mut self, manifest: PathBuf) -> Imported {
        let visits = || self.patients.iter().flat_map(|(_, visits)| visits);
        if !self.by_name.is_empty() {
            self.notes.push(format!(
                "Without dates of all scans, the baseline is the first by name, and days are unknown: {}.",
                listed(&self.by_name)
            ));
        }
        if !self.numbered.is_empty() {
            self.notes.push(format!(
                "Folders of visits have names that do not go on from there (dates, UIDs): the visits are called t0, t1 \
                 and so on, by the dates of their scans: {}. The manifest holds the paths of these folders.",
                listed(&self.numbered)
            ));
        }
        Imported {
            manifest,
            subjects: self.patients.len(),
            visits: visits().count(),
            masks: visits().filter(|visit| visit.found.has_mask).count(),
            dates: visits().filter(|visit| visit.found.survey.when() != When::Unknown).count(),
            left_out: self.left_out,
            notes: self.notes,
        }
    }
}

/// Looks into a folder of a visit; none where there are no images.
fn look(folder: &Path, options: &ReadOptions) -> Result<Option<Found>, IoError> {
    let Some(survey) = Survey::of(folder, options)? else { return Ok(None) };
    let beside = || source_files(&VisitSource::new(folder), options).is_ok_and(|files| files.has_mask());
    Ok(Some(Found { folder: folder.to_owned(), has_mask: survey.has_regions() || beside(), survey }))
}

/// Puts visits in order, the baseline first: by date where all have one, else by name.
fn order(found: &mut [Found]) -> bool {
    let first = found[0].survey.when();
    let days: Option<Vec<f64>> = found.iter().map(|visit| first.days_until(visit.survey.when())).collect();
    let by_name = |a: &Found, b: &Found| natural(&name_of(&a.folder), &name_of(&b.folder));
    found.sort_by(by_name);
    if days.is_some() {
        let day = |visit: &Found| first.days_until(visit.survey.when()).unwrap_or_default();
        found.sort_by(|a, b| day(a).total_cmp(&day(b)));
    }
    days.is_some()
}

/// Where the names of visits are from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Naming {
    Folders,
    Numbered,
}

/// Names visits by their folders, or numbers them where a folder's name must not go on from here and their order is
/// sure.
fn named(patient: &Path, found: Vec<Found>, is_dated: bool) -> Option<(Vec<Visit>, Naming)> {
    let is_whole = found.iter().any(|visit| visit.folder == patient);
    let harmless = found.iter().all(|visit| check_found_name(&name_of(&visit.folder)).is_ok());
    let naming = if harmless && !is_whole { Naming::Folders } else { Naming::Numbered };
    if naming == Naming::Numbered && !is_dated && found.len() > 1 {
        return None;
    }
    let name = |(n, found): (usize, Found)| Visit {
        name: match naming {
            Naming::Folders => name_of(&found.folder),
            Naming::Numbered => format!("t{n}"),
        },
        found,
    };
    // A patient's only folder is t0 without a word.
    let told = if is_whole { Naming::Folders } else { naming };
    Some((found.into_iter().enumerate().map(name).collect(), told))
}

/// What is left to do before a visit can be measured.
fn to_do(subject: &str, visit: &Visit) -> Option<String> {
    let survey = &visit.found.survey;
    let problem = survey.problem()?;
    let way_on = if survey.is_open() { " Fill the column series of its row: a label as listed." } else { "" };
    Some(format!("{subject}, {}: {}.{way_on}", visit.name, problem.trim_end_matches('.')))
}

/// Writes the manifest, whose paths are relative to its folder.
fn write(request: &FoldersRequest, patients: &[(String, Vec<Visit>)]) -> Result<(), Failure> {
    let holder = holder(&request.out);
    let mut text = String::from("subject,visit,visit_folder,series,baseline\n");
    for (subject, visits) in patients {
        for (n, visit) in visits.iter().enumerate() {
            let folder = seen_from(holder, &visit.found.folder)
                .map_err(|(path, error)| FoldersFault::File { path, error })?;
            let series = visit.found.survey.label().unwrap_or_default().to_owned();
            text += &line([subject.clone(), visit.name.clone(), folder, series, (n == 0).to_string()]);
        }
    }
    write_text(&request.out, &text)?;
    Ok(())
}

/// The folders in a folder, by name, without hidden ones.
fn folders(folder: &Path) -> Result<Vec<PathBuf>, FoldersFault> {
    let fault = |error| FoldersFault::File { path: folder.to_owned(), error };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(fault)? {
        let path = entry.map_err(fault)?.path();
        if path.is_dir() && !name_of(&path).starts_with('.') {
            found.push(path);
        }
    }
    found.sort_by(|a, b| natural(&name_of(a), &name_of(b)));
    Ok(found)
}

fn name_of(path: &Path) -> String {
    path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}
