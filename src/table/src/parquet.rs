//! Parquet that is written block by block.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};

use polars::prelude::{
    CompatLevel, DataFrame, ParquetCompression, ParquetReader, PolarsError, PolarsResult, Schema, SchemaExt,
    SerReader, StatisticsOptions,
};
use polars_parquet::read::{ParquetError, RowGroupMetadata};
use polars_parquet::write::{
    Compressor, DynIter, DynStreamingIterator, Encoding, FallibleStreamingIterator, FileWriter,
    SchemaDescriptor, Version, WriteOptions, array_to_columns, get_dtype_encoding, to_parquet_schema,
};

use super::{Form, Sheet, Table, TableError};

/// A Parquet file that is written block by block, so that a long table need not be in memory at once. Each block that
/// has rows is a row group: a reader that wants one block reads no other.
///
/// polars' own writer marks text as `utf8_view` in the file, which R's arrow cannot read. Here text is what every reader
/// of Arrow knows.
pub struct ParquetFile {
    writer: FileWriter<BufWriter<Watched>>,
    schema: SchemaDescriptor,
    encodings: Vec<Vec<Encoding>>,
    options: WriteOptions,
    trouble: Trouble,
}

/// What the system said when it refused to write.
type Trouble = Arc<Mutex<Option<io::Error>>>;

/// A file that remembers why it could not be written: polars puts such an error into words of its own, and a full disk
/// must not look like a malformed table.
struct Watched {
    file: File,
    trouble: Trouble,
}

impl Watched {
    fn watch<T>(&self, done: io::Result<T>) -> io::Result<T> {
        done.inspect_err(|error| {
            let copy = io::Error::new(error.kind(), error.to_string());
            if let Ok(mut trouble) = self.trouble.lock() {
                trouble.get_or_insert(copy);
            }
        })
    }
}

impl Write for Watched {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let done = self.file.write(bytes);
        self.watch(done)
    }
    fn flush(&mut self) -> io::Result<()> {
        let done = self.file.flush();
        self.watch(done)
    }
}

impl ParquetFile {
    /// Starts a file whose columns are those of a form.
    pub fn create(path: &Path, form: &Form) -> Result<Self, TableError> {
        Self::of_schema(path, &form.schema())
    }

    pub(super) fn of_schema(path: &Path, schema: &Schema) -> Result<Self, TableError> {
        let trouble = Trouble::default();
        let file = Watched { file: File::create(path)?, trouble: Arc::clone(&trouble) };
        let arrow = schema.to_arrow(CompatLevel::oldest());
        let encodings = arrow.iter_values().map(|field| get_dtype_encoding(&field.dtype)).collect();
        let options = WriteOptions {
            statistics: StatisticsOptions::default(),
            compression: ParquetCompression::default().into(),
            version: Version::V1,
            data_page_size: None,
        };
        let schema = to_parquet_schema(&arrow)?;
        let writer = FileWriter::try_new(BufWriter::with_capacity(1 << 20, file), arrow, options)?;
        Ok(Self { writer, schema, encodings, options, trouble })
    }

    /// Adds the rows of a table as one row group.
    pub fn append(&mut self, block: &Table) -> Result<(), TableError> {
        self.write(block.frame()?)
    }

    /// Adds the rows of a table that was read by the same form as one row group.
    pub fn append_sheet(&mut self, block: &Sheet) -> Result<(), TableError> {
        self.write(block.frame.clone())
    }

    pub(super) fn write(&mut self, mut frame: DataFrame) -> Result<(), TableError> {
        frame.rechunk_mut();
        let done = self.write_groups(&frame);
        self.told(done)
    }

    fn write_groups(&mut self, frame: &DataFrame) -> PolarsResult<()> {
        for batch in frame.iter_chunks(CompatLevel::oldest(), false).filter(|batch| !batch.is_empty()) {
            let mut columns = Vec::new();
            let fields = self.schema.fields().iter().zip(&self.encodings);
            for (array, (field, encoding)) in batch.columns().iter().zip(fields) {
                for pages in array_to_columns(array, field.clone(), self.options, encoding)? {
                    let pages = DynIter::new(
                        pages.map(|page| page.map_err(|e| ParquetError::FeatureNotSupported(e.to_string()))),
                    );
                    let compressor = Compressor::new_from_vec(pages, self.options.compression, Vec::new());
                    columns.push(Ok(DynStreamingIterator::new(compressor.map_err(PolarsError::from))));
                }
            }
            self.writer.write(batch.len() as u64, DynIter::new(columns.into_iter()))?;
        }
        Ok(())
    }

    /// Writes the end of the file.
    pub fn finish(mut self) -> Result<(), TableError> {
        let done = self.writer.end(None).map(|_| ());
        self.told(done)
    }

    /// An error, as the system worded it where it was the system's.
    fn told(&self, done: PolarsResult<()>) -> Result<(), TableError> {
        done.map_err(|error| match self.trouble.lock().ok().and_then(|mut trouble| trouble.take()) {
            Some(error) => TableError::File(error),
            None => error.into(),
        })
    }
}

/// How many rows each row group of a Parquet file has.
pub fn row_groups(path: &Path) -> Result<Vec<usize>, TableError> {
    let mut reader = ParquetReader::new(File::open(path)?);
    let groups = &reader.get_metadata()?.row_groups;
    Ok(groups.iter().map(RowGroupMetadata::num_rows).collect())
}

#[cfg(test)]
mod tests {
    use super::super::{Kind, Table};
    use super::*;

    fn form() -> Form {
        [("name", Kind::Text), ("value", Kind::Number), ("n", Kind::Count)].into_iter().collect()
    }

    fn block(rows: &[(Option<&str>, Option<f64>, Option<i64>)]) -> Table {
        let mut table = Table::new();
        table.text("name", rows.iter().map(|r| r.0));
        table.numbers("value", rows.iter().map(|r| r.1)).unwrap();
        table.counts("n", rows.iter().map(|r| r.2));
        table
    }

    #[test]
    fn a_block_is_a_row_group_and_an_empty_one_is_none() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("table.parquet");
        let mut file = ParquetFile::create(&path, &form()).unwrap();
        file.append(&block(&[(Some("a"), Some(0.1), None), (None, None, Some(3))])).unwrap();
        file.append(&block(&[])).unwrap();
        file.append(&block(&[(Some("b"), Some(f64::MIN_POSITIVE), Some(-1))])).unwrap();
        file.finish().unwrap();
        assert_eq!(row_groups(&path).unwrap(), [2, 1]);
        let sheet = Sheet::read_parquet(&path).unwrap();
        assert_eq!(sheet.texts("name").unwrap(), [Some("a"), None, Some("b")]);
        assert_eq!(sheet.numbers("value").unwrap(), [Some(0.1), None, Some(f64::MIN_POSITIVE)]);
        assert_eq!(sheet.numbers("n").unwrap(), [None, Some(3.0), Some(-1.0)]);
    }

    #[test]
    fn a_table_without_rows_has_its_columns() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("table.parquet");
        ParquetFile::create(&path, &form()).unwrap().finish().unwrap();
        let sheet = Sheet::read_parquet(&path).unwrap();
        assert_eq!((sheet.names(), sheet.rows()), (vec!["name".into(), "value".into(), "n".into()], 0));
    }

    #[test]
    fn text_that_is_read_by_its_form_is_the_table_that_was_written() {
        let dir = tempfile::tempdir().unwrap();
        let (csv, parquet) = (dir.path().join("t.csv"), dir.path().join("t.parquet"));
        let mut random = 7_u64;
        let mut next = || {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            Some(f64::from_bits(random)).filter(|v| v.is_finite())
        };
        let names = ["1", "a, \"b\"", "line\nbreak", "\u{e9}"];
        let rows: Vec<_> = (0..20_000).map(|n| (names.get(n % 5).copied(), next(), Some(n as i64))).collect();
        let table = block(&rows);
        table.write_csv(&csv).unwrap();
        let text = std::fs::read(&csv).unwrap();
        assert!(text.starts_with(form().header().as_bytes()));
        let sheet = Sheet::parse_csv(&text, &form()).unwrap();
        let mut file = ParquetFile::create(&parquet, &form()).unwrap();
        file.append_sheet(&sheet).unwrap();
        file.finish().unwrap();
        assert_eq!(row_groups(&parquet).unwrap(), [20_000]);
        let back = Sheet::read_parquet(&parquet).unwrap();
        let bits = |v: Option<f64>| v.map(f64::to_bits);
        assert!(back.numbers("value").unwrap().into_iter().map(bits).eq(rows.iter().map(|r| bits(r.1))));
        assert!(back.texts("name").unwrap().into_iter().eq(rows.iter().map(|r| r.0)));
    }

    #[test]
    fn a_number_that_is_none_is_not_read_as_one() {
        let parsed = |text: &str| Sheet::parse_csv(text.as_bytes(), &form()).err();
        assert!(matches!(parsed("name,value,n\na,NaN,1\n"), Some(TableError::NotFinite(_))));
        assert!(parsed("name,value,n\na,much,1\n").is_some());
        assert!(parsed("name,value,n\na,1.5,1,4\n").is_some());
    }

    #[test]
    fn a_disk_without_space_is_the_surroundings_fault() {
        let full = Path::new("/dev/full");
        if !full.exists() {
            return;
        }
        let mut file = ParquetFile::create(full, &form()).unwrap();
        file.append(&block(&[(Some("a"), None, None)])).unwrap();
        assert!(matches!(file.finish(), Err(TableError::File(_))));
    }
}
