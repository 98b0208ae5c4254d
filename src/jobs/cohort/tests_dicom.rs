//! Manifests of DICOM: days from files, regions by name, series by column, and what folders become.

use std::path::Path;

use delta_dicom::contours::{Drawn, write as write_contours};
use delta_dicom::file::File;
use delta_dicom::series::look;
use delta_dicom::write::{Images, Made, Patient};

use super::folders::{FoldersRequest, import};
use super::manifest::{Checked, CohortManifest, HeaderCheck};
use super::windows::Window;
use crate::io::{PetValues, ReadOptions};
use crate::record::{Modality, Units, VisitState};
use crate::store::Existing;

#[path = "../../dicom/tests/common/slices.rs"]
mod slices;

use slices::Plain;

/// Columns, rows and slices of all series.
const SIZE: [usize; 3] = [4, 3, 5];

/// A series of a patient's visit: five slices, 2 mm apart.
fn series(id: u32, number: i64, date: &str) -> Vec<Plain> {
    let slice = |k: usize| {
        let mut slice = Plain::at(k, 2.0 * k as f64);
        slice.series = format!("2.25.{id}{number}");
        slice.number = number;
        slice.sop = format!("2.25.{id}{number}.{k}");
        slice.study_date = date.into();
        slice.more.text((0x20, 0xd), "UI", &format!("2.25.{id}77")).text(
            (0x20, 0x52),
            "UI",
            &format!("2.25.{id}88"),
        );
        slice
    };
    (0..SIZE[2]).map(slice).collect()
}

/// The bytes of a structure set of one region in the middle of a series.
fn contours(slices: &[Plain], name: &str) -> Vec<u8> {
    let dir = tempfile::tempdir().unwrap();
    let files = slices::write(dir.path(), slices);
    let header = File::open_header(&files[0]).unwrap();
    let patient = Patient::copied(header.root()).unwrap();
    let found = look(&[dir.path().to_owned()]).unwrap();
    let images = Images::of(&found.series[0]).unwrap();
    let [columns, rows, _] = SIZE;
    let inside = |n: usize| (1..3).contains(&(n % columns)) && (n / (columns * rows)) == 2;
    let voxels: Vec<bool> = (0..SIZE.iter().product()).map(inside).collect();
    let drawn = Drawn { name, tracking: None, made: Made::Given, voxels: &voxels };
    write_contours(&images, &patient, patient.moment(), &[drawn]).unwrap()
}

/// Writes a visit's series, with a structure set beside it where it has a name.
fn visit(folder: &Path, slices: &[Plain], roi: Option<&str>) {
    std::fs::create_dir_all(folder).unwrap();
    slices::write(folder, slices);
    if let Some(roi) = roi {
        std::fs::write(folder.join("rs.dcm"), contours(slices, roi)).unwrap();
    }
}

fn read(dir: &Path, text: &str, windows: &[&str], options: &ReadOptions) -> Checked {
    let path = dir.join("manifest.csv");
    std::fs::write(&path, text).unwrap();
    let windows: Vec<Window> = windows.iter().map(|w| w.parse().unwrap()).collect();
    CohortManifest::read(&path, options, &windows, &HeaderCheck::All).unwrap()
}

/// A patient with two visits, 40 days apart by the dates in the files, drawn at the first.
fn patient() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    visit(&dir.path().join("a/t0"), &series(1, 1, "20310120"), Some("GTV"));
    visit(&dir.path().join("a/t1"), &series(2, 1, "20310301"), None);
    dir
}

fn days(checked: &Checked) -> Vec<Option<f64>> {
    checked.manifest.subjects[0].records.iter().map(|record| record.day).collect()
}

fn codes(checked: &Checked) -> Vec<(usize, &str)> {
    checked.faults.iter().map(|fault| (fault.row, fault.code.as_str())).collect()
}

#[test]
fn days_units_and_masks_come_from_the_files() {
    let dir = patient();
    let text = "subject,visit,visit_folder\nA,t0,a/t0\nA,late,a/t1\n";
    let checked = read(dir.path(), text, &["t1: 42 +/- 14 d"], &ReadOptions::default());
    assert_eq!(checked.faults, []);
    assert_eq!(days(&checked), [Some(0.0), Some(40.0)]);
    assert_eq!(checked.manifest.subjects[0].visits[1].name, "t1");
    let inputs = &checked.inputs["A"];
    assert!(
        inputs.iter().all(|visit| (visit.facts.modality, visit.facts.units) == (Modality::Ct, Units::Hu))
    );
    assert_eq!(inputs[0].files, [dir.path().join("a/t0")], "a series is what it was found in");
    assert_eq!(inputs[0].facts.grid.dims(), SIZE);
    let outside = read(dir.path(), text, &["t1: 90 +/- 14 d"], &ReadOptions::default());
    let states: Vec<_> = outside.manifest.subjects[0].records.iter().map(|record| record.state).collect();
    assert_eq!(states, [VisitState::Taken, VisitState::Missing, VisitState::OutsideWindows]);
}

#[test]
fn a_day_or_date_of_the_manifest_goes_before_those_of_the_files() {
    let dir = patient();
    let read = |text: &str| read(dir.path(), text, &[], &ReadOptions::default());
    assert_eq!(
        days(&read("subject,visit,day,visit_folder\nA,t0,0,a/t0\nA,t1,7,a/t1\n")),
        [Some(0.0), Some(7.0)]
    );
    assert_eq!(
        days(&read("subject,visit,day,visit_folder\nA,t0,,a/t0\nA,t1,7,a/t1\n")),
        [Some(0.0), Some(7.0)]
    );
    let dated = "subject,visit,date,visit_folder\nA,t0,2031-01-10,a/t0\nA,t1,,a/t1\n";
    assert_eq!(days(&read(dated)), [Some(0.0), Some(50.0)], "a date and a date in files are of one calendar");
    let early = read("subject,visit,visit_folder,baseline\nA,t0,a/t0,\nA,t1,a/t1,true\n");
    assert_eq!(codes(&early), [(1, "E-MANIFEST-DAYS")]);
    assert!(early.faults[0].fact.contains("40 days before") && !early.faults[0].fact.contains("2031"));
    let unknown = read("subject,visit,date,visit_folder\nA,t0,20.01.2031,a/t0\n");
    assert_eq!(codes(&unknown), [(1, "E-MANIFEST-DATE")]);
    assert!(!unknown.faults[0].fact.contains("2031"), "{}", unknown.faults[0].fact);
}

#[test]
fn a_region_is_asked_for_by_name_and_must_be_there_in_the_frame_of_the_series() {
    let dir = patient();
    std::fs::rename(dir.path().join("a/t0/rs.dcm"), dir.path().join("rs.dcm")).unwrap();
    let fault = |row: &str| {
        let text = format!("subject,visit,image,mask\nA,t0,{row}\n");
        let checked = read(dir.path(), &text, &[], &ReadOptions::default());
        checked.faults.iter().map(|fault| fault.code.clone()).collect::<Vec<_>>()
    };
    assert_eq!(fault("a/t0,rs.dcm:GTV"), [""; 0]);
    assert_eq!(fault("a/t0,rs.dcm"), [""; 0]);
    assert_eq!(fault("a/t0,rs.dcm:liver"), ["E-DICOM-ROI"]);
    assert_eq!(fault("a/t1,rs.dcm:GTV"), ["E-DICOM-FRAME"]);
    assert_eq!(fault("a/t0,none.dcm:GTV"), ["E-FILE-MISSING"]);
    assert_eq!(fault("a/t0,"), ["E-MANIFEST-MASK"]);
    let inputs =
        read(dir.path(), "subject,visit,image,mask\nA,t0,a/t0,rs.dcm:GTV\n", &[], &ReadOptions::default());
    assert_eq!(inputs.inputs["A"][0].files, ["a/t0", "rs.dcm"].map(|file| dir.path().join(file)));
}

#[test]
fn of_several_series_the_column_says_which() {
    let dir = patient();
    let mut second = series(1, 2, "20310120");
    second.truncate(3);
    visit(&dir.path().join("a/t0"), &second, None);
    let read = |series: &str, options: &ReadOptions| {
        let text = format!("subject,visit,visit_folder,series\nA,t0,a/t0,{series}\nA,t1,a/t1,\n");
        read(dir.path(), &text, &[], options)
    };
    let open = read("", &ReadOptions::default());
    assert_eq!(codes(&open), [(1, "E-DICOM-SERIES")]);
    assert!(open.faults[0].hint.contains("column series"), "{}", open.faults[0].hint);
    assert!(open.faults[0].fact.contains("1 (CT") && open.faults[0].fact.contains("2 (CT"));
    let chosen = read("2", &ReadOptions::default());
    assert_eq!(chosen.faults, []);
    assert_eq!(chosen.inputs["A"][0].facts.grid.dims(), [4, 3, 3]);
    let all = ReadOptions { series: Some("1".into()), ..ReadOptions::default() };
    assert_eq!(read("", &all).inputs["A"][0].facts.grid.dims(), SIZE);
    assert_eq!(read("2", &all).inputs["A"][0].facts.grid.dims(), [4, 3, 3], "the column goes before");
}

#[test]
fn what_the_manifest_says_of_intensities_is_judged_as_the_run_judges_it() {
    let dir = patient();
    let facts = |modality: &str, units: &str| {
        let text = format!(
            "subject,visit,visit_folder,modality,units\nA,t0,a/t0,{modality},{units}\nA,t1,a/t1,{modality},{units}\n"
        );
        let checked = read(dir.path(), &text, &[], &ReadOptions::default());
        let facts = &checked.inputs["A"][0].facts;
        (facts.modality, facts.units)
    };
    assert_eq!(facts("", ""), (Modality::Ct, Units::Hu));
    assert_eq!(facts("", "SUV"), (Modality::Ct, Units::Hu), "units that the series says count");
    assert_eq!(facts("OT", "HU"), (Modality::Ot, Units::Hu));
}

#[test]
fn activities_as_they_are_need_no_dose() {
    let dir = patient();
    for (visit, id) in [("t0", 1), ("t1", 2)] {
        let mut pet = series(id, 1, "20310120");
        for slice in &mut pet {
            slice.more.text((8, 0x60), "CS", "PT").text((0x54, 0x1001), "CS", "BQML");
        }
        slices::write(&dir.path().join("a").join(visit), &pet);
    }
    let text = "subject,visit,visit_folder\nA,t0,a/t0\nA,t1,a/t1\n";
    let suv = read(dir.path(), text, &[], &ReadOptions::default());
    assert_eq!(codes(&suv), [(1, "E-DICOM-SUV"), (2, "E-DICOM-SUV")]);
    let raw = read(dir.path(), text, &[], &ReadOptions { pet: PetValues::Raw, ..ReadOptions::default() });
    assert_eq!(raw.faults, []);
    assert_eq!(raw.inputs["A"][0].facts.units, Units::BqMl);
}

#[test]
fn a_missing_slice_is_a_fault_of_its_row() {
    let dir = patient();
    std::fs::remove_file(dir.path().join("a/t1/1-0002.dcm")).unwrap();
    let checked =
        read(dir.path(), "subject,visit,visit_folder\nA,t0,a/t0\nA,t1,a/t1\n", &[], &ReadOptions::default());
    assert_eq!(codes(&checked), [(2, "E-DICOM-VOLUME")]);
}

fn import_in(dir: &Path, series: Option<&str>) -> (super::imported::Imported, String) {
    let request = FoldersRequest {
        folder: dir.to_owned(),
        out: dir.join("manifest.csv"),
        series: series.map(str::to_owned),
        existing: Existing::Replace,
    };
    let imported = import(&request).unwrap();
    (imported, std::fs::read_to_string(&request.out).unwrap())
}

#[test]
fn folders_of_patients_become_a_manifest_without_a_date() {
    let dir = patient();
    let at = |path: &str| dir.path().join(path);
    visit(&at("b/20310510/ct"), &series(3, 1, "20310510"), None);
    visit(&at("b/20310401/ct"), &series(4, 1, "20310401"), Some("GTV"));
    visit(&at("1.2.840.99.1.2.3/t0"), &series(5, 1, "20310401"), Some("GTV"));
    visit(&at("c/ct"), &series(6, 1, "20310401"), Some("GTV"));
    visit(&at("c/other"), &series(6, 2, "20310401"), None);
    visit(&at("d/t0"), &series(7, 1, ""), None);
    std::fs::create_dir_all(at("empty/t0")).unwrap();
    let (imported, text) = import_in(dir.path(), None);
    assert_eq!(
        text,
        "subject,visit,visit_folder,series,baseline\n\
         a,t0,a/t0,,true\na,t1,a/t1,,false\n\
         b,t0,b/20310401,,true\nb,t1,b/20310510,,false\nc,t0,c,,true\n"
    );
    assert_eq!((imported.subjects, imported.visits, imported.masks, imported.dates), (3, 5, 3, 5));
    let left_out = imported.left_out.join("\n");
    assert!(left_out.contains("holds a UID") && !left_out.contains("1.2.840"), "{left_out}");
    assert!(left_out.contains("d: no visit has an RTSTRUCT"), "{left_out}");
    let notes = imported.notes.join("\n");
    assert!(
        notes.contains("c, t0: several series or volumes: 1 (CT") && notes.contains("column series"),
        "{notes}"
    );
    assert!(notes.contains("are called t0, t1 and so on, by the dates of their scans: b."), "{notes}");
    assert!(!notes.contains("2031"), "{notes}");
    let (_, text) = import_in(dir.path(), Some("1"));
    assert!(text.ends_with("c,t0,c,1,true\n"), "{text}");
}
