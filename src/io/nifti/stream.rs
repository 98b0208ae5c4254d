//! A file's bytes, decompressed where its first two bytes say gzip, whatever its name says.

use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, ErrorKind, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;

use super::fault::NiftiFault;

/// No deflate stream expands further than this (its longest match takes two bits and gives 258 bytes).
const DEFLATE_LIMIT: u64 = 1032;

/// Whether the bytes on disk are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// As they are.
    Plain,
    /// gzip, one member or several.
    Gzip,
}

/// A file's content with its first bytes at hand.
pub struct Stream {
    prefix: Vec<u8>,
    rest: std::io::Chain<Cursor<Vec<u8>>, Box<dyn Read>>,
    /// Whether it is compressed.
    pub packing: Packing,
    /// Length of the file on disk.
    pub file_len: u64,
}

impl Stream {
    /// Opens a file and reads up to `prefix` bytes of its content.
    pub fn open(path: &Path, prefix: u64) -> Result<Self, NiftiFault> {
        let file = File::open(path).map_err(NiftiFault::Read)?;
        let file_len = file.metadata().map_err(NiftiFault::Read)?.len();
        let mut bytes = BufReader::with_capacity(1 << 16, file);
        let first = bytes.fill_buf().map_err(NiftiFault::Read)?;
        let packing = if first.starts_with(&[0x1f, 0x8b]) { Packing::Gzip } else { Packing::Plain };
        let mut content: Box<dyn Read> = match packing {
            Packing::Plain => Box::new(bytes),
            Packing::Gzip => Box::new(MultiGzDecoder::new(bytes)),
        };
        let mut head = Vec::new();
        content.by_ref().take(prefix).read_to_end(&mut head).map_err(|e| fault_of(e, packing))?;
        let rest = Cursor::new(head.clone()).chain(content);
        Ok(Self { prefix: head, rest, packing, file_len })
    }

    /// The first bytes of the content.
    pub fn prefix(&self) -> &[u8] {
        &self.prefix
    }

    /// More bytes than the content can have.
    pub fn bound(&self) -> u64 {
        match self.packing {
            Packing::Plain => self.file_len,
            Packing::Gzip => self.file_len.saturating_mul(DEFLATE_LIMIT),
        }
    }

    /// Fills `buffer` as far as there are bytes and gives their number.
    pub fn fill(&mut self, buffer: &mut [u8]) -> Result<usize, NiftiFault> {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.rest.read(&mut buffer[filled..]) {
                Ok(0) => break,
                Ok(n) => filled += n,
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) => return Err(fault_of(e, self.packing)),
            }
        }
        Ok(filled)
    }

    /// Reads to the end, so that the trailer's checksum and length are checked, and gives the number of bytes.
    pub fn drain(&mut self) -> Result<u64, NiftiFault> {
        let mut buffer = [0; 1 << 14];
        let mut total = 0;
        loop {
            match self.fill(&mut buffer)? {
                0 => return Ok(total),
                n => total += n as u64,
            }
        }
    }
}

/// What a failed read means. flate2 tells its cases apart by kind and text only.
fn fault_of(error: std::io::Error, packing: Packing) -> NiftiFault {
    match (packing, error.kind()) {
        (Packing::Gzip, ErrorKind::UnexpectedEof) => NiftiFault::GzipTruncated,
        (Packing::Gzip, ErrorKind::InvalidInput | ErrorKind::InvalidData) => {
            let text = error.to_string();
            if text.contains("checksum") { NiftiFault::Checksum } else { NiftiFault::Gzip(text) }
        }
        _ => NiftiFault::Read(error),
    }
}

/// The first bytes of a file's content.
pub fn peek(path: &Path) -> Result<Vec<u8>, NiftiFault> {
    Ok(Stream::open(path, super::header::LONGEST_HEADER)?.prefix)
}
