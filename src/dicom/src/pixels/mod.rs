//! Stored values of frames, whatever they are coded in.
//!
//! Source: PS3.3 C.7.6.3.1 (attributes), PS3.5 8 (encoding). A frame is decoded by itself, so that a file of many frames
//! is never held decoded as a whole.

mod coding;
mod frames;
mod guard;
mod jpeg;
mod jpeg2000;
mod jpegls;
mod layout;
mod native;
mod rle;

use crate::file::{Content, EXPLICIT_BIG, File, Stream};
use crate::{Fault, FaultKind};

use coding::Coding;
pub use layout::{Layout, layout};

/// The stored values of a frame (from 0), before any rescaling, row by row.
///
/// # Errors
/// `Syntax`: a coding that is not read, named; `Broken`: fewer or other bytes than the attributes ask for.
pub fn frame(file: &File, layout: &Layout, number: usize) -> Result<Vec<i32>, Fault> {
    let pixels = file.pixels().ok_or_else(|| broken("has no pixels"))?;
    if number >= layout.frames {
        return Err(broken(format!("frame {} of {} was asked for", number + 1, layout.frames)));
    }
    let coding = Coding::of(&file.syntax)?;
    match (pixels.content(), coding) {
        (Content::Unread { .. }, _) => Err(broken("its pixels were not read")),
        (Content::Native(_), Coding::Native) => native::frame(pixels, layout, number),
        (Content::Native(_), _) => Err(broken("says that its pixels are compressed, but they are not")),
        (Content::Fragments { .. }, Coding::Native) => {
            Err(broken("says that its pixels are not compressed, but they are"))
        }
        (Content::Fragments { .. }, coding) => {
            let bytes = frames::bytes(file, pixels, layout, number)?;
            let values = coding.decode(&bytes, layout)?;
            if values.len() == layout.voxels() {
                Ok(values)
            } else {
                Err(broken("a frame is of another size than its image"))
            }
        }
    }
}

/// The stored values of a frame of a file whose pixels are not compressed, read from there by itself.
///
/// # Errors
/// As [`frame`], and `Unreadable`.
pub(crate) fn streamed(stream: &Stream, layout: &Layout, number: usize) -> Result<Vec<i32>, Fault> {
    let too_large = || broken("its frames are too large");
    let bits = (layout.voxels() as u64).checked_mul(u64::from(layout.allocated)).ok_or_else(too_large)?;
    let at = |frame: usize| bits.checked_mul(frame as u64).map(|bits| bits / 8).ok_or_else(too_large);
    let pixels = stream.part(at(number)?..at(number + 1)?)?;
    native::frame(&pixels, &Layout { frames: 1, ..*layout }, 0)
}

/// Whether frames of a file can be read by themselves: not those of single bits, which run across bytes, nor bytes of
/// words in the order of big-endian files.
pub(crate) fn can_stream(stream: &Stream, layout: &Layout) -> bool {
    let native = matches!(Coding::of(&stream.header.syntax), Ok(Coding::Native));
    native && (layout.allocated >= 16 || (layout.allocated == 8 && stream.header.syntax != EXPLICIT_BIG))
}

/// Something that is broken.
fn broken(fact: impl Into<String>) -> Fault {
    Fault::of(FaultKind::Broken, fact)
}

/// A coding that is not read.
fn unread(what: &str) -> Fault {
    Fault::of(FaultKind::Syntax, format!("its pixels are coded as {what}, which is not read"))
}
