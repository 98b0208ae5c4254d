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

/// A region's name out of a file of a hospital, made harmless: characters that mean something elsewhere become `_`, UIDs
/// and dates are taken out, and what is left empty is called by its number.
pub fn harmless(name: &str, number: i64) -> String {
    let plain: String = name.chars().map(|c| if is_harmful(c) { '_' } else { c }).collect();
    let plain = without_dates(&without_uids(&plain));
    let ends = |c: char| c.is_whitespace() || c == '.';
    let short: String = plain.trim_matches(ends).chars().take(LONGEST).collect();
    let mut name = short.trim_matches(ends).to_owned();
    if let Err(NameFault::Start(_)) = check_name(&name) {
        name.replace_range(..1, "_");
    }
    if check_name(&name).is_ok() { name } else { format!("roi_{number}") }
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

/// Numbers with more dots between them than versions and addresses have are UIDs.
fn without_uids(text: &str) -> String {
    const DOTS: usize = 4;
    let is_part = |c: char| c.is_ascii_digit() || c == '.';
    replace_runs(text, is_part, |run| {
        let inner = run.trim_end_matches('.');
        let uid = inner.matches('.').count() >= DOTS && inner.split('.').all(|part| !part.is_empty());
        uid.then(|| format!("(UID){}", &run[inner.len()..]))
    })
}

/// Eight digits that begin with a year are a date.
fn without_dates(text: &str) -> String {
    replace_runs(
        text,
        |c| c.is_ascii_digit(),
        |run| {
            let date = run.len() == 8 && (run.starts_with("19") || run.starts_with("20"));
            date.then(|| "(date)".to_owned())
        },
    )
}

/// Replaces runs of characters of one kind.
fn replace_runs(text: &str, of_kind: impl Fn(char) -> bool, by: impl Fn(&str) -> Option<String>) -> String {
    let (mut made, mut rest) = (String::new(), text);
    while let Some(start) = rest.find(&of_kind) {
        let length = rest[start..].find(|c| !of_kind(c)).unwrap_or(rest.len() - start);
        let (before, run) = (&rest[..start], &rest[start..start + length]);
        made += before;
        made += &by(run).unwrap_or_else(|| run.to_owned());
        rest = &rest[start + length..];
    }
    made + rest
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
            ("a 1.2.840.113619.2 b", "a (UID) b"),
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
