//! Tables on disk: columns in, CSV and Parquet out, and back.
//!
//! The only place that knows polars. An empty cell is `None`; numbers are written in the shortest form that reads
//! back to the same f64; NaN and infinities are refused, so that they never reach a file.

mod chunk;
mod footer;
mod form;
mod parquet;
mod rows;
mod sheet;

use std::fs::File;
use std::path::Path;

use polars::prelude::{
    Column as Series, CsvWriter, DataFrame, NamedFrom, PlSmallStr, PolarsError, SerWriter,
    Series as PolarsSeries,
};

pub use form::{Form, Kind};
pub use parquet::{ParquetFile, row_groups};
pub use sheet::Sheet;

/// What can go wrong with a table.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// The file cannot be opened or written.
    #[error("{0}")]
    File(#[from] std::io::Error),
    /// The text is no table.
    #[error("{0}")]
    Format(PolarsError),
    /// A row with fewer cells than the header, which would be read as if the rest were empty.
    #[error("row {row} has {cells}, the header {header}: cells at its end are missing", cells = in_cells(*.cells))]
    ShortRow {
        /// Row, the first after the header is 1.
        row: usize,
        /// Its cells.
        cells: usize,
        /// Those of the header.
        header: usize,
    },
    /// A column is missing.
    #[error("there is no column {0}")]
    MissingColumn(String),
    /// A cell that should hold a number does not.
    #[error("column {column}, row {row}: {text:?} is no number")]
    NoNumber {
        /// Column.
        column: String,
        /// Row, the first after the header is 1.
        row: usize,
        /// What stands there.
        text: String,
    },
    /// NaN or an infinity in a column.
    #[error("column {0} holds a number that is not finite")]
    NotFinite(String),
}

fn in_cells(cells: usize) -> String {
    if cells == 1 { "1 cell".to_owned() } else { format!("{cells} cells") }
}

impl From<PolarsError> for TableError {
    fn from(error: PolarsError) -> Self {
        match error {
            PolarsError::IO { error, .. } => Self::File(std::io::Error::new(error.kind(), error.to_string())),
            other => Self::Format(other),
        }
    }
}

/// A table that is being put together, column by column.
#[derive(Default)]
pub struct Table {
    columns: Vec<Series>,
    rows: usize,
}

impl Table {
    /// An empty table.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a column of text.
    pub fn text<S: AsRef<str>>(
        &mut self,
        name: &str,
        values: impl IntoIterator<Item = Option<S>>,
    ) -> &mut Self {
        let values: Vec<Option<String>> =
            values.into_iter().map(|v| v.map(|s| s.as_ref().to_owned())).collect();
        self.rows = values.len();
        self.columns.push(PolarsSeries::new(PlSmallStr::from_str(name), values).into());
        self
    }

    /// Adds a column of numbers; refuses NaN and infinities.
    pub fn numbers(
        &mut self,
        name: &str,
        values: impl IntoIterator<Item = Option<f64>>,
    ) -> Result<&mut Self, TableError> {
        let values: Vec<Option<f64>> = values.into_iter().collect();
        if values.iter().flatten().any(|v| !v.is_finite()) {
            return Err(TableError::NotFinite(name.to_owned()));
        }
        self.rows = values.len();
        self.columns.push(PolarsSeries::new(PlSmallStr::from_str(name), values).into());
        Ok(self)
    }

    /// Adds a column of whole numbers, written without a decimal point.
    pub fn counts(&mut self, name: &str, values: impl IntoIterator<Item = Option<i64>>) -> &mut Self {
        let values: Vec<Option<i64>> = values.into_iter().collect();
        self.rows = values.len();
        self.columns.push(PolarsSeries::new(PlSmallStr::from_str(name), values).into());
        self
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    fn frame(&self) -> Result<DataFrame, TableError> {
        Ok(DataFrame::new(self.rows, self.columns.clone())?)
    }

    /// Writes RFC 4180 text with a header.
    pub fn write_csv(&self, path: &Path) -> Result<(), TableError> {
        let mut file = File::create(path)?;
        CsvWriter::new(&mut file).include_header(true).finish(&mut self.frame()?)?;
        Ok(())
    }

    /// Writes Parquet.
    pub fn write_parquet(&self, path: &Path) -> Result<(), TableError> {
        let frame = self.frame()?;
        let mut file = ParquetFile::of_schema(path, frame.schema())?;
        for start in (0..frame.height()).step_by(ROW_GROUP) {
            file.write(frame.slice(start as i64, ROW_GROUP))?;
        }
        file.finish()
    }
}

/// Rows of a row group of a table that is written at once.
const ROW_GROUP: usize = 1 << 18;

/// A CSV that is written block by block, so that a long table need not be in memory at once.
pub struct CsvFile {
    file: File,
    has_header: bool,
}

impl CsvFile {
    /// Starts a file.
    pub fn create(path: &Path) -> Result<Self, TableError> {
        Ok(Self { file: File::create(path)?, has_header: false })
    }

    /// Adds the rows of a table, whose columns are those of the first; that one writes the header too.
    pub fn append(&mut self, block: &Table) -> Result<(), TableError> {
        let mut writer = CsvWriter::new(&mut self.file).include_header(!self.has_header);
        writer.finish(&mut block.frame()?)?;
        self.has_header = true;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(table: &Table) -> (tempfile::TempDir, std::path::PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("table.csv");
        table.write_csv(&path).unwrap();
        (dir, path)
    }

    #[test]
    fn numbers_read_back_to_the_bit_and_empty_cells_stay_empty() {
        let values = [Some(0.1), None, Some(1.0 / 3.0), Some(-1e-300), Some(f64::MAX), Some(5e-324)];
        let mut table = Table::new();
        table
            .text("name", ["a", "b, \"c\"", "d\ne", "f", "g", "h"].map(Some))
            .numbers("value", values)
            .unwrap();
        let (_dir, path) = written(&table);
        let sheet = Sheet::read_csv(&path).unwrap();
        assert_eq!(sheet.numbers("value").unwrap(), values);
        assert_eq!(sheet.text("name").unwrap()[1].as_deref(), Some("b, \"c\""));
        assert!(std::fs::read_to_string(path).unwrap().contains("a,0.1\n"), "the shortest form");
    }

    #[test]
    fn blocks_make_one_table() {
        let block = |names: &[&str]| {
            let mut table = Table::new();
            table.text("name", names.iter().map(Some));
            table
        };
        let (_dir, path) = written(&block(&["a", "b", "c"]));
        let whole = std::fs::read_to_string(&path).unwrap();
        let mut file = CsvFile::create(&path).unwrap();
        for names in [&[][..], &["a"], &["b", "c"]] {
            file.append(&block(names)).unwrap();
        }
        assert_eq!(std::fs::read_to_string(path).unwrap(), whole);
    }

    #[test]
    fn what_is_not_finite_never_reaches_a_file() {
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert!(matches!(Table::new().numbers("v", [Some(value)]), Err(TableError::NotFinite(_))));
        }
    }

    #[test]
    fn a_cell_that_is_no_number_is_named() {
        let mut table = Table::new();
        table.text("value", [Some("1.5"), Some("much")]);
        let (_dir, path) = written(&table);
        let sheet = Sheet::read_csv(&path).unwrap();
        assert!(matches!(sheet.numbers("value"), Err(TableError::NoNumber { row: 2, .. })));
        assert!(matches!(sheet.numbers("other"), Err(TableError::MissingColumn(_))));
    }
}
