//! How verdicts and classes look: never by colour alone, and in colours that all eyes tell apart (Okabe & Ito 2008).

use plotters::prelude::RGBColor;

pub use crate::report::colours::{BLUE, GREY, INK, LINE, PAPER, SHADE, VERMILION, shade};

use crate::features::registry;
use crate::record::{Family, FeatureKey, IccClass, RepeatKind, Stability};
use crate::report::canvas::Mark;
use crate::report::wording::{capital, feature_name};
use crate::stability::study::Group;

/// Colour of a verdict in figures.
pub fn colour(verdict: Stability) -> RGBColor {
    match verdict {
        Stability::Stable => BLUE,
        Stability::Marginal => RGBColor(230, 159, 0),
        Stability::Unstable => VERMILION,
        Stability::Undefined => RGBColor(150, 158, 166),
    }
}

/// Colour of words upon that colour.
pub fn on_colour(verdict: Stability) -> RGBColor {
    match verdict {
        Stability::Stable | Stability::Unstable => PAPER,
        Stability::Marginal | Stability::Undefined => INK,
    }
}

/// Shape of a verdict in figures.
pub fn mark(verdict: Stability) -> Mark {
    match verdict {
        Stability::Stable => Mark::Circle,
        Stability::Marginal => Mark::Diamond,
        Stability::Unstable => Mark::Cross,
        Stability::Undefined => Mark::Ring,
    }
}

/// Symbol and class of a verdict in text.
pub fn tag(verdict: Stability) -> (&'static str, &'static str) {
    match verdict {
        Stability::Stable => ("\u{25cf}", "s-stable"),
        Stability::Marginal => ("\u{25c6}", "s-marginal"),
        Stability::Unstable => ("\u{2715}", "s-unstable"),
        Stability::Undefined => ("\u{25cb}", "s-undefined"),
    }
}

/// Range of a class in words.
pub fn class_range(class: IccClass) -> &'static str {
    match class {
        IccClass::Poor => "below 0.50",
        IccClass::Moderate => "0.50 to 0.75",
        IccClass::Good => "0.75 to 0.90",
        IccClass::Excellent => "from 0.90",
    }
}

/// A family in words.
pub fn family(family: Family) -> String {
    registry::describe(family).map_or_else(|| family.to_string(), |info| capital(info.name))
}

/// A feature in words, with its aggregation; without `original_` where other programs put it before their names.
pub fn feature(key: &FeatureKey) -> String {
    let name = feature_name(key);
    let name = name.strip_prefix("original_").unwrap_or(&name);
    match key.aggregation {
        Some(aggregation) => format!("{name}, {}", aggregation.word().replace('_', " ")),
        None => name.to_owned(),
    }
}

/// A group in words: `Lesions, drawn masks`.
pub fn group(group: &Group) -> String {
    let rois = match &group.rois.roi {
        Some(roi) => format!("{}: {roi}", capital(group.rois.role.word())),
        None => format!("{}s", capital(group.rois.role.word())),
    };
    let kind = match group.kind {
        RepeatKind::Scan => "",
        RepeatKind::Rater => ", repeated contouring",
        RepeatKind::Perturbation => ", perturbed in silico",
    };
    format!("{rois}, {} masks{kind}", group.source)
}

/// What a repeat is called.
pub fn repeat(kind: RepeatKind) -> &'static str {
    match kind {
        RepeatKind::Scan => "scan",
        RepeatKind::Rater => "contouring",
        RepeatKind::Perturbation => "perturbation",
    }
}
