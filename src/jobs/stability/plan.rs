//! Everything that is decided over the whole manifest before a region is measured.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::error::StabilityFault;
use super::manifest::{Entry, Manifest};
use super::request::{AskedRules, ScansRequest};
use super::scans;
use crate::features::sampling::{self, SamplingDecision, VisitFacts};
use crate::features::settings::ResolvedMeasurement;
use crate::io::{ReadOptions, shown_path, source_files};
use crate::jobs::Failure;
use crate::jobs::run::{Input, hash_inputs, modality_named, units_named};
use crate::jobs::sheet::SheetFault;
use crate::protocol::Protocol;
use crate::record::{Flags, MeasurementHash, Modality, Units};
use crate::visit::Visit;

/// What is said of scans on the command line.
#[derive(Clone, Debug)]
pub struct Said {
    /// Modality of scans that nobody describes.
    pub modality: Option<Modality>,
    /// Their units.
    pub units: Option<Units>,
    /// How files are read.
    pub options: ReadOptions,
}

/// A decided study of scans.
pub struct Plan {
    /// What was said.
    pub said: Said,
    /// Settings as they were given.
    pub protocol: Protocol,
    /// Measurement, decided over all scans.
    pub measurement: ResolvedMeasurement,
    /// Its hash.
    pub hash: MeasurementHash,
    /// Why it was decided so.
    pub sampling: SamplingDecision,
    /// Modality of all scans.
    pub modality: Modality,
    /// Units of all scans.
    pub units: Units,
    /// Input files and their hashes.
    pub inputs: BTreeMap<String, Input>,
    /// What the sampling decision raised for each scan, by its row.
    flags: BTreeMap<usize, Flags>,
    /// The scans of the first subject, which decide what all are.
    first: Option<Vec<Visit>>,
}

impl Plan {
    /// Decides by the first subject's scans and the headers of all.
    pub fn new(request: &ScansRequest, manifest: &Manifest) -> Result<Self, Failure> {
        let said = Said {
            modality: modality_named(request.modality.as_deref())?,
            units: units_named(request.units.as_deref())?,
            options: request.reading.clone(),
        };
        let protocol = request.protocol.as_deref().map(Protocol::load).transpose()?;
        declared_alike(manifest)?;
        let mut files = vec![("manifest".to_owned(), manifest.path.clone())];
        let mut grids = Vec::new();
        for entry in manifest.entries() {
            let of_entry = source_files(&entry.source, &said.options)?;
            grids.push((entry.row, of_entry.grid(&said.options)?));
            files.extend(
                of_entry.all().into_iter().enumerate().map(|(n, file)| (part(entry, n, &file), file)),
            );
        }
        let first = match manifest.subjects.first() {
            Some(subject) => scans::read(subject, &said)?,
            None => return Err(StabilityFault::from(SheetFault::NoRows(manifest.path.clone())).into()),
        };
        let (modality, units) = (first[0].modality, first[0].units);
        let protocol = protocol.unwrap_or_else(|| Protocol::default_for(modality));
        protocol.check_units(units)?;
        let (rows, facts): (Vec<usize>, Vec<VisitFacts>) =
            grids.into_iter().map(|(row, grid)| (row, VisitFacts { grid, units, modality })).unzip();
        let (measurement, sampling) = sampling::resolve(&protocol.measurement(), &facts);
        let named = request.protocol.as_ref().map(PathBuf::from).filter(|p| p.is_file());
        files.extend(named.map(|p| ("protocol".to_owned(), p)));
        Ok(Self {
            flags: rows.into_iter().zip(sampling.flags.iter().cloned()).collect(),
            hash: measurement.hash(),
            inputs: hash_inputs(files.iter().map(|(part, file)| (part.clone(), file)))?,
            first: Some(first),
            said,
            protocol,
            measurement,
            sampling,
            modality,
            units,
        })
    }

    /// The scans of a subject, which must be of the kind of all.
    pub fn scans(&mut self, manifest: &Path, subject: &[Entry]) -> Result<Vec<Visit>, Failure> {
        let visits = match self.first.take() {
            Some(first) => first,
            None => scans::read(subject, &self.said)?,
        };
        for (visit, entry) in visits.iter().zip(subject) {
            let mixed = |what, first: String, other: String| StabilityFault::Mixed {
                path: manifest.to_owned(),
                what,
                first,
                second: format!("in row {}, {other}", entry.row),
            };
            if visit.modality != self.modality {
                let (first, other) = (self.modality.to_string(), visit.modality.to_string());
                return Err(mixed("modality", first, other).into());
            }
            if visit.units != self.units {
                return Err(mixed("units", self.units.to_string(), visit.units.to_string()).into());
            }
        }
        Ok(visits)
    }

    /// What the sampling decision raised for a scan.
    pub fn flags(&self, entry: &Entry) -> Flags {
        self.flags.get(&entry.row).cloned().unwrap_or_default()
    }

    /// The rules that the protocol gives.
    pub fn rules(&self) -> AskedRules {
        let gate = &self.protocol.gate;
        AskedRules {
            icc_form: gate.icc_form,
            icc_bound: gate.icc_bound,
            icc_threshold: gate.icc_threshold,
            rc_bound: gate.rc_bound,
            scale: None,
        }
    }
}

/// Modalities that the manifest itself declares are alike; told before a voxel is read.
fn declared_alike(manifest: &Manifest) -> Result<(), StabilityFault> {
    let mut declared = manifest.entries().filter_map(|e| Some((e.row, e.modality?)));
    let Some((_, first)) = declared.next() else { return Ok(()) };
    match declared.find(|(_, modality)| *modality != first) {
        Some((row, other)) => Err(StabilityFault::Mixed {
            path: manifest.path.clone(),
            what: "modality",
            first: first.to_string(),
            second: format!("in row {row}, {other}"),
        }),
        None => Ok(()),
    }
}

/// The part that a file plays.
fn part(entry: &Entry, n: usize, file: &Path) -> String {
    let name = file.file_name().map_or_else(String::new, |f| shown_path(Path::new(f)));
    let name = if n == 0 { "image".into() } else { name };
    format!("{}/{}/{}/{name}", entry.subject, entry.kind, entry.repeat)
}
