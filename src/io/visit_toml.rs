//! `visit.toml`, read strictly: unknown keys and words are refused, naming the nearest known one.

use std::path::Path;

use toml::{Table, Value};

use super::IoError;
use super::names::check_name;
use super::visit_fault::{SCHEMA, VisitFault};
use crate::diagnose::nearest;
use crate::record::{MaskSource, Modality, RoiRole, Units};
use crate::visit::{RoiEntry, VisitFile, When, modality_of_word, units_of_word};

const KEYS: [&str; 15] = [
    "schema",
    "subject",
    "visit",
    "date",
    "day",
    "modality",
    "units",
    "image",
    "series",
    "mask",
    "spacing_estimated",
    "absent",
    "accept_contours",
    "roi",
    "acquisition",
];
const ROI_KEYS: [&str; 5] = ["label", "name", "role", "mask", "mask_source"];
const ACQUISITION_KEYS: [&str; 14] = [
    "kernel",
    "slice_thickness_mm",
    "kvp",
    "contrast_phase",
    "sequence",
    "te_ms",
    "tr_ms",
    "ti_ms",
    "field_t",
    "tracer",
    "uptake_min",
    "manufacturer",
    "model",
    "site",
];
const ROLES: [RoiRole; 3] = [RoiRole::Lesion, RoiRole::Organ, RoiRole::Reference];

/// Reads and checks a `visit.toml`.
pub fn read_visit_file(path: &Path) -> Result<VisitFile, IoError> {
    let bytes = std::fs::read(path).map_err(|e| IoError::file(path, e))?;
    parse(&bytes).map_err(|fault| IoError::visit(path, fault))
}

fn parse(bytes: &[u8]) -> Result<VisitFile, VisitFault> {
    let text = std::str::from_utf8(bytes).map_err(|_| VisitFault::Text)?;
    let table: Table = toml::from_str(text).map_err(|e| toml_fault(text, &e))?;
    // A newer form is told first: its keys are not misspelt ones.
    check_schema(&table)?;
    check_keys(&table, "", &KEYS)?;
    for roi in table.get("roi").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_table) {
        check_keys(roi, "[[roi]]", &ROI_KEYS)?;
        check_word(roi, "role", &ROLES.map(RoiRole::word))?;
        check_word(roi, "mask_source", &MaskSource::ALL.iter().map(|s| s.word()).collect::<Vec<_>>())?;
    }
    if let Some(acquisition) = table.get("acquisition").and_then(Value::as_table) {
        check_keys(acquisition, "[acquisition]", &ACQUISITION_KEYS)?;
    }
    let file: VisitFile = toml::from_str(text).map_err(|e| toml_fault(text, &e))?;
    check_names(&file)?;
    check_rois(&file.roi)?;
    check_acquisition(&file)?;
    modality(&file)?;
    units(&file)?;
    when(&file)?;
    Ok(file)
}

fn toml_fault(text: &str, error: &toml::de::Error) -> VisitFault {
    let before = error.span().and_then(|s| text.get(..s.start)).unwrap_or_default();
    let line = 1 + before.matches('\n').count();
    VisitFault::Toml { line, message: error.message().replace('\n', " ") }
}

fn check_schema(table: &Table) -> Result<(), VisitFault> {
    match table.get("schema") {
        None => Err(VisitFault::NoSchema),
        Some(Value::Integer(SCHEMA)) => Ok(()),
        Some(&Value::Integer(n)) if n > SCHEMA => Err(VisitFault::NewSchema(n)),
        Some(other) => Err(VisitFault::BadSchema(other.to_string())),
    }
}

fn check_keys(table: &Table, name: &'static str, known: &[&'static str]) -> Result<(), VisitFault> {
    match table.keys().find(|key| !known.contains(&key.as_str())) {
        None => Ok(()),
        Some(key) => Err(VisitFault::Key {
            key: key.clone(),
            table: name,
            nearest: nearest(key, known.iter().copied()),
            known: known.join(", "),
        }),
    }
}

fn check_word(table: &Table, key: &'static str, known: &[&str]) -> Result<(), VisitFault> {
    match table.get(key).and_then(Value::as_str) {
        Some(word) if !known.contains(&word) => {
            Err(VisitFault::Word { key, word: word.to_owned(), known: known.join(", ") })
        }
        _ => Ok(()),
    }
}

fn check_names(file: &VisitFile) -> Result<(), VisitFault> {
    let own = [("subject", file.subject.as_ref()), ("visit", file.visit.as_ref())];
    let own = own.into_iter().filter_map(|(what, name)| Some((what, name?)));
    let listed = file.absent.iter().chain(&file.accept_contours).map(|name| ("region", name));
    for (what, name) in own.chain(listed) {
        check_name(name).map_err(|fault| VisitFault::Name { what, name: name.clone(), fault })?;
    }
    match file.accept_contours.iter().find(|name| file.absent.contains(name)) {
        Some(name) => Err(VisitFault::Roi {
            name: name.clone(),
            problem: "it is listed as absent, and its contour as accepted",
        }),
        None => Ok(()),
    }
}

/// Refuses regions without a harmless name of their own, or with two places where their voxels are. One without any is
/// called by its name in a mask that has names of its own.
pub fn check_rois(rois: &[RoiEntry]) -> Result<(), VisitFault> {
    for (n, roi) in rois.iter().enumerate() {
        let name = &roi.name;
        check_name(name).map_err(|fault| VisitFault::Name { what: "region", name: name.clone(), fault })?;
        let fault = |problem| Err(VisitFault::Roi { name: name.clone(), problem });
        match (roi.label, &roi.mask) {
            (Some(_), Some(_)) => return fault("it has both label and mask"),
            (Some(0), None) => return fault("label 0 is the background"),
            _ => {}
        }
        let earlier = &rois[..n];
        if earlier.iter().any(|e| e.name == *name) {
            return fault("the name is given twice");
        }
        if roi.label.is_some() && earlier.iter().any(|e| e.label == roi.label) {
            return fault("its label is given twice");
        }
    }
    Ok(())
}

fn check_acquisition(file: &VisitFile) -> Result<(), VisitFault> {
    let a = &file.acquisition;
    let numbers = [
        ("slice_thickness_mm", a.slice_thickness_mm),
        ("kvp", a.kvp),
        ("te_ms", a.te_ms),
        ("tr_ms", a.tr_ms),
        ("ti_ms", a.ti_ms),
        ("field_t", a.field_t),
        ("uptake_min", a.uptake_min),
    ];
    for (key, value) in numbers {
        if let Some(value) = value.filter(|v| !v.is_finite() || *v <= 0.0) {
            return Err(VisitFault::Number { key: key.into(), value });
        }
    }
    Ok(())
}

/// The modality that a file declares; OT by default.
pub fn modality(file: &VisitFile) -> Result<Modality, VisitFault> {
    let Some(word) = &file.modality else { return Ok(Modality::Ot) };
    modality_of_word(word).ok_or_else(|| VisitFault::Word {
        key: "modality",
        word: word.clone(),
        known: "CT, MR, PT (or PET), NM (or SPECT), OT".into(),
    })
}

/// The units that a file declares; arbitrary by default.
pub fn units(file: &VisitFile) -> Result<Units, VisitFault> {
    let Some(word) = &file.units else { return Ok(Units::Arbitrary) };
    units_of_word(word).ok_or_else(|| VisitFault::Word {
        key: "units",
        word: word.clone(),
        known: Units::ALL.iter().map(|u| u.word()).collect::<Vec<_>>().join(", "),
    })
}

/// The day of a visit, by date or by number.
pub fn when(file: &VisitFile) -> Result<When, VisitFault> {
    match (&file.date, file.day) {
        (Some(_), Some(_)) => Err(VisitFault::When("date and day are both given")),
        (None, None) => Ok(When::Unknown),
        (None, Some(day)) if day.is_finite() => Ok(When::Day(day)),
        (None, Some(_)) => Err(VisitFault::When("day is not finite")),
        (Some(time), None) => match time.date {
            Some(date) => {
                Ok(When::Date(days_since_1970(i64::from(date.year), date.month.into(), date.day.into())))
            }
            None => Err(VisitFault::When("date holds a time of day alone")),
        },
    }
}

/// Days from 1970-01-01 in the Gregorian calendar: years start in March, so that the leap day is the last one.
pub fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::Diagnose;
    use crate::visit::Acquisition;

    fn code(text: &str) -> &'static str {
        parse(text.as_bytes()).unwrap_err().code()
    }

    #[test]
    fn the_listed_keys_are_those_of_the_file() {
        let text = || Some("CT".to_owned());
        let number = Some(1.0);
        let file = VisitFile {
            schema: 1,
            subject: text(),
            visit: text(),
            date: Some("2024-03-01".parse().unwrap()),
            day: number,
            modality: text(),
            units: text(),
            image: text(),
            series: text(),
            mask: text(),
            spacing_estimated: true,
            absent: vec!["a".into()],
            accept_contours: vec!["a".into()],
            roi: vec![RoiEntry {
                label: Some(1),
                name: "a".into(),
                role: Some(RoiRole::Lesion),
                mask: text(),
                mask_source: Some(MaskSource::Drawn),
            }],
            acquisition: Acquisition {
                kernel: text(),
                slice_thickness_mm: number,
                kvp: number,
                contrast_phase: text(),
                sequence: text(),
                te_ms: number,
                tr_ms: number,
                ti_ms: number,
                field_t: number,
                tracer: text(),
                uptake_min: number,
                manufacturer: text(),
                model: text(),
                site: text(),
            },
        };
        let table = Table::try_from(&file).unwrap();
        let sorted = |keys: &[&str]| {
            let mut keys: Vec<String> = keys.iter().map(ToString::to_string).collect();
            keys.sort();
            keys
        };
        let of = |table: &Table| sorted(&table.keys().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(of(&table), sorted(&KEYS));
        assert_eq!(of(table["roi"][0].as_table().unwrap()), sorted(&ROI_KEYS));
        assert_eq!(of(table["acquisition"].as_table().unwrap()), sorted(&ACQUISITION_KEYS));
    }

    #[test]
    fn days_are_counted_over_leap_years() {
        assert_eq!(days_since_1970(1970, 1, 1), 0);
        assert_eq!(days_since_1970(2000, 3, 1), 11_017);
        assert_eq!(days_since_1970(2024, 3, 1) - days_since_1970(2024, 2, 28), 2);
        assert_eq!(days_since_1970(1900, 3, 1) - days_since_1970(1900, 2, 28), 1);
    }

    #[test]
    fn a_misspelt_key_names_the_nearest() {
        let fault = parse(b"schema = 1\nmodalty = \"CT\"\n").unwrap_err();
        assert_eq!(fault.hint(), "Did you mean modality?");
    }

    #[test]
    fn bad_files_have_their_codes() {
        assert_eq!(code("schema = 2\nnew_key = 1"), "E-VISIT-SCHEMA");
        assert_eq!(code("visit = \"t0\""), "E-VISIT-SCHEMA");
        assert_eq!(code("schema = 1\nmodality = \"XR\""), "E-VISIT-WORD");
        assert_eq!(code("schema = 1\nday = \"soon\""), "E-VISIT-TOML");
        assert_eq!(code("schema = 1\nday = nan"), "E-VISIT-DATE");
        assert_eq!(code("schema = 1\n[[roi]]\nname = \"a\"\nlabel = 1\nrole = \"tumour\""), "E-VISIT-WORD");
        assert_eq!(code("schema = 1\n[[roi]]\nname = \"a\"\nlabel = 0"), "E-VISIT-ROI");
        assert_eq!(code("schema = 1\n[acquisition]\nkvpp = 120"), "E-VISIT-KEY");
        assert_eq!(code("schema = 1\nabsent = [\"../x\"]"), "E-NAME");
    }

    #[test]
    fn other_words_for_modalities_are_read() {
        let file = parse(b"schema = 1\nmodality = \"PET\"\nunits = \"SUV\"").unwrap();
        assert_eq!((modality(&file), units(&file)), (Ok(Modality::Pt), Ok(Units::Suv)));
    }
}
