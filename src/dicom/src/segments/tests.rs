//! Segmentations made by hand, a few pixels each.

use dicom_core::{DataElement, PrimitiveValue, VR};
use dicom_dictionary_std::{tags, uids};
use dicom_object::InMemDicomObject;

use super::*;
use crate::write::{
    Images, Moment, Patient, Reference, item, part10, put, put_common, put_identity, put_items, put_short,
};

/// 3 columns, 2 rows, 3 slices, so that no frame ends at a byte.
fn grid() -> Grid {
    Grid {
        size: [3, 2, 3],
        origin: [5.0, 6.0, 7.0],
        steps: [[2.0, 0.0, 0.0], [0.0, 3.0, 0.0], [0.0, 0.5, 4.0]],
    }
}

/// A segmentation of a kind, with frames (segment, slice) and their pixels.
fn made(kind: &str, bits: u16, frames: &[(u16, f64)], pixels: Vec<u8>) -> InMemDicomObject {
    item(|object| {
        put_common(object, uids::SEGMENTATION_STORAGE);
        put(object, tags::FRAME_OF_REFERENCE_UID, VR::UI, "1.2.3");
        put(object, tags::SEGMENTATION_TYPE, VR::CS, kind);
        put_short(object, tags::MAXIMUM_FRACTIONAL_VALUE, 200);
        put_short(object, tags::COLUMNS, 3);
        put_short(object, tags::ROWS, 2);
        put_short(object, tags::SAMPLES_PER_PIXEL, 1);
        put_short(object, tags::BITS_ALLOCATED, bits);
        put_short(object, tags::BITS_STORED, bits);
        put_short(object, tags::HIGH_BIT, bits - 1);
        put_short(object, tags::PIXEL_REPRESENTATION, 0);
        put(object, tags::PHOTOMETRIC_INTERPRETATION, VR::CS, "MONOCHROME2");
        put(object, tags::NUMBER_OF_FRAMES, VR::IS, &frames.len().to_string());
        let segment = |number, label: &str| {
            item(|segment| {
                put_short(segment, tags::SEGMENT_NUMBER, number);
                put(segment, tags::SEGMENT_LABEL, VR::LO, label);
                put(segment, tags::TRACKING_UID, VR::UI, &format!("1.9.{number}"));
            })
        };
        put_items(object, tags::SEGMENT_SEQUENCE, vec![segment(2, "b"), segment(1, "a"), segment(7, "2")]);
        let shared = item(|shared| {
            let axial = item(|plane| put(plane, tags::IMAGE_ORIENTATION_PATIENT, VR::DS, "1\\0\\0\\0\\1\\0"));
            put_items(shared, tags::PLANE_ORIENTATION_SEQUENCE, vec![axial]);
        });
        put_items(object, tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE, vec![shared]);
        let own = frames.iter().map(|&(segment, slice)| {
            item(|own| {
                let [x, y, z] = grid().point([0.0, 0.0, slice]);
                let plane =
                    item(|plane| put(plane, tags::IMAGE_POSITION_PATIENT, VR::DS, &format!("{x}\\{y}\\{z}")));
                put_items(own, tags::PLANE_POSITION_SEQUENCE, vec![plane]);
                let of = item(|of| put_short(of, tags::REFERENCED_SEGMENT_NUMBER, segment));
                put_items(own, tags::SEGMENT_IDENTIFICATION_SEQUENCE, vec![of]);
            })
        });
        put_items(object, tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE, own.collect());
        object.put(DataElement::new(tags::PIXEL_DATA, VR::OB, PrimitiveValue::U8(pixels.into())));
    })
}

fn file(mut object: InMemDicomObject) -> File {
    put_identity(&mut object).unwrap();
    File::parse(part10(object, uids::EXPLICIT_VR_LITTLE_ENDIAN).unwrap()).unwrap()
}

/// The voxels of a segment, by index.
fn voxels(file: &File, number: u32) -> Vec<usize> {
    let placed = Segments::of(file).unwrap().mask(number, &grid(), "1.2.3").unwrap();
    placed.mask.iter().enumerate().filter(|(_, value)| **value == 1).map(|(index, _)| index).collect()
}

#[test]
fn bits_run_across_frames_in_any_order_and_segments_overlap() {
    // Frames of 6 bits: 0b000011, 0b100001, 0b110000 from the lowest bit of the first byte on.
    let bits: u32 = 0b000011 | 0b100001 << 6 | 0b110000 << 12;
    let pixels = bits.to_le_bytes().to_vec();
    let file = file(made("BINARY", 1, &[(2, 1.0), (1, 2.0), (1, 1.0)], pixels));
    assert_eq!(voxels(&file, 2), [6, 7]);
    assert_eq!(voxels(&file, 1), [6 + 4, 6 + 5, 12, 12 + 5]);
    assert_eq!(voxels(&file, 7), [0; 0]);
    let counts = Segments::of(&file).unwrap().counts().unwrap();
    assert_eq!(counts, BTreeMap::from([(1, 4), (2, 2), (7, 0)]));
}

#[test]
fn a_fraction_belongs_from_half_of_the_maximum_on() {
    let file = file(made("FRACTIONAL", 8, &[(1, 0.0)], vec![0, 99, 100, 101, 200, 1]));
    assert_eq!(voxels(&file, 1), [2, 3, 4]);
}

#[test]
fn pixels_of_a_label_map_name_their_segments_and_its_padding_is_none() {
    let pixels = vec![2, 0, 1, 1, 9, 7, 0, 0, 0, 2, 2, 2];
    let mut object = made("LABELMAP", 8, &[(0, 2.0), (0, 0.0)], pixels);
    let plain = file(object.clone());
    assert_eq!(voxels(&plain, 1), [14, 15]);
    assert_eq!(voxels(&plain, 2), [3, 4, 5, 12]);
    assert_eq!(voxels(&plain, 7), [17]);
    put_short(&mut object, tags::PIXEL_PADDING_VALUE, 2);
    let padded = file(object);
    assert!(Segments::of(&padded).unwrap().list().iter().all(|segment| segment.number != 2));
    assert_eq!(voxels(&padded, 1), [14, 15]);
}

#[test]
fn labels_of_sixteen_bits_are_numbers_of_two_bytes() {
    let mut object = made("LABELMAP", 16, &[(0, 0.0)], vec![0, 1, 1, 0, 1, 0, 0, 0, 0, 0, 7, 0]);
    object.put(DataElement::new(
        tags::PIXEL_DATA,
        VR::OW,
        PrimitiveValue::U16(vec![256, 1, 1, 0, 0, 7].into()),
    ));
    let file = file(object);
    assert_eq!(voxels(&file, 1), [1, 2]);
    assert_eq!(voxels(&file, 7), [5]);
}

#[test]
fn frames_beside_the_slices_are_counted_and_another_frame_of_reference_is_refused() {
    let pixels = vec![0b11_001001, 0b0000];
    let file = file(made("BINARY", 1, &[(1, 1.0), (1, 1.5)], pixels));
    let segments = Segments::of(&file).unwrap();
    let placed = segments.mask(1, &grid(), "1.2.3").unwrap();
    assert_eq!((placed.frames_off, placed.voxels_off), (1, 2));
    assert_eq!(placed.mask.iter().map(|&v| u32::from(v)).sum::<u32>(), 2);
    assert_eq!(segments.mask(1, &grid(), "1.2.4").unwrap_err().kind, FaultKind::Frame);
    let far = Grid { origin: [0.0; 3], ..grid() };
    assert_eq!(segments.mask(1, &far, "1.2.3").unwrap_err().kind, FaultKind::Region);
}

#[test]
fn segments_are_picked_by_label_then_uid_then_number() {
    let file = file(made("BINARY", 1, &[(1, 1.0)], vec![0, 0]));
    let segments = Segments::of(&file).unwrap();
    let number = |which| segments.pick(which).map(|segment| segment.number).map_err(|fault| fault.kind);
    assert_eq!(number("a"), Ok(1));
    assert_eq!(number("1.9.2"), Ok(2));
    assert_eq!(number("2"), Ok(7), "a label goes before a number");
    assert_eq!(number("7"), Ok(7));
    assert_eq!(number("c"), Err(FaultKind::Region));
    assert_eq!(segments.mask(3, &grid(), "1.2.3").unwrap_err().kind, FaultKind::Region);
}

#[test]
fn segmentations_that_are_not_whole_are_broken() {
    let whole = || made("BINARY", 1, &[(1, 0.0), (1, 1.0)], vec![0, 0]);
    assert!(Segments::of(&file(whole())).is_ok());
    let refused = |change: &dyn Fn(&mut InMemDicomObject)| {
        let mut object = whole();
        change(&mut object);
        let fault = Segments::of(&file(object)).err().map(|fault| fault.kind);
        assert_eq!(fault, Some(FaultKind::Broken));
    };
    refused(&|object| put(object, tags::SEGMENTATION_TYPE, VR::CS, "OTHER"));
    refused(&|object| put(object, tags::NUMBER_OF_FRAMES, VR::IS, "3"));
    refused(&|object| put(object, tags::NUMBER_OF_FRAMES, VR::IS, "-1"));
    refused(&|object| put_short(object, tags::ROWS, 0));
    refused(&|object| put_short(object, tags::ROWS, u16::MAX));
    refused(&|object| put_short(object, tags::BITS_ALLOCATED, 32));
    refused(&|object| put_items(object, tags::SEGMENT_SEQUENCE, Vec::new()));
    refused(&|object| {
        object.remove_element(tags::PIXEL_DATA);
    });
    refused(&|object| {
        put(object, tags::SEGMENTATION_TYPE, VR::CS, "FRACTIONAL");
        put_short(object, tags::BITS_ALLOCATED, 8);
        object.remove_element(tags::MAXIMUM_FRACTIONAL_VALUE);
    });
}

fn source() -> File {
    file(item(|object| {
        put_common(object, uids::CT_IMAGE_STORAGE);
        put(object, tags::PATIENT_ID, VR::LO, "1");
        put(object, tags::STUDY_INSTANCE_UID, VR::UI, "1.2");
        put(object, tags::FRAME_OF_REFERENCE_UID, VR::UI, "1.2.3");
    }))
}

fn images(grid: Grid) -> Images {
    let slice = |k| Reference { class: "1.4".into(), instance: format!("1.5.{k}"), frame: None };
    Images { series: "1.6".into(), slices: (0..grid.size[2]).map(slice).collect(), grid, origins: None }
}

/// Any bytes, always the same: from a generator whose state is carried along.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *state >> 33
}

#[test]
fn masks_come_back_as_they_were_written_and_a_lesion_keeps_its_uid_over_time() {
    let source = source();
    let patient = Patient::copied(source.root()).unwrap();
    let mut state = 1;
    for size in [[3, 2, 3], [1, 1, 1], [8, 4, 2], [5, 7, 9]] {
        let grid = Grid { size, ..grid() };
        let mut draw = || -> Vec<u8> { (0..grid.voxels()).map(|_| (next(&mut state) % 3) as u8).collect() };
        let (a, b) = (draw(), draw());
        let lesion = |label, mask| Lesion { label, tracking: None, made: Made::Given, mask };
        let tracking = Tracking { uid: "1.7".into(), owner: None };
        let known = Lesion { tracking: Some(&tracking), made: Made::Carried, ..lesion("c", &a) };
        let written = [lesion("a", &a), lesion("b", &b), known];
        let first = encode(&patient, &images(grid.clone()), &written, &Moment::utc(0)).unwrap();
        let later = encode(&patient, &images(grid.clone()), &written[..2], &Moment::utc(1)).unwrap();
        let (first, later) = (File::parse(first).unwrap(), File::parse(later).unwrap());
        let (at_first, at_last) = (Segments::of(&first).unwrap(), Segments::of(&later).unwrap());
        for (number, lesion) in (1..).zip(written) {
            let expected: Vec<u8> = lesion.mask.iter().map(|&value| value.min(1)).collect();
            assert_eq!(at_first.mask(number, &grid, "1.2.3").unwrap().mask, expected);
        }
        let uid =
            |segments: &Segments<'_>, label| segments.pick(label).unwrap().tracking_uid.clone().unwrap();
        assert_eq!(uid(&at_first, "a"), uid(&at_last, "a"));
        assert_ne!(uid(&at_first, "a"), uid(&at_first, "b"));
        assert_eq!(uid(&at_first, "c"), "1.7");
        let instance = |file: &File| file.root().text(tags::SOP_INSTANCE_UID).unwrap();
        assert_ne!(instance(&first), instance(&later));
    }
}

#[test]
fn what_cannot_be_written_is_refused() {
    let source = source();
    let patient = Patient::copied(source.root()).unwrap();
    let mask = [1; 18];
    let lesion = Lesion { label: "a", tracking: None, made: Made::Given, mask: &mask };
    let refused = |images: &Images, lesions: &[Lesion<'_>]| {
        let fault = encode(&patient, images, lesions, &Moment::utc(0)).unwrap_err();
        assert_eq!(fault.kind, FaultKind::Unwritable);
    };
    refused(&images(grid()), &[]);
    refused(&images(grid()), &[Lesion { mask: &mask[..17], ..lesion }]);
    refused(&images(grid()), &[Lesion { label: "", ..lesion }]);
    refused(&images(grid()), &[Lesion { label: "a\\b", ..lesion }]);
    refused(&Images { slices: Vec::new(), ..images(grid()) }, &[lesion]);
    refused(&images(Grid { steps: [[f64::NAN; 3]; 3], ..grid() }), &[lesion]);
    refused(&images(Grid { steps: [[1.0, 0.0, 0.0]; 3], ..grid() }), &[lesion]);
}

#[test]
fn damaged_bytes_are_refused_or_read_and_never_a_panic() {
    let source = source();
    let patient = Patient::copied(source.root()).unwrap();
    let mask: Vec<u8> = (0..18).map(|n| n % 2).collect();
    let lesions = [Lesion { label: "a", tracking: None, made: Made::Given, mask: &mask }];
    let whole = encode(&patient, &images(grid()), &lesions, &Moment::utc(0)).unwrap();
    let read = |bytes: &[u8]| {
        let Ok(file) = File::parse(bytes) else { return false };
        let Ok(segments) = Segments::of(&file) else { return false };
        let listed = segments.list().iter().map(|segment| segment.number);
        segments.counts().is_ok() && listed.fold(true, |_, n| segments.mask(n, &grid(), "1.2.3").is_ok())
    };
    assert!(read(&whole));
    for end in 132..whole.len() {
        assert!(!read(&whole[..end]), "cut at {end}");
    }
    let mut state = 3;
    let mut refused = 0;
    for _ in 0..3000 {
        let mut bytes = whole.clone();
        for _ in 0..=next(&mut state) % 4 {
            let at = next(&mut state) as usize % bytes.len();
            bytes[at] = next(&mut state) as u8;
        }
        refused += usize::from(!read(&bytes));
    }
    assert!(refused > 100, "{refused}");
}
