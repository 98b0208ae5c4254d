//! What the columns of a table are called and hold.

use std::sync::Arc;

use polars::prelude::{DataType, PlSmallStr, Schema, SchemaRef};

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text (UTF-8).
    Text,
    /// A number (double).
    Number,
    /// A whole number (64 bits).
    Count,
}

/// The columns of a table, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form(Vec<(String, Kind)>);

impl Form {
    /// Names and kinds.
    pub fn columns(&self) -> impl Iterator<Item = (&str, Kind)> {
        self.0.iter().map(|(name, kind)| (name.as_str(), *kind))
    }

    /// The first line of a CSV with these columns, with its line break. Our names need no quotes.
    pub fn header(&self) -> String {
        let names: Vec<&str> = self.columns().map(|(name, _)| name).collect();
        names.join(",") + "\n"
    }

    pub(super) fn schema(&self) -> SchemaRef {
        let field = |(name, kind): (&str, Kind)| {
            let holds = match kind {
                Kind::Text => DataType::String,
                Kind::Number => DataType::Float64,
                Kind::Count => DataType::Int64,
            };
            (PlSmallStr::from_str(name), holds)
        };
        Arc::new(self.columns().map(field).collect::<Schema>())
    }
}

impl<S: Into<String>> FromIterator<(S, Kind)> for Form {
    fn from_iter<I: IntoIterator<Item = (S, Kind)>>(columns: I) -> Self {
        Self(columns.into_iter().map(|(name, kind)| (name.into(), kind)).collect())
    }
}
