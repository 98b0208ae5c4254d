//! Values that have the right form and cannot be meant.

use super::Protocol;
use crate::diagnose::nearest;
use crate::features::registry;
use crate::features::settings::{BinCount, Method, Spacing, VolumeBins};
use crate::io::check_name;
use crate::record::Family;

/// One value that cannot be.
pub struct Fault {
    /// Its section (`acquisition.tolerances`).
    pub section: &'static str,
    /// Its key.
    pub key: &'static str,
    /// What is wrong.
    pub fact: String,
    /// What would be right.
    pub hint: String,
}

/// A list of faults that grows by what does not hold.
#[derive(Default)]
struct Faults(Vec<Fault>);

impl Faults {
    fn unless(&mut self, holds: bool, at: (&'static str, &'static str), fact: String, hint: &str) {
        if !holds {
            self.0.push(Fault { section: at.0, key: at.1, fact, hint: hint.to_owned() });
        }
    }

    fn positive(&mut self, value: Option<f64>, at: (&'static str, &'static str), hint: &str) {
        if let Some(value) = value {
            self.unless(value > 0.0, at, format!("{} is {value}", at.1), hint);
        }
    }
}

/// All faults, in the order of the sections.
pub fn faults(protocol: &Protocol) -> Vec<Fault> {
    let mut faults = Faults::default();
    let schema = protocol.schema;
    faults.unless(
        schema == super::SCHEMA,
        ("", "schema"),
        format!("schema is {schema}"),
        "Write `schema = 1`.",
    );
    sampling(&mut faults, protocol);
    intensities(&mut faults, protocol);
    discretise(&mut faults, protocol);
    features(&mut faults, protocol);
    judgement(&mut faults, protocol);
    regions(&mut faults, protocol);
    faults.0
}

fn sampling(faults: &mut Faults, protocol: &Protocol) {
    let sampling = &protocol.sampling;
    let hint = "A spacing is a number of millimetres above 0, three of them, or \"auto\".";
    let spacings: &[f64] = match &sampling.spacing_mm {
        Spacing::Word(_) => &[],
        Spacing::Isotropic(spacing) => std::slice::from_ref(spacing),
        Spacing::PerAxis(spacings) => spacings,
    };
    for spacing in spacings {
        faults.positive(Some(*spacing), ("sampling", "spacing_mm"), hint);
    }
    let share = sampling.mask_threshold;
    faults.unless(
        share > 0.0 && share <= 1.0,
        ("sampling", "mask_threshold"),
        format!("mask_threshold is {share}"),
        "It is the share of a voxel that must be inside the region: above 0, at most 1; the standard's is 0.5.",
    );
}

fn intensities(faults: &mut Faults, protocol: &Protocol) {
    if let Some([lower, upper]) = protocol.resegment.range {
        faults.unless(
            lower < upper,
            ("resegment", "range"),
            format!("range runs from {lower} to {upper}"),
            "The lower bound comes first, and lies below the upper one.",
        );
    }
    faults.positive(
        protocol.resegment.sigma,
        ("resegment", "sigma"),
        "It is a number of standard deviations above 0; 3 is usual.",
    );
}

fn discretise(faults: &mut Faults, protocol: &Protocol) {
    let settings = &protocol.discretise;
    let at = |key| ("discretise", key);
    let (size_hint, number_hint) = (
        "Give the width of a bin in the scan's units, as `size = 25`.",
        "Give a number of bins, as `number = 32`.",
    );
    match settings.method {
        Method::FixedBinSize => faults.unless(
            settings.size.is_some(),
            at("method"),
            "fixed_bin_size has no size".into(),
            size_hint,
        ),
        Method::FixedBinNumber => faults.unless(
            settings.number.is_some(),
            at("method"),
            "fixed_bin_number has no number".into(),
            number_hint,
        ),
    }
    faults.positive(settings.size, at("size"), size_hint);
    if let Some(number) = settings.number {
        let hint = "Texture needs at least two grey levels; 32 is usual.";
        faults.unless(number >= 2, at("number"), format!("number is {number}"), hint);
    }
    match settings.ivh {
        Some(VolumeBins::Width(width)) => faults.positive(
            Some(width),
            at("ivh"),
            "It is the width of a bin of the intensity-volume histogram, above 0.",
        ),
        Some(VolumeBins::Count(BinCount { number })) => faults.unless(
            number >= 2,
            at("ivh"),
            format!("number is {number}"),
            "An intensity-volume histogram has two bins or more; 1000 is usual.",
        ),
        None => {}
    }
    if let (Some(bound), Some([_, upper])) = (settings.lower_bound, protocol.resegment.range) {
        faults.unless(
            bound < upper,
            at("lower_bound"),
            format!("the first bin starts at {bound}, above every intensity of the range that counts"),
            "It is usually the lower bound of [resegment] range.",
        );
    }
}

fn features(faults: &mut Faults, protocol: &Protocol) {
    let at = |key| ("features", key);
    let selection = &protocol.features;
    let no_family = selection.families.as_ref().is_some_and(Vec::is_empty);
    faults.unless(
        !no_family,
        at("families"),
        "no family is named".into(),
        "Leave the key out to measure all.",
    );
    let measured = || registry::FAMILIES.iter().map(Family::word);
    for family in selection.families.iter().flatten().filter(|f| !registry::FAMILIES.contains(f)) {
        let hint = match nearest(family.word(), measured()) {
            Some(nearest) => format!("Did you mean {nearest:?}?"),
            None => format!("Families: {}.", measured().collect::<Vec<_>>().join(", ")),
        };
        faults.unless(false, at("families"), format!("there is no family {:?}", family.word()), &hint);
    }
    faults.unless(
        !selection.aggregations.is_empty(),
        at("aggregations"),
        "no aggregation is named".into(),
        "Leave the key out to measure 3D_avg and 3D.",
    );
    let other = selection.images.iter().find(|image| *image != "original");
    let fact = other.map(|image| format!("there is no image {image:?}")).unwrap_or_default();
    faults.unless(
        other.is_none(),
        at("images"),
        fact,
        "This version measures \"original\"; filters come later.",
    );
    faults.unless(
        !selection.images.is_empty(),
        at("images"),
        "no image is named".into(),
        "Write `images = [\"original\"]`.",
    );
}

fn regions(faults: &mut Faults, protocol: &Protocol) {
    for (n, region) in protocol.region.iter().enumerate() {
        let name = &region.name;
        if let Err(fault) = check_name(name) {
            let hint = "Choose a name of letters, digits, blanks, - and _ (up to 64).";
            faults.unless(false, ("region", "name"), format!("{name:?} cannot be used: {fault}"), hint);
        }
        faults.unless(
            protocol.region[..n].iter().all(|earlier| earlier.name != *name),
            ("region", "name"),
            format!("two regions are called {name:?}"),
            "Give each a name of its own.",
        );
        let made_of_made = |other: &str| protocol.region.iter().any(|r| r.name == other);
        for other in std::iter::once(&region.of).chain(&region.within) {
            faults.unless(
                !made_of_made(other),
                ("region", "of"),
                format!("{name:?} rests on {other:?}, which is made from another region itself"),
                "Make it from a region of the visits, with the distances that it shall have.",
            );
        }
        faults.unless(
            region.inner_mm.is_none_or(|inner| inner < region.outer_mm),
            ("region", "outer_mm"),
            format!("{name:?} ends at {} mm, before it begins", region.outer_mm),
            "outer_mm lies further out than inner_mm; both are negative inside.",
        );
    }
}

fn judgement(faults: &mut Faults, protocol: &Protocol) {
    if let Some(threshold) = protocol.gate.icc_threshold {
        faults.unless(
            threshold > 0.0 && threshold < 1.0,
            ("gate", "icc_threshold"),
            format!("icc_threshold is {threshold}"),
            "An ICC lies below 1; 0.75 is usual.",
        );
    }
    if let Some(repeats) = protocol.gate.averaged_repeats {
        faults.unless(
            repeats >= 1,
            ("gate", "averaged_repeats"),
            format!("averaged_repeats is {repeats}"),
            "Values are the mean of at least one scan: 1, or the number of repeats at each visit.",
        );
    }
    for (key, tolerance) in protocol.acquisition.tolerances.entries() {
        faults.unless(
            tolerance >= 0.0,
            ("acquisition.tolerances", key),
            format!("{key} is {tolerance}"),
            "A tolerance is a difference in the item's own unit, 0 or more.",
        );
    }
}
