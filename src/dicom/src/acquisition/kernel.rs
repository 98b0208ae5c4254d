//! Reconstruction kernels, in forms that vendors use.

use dicom_dictionary_std::tags;

use crate::series::Groups;

/// Words of GE and others that stand for a kernel of their own.
const WORDS: [&str; 22] = [
    "STANDARD",
    "STND",
    "STD",
    "STD+",
    "SOFT",
    "DETAIL",
    "BONE",
    "BONEPLUS",
    "BONE+",
    "LUNG",
    "CHEST",
    "CHST",
    "EDGE",
    "EDGE+",
    "SHARP",
    "SMOOTH",
    "ULTRA",
    "EXPERIMENTAL7",
    "HD",
    "PERFORMANCE",
    "NONE",
    "ASIR",
];

/// The kernel: each value in a form that vendors use stands as it is, in capitals where the vendor has no others; any
/// other one by four digits made from it, so that a difference is seen and a name is not.
pub(super) fn of(groups: Groups<'_>) -> Option<String> {
    let item = groups.of(tags::CT_RECONSTRUCTION_SEQUENCE, tags::CONVOLUTION_KERNEL);
    let texts = match item.texts(tags::CONVOLUTION_KERNEL) {
        none if none.is_empty() => groups.aside(tags::CONVOLUTION_KERNEL).texts(tags::CONVOLUTION_KERNEL),
        texts => texts,
    };
    let words: Vec<String> =
        texts.iter().filter(|text| !text.is_empty()).map(|text| canonical(text)).collect();
    (!words.is_empty()).then(|| words.join(" "))
}

fn canonical(text: &str) -> String {
    let upper = text.to_uppercase();
    if WORDS.contains(&upper.as_str()) {
        return upper;
    }
    if is_siemens(text) || is_letter(text) || is_canon(text) || is_filter(text) || is_level(text) {
        return text.to_owned();
    }
    format!("unlisted-{:04x}", folded(&upper))
}

/// `B30f`, `Br40d`, `Hr40h`, `I31f`, `J30s`: body part, perhaps a letter, two digits, perhaps a letter.
fn is_siemens(text: &str) -> bool {
    let rest = text.strip_prefix(|c: char| "ABCDEHIJQSTUV".contains(c)).unwrap_or("");
    let rest = rest.strip_prefix(|c: char| c.is_ascii_lowercase()).unwrap_or(rest);
    let Some(rest) = two_digits(rest) else { return false };
    rest.is_empty() || (rest.len() == 1 && rest.bytes().all(|b| b.is_ascii_lowercase()))
}

/// A strength of iterative reconstruction after the kernel, `1` to `9`.
fn is_level(text: &str) -> bool {
    text.len() == 1 && text.bytes().all(|b| b.is_ascii_digit())
}

/// Philips: one or two capitals.
fn is_letter(text: &str) -> bool {
    matches!(
        text,
        "A" | "B"
            | "C"
            | "D"
            | "E"
            | "F"
            | "L"
            | "UA"
            | "UB"
            | "UC"
            | "YA"
            | "YB"
            | "YC"
            | "YD"
            | "EB"
            | "EC"
    )
}

/// Canon: `FC18`, perhaps with a letter.
fn is_canon(text: &str) -> bool {
    let rest = text.strip_prefix("FC").and_then(two_digits);
    rest.is_some_and(|rest| rest.is_empty() || rest == "H" || rest == "L")
}

/// PET of Siemens: a Gaussian of so many millimetres along the axes named, `XYZG=7.00` or `XYZ Gauss5.00`.
fn is_filter(text: &str) -> bool {
    let width =
        ["XYZG=", "XYG=", "XYZ Gauss", "XYZ GAUSS", "Gauss"].iter().find_map(|form| text.strip_prefix(form));
    width.is_some_and(|width| {
        width.len() <= 6
            && width.parse::<f64>().is_ok()
            && width.bytes().all(|b| b.is_ascii_digit() || b == b'.')
    })
}

fn two_digits(text: &str) -> Option<&str> {
    let (digits, rest) = text.split_at_checked(2)?;
    digits.bytes().all(|b| b.is_ascii_digit()).then_some(rest)
}

/// Sixteen bits of a Fowler-Noll-Vo hash: enough to tell kernels apart, too few to find a text again.
fn folded(text: &str) -> u16 {
    let hash = text.bytes().fold(0x811c_9dc5_u32, |hash, b| (hash ^ u32::from(b)).wrapping_mul(0x0100_0193));
    (hash >> 16) as u16 ^ hash as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_vendors_stay_and_anything_else_becomes_digits() {
        for known in ["STANDARD", "B30f", "Br40d", "FC18", "I31f", "3", "STD+", "XYZG=7.00", "UB", "H31s"] {
            assert_eq!(canonical(known), known);
        }
        assert_eq!(canonical("Standard"), "STANDARD");
        for unknown in ["SMITH", "B30fx", "FC", "XYZG=SMITH", "é", "BSMITH", "19990807", "1e9", ""] {
            let word = canonical(unknown);
            assert!(word.starts_with("unlisted-") && word.len() == 13, "{unknown}: {word}");
        }
        assert_eq!(canonical("Smith"), canonical("SMITH"));
        assert_ne!(canonical("SMITH"), canonical("JONES"));
    }
}
