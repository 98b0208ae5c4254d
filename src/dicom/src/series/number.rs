//! Numbers of attributes, where a value that is no number must not pass for one that is absent.

use dicom_core::Tag;

use crate::file::Item;
use crate::{Fault, FaultKind};

/// The numbers of an attribute; none where it is absent or empty.
///
/// # Errors
/// `Broken`: a value that is no finite number.
pub(crate) fn numbers(item: Item<'_>, tag: Tag, name: &str) -> Result<Option<Vec<f64>>, Fault> {
    match item.numbers(tag) {
        Some(values) => Ok(Some(values)),
        None if item.texts(tag).is_empty() => Ok(None),
        None => Err(Fault::of(FaultKind::Broken, format!("{name} is no number"))),
    }
}

/// The first number of an attribute; none where it is absent or empty.
///
/// # Errors
/// `Broken`: a value that is no finite number.
pub(crate) fn number(item: Item<'_>, tag: Tag, name: &str) -> Result<Option<f64>, Fault> {
    Ok(numbers(item, tag, name)?.and_then(|values| values.first().copied()))
}

/// A private attribute as text: in the block of one of its creators, or in block 10 where no creator is named.
pub(crate) fn private(item: Item<'_>, group: u16, element: u8, creators: &[&str]) -> Option<String> {
    let named = |block: u16| {
        let creator = item.text(Tag(group, block)).unwrap_or_default();
        creators.iter().any(|c| creator.eq_ignore_ascii_case(c))
    };
    let block = (0x10..=0xFF).find(|block| named(*block)).unwrap_or(0x10);
    item.text(Tag(group, block << 8 | u16::from(element)))
}
