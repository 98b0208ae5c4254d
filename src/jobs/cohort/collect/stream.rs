//! A table of the study under construction: CSV and Parquet side by side, patient by patient.

use std::fs::File;
use std::io::{BufWriter, Write};

use delta_table::{CsvFile, Form, ParquetFile, Table, TableError};

use super::error::CollectError;
use super::source::Part;
use crate::store::Staging;

/// A long table. Its rows are those of the patients' tables, byte for byte in the CSV; each patient is a row group in
/// the Parquet file.
pub struct LongTable {
    name: &'static str,
    csv: BufWriter<File>,
    parquet: ParquetFile,
}

impl LongTable {
    /// Starts a table in the study's staging.
    pub fn create(staging: &Staging, name: &'static str, form: &Form) -> Result<Self, CollectError> {
        let create = || -> Result<Self, TableError> {
            let mut csv =
                BufWriter::with_capacity(1 << 20, File::create(staging.file(&format!("{name}.csv")))?);
            csv.write_all(form.header().as_bytes())?;
            let parquet = ParquetFile::create(&staging.file(&format!("{name}.parquet")), form)?;
            Ok(Self { name, csv, parquet })
        };
        create().map_err(failed(name))
    }

    /// Adds a patient.
    pub fn append(&mut self, part: &Part) -> Result<(), CollectError> {
        let append = |table: &mut Self| -> Result<(), TableError> {
            table.csv.write_all(&part.rows)?;
            table.parquet.append_sheet(&part.sheet)
        };
        append(self).map_err(failed(self.name))
    }

    /// Writes what is left.
    pub fn finish(mut self) -> Result<(), CollectError> {
        self.csv.flush().map_err(TableError::from).map_err(failed(self.name))?;
        self.parquet.finish().map_err(failed(self.name))
    }
}

/// Rows of a short table that make a row group: a patient has one or two, and a row group costs as much as hundreds.
const BLOCK: usize = 1024;

/// A table with few rows per patient, put together in blocks of many patients.
pub struct ShortTable<R> {
    name: &'static str,
    csv: CsvFile,
    parquet: ParquetFile,
    waiting: Vec<R>,
    table: ToTable<R>,
}

/// How rows become a table.
type ToTable<R> = Box<dyn Fn(&[R]) -> Result<Table, TableError>>;

impl<R> ShortTable<R> {
    /// Starts a table in the study's staging.
    pub fn create(
        staging: &Staging,
        name: &'static str,
        form: &Form,
        table: impl Fn(&[R]) -> Result<Table, TableError> + 'static,
    ) -> Result<Self, CollectError> {
        let create = || -> Result<Self, TableError> {
            let mut csv = CsvFile::create(&staging.file(&format!("{name}.csv")))?;
            // A table without rows has a header too.
            csv.append(&table(&[])?)?;
            let parquet = ParquetFile::create(&staging.file(&format!("{name}.parquet")), form)?;
            Ok(Self { name, csv, parquet, waiting: Vec::new(), table: Box::new(table) })
        };
        create().map_err(failed(name))
    }

    /// Adds rows.
    pub fn append(&mut self, rows: impl IntoIterator<Item = R>) -> Result<(), CollectError> {
        self.waiting.extend(rows);
        if self.waiting.len() >= BLOCK { self.write() } else { Ok(()) }
    }

    fn write(&mut self) -> Result<(), CollectError> {
        let write = |this: &mut Self| -> Result<(), TableError> {
            let block = (this.table)(&this.waiting)?;
            this.csv.append(&block)?;
            this.parquet.append(&block)
        };
        write(self).map_err(failed(self.name))?;
        self.waiting.clear();
        Ok(())
    }

    /// Writes what is left.
    pub fn finish(mut self) -> Result<(), CollectError> {
        self.write()?;
        self.parquet.finish().map_err(failed(self.name))
    }
}

/// An error at a table of the study.
pub fn failed(name: &str) -> impl Fn(TableError) -> CollectError + use<> {
    let file = format!("{name}.csv or .parquet");
    move |source| CollectError::Write { file: file.clone(), source }
}
