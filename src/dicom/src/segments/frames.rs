//! Frames of a segmentation: which segments' pixels they hold, and where they lie.

use std::borrow::Cow;

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use super::planes::Pose;
use crate::file::{File, Item};
use crate::grid::norm;
use crate::pixels::{self, Layout};
use crate::{Fault, FaultKind};

/// How a pixel says that it belongs to a segment (PS3.3 C.8.20.2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// A bit.
    Binary,
    /// A part of this maximum: at least half of it belongs.
    Fractional(i64),
    /// The segment's number; this one is of none.
    LabelMap(i64),
}

/// Pixels of all frames.
pub(super) struct Frames<'a> {
    file: &'a File,
    kind: Kind,
    stored: Stored<'a>,
    /// Columns and rows.
    pub size: [usize; 2],
    /// Of each frame: its own attributes and those that it shares.
    groups: Vec<[Option<Item<'a>>; 2]>,
}

/// How pixels are kept.
enum Stored<'a> {
    /// Bits, the lowest first, without a gap between frames (PS3.5 8.1.1).
    Bits(Cow<'a, [u8]>),
    /// Bytes of one or two per pixel.
    Bytes(Cow<'a, [u8]>, usize),
    /// Coded.
    Coded(Layout),
}

impl<'a> Frames<'a> {
    /// The frames of a file.
    ///
    /// # Errors
    /// `Broken`: attributes that are missing or contradict each other, or fewer pixels than they ask for.
    pub fn of(file: &'a File) -> Result<Self, Fault> {
        let root = file.root();
        let count = |tag| root.integer(tag).and_then(|value| usize::try_from(value).ok()).filter(|&n| n > 0);
        let [columns, rows] = [tags::COLUMNS, tags::ROWS].map(count);
        let frames = if root.has(tags::NUMBER_OF_FRAMES) { count(tags::NUMBER_OF_FRAMES) } else { Some(1) };
        let (Some(columns), Some(rows), Some(frames)) = (columns, rows, frames) else {
            return Err(broken("rows, columns or frames are missing"));
        };
        let kind = kind(root)?;
        let allocated = root.integer(tags::BITS_ALLOCATED).unwrap_or(0);
        let pixels = columns.checked_mul(rows).and_then(|n| n.checked_mul(frames));
        let pixels = pixels.ok_or_else(|| broken("there are more pixels than can be counted"))?;
        let stored = if root.fragments(tags::PIXEL_DATA).is_some() {
            Stored::Coded(pixels::layout(file)?)
        } else {
            let bytes = root.bytes(tags::PIXEL_DATA).ok_or_else(|| broken("there are no pixels"))?;
            let (needed, stored) = match (kind, allocated) {
                (Kind::Binary, 1) => (pixels.div_ceil(8), Stored::Bits(bytes)),
                (_, 8) => (pixels, Stored::Bytes(bytes, 1)),
                (_, 16) => (pixels.saturating_mul(2), Stored::Bytes(bytes, 2)),
                _ => {
                    return Err(broken(format!(
                        "its kind of segmentation has no pixels of {allocated} bits"
                    )));
                }
            };
            let (Stored::Bits(bytes) | Stored::Bytes(bytes, _)) = &stored else {
                return Err(broken("there are no pixels"));
            };
            if bytes.len() < needed {
                return Err(broken(format!(
                    "{needed} bytes of pixels are needed, there are {}",
                    bytes.len()
                )));
            }
            stored
        };
        let shared = root.item(tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE);
        let own = root.items(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE);
        if own.len() < frames {
            return Err(broken(format!("{frames} frames are needed, {} are described", own.len())));
        }
        let groups = own.into_iter().take(frames).map(|own| [Some(own), shared]).collect();
        Ok(Self { file, kind, stored, size: [columns, rows], groups })
    }

    /// Frames.
    pub fn count(&self) -> usize {
        self.groups.len()
    }

    /// The number that pixels of no segment have, where numbers are what pixels hold.
    pub fn background(&self) -> Option<i64> {
        match self.kind {
            Kind::LabelMap(background) => Some(background),
            _ => None,
        }
    }

    /// The segment that all pixels of a frame are of; none where each pixel names its own.
    ///
    /// # Errors
    /// `Broken`: the frame does not say.
    pub fn segment(&self, frame: usize) -> Result<Option<i64>, Fault> {
        if let Kind::LabelMap(_) = self.kind {
            return Ok(None);
        }
        let holder =
            self.group(frame, tags::SEGMENT_IDENTIFICATION_SEQUENCE, tags::REFERENCED_SEGMENT_NUMBER);
        let number = holder.and_then(|item| item.integer(tags::REFERENCED_SEGMENT_NUMBER));
        number.map(Some).ok_or_else(|| broken(format!("frame {} names no segment", frame + 1)))
    }

    /// Where a frame lies; none where it does not say so in full.
    pub fn pose(&self, frame: usize) -> Option<Pose> {
        let numbers = |sequence, tag| self.group(frame, sequence, tag)?.numbers(tag);
        let position = numbers(tags::PLANE_POSITION_SEQUENCE, tags::IMAGE_POSITION_PATIENT)?;
        let cosines = numbers(tags::PLANE_ORIENTATION_SEQUENCE, tags::IMAGE_ORIENTATION_PATIENT)?;
        let (&[a, b, c, d, e, f], &[x, y, z]) = (&cosines[..], &position[..]) else { return None };
        let spacing = numbers(tags::PIXEL_MEASURES_SEQUENCE, tags::PIXEL_SPACING);
        let spacing =
            spacing.and_then(|s| if let [row, column] = s[..] { Some([column, row]) } else { None });
        let unit = |v: [f64; 3]| v.map(|c| c / norm(v));
        Some(Pose { position: [x, y, z], directions: [unit([a, b, c]), unit([d, e, f])], spacing })
    }

    /// Calls with segment and pixel (column + row * columns) for each pixel that belongs to a segment.
    ///
    /// # Errors
    /// As [`Frames::segment`], and those of coded pixels.
    pub fn each(&self, frame: usize, mut inside: impl FnMut(i64, usize)) -> Result<(), Fault> {
        let segment = self.segment(frame)?;
        let pixels = self.size[0] * self.size[1];
        let first = frame * pixels;
        let kind = self.kind;
        let mut look = |pixel: usize, value: i64| match (kind, segment) {
            (Kind::Binary, Some(number)) if value != 0 => inside(number, pixel),
            (Kind::Fractional(maximum), Some(number)) if value * 2 >= maximum => inside(number, pixel),
            (Kind::LabelMap(background), _) if value != background => inside(value, pixel),
            _ => (),
        };
        match &self.stored {
            Stored::Bits(bytes) => {
                let mut bit = first;
                while bit < first + pixels {
                    let byte = bytes.get(bit / 8).copied().unwrap_or(0) >> (bit % 8);
                    // Most bytes hold nothing.
                    let left = (8 - bit % 8).min(first + pixels - bit);
                    if byte != 0 {
                        (0..left).for_each(|n| look(bit - first + n, i64::from(byte >> n & 1)));
                    }
                    bit += left;
                }
            }
            Stored::Bytes(bytes, width) => {
                let end = (first + pixels) * width;
                let of_frame = bytes.get(first * width..end).unwrap_or(&[]);
                for (pixel, value) in of_frame.chunks_exact(*width).enumerate() {
                    let high = value.get(1).map_or(0, |&high| i64::from(high) << 8);
                    look(pixel, i64::from(value[0]) | high);
                }
            }
            Stored::Coded(layout) => {
                let values = pixels::frame(self.file, layout, frame)?;
                values.into_iter().enumerate().for_each(|(pixel, value)| look(pixel, i64::from(value)));
            }
        }
        Ok(())
    }

    /// The item of a frame's own or shared attributes that holds an attribute (PS3.3 C.7.6.16).
    fn group(&self, frame: usize, sequence: Tag, tag: Tag) -> Option<Item<'a>> {
        let holders = self.groups.get(frame)?.iter().flatten();
        holders.filter_map(|group| group.item(sequence)).find(|item| item.has(tag))
    }
}

fn kind(root: Item<'_>) -> Result<Kind, Fault> {
    match root.text(tags::SEGMENTATION_TYPE).as_deref() {
        Some("BINARY") => Ok(Kind::Binary),
        Some("FRACTIONAL") => match root.integer(tags::MAXIMUM_FRACTIONAL_VALUE) {
            Some(maximum) if maximum > 0 => Ok(Kind::Fractional(maximum)),
            _ => Err(broken("it is fractional and gives no maximum")),
        },
        Some("LABELMAP") => Ok(Kind::LabelMap(root.integer(tags::PIXEL_PADDING_VALUE).unwrap_or(0))),
        _ => Err(broken("its kind of segmentation is not BINARY, FRACTIONAL or LABELMAP")),
    }
}

pub(super) fn broken(fact: impl Into<String>) -> Fault {
    Fault::of(FaultKind::Broken, fact)
}
