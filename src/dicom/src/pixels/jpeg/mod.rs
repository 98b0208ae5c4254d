//! JPEG: lossy of 8 bits, and lossless.
//!
//! Source: ISO/IEC 10918-1; PS3.5 8.2.1, A.4.1. The frame header is read before the decoder sees the frame, so that its
//! size is known to fit and what is not read can be named.

use jpeg_decoder::Decoder;

use super::guard::{check_size, guarded};
use super::{Layout, broken, unread};
use crate::Fault;

/// The least that a value takes: a bit each (lossless), or two bits for 64 (lossy).
const MOST_PER_BYTE: usize = 256;

/// The values of a frame.
///
/// # Errors
/// `Syntax`: 12 bits, progressive, arithmetic, hierarchical; `Broken`.
pub(super) fn decode(bytes: &[u8], layout: &Layout) -> Result<Vec<i32>, Fault> {
    let header = Header::read(bytes)?;
    header.check(layout, bytes.len())?;
    let decoded = guarded(|| {
        Decoder::new(bytes).decode().map_err(|_| broken("a frame in JPEG is damaged or cut off"))
    })?;
    // Lossless values of other than 8 bits come as words of this machine.
    if decoded.len() == layout.voxels() {
        return Ok(decoded.iter().map(|byte| layout.narrow(u32::from(*byte))).collect());
    }
    Ok(decoded.as_chunks().0.iter().map(|two| layout.narrow(u32::from(u16::from_ne_bytes(*two)))).collect())
}

/// What the frame header says (B.2.2).
#[derive(Debug, Default)]
struct Header {
    process: u8,
    precision: u8,
    rows: usize,
    columns: usize,
    components: u8,
    restarts: bool,
    point_transform: u8,
}

/// Marker of a lossless frame.
const LOSSLESS: u8 = 0xC3;

impl Header {
    /// Walks the segments up to the first scan.
    fn read(bytes: &[u8]) -> Result<Self, Fault> {
        let damaged = || broken("the header of a frame in JPEG is damaged");
        if !bytes.starts_with(&[0xFF, 0xD8]) {
            return Err(damaged());
        }
        let mut header = Self::default();
        let mut at = 2;
        loop {
            let [0xFF, marker] = *bytes.get(at..at + 2).and_then(<[u8]>::first_chunk).ok_or_else(damaged)?
            else {
                return Err(damaged());
            };
            if marker == 0xFF {
                // Fill.
                at += 1;
                continue;
            }
            let length = bytes.get(at + 2..at + 4).and_then(<[u8]>::first_chunk).ok_or_else(damaged)?;
            let end = at + 2 + usize::from(u16::from_be_bytes(*length));
            let segment = bytes.get(at + 4..end).ok_or_else(damaged)?;
            match marker {
                0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF => {
                    let [precision, r, s, c, d, components] = *segment.first_chunk().ok_or_else(damaged)?;
                    header.process = marker;
                    header.precision = precision;
                    header.rows = usize::from(u16::from_be_bytes([r, s]));
                    header.columns = usize::from(u16::from_be_bytes([c, d]));
                    header.components = components;
                }
                0xDD => header.restarts = segment.iter().any(|byte| *byte != 0),
                0xDA => {
                    header.point_transform = segment.last().ok_or_else(damaged)? & 15;
                    return Ok(header);
                }
                _ => {}
            }
            at = end;
        }
    }

    /// Whether the frame is one of the image, and one that is read.
    fn check(&self, layout: &Layout, bytes: usize) -> Result<(), Fault> {
        match (self.process, self.precision) {
            (0, _) => return Err(broken("a frame in JPEG has no header")),
            (LOSSLESS, _) if self.restarts || self.point_transform != 0 => {
                return Err(unread("lossless JPEG with restarts or a point transform"));
            }
            (0xC0 | 0xC1, 8) | (LOSSLESS, _) => {}
            (0xC0 | 0xC1, 12) => return Err(unread("JPEG Extended (Process 2 and 4) of 12 bits")),
            (0xC2, _) => return Err(unread("progressive JPEG")),
            _ => return Err(unread("hierarchical or arithmetic JPEG")),
        }
        if (self.columns, self.rows, self.components) != (layout.columns, layout.rows, 1) {
            return Err(broken("a frame in JPEG is of another size than its image"));
        }
        if u32::from(self.precision) > layout.allocated {
            return Err(broken("a frame in JPEG has more bits than its image"));
        }
        check_size(layout.voxels(), bytes, if self.process == LOSSLESS { 8 } else { MOST_PER_BYTE })
    }
}
