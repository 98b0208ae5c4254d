//! `run.json` of a study: what went in, by which rules, and what came out.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::features::settings::ResolvedMeasurement;
use crate::jobs::Failure;
use crate::jobs::run::{Clock, Input, RUN_FILE, hash_outputs};
use crate::protocol::Protocol;
use crate::record::MeasurementHash;
use crate::store::{self, Existing, OutputFolder, StoreError};

/// The content of `run.json`.
#[derive(Clone, Debug, Serialize)]
pub struct StudyFile {
    /// Version of the file's form.
    pub schema: u32,
    /// `delta`.
    pub program: &'static str,
    /// Version of the program.
    pub version: &'static str,
    /// The verb.
    pub command: &'static str,
    /// Research use only.
    pub notice: &'static str,
    /// SHA-256 over version, rules and input contents: the same for a study that must give the same bytes.
    pub fingerprint: String,
    /// How the repeats were measured; left out of a table that does not say it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub measurement: Option<ResolvedMeasurement>,
    /// Its hash.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub measurement_hash: Option<MeasurementHash>,
    /// Input files by their part in the study.
    pub inputs: BTreeMap<String, Input>,
    /// The request as options and values.
    pub request: BTreeMap<String, String>,
    /// What was assumed or should be known.
    pub notes: Vec<String>,
    /// SHA-256 of each file of the result.
    pub outputs: BTreeMap<String, String>,
}

/// Whether the result may replace what stands under its name: nothing, or an earlier result of the same study.
pub fn allowed_over(out: &Path, fingerprint: &str, asked: Existing) -> Existing {
    #[derive(Deserialize)]
    struct Earlier {
        fingerprint: String,
    }
    let text = std::fs::read_to_string(out.join(RUN_FILE)).unwrap_or_default();
    match serde_json::from_str::<Earlier>(&text) {
        Ok(earlier) if earlier.fingerprint == fingerprint => Existing::Replace,
        _ => asked,
    }
}

/// The measurement that is recorded beside a table of ours, where it is the table's own.
pub fn measurement_beside(table: &Path, hash: &MeasurementHash) -> Option<ResolvedMeasurement> {
    #[derive(Deserialize)]
    struct Recorded {
        measurement: ResolvedMeasurement,
    }
    let text = std::fs::read_to_string(table.parent()?.join(RUN_FILE)).ok()?;
    let recorded: Recorded = serde_json::from_str(&text).ok()?;
    (recorded.measurement.hash() == *hash).then_some(recorded.measurement)
}

/// Writes what the study was made from, and last the hashes of all that was written.
pub fn write(
    folder: &OutputFolder,
    protocol: Option<&Protocol>,
    study: StudyFile,
    clock: Clock,
) -> Result<(), Failure> {
    if let Some(protocol) = protocol {
        let text = protocol.to_toml().map_err(|e| Failure::defect("E-OUT-PROTOCOL", &e))?;
        let path = folder.file("resolved_protocol.toml")?;
        std::fs::write(&path, text).map_err(StoreError::at(&path))?;
    }
    store::write_json(&folder.file("timing.json")?, &clock.stop())?;
    let study = StudyFile { outputs: hash_outputs(folder)?, ..study };
    Ok(store::write_json(&folder.file(RUN_FILE)?, &study)?)
}
