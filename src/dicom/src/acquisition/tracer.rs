//! Tracers and nuclides under one name each.

use dicom_dictionary_std::tags;

use super::code;
use crate::file::Item;
use crate::nuclide;

/// Codes of tracers: SNOMED CT, SNOMED RT (PS3.16 CID 4021).
const CODES: [(&str, &str); 21] = [
    ("35321007", "FDG"),
    ("C-B1031", "FDG"),
    ("724025002", "DOTATATE"),
    ("C118961", "PSMA"),
    ("C116352", "PSMA"),
    ("126758", "PSMA"),
    ("126759", "PSMA"),
    ("129501009", "sodium fluoride"),
    ("424708001", "FET"),
    ("764937002", "FLT"),
    ("422598008", "FMISO"),
    ("5811000122108", "FDOPA"),
    ("456992002", "choline"),
    ("126703", "choline"),
    ("457000009", "fluciclovine"),
    ("926372005", "FES"),
    ("129510001", "methionine"),
    ("456995000", "florbetapir"),
    ("712736002", "florbetaben"),
    ("456997008", "flutemetamol"),
    ("129508003", "ammonia"),
];

/// Parts of names, in capitals without blanks and hyphens; longer ones before those that they contain.
const NAMES: [(&str, &str); 26] = [
    ("FDG", "FDG"),
    ("FLUORODEOXYGLUCOSE", "FDG"),
    ("FLUDEOXYGLUCOSE", "FDG"),
    ("PSMA", "PSMA"),
    ("PIFLUFOLASTAT", "PSMA"),
    ("DOTATATE", "DOTATATE"),
    ("DOTATOC", "DOTATOC"),
    ("EDOTREOTIDE", "DOTATOC"),
    ("DOTANOC", "DOTANOC"),
    ("FAPI", "FAPI"),
    ("FDOPA", "FDOPA"),
    ("FLUORODOPA", "FDOPA"),
    ("FMISO", "FMISO"),
    ("MISONIDAZOLE", "FMISO"),
    ("FLUOROTHYMIDINE", "FLT"),
    ("FLT", "FLT"),
    ("FLUOROETHYL", "FET"),
    ("FET", "FET"),
    ("FLUCICLOVINE", "fluciclovine"),
    ("ESTRADIOL", "FES"),
    ("CHOLINE", "choline"),
    ("METHIONINE", "methionine"),
    ("FLUORIDE", "sodium fluoride"),
    ("NAF", "sodium fluoride"),
    ("FLORBETAPIR", "florbetapir"),
    ("FLUTEMETAMOL", "flutemetamol"),
];

/// The tracer, by code or name, else the nuclide. None where two were given.
pub(super) fn of(root: Item<'_>) -> Option<&'static str> {
    let items = root.items(tags::RADIOPHARMACEUTICAL_INFORMATION_SEQUENCE);
    let [item] = items.as_slice() else { return None };
    code(*item, tags::RADIOPHARMACEUTICAL_CODE_SEQUENCE)
        .and_then(|wanted| CODES.iter().find(|(code, _)| *code == wanted))
        .map(|(_, name)| *name)
        .or_else(|| named(&item.text(tags::RADIOPHARMACEUTICAL)?))
        .or_else(|| Some(nuclide::of_code(&code(*item, tags::RADIONUCLIDE_CODE_SEQUENCE)?)?.name))
}

fn named(text: &str) -> Option<&'static str> {
    let plain: String = text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_uppercase();
    NAMES.iter().find(|(part, _)| plain.contains(part)).map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_a_tracer_are_one_name() {
        for text in ["FDG -- fluorodeoxyglucose", "18F-FDG", "F-18 Fludeoxyglucose", "[18F]FDG"] {
            assert_eq!(named(text), Some("FDG"), "{text}");
        }
        assert_eq!(named("68Ga-PSMA-11"), Some("PSMA"));
        assert_eq!(named("Patient Smith"), None);
    }
}
