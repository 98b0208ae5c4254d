//! A user's table: read, its separators checked, its cells trimmed; and what manifests have in common.

mod fault;
mod files;
mod misspelt;

use std::path::{Path, PathBuf};

use delta_table::Sheet;

use crate::record::RepeatKind;

pub use fault::SheetFault;
pub use files::{FileColumns, modality_words, unit_words};

/// A table that was read.
pub struct UserTable {
    /// The file.
    pub path: PathBuf,
    sheet: Sheet,
    /// Names as in the header, and as they are asked for.
    names: Vec<(String, String)>,
}

/// A column with one cell per row; blanks around a cell do not count, and a cell without anything is `None`.
pub type Cells = Vec<Option<String>>;

/// A column whose cells say themselves what it holds, one per row.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// Numbers.
    Numbers(Vec<Option<f64>>),
    /// Words.
    Words(Cells),
}

/// Texts that stand for "no value".
const NO_VALUE: [&str; 5] = ["nan", "na", "n/a", "null", "none"];

impl UserTable {
    /// Reads a CSV with a header; a byte order mark does not count.
    pub fn read(path: &Path) -> Result<Self, SheetFault> {
        // Beforehand, because the table's reader would word what is wrong in its own way.
        let bytes = std::fs::read(path).map_err(|e| SheetFault::file(path, &e))?;
        let text = std::str::from_utf8(&bytes)
            .map_err(|_| SheetFault::file(path, &"this is not text in UTF-8"))?
            .trim_start_matches('\u{feff}');
        let header = text.lines().next().unwrap_or_default();
        if header.trim().is_empty() {
            return Err(SheetFault::NoRows(path.to_owned()));
        }
        for (sign, separator) in [(';', "semicolons"), ('\t', "tabs")] {
            if header.contains(sign) && !header.contains(',') {
                return Err(SheetFault::Separator { path: path.to_owned(), separator });
            }
        }
        if text.lines().skip(1).all(|line| line.trim().is_empty()) {
            return Err(SheetFault::NoRows(path.to_owned()));
        }
        let sheet = Sheet::read_csv(path).map_err(|e| SheetFault::file(path, &reworded(&e.to_string())))?;
        let names: Vec<(String, String)> = sheet
            .names()
            .into_iter()
            .map(|name| (name.clone(), name.trim_start_matches('\u{feff}').trim().to_owned()))
            .collect();
        // The table's reader renames the second of two equal columns.
        let renamed = names.iter().find_map(|(_, n)| n.split_once("_duplicated_"));
        if let Some((column, _)) = renamed {
            return Err(SheetFault::TwoColumns { path: path.to_owned(), column: column.to_owned() });
        }
        Ok(Self { path: path.to_owned(), sheet, names })
    }

    /// Names of the columns.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(|(_, name)| name.as_str())
    }
    /// The names in one line.
    pub fn present(&self) -> String {
        let names: Vec<&str> = self.names().take(12).collect();
        let more = self.names.len().saturating_sub(names.len());
        let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!("{}{rest}", names.join(", "))
    }
    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.sheet.rows()
    }
    /// Whether a column is there.
    pub fn has(&self, column: &str) -> bool {
        self.names().any(|name| name == column)
    }
    /// A column that may be missing.
    pub fn cells(&self, column: &str) -> Result<Option<Cells>, SheetFault> {
        let Some((name, _)) = self.names.iter().find(|(_, name)| name == column) else { return Ok(None) };
        let cells = self.sheet.text(name).map_err(|e| SheetFault::file(&self.path, &e))?;
        let trimmed = |cell: String| Some(cell.trim().to_owned()).filter(|c| !c.is_empty());
        Ok(Some(cells.into_iter().map(|cell| cell.and_then(trimmed)).collect()))
    }
    /// A column that must be there.
    pub fn needed(&self, column: &str) -> Result<Cells, SheetFault> {
        self.cells(column)?.ok_or_else(|| self.lacks(column))
    }
    /// A column that must be there and filled.
    pub fn filled(&self, column: &str) -> Result<Vec<String>, SheetFault> {
        let fill = |(n, cell): (usize, Option<String>)| {
            cell.ok_or_else(|| SheetFault::EmptyCell {
                path: self.path.clone(),
                row: n + 1,
                column: column.to_owned(),
            })
        };
        self.needed(column)?.into_iter().enumerate().map(fill).collect()
    }
    /// A column that may be missing, of words.
    pub fn words<T>(
        &self,
        column: &'static str,
        known: &[&str],
        find: impl Fn(&str) -> Option<T>,
    ) -> Result<Vec<Option<T>>, SheetFault> {
        let Some(cells) = self.cells(column)? else { return Ok((0..self.rows()).map(|_| None).collect()) };
        let one = |(n, cell): (usize, Option<String>)| match cell {
            None => Ok(None),
            Some(word) => {
                find(&word).map(Some).ok_or_else(|| SheetFault::word(&self.path, n + 1, column, &word, known))
            }
        };
        cells.into_iter().enumerate().map(one).collect()
    }
    /// What was repeated, where the table says it.
    pub fn repeat_kinds(&self) -> Result<Vec<Option<RepeatKind>>, SheetFault> {
        let known: Vec<&str> = RepeatKind::ALL.iter().map(|k| k.word()).collect();
        self.words("repeat_kind", &known, RepeatKind::from_word)
    }
    /// A column of numbers; empty cells and `NaN` are no value.
    pub fn numbers(&self, column: &str) -> Result<Vec<Option<f64>>, SheetFault> {
        let number = |(n, cell): (usize, Option<String>)| match cell {
            None => Ok(None),
            Some(text) if is_no_value(&text) => Ok(None),
            Some(text) => match text.parse::<f64>() {
                Ok(value) if value.is_finite() => Ok(Some(value)),
                _ => Err(SheetFault::Number {
                    path: self.path.clone(),
                    row: n + 1,
                    column: column.to_owned(),
                    text,
                }),
            },
        };
        self.needed(column)?.into_iter().enumerate().map(number).collect()
    }
    /// A column of which only its cells tell what it holds: numbers, or words. A word among numbers is refused rather
    /// than taken for a level, and so is a number with a decimal comma.
    pub fn content(&self, column: &str) -> Result<Content, SheetFault> {
        let cells = self.needed(column)?;
        let filled = || cells.iter().flatten().filter(|text| !is_no_value(text));
        let numbers = filled().filter(|text| text.parse::<f64>().is_ok()).count();
        let is_words = numbers == 0 || 2 * numbers < filled().count();
        if filled().next().is_some() && is_words && !filled().any(|text| has_decimal_comma(text)) {
            return Ok(Content::Words(cells));
        }
        self.numbers(column).map(Content::Numbers)
    }
    /// Refuses a column that nobody reads and that has nearly the name of one that is read and is not there: its cells
    /// would be ignored without a word.
    pub fn check_columns(&self, known: &[&'static str]) -> Result<(), SheetFault> {
        let names: Vec<&str> = self.names().collect();
        match misspelt::find(&names, known) {
            None => Ok(()),
            Some((column, meant)) => Err(SheetFault::Misspelt {
                path: self.path.clone(),
                column: column.to_owned(),
                meant: meant.to_owned(),
            }),
        }
    }
    /// The error of a column that is not there.
    pub fn lacks(&self, column: &str) -> SheetFault {
        SheetFault::Column { path: self.path.clone(), column: column.to_owned(), present: self.present() }
    }
}

fn is_no_value(text: &str) -> bool {
    NO_VALUE.contains(&text.to_lowercase().as_str())
}

/// The reader's message without its advice to programmers.
fn reworded(message: &str) -> String {
    if message.contains("more fields than defined") {
        return "a row has more cells than the header: a decimal comma, or a comma in a text without quotes"
            .into();
    }
    message.lines().next().unwrap_or(message).to_owned()
}

/// Whether a text would be a number with a point instead of its comma.
pub fn has_decimal_comma(text: &str) -> bool {
    text.matches(',').count() == 1 && text.replace(',', ".").parse::<f64>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<UserTable, SheetFault> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("table.csv");
        std::fs::write(&path, text).unwrap();
        UserTable::read(&path)
    }

    #[test]
    fn a_byte_order_mark_and_blanks_do_not_count() {
        let table = read("\u{feff}subject, repeat ,x\r\n a ,1, 2.5\r\n").unwrap();
        assert_eq!(table.names().collect::<Vec<_>>(), ["subject", "repeat", "x"]);
        assert_eq!(table.filled("subject").unwrap(), ["a"]);
        assert_eq!(table.numbers("x").unwrap(), [Some(2.5)]);
    }

    #[test]
    fn what_is_no_table_is_refused_in_our_own_words() {
        assert!(matches!(read("subject;repeat\na;1\n"), Err(SheetFault::Separator { .. })));
        assert!(matches!(read("subject,repeat\n\n"), Err(SheetFault::NoRows(_))));
        assert!(matches!(read(""), Err(SheetFault::NoRows(_))));
        assert!(matches!(read("a,a\n1,2\n"), Err(SheetFault::TwoColumns { .. })));
        for (rows, said) in
            [("1,2,3\n", "more cells than the header"), ("1,2\n3\n", "row 2 has 1 cell, the header 2")]
        {
            let Err(SheetFault::File { why, .. }) = read(&format!("a,b\n{rows}")) else { panic!("{rows}") };
            assert!(why.contains(said), "{why}");
        }
    }

    #[test]
    fn cells_tell_what_a_column_holds() {
        let table = read("a,b,c,d,e\n1,m,\"1,5\",,1\n2.5,f,2,,2\nNA,NA,x,,x\n").unwrap();
        assert_eq!(table.content("a").unwrap(), Content::Numbers(vec![Some(1.0), Some(2.5), None]));
        assert!(
            matches!(table.content("b").unwrap(), Content::Words(words) if words[0].as_deref() == Some("m"))
        );
        let Err(fault) = table.content("c") else { panic!("a decimal comma") };
        assert!(matches!(fault, SheetFault::Number { row: 1, .. }));
        assert_eq!(table.content("d").unwrap(), Content::Numbers(vec![None; 3]));
        assert!(matches!(table.content("e"), Err(SheetFault::Number { row: 3, .. })));
    }

    #[test]
    fn no_value_is_none_and_text_is_refused() {
        let table = read("x,y\nnan,much\n,1\n").unwrap();
        assert_eq!(table.numbers("x").unwrap(), [None, None]);
        assert!(matches!(table.numbers("y"), Err(SheetFault::Number { row: 1, .. })));
        assert!(has_decimal_comma("1,5") && !has_decimal_comma("1.5") && !has_decimal_comma("a,b"));
    }
}
