//! How a scan was made, in words and numbers of this room: what headers say in free text is turned into values that are
//! the same for the same setting, and that cannot carry a name.

mod kernel;
mod tracer;

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use crate::file::{File, Item};
use crate::series::{Groups, Modality, Series};
use crate::{Fault, suv};

/// How a scan was made. What is not known is none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Acquisition {
    /// Reconstruction kernel of CT, or filter of PET. One of a form that no vendor uses is `unlisted-` and four digits,
    /// which are the same for the same kernel.
    pub kernel: Option<String>,
    /// Nominal slice thickness in millimetres.
    pub slice_thickness_mm: Option<f64>,
    /// Tube voltage in kilovolts.
    pub kvp: Option<f64>,
    /// Whether contrast medium was given.
    pub contrast: Option<Contrast>,
    /// Kinds of MR sequence, such as `GR` or `SE+IR` (PS3.3 C.8.3.1.1.3).
    pub sequence: Option<String>,
    /// Echo time in milliseconds.
    pub te_ms: Option<f64>,
    /// Repetition time in milliseconds.
    pub tr_ms: Option<f64>,
    /// Inversion time in milliseconds.
    pub ti_ms: Option<f64>,
    /// Field strength in tesla.
    pub field_t: Option<f64>,
    /// Tracer, or its nuclide where the tracer is none that is known.
    pub tracer: Option<&'static str>,
    /// Minutes from injection to the reference of activities, else to the earliest acquisition.
    pub uptake_min: Option<f64>,
    /// Manufacturer.
    pub manufacturer: Option<&'static str>,
}

/// Whether contrast medium was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contrast {
    /// It was.
    Given,
    /// It was not.
    None,
}

impl Contrast {
    /// A word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Given => "contrast",
            Self::None => "none",
        }
    }
}

/// How a series was made, by its first slice.
///
/// # Errors
/// Those of [`Series::header`].
pub fn acquisition(series: &Series) -> Result<Acquisition, Fault> {
    let header = series.header()?;
    let frame = series.slices().first().map_or(0, |slice| slice.frame);
    let facts = of_file(&header, frame, series.modality);
    Ok(match series.modality {
        Modality::Pt => Acquisition { uptake_min: suv::uptake_minutes(series), ..facts },
        _ => facts,
    })
}

fn of_file(header: &File, frame: usize, modality: Modality) -> Acquisition {
    let root = header.root();
    let groups = Groups::of_frame(root, frame);
    // An enhanced file has its attributes in functional groups, or, when it was converted, put aside.
    let positive = |sequence: Tag, tag: Tag| {
        let grouped = groups.of(sequence, tag).number(tag);
        grouped.or_else(|| groups.aside(tag).number(tag)).filter(|value| *value > 0.0)
    };
    let ct = modality == Modality::Ct;
    let mr = modality == Modality::Mr;
    let emission = matches!(modality, Modality::Pt | Modality::Nm);
    let mr_number = |sequence, tag| positive(sequence, tag).filter(|_| mr);
    Acquisition {
        kernel: kernel::of(groups).filter(|_| ct || emission),
        slice_thickness_mm: positive(tags::PIXEL_MEASURES_SEQUENCE, tags::SLICE_THICKNESS).map(micro),
        kvp: positive(tags::CTX_RAY_DETAILS_SEQUENCE, tags::KVP).filter(|_| ct),
        contrast: contrast(groups).filter(|_| ct || mr),
        sequence: sequence(groups).filter(|_| mr),
        te_ms: mr_number(tags::MR_ECHO_SEQUENCE, tags::EFFECTIVE_ECHO_TIME)
            .or_else(|| mr_number(tags::MR_ECHO_SEQUENCE, tags::ECHO_TIME)),
        tr_ms: mr_number(tags::MR_TIMING_AND_RELATED_PARAMETERS_SEQUENCE, tags::REPETITION_TIME),
        ti_ms: mr_number(tags::MR_MODIFIER_SEQUENCE, tags::INVERSION_TIME)
            .or_else(|| mr_number(tags::MR_MODIFIER_SEQUENCE, tags::INVERSION_TIMES)),
        field_t: mr_number(tags::MR_TIMING_AND_RELATED_PARAMETERS_SEQUENCE, tags::MAGNETIC_FIELD_STRENGTH)
            .map(tesla),
        tracer: tracer::of(root).filter(|_| emission),
        uptake_min: None,
        manufacturer: root.text(tags::MANUFACTURER).and_then(|text| manufacturer(&text)),
    }
}

/// Thickness is written as 3.26999999999998 by converters: micrometres are enough.
fn micro(millimetres: f64) -> f64 {
    (millimetres * 1000.0).round() / 1000.0
}

/// Field strength: some scanners write gauss, and each its own decimals of a magnet of 1.5 T.
fn tesla(value: f64) -> f64 {
    let tesla = if value > 100.0 { value / 10_000.0 } else { value };
    let nominal = [0.2, 0.35, 0.55, 1.0, 1.5, 3.0, 7.0];
    nominal.into_iter().find(|nominal| (tesla / nominal - 1.0).abs() < 0.03).unwrap_or_else(|| micro(tesla))
}

/// Contrast agents are free text, and `NONE` is one of them. The module of attributes has to be there when contrast
/// medium was used (PS3.3 A.3.3, A.4.3): without it none was. An empty attribute was emptied, and says nothing.
fn contrast(groups: Groups<'_>) -> Option<Contrast> {
    const NO: [&str; 10] =
        ["NONE", "NO", "N", "NO CONTRAST", "WITHOUT", "NATIVE", "NOT GIVEN", "N/A", "0", "-"];
    let root = groups.root;
    let aside = groups.aside(tags::CONTRAST_BOLUS_AGENT);
    if let Some(text) = aside.text(tags::CONTRAST_BOLUS_AGENT) {
        let none = NO.iter().any(|no| text.eq_ignore_ascii_case(no));
        return Some(if none { Contrast::None } else { Contrast::Given });
    }
    if !root.items(tags::CONTRAST_BOLUS_AGENT_SEQUENCE).is_empty() {
        return Some(Contrast::Given);
    }
    (!aside.has(tags::CONTRAST_BOLUS_AGENT)).then_some(Contrast::None)
}

/// Scanning Sequence holds defined terms; others are left out.
fn sequence(groups: Groups<'_>) -> Option<String> {
    const TERMS: [&str; 5] = ["SE", "IR", "GR", "EP", "RM"];
    let found = groups.aside(tags::SCANNING_SEQUENCE).texts(tags::SCANNING_SEQUENCE);
    let known: Vec<&str> = TERMS.into_iter().filter(|term| found.iter().any(|text| text == term)).collect();
    (!known.is_empty()).then(|| known.join("+"))
}

fn manufacturer(text: &str) -> Option<&'static str> {
    const NAMES: [(&str, &str); 12] = [
        ("GE MEDICAL", "GE"),
        ("GE HEALTHCARE", "GE"),
        ("SIEMENS", "Siemens"),
        ("PHILIPS", "Philips"),
        ("MARCONI", "Philips"),
        ("PICKER", "Philips"),
        ("CANON", "Canon"),
        ("TOSHIBA", "Canon"),
        ("HITACHI", "Fujifilm"),
        ("FUJI", "Fujifilm"),
        ("UIH", "United Imaging"),
        ("UNITED IMAGING", "United Imaging"),
    ];
    let upper = text.to_uppercase();
    // CTI made PET scanners for Siemens; the name stands alone in old files.
    let cti = upper == "CTI" || upper == "CPS";
    let found = NAMES.iter().find(|(part, _)| upper.contains(part)).map(|(_, name)| *name);
    found.or_else(|| cti.then_some("Siemens"))
}

/// The code of the first item of a sequence.
fn code(item: Item<'_>, sequence: Tag) -> Option<String> {
    item.item(sequence)?.text(tags::CODE_VALUE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gauss_and_decimals_of_one_magnet_are_one_field_strength() {
        assert_eq!([15_000.0, 1.494, 1.5].map(tesla), [1.5; 3]);
        assert_eq!([3.0, 2.89, 30_000.0, 9.4, 0.064].map(tesla), [3.0, 2.89, 3.0, 9.4, 0.064]);
    }

    #[test]
    fn manufacturers_have_one_name_each() {
        let names =
            ["GE MEDICAL SYSTEMS", "Philips Medical Systems / MIM Software", "SIEMENS", "CTI", "A clinic"];
        let found = names.map(manufacturer);
        assert_eq!(found, [Some("GE"), Some("Philips"), Some("Siemens"), Some("Siemens"), None]);
    }
}
