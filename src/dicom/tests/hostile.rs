//! Cut and damaged files: no panic, little time and memory, and never other voxels than the whole file has.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;
#[path = "common/damage.rs"]
mod damage;

use std::path::Path;

use damage::{ALONE, Chance, Cost, FILES, count_panics, cuts, damaged, rounds, whole};
use delta_dicom::file::{File, Item};
use delta_dicom::pixels::{frame, layout};
use delta_dicom::{Fault, FaultKind};

/// Everything that can be read of bytes: the number of attributes, and voxels where there are any.
fn read(bytes: &[u8]) -> Result<(usize, Option<Vec<i32>>), Fault> {
    let file = File::parse(bytes)?;
    let attributes = walk(file.root());
    if !file.root().has(dicom_dictionary_std::tags::PIXEL_DATA) {
        return Ok((attributes, None));
    }
    let layout = layout(&file)?;
    let mut voxels = Vec::new();
    for number in 0..layout.frames {
        voxels.extend(frame(&file, &layout, number)?);
    }
    Ok((attributes, Some(voxels)))
}

/// Asks every attribute that other parts ask for, in every way.
fn walk(item: Item<'_>) -> usize {
    use dicom_dictionary_std::tags as t;
    let plain =
        [t::ROWS, t::PIXEL_SPACING, t::IMAGE_POSITION_PATIENT, t::CONTOUR_DATA, t::ROI_NAME, t::MODALITY];
    let sequences = [
        t::SHARED_FUNCTIONAL_GROUPS_SEQUENCE,
        t::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE,
        t::PLANE_POSITION_SEQUENCE,
        t::PIXEL_MEASURES_SEQUENCE,
        t::STRUCTURE_SET_ROI_SEQUENCE,
        t::ROI_CONTOUR_SEQUENCE,
        t::CONTOUR_SEQUENCE,
        t::SEGMENT_SEQUENCE,
    ];
    let mut found = 0;
    for tag in plain {
        found += usize::from(item.has(tag)) + item.texts(tag).len();
        found += item.numbers(tag).map_or(0, |numbers| numbers.len()) + item.integer(tag).map_or(0, |_| 1);
        found += item.bytes(tag).map_or(0, |bytes| bytes.len());
    }
    found + sequences.iter().flat_map(|tag| item.items(*tag)).map(walk).sum::<usize>()
}

/// Reads bytes, both at once and as the header of a file, and holds that to the limits.
fn cheaply(
    cost: &mut Cost,
    name: &str,
    bytes: &[u8],
    scratch: &Path,
) -> Result<(usize, Option<Vec<i32>>), Fault> {
    let found = cost.of(name, || read(bytes));
    std::fs::write(scratch, bytes).unwrap();
    if let Err(fault) = cost.of(name, || File::open_header(scratch).map(|_| ())) {
        assert_eq!(fault.path.as_deref(), Some(scratch), "{name}: a fault knows its file");
    }
    found
}

#[test]
fn cut_and_damaged_files_are_read_or_refused_cheaply_and_no_cut_gives_other_voxels() {
    let Some(reference) = common::reference() else { return };
    let _alone = ALONE.lock();
    count_panics();
    let scratch = tempfile::NamedTempFile::new().unwrap();
    let mut all = Cost::default();
    for (name, key) in FILES {
        let bytes = whole(&reference, key);
        let (_, voxels) = read(&bytes).unwrap_or_else(|fault| panic!("{name}: {fault}"));
        let mut cost = Cost::default();
        let (mut refused, mut same) = (0, 0);
        let mut judge = |length: usize, found: Result<(usize, Option<Vec<i32>>), Fault>| match found {
            Ok((_, None)) if voxels.is_none() => panic!("{name}: {length} bytes are taken for a whole file"),
            Ok((_, None)) => refused += 1,
            Ok((_, found)) => {
                assert_eq!(found, voxels, "{name}: other voxels of {length} bytes");
                same += 1;
            }
            Err(fault) => {
                assert!(matches!(fault.kind, FaultKind::Broken | FaultKind::NotDicom), "{name}: {fault}");
                refused += 1;
            }
        };
        for length in cuts(&bytes) {
            judge(length, cheaply(&mut cost, name, &bytes[..length], scratch.path()));
        }
        // The last bytes, where cuts are hardest to see.
        for length in bytes.len().saturating_sub(300)..bytes.len() {
            judge(length, read(&bytes[..length]));
        }
        let mut chance = Chance::of(name);
        let (mut errors, mut readings) = (0, 0);
        for round in 0..rounds() {
            let damaged = damaged(&bytes, &mut chance, round);
            match cheaply(&mut cost, &format!("{name} {round}"), &damaged, scratch.path()) {
                Ok(_) => readings += 1,
                Err(_) => errors += 1,
            }
        }
        println!(
            "{name}: of 330 cuts {refused} refused, {same} the same; of {} damaged {errors} refused, {readings} read; {cost}",
            rounds()
        );
        all.add(&cost);
    }
    println!("all: {all}");
}

#[test]
fn damaged_heads_of_compressed_frames_cost_little() {
    let Some(reference) = common::reference() else { return };
    let codec = |name: &str, uid: &str| {
        (name.to_owned(), format!("ct_codecs/CTImage.dcm_{name}TransferSyntax_1.2.840.10008.1.2.{uid}.dcm"))
    };
    let mut files = vec![
        codec("JPEGProcess1", "4.50"),
        codec("JPEGProcess14SV1", "4.70"),
        codec("JPEGLSLossy", "4.81"),
        codec("JPEG2000", "4.91"),
        codec("RLELossless", "5"),
    ];
    files.extend(
        ["jpeg_ls_lossless", "jp2klossless", "RLE"]
            .map(|name| (name.to_owned(), format!("single_pydicom/MR_small_{name}.dcm"))),
    );
    let _alone = ALONE.lock();
    count_panics();
    let scratch = tempfile::NamedTempFile::new().unwrap();
    for (name, key) in files {
        let bytes = whole(&reference, &key);
        // The first fragment, with the head of the frame.
        let first = {
            let file = File::parse(bytes.clone()).unwrap();
            let fragment = file.root().fragments(dicom_dictionary_std::tags::PIXEL_DATA).unwrap()[0].to_vec();
            bytes.windows(fragment.len()).position(|part| part == fragment).unwrap()
        };
        let mut chance = Chance::of(&name);
        let (mut cost, mut read) = (Cost::default(), 0);
        for round in 0..rounds() {
            let mut damaged = bytes.clone();
            for _ in 0..=round % 3 {
                damaged[first + chance.below(140)] = chance.below(256) as u8;
            }
            read +=
                usize::from(cheaply(&mut cost, &format!("{name} {round}"), &damaged, scratch.path()).is_ok());
        }
        println!("{name}: {read} of {} read; {cost}", rounds());
    }
}

#[test]
fn bad_files_are_read_or_refused_by_name() {
    let Some(reference) = common::reference() else { return };
    let expected = common::expected(&reference);
    for key in expected["bad"]["files"].as_object().unwrap().keys() {
        let path = common::data(&reference, key);
        let outcome = match File::open(&path) {
            Ok(file) => format!("read, {} and {} found", file.syntax, walk(file.root())),
            Err(fault) => {
                assert_eq!(fault.path.as_deref(), Some(path.as_path()));
                format!("{:?}: {}", fault.kind, fault.fact)
            }
        };
        println!("{key}: {outcome}");
    }
}
