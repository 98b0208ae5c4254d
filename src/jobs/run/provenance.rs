//! `run.json`: what went in, by which settings, and what came out.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::RegionInTrouble;
use super::known::KnownHashes;
use crate::features::settings::ResolvedMeasurement;
use crate::io::{shown_path, without_identifiers};
use crate::record::{MeasurementHash, QaVerdict};
use crate::store::{self, Existing, StoreError};

/// Name of the provenance file in a result.
pub const RUN_FILE: &str = "run.json";
/// Files of a result that no hash covers: the hashes' own file, and times.
pub const UNHASHED: [&str; 2] = [RUN_FILE, "timing.json"];

/// An input file by its path as given and its content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// Path as given, relative to the working folder.
    pub file: String,
    /// SHA-256 of the content.
    pub sha256: String,
}

/// The content of `run.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RunFile {
    /// Version of the file's form.
    pub schema: u32,
    /// `delta`.
    pub program: String,
    /// Version of the program.
    pub version: String,
    /// Research use only.
    pub notice: String,
    /// SHA-256 over version, settings and input contents: the same for a run that must give the same bytes.
    pub fingerprint: String,
    /// Settings that decide what the values mean, with the sampling decided: what a gate is made for.
    pub measurement: ResolvedMeasurement,
    /// Their hash.
    pub measurement_hash: MeasurementHash,
    /// Settings of the registration, by hash; empty where a command registers nothing.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub registration_hash: String,
    /// Verdict of the alignment per pair; empty where it was skipped.
    pub alignment: BTreeMap<String, QaVerdict>,
    /// Regions that vanished or left the field of view.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub in_trouble: Vec<RegionInTrouble>,
    /// Input files by their part in the run (`t0/image`).
    pub inputs: BTreeMap<String, Input>,
    /// The request as options and values.
    pub request: BTreeMap<String, String>,
    /// What was assumed or should be known.
    pub notes: Vec<String>,
    /// SHA-256 of each file of the result.
    pub outputs: BTreeMap<String, String>,
}

impl RunFile {
    /// Reads the provenance of an earlier result.
    pub fn read(out: &Path) -> Option<Self> {
        let text = std::fs::read_to_string(out.join(RUN_FILE)).ok()?;
        serde_json::from_str(&text).ok()
    }
}

/// Whether the result may replace what stands under its name: nothing, or an earlier result of the same run.
pub fn allowed_over(out: &Path, fingerprint: &str, asked: Existing) -> Existing {
    match RunFile::read(out) {
        Some(earlier) if earlier.fingerprint == fingerprint => Existing::Replace,
        _ => asked,
    }
}

/// SHA-256 of a record's canonical JSON. `serde_json` sorts the keys of a `Value`.
pub fn hash_of(record: &impl serde::Serialize) -> String {
    // Settings have string keys only, so they always have a JSON form.
    store::hash_bytes(serde_json::to_value(record).expect("settings have string keys").to_string().as_bytes())
}

/// How the record names an input file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShownPath {
    /// Relative to the working folder where it lies below it, else by its name alone: a path of the machine is
    /// nobody's business.
    FromHere,
    /// By its name alone, wherever it lies: the record must not depend on where a study was run.
    NameAlone,
}

/// Hashes input files; the key says which part each plays.
pub fn hash_inputs<'a>(
    files: impl IntoIterator<Item = (String, &'a PathBuf)>,
) -> Result<BTreeMap<String, Input>, StoreError> {
    hash_known_inputs(files, &KnownHashes::default(), ShownPath::FromHere)
}

/// Hashes input files that are not hashed already.
pub fn hash_known_inputs<'a>(
    files: impl IntoIterator<Item = (String, &'a PathBuf)>,
    known: &KnownHashes,
    shown: ShownPath,
) -> Result<BTreeMap<String, Input>, StoreError> {
    files
        .into_iter()
        .map(|(part, path)| {
            let file = match shown {
                ShownPath::FromHere => relative(path),
                ShownPath::NameAlone => name(path),
            };
            Ok((part, Input { file, sha256: known.of(path)? }))
        })
        .collect()
}

fn name(path: &Path) -> String {
    path.file_name().map_or_else(String::new, |name| without_identifiers(&shown_path(Path::new(name))))
}

fn relative(path: &Path) -> String {
    let below =
        std::env::current_dir().ok().and_then(|here| path.strip_prefix(here).ok().map(Path::to_owned));
    match below {
        Some(below) => shown_path(&below),
        None if path.is_absolute() => name(path),
        None => shown_path(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_hash_is_taken_and_a_name_alone_says_nothing_of_the_machine() {
        let file = PathBuf::from("/nowhere/t0/image.nii.gz");
        let known: KnownHashes = [(file.clone(), "ab".to_owned())].into_iter().collect();
        let files = || [("t0/image".to_owned(), &file)];
        let inputs = hash_known_inputs(files(), &known, ShownPath::NameAlone).unwrap();
        assert_eq!(inputs["t0/image"], Input { file: "image.nii.gz".into(), sha256: "ab".into() });
        assert!(hash_inputs(files()).is_err(), "not known, and not there");
    }
}
