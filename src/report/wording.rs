//! Numbers and controlled words as a reader sees them.

use std::borrow::Cow;

pub use super::numbers::{
    capital, count, fixed, list, number, percent, sentence, signed, signed_percent, typographic,
};

use crate::features::registry;
use crate::record::{DeltaRow, FeatureKey, Flag, MaskSource, Modality, Outcome, RoiRole, Units, Verdict};

/// A volume in millilitres, finer where it is small.
pub fn millilitres(volume_ml: f64) -> String {
    let decimals = if volume_ml < 1.0 { 3 } else { usize::from(volume_ml < 100.0) + 1 };
    format!("{} mL", fixed(volume_ml, decimals))
}

/// A region as prose names it: one that has only a number is `region 1`.
pub fn region(name: &str) -> Cow<'_, str> {
    let is_number = !name.is_empty() && name.chars().all(|c| c.is_ascii_digit());
    if is_number { Cow::Owned(format!("region {name}")) } else { Cow::Borrowed(name) }
}

/// Regions as prose names them: `lesion, liver and 3 more`, at most `most` by name.
pub fn region_list<S: AsRef<str>>(names: &[S], most: usize) -> String {
    let mut told: Vec<String> = names.iter().map(|n| region(n.as_ref()).into_owned()).collect();
    if told.len() > most + 1 {
        let left_out = told.len() - most;
        told.truncate(most);
        told.push(format!("{left_out} more"));
    }
    list(&told)
}

/// Unit of a feature where intensities have the unit `intensity`; empty for a pure number and an unknown feature.
pub fn unit(tag: &str, intensity: &str) -> String {
    let intensity = if intensity == Units::Arbitrary.word() { "a.u." } else { intensity };
    let plain = registry::find(tag).map_or_else(String::new, |info| info.unit.text(intensity));
    let squared = format!("({intensity})2");
    plain
        .replace(&squared, &format!("{intensity}\u{b2}"))
        .replace("mm2", "mm\u{b2}")
        .replace("mm3", "mm\u{b3}")
}

/// How a verdict is shown: word, symbol, and class of colour. Never colour alone.
pub struct VerdictLook {
    /// In words.
    pub word: &'static str,
    /// A symbol that differs in shape.
    pub symbol: &'static str,
    /// Class in the style sheet.
    pub class: &'static str,
}

/// How a verdict is shown.
pub fn verdict(verdict: Verdict) -> VerdictLook {
    let (word, symbol, class) = match verdict {
        Verdict::Changed => ("changed", "\u{25c6}", "v-changed"),
        Verdict::WithinNoise => ("within noise", "\u{25cb}", "v-noise"),
        Verdict::Unstable => ("unstable feature", "\u{223f}", "v-grey"),
        Verdict::BeyondBand => ("beyond band (in silico)", "\u{25c7}", "v-changed"),
        Verdict::WithinBand => ("within band (in silico)", "\u{25cb}", "v-noise"),
        Verdict::NoGate => ("no noise limit", "?", "v-grey"),
        Verdict::Refused => ("refused", "\u{2715}", "v-refused"),
        Verdict::Undefined => ("undefined", "\u{2205}", "v-grey"),
    };
    VerdictLook { word, symbol, class }
}

/// Whether a verdict says that a delta exceeds its noise limit.
pub fn is_beyond(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Changed | Verdict::BeyondBand)
}

/// Whether a verdict compares a delta with a noise limit.
pub fn is_judged(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Changed | Verdict::WithinNoise | Verdict::BeyondBand | Verdict::WithinBand)
}

/// What the source of a contour means, for legends.
pub fn source_sentence(source: MaskSource) -> &'static str {
    match source {
        MaskSource::Drawn => "by a person or another program",
        MaskSource::Edited => "ours, changed by a person",
        MaskSource::Accepted => "ours, looked at and accepted by a person",
        MaskSource::Followed => "ours: the baseline contour, fitted to the border seen today",
        MaskSource::Carried => "ours: the tissue that was inside at baseline",
    }
}

/// Modality in words.
pub fn modality(modality: Modality) -> &'static str {
    match modality {
        Modality::Ct => "CT",
        Modality::Mr => "MR",
        Modality::Pt => "PET",
        Modality::Nm => "SPECT / nuclear medicine",
        Modality::Ot => "images of unnamed modality",
    }
}

/// Units in words.
pub fn units(units: Units) -> &'static str {
    match units {
        Units::Mm2S => "mm\u{b2}/s",
        Units::Arbitrary => "arbitrary units",
        other => other.word(),
    }
}

/// Role in words.
pub fn role(role: RoiRole) -> &'static str {
    role.word()
}

/// Name of a feature in words, or its tag where it has none.
pub fn feature_name(key: &FeatureKey) -> String {
    let name = registry::find(&key.feature).map_or(key.feature.as_str(), |info| info.name);
    if key.image == "original" { name.to_owned() } else { format!("{name} ({})", key.image) }
}

/// The same inside a sentence: `volume (mesh)`, but `IBSI` and `3D` stay.
pub fn lower_feature_name(key: &FeatureKey) -> String {
    let name = feature_name(key);
    let mut letters = name.chars();
    match (letters.next(), letters.clone().next()) {
        (Some(first), Some(second)) if second.is_lowercase() => first.to_lowercase().chain(letters).collect(),
        _ => name,
    }
}

/// Why a row has no verdict, no value, or a lesser one; empty where nothing is to be said.
pub fn row_reason(row: &DeltaRow) -> String {
    row.reason.or(row.absolute.reason()).map_or_else(String::new, |r| r.sentence().to_owned())
}

/// Why a value is missing, in words; empty where it is there.
pub fn outcome_reason(outcome: Outcome) -> &'static str {
    outcome.reason().map_or("", crate::record::Reason::sentence)
}

/// A flag in words.
pub fn flag_sentence(flag: &Flag) -> String {
    let text = match flag {
        Flag::GridTolerance => {
            "The mask's grid and the image's differ by more than 1 % of a voxel; the image's counts."
        }
        Flag::CoarserThanStudy => {
            "This scan is coarser than every scan that the study's sampling was decided over: fine texture is missing in it."
        }
        Flag::Upsampled => {
            "The scan was resampled to a spacing more than three times finer than it has: that adds no detail."
        }
        Flag::ThickSlices => "Slices are thick: texture was measured within slices only, not between them.",
        Flag::RelativeBins => {
            "Grey levels are shares of each visit's own range: a texture difference can come from the range alone."
        }
        Flag::Normalised => {
            "Intensities have no unit of their own: they are given in standard deviations from the mean of the body."
        }
        Flag::AssumedHu => "CT in Hounsfield units was recognised from the values, not declared.",
        Flag::Carried => "Measured in a contour that the registration carried from baseline.",
        Flag::CarriedRegion => {
            "Measured in the tissue that was lesion at baseline; part of it may be no lesion any more, or not all of it."
        }
        Flag::Unconfirmed => "Nobody has looked at the follow-up contour.",
        Flag::SizeByRegistration => {
            "A size or outline of our own contour: the registration's estimate, not a measurement by a reader."
        }
        Flag::GateOfDrawnMasks => {
            "Judged by noise limits that were measured with drawn contours; those of ours may be noisier."
        }
        Flag::Review => "The alignment needs a look.",
        Flag::InSilico => "The noise limit comes from perturbed copies of scans, not from scans repeated.",
        Flag::SpacingEstimated => {
            "The spacing is a guess: sizes in millimetres and millilitres are not to be trusted, their ratios are."
        }
        Flag::Acquisition(item) => {
            return format!(
                "The visits differ in {}: that alone can imitate a change.",
                item.replace('_', " ")
            );
        }
    };
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_without_a_name_is_called_by_its_number() {
        assert_eq!(region("1"), "region 1");
        assert_eq!(region("lesion 1"), "lesion 1");
        assert_eq!(region_list(&["1", "2"], 1), "region 1 and region 2", "one more is as short as its name");
        assert_eq!(region_list(&["a", "b", "c", "d"], 2), "a, b and 2 more");
    }

    #[test]
    fn units_are_told_as_they_are_written_by_hand() {
        assert_eq!(unit("morph_volume", "HU"), "mm\u{b3}");
        assert_eq!(unit("stat_var", "HU"), "HU\u{b2}");
        assert_eq!(unit("stat_mean", "arbitrary"), "a.u.");
        assert_eq!(unit("cm_contrast", "HU"), "");
    }
}
