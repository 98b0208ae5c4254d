//! Heads of elements: tag, value representation, length.
//!
//! Source: PS3.5 7.1.2 (explicit), 7.1.3 (implicit).

use dicom_core::dictionary::{DataDictionary, DataDictionaryEntry, VirtualVr};
use dicom_core::{Tag, VR};
use dicom_dictionary_std::StandardDataDictionary;

use super::encoding::{Encoding, Order, is_representation};
use crate::{Fault, FaultKind};

/// An item (PS3.5 7.5).
pub(super) const ITEM: Tag = Tag(0xFFFE, 0xE000);

/// The end of an item without a length.
pub(super) const ITEM_END: Tag = Tag(0xFFFE, 0xE00D);

/// The end of a sequence without a length.
pub(super) const SEQUENCE_END: Tag = Tag(0xFFFE, 0xE0DD);

/// A length that is not given: the end is marked by a delimiter.
const UNDEFINED: u32 = u32::MAX;

/// The head of an element.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    /// Its tag.
    pub(super) tag: Tag,
    /// How its value is to be read; none where the dictionary leaves that to whether pixels are signed.
    pub(super) vr: Option<VR>,
    /// Whether the file said so itself.
    pub(super) named: bool,
    /// Bytes of the value; none where a delimiter ends it.
    pub(super) length: Option<usize>,
    /// Where the value starts.
    pub(super) start: usize,
}

impl Head {
    /// The value's bytes, and where they end.
    ///
    /// # Errors
    /// `Broken`: it reaches beyond the limit, or its length is not given.
    pub(super) fn value<'a>(&self, bytes: &'a [u8], limit: usize) -> Result<(&'a [u8], usize), Fault> {
        let end = self.end(limit)?;
        let value = bytes.get(self.start..end).ok_or_else(|| cut(self.tag))?;
        Ok((value, end))
    }

    /// Where the value ends.
    ///
    /// # Errors
    /// `Broken`: beyond the limit, or its length is not given.
    pub(super) fn end(&self, limit: usize) -> Result<usize, Fault> {
        let length = self
            .length
            .ok_or_else(|| broken(format!("element {} has no length, which its kind must have", self.tag)))?;
        self.start.checked_add(length).filter(|end| *end <= limit).ok_or_else(|| cut(self.tag))
    }
}

/// Reads the head at a byte.
///
/// # Errors
/// `Broken`: it reaches beyond the limit, or is none.
pub(super) fn head(bytes: &[u8], at: usize, limit: usize, encoding: Encoding) -> Result<Head, Fault> {
    let bytes = bytes.get(..limit).unwrap_or(bytes);
    let rest = bytes.get(at..).unwrap_or_default();
    let order = encoding.order();
    let Some(&[a, b, c, d, e, f, g, h]) = rest.first_chunk::<8>() else {
        return Err(broken("is cut off within the head of an element"));
    };
    let tag = Tag(order.u16([a, b]), order.u16([c, d]));
    // Items and delimiters never name a representation (PS3.5 7.5).
    let explicit = encoding != Encoding::ImplicitLittle && tag.group() != ITEM.group();
    if !explicit {
        let length = order.u32([e, f, g, h]);
        return Ok(Head { tag, vr: by_dictionary(tag), named: false, length: known(length), start: at + 8 });
    }
    if !is_representation([e, f]) {
        return Err(broken(format!("element {tag} names no value representation")));
    }
    // A representation that is not known is read as unknown bytes, by the short form that most have.
    let vr = VR::from_binary([e, f]).unwrap_or(VR::UN);
    if [e, f] != *b"UN" && vr == VR::UN || !is_long(vr) {
        let length = usize::from(order.u16([g, h]));
        return Ok(Head { tag, vr: Some(vr), named: true, length: Some(length), start: at + 8 });
    }
    let Some(length) = rest.get(8..12).and_then(|four| four.first_chunk::<4>()) else {
        return Err(broken("is cut off within the head of an element"));
    };
    let length = known(order.u32(*length));
    Ok(Head { tag, vr: Some(vr), named: true, length, start: at + 12 })
}

/// What the dictionary says; `UN` of what it does not know.
pub(super) fn by_dictionary(tag: Tag) -> Option<VR> {
    match StandardDataDictionary.by_tag(tag).map(DataDictionaryEntry::vr) {
        Some(VirtualVr::Exact(vr)) => Some(vr),
        Some(VirtualVr::Xs) => None,
        Some(other) => Some(other.relaxed()),
        None => Some(VR::UN),
    }
}

/// Reads an item's head.
///
/// # Errors
/// `Broken`: it reaches beyond the limit.
pub(super) fn item(bytes: &[u8], at: usize, limit: usize, order: Order) -> Result<Head, Fault> {
    let encoding = match order {
        Order::Little => Encoding::ImplicitLittle,
        Order::Big => Encoding::Explicit(Order::Big),
    };
    let head = head(bytes, at, limit, encoding)?;
    let known = [ITEM, ITEM_END, SEQUENCE_END];
    if known.contains(&head.tag) {
        Ok(head)
    } else {
        Err(broken("a sequence holds something that is no item"))
    }
}

/// Whether the length has 32 bits (PS3.5 table 7.1-1).
fn is_long(vr: VR) -> bool {
    use VR::{OB, OD, OF, OL, OV, OW, SQ, SV, UC, UN, UR, UT, UV};
    matches!(vr, OB | OD | OF | OL | OV | OW | SQ | SV | UC | UN | UR | UT | UV)
}

/// A length that is given.
fn known(length: u32) -> Option<usize> {
    (length != UNDEFINED).then_some(length as usize)
}

/// An element that reaches beyond what is there.
pub(super) fn cut(tag: Tag) -> Fault {
    broken(format!("is cut off: element {tag} asks for more bytes than are left"))
}

/// Something that is broken.
pub(super) fn broken(fact: impl Into<String>) -> Fault {
    Fault::of(FaultKind::Broken, fact)
}
