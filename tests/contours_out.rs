//! Masks on DICOM series leave as RTSTRUCT and SEG, and come back as the very same voxels.

#![allow(clippy::unwrap_used, reason = "a test that cannot write its own data has to fail")]

mod common;
#[path = "support/dicom.rs"]
mod dicom;
#[path = "support/patient.rs"]
mod patient;

use std::collections::BTreeSet;
use std::path::Path;

use common::{expect, names, rows};
use delta_radiomics::geometry::Grid;
use delta_radiomics::io::{ReadOptions, VisitSource, read_label_map, read_scan, read_visit, write_mask};
use delta_radiomics::labels::Mask;
use delta_radiomics::record::MaskSource;
use delta_radiomics::visit::Visit;
use delta_radiomics::volume::Volume;
use dicom::slices::{Elements, Plain, frames, write};
use dicom::{Layout, Scanned, put_slices, slices_of};
use serde_json::Value;

const SIZE: [u16; 2] = [24, 20];
const SLICES: usize = 8;
/// Forms by their word on the command line.
const FORMS: [&str; 2] = ["rtstruct", "seg"];

/// What must not be in a file under a pseudonym.
const SECRETS: [&str; 8] = [
    "CANARY^Name",
    "CANARY-1",
    "19010203",
    "19990807",
    "1.2.826.777.1",
    "1.2.826.777.7",
    "1.2.826.777.8",
    "1.2.826.777.1.3",
];

/// A slice of a patient with a name.
fn slice(k: usize, position: [f64; 3]) -> Plain {
    let mut more = Elements::default();
    more.text((0x10, 0x10), "PN", "CANARY^Name").text((0x10, 0x20), "LO", "CANARY-1");
    more.text((0x10, 0x30), "DA", "19010203");
    more.text((0x20, 0xd), "UI", "1.2.826.777.7").text((0x20, 0x52), "UI", "1.2.826.777.8");
    let pixels = (0..i16::try_from(SIZE[0] * SIZE[1]).unwrap()).map(|v| 1000 + v).collect();
    Plain {
        series: "1.2.826.777.1".into(),
        sop: format!("1.2.826.777.1.{k}"),
        size: SIZE,
        position,
        spacing: [1.25, 1.5],
        study_date: "19990807".into(),
        pixels,
        more,
        ..Plain::at(k, 0.0)
    }
}

/// Writes a series of eight slices at these places.
fn put_series(folder: &Path, place: impl Fn(f64) -> [f64; 3]) {
    std::fs::create_dir_all(folder).unwrap();
    let slices: Vec<Plain> = (0..SLICES).map(|k| slice(k, place(k as f64))).collect();
    write(folder, &slices);
}

fn put_straight(folder: &Path) {
    put_series(folder, |k| [-7.3, 11.9, 2.5 * k]);
}

/// A series of every kind: straight, of a tilted gantry either way, oblique, not quite even, and of one file.
fn put_kinds(here: &Path) -> Vec<&'static str> {
    put_straight(&here.join("straight"));
    put_series(&here.join("tilted"), |k| [-7.3, 0.61 * k, 2.5 * k]);
    put_series(&here.join("tilted_back"), |k| [-7.3 - 0.2 * k, -0.83 * k, -3.0 * k]);
    put_series(&here.join("uneven"), |k| [0.0, 0.0, 2.5 * k + if k > 3.0 { 0.06 } else { 0.0 }]);
    let oblique = here.join("oblique");
    std::fs::create_dir_all(&oblique).unwrap();
    let (row, column) = ([0.8, 0.6, 0.0], [0.0, 0.0, -1.0]);
    let orientation = [row, column].concat().try_into().unwrap();
    // The normal is row times column.
    let along = |k: f64| [-0.6 * 2.5 * k, 0.8 * 2.5 * k, 40.0];
    let slices: Vec<Plain> =
        (0..SLICES).map(|k| Plain { orientation, ..slice(k, along(k as f64)) }).collect();
    write(&oblique, &slices);
    let many = here.join("frames");
    std::fs::create_dir_all(&many).unwrap();
    let pixels = slice(0, [0.0; 3]).pixels.repeat(SLICES);
    let mut file = frames(SIZE, SLICES, pixels);
    file.more.extend(&slice(0, [0.0; 3]).more);
    write(&many, &[file]);
    vec!["straight", "tilted", "tilted_back", "uneven", "oblique", "frames"]
}

/// A ring, islands two slices apart, a block that overlaps both, and voxels that touch at corners.
fn shapes(image: &Volume<f32>) -> Vec<(&'static str, Mask)> {
    let grid = image.grid();
    let dims = grid.dims();
    let mask = |holds: &dyn Fn([f64; 2], [usize; 3]) -> bool| {
        Mask::from_fn(grid.clone(), |offset| {
            let at = grid.voxel(offset);
            let place = [0, 1].map(|axis| at[axis] as f64 - dims[axis] as f64 / 2.0);
            !image.values()[offset].is_nan() && holds(place, at)
        })
    };
    let round = |[x, y]: [f64; 2], [a, b]: [f64; 2], r: f64| (x - a).hypot(y - b) < r;
    vec![
        ("ring", mask(&|p, at| at[2] % 7 > 1 && round(p, [0.0; 2], 7.6) && !round(p, [0.5, 0.0], 3.6))),
        (
            "islands",
            mask(&|p, at| at[2] % 3 == 1 && (round(p, [-5.0, -3.0], 2.3) || round(p, [5.0, 4.0], 3.0))),
        ),
        ("block", mask(&|_, [i, j, _]| (6..14).contains(&i) && (7..12).contains(&j))),
        ("corners", mask(&|p, [i, j, k]| round(p, [0.0; 2], 6.0) && (i + j) % 2 == 0 && k == 4)),
    ]
}

fn put_masks(folder: &Path, masks: &[(&str, Mask)]) -> Vec<String> {
    std::fs::create_dir_all(folder).unwrap();
    let one = |(name, mask): &(&str, Mask)| {
        let path = folder.join(format!("{name}.nii.gz"));
        write_mask(&path, mask).unwrap();
        path.to_str().unwrap().to_owned()
    };
    masks.iter().map(one).collect()
}

fn contours(here: &Path, series: &str, masks: &[String], more: &[&str], code: i32) -> (String, String) {
    let mut arguments = vec!["contours", series];
    arguments.extend(masks.iter().map(String::as_str));
    arguments.extend(more);
    let output = expect(here, &arguments, code);
    [output.stdout, output.stderr].map(|said| String::from_utf8(said).unwrap()).into()
}

fn read(here: &Path, series: &str, mask: &str) -> Visit {
    let source = VisitSource::with_mask(here.join(series), here.join(mask));
    read_visit(&source, &ReadOptions::default()).unwrap()
}

/// Voxels that are in one of two masks only.
fn differ(a: &Mask, b: &Mask) -> usize {
    let [a, b] = [a, b].map(|mask| mask.offsets().collect::<BTreeSet<usize>>());
    a.symmetric_difference(&b).count()
}

fn holds(bytes: &[u8], word: &str) -> bool {
    bytes.windows(word.len()).any(|window| window == word.as_bytes())
}

#[test]
fn masks_come_back_from_both_forms_on_every_kind_of_series() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    for series in put_kinds(here) {
        let image = read_scan(&here.join(series), &ReadOptions::default()).unwrap().volume;
        let shapes = shapes(&image);
        let masks = put_masks(&here.join(format!("{series}_masks")), &shapes);
        for form in FORMS {
            for pseudonym in [&[][..], &["--pseudonym", "P 01"]] {
                let out = format!("{series}_{}.{form}.dcm", pseudonym.len());
                let more = [&["--as", form, "--out", &out], pseudonym].concat();
                contours(here, series, &masks, &more, 0);
                let visit = read(here, series, &out);
                assert_eq!(visit.structures.len(), shapes.len(), "{out}");
                for (structure, (name, mask)) in visit.structures.iter().zip(&shapes) {
                    assert_eq!(structure.name, *name, "{out}");
                    assert_eq!(structure.source, MaskSource::Drawn, "{out}");
                    assert_eq!(differ(&structure.mask, mask), 0, "{out}, {name}");
                    assert!(!mask.is_empty(), "{out}, {name}");
                }
            }
        }
    }
}

#[test]
fn one_region_is_asked_for_by_name_number_or_tracking_uid_which_is_the_same_in_both_forms_and_at_every_date()
{
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    put_straight(&here.join("t0"));
    // Another study of the same patient.
    std::fs::create_dir(here.join("t1")).unwrap();
    let later = (0..SLICES).map(|k| {
        let mut slice = slice(k, [-7.3, 11.9, 2.5 * k as f64]);
        slice.series = "1.2.826.778.1".into();
        slice.sop = format!("1.2.826.778.1.{k}");
        slice.more.text((0x20, 0xd), "UI", "1.2.826.778.7").text((0x20, 0x52), "UI", "1.2.826.778.8");
        slice
    });
    write(&here.join("t1"), &later.collect::<Vec<_>>());
    let image = read_scan(&here.join("t0"), &ReadOptions::default()).unwrap().volume;
    let shapes = shapes(&image);
    let masks = put_masks(&here.join("masks"), &shapes);
    let mut uids = Vec::new();
    for (series, pseudonym) in [("t0", None), ("t1", None), ("t0", Some("A")), ("t1", Some("A"))] {
        for form in FORMS {
            let out = format!("{series}_{}_{form}.dcm", pseudonym.unwrap_or_default());
            let mut more = vec!["--as", form, "--out", &out];
            more.extend(pseudonym.iter().flat_map(|name| ["--pseudonym", name]));
            contours(here, series, &masks, &more, 0);
            let uid = read(here, series, &out).tracking["islands"].uid.clone();
            for asked in ["islands", "2", &uid] {
                let visit = read(here, series, &format!("{out}:{asked}"));
                assert_eq!(visit.structures.len(), 1, "{out}:{asked}");
                assert_eq!(visit.structures[0].mask.count(), shapes[1].1.count(), "{out}:{asked}");
            }
            // What was read with a UID keeps it, in the other form and under the same pseudonym.
            let again = format!("again_{out}");
            more[1] = FORMS[usize::from(form == FORMS[0])];
            more[3] = &again;
            contours(here, series, std::slice::from_ref(&out), &more, 0);
            assert_eq!(read(here, series, &again).tracking["islands"].uid, uid, "{again}");
            uids.push((pseudonym, uid));
        }
    }
    let (named, hidden) = uids.split_at(4);
    assert!(named.iter().all(|uid| *uid == named[0]) && hidden.iter().all(|uid| *uid == hidden[0]));
    assert_ne!(named[0].1, hidden[0].1);
}

#[test]
fn a_pseudonym_leaves_nothing_of_the_patient_and_nothing_is_said_of_one() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    put_straight(&here.join("series"));
    let image = read_scan(&here.join("series"), &ReadOptions::default()).unwrap().volume;
    let masks = put_masks(&here.join("masks"), &shapes(&image));
    for form in FORMS {
        for (pseudonym, out) in [(None, "open.dcm"), (Some("P01"), "hidden.dcm")] {
            for style in [&[][..], &["--json"], &["--quiet"]] {
                let mut more = vec!["--as", form, "--out", out, "--force"];
                more.extend(pseudonym.iter().flat_map(|name| ["--pseudonym", name]));
                let (said, cried) = contours(here, "series", &masks, &[&more, style].concat(), 0);
                for word in SECRETS {
                    assert!(
                        !holds(said.as_bytes(), word) && !holds(cried.as_bytes(), word),
                        "{word}: {said}"
                    );
                }
            }
            let bytes = std::fs::read(here.join(out)).unwrap();
            for word in SECRETS {
                assert_eq!(holds(&bytes, word), pseudonym.is_none(), "{form}, {out}: {word}");
            }
        }
        // Beside its series it is still known as its mask.
        std::fs::rename(here.join("hidden.dcm"), here.join("series/hidden.dcm")).unwrap();
        let visit = read_visit(&VisitSource::new(here.join("series")), &ReadOptions::default()).unwrap();
        assert_eq!(visit.structures.len(), masks.len(), "{form}");
        std::fs::remove_file(here.join("series/hidden.dcm")).unwrap();
    }
}

#[test]
fn bytes_depend_on_content_alone() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    put_straight(&here.join("series"));
    let image = read_scan(&here.join("series"), &ReadOptions::default()).unwrap().volume;
    let masks = put_masks(&here.join("masks"), &shapes(&image));
    // The same files under other names, in another folder and order.
    std::fs::create_dir_all(here.join("moved/deep")).unwrap();
    for (n, name) in names(&here.join("series")).iter().rev().enumerate() {
        let to = here.join(format!("moved/{}{n}", if n % 2 == 0 { "deep/" } else { "" }));
        std::fs::copy(here.join("series").join(name), to).unwrap();
    }
    for form in FORMS {
        for (series, threads, out) in
            [("series", "1", "one"), ("series", "2", "two"), ("moved", "3", "three")]
        {
            contours(here, series, &masks, &["--as", form, "--out", out, "-j", threads, "--force"], 0);
        }
        let [one, two, three] = ["one", "two", "three"].map(|out| std::fs::read(here.join(out)).unwrap());
        assert!(one == two && one == three, "{form}");
    }
}

#[test]
fn what_cannot_be_written_is_refused_under_a_code_and_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    put_straight(&here.join("series"));
    std::fs::create_dir(here.join("frameless")).unwrap();
    let bare = |k: usize| {
        let mut slice = slice(k, [0.0, 0.0, 2.5 * k as f64]);
        slice.more.text((0x20, 0x52), "UI", "");
        slice
    };
    write(&here.join("frameless"), &(0..SLICES).map(bare).collect::<Vec<_>>());
    let image = read_scan(&here.join("series"), &ReadOptions::default()).unwrap().volume;
    let mut masks = put_masks(&here.join("masks"), &shapes(&image));
    masks.truncate(2);
    let other = Grid::axis_aligned([4, 4, 4], [1.0; 3], [0.0; 3]).unwrap();
    let foreign = put_masks(&here.join("foreign"), &[("block", Mask::from_fn(other, |_| true))]);
    let empty =
        put_masks(&here.join("empty"), &[("nothing", Mask::from_fn(image.grid().clone(), |_| false))]);
    let twice = [masks[0].clone(), masks[0].clone()];
    let scan = here.join("scan.nii.gz");
    delta_radiomics::io::write_volume(&scan, &image).unwrap();
    std::fs::write(here.join("there.dcm"), "mine").unwrap();
    let before = names(here);
    let cases: [(&str, &[String], &[&str], &str); 7] = [
        ("frameless", &masks, &["--out", "a.dcm"], "E-DICOM-WRITE  frameless"),
        ("series", &masks, &["--out", "a.dcm", "--pseudonym", "a\\b"], "E-DICOM-WRITE"),
        ("series", &masks, &["--out", "there.dcm"], "E-OUT-OCCUPIED  there.dcm"),
        ("series", &foreign, &["--out", "a.dcm"], "E-MASK-GRID"),
        ("series", &empty, &["--out", "a.dcm"], "E-MASK-EMPTY"),
        ("series", &twice, &["--out", "a.dcm"], "E-MASK-NAME"),
        ("scan.nii.gz", &masks, &["--out", "a.dcm"], "E-CONTOURS-SERIES  scan.nii.gz"),
    ];
    for (series, masks, more, words) in cases {
        for form in FORMS {
            let (said, cried) = contours(here, series, masks, &[more, &["--as", form]].concat(), 3);
            assert!(cried.starts_with(words) && said.is_empty(), "{words}: {cried}");
        }
    }
    assert_eq!(names(here), before);
    assert_eq!(std::fs::read(here.join("there.dcm")).unwrap(), b"mine");
    let (said, _) =
        contours(here, "series", &masks, &["--out", "there.dcm", "--as", "seg", "--force", "--json"], 0);
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((&said["out"], &said["regions"][1]["name"]), (&"there.dcm".into(), &"islands".into()));
    assert_eq!(names(here), before);
}

/// Two visits as DICOM: the baseline with an RTSTRUCT of its lesion and organ beside it.
fn put_visits(here: &Path) {
    let grid = patient::grid();
    for (visit, shift, date) in [("t0", [0.0; 3], "20240101"), ("t1", [3.0, 0.0, -2.0], "20240301")] {
        let slices = slices_of(&patient::body(&grid, shift, 1), &Scanned::on(date));
        put_slices(&here.join(visit), &slices, Layout::Plain);
    }
    let regions = [
        ("lesion", patient::ball(&grid, patient::LESION, 12.0)),
        ("organ", patient::ball(&grid, patient::ORGAN, 9.0)),
    ];
    let masks = put_masks(&here.join("drawn"), &regions);
    contours(here, "t0", &masks, &["--as", "rtstruct", "--out", "t0/drawn.dcm"], 0);
}

#[test]
fn contours_of_a_run_leave_as_dicom_and_count_as_edited_when_they_come_back() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    put_visits(here);
    let run = ["run", "--baseline", "t0", "--followup", "t1"];
    expect(here, &[&run[..], &["--out", "plain"]].concat(), 0);
    let is_dicom = |name: &String| Path::new(name).extension().is_some_and(|ending| ending == "dcm");
    assert!(!names(&here.join("plain/masks")).iter().any(is_dicom), "the patient is in no result unasked");
    let asked = ["--from", "plain", "--dicom-out", "both", "--pseudonym", "P 01"];
    let output = expect(here, &[&run[..], &asked, &["--out", "out"]].concat(), 0);
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("out/masks/t1_followed.rtstruct.dcm"), "{said}");
    let page = std::fs::read_to_string(here.join("out/report.html")).unwrap();
    assert!(page.contains("t1_followed.rtstruct.dcm") && page.contains("planning system"));
    expect(here, &["verify", "out"], 0);
    let record: Value =
        serde_json::from_str(&std::fs::read_to_string(here.join("out/run.json")).unwrap()).unwrap();
    let written: Vec<String> = names(&here.join("out/masks")).into_iter().filter(is_dicom).collect();
    let expected = ["carried.rtstruct", "carried.seg", "followed.rtstruct", "followed.seg"];
    assert_eq!(written, expected.map(|name| format!("t1_{name}.dcm")));
    for name in &written {
        assert!(record["outputs"][format!("masks/{name}")].is_string(), "{name}");
        let visit = read(here, "t1", &format!("out/masks/{name}"));
        let ours = here.join("out/masks").join(format!("{}.nii.gz", name.split('.').next().unwrap()));
        let ours = read_label_map(&ours, &ReadOptions::default()).unwrap().volume;
        assert_eq!(visit.structures.len(), 2, "{name}");
        for (structure, label) in visit.structures.iter().zip(1..) {
            assert_eq!(structure.source, MaskSource::Edited, "{name}");
            let ours = Mask::from_fn(structure.mask.grid().clone(), |offset| ours.values()[offset] == label);
            assert_eq!(differ(&structure.mask, &ours), 0, "{name}, {label}");
        }
        assert_eq!(
            visit.tracking["lesion"].uid,
            read(here, "t1", "out/masks/t1_carried.seg.dcm").tracking["lesion"].uid
        );
    }
    // Given back from another place, as from a planning system.
    std::fs::copy(here.join("out/masks/t1_followed.rtstruct.dcm"), here.join("edited.dcm")).unwrap();
    for (mask, result) in [("edited.dcm", "file"), ("edited.dcm:lesion", "region")] {
        let back = ["--from", "plain", "--followup-mask", mask, "--out", result];
        expect(here, &[&run[..], &back].concat(), 0);
        let deltas = rows(&here.join(result).join("deltas.csv"));
        let lesion =
            deltas.iter().find(|row| row["roi"] == "lesion" && row["feature"] == "morph_volume").unwrap();
        assert_eq!(
            (&*lesion["mask_source_followup"], &*lesion["interval_days"]),
            ("edited", "60.0"),
            "{result}"
        );
    }
}

#[test]
fn contours_of_a_followup_that_is_no_series_are_refused_before_anything_is_computed() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    patient::put_pair(here);
    let run = ["run", "--baseline", "t0", "--followup", "t1", "--out", "out"];
    let refused = expect(here, &[&run[..], &["--dicom-out", "seg"]].concat(), 3);
    assert!(String::from_utf8_lossy(&refused.stderr).starts_with("E-RUN-DICOM-OUT  t1"));
    expect(here, &[&run[..], &["--pseudonym", "P01"]].concat(), 2);
    expect(here, &[&run[..], &["--dicom-out", "seg", "--no-register"]].concat(), 2);
    assert_eq!(names(here), ["t0", "t1"]);
}
