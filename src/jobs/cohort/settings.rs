//! What a request means for the patients of each modality: checked before any patient is touched.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::error::StudyError;
use super::freeze::{Asked, AskedGate, OfModality, StudyFile};
use super::headers::VisitInputs;
use super::manifest::{Checked, Subject};
use super::request::CohortRequest;
use super::windows::{Window, check_windows};
use crate::delta::gate::Gate;
use crate::features::sampling::VisitFacts;
use crate::jobs::Failure;
use crate::jobs::run::{
    KnownHashes, RunContext, RunRequest, VisitRequest, check_words, described, modality_named,
};
use crate::protocol::Protocol;
use crate::record::Modality;
use crate::store::{Existing, hash_file};

/// What is asked, checked.
#[derive(Debug)]
pub struct Settings {
    /// Windows of visits.
    pub windows: Vec<Window>,
    /// What is asked for every patient alike.
    template: RunRequest,
    /// The protocol of all modalities that have none of their own.
    protocol: Option<NamedProtocol>,
    protocols: BTreeMap<Modality, NamedProtocol>,
    gates: BTreeMap<Modality, PlannedGate>,
}

/// A protocol and the word that it was asked for by.
#[derive(Clone, Debug)]
struct NamedProtocol {
    word: String,
    protocol: Protocol,
}

#[derive(Debug)]
struct PlannedGate {
    file: PathBuf,
    sha256: String,
    gate: Gate,
}

impl Settings {
    /// Checks the words and the small files of a request.
    pub fn of(request: &CohortRequest) -> Result<Self, Failure> {
        let windows: Vec<Window> = request.windows.iter().map(|w| w.parse()).collect::<Result<_, _>>()?;
        check_windows(&windows)?;
        let template = RunRequest {
            rc_bound: request.rc_bound,
            perturb: request.perturb.clone(),
            lesion_contour: request.lesion_contour,
            acceptance: request.acceptance,
            alignment: request.alignment.clone(),
            checking: request.checking,
            reading: request.reading.clone(),
            existing: Existing::Replace,
            context: RunContext::Cohort,
            ..RunRequest::new(Vec::new())
        };
        check_words(&template)?;
        let mut protocol = None;
        let mut protocols = BTreeMap::new();
        for asked in &request.protocols {
            let (modality, word) = split(asked);
            let named = NamedProtocol { word: word.to_owned(), protocol: Protocol::load(word)? };
            match modality {
                None if protocol.is_some() => return Err(StudyError::TwiceForAll("--protocol").into()),
                None => protocol = Some(named),
                Some(modality) => {
                    if protocols.insert(modality, named).is_some() {
                        return Err(StudyError::Twice { option: "--protocol", modality }.into());
                    }
                }
            }
        }
        let mut gates = BTreeMap::new();
        for file in &request.gates {
            let gate = Gate::read(file)?;
            let modality = gate.modality;
            let planned = PlannedGate { file: file.clone(), sha256: hash_file(file)?, gate };
            if gates.insert(modality, planned).is_some() {
                return Err(StudyError::Twice { option: "--gate", modality }.into());
            }
        }
        Ok(Self { windows, template, protocol, protocols, gates })
    }

    /// The protocol of a modality.
    pub fn protocol(&self, modality: Modality) -> Protocol {
        match self.named(modality) {
            Some(named) => named.protocol.clone(),
            None => Protocol::default_for(modality),
        }
    }

    fn named(&self, modality: Modality) -> Option<&NamedProtocol> {
        self.protocols.get(&modality).or(self.protocol.as_ref())
    }

    /// SHA-256 of a modality's gate.
    pub fn gate_sha256(&self, modality: Modality) -> Option<&str> {
        self.gates.get(&modality).map(|gate| gate.sha256.as_str())
    }

    /// Decides the study over the scans of a manifest; what an `earlier` decision holds may stay.
    pub fn decide(
        &self,
        request: &CohortRequest,
        checked: &Checked,
        earlier: Option<&StudyFile>,
    ) -> Result<StudyFile, Failure> {
        let mut scans: BTreeMap<Modality, Vec<VisitFacts>> = BTreeMap::new();
        for inputs in checked.inputs.values() {
            let facts = inputs.iter().map(|visit| visit.facts.clone());
            scans.entry(modality_of(inputs)).or_default().extend(facts);
        }
        let asked: BTreeMap<Modality, Asked> =
            scans.into_iter().map(|(modality, scans)| (modality, self.asked(modality, scans))).collect();
        let windows = self.windows.iter().map(ToString::to_string).collect();
        let study = StudyFile::decide(windows, self.options(), &asked, earlier, request.sampling);
        for modality in asked.keys() {
            self.check_gate(*modality, &study.modality[modality])?;
        }
        Ok(study)
    }

    fn asked(&self, modality: Modality, scans: Vec<VisitFacts>) -> Asked {
        let gate = self.gates.get(&modality).map(|planned| AskedGate {
            sha256: planned.sha256.clone(),
            sampling: planned.gate.measurement.as_ref().map(|of| of.sampling.clone()),
        });
        Asked { protocol: self.protocol(modality), gate, scans }
    }

    /// What is asked for all patients alike, as options and values.
    fn options(&self) -> BTreeMap<String, String> {
        let mut options = described(&self.template);
        options.remove("context");
        options
    }

    /// A gate that serves no patient is refused once, not once per patient.
    fn check_gate(&self, modality: Modality, decided: &OfModality) -> Result<(), Failure> {
        let Some(planned) = self.gates.get(&modality) else { return Ok(()) };
        for hash in decided.measurement_hash.values() {
            planned.gate.check_serves(planned.file.clone(), hash, modality)?;
        }
        Ok(())
    }

    /// What was said of modalities that no patient has, in sentences.
    pub fn unused(&self, study: &StudyFile) -> Vec<String> {
        let mut notes = Vec::new();
        for modality in self.gates.keys().filter(|m| !study.modality.contains_key(m)) {
            notes.push(format!("A gate for {modality} was given, and no patient has {modality}."));
        }
        for modality in self.protocols.keys().filter(|m| !study.modality.contains_key(m)) {
            notes.push(format!("A protocol for {modality} was given, and no patient has {modality}."));
        }
        notes
    }

    /// What `delta run` is asked for one patient; where the result goes is said later.
    pub fn run_request(
        &self,
        subject: &Subject,
        inputs: &[VisitInputs],
        decided: &OfModality,
        mut known: KnownHashes,
    ) -> RunRequest {
        let modality = modality_of(inputs);
        let visits = subject.visits.iter().map(|visit| VisitRequest {
            source: visit.source.clone(),
            name: Some(visit.name.clone()),
            when: visit.when,
            modality: visit.modality,
            units: visit.units,
        });
        let gate = self.gates.get(&modality);
        if let Some(gate) = gate {
            known.insert(gate.file.clone(), gate.sha256.clone());
        }
        let mut request = RunRequest {
            visits: visits.collect(),
            subject: Some(subject.name.clone()),
            protocol: self.named(modality).map(|named| named.word.clone()),
            gate: gate.map(|gate| gate.file.clone()),
            sampling: Some(decided.frozen()),
            known,
            ..self.template.clone()
        };
        if gate.is_some() {
            // Noise of repeated scans says more than that of perturbed copies, which other modalities may have.
            request.perturb.copies = None;
        }
        request
    }
}

/// The modality of a patient: that of its baseline. A patient of several is refused with the manifest.
pub fn modality_of(inputs: &[VisitInputs]) -> Modality {
    inputs.first().map_or(Modality::Ot, |visit| visit.facts.modality)
}

/// `CT=my.toml`, or a protocol for all modalities.
fn split(asked: &str) -> (Option<Modality>, &str) {
    match asked.split_once('=') {
        Some((word, protocol)) => match modality_named(Some(word)) {
            Ok(Some(modality)) => (Some(modality), protocol),
            _ => (None, asked),
        },
        None => (None, asked),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_protocol_may_be_of_one_modality() {
        assert_eq!(split("CT=my.toml"), (Some(Modality::Ct), "my.toml"));
        assert_eq!(split("pet=pet"), (Some(Modality::Pt), "pet"));
        assert_eq!(split("a=b.toml"), (None, "a=b.toml"));
        assert_eq!(split("ct"), (None, "ct"));
    }
}
