//! What is known of one slice: where it is, how its values are scaled, what sets it apart from others at its place.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use super::kind::Kind;
use super::number::{number, numbers};
use crate::Fault;
use crate::FaultKind::Broken;
use crate::file::Item;
use crate::time::Moment;

/// No scanner is larger, in millimetres; what is has lost its decimal point or is noise.
const FARTHEST: f64 = 1e6;

/// Where a slice is in the patient (PS3.3 C.7.6.2), in LPS and millimetres.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// Centre of its first pixel.
    pub position: [f64; 3],
    /// Direction along a row: towards the next column.
    pub along_row: [f64; 3],
    /// Direction along a column: towards the next row.
    pub along_column: [f64; 3],
    /// Between rows, and between columns.
    pub spacing: [f64; 2],
}

/// How stored values become values: `stored * slope + intercept` (PS3.3 C.11.1).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rescale {
    /// Slope.
    pub slope: f64,
    /// Intercept.
    pub intercept: f64,
}

/// A slice: a file of its own, or a frame of one.
#[derive(Clone)]
pub struct Slice {
    /// Its file, as it was found.
    pub path: Arc<Path>,
    /// Its frame in the file, from 0.
    pub frame: usize,
    /// SOP Class UID of the file.
    pub sop_class: Arc<str>,
    /// SOP Instance UID of the file.
    pub sop: Arc<str>,
    /// Frame of Reference UID: positions of one frame are comparable.
    pub frame_of_reference: Option<Arc<str>>,
    /// Where it is, if the file says so.
    pub place: Option<Place>,
    /// Columns and rows.
    pub size: [usize; 2],
    /// How its values are scaled.
    pub rescale: Rescale,
    /// Stored values that stand for no image, both ends included (PS3.3 C.7.5.1.1.2).
    pub padding: Option<(i64, i64)>,
    /// Whether its file holds others, too.
    pub(crate) of_many: bool,
    pub(crate) kind: Kind,
    pub(crate) timing: Timing,
}

/// Without what identifies it.
impl fmt::Debug for Slice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Slice");
        shown.field("frame", &self.frame).field("size", &self.size).field("place", &self.place);
        shown.field("rescale", &self.rescale).field("padding", &self.padding).finish_non_exhaustive()
    }
}

/// When a slice was taken; needed for PET.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Timing {
    /// Begin of the acquisition.
    pub(crate) acquired: Option<Moment>,
    /// Frame Reference Time in milliseconds.
    pub(crate) reference_ms: Option<f64>,
    /// Actual Frame Duration in milliseconds.
    pub(crate) duration_ms: Option<f64>,
}

/// The groups of attributes of a frame: its own, and those that it shares (PS3.3 C.7.6.16). A classic file has neither.
#[derive(Clone, Copy)]
pub(crate) struct Groups<'a> {
    pub(crate) root: Item<'a>,
    pub(crate) own: Option<Item<'a>>,
    pub(crate) shared: Option<Item<'a>>,
}

impl<'a> Groups<'a> {
    /// Those of a frame (from 0) of a file.
    pub(crate) fn of_frame(root: Item<'a>, frame: usize) -> Self {
        Self {
            root,
            own: root.items(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE).get(frame).copied(),
            shared: root.item(tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE),
        }
    }

    /// The item of a functional group that has an attribute; the file itself for a classic one or as the last resort.
    pub(crate) fn of(self, sequence: Tag, tag: Tag) -> Item<'a> {
        let inside = |group: Option<Item<'a>>| group?.item(sequence).filter(|item| item.has(tag));
        inside(self.own).or_else(|| inside(self.shared)).unwrap_or(self.root)
    }

    /// An attribute that a conversion from classic slices may have put aside (PS3.3 C.7.6.16.2.25 and 26).
    pub(crate) fn aside(self, tag: Tag) -> Item<'a> {
        let own = |group: Option<Item<'a>>, sequence| group?.item(sequence).filter(|item| item.has(tag));
        own(self.own, tags::UNASSIGNED_PER_FRAME_CONVERTED_ATTRIBUTES_SEQUENCE)
            .or_else(|| own(self.shared, tags::UNASSIGNED_SHARED_CONVERTED_ATTRIBUTES_SEQUENCE))
            .unwrap_or(self.root)
    }
}

/// The place of a frame; none where an attribute of it is absent or empty.
///
/// # Errors
/// `Broken`: values that are no numbers, or no directions, or no distances.
pub(crate) fn place(groups: Groups<'_>) -> Result<Option<Place>, Fault> {
    let read = |sequence, tag, what| numbers(groups.of(sequence, tag), tag, what);
    let position =
        read(tags::PLANE_POSITION_SEQUENCE, tags::IMAGE_POSITION_PATIENT, "Image Position (Patient)")?;
    let orientation = read(
        tags::PLANE_ORIENTATION_SEQUENCE,
        tags::IMAGE_ORIENTATION_PATIENT,
        "Image Orientation (Patient)",
    )?;
    let spacing = read(tags::PIXEL_MEASURES_SEQUENCE, tags::PIXEL_SPACING, "Pixel Spacing")?;
    let (Some(position), Some(orientation), Some(spacing)) = (position, orientation, spacing) else {
        return Ok(None);
    };
    let (&[x, y, z], &[a, b, c, d, e, f], &[rows, columns]) =
        (position.as_slice(), orientation.as_slice(), spacing.as_slice())
    else {
        return Err(Fault::of(
            Broken,
            "position, orientation and spacing of a slice are not of 3, 6 and 2 numbers",
        ));
    };
    let place = Place {
        position: [x, y, z],
        along_row: [a, b, c],
        along_column: [d, e, f],
        spacing: [rows, columns],
    };
    if !are_unit_and_square(place.along_row, place.along_column) {
        return Err(Fault::of(Broken, "Image Orientation (Patient) holds no two perpendicular directions"));
    }
    if !(rows > 0.0 && columns > 0.0 && rows < FARTHEST && columns < FARTHEST) {
        return Err(Fault::of(Broken, "Pixel Spacing is no distance between pixels of a patient"));
    }
    if place.position.iter().any(|v| v.abs() > FARTHEST) {
        return Err(Fault::of(Broken, "Image Position (Patient) is far outside any scanner"));
    }
    Ok(Some(place))
}

/// Directions are written with about six decimals; over 512 pixels a thousandth is half a pixel.
fn are_unit_and_square(a: [f64; 3], b: [f64; 3]) -> bool {
    use crate::grid::{dot, norm};
    (norm(a) - 1.0).abs() < 1e-3 && (norm(b) - 1.0).abs() < 1e-3 && dot(a, b).abs() < 1e-3
}

/// How the values of a frame are scaled; as they are where the file does not say.
///
/// # Errors
/// `Broken`: values that are no numbers. `Syntax`: a table instead of a line.
pub(crate) fn rescale(groups: Groups<'_>) -> Result<Rescale, Fault> {
    let read = |tag, what| number(groups.of(tags::PIXEL_VALUE_TRANSFORMATION_SEQUENCE, tag), tag, what);
    let slope = read(tags::RESCALE_SLOPE, "Rescale Slope")?;
    let intercept = read(tags::RESCALE_INTERCEPT, "Rescale Intercept")?;
    if slope.is_none() && !groups.root.items(tags::MODALITY_LUT_SEQUENCE).is_empty() {
        return Err(Fault::of(
            crate::FaultKind::Syntax,
            "values are given by a table (Modality LUT Sequence), which is not read",
        ));
    }
    Ok(Rescale { slope: slope.unwrap_or(1.0), intercept: intercept.unwrap_or(0.0) })
}

/// Stored values that stand for no image.
pub(crate) fn padding(root: Item<'_>) -> Option<(i64, i64)> {
    let bits = u32::try_from(root.integer(tags::BITS_ALLOCATED)?).ok().filter(|bits| *bits < 33)?;
    let signed = root.integer(tags::PIXEL_REPRESENTATION).unwrap_or(0) == 1;
    // Writers disagree whether the value is signed as the pixels are: -2000 is also written as 63536.
    let (half, whole) = (1_i64 << bits.saturating_sub(1), 1_i64 << bits);
    let as_pixels = |value: i64| match value {
        v if signed && v >= half => v - whole,
        v if !signed && v < 0 => v + whole,
        v => v,
    };
    let value = as_pixels(root.integer(tags::PIXEL_PADDING_VALUE)?);
    let limit = root.integer(tags::PIXEL_PADDING_RANGE_LIMIT).map_or(value, as_pixels);
    Some((value.min(limit), value.max(limit)))
}

/// When a frame was taken.
pub(crate) fn timing(groups: Groups<'_>) -> Timing {
    let root = groups.root;
    let either = |first: Tag, second: Tag| root.text(first).or_else(|| root.text(second));
    let date = either(tags::ACQUISITION_DATE, tags::SERIES_DATE);
    let time = either(tags::ACQUISITION_TIME, tags::SERIES_TIME);
    Timing {
        acquired: date.zip(time).and_then(|(date, time)| Moment::of(&date, &time)),
        reference_ms: root.number(tags::FRAME_REFERENCE_TIME),
        duration_ms: root.number(tags::ACTUAL_FRAME_DURATION),
    }
}
