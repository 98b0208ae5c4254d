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

use crate::file::{Content, File};
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
        (Content::Unread, _) => Err(broken("its pixels were not read")),
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

/// Something that is broken.
fn broken(fact: impl Into<String>) -> Fault {
    Fault::of(FaultKind::Broken, fact)
}

/// A coding that is not read.
fn unread(what: &str) -> Fault {
    Fault::of(FaultKind::Syntax, format!("its pixels are coded as {what}, which is not read"))
}
