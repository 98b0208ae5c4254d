//! Parquet that is written block by block.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use polars::prelude::{
    ArrowDataType, CompatLevel, DataFrame, ParquetReader, Schema, SchemaExt, SerReader, StatisticsOptions,
};
use polars_parquet::read::RowGroupMetadata;
use polars_parquet::write::{
    CompressionOptions, Encoding, SchemaDescriptor, Version, WriteOptions, array_to_columns,
    get_dtype_encoding, to_parquet_schema,
};
use polars_parquet_format::RowGroup;

use super::chunk::{Pages, write_chunk};
use super::footer::Footer;
use super::{Form, Sheet, Table, TableError};

/// What a Parquet file begins and ends with.
pub const MAGIC: [u8; 4] = *b"PAR1";

/// A Parquet file that is written block by block, so that a long table need not be in memory at once. Each block that
/// has rows is a row group: a reader that wants one block reads no other. The least and greatest text of a column in a
/// row group stand at the end of the file, so that a reader who looks for one subject knows where not to look.
///
/// polars' own writer marks text as `utf8_view` in the file, which R's arrow cannot read, and keeps several thousand
/// bytes per column and row group. Here text is what every reader of Arrow knows, and a row group costs little.
pub struct ParquetFile {
    out: Pages<BufWriter<File>>,
    schema: SchemaDescriptor,
    columns: Vec<ColumnOptions>,
    footer: Footer,
}

/// How a column is written.
struct ColumnOptions {
    encodings: Vec<Encoding>,
    options: WriteOptions,
}

impl ParquetFile {
    /// Starts a file whose columns are those of a form.
    pub fn create(path: &Path, form: &Form) -> Result<Self, TableError> {
        Self::of_schema(path, &form.schema())
    }

    pub(super) fn of_schema(path: &Path, schema: &Schema) -> Result<Self, TableError> {
        let mut out = Pages::new(BufWriter::with_capacity(1 << 20, File::create(path)?))?;
        out.add(&MAGIC)?;
        let arrow = schema.to_arrow(CompatLevel::oldest());
        let plain = WriteOptions {
            statistics: StatisticsOptions::empty(),
            // The pages are packed where they are written.
            compression: CompressionOptions::Uncompressed,
            version: Version::V1,
            data_page_size: None,
        };
        let columns = arrow.iter_values().map(|field| ColumnOptions::of(&field.dtype, plain)).collect();
        let footer = Footer::of_schema(&arrow, plain)?;
        Ok(Self { out, schema: to_parquet_schema(&arrow)?, columns, footer })
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
        for batch in frame.iter_chunks(CompatLevel::oldest(), false).filter(|batch| !batch.is_empty()) {
            let start = self.out.length();
            let mut chunks = Vec::with_capacity(self.columns.len());
            let fields = self.schema.fields().iter().zip(self.schema.columns()).zip(&self.columns);
            for (array, ((field, leaf), column)) in batch.columns().iter().zip(fields) {
                let options = column.options;
                for pages in array_to_columns(array, field.clone(), options, &column.encodings)? {
                    chunks.push(write_chunk(&mut self.out, leaf, pages)?);
                }
            }
            let unpacked =
                chunks.iter().flat_map(|chunk| &chunk.meta_data).map(|c| c.total_uncompressed_size);
            self.footer.add(&RowGroup {
                total_byte_size: unpacked.sum(),
                columns: chunks,
                num_rows: batch.len() as i64,
                sorting_columns: None,
                file_offset: Some(start),
                total_compressed_size: Some(self.out.length() - start),
                ordinal: self.footer.groups().try_into().ok(),
            })?;
        }
        Ok(())
    }

    /// Writes the end of the file.
    pub fn finish(mut self) -> Result<(), TableError> {
        self.out.add(&self.footer.bytes()?)?;
        Ok(self.out.flush()?)
    }
}

impl ColumnOptions {
    fn of(holds: &ArrowDataType, options: WriteOptions) -> Self {
        match holds {
            // The writer has no dictionaries of such numbers: it would look whether one is worth it, and go on without.
            ArrowDataType::Float64 => Self { encodings: vec![Encoding::Plain], options },
            ArrowDataType::LargeUtf8 => {
                let options = WriteOptions { statistics: StatisticsOptions::default(), ..options };
                Self { encodings: get_dtype_encoding(holds), options }
            }
            _ => Self { encodings: get_dtype_encoding(holds), options },
        }
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
    fn a_column_of_several_pages_is_read_back_whole() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("table.parquet");
        // More than the million bytes of a page.
        let numbers: Vec<_> = (0..250_000).map(|n| Some(f64::from(n).sqrt()).filter(|_| n % 7 > 0)).collect();
        let texts: Vec<_> = (0..250_000).map(|n| Some(format!("text {n}")).filter(|_| n % 5 > 0)).collect();
        let mut table = Table::new();
        table.text("name", texts.iter().map(Option::as_deref));
        table.numbers("value", numbers.iter().copied()).unwrap();
        table.write_parquet(&path).unwrap();
        let back = Sheet::read_parquet(&path).unwrap();
        assert!(back.numbers("value").unwrap() == numbers);
        assert!(back.text("name").unwrap() == texts);
    }

    #[test]
    fn a_row_group_costs_little_at_the_end_of_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("table.parquet");
        let names: Vec<String> = (0..40).map(|n| format!("column_{n}")).collect();
        let form: Form = names.iter().map(|name| (name.as_str(), Kind::Text)).collect();
        let mut block = Table::new();
        for name in &names {
            block.text(name, ["least", "greatest"].map(Some));
        }
        let mut file = ParquetFile::create(&path, &form).unwrap();
        for _ in 0..50 {
            file.append(&block).unwrap();
        }
        file.finish().unwrap();
        let bytes = std::fs::read(&path).unwrap();
        let (length, mark) = bytes[bytes.len() - 8..].split_at(4);
        assert_eq!(mark, MAGIC);
        let end = u32::from_le_bytes(length.try_into().unwrap());
        assert!(end < 50 * 40 * 120, "{end} bytes for 50 row groups of 40 columns");
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
