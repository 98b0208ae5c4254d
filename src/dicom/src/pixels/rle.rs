//! Runs of equal bytes.
//!
//! Source: PS3.5 annex G. A header of 16 words names the segments, one for each byte of a value, the highest first; each
//! is packed by itself.

use super::{Layout, broken, unread};
use crate::Fault;

/// Bytes of the header.
const HEADER: usize = 64;

/// A pair of bytes gives at most this many.
const LONGEST_RUN: usize = 128;

/// The values of a frame.
///
/// # Errors
/// `Syntax`: values of 32 bits; `Broken`: segments that are missing, outside of the frame, or too short.
pub(super) fn decode(bytes: &[u8], layout: &Layout) -> Result<Vec<i32>, Fault> {
    if layout.allocated == 32 {
        return Err(unread("RLE Lossless of 32 bits"));
    }
    let voxels = layout.voxels();
    if voxels > bytes.len().saturating_mul(LONGEST_RUN) {
        return Err(broken("a frame in RLE Lossless is too short for its size"));
    }
    let segments = segments(bytes, (layout.allocated / 8) as usize)?;
    let mut values = vec![0_u32; voxels];
    for segment in segments {
        unpack(segment, &mut values)?;
    }
    Ok(values.into_iter().map(|bits| layout.narrow(bits)).collect())
}

/// The segments, of which a frame must have some number.
fn segments(bytes: &[u8], wanted: usize) -> Result<Vec<&[u8]>, Fault> {
    let damaged = || broken("the header of a frame in RLE Lossless is damaged");
    let header = bytes.get(..HEADER).ok_or_else(damaged)?;
    let words: Vec<usize> =
        header.as_chunks().0.iter().map(|four| u32::from_le_bytes(*four) as usize).collect();
    let (count, offsets) = words.split_first().ok_or_else(damaged)?;
    if *count != wanted {
        return Err(broken(format!("a frame in RLE Lossless has {count} segments instead of {wanted}")));
    }
    let starts = offsets.get(..wanted).ok_or_else(damaged)?;
    let ends = starts.iter().skip(1).copied().chain([bytes.len()]);
    let ranges = starts.iter().copied().zip(ends).map(|(start, end)| {
        let after = start >= HEADER;
        bytes.get(start..end).filter(|_| after).ok_or_else(damaged)
    });
    ranges.collect()
}

/// Unpacks a segment into the lowest bytes of values, below what is already there.
fn unpack(segment: &[u8], values: &mut [u32]) -> Result<(), Fault> {
    let short = || broken("a frame in RLE Lossless is cut off");
    let mut rest = segment;
    let mut left = values;
    while !left.is_empty() {
        let (control, after) = rest.split_first().ok_or_else(short)?;
        match control.cast_signed() {
            // A literal run: so many bytes and one more.
            length @ 0.. => {
                let (run, after) = after.split_at_checked(length as usize + 1).ok_or_else(short)?;
                for (value, byte) in left.iter_mut().zip(run) {
                    *value = *value << 8 | u32::from(*byte);
                }
                left = left.get_mut(run.len()..).unwrap_or_default();
                rest = after;
            }
            // Nothing, by definition.
            i8::MIN => rest = after,
            length => {
                let (byte, after) = after.split_first().ok_or_else(short)?;
                let run = usize::from(length.unsigned_abs()) + 1;
                for value in left.iter_mut().take(run) {
                    *value = *value << 8 | u32::from(*byte);
                }
                left = left.get_mut(run..).unwrap_or_default();
                rest = after;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAYOUT: Layout =
        Layout { columns: 5, rows: 1, frames: 1, allocated: 16, stored: 16, high: 15, signed: true };

    fn frame(segments: &[&[u8]]) -> Vec<u8> {
        let mut header = [0_u32; 16];
        header[0] = segments.len() as u32;
        let mut at = 64;
        for (slot, segment) in header[1..].iter_mut().zip(segments) {
            *slot = at;
            at += segment.len() as u32;
        }
        header.iter().flat_map(|word| word.to_le_bytes()).chain(segments.concat()).collect()
    }

    #[test]
    fn runs_literals_and_nothing_are_unpacked_and_bytes_joined() {
        // High bytes: 5 times FF. Low bytes: nothing, then 2 literals, then 3 times 07.
        let bytes = frame(&[&[252, 0xFF], &[128, 1, 5, 6, 254, 7]]);
        assert_eq!(decode(&bytes, &LAYOUT), Ok(vec![-251, -250, -249, -249, -249]));
    }

    #[test]
    fn every_cut_is_refused() {
        let bytes = frame(&[&[252, 0xFF], &[128, 1, 5, 6, 254, 7]]);
        for length in 0..bytes.len() {
            assert!(decode(&bytes[..length], &LAYOUT).is_err(), "{length}");
        }
    }

    #[test]
    fn a_size_that_so_few_bytes_cannot_have_is_refused_before_memory_is_taken() {
        let large = Layout { columns: 65535, rows: 65535, ..LAYOUT };
        assert!(decode(&frame(&[&[252, 0xFF], &[252, 1]]), &large).is_err());
    }
}
