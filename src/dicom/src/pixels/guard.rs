//! Decoders of others are held to what a file can be worth.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::broken;
use crate::Fault;

/// Values of a frame up to which a decoder may take memory without the file's length saying so: 4096 x 4096.
const UNPROVED: usize = 1 << 24;

/// Refuses a size that a frame of so many bytes cannot have.
///
/// # Errors
/// `Broken`.
pub(super) fn check_size(voxels: usize, bytes: usize, most_per_byte: usize) -> Result<(), Fault> {
    if voxels <= bytes.saturating_mul(most_per_byte) { Ok(()) } else { Err(too_short()) }
}

/// The same for codings that have no bound: a frame of one value takes next to nothing.
///
/// # Errors
/// `Broken`.
pub(super) fn check_unbounded_size(voxels: usize, bytes: usize) -> Result<(), Fault> {
    if voxels <= UNPROVED.max(bytes.saturating_mul(8)) { Ok(()) } else { Err(too_short()) }
}

/// A frame that is too short.
fn too_short() -> Fault {
    broken("a compressed frame is too short for its size")
}

/// Runs a decoder; a panic of its own on damaged bytes is an error like any other.
///
/// # Errors
/// The decoder's, and `Broken` for a panic.
pub(super) fn guarded<T>(decoder: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
    // Nothing that the decoder has changed is looked at after a panic.
    catch_unwind(AssertUnwindSafe(decoder)).unwrap_or_else(|_| Err(broken("a compressed frame is damaged")))
}
