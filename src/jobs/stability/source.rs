//! Where the values come from: scans that are measured, or a table that is ready.

use std::collections::BTreeMap;
use std::path::Path;

use super::manifest::{AtLeast, Manifest};
use super::measure::{MeasuredStudy, measure};
use super::plan::Plan;
use super::record;
use super::repeated::Repeated;
use super::request::{AskedRules, Repeats, ScansRequest, StabilityRequest, TableRequest};
use super::table;
use crate::features::settings::ResolvedMeasurement;
use crate::jobs::run::{Input, hash_inputs};
use crate::jobs::{Failure, Progress};
use crate::protocol::Protocol;
use crate::record::{MeasurementHash, Modality};
use crate::stability::perturb::Perturbation;

/// Repeats that were understood, before anything is measured.
pub enum Source {
    /// Scans.
    Scans {
        /// Which.
        manifest: Manifest,
        /// How they are measured.
        plan: Box<Plan>,
        /// How they are perturbed.
        perturbation: Option<Perturbation>,
    },
    /// A table.
    Table {
        /// Its values.
        table: table::ReadyTable,
        /// The measurement, where it is recorded.
        measurement: Option<Box<ResolvedMeasurement>>,
        /// Files and their hashes.
        inputs: BTreeMap<String, Input>,
    },
}

impl Source {
    /// Reads what is asked for, as far as it takes to know whether it can be done.
    pub fn open(request: &StabilityRequest) -> Result<Self, Failure> {
        let condition = request.condition.as_deref();
        match &request.repeats {
            Repeats::Scans(scans) => Self::scans(scans, condition, request.seed),
            Repeats::Table(table) => Self::table(table, condition),
        }
    }

    fn scans(request: &ScansRequest, condition: Option<&str>, seed: u64) -> Result<Self, Failure> {
        let perturbation = match &request.perturb {
            Some(asked) => Some(Perturbation { count: asked.count, chain: asked.chain.parse()?, seed }),
            None => None,
        };
        let at_least = if perturbation.is_some() { AtLeast::OneScan } else { AtLeast::TwoRepeats };
        let manifest = Manifest::read(&request.manifest, condition, at_least)?;
        let plan = Box::new(Plan::new(request, &manifest)?);
        Ok(Self::Scans { manifest, plan, perturbation })
    }

    fn table(request: &TableRequest, condition: Option<&str>) -> Result<Self, Failure> {
        let ready = table::read(request, condition)?;
        let recorded = |hash| record::measurement_beside(&request.table, hash);
        Ok(Self::Table {
            measurement: ready.hash.as_ref().and_then(recorded).map(Box::new),
            inputs: hash_inputs([("table".to_owned(), &request.table)])?,
            table: ready,
        })
    }

    /// The values.
    pub fn rows(&mut self, progress: &dyn Progress) -> Result<MeasuredStudy, Failure> {
        match self {
            Self::Scans { manifest, plan, perturbation } => {
                measure(plan, manifest, perturbation.as_ref(), progress)
            }
            Self::Table { table, .. } => Ok(MeasuredStudy {
                rows: std::mem::take(&mut table.rows),
                notes: table.notes.clone(),
                failed: 0,
            }),
        }
    }

    /// The features that are known before measuring: all of a table's, none of scans.
    pub fn known(&self) -> Option<&[Repeated]> {
        match self {
            Self::Scans { .. } => None,
            Self::Table { table, .. } => Some(&table.rows),
        }
    }
    /// The rules that the protocol gives.
    pub fn rules(&self) -> AskedRules {
        match self {
            Self::Scans { plan, .. } => plan.rules(),
            Self::Table { .. } => AskedRules::default(),
        }
    }
    /// Input files and their hashes.
    pub fn inputs(&self) -> &BTreeMap<String, Input> {
        match self {
            Self::Scans { plan, .. } => &plan.inputs,
            Self::Table { inputs, .. } => inputs,
        }
    }
    /// The protocol, resolved.
    pub fn protocol(&self) -> Option<Protocol> {
        match self {
            Self::Scans { plan, .. } => Some(plan.protocol.resolved(&plan.measurement)),
            Self::Table { .. } => None,
        }
    }
    /// The measurement of all values, where it is known.
    pub fn measurement(&self) -> Option<&ResolvedMeasurement> {
        match self {
            Self::Scans { plan, .. } => Some(&plan.measurement),
            Self::Table { measurement, .. } => measurement.as_deref(),
        }
    }
    /// Its hash; a table that has none is told apart from others by its own hash.
    pub fn hash(&self) -> MeasurementHash {
        match self {
            Self::Scans { plan, .. } => plan.hash.clone(),
            Self::Table { table, inputs, .. } => table.hash.clone().unwrap_or_else(|| {
                let of_table = inputs.get("table").map_or("", |input| input.sha256.as_str());
                MeasurementHash::new(of_table.to_owned())
            }),
        }
    }
    /// Modality of all values, where it is known.
    pub fn modality(&self) -> Option<Modality> {
        match self {
            Self::Scans { plan, .. } => Some(plan.modality),
            Self::Table { table, .. } => table.modality,
        }
    }
    /// How scans were perturbed.
    pub fn perturbation(&self) -> Option<&Perturbation> {
        match self {
            Self::Scans { perturbation, .. } => perturbation.as_ref(),
            Self::Table { .. } => None,
        }
    }
    /// How the values were measured, in labels and words.
    pub fn in_words(&self) -> Vec<(String, String)> {
        let pair = |label: &str, words: String| (label.to_owned(), words);
        match self {
            Self::Scans { plan, .. } => vec![
                pair("Protocol", plan.protocol.name.clone()),
                pair("Modality", format!("{}, {}", plan.modality, plan.units)),
                pair("Sampling", plan.sampling.why.clone()),
                pair("Measurement", plan.hash.as_str().to_owned()),
            ],
            Self::Table { .. } => Vec::new(),
        }
    }
}

/// The name of a file without its folder.
pub fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}
