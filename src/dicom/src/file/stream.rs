//! Uncompressed pixels that stay in their file and are read a part at a time: a file of many frames need not be in
//! memory beside the volume that is made of it.

use std::fs;
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use super::pixel_data::{Content, Found, PixelData};
use super::{File, encoding};
use crate::{Fault, FaultKind};

/// Pixels in a file.
#[derive(Debug)]
pub(crate) struct Stream {
    /// The header of the file.
    pub(crate) header: File,
    file: Mutex<fs::File>,
    start: u64,
    length: u64,
}

impl Stream {
    /// Opens a file whose pixels are not compressed; none where they are.
    ///
    /// # Errors
    /// As `File::open_header`, which knows pixels that are cut off.
    pub(crate) fn open(path: &Path) -> Result<Option<Self>, Fault> {
        let header = File::open_header(path)?;
        // What was deflated does not lie in the file as it is.
        if header.syntax == encoding::DEFLATED {
            return Ok(None);
        }
        let Some(&Content::Unread { start, length: Some(length) }) = header.pixels().map(PixelData::content)
        else {
            return Ok(None);
        };
        let file = fs::File::open(path).map_err(|error| unreadable(&error).at(path))?;
        Ok(Some(Self { header, file: Mutex::new(file), start, length }))
    }

    /// Bytes of the pixels, counted from their start.
    ///
    /// # Errors
    /// `Broken`: there are fewer. `Unreadable`.
    pub(crate) fn part(&self, range: Range<u64>) -> Result<PixelData, Fault> {
        let fewer = || Fault::of(FaultKind::Broken, "has fewer pixels than its attributes ask for");
        if range.start > range.end || range.end > self.length {
            return Err(fewer());
        }
        let count = usize::try_from(range.end - range.start).map_err(|_| fewer())?;
        let mut bytes = vec![0; count];
        {
            // A thread that failed leaves no position that matters: each seeks before it reads.
            let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
            file.seek(SeekFrom::Start(self.start + range.start)).map_err(|error| unreadable(&error))?;
            file.read_exact(&mut bytes).map_err(|error| unreadable(&error))?;
        }
        let pixels = self.header.pixels().ok_or_else(fewer)?;
        let content = Content::Native(0..count);
        Ok(PixelData::new(bytes, Found { vr: pixels.vr(), order: pixels.order(), content }))
    }
}

fn unreadable(error: &std::io::Error) -> Fault {
    Fault::of(FaultKind::Unreadable, error.kind().to_string())
}
