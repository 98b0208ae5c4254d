//! Which fragments make a frame.
//!
//! Source: PS3.5 A.4. A frame may take several fragments. Then a table of offsets says where frames start, or, where it
//! is absent, the mark that an image of the coding starts with.

use std::borrow::Cow;
use std::ops::Range;

use dicom_dictionary_std::tags;

use super::{Layout, broken};
use crate::Fault;
use crate::file::{Content, File, PixelData};

/// Bytes of an item's head, which offsets count.
const HEAD: u64 = 8;

/// The bytes of a frame.
///
/// # Errors
/// `Broken`: frames and fragments do not fit together.
pub(super) fn bytes<'a>(
    file: &File,
    pixels: &'a PixelData,
    layout: &Layout,
    number: usize,
) -> Result<Cow<'a, [u8]>, Fault> {
    let Content::Fragments { offsets, fragments } = pixels.content() else {
        return Err(broken("is not compressed"));
    };
    let grouped = pixels.frames.get_or_init(|| {
        let extended = file.root().bytes(tags::EXTENDED_OFFSET_TABLE).unwrap_or_default();
        let extended: Vec<u64> =
            extended.as_chunks().0.iter().map(|eight| u64::from_le_bytes(*eight)).collect();
        let offsets = if extended.is_empty() { offsets } else { &extended };
        group(fragments, offsets, layout.frames, |fragment| starts_image(pixels.slice(fragment)))
    });
    let range = match grouped {
        Ok(frames) => frames.get(number).cloned().ok_or_else(|| broken("has fewer frames than it says"))?,
        Err(fault) => return Err(fault.clone()),
    };
    let parts = fragments.get(range).unwrap_or_default();
    match parts {
        [one] => Ok(Cow::Borrowed(pixels.slice(one))),
        parts => Ok(Cow::Owned(parts.iter().flat_map(|part| pixels.slice(part)).copied().collect())),
    }
}

/// Ranges of fragments, one for each frame.
fn group(
    fragments: &[Range<usize>],
    offsets: &[u64],
    frames: usize,
    starts: impl Fn(&Range<usize>) -> bool,
) -> Result<Vec<Range<usize>>, Fault> {
    let count = fragments.len();
    if frames > count {
        return Err(broken(format!("has {frames} frames, but only {count} fragments of pixels")));
    }
    if frames == 1 {
        return Ok(std::iter::once(0..count).collect());
    }
    if frames == count {
        return Ok((0..count).map(|at| at..at + 1).collect());
    }
    let firsts = if offsets.len() == frames {
        by_offsets(fragments, offsets)?
    } else {
        (0..count).filter(|at| fragments.get(*at).is_some_and(&starts)).collect()
    };
    if firsts.len() != frames || firsts.first() != Some(&0) {
        return Err(broken(format!("{count} fragments of pixels cannot be told apart into {frames} frames")));
    }
    let ends = firsts.iter().skip(1).copied().chain([count]);
    Ok(firsts.iter().copied().zip(ends).map(|(first, end)| first..end).collect())
}

/// The first fragments of frames.
fn by_offsets(fragments: &[Range<usize>], offsets: &[u64]) -> Result<Vec<usize>, Fault> {
    let mut firsts = Vec::with_capacity(offsets.len());
    let (mut at, mut start) = (0, 0_u64);
    for offset in offsets {
        while start < *offset && at < fragments.len() {
            start += HEAD + fragments.get(at).map_or(0, |fragment| fragment.len() as u64);
            at += 1;
        }
        if start != *offset || at >= fragments.len() || firsts.last() == Some(&at) {
            return Err(broken("its table of offsets points between fragments of pixels"));
        }
        firsts.push(at);
    }
    Ok(firsts)
}

/// Whether an image of the JPEG family starts here: JPEG and JPEG-LS, JPEG 2000, JPEG 2000 in a file.
fn starts_image(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0xFF, 0xD8])
        || bytes.starts_with(&[0xFF, 0x4F, 0xFF, 0x51])
        || bytes.starts_with(b"\0\0\0\x0CjP  ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fragments(lengths: &[usize]) -> Vec<Range<usize>> {
        let mut at = 0;
        lengths
            .iter()
            .map(|length| {
                at += 8 + length;
                at - length..at
            })
            .collect()
    }

    #[test]
    fn offsets_and_marks_tell_frames_apart() {
        let fragments = fragments(&[10, 20, 30]);
        let none = |_: &Range<usize>| false;
        assert_eq!(group(&fragments, &[0, 46], 2, none), Ok(vec![0..2, 2..3]));
        assert_eq!(group(&fragments, &[], 2, |f| f.start != fragments[2].start), Ok(vec![0..1, 1..3]));
        assert_eq!(group(&fragments, &[], 3, none), Ok(vec![0..1, 1..2, 2..3]));
        assert_eq!(group(&fragments, &[], 1, none), Ok(std::iter::once(0..3).collect()));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let fragments = fragments(&[10, 20, 30]);
        assert!(group(&fragments, &[0, 45], 2, |_| false).is_err());
        assert!(group(&fragments, &[0, 0], 2, |_| false).is_err());
        assert!(group(&fragments, &[0, u64::MAX], 2, |_| false).is_err());
        assert!(group(&fragments, &[], 2, |_| false).is_err());
        assert!(group(&fragments, &[], 4, |_| true).is_err());
    }
}
