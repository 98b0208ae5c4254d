//! Tables that are read back.

use std::fs::File;
use std::io::{BufReader, Cursor};
use std::path::Path;

use polars::prelude::{CsvReadOptions, DataFrame, DataType, ParquetReader, SerReader};

use super::{Form, Kind, TableError, rows};

/// A table that was read: every cell as text, numbers on request.
pub struct Sheet {
    pub(super) frame: DataFrame,
}

impl Sheet {
    /// Reads a CSV with a header; every cell stays text. Rows that are shorter than the header are refused.
    pub fn read_csv(path: &Path) -> Result<Self, TableError> {
        rows::check_rows(BufReader::new(File::open(path)?))?;
        let frame = CsvReadOptions::default()
            .with_has_header(true)
            .with_infer_schema_length(Some(0))
            .try_into_reader_with_file_path(Some(path.to_owned()))?
            .finish()?;
        Ok(Self { frame })
    }

    /// Reads the text of a CSV whose columns are those of a form, header and all. Numbers must be finite.
    pub fn parse_csv(text: &[u8], form: &Form) -> Result<Self, TableError> {
        let options = CsvReadOptions::default()
            .with_has_header(true)
            .with_infer_schema_length(Some(0))
            .with_schema(Some(form.schema()))
            // A caller who wants more threads has more tables.
            .with_n_threads(Some(1))
            .with_rechunk(true);
        let frame = options.into_reader_with_file_handle(Cursor::new(text)).finish()?;
        for (name, kind) in form.columns() {
            let finite = match kind {
                Kind::Number => frame.column(name)?.f64()?.iter().flatten().all(f64::is_finite),
                Kind::Text | Kind::Count => true,
            };
            if !finite {
                return Err(TableError::NotFinite(name.to_owned()));
            }
        }
        Ok(Self { frame })
    }

    /// Reads Parquet.
    pub fn read_parquet(path: &Path) -> Result<Self, TableError> {
        Ok(Self { frame: ParquetReader::new(File::open(path)?).finish()? })
    }

    /// Names of the columns.
    pub fn names(&self) -> Vec<String> {
        self.frame.get_column_names().iter().map(ToString::to_string).collect()
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.frame.height()
    }

    /// A column as text; empty cells are `None`.
    pub fn text(&self, name: &str) -> Result<Vec<Option<String>>, TableError> {
        let column = self.frame.column(name).map_err(|_| TableError::MissingColumn(name.to_owned()))?;
        let column = column.cast(&DataType::String)?;
        Ok(column.str()?.iter().map(|v| v.map(str::to_owned)).collect())
    }

    /// A column of text that was read as such, borrowed; empty cells are `None`.
    pub fn texts(&self, name: &str) -> Result<Vec<Option<&str>>, TableError> {
        let column = self.frame.column(name).map_err(|_| TableError::MissingColumn(name.to_owned()))?;
        Ok(column.str()?.iter().collect())
    }

    /// A column as numbers; empty cells are `None`.
    pub fn numbers(&self, name: &str) -> Result<Vec<Option<f64>>, TableError> {
        let column = self.frame.column(name).map_err(|_| TableError::MissingColumn(name.to_owned()))?;
        if column.dtype().is_primitive_numeric() {
            let column = column.cast(&DataType::Float64)?;
            return Ok(column.f64()?.iter().collect());
        }
        self.text(name)?
            .into_iter()
            .enumerate()
            .map(|(row, cell)| match cell {
                None => Ok(None),
                Some(text) => text.trim().parse().map(Some).map_err(|_| TableError::NoNumber {
                    column: name.to_owned(),
                    row: row + 1,
                    text,
                }),
            })
            .collect()
    }
}
