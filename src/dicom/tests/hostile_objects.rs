//! Cut and damaged contours, segmentations and series, as far as they are used: onto voxels and into volumes. No panic,
//! little time and memory, and never other voxels of a cut than of the whole.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;
#[path = "common/damage.rs"]
mod damage;
#[path = "common/slices.rs"]
mod slices;

use std::path::Path;

use damage::{ALONE, Chance, Cost, FILES, count_panics, cuts, damaged, rounds, whole};
use delta_dicom::acquisition::acquisition;
use delta_dicom::contours::{Structures, Target};
use delta_dicom::file::File;
use delta_dicom::segments::{Planes, Segments};
use delta_dicom::series::{Found, Series, look};
use delta_dicom::suv::suv;
use delta_dicom::{Fault, FaultKind, Grid, units};

/// Objects with the images that they lie on.
const CONTOURS: [(&str, &str); 3] = [
    ("derived/phantom/rtstruct/shapes.dcm", "derived/phantom/image"),
    ("pet_sts002/rtstruct/RS.dcm", "pet_sts002/image"),
    ("ct_sts002/rtstruct/RS.dcm", "ct_sts002/image"),
];
const SEGMENTS: [(&str, &str); 7] = [
    ("derived/phantom/seg/binary_all_frames.dcm", "derived/phantom/image"),
    ("derived/phantom/seg/binary_overlap.dcm", "derived/phantom/image"),
    ("derived/phantom/seg/binary_shuffled.dcm", "derived/phantom/image"),
    ("derived/phantom/seg/fractional_prob.dcm", "derived/phantom/image"),
    ("derived/phantom/seg/fractional_rle.dcm", "derived/phantom/image"),
    ("derived/phantom/seg/labelmap.dcm", "derived/phantom/image"),
    ("ct_dcmqi3/seg/partial_overlaps.dcm", "ct_dcmqi3/image"),
];

/// Where the voxels of a series are.
struct Images {
    grid: Grid,
    origins: Vec<[f64; 3]>,
    frame: String,
    series: String,
}

impl Images {
    fn of(reference: &Path, key: &str) -> Self {
        let found = look(&[common::data(reference, key)]).unwrap();
        let series = found.choose(None).unwrap();
        Self {
            grid: series.grid().unwrap().clone(),
            origins: series.slices().iter().map(|slice| slice.place.unwrap().position).collect(),
            frame: series.frame_of_reference().unwrap().to_owned(),
            series: series.uid.clone(),
        }
    }
}

/// The voxels of each region, by number; none of those that are refused.
type Regions = Vec<(i64, Option<Vec<bool>>)>;

fn contours(bytes: &[u8], images: &Images) -> Result<Regions, Fault> {
    let file = File::parse(bytes)?;
    let structures = Structures::read(&file)?;
    let image = Target {
        grid: &images.grid,
        origins: Some(&images.origins),
        frame: Some(&images.frame),
        series: Some(&images.series),
    };
    let fill = |region: &delta_dicom::contours::Region| {
        let filled = region.fill(&image);
        if let Ok(filled) = &filled {
            assert_eq!(filled.voxels.len(), images.grid.voxels());
            assert!(filled.warnings.iter().all(|warning| warning.to_string().len() < 1000));
        }
        (region.number, filled.ok().map(|filled| filled.voxels))
    };
    Ok(structures.regions().iter().map(fill).collect())
}

fn segments(bytes: &[u8], images: &Images) -> Result<Regions, Fault> {
    let file = File::parse(bytes)?;
    let segments = Segments::of(&file)?;
    let planes = Planes::of(&images.grid).at(images.origins.clone());
    let mut found = Vec::new();
    for segment in segments.list() {
        let placed = segments.on(segment.number, &planes, &images.frame);
        let voxels = placed.ok().map(|placed| placed.mask.iter().map(|v| *v != 0).collect());
        found.push((i64::from(segment.number), voxels));
    }
    _ = segments.counts();
    Ok(found)
}

type Reader = fn(&[u8], &Images) -> Result<Regions, Fault>;

#[test]
fn cut_and_damaged_objects_are_cheap_and_no_cut_gives_other_voxels() {
    let Some(reference) = common::reference() else { return };
    let _alone = ALONE.lock();
    count_panics();
    let mut all = Cost::default();
    let of = |list: &[(&'static str, &'static str)], read: Reader| -> Vec<_> {
        list.iter().map(|(key, images)| (*key, *images, read)).collect()
    };
    for (key, on, read) in [of(&CONTOURS, contours), of(&SEGMENTS, segments)].concat() {
        let (bytes, images) = (whole(&reference, key), Images::of(&reference, on));
        let regions = read(&bytes, &images).unwrap_or_else(|fault| panic!("{key}: {fault}"));
        assert!(regions.iter().any(|(_, voxels)| voxels.as_ref().is_some_and(|v| v.contains(&true))));
        let mut cost = Cost::default();
        let mut refused = 0;
        let last = bytes.len().saturating_sub(300)..bytes.len();
        for length in cuts(&bytes).chain(last) {
            match cost.of(&format!("{key} to {length}"), || read(&bytes[..length], &images)) {
                Ok(found) => assert!(found == regions, "{key}: other voxels of {length} bytes"),
                Err(fault) => {
                    assert!(matches!(fault.kind, FaultKind::Broken | FaultKind::NotDicom), "{key}: {fault}");
                    refused += 1;
                }
            }
        }
        let mut chance = Chance::of(key);
        let (mut errors, mut same) = (0, 0);
        for round in 0..rounds() {
            let damaged = damaged(&bytes, &mut chance, round);
            match cost.of(&format!("{key} {round}"), || read(&damaged, &images)) {
                Ok(found) => same += usize::from(found == regions),
                Err(_) => errors += 1,
            }
        }
        println!(
            "{key}: of 330 cuts {refused} refused; of {} damaged {errors} refused, {same} the same; {cost}",
            rounds()
        );
        all.add(&cost);
    }
    println!("all: {all}");
}

/// All that is asked of a series.
fn use_up(series: &Series) -> Result<Vec<f32>, Fault> {
    _ = acquisition(series);
    _ = units(series);
    let factors = suv(series).map(|suv| suv.factors).unwrap_or_default();
    assert!(series.to_string().len() < 1000);
    Ok(series.volume_times(&factors)?.values)
}

/// The volumes of all series of a folder, unless it holds a file that is damaged.
fn volumes(folder: &Path) -> Result<Vec<Option<Vec<f32>>>, Fault> {
    let found: Found = look(&[folder.to_owned()])?;
    if let Some(fault) = found.broken.first() {
        return Err(fault.clone());
    }
    Ok(found.series.iter().map(|series| use_up(series).ok()).collect())
}

#[test]
fn folders_with_a_cut_or_damaged_file_are_cheap_and_no_cut_gives_other_voxels() {
    let Some(reference) = common::reference() else { return };
    let _alone = ALONE.lock();
    count_panics();
    let mut all = Cost::default();
    let slice = ("slice", "derived/phantom/image");
    for (name, key) in FILES.into_iter().chain([slice, ("pet", "pet_sts002/image")]) {
        // Its neighbours lie in the folder too, where it is a slice.
        let folder = tempfile::tempdir().unwrap();
        let path = common::data(&reference, key);
        if path.is_dir() {
            for file in common::files(&path).iter().take(12) {
                std::fs::copy(file, folder.path().join(file.file_name().unwrap())).unwrap();
            }
        } else {
            std::fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
        }
        let first = common::files(folder.path())[0].clone();
        let bytes = std::fs::read(&first).unwrap();
        let voxels = volumes(folder.path()).unwrap_or_else(|fault| panic!("{name}: {fault}"));
        let (mut cost, mut refused, mut errors) = (Cost::default(), 0, 0);
        let last = bytes.len().saturating_sub(40)..bytes.len();
        for length in cuts(&bytes).chain(last) {
            std::fs::write(&first, &bytes[..length]).unwrap();
            match cost.of(&format!("{name} to {length}"), || volumes(folder.path())) {
                // Cut so early that it is no DICOM, a slice at the end of its series is missed by nobody.
                Ok(_) if length <= 132 => {}
                Ok(found) if found.contains(&None) => refused += 1,
                Ok(found) => assert!(found == voxels, "{name}: other voxels of {length} bytes"),
                Err(_) => refused += 1,
            }
        }
        let mut chance = Chance::of(name);
        for round in 0..rounds() {
            std::fs::write(&first, damaged(&bytes, &mut chance, round)).unwrap();
            errors += usize::from(cost.of(&format!("{name} {round}"), || volumes(folder.path())).is_err());
        }
        println!("{name}: of 70 cuts {refused} refused; of {} damaged {errors} refused; {cost}", rounds());
        all.add(&cost);
    }
    println!("all: {all}");
}

/// Wherever it is cut, the last slice of a series is missed.
#[test]
fn no_cut_of_a_slice_is_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    slices::write(folder.path(), &[0, 1, 2].map(|k| slices::Plain::at(k, k as f64)));
    let last = common::files(folder.path())[2].clone();
    let bytes = std::fs::read(&last).unwrap();
    for length in 132..bytes.len() {
        std::fs::write(&last, &bytes[..length]).unwrap();
        let found = look(&[folder.path().to_owned()]).unwrap();
        let read = found.choose(None).and_then(Series::volume);
        assert!(read.is_err(), "{length} of {} bytes", bytes.len());
    }
}
