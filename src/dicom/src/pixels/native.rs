//! Pixels that are not compressed.
//!
//! Source: PS3.5 8.1.1, 8.2 and annex D. Values of one bit run across frames without a gap, the first in the lowest bit.

use std::borrow::Cow;

use dicom_core::VR;

use super::{Layout, broken};
use crate::Fault;
use crate::file::{Order, PixelData, swap};

/// The values of a frame.
///
/// # Errors
/// `Broken`: fewer bytes than the attributes ask for; `Syntax`: values of 2^31 or more.
pub(super) fn frame(pixels: &PixelData, layout: &Layout, number: usize) -> Result<Vec<i32>, Fault> {
    let bytes = pixels.native().unwrap_or_default();
    let bits = (layout.voxels() as u64)
        .checked_mul(u64::from(layout.allocated))
        .ok_or_else(|| broken("its frames are too large"))?;
    let needed = bits.checked_mul(layout.frames as u64).map(|bits| bits.div_ceil(8));
    if needed.is_none_or(|needed| needed > bytes.len() as u64) {
        return Err(broken("has fewer pixels than its attributes ask for"));
    }
    // Both fit, because all frames together do.
    let first = (bits * number as u64 / 8) as usize;
    let last = (bits * (number as u64 + 1)).div_ceil(8) as usize;
    if layout.allocated == 1 {
        let bytes = single_bytes(pixels, bytes);
        let start = (bits * number as u64) as usize;
        return Ok((start..start + layout.voxels())
            .map(|at| i32::from(bytes[at / 8] >> (at % 8) & 1))
            .collect());
    }
    if layout.allocated == 8 {
        let bytes = single_bytes(pixels, bytes);
        return Ok(bytes[first..last].iter().map(|byte| layout.narrow(u32::from(*byte))).collect());
    }
    let bytes = &bytes[first..last];
    let order = pixels.order();
    if layout.allocated == 16 {
        return Ok(words(bytes, layout, order));
    }
    bytes.as_chunks().0.iter().map(|four| layout.value(order.u32(*four))).collect()
}

/// Values of 16 bits. All bits used is by far the most common, and read without shifting.
fn words(bytes: &[u8], layout: &Layout, order: Order) -> Vec<i32> {
    let words = bytes.as_chunks::<2>().0.iter();
    match (order, layout.stored, layout.signed) {
        (Order::Little, 16, true) => words.map(|two| i32::from(i16::from_le_bytes(*two))).collect(),
        (Order::Little, 16, false) => words.map(|two| i32::from(u16::from_le_bytes(*two))).collect(),
        _ => words.map(|two| layout.narrow(u32::from(order.u16(*two)))).collect(),
    }
}

/// Bytes in their own order: big-endian words hold them in pairs the other way round.
fn single_bytes<'a>(pixels: &PixelData, bytes: &'a [u8]) -> Cow<'a, [u8]> {
    let swapped = pixels.order() == Order::Big && pixels.vr() != VR::OB;
    if swapped { Cow::Owned(swap(bytes)) } else { Cow::Borrowed(bytes) }
}
