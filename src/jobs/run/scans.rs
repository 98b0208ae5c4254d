//! The visits of a run: read, described, and agreed with each other.

use std::path::{Path, PathBuf};

use super::error::RunError;
use super::provenance::RUN_FILE;
use super::request::{Alignment, RunRequest, VisitRequest, subject_of_paths};
use crate::diagnose;
use crate::io::{
    MaskPath, check_known_regions, check_name, describe_intensities, read_visit, settle_modality,
};
use crate::jobs::Failure;
use crate::record::{MaskSource, Modality, Units};
use crate::visit::{Visit, decide_roles};

/// The visits of a run, the baseline first.
#[derive(Debug)]
pub struct Scans {
    /// Subject, where known.
    pub subject: Option<String>,
    /// The visits.
    pub visits: Vec<Visit>,
}

impl Scans {
    /// The first visit.
    pub fn baseline(&self) -> &Visit {
        &self.visits[0]
    }
    /// The later visits.
    pub fn followups(&self) -> &[Visit] {
        &self.visits[1..]
    }
}

/// Reads all visits of a request.
pub fn read(request: &RunRequest) -> Result<Scans, Failure> {
    let modality = modality_named(request.modality.as_deref())?;
    let units = units_named(request.units.as_deref())?;
    if let Some(name) = &request.subject {
        check_name(name).map_err(|fault| RunError::SubjectName { name: name.clone(), fault })?;
    }
    let mut visits = Vec::new();
    for (n, asked) in request.visits.iter().enumerate() {
        let mut visit = read_visit(&asked.source, &request.reading)?;
        if n > 0 && asked.source.mask.as_ref().is_some_and(|mask| is_mask_of_a_result(mask)) {
            visit.structures.iter_mut().for_each(|s| s.source = MaskSource::Edited);
            visit.notes.push(
                "The mask was made by an earlier run and given back: all its contours count as edited ones."
                    .into(),
            );
        }
        describe(&mut visit, asked);
        visits.push(visit);
    }
    check_known_regions(&visits)?;
    settle_modality(&mut visits, modality, units);
    let subject = agree_on_subject(request, &visits)?;
    check_regions(request, &visits)?;
    decide_roles(&mut visits, request.lesion.as_deref());
    name_apart(&mut visits);
    Ok(Scans { subject, visits })
}

/// What is said of a visit goes before what its own files say.
fn describe(visit: &mut Visit, asked: &VisitRequest) {
    if let Some(name) = &asked.name {
        visit.name.clone_from(name);
    }
    if let Some(when) = asked.when {
        visit.when = when;
    }
    describe_intensities(visit, asked.modality, asked.units);
}

/// Whether a mask is one of those that a run wrote: `OUT/masks/...` beside `OUT/run.json`.
pub fn is_mask_of_a_result(mask: &Path) -> bool {
    let mask = MaskPath::of(mask).file;
    // Whole paths: in `OUT/masks`, a mask's own path names neither folder.
    let whole = mask.canonicalize().unwrap_or_else(|_| mask.into_owned());
    whole.parent().and_then(Path::parent).is_some_and(|out| out.join(RUN_FILE).is_file())
}

/// The modality of this name; PET and SPECT are read as DICOM's PT and NM.
pub fn modality_named(word: Option<&str>) -> Result<Option<Modality>, RunError> {
    let known: Vec<&str> = Modality::ALL.iter().map(|m| m.word()).chain(["PET", "SPECT"]).collect();
    known_word("--modality", word, &known, |w| match w.to_uppercase().as_str() {
        "PET" => Some(Modality::Pt),
        "SPECT" => Some(Modality::Nm),
        other => Modality::from_word(other),
    })
}

/// The units of this name.
pub fn units_named(word: Option<&str>) -> Result<Option<Units>, RunError> {
    let known: Vec<&str> = Units::ALL.iter().map(|u| u.word()).collect();
    known_word("--units", word, &known, Units::from_word)
}

/// A word of the command line, or what was probably meant.
pub fn known_word<T>(
    option: &'static str,
    word: Option<&str>,
    known: &[&str],
    find: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, RunError> {
    let Some(word) = word else { return Ok(None) };
    find(word).map(Some).ok_or_else(|| RunError::UnknownWord {
        option,
        word: word.to_owned(),
        known: known.join(", "),
        nearest: diagnose::nearest(word, known.iter().copied()).map(str::to_owned),
    })
}

/// The path that a user gave for visit `n`.
fn path_of(request: &RunRequest, n: usize) -> PathBuf {
    request.visits[n].source.path.clone()
}

fn agree_on_subject(request: &RunRequest, visits: &[Visit]) -> Result<Option<String>, RunError> {
    let declared = visits.iter().find_map(|v| v.subject.clone());
    for (n, visit) in visits.iter().enumerate() {
        if let (Some(found), Some(expected)) = (&visit.subject, &declared)
            && found != expected
        {
            let (path, found, expected) = (path_of(request, n), found.clone(), expected.clone());
            return Err(RunError::Subject { path, found, expected });
        }
    }
    Ok(request.subject.clone().or(declared).or_else(|| subject_of_paths(&request.visits)))
}

fn check_regions(request: &RunRequest, visits: &[Visit]) -> Result<(), RunError> {
    if visits.iter().all(|v| v.structures.is_empty()) {
        return Err(RunError::NoRegion(path_of(request, 0)));
    }
    if request.alignment == Alignment::Skipped && visits.len() > 1 {
        let bare = |v: &Visit| v.structures.is_empty() && v.absent.is_empty();
        if let Some(n) = visits.iter().position(bare) {
            return Err(RunError::NoMask(path_of(request, n)));
        }
    }
    if let Some(lesion) = &request.lesion {
        let mut present: Vec<&str> =
            visits.iter().flat_map(|v| v.structures.iter().map(|s| s.name.as_str())).collect();
        present.sort_unstable();
        present.dedup();
        if !present.contains(&lesion.as_str()) {
            return Err(RunError::NoSuchLesion { name: lesion.clone(), present: present.join(", ") });
        }
    }
    Ok(())
}

/// Visits of one name (the same folder twice, or `a/scan` and `b/scan`) are told apart by a number.
fn name_apart(visits: &mut [Visit]) {
    for n in 1..visits.len() {
        let plain = visits[n].name.clone();
        let mut number = 2;
        while visits[..n].iter().any(|v| v.name == visits[n].name) {
            visits[n].name = format!("{plain}_{number}");
            number += 1;
        }
        if visits[n].name != plain {
            let note = format!("Two visits are called {plain}; this one is {} here.", visits[n].name);
            visits[n].notes.push(note);
        }
    }
}
