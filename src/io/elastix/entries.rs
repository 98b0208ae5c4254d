//! The text of a parameter file as names and values.

use std::collections::BTreeMap;

use super::ElastixFault;

/// Names and their values, each value without its quotes.
#[derive(Debug, Default)]
pub struct Entries(BTreeMap<String, Vec<String>>);

impl Entries {
    /// Reads `(Name value "value" ...)`, one a line; `//` starts a comment.
    pub fn parse(text: &str) -> Result<Self, ElastixFault> {
        let mut entries = BTreeMap::new();
        for (n, line) in text.lines().enumerate() {
            let line = without_comment(line).trim();
            if line.is_empty() {
                continue;
            }
            let inner = line.strip_prefix('(').and_then(|l| l.strip_suffix(')'));
            let words = inner.and_then(words).filter(|words| !words.is_empty());
            let mut words = words.ok_or(ElastixFault::Line(n + 1))?;
            let name = words.remove(0);
            if entries.insert(name, words).is_some() {
                return Err(ElastixFault::Line(n + 1));
            }
        }
        Ok(Self(entries))
    }

    /// The first value of an entry.
    pub fn word(&self, key: &str) -> Option<&str> {
        self.0.get(key).and_then(|values| values.first()).map(String::as_str)
    }

    /// All values of an entry as finite numbers; `None` where there is no such entry.
    pub fn numbers(&self, key: &'static str) -> Result<Option<Vec<f64>>, ElastixFault> {
        let Some(values) = self.0.get(key) else { return Ok(None) };
        let number = |v: &String| v.parse().ok().filter(|v: &f64| v.is_finite());
        let numbers: Option<Vec<f64>> = values.iter().map(number).collect();
        numbers.map(Some).ok_or(ElastixFault::Value { key, expected: "a list of numbers" })
    }

    /// `N` numbers, as many as are asked for; `None` where there is no such entry.
    pub fn optional<const N: usize>(
        &self,
        key: &'static str,
        expected: &'static str,
    ) -> Result<Option<[f64; N]>, ElastixFault> {
        let found = self.numbers(key)?;
        found.map(|v| v.try_into().map_err(|_| ElastixFault::Value { key, expected })).transpose()
    }

    /// `N` numbers that must be there.
    pub fn needed<const N: usize>(
        &self,
        key: &'static str,
        expected: &'static str,
    ) -> Result<[f64; N], ElastixFault> {
        self.optional(key, expected)?.ok_or(ElastixFault::Missing(key))
    }
}

/// A line up to `//`, unless that stands inside quotes.
fn without_comment(line: &str) -> &str {
    let mut is_quoted = false;
    for (at, c) in line.char_indices() {
        match c {
            '"' => is_quoted = !is_quoted,
            '/' if !is_quoted && line[at..].starts_with("//") => return &line[..at],
            _ => {}
        }
    }
    line
}

/// Words apart at blanks, quoted ones whole; `None` where a quote is not closed.
fn words(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (word, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => rest.split_once(char::is_whitespace).unwrap_or((rest, "")),
        };
        words.push(word.to_owned());
        rest = after.trim_start();
    }
    Some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_values_and_comments_are_told_apart() {
        let text = "// a comment\n\n(Transform \"EulerTransform\") // another\n(Size 1 2  3)\n\
                    (File \"a // folder/b.txt\")\r\n";
        let entries = Entries::parse(text).unwrap();
        assert_eq!(entries.word("Transform"), Some("EulerTransform"));
        assert_eq!(entries.numbers("Size").unwrap(), Some(vec![1.0, 2.0, 3.0]));
        assert_eq!(entries.word("File"), Some("a // folder/b.txt"));
        assert_eq!(entries.numbers("Spacing").unwrap(), None);
    }

    #[test]
    fn what_is_no_entry_is_refused_with_its_line() {
        for (text, line) in [("Transform", 1), ("(A 1)\n(B \"x)", 2), ("()", 1), ("(A 1)\n(A 2)", 2)] {
            assert_eq!(Entries::parse(text).unwrap_err(), ElastixFault::Line(line), "{text}");
        }
        let entries = Entries::parse("(Size 1 x 3)\n(Index 0 nan 0)").unwrap();
        assert!(entries.numbers("Size").is_err() && entries.numbers("Index").is_err());
    }
}
