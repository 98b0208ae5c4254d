//! `qa.html` of a study: what the page of a cohort is made from, gathered from the study's own files.
//!
//! Nothing is read but what lies in the study, and no name of a folder or machine goes into it: a study has the same
//! page wherever it lies.

use std::path::Path;

use super::freeze::{OfModality, STUDY_FILE, StudyFile};
use super::state::PATIENTS;
use super::subjects::StudySubjects;
use crate::features::settings::{Dimension, ResolvedSampling};
use crate::jobs::Failure;
use crate::jobs::run::RunFile;
use crate::record::{CohortQaRow, FailureRow, Modality};
use crate::report::cohort::{
    CohortPage, DifferentHash, MOST_TILES, ModalitySettings, PairView, StudySettings, Tile, render,
    worst_first,
};
use crate::store::write_text;

/// Name of the page in a study.
pub const PAGE: &str = "qa.html";

/// Writes the page of a study whose rows of `qa.csv` and `failures.csv` these are, whole or not at all.
pub fn write(study: &Path, rows: &[CohortQaRow], failures: &[FailureRow]) -> Result<(), Failure> {
    Ok(write_text(&study.join(PAGE), &page(study, rows, failures)?)?)
}

/// The page as text, for a caller that lets several files take their places together.
pub fn page(study: &Path, rows: &[CohortQaRow], failures: &[FailureRow]) -> Result<String, Failure> {
    let subjects = StudySubjects::read(study)?.map_or_else(Vec::new, |of| of.subjects);
    let file = StudyFile::read(study)?;
    let mut notes = Vec::new();
    if file.is_none() {
        notes.push(format!("{STUDY_FILE} is not there: the settings of the study are not known."));
    }
    let pairs = pairs(study, rows, &mut notes);
    Ok(render(&CohortPage {
        version: env!("CARGO_PKG_VERSION").into(),
        study: None,
        failures: failures.to_vec(),
        visits: subjects.iter().flat_map(|subject| subject.records.iter().cloned()).collect(),
        subjects: subjects.into_iter().map(|subject| subject.name).collect(),
        settings: file.map_or_else(StudySettings::default, |file| settings(study, &file, rows)),
        pairs,
        notes,
    }))
}

/// The pairs; those of the worst alignments with their pictures.
fn pairs(study: &Path, rows: &[CohortQaRow], notes: &mut Vec<String>) -> Vec<PairView> {
    let all: Vec<&CohortQaRow> = rows.iter().collect();
    let mut pairs: Vec<PairView> = rows.iter().map(|row| PairView { row: row.clone(), tile: None }).collect();
    let mut broken = Vec::new();
    for at in worst_first(&all).into_iter().take(MOST_TILES) {
        match tile(study, &rows[at]) {
            Some(tile) => pairs[at].tile = Some(tile),
            None => broken.push(rows[at].subject.as_str()),
        }
    }
    broken.sort_unstable();
    broken.dedup();
    if !broken.is_empty() {
        notes.push(format!("The picture of an alignment could not be read of: {}.", broken.join(", ")));
    }
    pairs
}

/// The picture that a run leaves of an alignment.
fn tile(study: &Path, row: &CohortQaRow) -> Option<Tile> {
    let followup = row.followup_visit.as_ref()?;
    let images = study.join(PATIENTS).join(&row.key).join("images");
    let file = std::fs::read(images.join(format!("{followup}_alignment.png"))).ok()?;
    Tile::from_png(&file).ok()
}

fn settings(study: &Path, file: &StudyFile, rows: &[CohortQaRow]) -> StudySettings {
    StudySettings {
        windows: file.windows.clone(),
        modalities: file.modality.iter().map(|(modality, of)| modality_settings(*modality, of)).collect(),
        differing: differing(study, file, rows),
        command: command(file),
        further: file.options.iter().map(|(label, value)| (label.replace('_', " "), value.clone())).collect(),
    }
}

fn modality_settings(modality: Modality, of: &OfModality) -> ModalitySettings {
    let hashes: Vec<String> =
        of.measurement_hash.iter().map(|(units, hash)| format!("{} ({units})", hash.as_str())).collect();
    ModalitySettings {
        modality,
        protocol: of.protocol.clone(),
        sampling: in_words(&of.frozen().sampling),
        why: of.why.clone(),
        measurement_hash: hashes.join(", "),
    }
}

fn in_words(sampling: &ResolvedSampling) -> String {
    let axis = |mm: &Option<f64>| mm.map_or_else(|| "each scan's own".to_owned(), |mm| mm.to_string());
    let spacing: Vec<String> = sampling.spacing_mm.iter().map(axis).collect();
    let texture = match sampling.dimension {
        Dimension::InPlane => "texture within slices",
        Dimension::Volume => "texture in the volume",
    };
    format!("{} mm (right, anterior, superior), {texture}", spacing.join(" \u{d7} "))
}

/// The command that goes on with the study; where manifest and study lie is known to the reader alone.
fn command(file: &StudyFile) -> String {
    let windows = file.windows.iter().map(|window| format!("--window \"{window}\""));
    std::iter::once("delta cohort run MANIFEST --out STUDY".to_owned())
        .chain(windows)
        .collect::<Vec<_>>()
        .join(" ")
}

/// Patients whose results were measured otherwise than the study asks: they must not be compared with the others.
fn differing(study: &Path, file: &StudyFile, rows: &[CohortQaRow]) -> Vec<DifferentHash> {
    let mut differing: Vec<DifferentHash> = Vec::new();
    for row in rows {
        let Some(run) = RunFile::read(&study.join(PATIENTS).join(&row.key)) else { continue };
        let of = file.modality.get(&row.modality);
        let is_known = of.is_some_and(|of| of.measurement_hash.values().any(|h| *h == run.measurement_hash));
        let is_told = differing.iter().any(|d| d.subject == row.subject && d.modality == row.modality);
        if !is_known && !is_told {
            differing.push(DifferentHash {
                subject: row.subject.clone(),
                modality: row.modality,
                measurement_hash: run.measurement_hash.as_str().to_owned(),
            });
        }
    }
    differing
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jobs::cohort::subjects::{SUBJECTS_FILE, StudySubject};
    use crate::report::cohort::testing;

    #[test]
    fn a_study_s_files_give_pictures_failures_and_visits_wherever_it_lies() {
        let made = testing::study(14);
        let subjects = StudySubjects {
            schema: 1,
            subjects: made
                .subjects
                .iter()
                .map(|name| StudySubject {
                    name: name.clone(),
                    site: None,
                    batch: None,
                    group: None,
                    records: made.visits.iter().filter(|v| v.subject == *name).cloned().collect(),
                    set_aside: None,
                })
                .collect(),
        };
        let rows: Vec<CohortQaRow> = made.pairs.into_iter().map(|pair| pair.row).collect();
        let picture = Path::new(env!("CARGO_MANIFEST_DIR")).join("reports/phantom_alignment.png");
        let failure = FailureRow {
            subject: "P013".into(),
            key: "P013".into(),
            code: "E-NIFTI-TRUNCATED".into(),
            fact: "P013/t1/image.nii.gz: it ends too early".into(),
            hint: "Copy it again.".into(),
        };
        let pages = [(); 2].map(|()| {
            let study = tempfile::tempdir().unwrap();
            std::fs::write(study.path().join(SUBJECTS_FILE), subjects.to_json().unwrap()).unwrap();
            let worst = rows.iter().find(|row| row.subject == "P007").unwrap();
            let images = study.path().join(PATIENTS).join(&worst.key).join("images");
            std::fs::create_dir_all(&images).unwrap();
            std::fs::copy(&picture, images.join("t1_alignment.png")).unwrap();
            write(study.path(), &rows, std::slice::from_ref(&failure)).unwrap();
            std::fs::read_to_string(study.path().join(PAGE)).unwrap()
        });
        let [page, other] = pages;
        assert_eq!(page, other);
        assert_eq!(page.matches("data:image/png;base64,").count(), 2, "among the worst, and on the sheet");
        for words in
            ["E-NIFTI-TRUNCATED", "14 patients in the manifest, 13 measured, 1 failed.", "study.toml is not"]
        {
            assert!(page.contains(words), "{words}");
        }
    }
}
