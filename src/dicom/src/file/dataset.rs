//! Data sets: elements, and sequences of items that are data sets again.
//!
//! Source: PS3.5 7.1, 7.5, A.4. Every length is checked against what encloses it before a byte is taken.

use std::ops::Range;

use dicom_core::header::Length;
use dicom_core::value::{C, DataSetSequence};
use dicom_core::{DataElement, Tag, VR};
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use super::charset::Charset;
use super::element::{self, Head, broken, cut};
use super::encoding::{Encoding, Order, is_representation};
use super::pixel_data::{Content, Found};
use super::{Extent, value};
use crate::Fault;

/// How deep sequences may nest. Structured reports reach ten.
const DEPTH: usize = 32;

/// Reads the data set that starts at a byte, up to the end of the bytes, which are the start of a file of some size.
///
/// # Errors
/// `Broken`.
pub(super) fn read(
    bytes: &[u8],
    at: usize,
    size: u64,
    encoding: Encoding,
    extent: Extent,
) -> Result<(InMemDicomObject, Option<Found>), Fault> {
    let mut parser = Parser { bytes, at, size, extent, found: None };
    let scope = Scope { encoding, charset: Charset::default(), signed: false, depth: 0 };
    let object = parser.root(scope)?;
    Ok((object, parser.found))
}

/// Where reading stands.
struct Parser<'a> {
    bytes: &'a [u8],
    at: usize,
    size: u64,
    extent: Extent,
    found: Option<Found>,
}

/// What items take over from what encloses them.
#[derive(Clone)]
struct Scope {
    encoding: Encoding,
    charset: Charset,
    /// Whether pixels are signed, which the dictionary leaves some attributes' representation to.
    signed: bool,
    depth: usize,
}

/// How something ends.
#[derive(Clone, Copy)]
enum End {
    /// At a byte.
    At(usize),
    /// At a delimiter, which stands before a byte.
    Delimiter(usize),
}

impl End {
    /// Of something that starts at a byte and has a length, or none, within a limit.
    fn of(head: &Head, limit: usize) -> Result<Self, Fault> {
        if head.length.is_some() { head.end(limit).map(Self::At) } else { Ok(Self::Delimiter(limit)) }
    }

    /// The byte that nothing may reach beyond.
    fn limit(self) -> usize {
        match self {
            Self::At(limit) | Self::Delimiter(limit) => limit,
        }
    }
}

impl Parser<'_> {
    /// The file's own data set.
    fn root(&mut self, mut scope: Scope) -> Result<InMemDicomObject, Fault> {
        let limit = self.bytes.len();
        let mut object = InMemDicomObject::new_empty();
        while self.at < limit && !self.is_padding() {
            let head = element::head(self.bytes, self.at, limit, scope.encoding)?;
            if is_pixels(head.tag) && self.extent == Extent::Header {
                self.found = Some(self.left(&head, &scope)?);
                return Ok(object);
            }
            if head.tag == tags::PIXEL_DATA {
                self.found = Some(self.pixels(&head, &scope, limit)?);
            } else if head.tag.group() == element::ITEM.group() {
                return Err(broken("an item stands outside of any sequence"));
            } else {
                self.element(&mut object, head, &mut scope, limit)?;
            }
        }
        // The start of a file that ends between two elements may go on.
        if (limit as u64) < self.size { Err(broken("is cut off")) } else { Ok(object) }
    }

    /// Whether nothing but zeros follows, as some writers fill up a file.
    fn is_padding(&self) -> bool {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let starts = rest.iter().take(8).all(|byte| *byte == 0);
        starts && rest.len() as u64 + self.at as u64 == self.size && rest.iter().all(|byte| *byte == 0)
    }

    /// An item's data set.
    fn item(&mut self, end: End, mut scope: Scope) -> Result<InMemDicomObject, Fault> {
        if scope.depth > DEPTH {
            return Err(broken("sequences are nested too deep"));
        }
        scope.encoding = self.encoding_of_item(end, scope.encoding);
        let mut object = InMemDicomObject::new_empty();
        loop {
            if let End::At(end) = end
                && self.at >= end
            {
                return Ok(object);
            }
            let head = element::head(self.bytes, self.at, end.limit(), scope.encoding)?;
            if head.tag == element::ITEM_END {
                self.at = head.start;
                match end {
                    End::Delimiter(_) => return Ok(object),
                    // Some writers give both a length and a delimiter.
                    End::At(_) => continue,
                }
            }
            if head.tag.group() == element::ITEM.group() {
                return Err(broken("an item is not closed"));
            }
            if head.tag == tags::PIXEL_DATA && head.length.is_none() {
                // An icon: nothing here looks at it.
                self.pixels(&head, &scope, end.limit())?;
            } else {
                self.element(&mut object, head, &mut scope, end.limit())?;
            }
        }
    }

    /// How an item is encoded: some writers put items without representations into sequences of files with them.
    fn encoding_of_item(&self, end: End, encoding: Encoding) -> Encoding {
        let head = self.bytes.get(self.at..end.limit()).and_then(|rest| rest.first_chunk::<8>());
        match head {
            Some([a, b, _, _, v, w, ..])
                if encoding == Encoding::Explicit(Order::Little)
                    && u16::from_le_bytes([*a, *b]) != element::ITEM.group()
                    && !is_representation([*v, *w]) =>
            {
                Encoding::ImplicitLittle
            }
            _ => encoding,
        }
    }

    /// Reads an element into a data set.
    fn element(
        &mut self,
        object: &mut InMemDicomObject,
        head: Head,
        scope: &mut Scope,
        limit: usize,
    ) -> Result<(), Fault> {
        let vr = head.vr.unwrap_or(if scope.signed { VR::SS } else { VR::US });
        if vr == VR::SQ || head.length.is_none() {
            let within = Scope {
                // Of unknown representation and length: a sequence in implicit encoding (PS3.5 6.2.2).
                encoding: if head.named && vr == VR::UN { Encoding::ImplicitLittle } else { scope.encoding },
                depth: scope.depth + 1,
                ..scope.clone()
            };
            self.at = head.start;
            let items = self.sequence(End::of(&head, limit)?, &within)?;
            put_sequence(object, head.tag, items);
            return Ok(());
        }
        let (bytes, end) = head.value(self.bytes, limit)?;
        let mut order = scope.encoding.order();
        let mut vr = vr;
        if head.named && vr == VR::UN {
            // A writer that did not know the attribute: its value is encoded implicitly (PS3.5 6.2.2 note 2).
            vr = element::by_dictionary(head.tag).unwrap_or(if scope.signed { VR::SS } else { VR::US });
            order = Order::Little;
            if vr == VR::SQ {
                let within =
                    Scope { encoding: Encoding::ImplicitLittle, depth: scope.depth + 1, ..scope.clone() };
                self.at = head.start;
                if let Ok(items) = self.sequence(End::At(end), &within) {
                    put_sequence(object, head.tag, items);
                    self.at = end;
                    return Ok(());
                }
            }
        }
        if head.tag == tags::SPECIFIC_CHARACTER_SET {
            scope.charset = Charset::named(bytes);
        } else if head.tag == tags::PIXEL_REPRESENTATION {
            scope.signed = bytes.contains(&1);
        }
        object.put(DataElement::new(head.tag, vr, value::of(vr, bytes, order, &scope.charset)));
        self.at = end;
        Ok(())
    }

    /// Items of a sequence.
    fn sequence(&mut self, end: End, scope: &Scope) -> Result<Vec<InMemDicomObject>, Fault> {
        let mut items = Vec::new();
        loop {
            if let End::At(end) = end
                && self.at >= end
            {
                return Ok(items);
            }
            let head = element::item(self.bytes, self.at, end.limit(), scope.encoding.order())?;
            self.at = head.start;
            match (head.tag, end) {
                (element::ITEM, _) => items.push(self.item(End::of(&head, end.limit())?, scope.clone())?),
                (element::SEQUENCE_END, End::Delimiter(_)) => return Ok(items),
                // A delimiter in spite of a length, or of an item that had one.
                _ => {}
            }
        }
    }

    /// Finds the pixels of a data set.
    fn pixels(&mut self, head: &Head, scope: &Scope, limit: usize) -> Result<Found, Fault> {
        let content = if head.length.is_some() {
            let end = head.end(limit)?;
            self.at = end;
            Content::Native(head.start..end)
        } else {
            self.at = head.start;
            self.fragments(limit, scope.encoding.order())?
        };
        Ok(Found { vr: head.vr.unwrap_or(VR::OW), order: scope.encoding.order(), content })
    }

    /// Pixels that are not read, but whose length is looked at.
    fn left(&self, head: &Head, scope: &Scope) -> Result<Found, Fault> {
        let end = head.length.map_or(head.start as u64, |length| head.start as u64 + length as u64);
        if end > self.size {
            return Err(cut(head.tag));
        }
        let length = head.length.map(|length| length as u64);
        let content = Content::Unread { start: head.start as u64, length };
        Ok(Found { vr: head.vr.unwrap_or(VR::OW), order: scope.encoding.order(), content })
    }

    /// Fragments of compressed pixels, the first of which is a table of offsets (PS3.5 A.4).
    fn fragments(&mut self, limit: usize, order: Order) -> Result<Content, Fault> {
        let mut ranges: Vec<Range<usize>> = Vec::new();
        loop {
            let head = element::item(self.bytes, self.at, limit, order)?;
            if head.tag == element::SEQUENCE_END {
                self.at = head.start;
                break;
            }
            if head.tag != element::ITEM {
                return Err(broken("compressed pixels hold something that is no fragment"));
            }
            let end = head.end(limit)?;
            ranges.push(head.start..end);
            self.at = end;
        }
        if ranges.is_empty() {
            return Err(broken("compressed pixels have no table of offsets"));
        }
        let fragments = ranges.split_off(1);
        let table = ranges.first().and_then(|table| self.bytes.get(table.clone())).unwrap_or_default();
        let offsets = table.as_chunks().0.iter().map(|four| u64::from(order.u32(*four))).collect();
        Ok(Content::Fragments { offsets, fragments })
    }
}

/// Puts a sequence into a data set.
fn put_sequence(object: &mut InMemDicomObject, tag: Tag, items: Vec<InMemDicomObject>) {
    let items: C<InMemDicomObject> = C::from_vec(items);
    object.put(DataElement::new(tag, VR::SQ, DataSetSequence::new(items, Length::UNDEFINED)));
}

/// Whether pixels stand in an attribute: integers, or numbers with a point.
fn is_pixels(tag: Tag) -> bool {
    [tags::PIXEL_DATA, tags::FLOAT_PIXEL_DATA, tags::DOUBLE_FLOAT_PIXEL_DATA].contains(&tag)
}
