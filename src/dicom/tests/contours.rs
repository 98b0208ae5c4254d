//! RT Structure Sets against the reference, and back.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use std::collections::BTreeMap;
use std::path::Path;

use common::{expected, files, reference, sha256};
use delta_dicom::contours::{Drawn, Filled, Structures, Target, Warning, write};
use delta_dicom::file::File;
use delta_dicom::write::{Images, Made, Patient, Reference};
use delta_dicom::{FaultKind, Grid};
use dicom_dictionary_std::tags;
use serde_json::Value;

/// The only group of a series as a grid.
fn grid(group: &Value) -> Grid {
    let rows: Vec<Vec<f64>> = serde_json::from_value(group["affine_lps"].clone()).unwrap();
    let column = |c: usize| std::array::from_fn(|r| rows[r][c]);
    let size: [usize; 3] = serde_json::from_value(group["dim_ijk"].clone()).unwrap();
    Grid { size, origin: column(3), steps: [column(0), column(1), column(2)] }
}

/// A series of the reference: its grid, and the headers of its images (one frame each) in the order of the slices.
struct Series {
    grid: Grid,
    headers: Vec<File>,
    origins: Vec<[f64; 3]>,
    frame: Option<String>,
    uid: String,
}

impl Series {
    fn read(reference: &Path, expected: &Value, name: &str) -> Self {
        let groups = expected["series"][name]["groups"].as_array().unwrap();
        assert_eq!(groups.len(), 1, "{name}");
        let grid = grid(&groups[0]);
        let mut slices = BTreeMap::new();
        for path in files(&reference.join("data").join(name)) {
            let Ok(file) = File::open_header(&path) else { continue };
            let Some(position) = file.root().numbers(tags::IMAGE_POSITION_PATIENT) else { continue };
            let k = grid.index([position[0], position[1], position[2]])[2].round() as usize;
            slices.insert(k, (file, [position[0], position[1], position[2]]));
        }
        let (headers, origins): (Vec<File>, Vec<[f64; 3]>) = slices.into_values().unzip();
        assert_eq!(headers.len(), grid.size[2], "{name}");
        let first = headers[0].root();
        let frame = first.text(tags::FRAME_OF_REFERENCE_UID);
        let uid = first.text(tags::SERIES_INSTANCE_UID).unwrap();
        Self { grid, headers, origins, frame, uid }
    }

    fn target(&self) -> Target<'_> {
        Target {
            grid: &self.grid,
            origins: Some(&self.origins),
            frame: self.frame.as_deref(),
            series: Some(&self.uid),
        }
    }

    fn images(&self) -> Images {
        let reference = |file: &File| Reference {
            class: file.root().text(tags::SOP_CLASS_UID).unwrap(),
            instance: file.root().text(tags::SOP_INSTANCE_UID).unwrap(),
            frame: None,
        };
        Images {
            grid: self.grid.clone(),
            series: self.uid.clone(),
            slices: self.headers.iter().map(reference).collect(),
            origins: Some(self.origins.clone()),
        }
    }
}

fn count(voxels: &[bool]) -> usize {
    voxels.iter().filter(|&&set| set).count()
}

fn bounds(filled: &Filled, [columns, rows, _]: [usize; 3]) -> Value {
    let mut bounds: Option<[[usize; 3]; 2]> = None;
    for (at, _) in filled.voxels.iter().enumerate().filter(|&(_, &set)| set) {
        let place = [at / (columns * rows), at / columns % rows, at % columns];
        let [low, high] = bounds.get_or_insert([place, place]);
        for axis in 0..3 {
            low[axis] = low[axis].min(place[axis]);
            high[axis] = high[axis].max(place[axis]);
        }
    }
    serde_json::to_value(bounds).unwrap()
}

#[test]
fn every_region_has_the_voxels_of_the_reference() {
    let Some(reference) = reference() else { return };
    let expected = expected(&reference);
    let (mut regions, mut equal) = (0, 0);
    for (name, case) in expected["rtstruct"].as_object().unwrap() {
        let series = case["series"].as_str().unwrap();
        let image = Series::read(&reference, &expected, series);
        let path = reference.join("data").join(case["rtstruct"].as_str().unwrap());
        let structures = Structures::read(&File::open(&path).unwrap()).unwrap();
        let listed = case["rois"].as_array().unwrap();
        assert_eq!(structures.regions().len(), listed.len(), "{name}");
        for roi in listed {
            let number = roi["number"].as_i64().unwrap();
            let of = format!("{name}, region {number}");
            let region = structures.pick(&number.to_string()).unwrap();
            assert_eq!(region.name.as_deref(), roi["name"].as_str(), "{of}");
            assert_eq!(region.contours.len() as u64, roi["contours"].as_u64().unwrap(), "{of}");
            let filled = region.fill(&image.target()).unwrap();
            assert_eq!(filled.contours as u64, roi["contours_used"].as_u64().unwrap(), "{of}");
            let beyond = filled.warnings.iter().find_map(|warning| match warning {
                Warning::Beyond { contours } => Some(*contours as u64),
                _ => None,
            });
            assert_eq!(beyond.unwrap_or(0), roi["contours_outside"].as_u64().unwrap(), "{of}");
            let bytes: Vec<u8> = filled.voxels.iter().map(|&set| u8::from(set)).collect();
            let ties = roi["edge_crossings_within_0p001px_of_centre"].as_u64().unwrap();
            let (voxels, wanted) = (count(&filled.voxels) as u64, roi["voxels"].as_u64().unwrap());
            let same = sha256(&bytes) == roi["mask_sha256_u8"].as_str().unwrap();
            assert!(same || ties > 0, "{of}: {voxels} voxels for {wanted}");
            assert!(voxels.abs_diff(wanted) <= ties, "{of}: {voxels} voxels for {wanted}");
            if same {
                assert_eq!(bounds(&filled, image.grid.size), roi["bbox_kji"], "{of}");
            }
            println!("{of}: {voxels} voxels, equal: {same}, {:?}", filled.warnings);
            regions += 1;
            equal += usize::from(same);
        }
    }
    println!("{equal} of {regions} regions are equal");
    assert_eq!(regions, 30);
}

/// Masks that are hard to outline, on any grid.
fn shapes([columns, rows, slices]: [usize; 3]) -> Vec<(&'static str, Vec<bool>)> {
    let mask = |holds: &dyn Fn([f64; 3], [usize; 3]) -> bool| {
        let mut voxels = Vec::with_capacity(columns * rows * slices);
        for k in 0..slices {
            for j in 0..rows {
                for i in 0..columns {
                    // From -1 to 1 along each axis, beside the indices.
                    let place = [(i, columns), (j, rows), (k, slices)]
                        .map(|(at, size)| (2 * at + 1) as f64 / size as f64 - 1.0);
                    voxels.push(holds(place, [i, j, k]));
                }
            }
        }
        voxels
    };
    let round = |[x, y, _]: [f64; 3], [a, b]: [f64; 2], radius: f64| (x - a).hypot(y - b) < radius;
    let noise = |[i, j, k]: [usize; 3]| {
        let mut state = ((i * 73_856_093) ^ (j * 19_349_663) ^ (k * 83_492_791)) as u64;
        state = (state ^ (state >> 13)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (state >> 32) % 100
    };
    let mut masks = vec![
        ("disc", mask(&|p, _| round(p, [0.1, -0.2], 0.6))),
        ("ring", mask(&|p, _| round(p, [0.0, 0.0], 0.8) && !round(p, [0.1, 0.1], 0.4))),
        (
            "ring with island",
            mask(&|p, _| {
                round(p, [0.0, 0.0], 0.9) && !round(p, [0.0, 0.0], 0.6) || round(p, [0.1, 0.0], 0.3)
            }),
        ),
        ("islands", mask(&|p, _| round(p, [-0.5, -0.5], 0.3) || round(p, [0.5, 0.4], 0.4))),
        (
            "holes",
            mask(&|p, [i, j, k]| {
                round(p, [0.0, 0.0], 0.9) && (i % 4 != 1 || j % 3 != 1 || (i + j + k) % 5 == 0)
            }),
        ),
        ("everything", mask(&|_, _| true)),
        ("nothing", mask(&|_, _| false)),
    ];
    // As many parts as voxels: on small grids only.
    if columns * rows * slices < 50_000 {
        masks.push(("corners", mask(&|p, [i, j, _]| round(p, [0.0, 0.0], 0.5) && (i + j) % 2 == 0)));
        masks.push(("noise", mask(&|_, at| noise(at) < 60)));
    }
    masks
}

fn one<'a>(name: &'a str, voxels: &'a [bool]) -> Drawn<'a> {
    Drawn { name, tracking: None, made: Made::Given, voxels }
}

fn drawn<'a>(masks: &'a [(&str, Vec<bool>)]) -> Vec<Drawn<'a>> {
    masks.iter().map(|(name, voxels)| one(name, voxels)).collect()
}

/// Writes masks on a series and reads them again.
fn comes_back(series: &Series, masks: &[(&str, Vec<bool>)], of: &str) {
    let drawn = drawn(masks);
    let source = series.headers[0].root();
    for patient in [Patient::copied(source).unwrap(), Patient::under(source, "P 01").unwrap()] {
        let bytes = write(&series.images(), &patient, patient.moment(), &drawn).unwrap();
        assert_eq!(bytes, write(&series.images(), &patient, patient.moment(), &drawn).unwrap(), "{of}");
        let file = File::parse(bytes).unwrap();
        assert_eq!(file.syntax, "1.2.840.10008.1.2", "{of}");
        let structures = Structures::read(&file).unwrap();
        assert_eq!(structures.regions().len(), masks.len(), "{of}");
        for (region, (name, voxels)) in structures.regions().iter().zip(masks) {
            assert_eq!(region.name.as_deref(), Some(*name), "{of}");
            assert_eq!(region.tracking.as_deref(), Some(patient.lesion(name).as_str()), "{of}");
            let filled = region.fill(&series.target()).unwrap();
            let differ = filled.voxels.iter().zip(voxels).filter(|(a, b)| a != b).count();
            assert_eq!(differ, 0, "{of}, {name}");
            let warned = |w: &&Warning| !matches!(w, Warning::Gaps { .. });
            assert_eq!(filled.warnings.iter().find(warned), None, "{of}, {name}");
        }
    }
}

#[test]
fn masks_come_back_from_contours_on_straight_oblique_tilted_and_sagittal_series() {
    let Some(reference) = reference() else { return };
    let expected = expected(&reference);
    for name in [
        "derived/phantom/image",
        "derived/phantom_tilt/image",
        "derived/phantom_jitter/image",
        "mr_sts001_oblique/image",
        "mr_ucsf06_seg/image",
        "ct_rtutils/image_and_rt",
        "pet_sts002/image",
    ] {
        let series = Series::read(&reference, &expected, name);
        comes_back(&series, &shapes(series.grid.size), name);
    }
}

#[test]
fn regions_of_the_reference_come_back() {
    let Some(reference) = reference() else { return };
    let expected = expected(&reference);
    for (name, case) in expected["rtstruct"].as_object().unwrap() {
        let series = Series::read(&reference, &expected, case["series"].as_str().unwrap());
        let path = reference.join("data").join(case["rtstruct"].as_str().unwrap());
        let structures = Structures::read(&File::open(&path).unwrap()).unwrap();
        let masks: Vec<(&str, Vec<bool>)> = structures
            .regions()
            .iter()
            .map(|region| (region.name.as_deref().unwrap(), region.fill(&series.target()).unwrap().voxels))
            .collect();
        comes_back(&series, &masks, name);
    }
}

#[test]
fn another_frame_of_reference_is_refused() {
    let Some(reference) = reference() else { return };
    let expected = expected(&reference);
    let series = Series::read(&reference, &expected, "derived/phantom_tilt/image");
    let path = reference.join("data/derived/phantom/rtstruct/shapes.dcm");
    let structures = Structures::read(&File::open(&path).unwrap()).unwrap();
    let fault = structures.pick("islands").unwrap().fill(&series.target()).unwrap_err();
    assert_eq!(fault.kind, FaultKind::Frame);
    let several = structures.pick("disc").unwrap_err();
    assert_eq!((several.kind, several.fact.contains("1, 20")), (FaultKind::Region, true));
    assert_eq!(structures.pick("GTV/Läsion 1 (µ)").unwrap().number, 19);
}

#[test]
fn under_a_pseudonym_a_structure_set_holds_nothing_of_the_patient() {
    let Some(reference) = reference() else { return };
    let expected = expected(&reference);
    let series = Series::read(&reference, &expected, "derived/phantom_canary/image");
    let masks = shapes(series.grid.size);
    let drawn = [one("lesion 1", &masks[1].1)];
    let source = series.headers[0].root();
    let holds = |bytes: &[u8], word: &str| bytes.windows(word.len()).any(|window| window == word.as_bytes());
    let mut words = vec!["CANARY", "19010203", "19990807"];
    let uids = [tags::STUDY_INSTANCE_UID, tags::SERIES_INSTANCE_UID, tags::FRAME_OF_REFERENCE_UID];
    let mut uids: Vec<String> = uids.into_iter().filter_map(|tag| source.text(tag)).collect();
    uids.extend(series.images().slices.into_iter().map(|image| image.instance));
    words.extend(uids.iter().map(String::as_str));

    let hidden = Patient::under(source, "P 01").unwrap();
    let bytes = write(&series.images(), &hidden, hidden.moment(), &drawn).unwrap();
    for word in &words {
        assert!(!holds(&bytes, word), "{word}");
    }
    let copied = Patient::copied(source).unwrap();
    let bytes = write(&series.images(), &copied, copied.moment(), &drawn).unwrap();
    assert!(words.iter().all(|word| holds(&bytes, word)), "an archive needs them");
    // What is no matter of the patient and study modules stays out even so.
    for private in ["CANARY05", "CANARY08", "CANARY12", "CANARY24"] {
        assert!(!holds(&bytes, private), "{private}");
    }
}

#[test]
fn masks_of_another_size_are_not_written() {
    let Some(reference) = reference() else { return };
    let series = Series::read(&reference, &expected(&reference), "derived/phantom/image");
    let patient = Patient::copied(series.headers[0].root()).unwrap();
    let drawn = [one("x", &[true])];
    let fault = write(&series.images(), &patient, patient.moment(), &drawn).unwrap_err();
    assert_eq!(fault.kind, FaultKind::Unwritable);
}

/// Needs plastimatch, and a Python with SimpleITK and rt-utils: `DELTA_DICOM_PYTHON=... cargo test --release --test
/// contours -- --nocapture other_programs`.
#[test]
fn other_programs_read_the_same_voxels() {
    let Some(reference) = reference() else { return };
    let Ok(python) = std::env::var("DELTA_DICOM_PYTHON") else {
        println!("skipped: DELTA_DICOM_PYTHON names no Python with SimpleITK and rt-utils");
        return;
    };
    let expected = expected(&reference);
    let folder = tempfile::tempdir().unwrap();
    for (name, series_name) in [
        ("phantom", "derived/phantom/image"),
        ("jitter", "derived/phantom_jitter/image"),
        ("square", "ct_rtutils/image_and_rt"),
        ("sagittal", "mr_ucsf06_seg/image"),
        ("pet", "pet_sts002/image"),
        ("oblique", "mr_sts001_oblique/image"),
    ] {
        let series = Series::read(&reference, &expected, series_name);
        let masks = shapes(series.grid.size);
        let drawn = drawn(&masks);
        let patient = Patient::copied(series.headers[0].root()).unwrap();
        let bytes = write(&series.images(), &patient, patient.moment(), &drawn).unwrap();
        let path = folder.path().join(name);
        std::fs::write(path.with_extension("dcm"), bytes).unwrap();
        let all: Vec<u8> = masks.iter().flat_map(|(_, voxels)| voxels).map(|&set| u8::from(set)).collect();
        std::fs::write(path.with_extension("u8"), all).unwrap();
        let names: Vec<&str> = masks.iter().map(|(name, _)| *name).collect();
        // A border that is counted makes small parts and holes another shape.
        let smooth = ["disc", "ring", "ring with island", "islands", "everything"];
        let asked: Vec<bool> = names.iter().map(|of| name == "square" && smooth.contains(of)).collect();
        let case = serde_json::json!({
            "size": series.grid.size,
            "names": names,
            "asked": asked,
            "series": reference.join("data").join(series_name),
        });
        std::fs::write(path.with_extension("json"), case.to_string()).unwrap();
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/read_contours.py");
    let status = std::process::Command::new(python).arg(script).arg(folder.path()).status().unwrap();
    assert!(status.success());
}
