//! A column of a row group as it stands in a Parquet file.

use std::io::{self, Write};

use polars::prelude::PolarsError;
use polars_parquet::parquet::metadata::ColumnDescriptor;
use polars_parquet::parquet::page::{DataPageHeader, Page};
use polars_parquet_format::thrift::protocol::TCompactOutputProtocol;
use polars_parquet_format::{
    ColumnChunk, ColumnMetaData, CompressionCodec, DictionaryPageHeader, Encoding, PageHeader, PageType, Type,
};

use super::TableError;
use super::footer::refused;

/// A file of pages that knows how long it is.
pub struct Pages<W> {
    file: W,
    length: i64,
    /// Kept from page to page: to set one up takes as long as to pack a small page.
    packer: zstd::bulk::Compressor<'static>,
}

/// How hard pages are packed: zstd's third level takes longer and saves half a percent of a table of ours.
const LEVEL: i32 = 1;

impl<W: Write> Pages<W> {
    /// A file that is empty.
    pub fn new(file: W) -> io::Result<Self> {
        Ok(Self { file, length: 0, packer: zstd::bulk::Compressor::new(LEVEL)? })
    }

    /// Bytes written.
    pub fn length(&self) -> i64 {
        self.length
    }

    /// Hands the last bytes on.
    pub fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }

    /// Adds bytes.
    pub fn add(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.length += bytes.len() as i64;
        Ok(())
    }
}

/// Writes the pages of a column; gives what the end of the file says of them.
pub fn write_chunk<W: Write>(
    out: &mut Pages<W>,
    column: &ColumnDescriptor,
    pages: impl Iterator<Item = Result<Page, PolarsError>>,
) -> Result<ColumnChunk, TableError> {
    let (physical, _): (Type, Option<i32>) = column.descriptor.primitive_type.physical_type.into();
    let mut chunk = ColumnMetaData {
        type_: physical,
        encodings: vec![Encoding::RLE],
        path_in_schema: column.path_in_schema.iter().map(ToString::to_string).collect(),
        codec: CompressionCodec::ZSTD,
        num_values: 0,
        total_uncompressed_size: 0,
        total_compressed_size: 0,
        key_value_metadata: None,
        data_page_offset: 0,
        index_page_offset: None,
        dictionary_page_offset: None,
        statistics: None,
        encoding_stats: None,
        bloom_filter_offset: None,
        bloom_filter_length: None,
        size_statistics: None,
    };
    let mut data_pages = 0;
    let mut head = Vec::new();
    for page in pages {
        let page = page?;
        let (mut header, content) = match &page {
            Page::Data(page) => {
                let DataPageHeader::V1(mut data) = page.header().clone() else {
                    return Err(refused("pages of version 2 are not written"));
                };
                data_pages += 1;
                if data_pages == 1 {
                    chunk.data_page_offset = out.length;
                }
                // What a whole column holds is what its only page holds; of several pages nothing is told.
                chunk.statistics = data.statistics.take().filter(|_| data_pages == 1);
                chunk.num_values += i64::from(data.num_values);
                chunk.encodings.push(data.encoding);
                let mut header = header(PageType::DATA_PAGE, page.buffer())?;
                header.data_page_header = Some(data);
                (header, page.buffer())
            }
            Page::Dict(page) => {
                let mut header = header(PageType::DICTIONARY_PAGE, &page.buffer)?;
                header.dictionary_page_header = Some(DictionaryPageHeader {
                    num_values: whole(page.num_values)?,
                    encoding: Encoding::PLAIN,
                    is_sorted: None,
                });
                chunk.encodings.push(Encoding::PLAIN);
                chunk.dictionary_page_offset = Some(out.length);
                (header, &*page.buffer)
            }
        };
        let packed = out.packer.compress(content)?;
        header.compressed_page_size = whole(packed.len())?;
        head.clear();
        header
            .write_to_out_protocol(&mut TCompactOutputProtocol::new(&mut head))
            .map_err(|e| refused(&e.to_string()))?;
        out.add(&head)?;
        out.add(&packed)?;
        chunk.total_compressed_size += (head.len() + packed.len()) as i64;
        chunk.total_uncompressed_size += head.len() as i64 + i64::from(header.uncompressed_page_size);
    }
    chunk.encodings.sort();
    chunk.encodings.dedup();
    Ok(ColumnChunk {
        file_path: None,
        // The format's own advice: zero where a column is described in the end of the file alone.
        file_offset: 0,
        meta_data: Some(chunk),
        offset_index_offset: None,
        offset_index_length: None,
        column_index_offset: None,
        column_index_length: None,
        crypto_metadata: None,
        encrypted_column_metadata: None,
    })
}

fn header(holds: PageType, content: &[u8]) -> Result<PageHeader, TableError> {
    Ok(PageHeader {
        type_: holds,
        uncompressed_page_size: whole(content.len())?,
        compressed_page_size: 0,
        crc: None,
        data_page_header: None,
        index_page_header: None,
        dictionary_page_header: None,
        data_page_header_v2: None,
    })
}

fn whole(size: usize) -> Result<i32, TableError> {
    size.try_into().map_err(|_| refused("a page has more than 2 GB"))
}
