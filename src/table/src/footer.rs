//! The end of a Parquet file: where each row group lies and what it holds.

use std::io;

use polars::prelude::ArrowSchema;
use polars_parquet::parquet::metadata::ThriftFileMetadata;
use polars_parquet::write::{FileWriter, WriteOptions};
use polars_parquet_format::RowGroup;
use polars_parquet_format::thrift;
use polars_parquet_format::thrift::protocol::{
    TCompactOutputProtocol, TFieldIdentifier, TListIdentifier, TOutputProtocol, TStructIdentifier, TType,
};

use super::TableError;
use super::parquet::MAGIC;

/// The end of a file under construction. A row group is kept as the bytes that it will have there, a few thousand:
/// as records in memory a thousand row groups of forty columns would take as much as all else that is done with them.
pub struct Footer {
    /// All but the row groups.
    file: ThriftFileMetadata,
    groups: Vec<Box<[u8]>>,
    rows: i64,
}

impl Footer {
    /// The end of a file that has no rows yet.
    pub fn of_schema(schema: &ArrowSchema, options: WriteOptions) -> Result<Self, TableError> {
        let mut empty = FileWriter::try_new(Vec::new(), schema.clone(), options)?;
        empty.end(None)?;
        let (_, file) = empty.into_inner_and_metadata();
        Ok(Self { file, groups: Vec::new(), rows: 0 })
    }

    /// Adds a row group that stands in the file.
    pub fn add(&mut self, group: &RowGroup) -> Result<(), TableError> {
        let mut bytes = Vec::new();
        group
            .write_to_out_protocol(&mut TCompactOutputProtocol::new(&mut bytes))
            .map_err(|e| refused(&e.to_string()))?;
        self.groups.push(bytes.into_boxed_slice());
        self.rows += group.num_rows;
        Ok(())
    }

    /// How many row groups there are.
    pub fn groups(&self) -> usize {
        self.groups.len()
    }

    /// The end of the file, with its length and mark.
    pub fn bytes(self) -> Result<Vec<u8>, TableError> {
        let mut bytes = Vec::new();
        self.write(&mut TCompactOutputProtocol::new(&mut bytes)).map_err(|e| refused(&e.to_string()))?;
        let length = u32::try_from(bytes.len());
        let length = length.map_err(|_| refused("the table has more row groups than a file can list"))?;
        bytes.extend(length.to_le_bytes());
        bytes.extend(MAGIC);
        Ok(bytes)
    }

    /// The record `FileMetaData` of the Parquet format, field by field.
    fn write<T: TOutputProtocol>(self, out: &mut T) -> thrift::Result<()> {
        let list = |out: &mut T, name, id, length: usize| -> thrift::Result<()> {
            out.write_field_begin(&TFieldIdentifier::new(name, TType::List, id))?;
            out.write_list_begin(&TListIdentifier::new(TType::Struct, length.try_into()?))?;
            Ok(())
        };
        out.write_struct_begin(&TStructIdentifier::new("FileMetaData"))?;
        out.write_field_begin(&TFieldIdentifier::new("version", TType::I32, 1))?;
        out.write_i32(self.file.version)?;
        list(out, "schema", 2, self.file.schema.len())?;
        for element in &self.file.schema {
            element.write_to_out_protocol(out)?;
        }
        out.write_field_begin(&TFieldIdentifier::new("num_rows", TType::I64, 3))?;
        out.write_i64(self.rows)?;
        list(out, "row_groups", 4, self.groups.len())?;
        for group in self.groups {
            for byte in group {
                out.write_byte(byte)?;
            }
        }
        if let Some(pairs) = &self.file.key_value_metadata {
            list(out, "key_value_metadata", 5, pairs.len())?;
            for pair in pairs {
                pair.write_to_out_protocol(out)?;
            }
        }
        if let Some(name) = &self.file.created_by {
            out.write_field_begin(&TFieldIdentifier::new("created_by", TType::String, 6))?;
            out.write_string(name)?;
        }
        if let Some(orders) = &self.file.column_orders {
            list(out, "column_orders", 7, orders.len())?;
            for order in orders {
                order.write_to_out_protocol(out)?;
            }
        }
        out.write_field_stop()?;
        out.write_struct_end()?;
        Ok(())
    }
}

/// What the format cannot hold.
pub fn refused(fact: &str) -> TableError {
    TableError::File(io::Error::other(fact))
}
