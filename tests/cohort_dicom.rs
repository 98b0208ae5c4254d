//! A study of DICOM alone: days, regions and intensities come from the files; what is touched is measured again, what
//! is renamed is not; and nothing of a patient goes into the study.

#![allow(clippy::unwrap_used, reason = "a test that cannot write its own data has to fail")]

mod common;
#[path = "support/patient.rs"]
mod patient;
#[path = "../src/dicom/tests/common/slices.rs"]
mod slices;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Output;

use common::{expect, names, rows};
use delta_dicom::contours::{Drawn, write as write_contours};
use delta_dicom::file::File;
use delta_dicom::segments::{Lesion, encode};
use delta_dicom::series::look;
use delta_dicom::write::{Images, Made, Patient};
use patient::{LESION, ball, body, grid};
use slices::Plain;

/// Without registration a patient takes a moment.
const QUICK: [&str; 5] = ["--no-register", "--perturb", "0", "-j", "2"];

/// What must stay in the files.
struct Secrets {
    patient: usize,
    visit: usize,
}

impl Secrets {
    fn name(&self) -> String {
        format!("CANARY{}^ANNA", self.patient)
    }
    fn id(&self) -> String {
        format!("CANARYID{}", self.patient)
    }
    fn date(&self) -> String {
        ["20310120", "20310303"][self.visit].to_owned()
    }
    fn uid(&self, of: &str) -> String {
        format!("2.25.4711{}{}.{of}", self.patient, self.visit)
    }
    /// Of all of them the texts that a reader would know.
    fn texts(&self) -> Vec<String> {
        let mut texts = vec!["CANARY".into(), "19501231".into(), "1950-12-31".into(), "2.25.4711".into()];
        let date = self.date();
        texts.push(format!("{}-{}-{}", &date[..4], &date[4..6], &date[6..]));
        texts.push(date);
        texts
    }
}

/// The body as slices: 30 x 26 pixels of 3 mm, 24 slices; its lesion has this radius.
fn series(secrets: &Secrets) -> Vec<Plain> {
    let grid = grid();
    let scan = body(&grid, [0.0; 3], 1);
    let [columns, rows, count] = grid.dims();
    let slice = |k: usize| {
        let pixels = &scan.values()[k * columns * rows..(k + 1) * columns * rows];
        let mut slice = Plain::at(k, 3.0 * k as f64 - 34.5);
        slice.position = [43.5, 37.5, 3.0 * k as f64 - 34.5];
        slice.orientation = [-1.0, 0.0, 0.0, 0.0, -1.0, 0.0];
        slice.spacing = [3.0, 3.0];
        slice.size = [u16::try_from(columns).unwrap(), u16::try_from(rows).unwrap()];
        slice.pixels = pixels.iter().map(|hu| (hu + 1024.0) as i16).collect();
        slice.series = secrets.uid("5");
        slice.sop = secrets.uid(&format!("6.{k}"));
        slice.study_date = secrets.date();
        slice.acquisition_date = secrets.date();
        slice.more.text((0x10, 0x10), "PN", &secrets.name()).text((0x10, 0x20), "LO", &secrets.id());
        slice.more.text((0x10, 0x30), "DA", "19501231").text((8, 0x1030), "LO", "CANARY study");
        slice.more.text((0x20, 0xd), "UI", &secrets.uid("7")).text((0x20, 0x52), "UI", &secrets.uid("8"));
        slice
    };
    (0..count).map(slice).collect()
}

/// Writes a visit: the series in a folder of its own, beside it its lesion as a structure set or a segmentation.
fn put(folder: &Path, secrets: &Secrets, radius_mm: f64) {
    let scans = folder.join("scans");
    std::fs::create_dir_all(&scans).unwrap();
    let slices = series(secrets);
    let files = slices::write(&scans, &slices);
    let header = File::open_header(&files[0]).unwrap();
    let patient = Patient::copied(header.root()).unwrap();
    let grid = grid();
    let found = look(std::slice::from_ref(&scans)).unwrap();
    let images = Images::of(&found.series[0]).unwrap();
    let lesion = ball(&grid, LESION, radius_mm);
    let mut voxels = vec![false; grid.len()];
    lesion.offsets().for_each(|offset| voxels[offset] = true);
    let object = if secrets.visit == 0 {
        let drawn = Drawn { name: "GTV", tracking: None, made: Made::Given, voxels: &voxels };
        write_contours(&images, &patient, patient.moment(), &[drawn]).unwrap()
    } else {
        let mask: Vec<u8> = voxels.iter().map(|&inside| u8::from(inside)).collect();
        let lesion = Lesion { label: "GTV", tracking: None, made: Made::Given, mask: &mask };
        encode(&patient, &images, &[lesion], patient.moment()).unwrap()
    };
    std::fs::write(folder.join("drawn.dcm"), object).unwrap();
}

/// Three patients with two visits each, 42 days apart.
fn put_cohort(here: &Path) {
    for patient in 1..=3 {
        for visit in 0..2 {
            let radius = 10.0 + patient as f64 / 2.0 - 1.5 * visit as f64;
            put(&here.join(format!("patients/P{patient}/t{visit}")), &Secrets { patient, visit }, radius);
        }
    }
}

fn study(here: &Path, more: &[&str], code: i32) -> Output {
    let words = ["cohort", "run", "manifest.csv", "--out", "study", "--window", "t1: 42 +/- 14 d"];
    expect(here, &[&words[..], &QUICK, more].concat(), code)
}

/// The keys of the results, by subject.
fn keys(here: &Path) -> BTreeMap<String, String> {
    let by_subject = |key: String| (key.split('-').next().unwrap().to_owned(), key);
    names(&here.join("study/patients")).into_iter().map(by_subject).collect()
}

/// When each patient's result was written.
fn written(here: &Path) -> BTreeMap<String, std::time::SystemTime> {
    let of = |(subject, key): (String, String)| {
        let run = here.join("study/patients").join(key).join("run.json");
        (subject, std::fs::metadata(run).unwrap().modified().unwrap())
    };
    keys(here).into_iter().map(of).collect()
}

fn assert_nothing_told(text: &[u8], place: &str) {
    let text = String::from_utf8_lossy(text);
    for secrets in (1..=3).flat_map(|patient| (0..2).map(move |visit| Secrets { patient, visit })) {
        for secret in secrets.texts() {
            assert!(!text.contains(&secret), "{place} tells {secret}");
        }
    }
}

/// Every file below a folder, and its name, tells nothing.
fn assert_silent(folder: &Path) {
    for name in names(folder) {
        let path = folder.join(&name);
        assert_nothing_told(name.as_bytes(), "a name");
        if path.is_dir() {
            assert_silent(&path);
        } else {
            assert_nothing_told(&std::fs::read(&path).unwrap(), &name);
        }
    }
}

fn assert_said_nothing(output: &Output) {
    assert_nothing_told(&output.stdout, "standard output");
    assert_nothing_told(&output.stderr, "standard error");
}

#[test]
fn a_study_of_dicom_measures_what_is_new_and_tells_nothing_of_a_patient() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    put_cohort(here);
    let made = expect(here, &["cohort", "manifest", "patients", "--out", "manifest.csv"], 0);
    assert_said_nothing(&made);
    let manifest = std::fs::read_to_string(here.join("manifest.csv")).unwrap();
    assert!(
        manifest.starts_with("subject,visit,visit_folder,series,baseline\nP1,t0,patients/P1/t0,,true\n"),
        "{manifest}"
    );

    assert_said_nothing(&study(here, &[], 0));
    let deltas = rows(&here.join("study/deltas.csv"));
    assert!(
        deltas
            .iter()
            .all(|row| row["interval_days"] == "42.0" && row["roi"] == "GTV" && row["modality"] == "CT")
    );
    let subjects: std::collections::BTreeSet<&str> =
        deltas.iter().map(|row| row["subject"].as_str()).collect();
    assert_eq!(subjects.into_iter().collect::<Vec<_>>(), ["P1", "P2", "P3"]);
    assert_silent(&here.join("study"));
    let (first, times) = (keys(here), written(here));

    // Other names and folders are no other content.
    for (n, name) in names(&here.join("patients/P2/t0/scans")).into_iter().enumerate() {
        let deep = here.join("patients/P2/t0/deep/er");
        std::fs::create_dir_all(&deep).unwrap();
        std::fs::rename(here.join("patients/P2/t0/scans").join(name), deep.join(format!("{}", 1000 - n)))
            .unwrap();
    }
    study(here, &[], 0);
    assert_eq!((keys(here), written(here)), (first.clone(), times.clone()));

    // A touched slice is another content, of one patient.
    let touched = here.join("patients/P1/t1/scans/1-0004.dcm");
    let mut bytes = std::fs::read(&touched).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&touched, bytes).unwrap();
    study(here, &["--prune"], 0);
    let (now, later) = (keys(here), written(here));
    assert_ne!(now["P1"], first["P1"]);
    for other in ["P2", "P3"] {
        assert_eq!((&now[other], later[other]), (&first[other], times[other]));
    }

    // A lost slice within is a fault, and the others go on.
    std::fs::remove_file(here.join("patients/P3/t0/scans/1-0007.dcm")).unwrap();
    let refused = study(here, &[], 3);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("row 5, P3: E-DICOM-VOLUME"));
    assert_said_nothing(&refused);
    assert_said_nothing(&study(here, &["--skip-faulty"], 5));
    let failures = rows(&here.join("study/failures.csv"));
    assert_eq!(failures.len(), 1);
    assert_eq!((failures[0]["subject"].as_str(), failures[0]["code"].as_str()), ("P3", "E-DICOM-VOLUME"));
    assert_eq!(written(here)["P2"], later["P2"]);
    assert_silent(&here.join("study"));
    expect(here, &["verify", "study"], 0);
}

#[test]
fn how_files_are_read_is_a_setting_of_the_study_and_a_region_is_part_of_the_key() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    put_cohort(here);
    let write = |region: &str| {
        let row = |visit: &str| {
            format!("P1,{visit},patients/P1/{visit}/scans,patients/P1/{visit}/drawn.dcm{region}\n")
        };
        let text = format!("subject,visit,image,mask\n{}{}", row("t0"), row("t1"));
        std::fs::write(here.join("manifest.csv"), text).unwrap();
    };
    write(":GTV");
    study(here, &[], 0);
    let named = keys(here);
    write(":1");
    study(here, &["--prune"], 0);
    assert_ne!(keys(here), named, "what is asked for by number stands under another key");
    let deltas = rows(&here.join("study/deltas.csv"));
    assert!(deltas.iter().all(|row| row["roi"] == "GTV" && row["interval_days"] == "42.0"));
    study(here, &["--prepare", "--pet", "raw", "--series", "CT"], 0);
    let settings = std::fs::read_to_string(here.join("study/study.toml")).unwrap();
    assert!(settings.contains("pet = \"raw\"\n") && settings.contains("series = \"CT\"\n"), "{settings}");
    write(":liver");
    let refused = study(here, &[], 3);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("row 1, P1: E-DICOM-ROI"));
}

#[test]
fn folders_named_by_dates_leave_them_in_the_manifest() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    for visit in 0..2 {
        let secrets = Secrets { patient: 1, visit };
        put(&here.join("patients/P1").join(secrets.date()), &secrets, 11.0 - visit as f64);
    }
    expect(here, &["cohort", "manifest", "patients", "--out", "manifest.csv"], 0);
    study(here, &[], 0);
    let silent = || {
        let manifest = std::fs::read(here.join("study/manifest.csv")).unwrap();
        std::fs::remove_file(here.join("study/manifest.csv")).unwrap();
        assert_silent(&here.join("study"));
        std::fs::write(here.join("study/manifest.csv"), manifest).unwrap();
    };
    silent();
    let visits = rows(&here.join("study/visits.csv"));
    let told: Vec<_> = visits.iter().map(|row| (row["visit"].as_str(), row["day"].as_str())).collect();
    assert_eq!(told, [("t0", "0.0"), ("t1", "42.0")]);
    std::fs::remove_file(here.join("patients/P1/20310303/scans/1-0007.dcm")).unwrap();
    study(here, &["--skip-faulty"], 5);
    silent();
}
