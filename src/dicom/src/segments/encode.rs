//! A segmentation from masks on a series of images (PS3.3 A.51).

use dicom_core::{DataElement, PrimitiveValue, Tag, VR};
use dicom_dictionary_std::{tags, uids};
use dicom_object::InMemDicomObject;

use crate::grid::{dot, norm};
use crate::write::{
    Images, Made, Moment, Patient, Tracking, code, decimal, item, part10, put, put_common, put_equipment,
    put_identity, put_items, put_short, uid,
};
use crate::{Fault, FaultKind, Grid};

/// What segments show, as dictionaries name it (SNOMED CT, PS3.16 CID 7150 and 7151).
const CATEGORY: [&str; 3] = ["49755003", "SCT", "Morphologically Abnormal Structure"];
const TYPE: [&str; 3] = ["52988006", "SCT", "Lesion"];
/// How the images were used (PS3.16 CID 7203 and 7202).
const DERIVATION: [&str; 3] = ["113076", "DCM", "Segmentation"];
const PURPOSE: [&str; 3] = ["121322", "DCM", "Source image for image processing operation"];

/// Characters of a label, at most (PS3.5 6.2, LO).
const LONGEST_LABEL: usize = 64;
/// The series' number: beyond those that scanners give.
const SERIES: &str = "9001";

/// Colours that segments are shown in, one after the other: red, green, blue, yellow, magenta, cyan (CIELab).
const COLOURS: [[f64; 3]; 6] = [
    [53.0, 80.0, 67.0],
    [88.0, -86.0, 83.0],
    [32.0, 79.0, -108.0],
    [97.0, -22.0, 94.0],
    [60.0, 98.0, -61.0],
    [91.0, -48.0, -14.0],
];

/// A mask, and what it is of.
#[derive(Clone, Copy, Debug)]
pub struct Lesion<'a> {
    /// What it is called: the same at all dates, as [`Patient::lesion`] makes its Tracking UID of it.
    pub label: &'a str,
    /// What it is tracked as, where the mask was read from an object that says so.
    pub tracking: Option<&'a Tracking>,
    /// How it came to be.
    pub made: Made,
    /// A value per voxel of the images' grid, i fastest; not 0 is inside.
    pub mask: &'a [u8],
}

/// A frame that is written: of which lesion and which slice, from 0.
struct Frame {
    lesion: usize,
    slice: usize,
}

/// The bytes of a BINARY segmentation file, Explicit VR Little Endian, with a segment for each mask. Segments may overlap.
/// Only slices with voxels are written, but for an empty mask, which gets one empty frame.
///
/// # Errors
/// `Unwritable`: no mask; a mask of another size than the grid; a label that is empty or longer than 64 characters; more
/// than 65,535 columns, rows or masks; images that do not fit their grid.
pub fn encode(
    patient: &Patient,
    images: &Images,
    lesions: &[Lesion<'_>],
    moment: &Moment,
) -> Result<Vec<u8>, Fault> {
    images.check()?;
    let grid = &images.grid;
    let short =
        |n: usize| u16::try_from(n).map_err(|_| unwritable("it has more than 65,535 columns, rows or masks"));
    let (columns, rows, count) = (short(grid.size[0])?, short(grid.size[1])?, short(lesions.len())?);
    if count == 0 {
        return Err(unwritable("there is no mask to write"));
    }
    for lesion in lesions {
        check(lesion, grid)?;
    }
    let frames = frames(lesions, grid);

    let mut object = InMemDicomObject::new_empty();
    let made = &mut object;
    put_common(made, uids::SEGMENTATION_STORAGE);
    patient.put(made);
    put_equipment(made);
    put(made, tags::MODALITY, VR::CS, "SEG");
    put(made, tags::SERIES_NUMBER, VR::IS, SERIES);
    put(made, tags::INSTANCE_NUMBER, VR::IS, "1");
    put(made, tags::CONTENT_DATE, VR::DA, &moment.date);
    put(made, tags::CONTENT_TIME, VR::TM, &moment.time);
    put(made, tags::CONTENT_LABEL, VR::CS, "LESIONS");
    put(made, tags::CONTENT_DESCRIPTION, VR::LO, "");
    put(made, tags::CONTENT_CREATOR_NAME, VR::PN, "");

    put(made, tags::IMAGE_TYPE, VR::CS, "DERIVED\\PRIMARY");
    put_short(made, tags::SAMPLES_PER_PIXEL, 1);
    put(made, tags::PHOTOMETRIC_INTERPRETATION, VR::CS, "MONOCHROME2");
    put(made, tags::NUMBER_OF_FRAMES, VR::IS, &frames.len().to_string());
    put_short(made, tags::ROWS, rows);
    put_short(made, tags::COLUMNS, columns);
    put_short(made, tags::BITS_ALLOCATED, 1);
    put_short(made, tags::BITS_STORED, 1);
    put_short(made, tags::HIGH_BIT, 0);
    put_short(made, tags::PIXEL_REPRESENTATION, 0);
    put(made, tags::LOSSY_IMAGE_COMPRESSION, VR::CS, "00");
    put(made, tags::SEGMENTATION_TYPE, VR::CS, "BINARY");
    put(made, tags::SEGMENTS_OVERLAP, VR::CS, if overlap(lesions, grid) { "YES" } else { "NO" });
    let segments = (1..).zip(lesions).map(|(number, lesion)| segment(number, lesion, patient));
    put_items(made, tags::SEGMENT_SEQUENCE, segments.collect());

    put_dimensions(made);
    put_items(made, tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE, vec![shared(grid)?]);
    let mut planes: Vec<usize> = frames.iter().map(|frame| frame.slice).collect();
    planes.sort_unstable();
    planes.dedup();
    let own: Result<Vec<_>, Fault> =
        frames.iter().map(|frame| own(frame, &planes, images, patient)).collect();
    put_items(made, tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE, own?);
    images.put_instance_references(made, patient);
    let bits = pack(lesions, &frames, grid);
    made.put(DataElement::new(tags::PIXEL_DATA, VR::OB, PrimitiveValue::U8(bits.into())));
    put_identity(made)?;
    part10(object, uids::EXPLICIT_VR_LITTLE_ENDIAN)
}

fn check(lesion: &Lesion<'_>, grid: &Grid) -> Result<(), Fault> {
    let plain = lesion.label.chars().all(|c| c != '\\' && !c.is_control());
    if lesion.label.trim().is_empty() || lesion.label.chars().count() > LONGEST_LABEL || !plain {
        let fact = "a label has 1 to 64 characters, none of them a backslash or a control character";
        return Err(unwritable(fact));
    }
    if lesion.mask.len() != grid.voxels() {
        return Err(unwritable("a mask has another size than the images"));
    }
    Ok(())
}

/// Frames by lesion, then slice.
fn frames(lesions: &[Lesion<'_>], grid: &Grid) -> Vec<Frame> {
    let pixels = grid.size[0] * grid.size[1];
    let mut frames = Vec::new();
    for (lesion, Lesion { mask, .. }) in lesions.iter().enumerate() {
        let before = frames.len();
        let used = mask.chunks_exact(pixels).enumerate().filter(|(_, plane)| plane.iter().any(|&v| v != 0));
        frames.extend(used.map(|(slice, _)| Frame { lesion, slice }));
        if frames.len() == before {
            frames.push(Frame { lesion, slice: 0 });
        }
    }
    frames
}

/// Whether a voxel is in two masks.
fn overlap(lesions: &[Lesion<'_>], grid: &Grid) -> bool {
    let mut taken = vec![false; grid.voxels()];
    for lesion in lesions {
        for (taken, _) in taken.iter_mut().zip(lesion.mask).filter(|(_, value)| **value != 0) {
            if std::mem::replace(taken, true) {
                return true;
            }
        }
    }
    false
}

/// A segment's description (PS3.3 C.8.20.4).
fn segment(number: u16, lesion: &Lesion<'_>, patient: &Patient) -> InMemDicomObject {
    let tracking = patient.tracked(lesion.label, lesion.tracking);
    item(|segment| {
        put_short(segment, tags::SEGMENT_NUMBER, number);
        put(segment, tags::SEGMENT_LABEL, VR::LO, lesion.label);
        if let Some(description) = lesion.made.description() {
            put(segment, tags::SEGMENT_DESCRIPTION, VR::ST, description);
        }
        put(segment, tags::SEGMENT_ALGORITHM_TYPE, VR::CS, "SEMIAUTOMATIC");
        put(segment, tags::SEGMENT_ALGORITHM_NAME, VR::LO, "delta");
        put_items(segment, tags::SEGMENTED_PROPERTY_CATEGORY_CODE_SEQUENCE, vec![code(CATEGORY)]);
        put_items(segment, tags::SEGMENTED_PROPERTY_TYPE_CODE_SEQUENCE, vec![code(TYPE)]);
        let colour = PrimitiveValue::U16(colour(number).to_vec().into());
        segment.put(DataElement::new(tags::RECOMMENDED_DISPLAY_CIE_LAB_VALUE, VR::US, colour));
        put(segment, tags::TRACKING_ID, VR::UT, lesion.label);
        put(segment, tags::TRACKING_UID, VR::UI, &tracking);
    })
}

/// A segment's colour as words of 16 bits (PS3.3 C.10.7.1.1).
fn colour(number: u16) -> [u16; 3] {
    let [l, a, b] = COLOURS[usize::from(number - 1) % COLOURS.len()];
    let word = |part: f64| (part * f64::from(u16::MAX)).round() as u16;
    [word(l / 100.0), word((a + 128.0) / 255.0), word((b + 128.0) / 255.0)]
}

/// In which order frames are: by segment, then position (PS3.3 C.7.6.17).
fn put_dimensions(object: &mut InMemDicomObject) {
    let organisation = uid(&[b"dimensions", b"segment, position"]);
    let index = |pointer: Tag, group: Tag, label: &str| {
        item(|index| {
            put(index, tags::DIMENSION_ORGANIZATION_UID, VR::UI, &organisation);
            index.put(DataElement::new(
                tags::DIMENSION_INDEX_POINTER,
                VR::AT,
                PrimitiveValue::Tags(vec![pointer].into()),
            ));
            index.put(DataElement::new(
                tags::FUNCTIONAL_GROUP_POINTER,
                VR::AT,
                PrimitiveValue::Tags(vec![group].into()),
            ));
            put(index, tags::DIMENSION_DESCRIPTION_LABEL, VR::LO, label);
        })
    };
    let segment = index(tags::REFERENCED_SEGMENT_NUMBER, tags::SEGMENT_IDENTIFICATION_SEQUENCE, "Segment");
    let position = index(tags::IMAGE_POSITION_PATIENT, tags::PLANE_POSITION_SEQUENCE, "Position");
    let named = item(|item| put(item, tags::DIMENSION_ORGANIZATION_UID, VR::UI, &organisation));
    put_items(object, tags::DIMENSION_ORGANIZATION_SEQUENCE, vec![named]);
    put_items(object, tags::DIMENSION_INDEX_SEQUENCE, vec![segment, position]);
}

/// What frames share: pixel size and orientation (PS3.3 C.7.6.16.2.1, C.7.6.16.2.4).
fn shared(grid: &Grid) -> Result<InMemDicomObject, Fault> {
    let [i, j, k] = grid.steps;
    let gap = decimal(dot(grid.normal(), k).abs())?;
    let (column, row) = (norm(i), norm(j));
    let cosines = [i.map(|v| v / column), j.map(|v| v / row)];
    let cosines = decimals(cosines.as_flattened())?;
    let spacing = decimals(&[row, column])?;
    Ok(item(|group| {
        let measures = item(|measures| {
            put(measures, tags::SLICE_THICKNESS, VR::DS, &gap);
            put(measures, tags::SPACING_BETWEEN_SLICES, VR::DS, &gap);
            put(measures, tags::PIXEL_SPACING, VR::DS, &spacing);
        });
        put_items(group, tags::PIXEL_MEASURES_SEQUENCE, vec![measures]);
        let orientation =
            item(|orientation| put(orientation, tags::IMAGE_ORIENTATION_PATIENT, VR::DS, &cosines));
        put_items(group, tags::PLANE_ORIENTATION_SEQUENCE, vec![orientation]);
    }))
}

/// What a frame has for itself: its place in the order, its position, its segment and its image.
fn own(
    frame: &Frame,
    planes: &[usize],
    images: &Images,
    patient: &Patient,
) -> Result<InMemDicomObject, Fault> {
    let position = decimals(&images.point([0.0; 2], frame.slice))?;
    let segment = frame.lesion as u16 + 1;
    let place = planes.partition_point(|&plane| plane < frame.slice) as u32 + 1;
    Ok(item(|group| {
        let content = item(|content| {
            let index = PrimitiveValue::U32(vec![u32::from(segment), place].into());
            content.put(DataElement::new(tags::DIMENSION_INDEX_VALUES, VR::UL, index));
        });
        put_items(group, tags::FRAME_CONTENT_SEQUENCE, vec![content]);
        let plane = item(|plane| put(plane, tags::IMAGE_POSITION_PATIENT, VR::DS, &position));
        put_items(group, tags::PLANE_POSITION_SEQUENCE, vec![plane]);
        let of = item(|of| put_short(of, tags::REFERENCED_SEGMENT_NUMBER, segment));
        put_items(group, tags::SEGMENT_IDENTIFICATION_SEQUENCE, vec![of]);
        let source = item(|source| {
            images.put_reference(source, frame.slice, patient);
            put_items(source, tags::PURPOSE_OF_REFERENCE_CODE_SEQUENCE, vec![code(PURPOSE)]);
            put(source, tags::SPATIAL_LOCATIONS_PRESERVED, VR::CS, "YES");
        });
        let derivation = item(|derivation| {
            put_items(derivation, tags::SOURCE_IMAGE_SEQUENCE, vec![source]);
            put_items(derivation, tags::DERIVATION_CODE_SEQUENCE, vec![code(DERIVATION)]);
        });
        put_items(group, tags::DERIVATION_IMAGE_SEQUENCE, vec![derivation]);
    }))
}

/// Bits of all frames, the lowest first and without a gap between frames (PS3.5 8.1.1), to an even number of bytes.
fn pack(lesions: &[Lesion<'_>], frames: &[Frame], grid: &Grid) -> Vec<u8> {
    let pixels = grid.size[0] * grid.size[1];
    let mut bits = vec![0_u8; (pixels * frames.len()).div_ceil(8).next_multiple_of(2)];
    for (frame, Frame { lesion, slice }) in frames.iter().enumerate() {
        let plane = &lesions[*lesion].mask[slice * pixels..(slice + 1) * pixels];
        for (pixel, _) in plane.iter().enumerate().filter(|(_, value)| **value != 0) {
            let bit = frame * pixels + pixel;
            bits[bit / 8] |= 1 << (bit % 8);
        }
    }
    bits
}

fn decimals(values: &[f64]) -> Result<String, Fault> {
    let texts: Result<Vec<String>, Fault> = values.iter().map(|&value| decimal(value)).collect();
    Ok(texts?.join("\\"))
}

fn unwritable(fact: impl Into<String>) -> Fault {
    Fault::of(FaultKind::Unwritable, fact)
}
