//! A DICOM file in memory, and what its attributes say.

use std::path::Path;

use dicom_core::Tag;
use dicom_object::InMemDicomObject;
use dicom_object::mem::InMemElement;

use crate::{Fault, FaultKind};

/// A file.
#[derive(Debug)]
pub struct File {
    /// UID of the transfer syntax that the file says it has.
    pub syntax: String,
    object: InMemDicomObject,
}

impl File {
    /// Opens a file.
    ///
    /// # Errors
    /// `Unreadable`, `NotDicom`, `Broken`.
    pub fn open(path: &Path) -> Result<Self, Fault> {
        let object = dicom_object::open_file(path)
            .map_err(|error| Fault::of(FaultKind::Broken, error.to_string()).at(path))?;
        let syntax = object.meta().transfer_syntax().trim_end_matches(['\0', ' ']).to_owned();
        Ok(Self { syntax, object: object.into_inner() })
    }

    /// The attributes of the file itself.
    pub fn root(&self) -> Item<'_> {
        Item { object: &self.object }
    }
}

/// A set of attributes: a file's, or an item of a sequence.
#[derive(Clone, Copy, Debug)]
pub struct Item<'a> {
    object: &'a InMemDicomObject,
}

impl<'a> Item<'a> {
    fn element(self, tag: Tag) -> Option<&'a InMemElement> {
        self.object.get(tag)
    }

    /// Whether an attribute is there, even empty.
    pub fn has(self, tag: Tag) -> bool {
        self.element(tag).is_some()
    }

    /// The first value as text, without padding; none where it is absent or empty.
    pub fn text(self, tag: Tag) -> Option<String> {
        self.texts(tag).into_iter().next()
    }

    /// All values as text, without padding; empty where it is absent or empty.
    pub fn texts(self, tag: Tag) -> Vec<String> {
        let Some(value) = self.element(tag).and_then(|element| element.to_multi_str().ok()) else {
            return Vec::new();
        };
        let trimmed = |text: &String| text.trim_matches([' ', '\0']).to_owned();
        let texts: Vec<String> = value.iter().map(trimmed).collect();
        if texts.iter().all(String::is_empty) { Vec::new() } else { texts }
    }

    /// The first value as a finite number.
    pub fn number(self, tag: Tag) -> Option<f64> {
        self.numbers(tag)?.first().copied()
    }

    /// All values as finite numbers; none where one is none.
    pub fn numbers(self, tag: Tag) -> Option<Vec<f64>> {
        let element = self.element(tag)?;
        let numbers = element.to_multi_float64().ok()?;
        (!numbers.is_empty() && numbers.iter().all(|v| v.is_finite())).then_some(numbers)
    }

    /// The first value as an integer.
    pub fn integer(self, tag: Tag) -> Option<i64> {
        self.element(tag)?.to_int::<i64>().ok()
    }

    /// Items of a sequence; empty where it is absent or no sequence.
    pub fn items(self, tag: Tag) -> Vec<Item<'a>> {
        let items = self.element(tag).and_then(InMemElement::items).unwrap_or(&[]);
        items.iter().map(|object| Item { object }).collect()
    }

    /// The first item of a sequence.
    pub fn item(self, tag: Tag) -> Option<Item<'a>> {
        self.items(tag).into_iter().next()
    }

    /// The value's bytes, little-endian where they are words.
    pub fn bytes(self, tag: Tag) -> Option<std::borrow::Cow<'a, [u8]>> {
        self.element(tag)?.to_bytes().ok()
    }

    /// The fragments of encapsulated pixels, without the table of offsets.
    pub fn fragments(self, tag: Tag) -> Option<&'a [Vec<u8>]> {
        self.element(tag)?.fragments()
    }

    /// The value representation, where the attribute is there.
    pub fn representation(self, tag: Tag) -> Option<dicom_core::VR> {
        self.element(tag).map(InMemElement::vr)
    }
}
