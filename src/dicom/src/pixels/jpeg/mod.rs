//! JPEG: lossy of 8 bits, and lossless.
//!
//! Source: ISO/IEC 10918-1; PS3.5 8.2.1. What stands before the pixels is read first, so that a frame's size is known to
//! fit before memory is taken, and what is not read can be named.

mod bits;
mod header;
mod lossless;
mod table;

use jpeg_decoder::{Decoder, Error};

use super::guard::{check_size, guarded};
use super::{Layout, broken, unread};
use crate::Fault;
use header::Header;

/// Values that a byte gives at most: a bit each where it is lossless.
const MOST_LOSSLESS: usize = 8;

/// Two bits for 64 values where it is lossy.
const MOST_LOSSY: usize = 256;

// Markers of frames (table B.1).
const BASELINE: u8 = 0xC0;
const EXTENDED: u8 = 0xC1;
const PROGRESSIVE: u8 = 0xC2;
const LOSSLESS: u8 = 0xC3;

/// The values of a frame.
///
/// # Errors
/// `Syntax`: 12 bits, progressive, arithmetic, hierarchical; `Broken`.
pub(super) fn decode(bytes: &[u8], layout: &Layout) -> Result<Vec<i32>, Fault> {
    let header = Header::read(bytes)?;
    let most = match (header.process, header.precision) {
        (LOSSLESS, _) => MOST_LOSSLESS,
        (BASELINE | EXTENDED, 8) => MOST_LOSSY,
        (BASELINE | EXTENDED, 12) => return Err(unread("JPEG Extended (Process 2 and 4) of 12 bits")),
        (PROGRESSIVE, _) => return Err(unread("progressive JPEG")),
        _ => return Err(unread("hierarchical or arithmetic JPEG")),
    };
    if (header.columns, header.rows, header.components) != (layout.columns, layout.rows, 1) {
        return Err(broken("a frame in JPEG is of another size than its image"));
    }
    if u32::from(header.precision) > layout.allocated {
        return Err(broken("a frame in JPEG has more bits than its image"));
    }
    check_size(layout.voxels(), bytes.len(), most)?;
    if header.process == LOSSLESS {
        return lossless::decode(&header, layout);
    }
    let decoded = guarded(|| Decoder::new(bytes).decode().map_err(|error| fault(&error)))?;
    Ok(decoded.iter().map(|byte| layout.narrow(u32::from(*byte))).collect())
}

/// What the decoder says is wrong.
fn fault(error: &Error) -> Fault {
    match error {
        Error::Unsupported(_) => unread("a variant of lossy JPEG"),
        _ => damaged(),
    }
}

/// A frame that cannot be decoded.
fn damaged() -> Fault {
    broken("a frame in JPEG is damaged or cut off")
}
