//! Numbers and controlled words as a reader sees them.

use crate::features::registry;
use crate::record::{DeltaRow, FeatureKey, Flag, MaskSource, Modality, Outcome, RoiRole, Units, Verdict};

/// A number at four significant digits, in the shortest common notation (`0.01234`, `1234`, `1.2e-5`).
pub fn number(value: f64) -> String {
    if value == 0.0 {
        return "0".into();
    }
    let magnitude = value.abs().log10().floor();
    if !(-4.0..6.0).contains(&magnitude) {
        let text = format!("{value:.3e}");
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        return format!("{}e{exponent}", trim_zeros(mantissa));
    }
    let decimals = (3.0 - magnitude).max(0.0) as usize;
    trim_zeros(&format!("{value:.decimals$}")).to_owned()
}

/// A number with its sign (`+0.12`, `-3`); zero has none.
pub fn signed(value: f64) -> String {
    let text = number(value);
    if value > 0.0 { format!("+{text}") } else { text }
}

/// A number with a fixed number of decimals and no negative zero.
pub fn fixed(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    let is_zero = text.chars().all(|c| matches!(c, '-' | '0' | '.'));
    if is_zero { text.trim_start_matches('-').to_owned() } else { text }
}

/// A share as a percentage with its sign (`-12.3 %`).
pub fn signed_percent(share: f64) -> String {
    let text = fixed(share * 100.0, 1);
    if share > 0.0 && !text.starts_with("0.0") { format!("+{text} %") } else { format!("{text} %") }
}

/// A share as a percentage (`12.3 %`).
pub fn percent(share: f64) -> String {
    format!("{} %", fixed(share * 100.0, 1))
}

/// A volume in millilitres, finer where it is small.
pub fn millilitres(volume_ml: f64) -> String {
    let decimals = if volume_ml < 1.0 { 3 } else { usize::from(volume_ml < 100.0) + 1 };
    format!("{} mL", fixed(volume_ml, decimals))
}

fn trim_zeros(text: &str) -> &str {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}

/// The same text with typographic minus signs, for the page.
pub fn typographic(text: &str) -> String {
    text.replace('-', "\u{2212}")
}

/// `1 thing`, `2 things`.
pub fn count(n: usize, one: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{n} {one}s") }
}

/// `a`, `a and b`, `a, b and c`.
pub fn list<S: AsRef<str>>(items: &[S]) -> String {
    match items {
        [] => String::new(),
        [only] => only.as_ref().to_owned(),
        [first @ .., last] => {
            let first: Vec<&str> = first.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", first.join(", "), last.as_ref())
        }
    }
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
        Verdict::BeyondBand => ("beyond band", "\u{25c7}", "v-changed"),
        Verdict::WithinBand => ("within band", "\u{25cb}", "v-noise"),
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
        MaskSource::Drawn => "drawn by a person or another program",
        MaskSource::Edited => "ours, edited by a person",
        MaskSource::Accepted => "ours, accepted by a person",
        MaskSource::Followed => "ours: the baseline contour, following the visible border",
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
        Flag::GridTolerance => "mask and image grids differ by more than 1 % of a voxel",
        Flag::CoarserThanStudy => "the scan is coarser than the study's sampling",
        Flag::Upsampled => "resampled to a spacing more than three times finer",
        Flag::ThickSlices => "measured in-plane because slices are thick",
        Flag::RelativeBins => "grey levels are relative to each visit's own range",
        Flag::Normalised => "intensities were normalised by the body's mean and spread",
        Flag::AssumedHu => "CT in Hounsfield units was recognised, not declared",
        Flag::Carried => "measured in a carried contour",
        Flag::CarriedRegion => "measured in the tissue that was lesion at baseline",
        Flag::Unconfirmed => "nobody has looked at the contour",
        Flag::SizeByRegistration => "a size that is the registration's opinion",
        Flag::GateOfDrawnMasks => "judged by noise limits that were measured with drawn contours",
        Flag::Review => "the alignment needs a look",
        Flag::InSilico => "the noise limit comes from perturbed copies, not from real repeats",
        Flag::SpacingEstimated => "sizes in millimetres rest on an estimated spacing",
        Flag::Acquisition(item) => {
            return format!("the visits differ in {}", item.replace('_', " "));
        }
    };
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_four_digits_and_never_say_minus_zero() {
        assert_eq!(number(1234.56), "1235");
        assert_eq!(number(0.0123449), "0.01234");
        assert_eq!(number(-0.0000123449), "-1.234e-5");
        assert_eq!(number(100.0), "100");
        assert_eq!(number(-0.0), "0");
        assert_eq!(signed(0.5), "+0.5");
        assert_eq!(fixed(-0.001, 1), "0.0");
        assert_eq!(signed_percent(-0.1234), "-12.3 %");
    }

    #[test]
    fn lists_read_as_sentences() {
        assert_eq!(list(&["a", "b", "c"]), "a, b and c");
        assert_eq!(list(&["a"]), "a");
        assert_eq!(count(2, "row"), "2 rows");
    }
}
