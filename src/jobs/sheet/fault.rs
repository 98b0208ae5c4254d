//! What a user's table can be refused for, whatever it is for.

use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::diagnose::{Diagnose, nearest};
use crate::io::NameFault;

/// Why a table is refused.
#[derive(Debug, Error)]
pub enum SheetFault {
    /// The table cannot be read.
    #[error("{}: {why}", path.display())]
    File {
        /// Table.
        path: PathBuf,
        /// Why not.
        why: String,
    },
    /// Cells are not separated by commas.
    #[error("{}: the cells are separated by {separator}, not by commas", path.display())]
    Separator {
        /// Table.
        path: PathBuf,
        /// What separates them.
        separator: &'static str,
    },
    /// A column is missing.
    #[error("{}: there is no column {column} (columns: {present})", path.display())]
    Column {
        /// Table.
        path: PathBuf,
        /// Column, or what could stand for it.
        column: String,
        /// Columns that are there.
        present: String,
    },
    /// A column is there twice.
    #[error("{}: there are two columns {column}", path.display())]
    TwoColumns {
        /// Table.
        path: PathBuf,
        /// Column.
        column: String,
    },
    /// A column that nobody reads has nearly the name of one that is read and is not there.
    #[error("{}: column {column:?} is not known, and looks like {meant}", path.display())]
    Misspelt {
        /// Table.
        path: PathBuf,
        /// Column.
        column: String,
        /// What was probably meant.
        meant: String,
    },
    /// Nothing but a header.
    #[error("{}: the table has no rows", .0.display())]
    NoRows(PathBuf),
    /// A cell that must be filled is empty.
    #[error("{}: row {row}: the cell {column} is empty", path.display())]
    EmptyCell {
        /// Table.
        path: PathBuf,
        /// Row; the first below the header is 1.
        row: usize,
        /// Column.
        column: String,
    },
    /// A cell does not hold one of the words that it may hold.
    #[error("{}: row {row}: {word:?} in column {column} is not known (known: {known})", path.display())]
    Word {
        /// Table.
        path: PathBuf,
        /// Row.
        row: usize,
        /// Column.
        column: &'static str,
        /// What stands there.
        word: String,
        /// What could stand there.
        known: String,
        /// What was probably meant.
        meant: Option<String>,
    },
    /// Text where a number should be.
    #[error("{}: row {row}: {text:?} in column {column} is no number", path.display())]
    Number {
        /// Table.
        path: PathBuf,
        /// Row.
        row: usize,
        /// Column.
        column: String,
        /// What stands there.
        text: String,
    },
    /// A name that is not harmless in file names, tables and pages.
    #[error("{}: row {row}: {column} {name:?} cannot be used: {fault}", path.display())]
    Name {
        /// Table.
        path: PathBuf,
        /// Row.
        row: usize,
        /// Column.
        column: &'static str,
        /// Name.
        name: String,
        /// Why not.
        fault: NameFault,
    },
    /// Names or roles by label that cannot be understood.
    #[error("{}: row {row}: {text:?} in column {column} is not of the form 1=lesion;2=liver", path.display())]
    Labels {
        /// Table.
        path: PathBuf,
        /// Row.
        row: usize,
        /// Column.
        column: &'static str,
        /// What stands there.
        text: String,
    },
}

impl SheetFault {
    /// A table that cannot be read.
    pub fn file(path: &Path, why: &impl ToString) -> Self {
        Self::File { path: path.to_owned(), why: why.to_string() }
    }
    /// A cell with a word that is not known.
    pub fn word(path: &Path, row: usize, column: &'static str, word: &str, known: &[&str]) -> Self {
        Self::Word {
            path: path.to_owned(),
            row,
            column,
            word: word.to_owned(),
            known: known.join(", "),
            meant: nearest(word, known.iter().copied()).map(str::to_owned),
        }
    }
}

impl Diagnose for SheetFault {
    fn code(&self) -> &'static str {
        match self {
            Self::File { .. } => "E-TABLE-FILE",
            Self::Separator { .. } => "E-TABLE-SEPARATOR",
            Self::Column { .. } | Self::TwoColumns { .. } | Self::Misspelt { .. } => "E-TABLE-COLUMN",
            Self::NoRows(_) => "E-TABLE-EMPTY",
            Self::EmptyCell { .. } => "E-TABLE-CELL",
            Self::Word { .. } => "E-TABLE-WORD",
            Self::Number { .. } => "E-TABLE-NUMBER",
            Self::Name { .. } => "E-TABLE-NAME",
            Self::Labels { .. } => "E-TABLE-LABELS",
        }
    }

    fn hint(&self) -> String {
        match self {
            Self::File { .. } => "Give a CSV with a header, separated by commas.".into(),
            Self::Separator { .. } => {
                "Save the table with commas between cells and points in decimal numbers.".into()
            }
            Self::Column { .. } => "Add the column.".into(),
            Self::TwoColumns { .. } => "Remove or rename one of them.".into(),
            Self::Misspelt { meant, .. } => {
                format!("Write {meant}; if it is something else, give it a name that is less like it.")
            }
            Self::NoRows(_) => "Write rows below the header.".into(),
            Self::EmptyCell { .. } => "Fill it; paths are relative to the manifest's folder.".into(),
            Self::Word { meant: Some(word), .. } => format!("Did you mean {word}?"),
            Self::Word { meant: None, .. } => "Use one of these words.".into(),
            Self::Number { text, .. } if text.contains(',') => {
                "Decimal numbers have a point, not a comma: save the table so.".into()
            }
            Self::Number { .. } => "Correct the cell, or leave it empty where there is no value.".into(),
            Self::Name { .. } => "Choose a name of letters, digits, blanks, - and _ (up to 64).".into(),
            Self::Labels { .. } => {
                "Give labels with their names or roles: 1=lesion;2=organ (roles: lesion, organ, reference)."
                    .into()
            }
        }
    }
}
