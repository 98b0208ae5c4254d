//! The methods paragraph: what a reviewer asks for, from the settings that were used.

use std::collections::BTreeSet;

use super::input::{AlignmentView, BandUsed, RunReport};
use super::wording::{list, modality, number, region_list};
use crate::features::settings::{
    Dimension, Discretise, Interpolation, Method, Normalise, Resegment, ResolvedMeasurement, ResolvedSampling,
};
use crate::record::{DeltaRow, MaskSource, NoiseSource};

/// The paragraph, in the past tense of papers.
pub fn paragraph(report: &RunReport) -> String {
    let m = report.measurement;
    let sentences = [
        opening(report),
        registration(report),
        masks(report),
        sampling(&m.sampling),
        intensities(m),
        resegmentation(&m.resegment),
        discretisation(&m.discretise),
        definitions(report),
        gate(report),
        format!("Measurement hash {}.", short(report.measurement_hash.as_str())),
    ];
    sentences.into_iter().filter(|s| !s.is_empty()).collect::<Vec<_>>().join(" ")
}

fn opening(report: &RunReport) -> String {
    let (modality, version) = (modality(report.modality), report.version);
    if report.is_followed() {
        format!("Serial {modality} scans were compared with delta-radiomics {version}.")
    } else {
        format!(
            "One {modality} scan was measured with delta-radiomics {version}; there was no follow-up to compare it with."
        )
    }
}

fn definitions(report: &RunReport) -> String {
    let followed = "; every visit was measured on its own image with the same settings";
    format!(
        "Features followed the definitions of the Image Biomarker Standardisation Initiative (IBSI){}.",
        if report.is_followed() { followed } else { "" }
    )
}

fn short(hash: &str) -> String {
    hash.chars().take(12).collect()
}

fn registration(report: &RunReport) -> String {
    if !report.is_followed() {
        return String::new();
    }
    if !report.pairs.iter().any(|p| matches!(p.alignment, AlignmentView::Made { .. })) {
        return "Visits were not registered.".into();
    }
    let settings: Vec<String> =
        report.registration.iter().map(|(label, value)| format!("{label}: {value}")).collect();
    let settings = if settings.is_empty() { String::new() } else { format!(" ({})", settings.join("; ")) };
    format!(
        "The follow-up (fixed) was registered to the baseline (moving) by a rigid transform followed by a cubic \
         B-spline free-form deformation{settings}; images were never warped before measurement, only contours were \
         carried."
    )
}

fn masks(report: &RunReport) -> String {
    let followed = report.is_followed();
    let source = |r: &DeltaRow| if followed { r.mask_source_followup } else { r.mask_source_baseline };
    let used: BTreeSet<MaskSource> = report.deltas.iter().filter_map(source).collect();
    if used.is_empty() {
        return String::new();
    }
    let words: Vec<&str> = used
        .iter()
        .map(|source| match source {
            MaskSource::Drawn => "drawn by a reader",
            MaskSource::Edited => "carried automatically and edited by a reader",
            MaskSource::Accepted => "carried automatically and accepted by a reader",
            MaskSource::Followed => "carried automatically and refined to the visible border",
            MaskSource::Carried => "carried automatically, the lesion left out of the metric",
        })
        .collect();
    let unread =
        if used.iter().all(|s| s.is_confirmed()) { "" } else { "; the automatic ones were not read" };
    let whose = if followed { "Follow-up contours" } else { "Contours" };
    format!("{whose} were {}{unread}.", words.join("; or "))
}

fn sampling(s: &ResolvedSampling) -> String {
    let method = match s.interpolation {
        Interpolation::Nearest => "nearest-neighbour interpolation",
        Interpolation::Linear => "trilinear interpolation",
        Interpolation::Cubic => "cubic B-spline interpolation",
    };
    let grid = match s.spacing_mm {
        [Some(x), Some(y), Some(z)] if x == y && y == z => format!("{} mm isotropic voxels", number(x)),
        axes => {
            let words = axes.map(|a| a.map_or_else(|| "native".to_owned(), number));
            format!("{} mm (right, anterior, superior)", words.join(" \u{d7} "))
        }
    };
    let dimension = match s.dimension {
        Dimension::Volume => "Texture was computed in three dimensions.",
        Dimension::InPlane => {
            "Because slices are thick, texture was computed in-plane and morphology on the native spacing."
        }
    };
    format!(
        "Images were resampled to {grid} by {method} on a grid aligned with the image centre, and masks by linear \
         interpolation with a threshold of {}. {dimension}",
        number(s.mask_threshold)
    )
}

fn intensities(m: &ResolvedMeasurement) -> String {
    let mut parts = Vec::new();
    if m.intensity.round_hu {
        parts.push("Intensities were rounded to whole Hounsfield units after interpolation.");
    }
    match m.intensity.normalise {
        Normalise::Auto | Normalise::Body => {
            parts.push("Intensities were normalised by the mean and standard deviation inside the body, lesions left out, or inside a reference region where one is drawn.");
        }
        Normalise::None => parts.push("Intensities were not normalised."),
    }
    parts.join(" ")
}

fn resegmentation(r: &Resegment) -> String {
    match (r.range, r.sigma) {
        (None, None) => "No re-segmentation was applied.".into(),
        (Some([low, high]), None) => {
            format!("The intensity mask was re-segmented to {} to {}.", number(low), number(high))
        }
        (None, Some(sigma)) => {
            format!(
                "Voxels outside {} standard deviations of the mean were left out of the intensity mask.",
                number(sigma)
            )
        }
        (Some([low, high]), Some(sigma)) => format!(
            "The intensity mask was re-segmented to {} to {} and to {} standard deviations around the mean.",
            number(low),
            number(high),
            number(sigma)
        ),
    }
}

fn discretisation(d: &Discretise) -> String {
    match d.method {
        Method::FixedBinSize => {
            let size = d.size.map_or_else(|| "a fixed size".to_owned(), |s| format!("size {}", number(s)));
            let from = d.lower_bound.map_or_else(String::new, |b| format!(" from {}", number(b)));
            format!("Grey levels were fixed bins of {size}{from}.")
        }
        Method::FixedBinNumber => {
            let n = d.number.map_or_else(|| "a fixed number of".to_owned(), |n| n.to_string());
            format!(
                "Grey levels were {n} bins over the range of each region at each visit, so texture deltas are relative to it."
            )
        }
    }
}

fn gate(report: &RunReport) -> String {
    if !report.is_followed() {
        let perturbed = |band: &BandUsed| {
            format!(
                "The visit was also measured on {} perturbed copies ({}; chain {}, seed {}).",
                band.copies,
                perturbations(&band.chain),
                band.chain,
                band.seed
            )
        };
        return report.gate.band.as_ref().map_or_else(String::new, perturbed);
    }
    match report.gate.source {
        Some(NoiseSource::TestRetest) => {
            "Deltas of features that were stable in test-retest scans were compared with the repeatability \
             coefficient (1.96 \u{b7} \u{221a}2 \u{b7} within-subject SD)."
                .into()
        }
        Some(NoiseSource::InSilico) => in_silico(report.gate.band.as_ref()),
        None => "Deltas were not compared with a noise limit.".into(),
    }
}

/// How a band in silico was made, and what it leaves out.
fn in_silico(band: Option<&BandUsed>) -> String {
    let Some(BandUsed { copies, chain, seed, left_out }) = band else {
        return "Deltas were compared with a noise band from in-silico perturbations of scans, not from repeated \
                examinations."
            .into();
    };
    let mut text = format!(
        "Deltas were compared with a noise band made in silico, not from repeated examinations: each visit was \
         perturbed {copies} times ({}; chain {chain}, seed {seed}; Zwanenburg et al. 2019), and the band is 1.96 \u{b7} \
         \u{221a}(SD\u{2080}\u{b2} + SD\u{2081}\u{b2}) of the perturbed values at the two visits about their means. In that \
         study chains with contour randomisation came closest to real repeats; it is not part of this one. The \
         number expected by chance holds for these perturbations only.",
        perturbations(chain)
    );
    if !left_out.is_empty() {
        let regions = region_list(left_out, left_out.len());
        text.push_str(" Regions over 500 mL have no band unless --perturb asks for one: ");
        text.push_str(&regions);
        text.push('.');
    }
    text
}

/// The letters of a chain in words.
fn perturbations(chain: &str) -> String {
    let word = |letter| match letter {
        'N' => Some("noise"),
        'T' => Some("translation"),
        'R' => Some("rotation"),
        'V' => Some("growth and shrinkage of the region"),
        _ => None,
    };
    list(&chain.chars().filter_map(word).collect::<Vec<_>>())
}
