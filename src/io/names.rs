//! Names of subjects, visits and regions end up in file names, tables and pages: they must be harmless there.

use std::path::Path;

use thiserror::Error;

/// Longest name in characters.
const LONGEST: usize = 64;

/// Why a name is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NameFault {
    /// Nothing, or blanks alone.
    #[error("it is empty")]
    Empty,
    /// Too many characters.
    #[error("it has {0} characters; names have up to {LONGEST}")]
    Long(usize),
    /// A character that means something to a file system, a table or a terminal.
    #[error("it holds the character {0:?}")]
    Character(char),
    /// A first character that means something to a file system or a spreadsheet.
    #[error("it starts with {0:?}")]
    Start(char),
    /// Blank or dot at an end.
    #[error("it starts or ends with a blank or a dot")]
    Ends,
    /// Something that may identify a patient.
    #[error("it holds a {0}")]
    Telling(&'static str),
}

/// Accepts a name that is harmless as a file name, in a table and on a page.
///
/// ```
/// use delta_radiomics::io::{NameFault, check_name};
/// assert_eq!(check_name("lesion 2"), Ok(()));
/// assert_eq!(check_name(".hidden"), Err(NameFault::Ends));
/// assert_eq!(check_name("a/b"), Err(NameFault::Character('/')));
/// ```
pub fn check_name(name: &str) -> Result<(), NameFault> {
    if name.trim().is_empty() {
        return Err(NameFault::Empty);
    }
    let length = name.chars().count();
    if length > LONGEST {
        return Err(NameFault::Long(length));
    }
    if let Some(bad) = name.chars().find(|&c| is_harmful(c)) {
        return Err(NameFault::Character(bad));
    }
    let ends = |c: char| c.is_whitespace() || c == '.';
    if name.starts_with(ends) || name.ends_with(ends) {
        return Err(NameFault::Ends);
    }
    match name.chars().next() {
        Some(first @ ('=' | '+' | '-' | '@' | '~')) => Err(NameFault::Start(first)),
        _ => Ok(()),
    }
}

/// Accepts the name of a folder that was found as the name of a subject or a visit: harmless, and without a UID or a
/// date, which must not go on from here.
///
/// ```
/// use delta_radiomics::io::{NameFault, check_found_name};
/// assert_eq!(check_found_name("P001"), Ok(()));
/// assert_eq!(check_found_name("CT 2024-03-01"), Err(NameFault::Telling("date")));
/// assert_eq!(check_found_name("1.2.840.113619.2.55.3"), Err(NameFault::Telling("UID")));
/// ```
pub fn check_found_name(name: &str) -> Result<(), NameFault> {
    if without_uids(name) != name {
        return Err(NameFault::Telling("UID"));
    }
    if without_dates(name) != name {
        return Err(NameFault::Telling("date"));
    }
    check_name(name)
}

/// A region's name out of a file of a hospital, made harmless: characters that mean something elsewhere become `_`, UIDs
/// and dates are taken out, and what is left empty is called by its number.
pub fn harmless(name: &str, number: i64) -> String {
    let bare = without_dates(&without_uids(name));
    let plain: String = bare.chars().map(|c| if is_harmful(c) { '_' } else { c }).collect();
    let ends = |c: char| c.is_whitespace() || c == '.';
    let short: String = plain.trim_matches(ends).chars().take(LONGEST).collect();
    let mut name = short.trim_matches(ends).to_owned();
    if let Err(NameFault::Start(_)) = check_name(&name) {
        name.replace_range(..1, "_");
    }
    if check_name(&name).is_ok() { name } else { format!("roi_{number}") }
}

/// A name with a number behind it, not longer than names are.
pub fn numbered(name: &str, number: i64) -> String {
    let end = format!("_{number}");
    let kept: String = name.chars().take(LONGEST - end.len()).collect();
    kept + &end
}

/// A path in one harmless line: control characters, which a terminal would obey, are escaped, and UIDs, by which
/// archives name files and folders, are taken out.
///
/// ```
/// use delta_radiomics::io::shown_path;
/// use std::path::Path;
/// assert_eq!(shown_path(Path::new("t0/1.2.840.113619.2.55.3/7.dcm")), "t0/(UID)/7.dcm");
/// assert_eq!(shown_path(Path::new("v1.2.3/ct.nii.gz")), "v1.2.3/ct.nii.gz");
/// ```
pub fn shown_path(path: &Path) -> String {
    let escape = |c: char| if c.is_control() { c.escape_default().to_string() } else { c.to_string() };
    without_uids(&path.to_string_lossy()).chars().map(escape).collect()
}

/// A text without UIDs and dates, which archives put into names of folders.
///
/// ```
/// use delta_radiomics::io::without_identifiers;
/// assert_eq!(without_identifiers("P1/20240301/ct: 12 slices"), "P1/(date)/ct: 12 slices");
/// assert_eq!(without_identifiers("20000000 bytes are needed"), "20000000 bytes are needed");
/// ```
pub fn without_identifiers(text: &str) -> String {
    without_dates(&without_uids(text))
}

/// Numbers with more dots between them than versions and addresses have are UIDs, and so are longer ones with fewer: those
/// that are made of a random number have two dots (`2.25.3290...`).
fn without_uids(text: &str) -> String {
    const DOTS: usize = 4;
    const DOTS_OF_LONG: usize = 2;
    const LONG: usize = 20;
    let (mut made, mut done) = (String::new(), 0);
    for (start, run) in runs(text, |c: char| c.is_ascii_digit() || c == '.') {
        let inner = run.trim_end_matches('.');
        let dots = inner.matches('.').count();
        let parts = inner.split('.').all(|part| !part.is_empty());
        if parts && (dots >= DOTS || (dots >= DOTS_OF_LONG && inner.len() >= LONG)) {
            made += &text[done..start];
            made += "(UID)";
            done = start + inner.len();
        }
    }
    made + &text[done..]
}

/// Digits that are a day of the calendar become `(date)`: `20240301`, with a time behind it or not, `2024-03-01`,
/// `1.3.2024`.
fn without_dates(text: &str) -> String {
    let digits: Vec<(usize, &str)> = runs(text, |c| c.is_ascii_digit());
    let (mut made, mut done, mut at) = (String::new(), 0, 0);
    while let Some(&(start, run)) = digits.get(at) {
        let parted = digits.get(at..at + 3).filter(|parts| is_parted_date(text, parts));
        let end = match parted {
            Some(parts) => parts[2].0 + parts[2].1.len(),
            None => start + run.len(),
        };
        if parted.is_some() || is_date(run) {
            made += &text[done..start];
            made += "(date)";
            done = end;
        }
        at += if parted.is_some() { 3 } else { 1 };
    }
    made + &text[done..]
}

/// Year, month and day, and perhaps the time of day behind them.
fn is_date(digits: &str) -> bool {
    let within = |part: &str, most: u32| part.parse::<u32>().is_ok_and(|n| (1..=most).contains(&n));
    matches!(digits.len(), 8 | 12 | 14)
        && is_in_a_year(digits)
        && within(&digits[4..6], 12)
        && within(&digits[6..8], 31)
}

/// Three runs of digits that are year, month and day, or day, month and year, with one and the same character between
/// them. The latter with blanks or underscores are rather doses.
fn is_parted_date(text: &str, parts: &[(usize, &str)]) -> bool {
    let [(a, first), (b, second), (c, third)] = *parts else { return false };
    let between = [&text[a + first.len()..b], &text[b + second.len()..c]];
    let short = |part: &str| part.len() <= 2;
    let year = |part: &str| part.len() == 4 && is_in_a_year(part);
    between[0] == between[1]
        && short(second)
        && match between[0] {
            "-" | "." | "/" => (year(first) && short(third)) || (short(first) && year(third)),
            "_" | " " => year(first) && short(third),
            _ => false,
        }
}

fn is_in_a_year(digits: &str) -> bool {
    digits.starts_with("19") || digits.starts_with("20")
}

/// Runs of characters of one kind, with where they begin.
fn runs(text: &str, of_kind: impl Fn(char) -> bool) -> Vec<(usize, &str)> {
    let (mut found, mut at) = (Vec::new(), 0);
    while let Some(start) = text[at..].find(&of_kind).map(|start| at + start) {
        let end = text[start..].find(|c| !of_kind(c)).map_or(text.len(), |length| start + length);
        found.push((start, &text[start..end]));
        at = end;
    }
    found
}

fn is_harmful(c: char) -> bool {
    c.is_control()
        || "/\\<>:\"|?*;`$&".contains(c)
        // Characters without width and those that turn the direction of text: a name would not be what it seems.
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_hospitals_become_harmless() {
        for (name, expected) in [
            ("GTV 1", "GTV 1"),
            ("Läsion/links", "Läsion_links"),
            (" =1+1 ", "_1+1"),
            ("", "roi_7"),
            ("...", "roi_7"),
            ("GTV 20240301", "GTV (date)"),
            ("GTV_2024-03-01_edited", "GTV_(date)_edited"),
            ("GTV_20240301123059", "GTV_(date)"),
            ("1.3.2024 GTV", "(date) GTV"),
            ("GTV 03/01/2024", "GTV (date)"),
            ("GTV_1_20240301.2", "GTV_1_(date).2"),
            ("GTV_1_2024_3_1", "GTV_1_(date)"),
            ("PTV_60_2.5_2", "PTV_60_2.5_2"),
            ("PTV_1_2_2000", "PTV_1_2_2000"),
            ("a 1.2.840.113619.2 b", "a (UID) b"),
            ("2.25.329800735698586629295641978511506172918", "(UID)"),
            ("v2.25.3", "v2.25.3"),
            ("1.2.3", "1.2.3"),
        ] {
            assert_eq!(harmless(name, 7), expected, "{name}");
            assert_eq!(check_name(&harmless(name, 7)), Ok(()));
        }
        assert_eq!(harmless(&"ä".repeat(80), 7).chars().count(), LONGEST);
    }

    #[test]
    fn hostile_names_are_refused_and_ordinary_ones_are_not() {
        for good in ["lesion", "GTV 1", "Niere, links", "tumour_2", "肝臓", "1", "T2-hyper (edge)"] {
            assert_eq!(check_name(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "  ",
            "a/b",
            "..\\x",
            "..",
            ".hidden",
            "x.",
            "a\nb",
            "a\u{0}",
            "<script>",
            "=1+1",
            "-rf",
            "a\u{202e}b",
            "x ",
        ] {
            assert!(check_name(bad).is_err(), "{bad:?}");
        }
        assert_eq!(check_name(&"x".repeat(65)), Err(NameFault::Long(65)));
    }
}
