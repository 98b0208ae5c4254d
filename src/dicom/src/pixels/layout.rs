//! What the attributes say of stored values.
//!
//! Source: PS3.3 C.7.6.3.1, PS3.5 8.1.1.

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use super::broken;
use crate::file::{File, Item};
use crate::{Fault, FaultKind};

/// What the attributes say of stored values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Columns.
    pub columns: usize,
    /// Rows.
    pub rows: usize,
    /// Frames; one where the file does not say.
    pub frames: usize,
    /// Bits of a value in the file: 1, 8, 16 or 32.
    pub allocated: u32,
    /// Bits that are used.
    pub stored: u32,
    /// The highest bit that is used, counted from 0.
    pub high: u32,
    /// Whether values may be below zero.
    pub signed: bool,
}

impl Layout {
    /// Values of a frame.
    pub fn voxels(&self) -> usize {
        self.columns * self.rows
    }

    /// The value in bits as they are stored: those that are not used are dropped, and the sign is carried on.
    ///
    /// # Errors
    /// `Syntax`: a value of 2^31 or more.
    pub(super) fn value(&self, bits: u32) -> Result<i32, Fault> {
        if !self.signed && self.stored == 32 {
            return i32::try_from(bits).map_err(|_| {
                Fault::of(FaultKind::Syntax, "holds values above 2147483647, which are not read")
            });
        }
        Ok(self.narrow(bits))
    }

    /// The same, of values that are signed or have less than 32 bits, and so always fit.
    pub(super) fn narrow(&self, bits: u32) -> i32 {
        let spare = 32 - self.stored;
        let low = self.high + 1 - self.stored;
        let top = (bits >> low) << spare;
        if self.signed { top.cast_signed() >> spare } else { (top >> spare).cast_signed() }
    }
}

/// What a file says of its stored values.
///
/// # Errors
/// `Broken`: attributes that are missing or contradict each other; colours. `Syntax`: values that are no integers of 1,
/// 8, 16 or 32 bits.
pub fn layout(file: &File) -> Result<Layout, Fault> {
    let root = file.root();
    if root.has(tags::FLOAT_PIXEL_DATA) || root.has(tags::DOUBLE_FLOAT_PIXEL_DATA) {
        return Err(super::unread("floating-point numbers"));
    }
    let samples = number(root, tags::SAMPLES_PER_PIXEL, "Samples per Pixel", Some(1))?;
    if samples != 1 {
        return Err(broken(format!("has {samples} values per pixel: colours are not read")));
    }
    let allocated = number(root, tags::BITS_ALLOCATED, "Bits Allocated", None)?;
    if ![1, 8, 16, 32].contains(&allocated) {
        return Err(super::unread(&format!("values of {allocated} bits")));
    }
    let stored = number(root, tags::BITS_STORED, "Bits Stored", Some(allocated))?;
    let high = number(root, tags::HIGH_BIT, "High Bit", Some(stored.saturating_sub(1)))?;
    if stored == 0 || stored > allocated || high >= allocated || high + 1 < stored {
        return Err(broken(format!(
            "has {allocated} bits allocated, {stored} stored, {high} as the high bit: these contradict each other"
        )));
    }
    let signed = number(root, tags::PIXEL_REPRESENTATION, "Pixel Representation", Some(0))?;
    let [rows, columns] = [
        number(root, tags::ROWS, "Rows", None)? as usize,
        number(root, tags::COLUMNS, "Columns", None)? as usize,
    ];
    if rows == 0 || columns == 0 {
        return Err(broken("has no rows or no columns"));
    }
    Ok(Layout { columns, rows, frames: frames(root)?, allocated, stored, high, signed: signed == 1 })
}

/// Frames.
fn frames(root: Item<'_>) -> Result<usize, Fault> {
    if root.texts(tags::NUMBER_OF_FRAMES).is_empty() {
        return Ok(1);
    }
    let frames =
        root.integer(tags::NUMBER_OF_FRAMES).filter(|frames| (1..=i64::from(i32::MAX)).contains(frames));
    frames
        .and_then(|frames| usize::try_from(frames).ok())
        .ok_or_else(|| broken("its Number of Frames is none"))
}

/// A small number that an attribute holds.
fn number(root: Item<'_>, tag: Tag, name: &str, absent: Option<u32>) -> Result<u32, Fault> {
    match (root.integer(tag), absent) {
        (Some(value), _) => {
            u16::try_from(value).map(u32::from).map_err(|_| broken(format!("its {name} is out of range")))
        }
        (None, Some(absent)) if root.texts(tag).is_empty() => Ok(absent),
        _ => Err(broken(format!("its {name} is missing"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bits(allocated: u32, stored: u32, high: u32, signed: bool) -> Layout {
        Layout { columns: 1, rows: 1, frames: 1, allocated, stored, high, signed }
    }

    #[test]
    fn unused_bits_are_dropped_and_the_sign_is_carried_on() {
        assert_eq!(bits(16, 12, 11, false).narrow(0xF7FF), 0x7FF);
        assert_eq!(bits(16, 12, 11, true).narrow(0x0800), -2048);
        assert_eq!(bits(16, 12, 11, true).narrow(0xF7FF), 2047);
        assert_eq!(bits(16, 12, 15, true).narrow(0xFFF5), -1);
        assert_eq!(bits(32, 32, 31, true).narrow(u32::MAX), -1);
        assert_eq!(bits(1, 1, 0, false).narrow(3), 1);
    }

    #[test]
    fn a_value_that_does_not_fit_is_refused() {
        let layout = bits(32, 32, 31, false);
        assert_eq!(layout.value(i32::MAX as u32).ok(), Some(i32::MAX));
        assert_eq!(layout.value(1 << 31).unwrap_err().kind, FaultKind::Syntax);
    }
}
