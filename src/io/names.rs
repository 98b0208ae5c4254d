//! Names of subjects, visits and regions end up in file names, tables and pages: they must be harmless there.

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
