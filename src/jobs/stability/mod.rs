//! Stability: repeated scans, or features of them, become the noise of every feature, and a gate.

mod assessed;
mod condition;
mod contours;
mod error;
mod gate;
mod manifest;
mod measure;
mod page;
mod plan;
mod record;
mod repeated;
mod request;
mod scans;
mod source;
mod table;
mod tables;
mod told;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub use error::StabilityFault;
pub use request::{AskedRules, PerturbRequest, Repeats, ScansRequest, StabilityRequest, TableRequest};

use super::run::{Clock, hash_of};
use super::{Failure, Progress};
use crate::delta::gate::Gate;
use crate::features::settings::ResolvedMeasurement;
use crate::record::Modality;
use crate::stability::rules::Rules;
use crate::store::{OutputFolder, StoreError};
use assessed::Findings;
use record::StudyFile;
use source::Source;
use told::{GateKind, Told};

/// Name of the gate in a result.
pub const GATE_FILE: &str = "gate.json";
/// Name of the page in a result.
pub const REPORT_FILE: &str = "report.html";

/// How a study ended.
#[derive(Debug)]
pub struct Done {
    /// Folder of the result.
    pub out: PathBuf,
    /// At most ten lines for a person.
    pub summary: String,
    /// The same for a program.
    pub json: serde_json::Value,
    /// Scans whose contours could not be made.
    pub failed: usize,
}

/// Does what is asked.
pub fn stability(request: &StabilityRequest, progress: &dyn Progress) -> Result<Done, Failure> {
    let mut clock = Clock::start();
    progress.stage("reading", 0.0);
    let mut source = Source::open(request)?;
    if let Some(rows) = source.known() {
        repeated::check_asked(&request.features, rows)?;
    }
    let rules = request.rules.complete(source.rules(), request.seed);
    let fingerprint = fingerprint(request, &source, &rules);
    let existing = record::allowed_over(&request.out, &fingerprint, request.existing);
    let folder = OutputFolder::begin(&request.out, existing)?;
    clock.lap("reading");

    let measured = source.rows(progress)?;
    repeated::check_asked(&request.features, &measured.rows)?;
    clock.lap("measuring");

    progress.stage("assessing", 0.9);
    let findings = Findings::of(&measured.rows, &rules)?;
    clock.lap("assessing");

    progress.stage("writing", 0.95);
    tables::features(&measured.rows)?.write_csv(&folder.file("features.csv")?)?;
    tables::icc(&findings.assessed)?.write_csv(&folder.file("icc.csv")?)?;
    tables::verdicts(&findings.assessed, &rules)?.write_csv(&folder.file("stability.csv")?)?;
    let gate = write_gate(&folder, &source, &findings, &rules)?;
    let html = page::page(request, &source, &findings, &rules, &measured.notes)?;
    write_text(&folder, REPORT_FILE, &html)?;
    let study = StudyFile {
        schema: 1,
        program: "delta",
        version: env!("CARGO_PKG_VERSION"),
        command: "stability",
        notice: "Research use only; not a medical device.",
        fingerprint,
        measurement: source.measurement().cloned(),
        measurement_hash: source.measurement().map(ResolvedMeasurement::hash),
        inputs: source.inputs().clone(),
        request: told::described(request, &rules),
        notes: measured.notes.clone(),
        outputs: BTreeMap::new(),
    };
    clock.lap("writing");
    record::write(&folder, source.protocol().as_ref(), study, clock)?;
    folder.publish()?;
    let told = Told { request, source: &source, findings: &findings, notes: &measured.notes, gate };
    Ok(Done { out: request.out.clone(), summary: told.summary(), json: told.json(), failed: measured.failed })
}

/// The same for studies that must give the same bytes.
fn fingerprint(request: &StabilityRequest, source: &Source, rules: &Rules) -> String {
    let contents: BTreeMap<&String, &String> =
        source.inputs().iter().map(|(part, input)| (part, &input.sha256)).collect();
    hash_of(&serde_json::json!({
        "version": env!("CARGO_PKG_VERSION"),
        "command": "stability",
        "protocol": source.protocol(),
        "measurement": source.hash(),
        "inputs": contents,
        "request": told::described(request, rules),
    }))
}

/// Writes the gate, where there is one; it is read back first, as `delta run` will.
fn write_gate(
    folder: &OutputFolder,
    source: &Source,
    findings: &Findings,
    rules: &Rules,
) -> Result<GateKind, Failure> {
    let origin = gate::Origin {
        measurement: source.measurement().cloned(),
        hash: source.hash(),
        modality: source.modality().unwrap_or(Modality::Ot),
        source: gate_source(source, findings),
    };
    let Some(gate) = gate::gate(findings, rules, origin) else { return Ok(GateKind::None) };
    let mut text = gate.to_json().map_err(|e| Failure::defect("E-OUT-GATE", &e))?;
    text.push('\n');
    Gate::parse(&text, Path::new(GATE_FILE)).map_err(|e| Failure::defect("E-OUT-GATE", &e))?;
    write_text(folder, GATE_FILE, &text)?;
    Ok(if gate.measurement.is_some() { GateKind::Ours } else { GateKind::Foreign })
}

/// What a gate tells a reader of its making.
fn gate_source(source: &Source, findings: &Findings) -> BTreeMap<String, serde_json::Value> {
    let mut subjects: Vec<&String> = findings.groups.iter().flat_map(|g| &g.subjects).collect();
    subjects.sort_unstable();
    subjects.dedup();
    let inputs = source.inputs();
    let of = inputs.get("manifest").or_else(|| inputs.get("table"));
    let mut told: BTreeMap<String, serde_json::Value> = BTreeMap::new();
    told.insert("made_by".into(), format!("delta stability {}", env!("CARGO_PKG_VERSION")).into());
    told.insert("subjects".into(), subjects.len().into());
    told.extend(of.map(|input| ("sha256".to_owned(), input.sha256.clone().into())));
    if let Some(p) = source.perturbation() {
        told.insert("perturbations".into(), p.count.into());
        told.insert("chain".into(), p.chain.to_string().into());
        told.insert("seed".into(), p.seed.into());
    }
    told
}

fn write_text(folder: &OutputFolder, name: &str, text: &str) -> Result<(), StoreError> {
    let path = folder.file(name)?;
    std::fs::write(&path, text).map_err(StoreError::at(&path))
}
