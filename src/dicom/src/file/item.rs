//! What attributes say.

use std::borrow::Cow;

use dicom_core::{PrimitiveValue, Tag, VR};
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;
use dicom_object::mem::InMemElement;

use super::encoding::Order;
use super::pixel_data::PixelData;
use super::value::is_multiple;

/// A set of attributes: a file's, or an item of a sequence.
#[derive(Clone, Copy)]
pub struct Item<'a> {
    object: &'a InMemDicomObject,
    pixels: Option<&'a PixelData>,
}

// What it says of a patient is never printed, not even by mistake.
impl std::fmt::Debug for Item<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Item").finish_non_exhaustive()
    }
}

impl<'a> Item<'a> {
    /// A file's own attributes.
    pub(super) fn root(object: &'a InMemDicomObject, pixels: Option<&'a PixelData>) -> Self {
        Self { object, pixels }
    }

    /// An attribute as it was read; pixels are none.
    pub(crate) fn element(self, tag: Tag) -> Option<&'a InMemElement> {
        self.object.get(tag)
    }

    /// A value that is no sequence.
    fn primitive(self, tag: Tag) -> Option<&'a PrimitiveValue> {
        self.element(tag)?.value().primitive()
    }

    /// The pixels, where the tag is theirs.
    fn pixels(self, tag: Tag) -> Option<&'a PixelData> {
        self.pixels.filter(|_| tag == tags::PIXEL_DATA)
    }

    /// Whether an attribute is there, even empty.
    pub fn has(self, tag: Tag) -> bool {
        self.element(tag).is_some() || self.pixels(tag).is_some()
    }

    /// The first value as text, without padding; none where it is absent or empty.
    pub fn text(self, tag: Tag) -> Option<String> {
        self.texts(tag).into_iter().next()
    }

    /// All values as text, without padding; empty where it is absent or empty.
    ///
    /// Bytes of an attribute that no dictionary knows are taken for text, which private attributes mostly are.
    pub fn texts(self, tag: Tag) -> Vec<String> {
        let Some(value) = self.primitive(tag) else {
            return Vec::new();
        };
        let texts: Vec<String> = match self.joined(tag) {
            Some(text) if self.representation(tag).is_none_or(is_multiple) => {
                text.split('\\').map(trimmed).collect()
            }
            Some(text) => vec![trimmed(&text)],
            None => value.to_multi_str().iter().map(|text| trimmed(text)).collect(),
        };
        if texts.iter().all(String::is_empty) { Vec::new() } else { texts }
    }

    /// A text whose values were not taken apart when it was read.
    fn joined(self, tag: Tag) -> Option<Cow<'a, str>> {
        match self.primitive(tag)? {
            PrimitiveValue::Str(text) => Some(Cow::Borrowed(text)),
            PrimitiveValue::U8(bytes) if self.representation(tag) == Some(VR::UN) => {
                Some(bytes.iter().copied().map(char::from).collect())
            }
            _ => None,
        }
    }

    /// The first value as a finite number.
    pub fn number(self, tag: Tag) -> Option<f64> {
        match self.primitive(tag)? {
            PrimitiveValue::Strs(texts) => finite(texts.first()?),
            _ => self.numbers(tag)?.first().copied(),
        }
    }

    /// All values as finite numbers; none where one is none.
    pub fn numbers(self, tag: Tag) -> Option<Vec<f64>> {
        let numbers = match self.primitive(tag)? {
            PrimitiveValue::Strs(texts) => {
                texts.iter().map(|text| finite(text)).collect::<Option<Vec<f64>>>()?
            }
            value => match self.joined(tag) {
                Some(text) => text.split('\\').map(finite).collect::<Option<Vec<f64>>>()?,
                None => value.to_multi_float64().ok()?,
            },
        };
        (!numbers.is_empty() && numbers.iter().all(|v| v.is_finite())).then_some(numbers)
    }

    /// The first value as an integer; also of a text that writes it with a point, such as `5.0`.
    pub fn integer(self, tag: Tag) -> Option<i64> {
        let value = self.primitive(tag)?;
        match value {
            PrimitiveValue::Strs(_) | PrimitiveValue::Str(_) => whole(&self.text(tag)?),
            PrimitiveValue::U8(_) if self.representation(tag) == Some(VR::UN) => whole(&self.text(tag)?),
            _ => value.to_int::<i64>().ok(),
        }
    }

    /// Items of a sequence; empty where it is absent or no sequence.
    pub fn items(self, tag: Tag) -> Vec<Item<'a>> {
        let items = self.element(tag).and_then(InMemElement::items).unwrap_or(&[]);
        items.iter().map(|object| Item { object, pixels: None }).collect()
    }

    /// The first item of a sequence.
    pub fn item(self, tag: Tag) -> Option<Item<'a>> {
        let object = self.element(tag).and_then(InMemElement::items)?.first()?;
        Some(Item { object, pixels: None })
    }

    /// The value's bytes, little-endian where they are words.
    pub fn bytes(self, tag: Tag) -> Option<Cow<'a, [u8]>> {
        if let Some(pixels) = self.pixels(tag) {
            let bytes = pixels.native()?;
            let swapped = pixels.order() == Order::Big && pixels.vr() != VR::OB;
            return Some(if swapped { Cow::Owned(swap(bytes)) } else { Cow::Borrowed(bytes) });
        }
        self.element(tag)?.to_bytes().ok()
    }

    /// The fragments of encapsulated pixels, without the table of offsets.
    pub fn fragments(self, tag: Tag) -> Option<Vec<&'a [u8]>> {
        self.pixels(tag)?.fragments()
    }

    /// The value representation, where the attribute is there.
    pub fn representation(self, tag: Tag) -> Option<VR> {
        self.pixels(tag).map(PixelData::vr).or_else(|| self.element(tag).map(InMemElement::vr))
    }
}

/// Bytes in pairs, exchanged.
fn swap(bytes: &[u8]) -> Vec<u8> {
    let mut swapped = bytes.to_vec();
    swapped.as_chunks_mut::<2>().0.iter_mut().for_each(|pair| pair.swap(0, 1));
    swapped
}

/// Text without padding.
fn trimmed(text: &str) -> String {
    text.trim_matches([' ', '\0']).to_owned()
}

/// A text as a finite number.
fn finite(text: &str) -> Option<f64> {
    text.trim_matches([' ', '\0']).parse().ok().filter(|v: &f64| v.is_finite())
}

/// A text as a whole number.
fn whole(text: &str) -> Option<i64> {
    text.parse().ok().or_else(|| {
        // Beyond 2^53 a number with a point is none that was meant to be whole.
        finite(text).filter(|v| v.fract() == 0.0 && v.abs() < 9.0e15).map(|v| v as i64)
    })
}
