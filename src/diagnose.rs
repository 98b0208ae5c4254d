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

/// The known word that is nearest to a misspelt one, where one is near enough to be meant: a few letters away, or
/// the beginning of the other (`thorax` for `thorax_abdomen`). Case is ignored.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let distance = |known: &str| {
        let known = known.to_lowercase();
        let letters = strsim::damerau_levenshtein(&word, &known);
        if begins(&word, &known) || begins(&known, &word) { letters.min(1) } else { letters }
    };
    known
        .into_iter()
        .map(|k| (distance(k), k))
        .filter(|(distance, k)| *distance <= 1 + k.len() / 3)
        .min()
        .map(|(_, k)| k)
}

/// Whether `word` goes on from `start`, which is long enough to mean something.
fn begins(word: &str, start: &str) -> bool {
    start.len() >= 3 && word.starts_with(start)
}

/// What serde says of an unknown key or word, taken apart: the word that was given and the known one nearest to it.
///
/// Serde words it the same for every format ("unknown field `a`, expected one of `b`, `c`"), and only there are the
/// known words of nested settings at hand; a test holds the wording for the formats we read.
pub fn nearest_in_message(message: &str) -> Option<(&str, Option<&str>)> {
    let at = ["unknown field `", "unknown variant `"].iter().find_map(|start| message.find(start))?;
    let mut quoted = message[at..].split('`').skip(1).step_by(2);
    let given = quoted.next()?;
    Some((given, nearest(given, quoted)))
}

#[cfg(test)]
mod tests {
    use super::{nearest, nearest_in_message};

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)] // only read by serde
    struct Example {
        spacing_mm: Option<f64>,
        colour: Option<Colour>,
    }

    #[derive(Debug, serde::Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Colour {
        DarkRed,
        Green,
    }

    #[test]
    fn serde_names_the_known_words_in_every_format() {
        let key_toml = toml::from_str::<Example>("spacing = 1.0").unwrap_err();
        let key_json = serde_json::from_str::<Example>("{\"spacing\": 1.0}").unwrap_err().to_string();
        let word_toml = toml::from_str::<Example>("colour = \"dark_rod\"").unwrap_err();
        let word_json =
            serde_json::from_str::<Example>("{\"colour\": \"dark_rod\"}").unwrap_err().to_string();
        for message in [key_toml.message(), &key_json] {
            assert_eq!(nearest_in_message(message), Some(("spacing", Some("spacing_mm"))), "{message}");
        }
        for message in [word_toml.message(), &word_json] {
            assert_eq!(nearest_in_message(message), Some(("dark_rod", Some("dark_red"))), "{message}");
        }
        assert_eq!(nearest_in_message("invalid type: string \"a\", expected f64"), None);
    }

    #[test]
    fn a_typo_finds_its_word() {
        assert_eq!(nearest("spacing", ["spacing_mm", "interpolation"]), Some("spacing_mm"));
        assert_eq!(nearest("colour", ["spacing_mm", "interpolation"]), None);
        assert_eq!(nearest("thorax", ["brain", "thorax_abdomen"]), Some("thorax_abdomen"));
    }
}
