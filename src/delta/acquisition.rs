//! Differences of acquisition between two visits: what differs is flagged on every delta of the pair, and
//! what is not known is said to be unknown.

use serde::{Deserialize, Serialize};

use crate::record::{AcquisitionFinding, AcquisitionItem, Flag, Flags, Modality};
use crate::visit::Acquisition;

/// `[acquisition] tolerances`: largest difference between visits that is no finding, in the item's own unit. Words
/// (kernel, sequence, ...) have to be the same, case ignored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tolerances {
    /// Millimetres.
    pub slice_thickness_mm: f64,
    /// Kilovolts.
    pub kvp: f64,
    /// Milliseconds.
    pub te_ms: f64,
    /// Milliseconds.
    pub tr_ms: f64,
    /// Milliseconds.
    pub ti_ms: f64,
    /// Tesla.
    pub field_t: f64,
    /// Minutes.
    pub uptake_min: f64,
}

impl Tolerances {
    /// Each tolerance with its key.
    pub fn entries(&self) -> [(&'static str, f64); 7] {
        [
            ("slice_thickness_mm", self.slice_thickness_mm),
            ("kvp", self.kvp),
            ("te_ms", self.te_ms),
            ("tr_ms", self.tr_ms),
            ("ti_ms", self.ti_ms),
            ("field_t", self.field_t),
            ("uptake_min", self.uptake_min),
        ]
    }

    fn of(&self, item: &str) -> f64 {
        self.entries().into_iter().find(|(key, _)| *key == item).map_or(0.0, |(_, tolerance)| tolerance)
    }
}

enum Value<'a> {
    Word(Option<&'a str>),
    Number(Option<f64>),
}

/// Every item of `[acquisition]`: key, name on the page, the modalities that it matters for, and where it stands.
type Item = (&'static str, &'static str, &'static [Modality], fn(&Acquisition) -> Value<'_>);

const ANY: &[Modality] = Modality::ALL;
const EMISSION: &[Modality] = &[Modality::Pt, Modality::Nm];

const ITEMS: [Item; 14] = [
    ("kernel", "reconstruction kernel", &[Modality::Ct, Modality::Pt, Modality::Nm], |a| {
        word(a.kernel.as_ref())
    }),
    ("slice_thickness_mm", "slice thickness (mm)", &[Modality::Ct, Modality::Mr], |a| {
        Value::Number(a.slice_thickness_mm)
    }),
    ("kvp", "tube voltage (kV)", &[Modality::Ct], |a| Value::Number(a.kvp)),
    ("contrast_phase", "contrast phase", &[Modality::Ct, Modality::Mr], |a| word(a.contrast_phase.as_ref())),
    ("sequence", "sequence", &[Modality::Mr], |a| word(a.sequence.as_ref())),
    ("te_ms", "echo time (ms)", &[Modality::Mr], |a| Value::Number(a.te_ms)),
    ("tr_ms", "repetition time (ms)", &[Modality::Mr], |a| Value::Number(a.tr_ms)),
    // Only some sequences invert, so its absence says nothing: listed where one visit states it.
    ("ti_ms", "inversion time (ms)", &[], |a| Value::Number(a.ti_ms)),
    ("field_t", "field strength (T)", &[Modality::Mr], |a| Value::Number(a.field_t)),
    ("tracer", "tracer", EMISSION, |a| word(a.tracer.as_ref())),
    ("uptake_min", "uptake time (min)", EMISSION, |a| Value::Number(a.uptake_min)),
    ("manufacturer", "manufacturer", ANY, |a| word(a.manufacturer.as_ref())),
    ("model", "scanner model", ANY, |a| word(a.model.as_ref())),
    ("site", "site", ANY, |a| word(a.site.as_ref())),
];

fn word(text: Option<&String>) -> Value<'_> {
    Value::Word(text.map(|t| t.trim()).filter(|t| !t.is_empty()))
}

/// All items that matter for the modality or that one of the visits states, in the order of `visit.toml`.
pub fn compare(
    baseline: &Acquisition,
    followup: &Acquisition,
    modality: Modality,
    tolerances: &Tolerances,
) -> Vec<AcquisitionItem> {
    ITEMS
        .iter()
        .filter_map(|(item, name, matters_for, read)| {
            let found = compare_item(item, name, (read(baseline), read(followup)), tolerances);
            let stated = found.baseline.is_some() || found.followup.is_some();
            (stated || matters_for.contains(&modality)).then_some(found)
        })
        .collect()
}

fn compare_item(
    item: &'static str,
    name: &'static str,
    values: (Value, Value),
    tolerances: &Tolerances,
) -> AcquisitionItem {
    let finding_of = |same: Option<bool>| match same {
        None => AcquisitionFinding::Unknown,
        Some(true) => AcquisitionFinding::Same,
        Some(false) => AcquisitionFinding::Differs,
    };
    match values {
        (Value::Number(a), Value::Number(b)) => {
            let tolerance = tolerances.of(item);
            // Numbers are typed in decimals: 2.5 - 2.0 against 0.5 must not fail by the last bit.
            let slack = 1e-9 * (1.0 + a.unwrap_or(0.0).abs());
            let same = a.zip(b).map(|(a, b)| (a - b).abs() <= tolerance + slack);
            AcquisitionItem {
                item,
                name,
                baseline: a.map(|v| v.to_string()),
                followup: b.map(|v| v.to_string()),
                tolerance: Some(tolerance),
                finding: finding_of(same),
            }
        }
        (a, b) => {
            let (a, b) = (text_of(&a), text_of(&b));
            let same = a.zip(b).map(|(a, b)| a.to_lowercase() == b.to_lowercase());
            AcquisitionItem {
                item,
                name,
                baseline: a.map(str::to_owned),
                followup: b.map(str::to_owned),
                tolerance: None,
                finding: finding_of(same),
            }
        }
    }
}

fn text_of<'a>(value: &Value<'a>) -> Option<&'a str> {
    match value {
        Value::Word(text) => *text,
        Value::Number(_) => None,
    }
}

/// `acquisition_<item>` for every item that differs.
pub fn flags(items: &[AcquisitionItem]) -> Flags {
    items
        .iter()
        .filter(|i| i.finding == AcquisitionFinding::Differs)
        .map(|i| Flag::Acquisition(i.item.to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ct(kernel: Option<&str>, thickness: Option<f64>) -> Acquisition {
        Acquisition {
            kernel: kernel.map(str::to_owned),
            slice_thickness_mm: thickness,
            ..Acquisition::default()
        }
    }

    fn finding(items: &[AcquisitionItem], item: &str) -> Option<AcquisitionFinding> {
        items.iter().find(|i| i.item == item).map(|i| i.finding)
    }

    #[test]
    fn a_difference_beyond_the_tolerance_is_flagged() {
        let tolerances = Tolerances { slice_thickness_mm: 0.5, ..Tolerances::default() };
        let items =
            compare(&ct(Some("B30f"), Some(2.0)), &ct(Some("B70f"), Some(2.5)), Modality::Ct, &tolerances);
        assert_eq!(finding(&items, "kernel"), Some(AcquisitionFinding::Differs));
        assert_eq!(finding(&items, "slice_thickness_mm"), Some(AcquisitionFinding::Same));
        assert_eq!(flags(&items).to_string(), "acquisition_kernel");
        let items = compare(&ct(None, Some(2.0)), &ct(None, Some(2.6)), Modality::Ct, &tolerances);
        assert_eq!(flags(&items).to_string(), "acquisition_slice_thickness_mm");
    }

    #[test]
    fn unknown_is_said_as_unknown_and_raises_no_flag() {
        let items = compare(&ct(Some("B30f"), None), &ct(None, None), Modality::Ct, &Tolerances::default());
        assert_eq!(finding(&items, "kernel"), Some(AcquisitionFinding::Unknown));
        assert_eq!(finding(&items, "kvp"), Some(AcquisitionFinding::Unknown), "it matters for CT");
        assert_eq!(finding(&items, "te_ms"), None, "a CT has no echo time");
        assert_eq!(flags(&items).to_string(), "");
    }

    #[test]
    fn case_and_space_are_no_difference() {
        let items =
            compare(&ct(Some(" b30F"), None), &ct(Some("B30f"), None), Modality::Ct, &Tolerances::default());
        assert_eq!(finding(&items, "kernel"), Some(AcquisitionFinding::Same));
    }

    #[test]
    fn every_tolerance_is_of_an_item_and_every_number_has_one() {
        let tolerances = Tolerances::default();
        let numbers: Vec<_> = ITEMS
            .iter()
            .filter(|(.., read)| matches!(read(&Acquisition::default()), Value::Number(_)))
            .map(|(item, ..)| *item)
            .collect();
        assert_eq!(numbers, tolerances.entries().map(|(key, _)| key));
    }
}
