//! The name of a family of features.

use std::cmp::Ordering;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The longest abbreviation.
const LONGEST: usize = 8;

/// The standard's abbreviations in the order of its chapters, and ours for diagnostics.
const ORDER: [&str; 12] =
    ["morph", "loc", "stat", "ih", "ivh", "cm", "rlm", "szm", "dzm", "ngt", "ngl", "diag"];

/// A family of features, by IBSI's abbreviation (`cm`). Which families can be measured is the registry's to say.
///
/// Families are ordered as the standard orders them; others follow by their letters.
///
/// ```
/// use delta_radiomics::record::Family;
/// let mut families = ["ngl", "toy", "cm", "morph"].map(|word| Family::from_word(word).unwrap());
/// families.sort();
/// assert_eq!(families.map(|f| f.to_string()), ["morph", "cm", "ngl", "toy"]);
/// assert!(Family::from_word("Cm").is_none() && Family::from_word("").is_none());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Family {
    /// Lower-case letters and digits, padded with zeros.
    letters: [u8; LONGEST],
}

impl Family {
    /// Diagnostics: never compared between visits.
    pub const DIAG: Self = Self::new("diag");

    /// The family of this abbreviation: one to eight lower-case letters and digits. A constant that is none does not
    /// compile.
    pub const fn new(word: &str) -> Self {
        match Self::parse(word.as_bytes()) {
            Some(family) => family,
            None => panic!("an abbreviation has one to eight lower-case letters and digits"),
        }
    }
    /// The family of this abbreviation, where it can be one.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::parse(word.as_bytes())
    }
    /// The abbreviation.
    pub fn word(&self) -> &str {
        let length = self.letters.iter().position(|l| *l == 0).unwrap_or(LONGEST);
        // Only ASCII gets in.
        std::str::from_utf8(&self.letters[..length]).unwrap_or_default()
    }

    const fn parse(word: &[u8]) -> Option<Self> {
        if word.is_empty() || word.len() > LONGEST {
            return None;
        }
        let mut letters = [0; LONGEST];
        let mut n = 0;
        while n < word.len() {
            if !(word[n].is_ascii_lowercase() || word[n].is_ascii_digit()) {
                return None;
            }
            letters[n] = word[n];
            n += 1;
        }
        Some(Self { letters })
    }
    fn place(self) -> usize {
        ORDER.iter().position(|word| *word == self.word()).unwrap_or(ORDER.len())
    }
}

impl Ord for Family {
    fn cmp(&self, other: &Self) -> Ordering {
        self.place().cmp(&other.place()).then(self.letters.cmp(&other.letters))
    }
}

impl PartialOrd for Family {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl fmt::Debug for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Family({})", self.word())
    }
}

impl Serialize for Family {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}

impl<'de> Deserialize<'de> for Family {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        Self::from_word(&word)
            .ok_or_else(|| serde::de::Error::custom(format!("{word:?} is no abbreviation of a family")))
    }
}
