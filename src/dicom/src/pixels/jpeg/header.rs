//! What stands before the pixels of a frame in JPEG.
//!
//! Source: ISO/IEC 10918-1 B.2.

use super::damaged;
use super::table::Table;
use crate::Fault;

/// What the segments up to the first scan say.
#[derive(Debug, Default)]
pub(super) struct Header<'a> {
    /// Marker of the frame; 0 where there is none.
    pub(super) process: u8,
    /// Bits of a value.
    pub(super) precision: u8,
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) components: u8,
    /// Values between restarts; 0 where there are none.
    pub(super) restart: usize,
    /// The predictor of a lossless scan (table H.1).
    pub(super) predictor: u8,
    /// Low bits that were dropped.
    pub(super) point_transform: u8,
    /// Which table the scan's component uses.
    pub(super) selected: usize,
    /// Tables for differences.
    pub(super) tables: [Option<Table>; 4],
    /// What follows the head of the scan.
    pub(super) scan: &'a [u8],
}

impl<'a> Header<'a> {
    /// Walks the segments up to the first scan.
    ///
    /// # Errors
    /// `Broken`.
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, Fault> {
        if !bytes.starts_with(&[0xFF, 0xD8]) {
            return Err(damaged());
        }
        let mut header = Self::default();
        let mut at = 2;
        loop {
            let Some(&[0xFF, marker]) = bytes.get(at..).and_then(<[u8]>::first_chunk) else {
                return Err(damaged());
            };
            if marker == 0xFF {
                // Any number of these may stand before a marker (B.1.1.2).
                at += 1;
                continue;
            }
            let length = bytes.get(at + 2..).and_then(<[u8]>::first_chunk).ok_or_else(damaged)?;
            let end = at + 2 + usize::from(u16::from_be_bytes(*length));
            let segment = bytes.get(at + 4..end).ok_or_else(damaged)?;
            match marker {
                0xC4 => header.define_tables(segment)?,
                0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF => header.frame(marker, segment)?,
                0xDD => {
                    let [a, b] = *segment.first_chunk().ok_or_else(damaged)?;
                    header.restart = usize::from(u16::from_be_bytes([a, b]));
                }
                0xDA => {
                    header.scan = bytes.get(end..).unwrap_or_default();
                    header.start_scan(segment)?;
                    return Ok(header);
                }
                _ => {}
            }
            at = end;
        }
    }

    /// The frame's own header (B.2.2).
    fn frame(&mut self, marker: u8, segment: &[u8]) -> Result<(), Fault> {
        let [precision, r, s, c, d, components] = *segment.first_chunk().ok_or_else(damaged)?;
        self.process = marker;
        self.precision = precision;
        self.rows = usize::from(u16::from_be_bytes([r, s]));
        self.columns = usize::from(u16::from_be_bytes([c, d]));
        self.components = components;
        Ok(())
    }

    /// The scan's header (B.2.3), of one component.
    fn start_scan(&mut self, segment: &[u8]) -> Result<(), Fault> {
        // A frame without a header before its scan.
        if self.process == 0 {
            return Err(damaged());
        }
        if let [1, _, tables, predictor, _, low] = *segment {
            self.selected = usize::from(tables >> 4);
            self.predictor = predictor;
            self.point_transform = low & 15;
        }
        Ok(())
    }

    /// Tables of codes (B.2.4.2). Those for coefficients are the lossy decoder's.
    fn define_tables(&mut self, mut segment: &[u8]) -> Result<(), Fault> {
        while let Some((kind, rest)) = segment.split_first() {
            let (counts, rest) = rest.split_first_chunk::<16>().ok_or_else(damaged)?;
            let values = counts.iter().map(|count| usize::from(*count)).sum();
            let (values, rest) = rest.split_at_checked(values).ok_or_else(damaged)?;
            if kind >> 4 == 0 {
                let slot = self.tables.get_mut(usize::from(kind & 15)).ok_or_else(damaged)?;
                *slot = Some(Table::new(counts, values)?);
            }
            segment = rest;
        }
        Ok(())
    }
}
