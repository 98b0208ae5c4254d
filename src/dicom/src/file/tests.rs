use dicom_core::{Tag, VR};
use dicom_dictionary_std::tags;

use super::*;

/// An element in explicit encoding, little-endian.
fn explicit(tag: Tag, vr: &str, value: &[u8]) -> Vec<u8> {
    let mut bytes = head(tag);
    bytes.extend(vr.as_bytes());
    if ["OB", "OW", "SQ", "UN", "UT"].contains(&vr) {
        bytes.extend([0, 0]);
        bytes.extend((value.len() as u32).to_le_bytes());
    } else {
        bytes.extend((value.len() as u16).to_le_bytes());
    }
    bytes.extend(value);
    bytes
}

/// An element in implicit encoding.
fn implicit(tag: Tag, value: &[u8]) -> Vec<u8> {
    [head(tag), (value.len() as u32).to_le_bytes().to_vec(), value.to_vec()].concat()
}

/// An element whose end is marked, in explicit encoding.
fn open_ended(tag: Tag, vr: &str, value: &[u8]) -> Vec<u8> {
    let end = [0xFE, 0xFF, 0xDD, 0xE0, 0, 0, 0, 0];
    [&head(tag), vr.as_bytes(), &[0, 0], &[0xFF; 4], value, &end].concat()
}

/// An item with a length.
fn item(value: &[u8]) -> Vec<u8> {
    implicit(Tag(0xFFFE, 0xE000), value)
}

fn head(tag: Tag) -> Vec<u8> {
    [tag.group().to_le_bytes(), tag.element().to_le_bytes()].concat()
}

/// Preamble, prefix, and a meta information that names a transfer syntax and the length of its group.
fn meta(syntax: &str, length: Option<u32>, title: &[u8]) -> Vec<u8> {
    let mut bytes = [vec![0; 128], b"DICM".to_vec()].concat();
    if let Some(length) = length {
        bytes.extend(explicit(Tag(2, 0), "UL", &length.to_le_bytes()));
    }
    bytes.extend(explicit(tags::TRANSFER_SYNTAX_UID, "UI", syntax.as_bytes()));
    bytes.extend(explicit(tags::SOURCE_APPLICATION_ENTITY_TITLE, "AE", title));
    bytes
}

const EXPLICIT: &str = "1.2.840.10008.1.2.1\0";

/// A small data set.
fn body() -> Vec<u8> {
    [explicit(tags::MODALITY, "CS", b"CT"), explicit(tags::ROWS, "US", &[7, 0])].concat()
}

fn rows(bytes: &[u8]) -> Option<i64> {
    File::parse(bytes).ok()?.root().integer(tags::ROWS)
}

#[test]
fn meta_information_may_be_sloppy_or_absent() {
    for title in [&b""[..], b"SHORT ", b"LONGER_THAN_SIXTEEN_BYTES "] {
        for length in [None, Some(0), Some(70), Some(u32::MAX)] {
            assert_eq!(rows(&[meta(EXPLICIT, length, title), body()].concat()), Some(7));
        }
    }
    let whole = [meta(EXPLICIT, None, b"A "), body()].concat();
    assert_eq!(rows(&whole[128..]), Some(7), "no preamble");
    assert_eq!(rows(&whole[132..]), Some(7), "no prefix");
    assert_eq!(rows(&body()), Some(7), "no meta information");
    assert_eq!(rows(&[implicit(tags::MODALITY, b"CT"), implicit(tags::ROWS, &[7, 0])].concat()), Some(7));
    let big = [0, 8, 0, 0x60, b'C', b'S', 0, 2, b'C', b'T', 0, 0x28, 0, 0x10, b'U', b'S', 0, 2, 0, 7];
    assert_eq!(rows(&big), Some(7));
    assert_eq!(File::parse(big.to_vec()).unwrap().syntax, EXPLICIT_BIG);
}

#[test]
fn the_first_element_decides_whatever_is_declared() {
    let implicit_body = [implicit(tags::MODALITY, b"CT"), implicit(tags::ROWS, &[7, 0])].concat();
    assert_eq!(rows(&[meta(EXPLICIT, None, b"A "), implicit_body].concat()), Some(7));
    assert_eq!(rows(&[meta("1.2.840.10008.1.2\0", None, b"A "), body()].concat()), Some(7));
}

#[test]
fn what_is_no_dicom_is_told_apart_from_what_is_broken() {
    for bytes in [&b""[..], b"\x89PNG\r\n\x1a\n0000", b"{\"a\": 1}", &[0; 400]] {
        assert_eq!(File::parse(bytes).unwrap_err().kind, FaultKind::NotDicom);
    }
    assert_eq!(File::parse(meta(EXPLICIT, None, b"A ")).unwrap_err().kind, FaultKind::Broken);
}

#[test]
fn every_cut_within_an_element_or_sequence_is_broken() {
    let inner = explicit(tags::ROI_NAME, "LO", b"GTV ");
    let nested = open_ended(tags::STRUCTURE_SET_ROI_SEQUENCE, "SQ", &item(&inner));
    let start = [meta(EXPLICIT, None, b"A "), explicit(tags::MODALITY, "CS", b"CT")].concat();
    let pixels = open_ended(tags::PIXEL_DATA, "OB", &[item(&[]), item(&[1, 2, 3, 4])].concat());
    let bytes = [start.clone(), nested.clone(), pixels].concat();
    assert_eq!(
        File::parse(bytes.clone()).unwrap().root().fragments(tags::PIXEL_DATA).unwrap(),
        [[1, 2, 3, 4]]
    );
    for length in start.len() + 1..bytes.len() {
        if length != start.len() + nested.len() {
            let fault = File::parse(&bytes[..length]).unwrap_err();
            assert_eq!(fault.kind, FaultKind::Broken, "{length}");
        }
    }
}

#[test]
fn a_length_that_the_file_does_not_have_takes_no_memory() {
    let mut bytes = [meta(EXPLICIT, None, b"A "), body(), head(Tag(9, 0x1010))].concat();
    bytes.extend(b"OB\0\0");
    bytes.extend(0xFFFF_FFF0_u32.to_le_bytes());
    assert_eq!(File::parse(bytes).unwrap_err().kind, FaultKind::Broken);
}

#[test]
fn sequences_nest_to_a_limit_only() {
    let nested = |depth: usize| {
        let inner = explicit(tags::MODALITY, "CS", b"CT");
        (0..depth).fold(inner, |value, _| open_ended(tags::CONTENT_SEQUENCE, "SQ", &item(&value)))
    };
    let file = |depth| File::parse([explicit(tags::MODALITY, "CS", b"CT"), nested(depth)].concat());
    assert!(file(30).is_ok());
    assert_eq!(file(40).unwrap_err().kind, FaultKind::Broken);
    assert_eq!(file(2_000).unwrap_err().kind, FaultKind::Broken);
}

#[test]
fn an_attribute_that_its_writer_did_not_know_is_read_by_the_dictionary() {
    let inner = implicit(tags::ROI_NAME, b"GTV ");
    let bytes = [
        body(),
        explicit(tags::PIXEL_SPACING, "UN", b"0.5\\0.7 "),
        explicit(tags::STRUCTURE_SET_ROI_SEQUENCE, "UN", &item(&inner)),
        open_ended(tags::ROI_CONTOUR_SEQUENCE, "UN", &item(&inner)),
        explicit(tags::CONTOUR_SEQUENCE, "UN", &[1, 2, 3]),
    ];
    let file = File::parse(bytes.concat()).unwrap();
    let root = file.root();
    assert_eq!(root.numbers(tags::PIXEL_SPACING), Some(vec![0.5, 0.7]));
    for sequence in [tags::STRUCTURE_SET_ROI_SEQUENCE, tags::ROI_CONTOUR_SEQUENCE] {
        assert_eq!(root.item(sequence).unwrap().text(tags::ROI_NAME).as_deref(), Some("GTV"));
    }
    assert!(root.has(tags::CONTOUR_SEQUENCE) && root.items(tags::CONTOUR_SEQUENCE).is_empty());
}

#[test]
fn texts_and_numbers_are_taken_as_they_are_meant() {
    let many = (0..1000).map(|at| at.to_string()).collect::<Vec<String>>().join("\\");
    let bytes = [
        explicit(tags::SPECIFIC_CHARACTER_SET, "CS", b"ISO_IR 192"),
        explicit(tags::SERIES_DESCRIPTION, "LO", "Größe ".as_bytes()),
        explicit(Tag(0x0009, 0x100D), "UN", b"20200101\\x "),
        explicit(tags::SERIES_NUMBER, "IS", b" 5.0"),
        explicit(tags::ECHO_TIME, "DS", b"1e400 "),
        explicit(tags::IMAGE_COMMENTS, "LT", b"a\\b "),
        explicit(tags::PIXEL_REPRESENTATION, "US", &[1, 0]),
        explicit(tags::PIXEL_PADDING_VALUE, "UN", &[0x30, 0xF8]),
        explicit(tags::CONTOUR_DATA, "DS", many.as_bytes()),
    ];
    let file = File::parse(bytes.concat()).unwrap();
    let root = file.root();
    assert_eq!(root.text(tags::SERIES_DESCRIPTION).as_deref(), Some("Größe"));
    assert_eq!(root.texts(Tag(0x0009, 0x100D)), ["20200101", "x"]);
    assert_eq!(root.integer(tags::SERIES_NUMBER), Some(5));
    assert_eq!(root.number(tags::ECHO_TIME), None);
    assert_eq!(root.texts(tags::IMAGE_COMMENTS), ["a\\b"]);
    assert_eq!(root.integer(tags::PIXEL_PADDING_VALUE), Some(-2000));
    assert_eq!(root.numbers(tags::CONTOUR_DATA).unwrap().len(), 1000);
    assert_eq!(root.representation(tags::CONTOUR_DATA), Some(VR::DS));
}

#[test]
fn a_header_leaves_pixels_out_and_knows_when_they_are_cut() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a");
    let (comments, pixels) = ("x".repeat(200_000), "\0".repeat(200_000));
    let start =
        [meta(EXPLICIT, None, b"A "), body(), explicit(tags::IMAGE_COMMENTS, "UT", comments.as_bytes())];
    let bytes = [start.concat(), explicit(tags::PIXEL_DATA, "OW", pixels.as_bytes())].concat();
    fs::write(&path, &bytes).unwrap();
    let header = File::open_header(&path).unwrap();
    assert!(header.root().has(tags::PIXEL_DATA) && header.root().bytes(tags::PIXEL_DATA).is_none());
    assert_eq!(header.root().integer(tags::ROWS), Some(7));
    fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
    let fault = File::open_header(&path).unwrap_err();
    assert_eq!((fault.kind, fault.path.as_deref()), (FaultKind::Broken, Some(path.as_path())));
    assert_eq!(File::open_header(folder.path()).unwrap_err().kind, FaultKind::Unreadable);
    assert_eq!(File::open(&folder.path().join("none")).unwrap_err().kind, FaultKind::Unreadable);
}
