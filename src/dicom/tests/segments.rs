//! Segmentations against the reference, and back: through this crate's own reader and through other programs.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::{expected, reference, sha256};
use delta_dicom::file::File;
use delta_dicom::segments::{Lesion, Planes, Segments, encode};
use delta_dicom::write::{Images, Made, Moment, Patient, Reference};
use delta_dicom::{FaultKind, Grid};
use dicom_dictionary_std::tags;
use serde_json::Value;

/// The series that each folder's segmentations lie on.
const IMAGES: [(&str, &str); 7] = [
    ("derived/phantom", "derived/phantom/image"),
    ("ct_dcmqi3", "ct_dcmqi3/image"),
    ("seg_23x38x3", "seg_23x38x3/image"),
    ("seg_24x38x3", "seg_24x38x3/image"),
    ("seg_highdicom", "seg_highdicom/image_77654033_CT2"),
    ("mr_ucsf06_seg", "mr_ucsf06_seg/image"),
    ("ibsi1_digital", "ibsi1_digital/image"),
];

/// A series: its grid, positions, references, and the file that its patient is copied from.
struct Series {
    images: Images,
    positions: Vec<[f64; 3]>,
    header: File,
    frame: String,
    /// The header's file.
    path: PathBuf,
}

impl Series {
    /// The series of a folder, on the grid that is expected of it.
    fn of(reference: &Path, expected: &Value, folder: &str) -> Self {
        let group = &expected["series"][folder]["groups"][0];
        let rows: Vec<Vec<f64>> = serde_json::from_value(group["affine_lps"].clone()).unwrap();
        let column = |c: usize| std::array::from_fn(|r| rows[r][c]);
        let size: [usize; 3] = serde_json::from_value(group["dim_ijk"].clone()).unwrap();
        let grid = Grid { size, origin: column(3), steps: [column(0), column(1), column(2)] };
        let along = |at: &[f64; 3]| -> f64 { at.iter().zip(grid.normal()).map(|(a, b)| a * b).sum() };

        let mut paths: Vec<PathBuf> =
            fs::read_dir(reference.join("data").join(folder)).unwrap().map(|e| e.unwrap().path()).collect();
        paths.sort();
        let files: Vec<File> = paths.iter().map(|path| File::open_header(path).unwrap()).collect();
        let mut slices = Vec::new();
        for file in &files {
            let root = file.root();
            let of = |frame| Reference {
                class: root.text(tags::SOP_CLASS_UID).unwrap(),
                instance: root.text(tags::SOP_INSTANCE_UID).unwrap(),
                frame,
            };
            let frames = root.items(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE);
            if let Some(position) = root.numbers(tags::IMAGE_POSITION_PATIENT) {
                slices.push((<[f64; 3]>::try_from(position).unwrap(), of(None)));
            }
            for (number, frame) in (1..).zip(frames) {
                let plane = frame.item(tags::PLANE_POSITION_SEQUENCE).unwrap();
                let position = plane.numbers(tags::IMAGE_POSITION_PATIENT).unwrap();
                slices.push((position.try_into().unwrap(), of(Some(number))));
            }
        }
        slices.sort_by(|(a, _), (b, _)| along(a).total_cmp(&along(b)));
        let (positions, slices): (Vec<[f64; 3]>, Vec<Reference>) = slices.into_iter().unzip();
        let header = files.into_iter().next().unwrap();
        let path = paths.swap_remove(0);
        let text = |tag| header.root().text(tag).unwrap();
        let (series, frame) = (text(tags::SERIES_INSTANCE_UID), text(tags::FRAME_OF_REFERENCE_UID));
        let images = Images { grid, series, slices, origins: Some(positions.clone()) };
        Self { images, positions, header, frame, path }
    }

    fn planes(&self) -> Planes {
        Planes::of(&self.images.grid).at(self.positions.clone())
    }
}

#[test]
fn every_segment_has_the_listed_voxels_on_its_images() {
    let Some(reference) = reference() else { return };
    let expected = expected(&reference);
    let files = expected["seg"].as_object().unwrap();
    assert_eq!(files.len(), 20);
    let mut compared = 0;
    for (path, facts) in files {
        let (_, folder) = IMAGES.iter().find(|(start, _)| path.starts_with(start)).unwrap();
        let series = Series::of(&reference, &expected, folder);
        let file = File::open(&reference.join("data").join(path)).unwrap();
        let segments = Segments::of(&file).unwrap();

        let number = |text: &String| text.parse::<u32>().unwrap();
        let voxels = facts["voxels_per_segment"].as_object().unwrap();
        let listed: BTreeMap<u32, u64> =
            voxels.iter().map(|(n, v)| (number(n), v.as_u64().unwrap())).filter(|(_, v)| *v > 0).collect();
        let mut counts = segments.counts().unwrap();
        counts.retain(|_, voxels| *voxels > 0);
        assert_eq!(counts, listed, "{path}");

        let grids = facts["on_grid"].as_object().unwrap();
        let same = facts["same_frame_of_reference"].as_bool().unwrap();
        let mut off = 0;
        for segment in segments.list() {
            let placed = segments.place(segment.number, &series.planes()).unwrap();
            let label = &facts["segments"][segment.number.to_string()];
            assert_eq!(label.as_str(), Some(segment.label.as_str()), "{path}");
            assert_eq!(segments.pick(&segment.label).unwrap(), segment, "{path}");
            off += placed.frames_off;
            let on = segments.on(segment.number, &series.planes(), &series.frame);
            if same {
                assert_eq!(on.unwrap(), placed, "{path}");
            } else {
                assert_eq!(on.unwrap_err().kind, FaultKind::Frame, "{path}");
            }
            let Some(grid) = grids.get(&segment.number.to_string()) else {
                assert!(!placed.mask.contains(&1), "{path}");
                continue;
            };
            assert_eq!(Some(sha256(&placed.mask).as_str()), grid["mask_sha256_u8"].as_str(), "{path}");
            // Where the slices make a volume, its grid is as good as their positions.
            if expected["decisions"][folder]["action"] != "refuse" {
                let grid = segments.place(segment.number, &Planes::of(&series.images.grid)).unwrap();
                assert_eq!(grid, placed, "{path}");
            }
            compared += 1;
        }
        assert!(grids.keys().all(|n| segments.list().iter().any(|s| s.number == number(n))), "{path}");
        assert_eq!(off as u64, facts["frames_off_image_grid"].as_u64().unwrap(), "{path}");
    }
    println!("{compared} segments have the listed masks");
    assert!(compared >= 25);
}

/// Series to write on: even, tilted, oblique, sagittal, of odd size, with uneven gaps, of several frames in one file.
const WRITTEN: [&str; 9] = [
    "derived/phantom/image",
    "derived/phantom_tilt/image",
    "ct_ge_tilt/image",
    "ct_sts002/image",
    "mr_sts001_oblique/image",
    "mr_ucsf06_seg/image",
    "seg_23x38x3/image",
    "pet_sts001_raw/image",
    "ibsi1_digital/image",
];

/// Masks that overlap: a ball with a hole, islands, one voxel in each corner, and nothing.
fn masks(grid: &Grid) -> Vec<(&'static str, Vec<u8>)> {
    let [ni, nj, nk] = grid.size;
    let draw = |inside: &dyn Fn([f64; 3], [usize; 3]) -> bool| -> Vec<u8> {
        let mut mask = Vec::with_capacity(ni * nj * nk);
        for k in 0..nk {
            for j in 0..nj {
                for i in 0..ni {
                    let part = |n: usize, of: usize| 2.0 * (n as f64 + 0.5) / of as f64 - 1.0;
                    mask.push(u8::from(inside([part(i, ni), part(j, nj), part(k, nk)], [i, j, k])));
                }
            }
        }
        mask
    };
    let radius = |[x, y, z]: [f64; 3]| (x * x + y * y + z * z).sqrt();
    vec![
        ("Läsion 1", draw(&|at, _| (0.3..0.8).contains(&radius(at)))),
        ("islands", draw(&|_, [i, j, k]| (i / 2 + j / 3 + k) % 5 == 0 && k % 3 != 1)),
        ("corners", draw(&|_, [i, j, k]| i % (ni - 1) == 0 && j % (nj - 1) == 0 && (k == 0 || k + 1 == nk))),
        ("nothing", draw(&|_, _| false)),
    ]
}

fn lesions<'a>(masks: &'a [(&'static str, Vec<u8>)]) -> Vec<Lesion<'a>> {
    masks.iter().map(|(label, mask)| Lesion { label, tracking: None, made: Made::Given, mask }).collect()
}

#[test]
fn masks_on_every_kind_of_series_come_back_without_a_differing_voxel() {
    let Some(reference) = reference() else { return };
    let expected = expected(&reference);
    for folder in WRITTEN {
        let series = Series::of(&reference, &expected, folder);
        let root = series.header.root();
        let grid = &series.images.grid;
        let masks = masks(grid);
        for patient in [Patient::copied(root).unwrap(), Patient::under(root, "P01").unwrap()] {
            let bytes = encode(&patient, &series.images, &lesions(&masks), patient.moment()).unwrap();
            let again = encode(&patient, &series.images, &lesions(&masks), patient.moment()).unwrap();
            assert_eq!(bytes, again, "{folder}");
            let file = File::parse(bytes).unwrap();
            let segments = Segments::of(&file).unwrap();
            for (segment, (label, mask)) in segments.list().iter().zip(&masks) {
                assert_eq!(segment.label, *label);
                assert_eq!(segment.tracking_uid.as_deref(), Some(patient.lesion(label).as_str()));
                // Where the images are, which on uneven slices is not where a regular grid has them.
                let placed = segments.on(segment.number, &series.planes(), &series.frame).unwrap();
                assert_eq!((placed.frames_off, placed.voxels_off), (0, 0), "{folder} {label}");
                assert!(placed.mask == *mask, "{folder} {label}");
            }
            assert_eq!(segments.list().len(), masks.len());
        }
    }
}

#[test]
fn under_a_pseudonym_no_identifier_date_or_uid_of_the_source_is_left() {
    let Some(reference) = reference() else { return };
    let series = Series::of(&reference, &expected(&reference), "derived/phantom_canary/image");
    let root = series.header.root();
    let masks = masks(&series.images.grid);
    let written =
        |patient: &Patient| encode(patient, &series.images, &lesions(&masks), patient.moment()).unwrap();
    let copied = written(&Patient::copied(root).unwrap());
    let hidden = written(&Patient::under(root, "P01").unwrap());
    let has = |bytes: &[u8], word: &str| bytes.windows(word.len()).any(|window| window == word.as_bytes());
    let study = root.text(tags::STUDY_INSTANCE_UID).unwrap();
    let instance = &series.images.slices[3].instance;
    for word in ["CANARY", "19010203", "19990807", &study, &series.frame, &series.images.series, instance] {
        assert!(has(&copied, word), "the test looks for what is there");
        assert!(!has(&hidden, word), "{word}");
    }
}

/// Writes segmentations for other programs, and says under which names and of which images.
fn write_all(folder: &Path, pseudonym: Option<&str>) -> Option<Vec<(String, PathBuf)>> {
    let reference = reference()?;
    let expected = expected(&reference);
    let mut names = Vec::new();
    for name in WRITTEN {
        let series = Series::of(&reference, &expected, name);
        let root = series.header.root();
        let patient = match pseudonym {
            Some(pseudonym) => Patient::under(root, pseudonym).unwrap(),
            None => Patient::copied(root).unwrap(),
        };
        let masks = masks(&series.images.grid);
        let moment = Moment::utc(1_700_000_000);
        let bytes = encode(&patient, &series.images, &lesions(&masks), &moment).unwrap();
        let name = name.replace('/', "_");
        fs::write(folder.join(format!("{name}.dcm")), bytes).unwrap();
        let all: Vec<u8> = masks.iter().flat_map(|(_, mask)| mask.iter().copied()).collect();
        fs::write(folder.join(format!("{name}.u8")), all).unwrap();
        let grid = &series.images.grid;
        let facts = serde_json::json!({
            "size": grid.size, "origin": grid.origin, "steps": grid.steps, "positions": series.positions,
            "labels": masks.iter().map(|(label, _)| label).collect::<Vec<_>>(),
        });
        fs::write(folder.join(format!("{name}.json")), facts.to_string()).unwrap();
        names.push((name, series.path));
    }
    Some(names)
}

/// Errors that dciodvfy finds in a file.
fn errors(path: &Path) -> Vec<String> {
    let output = Command::new("dciodvfy").arg(path).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.lines().count() > 0, "it names at least the kind of object");
    said.lines().filter(|line| line.to_lowercase().starts_with("error")).map(str::to_owned).collect()
}

#[test]
fn dciodvfy_finds_no_error_that_the_images_do_not_have() {
    let folder = tempfile::tempdir().unwrap();
    if Command::new("dciodvfy").arg("-version").output().is_err() {
        println!("skipped: dciodvfy is absent");
        return;
    }
    let mut own = 0;
    for pseudonym in [None, Some("P01")] {
        let Some(names) = write_all(folder.path(), pseudonym) else { return };
        for (name, source) in names {
            let known = errors(&source);
            let found = errors(&folder.path().join(format!("{name}.dcm")));
            own += usize::from(found.is_empty());
            let new: Vec<_> = found.into_iter().filter(|error| !known.contains(error)).collect();
            assert!(new.is_empty(), "{name}: {new:#?}");
        }
    }
    println!("{own} of {} files have no error at all", 2 * WRITTEN.len());
    assert!(own > WRITTEN.len());
}

#[test]
fn other_readers_find_the_same_voxels() {
    // A Python with highdicom, SimpleITK and dcmqi.
    let Ok(python) = std::env::var("DELTA_DICOM_PYTHON") else {
        println!("skipped: DELTA_DICOM_PYTHON names no Python with highdicom, SimpleITK and dcmqi");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    if write_all(folder.path(), None).is_none() {
        return;
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/read_segments.py");
    let output = Command::new(python).arg(script).arg(folder.path()).output().unwrap();
    print!("{}", String::from_utf8_lossy(&output.stdout));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
