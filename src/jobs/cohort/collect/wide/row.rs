//! One row of a wide table.

use std::collections::BTreeSet;

use delta_table::{Form, Kind, Table, TableError};

use super::columns::Headings;
use crate::record::Reason;

/// A column before the features: its name, and what it holds.
pub type About = (&'static str, Kind);

/// One lesion.
#[derive(Clone, Debug, PartialEq)]
pub struct WideRow {
    /// Cells of text before the features, in order.
    pub about: Vec<Option<String>>,
    /// The number among them, in tables that have one.
    pub interval_days: Option<f64>,
    /// Values, by the place of their column.
    pub values: Vec<Option<f64>>,
}

/// Values by column, and why cells are empty.
pub struct Values<'a> {
    headings: &'a Headings,
    values: Vec<Option<f64>>,
    reasons: Vec<Option<String>>,
}

impl<'a> Values<'a> {
    /// No value, and no feature measured yet.
    pub fn new(headings: &'a Headings) -> Self {
        let n = headings.names().len();
        Self {
            headings,
            values: vec![None; n],
            reasons: vec![Some(Reason::NotMeasured.word().to_owned()); n],
        }
    }

    /// No value at all, for one reason.
    pub fn without(headings: &'a Headings, reason: &str) -> Self {
        let reasons = vec![Some(reason.to_owned()); headings.names().len()];
        Self { reasons, ..Self::new(headings) }
    }

    /// The value of a column, or why there is none.
    pub fn set(&mut self, place: usize, value: Option<f64>, reason: Option<&str>) {
        self.values[place] = value;
        self.reasons[place] = if value.is_some() { None } else { reason.map(str::to_owned) };
    }

    /// The values, and in words why cells are empty: `morph_volume=carried_mask;...`. Where the whole row is empty for
    /// one reason, that reason alone.
    pub fn told(self) -> (Vec<Option<f64>>, Option<String>) {
        let kinds: BTreeSet<&Option<String>> = self.reasons.iter().collect();
        if let (1, Some(Some(reason))) = (kinds.len(), kinds.first()) {
            let reason = reason.clone();
            return (self.values, Some(reason));
        }
        let named = self.headings.names().iter().zip(&self.reasons);
        let told: Vec<String> =
            named.filter_map(|(name, reason)| Some(format!("{name}={}", reason.as_ref()?))).collect();
        (self.values, Some(told.join(";")).filter(|text| !text.is_empty()))
    }
}

/// The flags of several rows, each once, by their letters.
#[derive(Default)]
pub struct FlagWords<'a>(BTreeSet<&'a str>);

impl<'a> FlagWords<'a> {
    /// Adds the flags of a row.
    pub fn add(&mut self, flags: Option<&'a str>) {
        self.0.extend(flags.into_iter().flat_map(|flags| flags.split(';')));
    }

    /// Joined by `;`.
    pub fn told(self) -> Option<String> {
        let words: Vec<&str> = self.0.into_iter().collect();
        Some(words.join(";")).filter(|text| !text.is_empty())
    }
}

/// The columns of a wide table.
pub fn form(about: &[About], features: &[String]) -> Form {
    let about = about.iter().map(|(name, kind)| ((*name).to_owned(), *kind));
    about.chain(features.iter().map(|name| (name.clone(), Kind::Number))).collect()
}

/// Rows as a table.
pub fn table(about: &[About], features: &[String], rows: &[WideRow]) -> Result<Table, TableError> {
    let mut table = Table::new();
    let mut texts = 0;
    for (name, kind) in about {
        if *kind == Kind::Text {
            table.text(name, rows.iter().map(|row| row.about[texts].as_deref()));
            texts += 1;
        } else {
            table.numbers(name, rows.iter().map(|row| row.interval_days))?;
        }
    }
    for (n, name) in features.iter().enumerate() {
        table.numbers(name, rows.iter().map(|row| row.values[n]))?;
    }
    Ok(table)
}
