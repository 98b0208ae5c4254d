//! The published values, one row per configuration, feature and aggregation.

use std::collections::BTreeSet;

use thiserror::Error;

use super::configurations::CONFIGURATIONS;
use crate::record::{Aggregation, Family};

/// A published value: three significant digits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Published {
    /// The value on which the participants agreed.
    pub value: f64,
    /// How far a value that is rounded to three digits may lie from it.
    pub tolerance: f64,
}

/// A row of the table.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Name of the configuration.
    pub config: &'static str,
    /// IBSI's tag without aggregation.
    pub feature: String,
    /// How directions and slices are put together; `None` where there are none.
    pub aggregation: Option<Aggregation>,
    /// The value, where one was accepted.
    pub published: Option<Published>,
}

/// The standard's tag of a feature under an aggregation (`cm_contrast_3D_avg`).
pub(super) fn full_tag(feature: &str, aggregation: Option<Aggregation>) -> String {
    match aggregation {
        Some(aggregation) => format!("{feature}_{aggregation}"),
        None => feature.to_owned(),
    }
}

/// The family that a tag begins with.
pub(super) fn family_of(feature: &str) -> Option<Family> {
    Family::from_word(feature.split('_').next().unwrap_or_default())
}

/// Why a text is no table of published values.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum TableError {
    /// A column is missing.
    #[error("no column {0}")]
    Column(&'static str),
    /// A row has more or fewer cells than the header.
    #[error("line {line}: {found} cells, and the header has {expected}")]
    Cells {
        /// Line of the text, from 1.
        line: usize,
        /// Cells of the header.
        expected: usize,
        /// Cells of the row.
        found: usize,
    },
    /// A cell holds a word or number that it cannot hold.
    #[error("line {line}: {word:?} is no {column}")]
    Cell {
        /// Line of the text, from 1.
        line: usize,
        /// What it should be.
        column: &'static str,
        /// What is there.
        word: String,
    },
    /// A row stands twice.
    #[error("line {line}: {config} {tag} stands twice")]
    Twice {
        /// Line of the text, from 1.
        line: usize,
        /// Configuration.
        config: &'static str,
        /// Feature and aggregation.
        tag: String,
    },
}

/// Published values.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    rows: Vec<Row>,
}

impl Table {
    /// The values of the digital phantom, which every copy of the program carries.
    pub fn of_the_digital_phantom() -> Self {
        Self::parse(include_str!("digital_phantom.csv")).expect("a test reads it")
    }

    /// Reads a CSV with the columns `config, kind, feature, aggregation, value, tolerance, status`, in any order and
    /// among others. Rows whose kind is not `feature` (sizes and intensities on the way) are left out.
    pub fn parse(text: &str) -> Result<Self, TableError> {
        let mut table = Self { rows: Vec::new() };
        let mut known = BTreeSet::new();
        let columns = ["kind", "config", "feature", "aggregation", "value", "tolerance", "status"];
        for (line, [kind, cells @ ..]) in cells(text, columns)? {
            if kind != "feature" {
                continue;
            }
            let row = row(line, cells)?;
            let tag = full_tag(&row.feature, row.aggregation);
            if !known.insert((row.config, tag.clone())) {
                return Err(TableError::Twice { line, config: row.config, tag });
            }
            table.rows.push(row);
        }
        Ok(table)
    }

    /// All rows, as they stand.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The rows of a configuration.
    pub fn of(&self, config: &str) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(move |r| r.config == config)
    }
}

/// The cells of some columns of a CSV without quotes whose first line names its columns, with the number of each line.
pub fn cells<'a, const N: usize>(
    text: &'a str,
    columns: [&'static str; N],
) -> Result<Vec<(usize, [&'a str; N])>, TableError> {
    let mut lines = text.lines().enumerate();
    let header: Vec<&str> = lines.next().map_or("", |l| l.1).split(',').collect();
    let mut places = [0; N];
    for (place, column) in places.iter_mut().zip(columns) {
        *place = header.iter().position(|name| *name == column).ok_or(TableError::Column(column))?;
    }
    let chosen = |(n, text): (usize, &'a str)| {
        let (line, cells) = (n + 1, text.split(',').collect::<Vec<&str>>());
        if cells.len() != header.len() {
            return Err(TableError::Cells { line, expected: header.len(), found: cells.len() });
        }
        Ok((line, places.map(|at| cells[at])))
    };
    lines.filter(|(_, text)| !text.is_empty()).map(chosen).collect()
}

fn row(
    line: usize,
    [config, feature, aggregation, value, tolerance, status]: [&str; 6],
) -> Result<Row, TableError> {
    let no = |column, word: &str| TableError::Cell { line, column, word: word.to_owned() };
    let number = |column, word: &str| match word.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(number),
        _ => Err(no(column, word)),
    };
    let known = CONFIGURATIONS.iter().find(|c| c.name == config);
    family_of(feature).ok_or_else(|| no("feature", feature))?;
    Ok(Row {
        config: known.ok_or_else(|| no("configuration", config))?.name,
        feature: feature.to_owned(),
        aggregation: match aggregation {
            "" => None,
            word => Some(Aggregation::from_word(word).ok_or_else(|| no("aggregation", word))?),
        },
        published: match status {
            "reference" => {
                Some(Published { value: number("value", value)?, tolerance: number("tolerance", tolerance)? })
            }
            "no_reference" => None,
            word => return Err(no("status", word)),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::registry::{self, Standing};

    #[test]
    fn a_table_says_what_is_wrong_with_it() {
        let text = |row: &str| format!("feature,config,kind,aggregation,value,tolerance,status\n{row}\n");
        let fault = |row: &str| Table::parse(&text(row)).unwrap_err().to_string();
        let table = Table::parse(&text("cm_contrast,E,feature,3D_avg,0.5,0,reference")).unwrap();
        let published = Some(Published { value: 0.5, tolerance: 0.0 });
        assert_eq!((table.rows()[0].config, table.rows()[0].published), ("E", published));
        assert!(Table::parse(&text("count,E,diagnostic,,9,,reference")).unwrap().rows().is_empty());
        assert_eq!(fault("a_b,F,feature,,1,1,reference"), "line 2: \"F\" is no configuration");
        assert_eq!(fault("a_b,E,feature,4D,1,1,reference"), "line 2: \"4D\" is no aggregation");
        assert_eq!(fault("a_b,E,feature,,nan,1,reference"), "line 2: \"nan\" is no value");
        assert_eq!(fault("a_b,E,feature,,1,1,sure"), "line 2: \"sure\" is no status");
        assert_eq!(fault("a_b,E,feature,,1"), "line 2: 5 cells, and the header has 7");
        let twice = "a_b,E,feature,,1,1,reference\na_b,E,feature,,2,1,reference";
        assert_eq!(fault(twice), "line 3: E a_b stands twice");
        assert_eq!(Table::parse("").unwrap_err().to_string(), "no column kind");
    }

    #[test]
    fn every_registered_feature_has_its_rows_and_is_marked_as_they_are() {
        let table = Table::of_the_digital_phantom();
        for info in registry::all().filter(|f| f.standing != Standing::Own) {
            let aggregations = match registry::aggregations(info.family) {
                [] => vec![None],
                several => several.iter().copied().map(Some).collect(),
            };
            for aggregation in aggregations {
                let row = table.rows().iter().find(|r| r.feature == info.tag && r.aggregation == aggregation);
                let Some(row) = row else { panic!("no row of {}", full_tag(info.tag, aggregation)) };
                let standing = match row.published {
                    Some(_) => Standing::Referenced,
                    None => Standing::WithoutReference,
                };
                assert_eq!(info.standing, standing, "{}", info.tag);
            }
        }
    }
}
