//! Pixels as they lie in a file.
//!
//! Source: PS3.5 8 and A.4. They stay where they are: a file's bytes are kept once, and frames are ranges of them.

use std::ops::Range;
use std::sync::OnceLock;

use dicom_core::VR;

use super::encoding::Order;
use crate::Fault;

/// Where pixels lie.
#[derive(Debug)]
pub(crate) enum Content {
    /// There are some, but only the header was read.
    Unread {
        /// Where they start in the file (or in what was inflated from it).
        start: u64,
        /// Their length; none where they are compressed.
        length: Option<u64>,
    },
    /// All frames one after the other.
    Native(Range<usize>),
    /// Compressed.
    Fragments {
        /// Where frames start, counted from the first fragment's item; empty where the file does not say.
        offsets: Vec<u64>,
        /// The fragments, without the table of offsets.
        fragments: Vec<Range<usize>>,
    },
}

/// Pixels that were found in a data set.
#[derive(Debug)]
pub(super) struct Found {
    /// Their value representation.
    pub(super) vr: VR,
    /// The order of bytes.
    pub(super) order: Order,
    /// Where they lie.
    pub(super) content: Content,
}

/// Pixels with the bytes that they lie in.
#[derive(Debug)]
pub(crate) struct PixelData {
    bytes: Vec<u8>,
    found: Found,
    /// Which fragments make a frame; found once, as a file may have thousands.
    pub(crate) frames: OnceLock<Result<Vec<Range<usize>>, Fault>>,
}

impl PixelData {
    /// Pixels in bytes.
    pub(super) fn new(bytes: Vec<u8>, found: Found) -> Self {
        Self { bytes, found, frames: OnceLock::new() }
    }

    /// The value representation.
    pub(crate) fn vr(&self) -> VR {
        self.found.vr
    }

    /// The order of bytes.
    pub(crate) fn order(&self) -> Order {
        self.found.order
    }

    /// Where they lie.
    pub(crate) fn content(&self) -> &Content {
        &self.found.content
    }

    /// The bytes of a range of the content.
    pub(crate) fn slice(&self, range: &Range<usize>) -> &[u8] {
        self.bytes.get(range.clone()).unwrap_or_default()
    }

    /// Pixels that are not compressed, as they lie in the file.
    pub(crate) fn native(&self) -> Option<&[u8]> {
        match &self.found.content {
            Content::Native(range) => Some(self.slice(range)),
            Content::Unread { .. } | Content::Fragments { .. } => None,
        }
    }

    /// Fragments of compressed pixels.
    pub(crate) fn fragments(&self) -> Option<Vec<&[u8]>> {
        match &self.found.content {
            Content::Unread { .. } | Content::Native(_) => None,
            Content::Fragments { fragments, .. } => {
                Some(fragments.iter().map(|range| self.slice(range)).collect())
            }
        }
    }
}
