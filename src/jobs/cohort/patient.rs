//! One patient of a study: what its result stands under, whether it is there already, and the run that makes it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::error::StudyError;
use super::freeze::OfModality;
use super::headers::VisitInputs;
use super::inputs::Hashed;
use super::key::{Basis, PatientKey};
use super::manifest::Subject;
use super::request::Retry;
use super::settings::{Settings, modality_of};
use super::state::{Again, PATIENTS, PatientOutcome, PatientState};
use crate::diagnose::Exit;
use crate::io::{MaskPath, shown_path};
use crate::jobs::run::{self, RegionInTrouble, RunFile, RunRequest};
use crate::jobs::{Failure, Silent};
use crate::record::QaVerdict;

/// How long to wait before looking again whether another process has finished a patient.
const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// A patient whose inputs are known.
#[derive(Debug)]
pub struct Patient<'a> {
    /// Who it is.
    pub subject: &'a Subject,
    inputs: &'a [VisitInputs],
    settings: &'a Settings,
    decided: &'a OfModality,
    hashed: Hashed,
    key: PatientKey,
}

/// What a patient's result says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResultFacts {
    /// Verdict of the alignment per pair; none where nothing was aligned.
    pub alignment: BTreeMap<String, QaVerdict>,
    /// Regions of which a follow-up has no values.
    pub in_trouble: Vec<RegionInTrouble>,
}

impl<'a> Patient<'a> {
    /// Hashes the inputs of a patient and gives it its key.
    pub fn new(
        subject: &'a Subject,
        inputs: &'a [VisitInputs],
        settings: &'a Settings,
        decided: &'a OfModality,
    ) -> Result<Self, Failure> {
        let hashed = Hashed::of(inputs.iter().flat_map(|visit| &visit.files))?;
        let request = settings.run_request(subject, inputs, decided, hashed.known());
        let modality = modality_of(inputs);
        let files: Vec<Vec<PathBuf>> = inputs.iter().map(|visit| visit.files.clone()).collect();
        let key = PatientKey::of(Basis {
            subject: &subject.name,
            request: &request,
            protocol: &settings.protocol(modality),
            gate_sha256: settings.gate_sha256(modality),
            files: &files,
            known: &request.known,
        })?;
        Ok(Self { subject, inputs, settings, decided, hashed, key })
    }

    /// The name of its folder.
    pub fn key(&self) -> String {
        self.key.to_string()
    }

    /// What is known of it already and need not be found out again.
    pub fn known(&self, study: &Path, retry: Retry) -> Option<PatientState> {
        let key = self.key();
        if result_facts(study, &key).is_some() {
            return Some(PatientState::measured(&self.subject.name, &key));
        }
        let state = PatientState::read(study, &self.subject.name)?;
        let stays = matches!(state.outcome, PatientOutcome::Failed { again: Again::WhenChanged, .. });
        (stays && state.key == key && retry == Retry::WhenChanged).then_some(state)
    }

    /// Whether a failure is not the patient's but that of the place where all results go, or of the machine: then
    /// nothing else can succeed. Of the surroundings only a file that the patient alone has is the patient's own.
    pub fn stops_the_study(&self, failure: &Failure, study: &Path) -> bool {
        failure.exit == Exit::Surroundings
            && (is_about(failure, study) || !self.places().any(|place| is_about(failure, &place)))
    }

    /// Where its inputs lie.
    fn places(&self) -> impl Iterator<Item = Cow<'_, Path>> {
        let visits = self.subject.visits.iter().map(|visit| &visit.source);
        let given = visits.flat_map(|source| [Some(&source.path), source.mask.as_ref()]).flatten();
        self.inputs.iter().flat_map(|visit| &visit.files).chain(given).map(|path| MaskPath::of(path).file)
    }

    /// Measures it into the study, inside the pool of threads of whoever calls; the key under which the result
    /// stands.
    pub fn measure(&self, study: &Path) -> Result<String, Failure> {
        if self.hashed.still_holds()? {
            self.measure_under(&self.key(), self.hashed.known(), study)?;
            return Ok(self.key());
        }
        let now = Self::new(self.subject, self.inputs, self.settings, self.decided)?;
        now.measure_under(&now.key(), now.hashed.known(), study)?;
        Ok(now.key())
    }

    fn measure_under(&self, key: &str, known: run::KnownHashes, study: &Path) -> Result<(), Failure> {
        let request = RunRequest {
            out: Some(study.join(PATIENTS).join(key)),
            ..self.settings.run_request(self.subject, self.inputs, self.decided, known)
        };
        loop {
            match run::run(&request, &Silent) {
                Ok(_) => return Ok(()),
                // Shards of another split meet at a patient: the one that came first measures it.
                Err(failure) if failure.code == "E-OUT-LOCKED" => {}
                Err(failure) => return Err(failure),
            }
            while is_in_work(study, key) {
                std::thread::sleep(LOOK_AGAIN);
            }
            if result_facts(study, key).is_some() {
                return Ok(());
            }
        }
    }
}

/// What a patient's result says of itself; none where it has none.
pub fn result_facts(study: &Path, key: &str) -> Option<ResultFacts> {
    let run = RunFile::read(&study.join(PATIENTS).join(key))?;
    Some(ResultFacts { alignment: run.alignment, in_trouble: run.in_trouble })
}

/// Whether some process is making a patient's result.
fn is_in_work(study: &Path, key: &str) -> bool {
    let prefix = format!("{key}.partial-");
    let Ok(entries) = std::fs::read_dir(study.join(PATIENTS)) else { return false };
    entries.flatten().any(|entry| {
        entry.file_name().to_string_lossy().starts_with(&prefix)
            && std::fs::File::open(entry.path()).is_ok_and(|folder| folder.try_lock_shared().is_err())
    })
}

/// Whether a failure names this file, or one below this folder.
fn is_about(failure: &Failure, place: &Path) -> bool {
    let as_it_is = failure.fact.strip_prefix(&*place.to_string_lossy());
    let rest = as_it_is.or_else(|| failure.fact.strip_prefix(&*shown_path(place)));
    rest.is_some_and(|rest| rest.starts_with([':', std::path::MAIN_SEPARATOR]))
}

/// A panic as the failure of the patient that it came from.
pub fn panicked(subject: &str, said: String) -> Failure {
    StudyError::Panicked { subject: subject.to_owned(), said }.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_about_what_it_names_and_not_about_a_namesake() {
        let failure = |fact: &str| Failure {
            code: "E-OUT-SYSTEM".into(),
            fact: fact.into(),
            hint: String::new(),
            exit: Exit::Surroundings,
        };
        let study = Path::new("out/study");
        assert!(is_about(&failure("out/study/patients/P1-ab.partial-3: no space left"), study));
        assert!(is_about(&failure("out/study: permission denied"), study));
        assert!(!is_about(&failure("out/study2/P1/t0/image.nii.gz: permission denied"), study));
        assert!(!is_about(&failure("scans/P1/t0/image.nii.gz: permission denied"), Path::new("s")));
    }
}
