//! `model.json`: a frozen model, read back.

use std::collections::BTreeSet;
use std::path::Path;

use super::change::scale_of_name;
use super::covariates::{Levels, level_name};
use super::error::AnalyzeFault;
use super::measured::Origin;
use super::request::ScaleAsked;
use super::visits::Wanted;
use super::write::METRICS;
use crate::analyze::{Block, BlockKind, FROZEN_SCHEMA};
use crate::record::analysis::FrozenModel;
use crate::store::hash_bytes;

/// A model and the hash of its file.
pub struct ModelFile {
    /// The model.
    pub model: FrozenModel,
    /// SHA-256 of the file.
    pub sha256: String,
}

/// Reads a model.
pub fn read(path: &Path) -> Result<ModelFile, AnalyzeFault> {
    let fault = |fact: String| AnalyzeFault::Model { path: path.to_owned(), fact };
    let text = std::fs::read_to_string(path).map_err(|error| fault(error.to_string()))?;
    let schema: Schema = serde_json::from_str(&text).map_err(|error| fault(error.to_string()))?;
    if schema.schema > FROZEN_SCHEMA {
        return Err(fault(format!("schema {} is of a later version of delta", schema.schema)));
    }
    let model: FrozenModel = serde_json::from_str(&text).map_err(|error| fault(error.to_string()))?;
    let broken =
        model.coefficients.iter().find(|term| term.sd.partial_cmp(&0.0) != Some(std::cmp::Ordering::Greater));
    match broken {
        Some(term) => Err(fault(format!("the standard deviation of {} is not above zero", term.feature))),
        None if model.coefficients.is_empty() => Err(fault("the model has no term".into())),
        None => Ok(ModelFile { model, sha256: hash_bytes(text.as_bytes()) }),
    }
}

#[derive(serde::Deserialize)]
struct Schema {
    schema: u32,
}

/// Whether the analysis that lies beside the model read one of these tables of features.
pub fn is_of_these(path: &Path, here: &Origin) -> bool {
    let beside = path.parent().unwrap_or(Path::new("")).join(METRICS);
    let analysis = std::fs::read(beside).ok().and_then(|text| serde_json::from_slice::<Beside>(&text).ok());
    let Some(Beside { design }) = analysis else { return false };
    let theirs: BTreeSet<&String> = design.inputs.iter().map(|(_, sha256)| sha256).collect();
    here.inputs.iter().any(|(_, sha256)| theirs.contains(sha256))
}

/// The part of `metrics.json` that says what was read.
#[derive(serde::Deserialize)]
struct Beside {
    design: Inputs,
}

#[derive(serde::Deserialize)]
struct Inputs {
    inputs: Vec<(String, String)>,
}

/// The scale that the model's deltas were made on, for features that are made into deltas here.
pub fn scale(model: &FrozenModel) -> ScaleAsked {
    ScaleAsked::ALL.into_iter().find(|scale| scale.word() == model.delta_scale).unwrap_or_default()
}

/// The scale of each of the model's deltas, where names say it.
pub fn wanted(model: &FrozenModel) -> Wanted {
    let deltas = model.coefficients.iter().filter(|term| term.block == "delta");
    deltas
        .filter_map(|term| scale_of_name(&term.feature))
        .map(|(name, scale)| (name.to_owned(), scale))
        .collect()
}

/// The columns of covariates that the model reads, as terms or for what sites add to features.
pub fn covariates(model: &FrozenModel) -> BTreeSet<String> {
    let terms = model.coefficients.iter().filter(|term| term.block == BlockKind::Clinical.word());
    let of_sites = model.coefficients.iter().flat_map(|term| &term.sites).flat_map(|of| &of.covariates);
    terms.map(|term| &term.feature).chain(of_sites.map(|of| &of.feature)).cloned().collect()
}

/// The levels of those covariates in words that the model reads.
pub fn levels(model: &FrozenModel, all: &Levels) -> Levels {
    let read = covariates(model);
    let is_read = |(name, levels): &(&String, &Vec<String>)| {
        levels.iter().any(|level| read.contains(&level_name(name, level)))
    };
    all.iter().filter(is_read).map(|(name, levels)| (name.clone(), levels.clone())).collect()
}

/// Refuses features of another measurement or on another scale; gives what is not known of them, in words.
pub fn check_origin(path: &Path, model: &FrozenModel, here: &Origin) -> Result<Option<String>, AnalyzeFault> {
    let known: BTreeSet<&String> = model.measurement_hashes.iter().collect();
    let foreign = here.measurement_hashes.iter().any(|hash| !known.contains(hash));
    match (known.is_empty(), here.measurement_hashes.is_empty()) {
        (false, false) if foreign => {
            return Err(AnalyzeFault::ForeignMeasurement {
                path: path.to_owned(),
                model: model.measurement_hashes.clone(),
                here: here.measurement_hashes.clone(),
            });
        }
        _ => {}
    }
    let is_word = |word: &str| ScaleAsked::ALL.iter().any(|scale| scale.word() == word);
    if is_word(&model.delta_scale) && is_word(&here.delta_scale) && model.delta_scale != here.delta_scale {
        let fact =
            format!("its deltas are on the scale {}, these are on {}", model.delta_scale, here.delta_scale);
        return Err(AnalyzeFault::Model { path: path.to_owned(), fact });
    }
    Ok(match (known.is_empty(), here.measurement_hashes.is_empty()) {
        (false, false) => None,
        (true, _) => Some("The model does not say how its features were measured.".into()),
        (_, true) => Some("The features do not say how they were measured: whether it is the model's measurement is not known.".into()),
    })
}

/// Refuses blocks that lack a column of the model.
pub fn check_columns(path: &Path, model: &FrozenModel, blocks: &[Block]) -> Result<(), AnalyzeFault> {
    let there = |block: &str, feature: &str| {
        let of = blocks.iter().filter(|of| of.kind.word() == block);
        of.flat_map(|of| &of.columns).any(|column| column.name == feature)
    };
    let missing: Vec<String> = model
        .coefficients
        .iter()
        .filter(|term| !there(&term.block, &term.feature))
        .map(|term| format!("{} ({})", term.feature, term.block))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(AnalyzeFault::MissingColumns { path: path.to_owned(), needed: model.coefficients.len(), missing })
}
