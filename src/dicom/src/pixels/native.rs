//! Pixels that are not compressed.
//!
//! Source: PS3.5 8.1.1, 8.2 and annex D. Values of one bit run across frames without a gap, the first in the lowest bit.

use dicom_core::VR;

use super::{Layout, broken};
use crate::Fault;
use crate::file::{Order, PixelData};

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
    // Big-endian words hold single bytes in pairs the other way round; an odd one at the end has no partner.
    let swapped = usize::from(pixels.order() == Order::Big && pixels.vr() != VR::OB);
    let byte = |at: usize| u32::from(bytes.get(at ^ swapped).copied().unwrap_or(bytes[at]));
    if layout.allocated == 1 {
        let start = (bits * number as u64) as usize;
        let bit = |at: usize| layout.narrow(byte(at / 8) >> (at % 8));
        return Ok((start..start + layout.voxels()).map(bit).collect());
    }
    if layout.allocated == 8 {
        return Ok((first..last).map(|at| layout.narrow(byte(at))).collect());
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

#[cfg(test)]
mod tests {
    use crate::file::File;
    use crate::pixels::{frame, layout};

    /// A big-endian file with two frames of pixels.
    fn file(
        allocated: u8,
        stored: u8,
        signed: u8,
        [rows, columns]: [u8; 2],
        vr: [u8; 2],
        pixels: &[u8],
    ) -> File {
        let mut bytes = vec![0, 8, 0, 0x60, b'C', b'S', 0, 2, b'C', b'T'];
        bytes.extend([0, 0x28, 0, 8, b'I', b'S', 0, 2, b'2', b' ']);
        let numbers = [(0x10, rows), (0x11, columns), (0, 0), (1, stored), (2, stored - 1), (3, signed)];
        for (low, value) in numbers {
            let element = if low >= 0x10 { [0, low] } else { [1, low] };
            let value = if element == [1, 0] { allocated } else { value };
            bytes.extend([0, 0x28, element[0], element[1], b'U', b'S', 0, 2, 0, value]);
        }
        bytes.extend([0x7F, 0xE0, 0, 0x10, vr[0], vr[1], 0, 0, 0, 0, 0, pixels.len() as u8]);
        bytes.extend(pixels);
        File::parse(bytes).unwrap()
    }

    fn both(file: &File) -> [Vec<i32>; 2] {
        let layout = layout(file).unwrap();
        [0, 1].map(|number| frame(file, &layout, number).unwrap())
    }

    #[test]
    fn words_in_the_other_order_give_the_same_values() {
        let words = file(16, 12, 1, [1, 2], *b"OW", &[0xF8, 0x00, 0x07, 0xFF, 0, 1, 0, 2]);
        assert_eq!(both(&words), [vec![-2048, 2047], vec![1, 2]]);
        let long = file(32, 32, 0, [1, 1], *b"OW", &[0, 1, 0, 0, 0, 0, 0, 9]);
        assert_eq!(both(&long), [vec![65536], vec![9]]);
    }

    #[test]
    fn single_bytes_stand_in_pairs_in_words_only() {
        assert_eq!(both(&file(8, 8, 0, [1, 3], *b"OW", &[2, 1, 4, 3, 6, 5])), [vec![1, 2, 3], vec![4, 5, 6]]);
        assert_eq!(both(&file(8, 8, 0, [1, 3], *b"OB", &[1, 2, 3, 4, 5, 6])), [vec![1, 2, 3], vec![4, 5, 6]]);
    }

    #[test]
    fn bits_run_across_frames() {
        // 0b10110 then 0b00111, the first in the lowest bit.
        let bits = file(1, 1, 0, [1, 5], *b"OB", &[0b1110_1101, 0b0000_0000]);
        assert_eq!(both(&bits), [vec![1, 0, 1, 1, 0], vec![1, 1, 1, 0, 0]]);
    }

    #[test]
    fn fewer_bytes_than_values_are_refused() {
        let short = file(16, 16, 0, [1, 2], *b"OW", &[0; 7]);
        assert!(frame(&short, &layout(&short).unwrap(), 0).is_err());
    }
}
