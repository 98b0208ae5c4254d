//! Everything that is decided before a run computes: settings, noise limits, names, and what the result must match.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::band::{self, PlannedBand};
use super::derived;
use super::error::RunError;
use super::provenance::{Input, RunFile, ShownPath, hash_known_inputs, hash_of};
use super::request::{
    Alignment, InitialRequest, RunContext, RunRequest, TableFormat, VisitRequest, default_out,
};
use super::scans::{Scans, known_word};
use crate::delta::contour::LesionContour;
use crate::delta::gate::Gate;
use crate::features::frozen::ALIKE;
use crate::features::sampling::{SamplingDecision, VisitFacts, millimetres};
use crate::features::settings::{ResolvedMeasurement, Spacing, SpacingWord};
use crate::io::landmarks::{Landmark, read_landmarks};
use crate::io::{MaskPath, read_map, shown_path};
use crate::jobs::{Checking, Failure};
use crate::protocol::Protocol;
use crate::record::MeasurementHash;
use crate::register::settings::{Preset, RegisterSection, RegisterSettings};
use crate::store::hash_file;
use crate::transform::Chain;

/// What can be checked before a single voxel is read.
#[derive(Debug)]
pub struct Beforehand {
    protocol: Option<Protocol>,
    preset: Option<Preset>,
    gate: Option<Gate>,
    band: Option<PlannedBand>,
    landmarks: Vec<Landmark>,
    initial: Vec<Chain>,
}

/// Reads the small files of a request and checks its words.
pub fn beforehand(request: &RunRequest) -> Result<Beforehand, Failure> {
    let preset = preset_named(request.preset.as_deref())?;
    let protocol = request.protocol.as_deref().map(Protocol::load).transpose()?;
    let gate = request.gate.as_deref().map(Gate::read).transpose()?;
    let landmarks = match &request.landmarks {
        Some(file) => read_landmarks(file)?,
        None => Vec::new(),
    };
    let read = |start: &InitialRequest| Ok(read_map(&start.file, &request.reading)?.chain);
    let initial = request.initial.iter().map(read).collect::<Result<_, Failure>>()?;
    Ok(Beforehand { protocol, preset, gate, band: band::planned(request)?, landmarks, initial })
}

/// Checks the words and the small files of a request, without its visits.
pub fn check_words(request: &RunRequest) -> Result<(), Failure> {
    beforehand(request).map(|_| ())
}

/// The registration preset of this name.
pub fn preset_named(word: Option<&str>) -> Result<Option<Preset>, RunError> {
    let names: Vec<&str> = Preset::ALL.iter().map(|p| p.word()).collect();
    known_word("--preset", word, &names, Preset::from_word)
}

/// A decided run.
#[derive(Debug)]
pub struct Plan {
    /// Settings, as far as they could be decided without the scans.
    pub protocol: Protocol,
    /// Registration.
    pub registration: RegisterSettings,
    /// Hash of the registration's settings.
    pub registration_hash: String,
    /// Measurement, decided over all visits.
    pub measurement: ResolvedMeasurement,
    /// Its hash.
    pub hash: MeasurementHash,
    /// Why it was decided so.
    pub sampling: SamplingDecision,
    /// Noise limits.
    pub gate: Option<Gate>,
    /// The noise band that is made instead.
    pub band: Option<PlannedBand>,
    /// Points seen in both scans.
    pub landmarks: Vec<Landmark>,
    /// Per follow-up, the maps that are tried as starts.
    pub initial: Vec<Vec<Chain>>,
    /// Input files and their hashes.
    pub inputs: BTreeMap<String, Input>,
    /// Folder of the result.
    pub out: PathBuf,
    /// The same for runs that must give the same bytes.
    pub fingerprint: String,
}

impl Plan {
    /// Decides a run from the request and the visits.
    pub fn new(request: &RunRequest, before: Beforehand, scans: &Scans) -> Result<Self, Failure> {
        let baseline = scans.baseline();
        let mut protocol = before.protocol.unwrap_or_else(|| Protocol::default_for(baseline.modality));
        if request.context == RunContext::Cohort {
            protocol.name = file_name(&protocol.name);
        }
        if let Some(preset) = before.preset {
            protocol.register = RegisterSection::of(preset);
        }
        if request.rc_bound.is_some() {
            protocol.gate.rc_bound = request.rc_bound;
        }
        let facts: Vec<VisitFacts> = scans
            .visits
            .iter()
            .map(|v| VisitFacts { grid: v.image.grid().clone(), units: v.units, modality: v.modality })
            .collect();
        protocol.check_units(baseline.units)?;
        derived::check(&protocol.region, &scans.visits)?;
        check_native(&protocol, &facts)?;
        let (measurement, sampling) =
            super::sampling::decide(request, before.gate.as_ref(), &protocol.measurement(), &facts);
        let hash = measurement.hash();
        if let (Some(gate), Some(file)) = (&before.gate, &request.gate) {
            gate.check_serves(file.clone(), &hash, baseline.modality)?;
        }
        let registration = protocol.register.resolve();
        // A single visit has nothing to be registered with.
        let registration_hash =
            if scans.followups().is_empty() { String::new() } else { hash_of(&registration) };
        let inputs = inputs(request, scans)?;
        let names: Vec<&str> = scans.visits.iter().map(|v| v.name.as_str()).collect();
        let starts = InitialRequest::by_followup(&request.initial, &names[1..])?;
        let of_followup =
            |places: Vec<usize>| places.into_iter().map(|n| before.initial[n].clone()).collect();
        let initial = starts.into_iter().map(of_followup).collect();
        let out = request.out.clone().unwrap_or_else(|| default_out(scans.subject.as_deref(), &names));
        let fingerprint = fingerprint(request, &protocol, &hash, &inputs, &names);
        Ok(Self {
            registration,
            registration_hash,
            measurement,
            hash,
            sampling,
            gate: before.gate,
            band: before.band,
            landmarks: before.landmarks,
            initial,
            inputs,
            out,
            fingerprint,
            protocol,
        })
    }
}

/// A protocol's name without the folders that its file lies in: a study's bytes do not depend on them.
pub fn file_name(name: &str) -> String {
    Path::new(name).file_name().map_or_else(|| name.to_owned(), |file| file.to_string_lossy().into_owned())
}

/// Visits are compared on their own voxels only where these are alike.
fn check_native(protocol: &Protocol, visits: &[VisitFacts]) -> Result<(), RunError> {
    if protocol.sampling.spacing_mm != Spacing::Word(SpacingWord::Native) {
        return Ok(());
    }
    let spacings: Vec<[f64; 3]> = visits.iter().map(VisitFacts::anatomical_spacing).collect();
    let first = spacings[0];
    let is_like = |s: &[f64; 3]| (0..3).all(|a| (s[a] / first[a] - 1.0).abs() < ALIKE);
    if spacings.iter().all(is_like) {
        return Ok(());
    }
    let words: Vec<String> = spacings.into_iter().map(millimetres).collect();
    Err(RunError::NativeSpacings(words.join(", ")))
}

fn inputs(request: &RunRequest, scans: &Scans) -> Result<BTreeMap<String, Input>, Failure> {
    let mut files = Vec::new();
    for visit in &scans.visits {
        // The first file of a visit is its image; that of the others is told by their names.
        for (n, file) in visit.files.iter().enumerate() {
            let part = if n == 0 {
                "image".into()
            } else {
                file.file_name().map_or_else(String::new, |f| shown_path(Path::new(f)))
            };
            files.push((format!("{}/{part}", visit.name), file));
        }
    }
    let protocol = request.protocol.as_ref().map(PathBuf::from).filter(|p| p.is_file());
    files.extend(protocol.as_ref().map(|p| ("protocol".to_owned(), p)));
    files.extend(request.gate.as_ref().map(|p| ("gate".to_owned(), p)));
    files.extend(request.landmarks.as_ref().map(|p| ("landmarks".to_owned(), p)));
    files.extend(request.initial.iter().enumerate().map(|(n, i)| (format!("initial_{}", n + 1), &i.file)));
    let shown = match request.context {
        RunContext::Alone => ShownPath::FromHere,
        RunContext::Cohort => ShownPath::NameAlone,
    };
    Ok(hash_known_inputs(files, &request.known, shown)?)
}

fn fingerprint(
    request: &RunRequest,
    protocol: &Protocol,
    hash: &MeasurementHash,
    inputs: &BTreeMap<String, Input>,
    visits: &[&str],
) -> String {
    let contents: BTreeMap<&String, &String> = inputs.iter().map(|(part, i)| (part, &i.sha256)).collect();
    // What a manifest says of a visit goes before what its files say; of a file of many regions one may be meant.
    let told = |v: &VisitRequest| {
        let roi = v.source.mask.as_deref().and_then(|mask| MaskPath::of(mask).roi);
        format!("{:?}", (v.when, v.modality, v.units, &v.source.rois, &v.source.series, roi))
    };
    let told: Vec<String> = request.visits.iter().map(told).collect();
    hash_of(&serde_json::json!({
        "version": env!("CARGO_PKG_VERSION"),
        "protocol": protocol,
        "measurement": hash,
        // In order: which visit is the baseline.
        "visits": visits,
        "told": told,
        "inputs": contents,
        "request": described(request),
        "sampling": &request.sampling,
    }))
}

/// The request as options and values, for the record. Where the result lies is no part of it.
pub fn described(request: &RunRequest) -> BTreeMap<String, String> {
    let mut options = BTreeMap::new();
    let mut say = |option: &str, value: Option<String>| {
        if let Some(value) = value {
            options.insert(option.to_owned(), value);
        }
    };
    say("preset", request.preset.clone());
    say("lesion", request.lesion.clone());
    say("subject", request.subject.clone());
    say("modality", request.modality.clone());
    say("units", request.units.clone());
    say("rc_bound", request.rc_bound.map(|bound| bound.word().into()));
    say("perturb", request.perturb.copies.map(|copies| copies.to_string()));
    say("chain", request.perturb.chain.clone());
    say("seed", request.perturb.seed.map(|seed| seed.to_string()));
    for (option, value) in request.reading.described() {
        say(option, value);
    }
    let visits: Vec<&str> = request.initial.iter().filter_map(|i| i.visit.as_deref()).collect();
    say("initial", (!visits.is_empty()).then(|| visits.join(", ")));
    say("both_ways", (request.checking == Checking::BothWays).then(|| "asked for".into()));
    say("lesion_contour", (request.lesion_contour == LesionContour::Carried).then(|| "carried".into()));
    say("dicom_out", request.dicom_out.as_ref().map(|out| out.forms.word().into()));
    say("pseudonym", request.dicom_out.as_ref().and_then(|out| out.pseudonym.clone()));
    say("tables", (request.tables == TableFormat::CsvAndParquet).then(|| "parquet too".into()));
    say("contours", (request.acceptance == super::request::Acceptance::All).then(|| "accepted".into()));
    say("sampling", request.sampling.as_ref().map(|_| "as decided over the study".into()));
    say("context", (request.context == RunContext::Cohort).then(|| "cohort".into()));
    say(
        "alignment",
        Some(match &request.alignment {
            _ if request.visits.len() == 1 => "no follow-up".into(),
            Alignment::Register => "registered".into(),
            Alignment::From(out) => match RunFile::read(out) {
                Some(earlier) => format!("from the result {}", earlier.fingerprint),
                None => "from an earlier result".into(),
            },
            Alignment::Skipped => "skipped".into(),
        }),
    );
    options
}

/// Refuses an earlier result of other images or other registration settings, or one that was changed since.
pub fn check_earlier(request: &RunRequest, plan: &Plan, scans: &Scans) -> Result<(), RunError> {
    let Alignment::From(path) = &request.alignment else { return Ok(()) };
    if scans.followups().is_empty() {
        return Ok(());
    }
    let refuse = |why: String| RunError::From { path: path.clone(), why };
    let earlier = RunFile::read(path).ok_or_else(|| refuse("this is no result of `delta run`".into()))?;
    if earlier.alignment.is_empty() {
        return Err(refuse("it was made without registration".into()));
    }
    if earlier.registration_hash != plan.registration_hash {
        return Err(refuse("it was registered with other settings".into()));
    }
    for visit in &scans.visits {
        let part = format!("{}/image", visit.name);
        let now = plan.inputs.get(&part).map(|i| &i.sha256);
        if earlier.inputs.get(&part).map(|i| &i.sha256) != now {
            return Err(refuse(format!("its image of {} is another one", visit.name)));
        }
    }
    let read = |name: &str| name.starts_with("transforms/") || name.starts_with("qa");
    for (name, hash) in earlier.outputs.iter().filter(|(name, _)| read(name)) {
        if hash_file(&path.join(name)).ok().as_ref() != Some(hash) {
            return Err(refuse(format!("its {name} was changed since")));
        }
    }
    Ok(())
}
