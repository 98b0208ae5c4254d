//! Stored values of frames, whatever they are coded in.

use crate::file::File;
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
    /// Whether values may be below zero.
    pub signed: bool,
}

/// What a file says of its stored values.
///
/// # Errors
/// `Broken`: attributes that are missing or contradict each other; colours.
pub fn layout(_file: &File) -> Result<Layout, Fault> {
    Err(Fault::of(FaultKind::Syntax, "not written yet"))
}

/// The stored values of a frame (from 0), before any rescaling, row by row.
///
/// # Errors
/// `Syntax`: a coding that is not read, named; `Broken`: fewer or other bytes than the attributes ask for.
pub fn frame(_file: &File, _layout: &Layout, _number: usize) -> Result<Vec<i32>, Fault> {
    Err(Fault::of(FaultKind::Syntax, "not written yet"))
}
