//! A DICOM file in memory, and what its attributes say.
//!
//! Files are hostile: every length is checked against the bytes that are there before anything is allocated, sequences
//! nest to a limit, and a file that ends early is never taken for a whole one. Files are also sloppy: the preamble, the
//! file meta information or its length may be absent or wrong (PS3.10 7.1), and the encoding is then seen from the first
//! element.

mod charset;
mod class;
mod dataset;
mod element;
mod encoding;
mod inflate;
mod item;
mod meta;
mod pixel_data;
mod stream;
mod value;

use std::fs;
use std::io::Read;
use std::path::Path;

use dicom_object::InMemDicomObject;

use crate::{Fault, FaultKind};

pub use class::Class;
pub(crate) use encoding::{DEFLATED, EXPLICIT_BIG, EXPLICIT_LITTLE, IMPLICIT_LITTLE, Order};
pub use item::Item;
pub(crate) use pixel_data::{Content, PixelData};
pub(crate) use stream::Stream;

/// A file.
pub struct File {
    /// UID of the transfer syntax that the file says it has, or what its first element looks like.
    pub syntax: String,
    /// UID of the class that the file meta information announces.
    pub(crate) announced: Option<String>,
    object: InMemDicomObject,
    pixels: Option<PixelData>,
}

// What a file says of a patient is never printed, not even by mistake.
impl std::fmt::Debug for File {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("File").finish_non_exhaustive()
    }
}

/// How much of a file is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Extent {
    /// All of it.
    Whole,
    /// What stands before the pixels.
    Header,
}

/// Bytes of a file that are looked at first: enough for the attributes of a slice.
const FIRST_LOOK: u64 = 64 << 10;

/// How much more is read when the first look was too short.
const GROWTH: u64 = 8;

impl File {
    /// Opens a file.
    ///
    /// # Errors
    /// `Unreadable`; `NotDicom`; `Broken`, which every file that was cut off is.
    pub fn open(path: &Path) -> Result<Self, Fault> {
        let open = || {
            let (mut file, size) = source(path)?;
            let mut bytes = start(&mut file, FIRST_LOOK.min(size))?;
            // Whatever else lies in the folder is not read to its end.
            meta::read(&bytes)?;
            let left = usize::try_from(size).map_err(|_| too_large())?.saturating_sub(bytes.len());
            bytes.try_reserve_exact(left).map_err(|_| too_large())?;
            file.read_to_end(&mut bytes).map_err(|error| unreadable(&error))?;
            let size = bytes.len() as u64;
            Self::read(bytes, size, Extent::Whole)
        };
        open().map_err(|fault: Fault| fault.at(path))
    }

    /// Opens a file for what its attributes say, without its pixels and what follows them.
    ///
    /// A file whose uncompressed pixels are cut off is known by its size and refused here, too.
    ///
    /// # Errors
    /// `Unreadable`; `NotDicom`; `Broken`.
    pub fn open_header(path: &Path) -> Result<Self, Fault> {
        let open = || {
            let (mut file, size) = source(path)?;
            let mut bytes = start(&mut file, FIRST_LOOK.min(size))?;
            loop {
                let found = bytes.len() as u64;
                let fault = match Self::read(bytes.clone(), size, Extent::Header) {
                    Ok(header) => return Ok(header),
                    Err(fault) if found >= size || fault.kind == FaultKind::NotDicom => return Err(fault),
                    Err(fault) => fault,
                };
                let more = found.saturating_mul(GROWTH).min(size) - found;
                let before = bytes.len();
                file.by_ref().take(more).read_to_end(&mut bytes).map_err(|error| unreadable(&error))?;
                if bytes.len() == before {
                    return Err(fault);
                }
            }
        };
        open().map_err(|fault: Fault| fault.at(path))
    }

    /// Reads a file that is in memory.
    ///
    /// # Errors
    /// `NotDicom`; `Broken`.
    pub fn parse(bytes: impl Into<Vec<u8>>) -> Result<Self, Fault> {
        let bytes = bytes.into();
        let size = bytes.len() as u64;
        Self::read(bytes, size, Extent::Whole)
    }

    /// The attributes of the file itself.
    pub fn root(&self) -> Item<'_> {
        Item::root(&self.object, self.pixels.as_ref())
    }

    /// The pixels as they are stored; none where there are none, or only the header was read.
    pub(crate) fn pixels(&self) -> Option<&PixelData> {
        self.pixels.as_ref()
    }

    /// Reads the start of a file of some size.
    fn read(bytes: Vec<u8>, size: u64, extent: Extent) -> Result<Self, Fault> {
        let meta = meta::read(&bytes)?;
        let (bytes, at, size) = if meta.syntax.as_deref() == Some(encoding::DEFLATED) {
            if (bytes.len() as u64) < size {
                return Err(Fault::of(FaultKind::Broken, "its deflated data set is cut off"));
            }
            let bytes = inflate::inflate(bytes.get(meta.end..).unwrap_or_default())?;
            let size = bytes.len() as u64;
            (bytes, 0, size)
        } else {
            (bytes, meta.end, size)
        };
        if at >= bytes.len() && at as u64 >= size {
            return Err(Fault::of(FaultKind::Broken, "is cut off: it has no data set"));
        }
        let encoding = encoding::of_data_set(&bytes, at, meta.syntax.as_deref());
        let syntax = meta.syntax.unwrap_or_else(|| encoding.syntax().to_owned());
        let (object, found) = dataset::read(&bytes, at, size, encoding, extent)?;
        let pixels = found.map(|found| PixelData::new(bytes, found));
        Ok(Self { syntax, announced: meta.class, object, pixels })
    }
}

/// A regular file and its size.
fn source(path: &Path) -> Result<(fs::File, u64), Fault> {
    // Looked at before it is opened: opening a pipe would wait for its writer.
    let facts = fs::metadata(path).map_err(|error| unreadable(&error))?;
    if !facts.is_file() {
        return Err(Fault::of(FaultKind::Unreadable, "is no file"));
    }
    let file = fs::File::open(path).map_err(|error| unreadable(&error))?;
    Ok((file, facts.len()))
}

/// The first bytes.
fn start(file: &mut fs::File, bytes: u64) -> Result<Vec<u8>, Fault> {
    let mut found = Vec::with_capacity(usize::try_from(bytes).map_err(|_| too_large())?);
    file.by_ref().take(bytes).read_to_end(&mut found).map_err(|error| unreadable(&error))?;
    Ok(found)
}

/// An error of the operating system, in its words.
fn unreadable(error: &std::io::Error) -> Fault {
    Fault::of(FaultKind::Unreadable, error.to_string())
}

/// A file that this machine cannot address.
fn too_large() -> Fault {
    Fault::of(FaultKind::Unreadable, "is larger than this machine can address")
}

#[cfg(test)]
mod tests;
