//! What every error of the project can say: a code to search for, a fact, and the way on.

use std::error::Error;

/// Exit codes of the program that an error can lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// The command line (2).
    Usage,
    /// An input is refused (3).
    Input,
    /// A check did not hold (4).
    Check,
    /// The surroundings: disk, permissions, locks (6).
    Surroundings,
    /// A defect of ours (1).
    Defect,
}

/// An error that says what is wrong (its `Display`), under which code, and what to do about it.
///
/// Each room has its own error enum that implements this; `cli/` renders `CODE  fact. hint`.
pub trait Diagnose: Error {
    /// A stable code such as `E-NIFTI-TRUNCATED`.
    fn code(&self) -> &'static str;
    /// What the user can do about it: one or two sentences.
    fn hint(&self) -> String;
    /// The exit code that it leads to.
    fn exit(&self) -> Exit {
        Exit::Input
    }
}

/// The known word that is nearest to a misspelt one, where one is near enough to be meant.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|k| (strsim::damerau_levenshtein(word, k), k))
        .filter(|(distance, k)| *distance <= 1 + k.len() / 3)
        .min()
        .map(|(_, k)| k)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_typo_finds_its_word() {
        assert_eq!(nearest("spacing", ["spacing_mm", "interpolation"]), Some("spacing_mm"));
        assert_eq!(nearest("colour", ["spacing_mm", "interpolation"]), None);
    }
}
