//! How models, outcomes and sites look: never by colour alone.

use plotters::prelude::RGBColor;

pub use crate::report::colours::{
    BLUE, GREEN, GREY, INK, LINE, ORANGE, PAPER, PURPLE, SHADE, SKY, VERMILION, shade,
};

use crate::record::analysis::{ModelKind, ModelStatus};
use crate::report::canvas::{Mark, Stroke};

/// A model in words.
pub fn model(kind: ModelKind) -> &'static str {
    match kind {
        ModelKind::Volume => "Change of volume alone",
        ModelKind::Recist => "RECIST 1.1 alone",
        ModelKind::Volumetric => "Volumetric response alone",
        ModelKind::Clinical => "Clinical covariates alone",
        ModelKind::Baseline => "Features at baseline",
        ModelKind::Deltas => "Deltas",
        ModelKind::All => "All together",
    }
}

/// A model inside a sentence.
pub fn model_in_sentence(kind: ModelKind) -> &'static str {
    match kind {
        ModelKind::Volume => "change of volume alone",
        ModelKind::Recist => "RECIST 1.1 alone",
        ModelKind::Volumetric => "volumetric response alone",
        ModelKind::Clinical => "clinical covariates alone",
        ModelKind::Baseline => "features at baseline",
        ModelKind::Deltas => "deltas",
        ModelKind::All => "all together",
    }
}

/// A feature in a figure: without `original_`, where other programs put it before most names.
pub fn feature(name: &str) -> &str {
    name.strip_prefix("original_").unwrap_or(name)
}

/// Whether a model could be made, in words.
pub fn status(status: ModelStatus) -> &'static str {
    match status {
        ModelStatus::Fitted => "fitted",
        ModelStatus::ConstantInFolds => "constant in some folds",
        ModelStatus::NoCandidates => "no columns for it",
        ModelStatus::TooFew => "too few units or events",
    }
}

/// Mark and colour of the outcome: with it, without it, not known. Blue is dark in grey, orange light.
pub fn outcome(of: Option<bool>) -> (Mark, RGBColor) {
    match of {
        Some(true) => (Mark::Circle, BLUE),
        Some(false) => (Mark::Diamond, ORANGE),
        None => (Mark::Ring, GREY),
    }
}

/// The line of a unit by its outcome.
pub fn outcome_line(of: Option<bool>) -> (Stroke, RGBColor) {
    match of {
        Some(true) => (Stroke::Solid, BLUE),
        Some(false) => (Stroke::Broken, VERMILION),
        None => (Stroke::Dotted, GREY),
    }
}

/// Mark and colour of the site at a place; after six they begin anew.
pub fn site(at: usize) -> (Mark, RGBColor) {
    const ALL: [(Mark, RGBColor); 6] = [
        (Mark::Circle, BLUE),
        (Mark::Diamond, ORANGE),
        (Mark::Cross, VERMILION),
        (Mark::Triangle, GREEN),
        (Mark::Square, PURPLE),
        (Mark::Ring, INK),
    ];
    ALL[at % ALL.len()]
}

/// The line of the group at a place of a survival curve.
pub fn group(at: usize) -> (Stroke, RGBColor) {
    const ALL: [(Stroke, RGBColor); 4] = [
        (Stroke::Solid, BLUE),
        (Stroke::Broken, VERMILION),
        (Stroke::Dotted, GREEN),
        (Stroke::Solid, ORANGE),
    ];
    ALL[at % ALL.len()]
}
