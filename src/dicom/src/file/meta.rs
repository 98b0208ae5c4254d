//! The preamble and the file meta information.
//!
//! Source: PS3.10 7.1. Elements are walked one by one as long as they are of group 0002, so that the length of the group
//! may be absent or wrong, and entity titles longer than 16 bytes are nothing special.

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use super::element;
use super::encoding::{DEFLATED, Encoding, Order, is_representation, seen};
use crate::{Fault, FaultKind};

/// Bytes before the prefix.
const PREAMBLE: usize = 128;

/// The prefix.
const PREFIX: &[u8; 4] = b"DICM";

/// What the file meta information says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Meta {
    /// UID of the transfer syntax, where one is named.
    pub(super) syntax: Option<String>,
    /// UID of the class of what follows, where one is named.
    pub(super) class: Option<String>,
    /// Where the data set starts.
    pub(super) end: usize,
}

/// Reads the file meta information, or finds that there is none.
///
/// # Errors
/// `NotDicom`: neither prefix nor a first element of a data set; `Broken`: the information is cut off.
pub(super) fn read(bytes: &[u8]) -> Result<Meta, Fault> {
    let prefixed = bytes.get(PREAMBLE..PREAMBLE + PREFIX.len()) == Some(PREFIX);
    let start = if prefixed {
        PREAMBLE + PREFIX.len()
    } else if bytes.starts_with(PREFIX) {
        PREFIX.len()
    } else {
        0
    };
    let marked = start > 0 || starts_with_meta(bytes);
    if !marked && seen(bytes, 0).is_none() {
        return Err(Fault::of(FaultKind::NotDicom, "is no DICOM"));
    }
    walk(bytes, Meta { syntax: None, class: None, end: start })
}

/// Whether the first element is one of file meta information, without preamble and prefix.
fn starts_with_meta(bytes: &[u8]) -> bool {
    let tagged = bytes.starts_with(&[2, 0]) && bytes.get(3) == Some(&0);
    tagged && bytes.get(4..6).is_some_and(|letters| is_representation([letters[0], letters[1]]))
}

/// Walks the elements of group 0002.
fn walk(bytes: &[u8], mut meta: Meta) -> Result<Meta, Fault> {
    let mut declared_end = None;
    while bytes.get(meta.end..meta.end + 2) == Some(&[2, 0]) {
        // A deflated data set may start with any bytes, also with those of group 0002.
        if declared_end == Some(meta.end) && meta.syntax.as_deref() == Some(DEFLATED) {
            break;
        }
        let letters = bytes.get(meta.end + 4..meta.end + 6).map_or([0, 0], |two| [two[0], two[1]]);
        let explicit = is_representation(letters);
        let encoding = if explicit { Encoding::Explicit(Order::Little) } else { Encoding::ImplicitLittle };
        let head = element::head(bytes, meta.end, bytes.len(), encoding)?;
        let (value, end) = head.value(bytes, bytes.len())?;
        if head.tag == tags::TRANSFER_SYNTAX_UID {
            meta.syntax = uid(value);
        } else if head.tag == tags::MEDIA_STORAGE_SOP_CLASS_UID {
            meta.class = uid(value);
        } else if head.tag == Tag(0x0002, 0x0000) {
            let length = value.first_chunk::<4>().map(|four| u32::from_le_bytes(*four) as usize);
            declared_end = length.and_then(|length| end.checked_add(length));
        }
        meta.end = end;
    }
    Ok(meta)
}

fn uid(value: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(value);
    let uid = text.trim_matches([' ', '\0']);
    (!uid.is_empty()).then(|| uid.to_owned())
}
