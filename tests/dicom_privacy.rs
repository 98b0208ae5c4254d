//! What identifies a patient in DICOM stays there: no verb prints, writes or names it, whether it succeeds or not.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its own data has to fail")]

mod common;
#[path = "support/dicom.rs"]
mod dicom;
#[path = "support/patient.rs"]
mod patient;

use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};

use common::{delta, reference, rows};
use delta_dicom::series::look;
use delta_radiomics::io::{ReadOptions, read_scan};
use dicom::slices::Elements;
use dicom::{
    Layout, Scanned, as_scanned, put_contours, put_named, put_segments, put_slices, region, slices_of,
};

/// The day of the baseline; the follow-up is the day after.
const DAYS: [&str; 2] = ["19990807", "19990808"];

/// Words that stand in the sources and nowhere else.
const WORDS: [&str; 7] =
    ["canary", "19010203", "19990807", "19990808", "1901-02-03", "1999-08-07", "1999-08-08"];

/// Everything about a patient that a file can say, in attributes that programs like to show.
fn canaries() -> Elements {
    let mut more = Elements::default();
    for (tag, vr) in [
        ((0x0008, 0x0050), "SH"), // accession
        ((0x0008, 0x0080), "LO"), // institution
        ((0x0008, 0x0081), "ST"),
        ((0x0008, 0x0090), "PN"), // physicians
        ((0x0008, 0x1010), "SH"), // station
        ((0x0008, 0x1030), "LO"), // descriptions
        ((0x0008, 0x103e), "LO"),
        ((0x0008, 0x1070), "PN"),
        ((0x0009, 0x0010), "LO"), // private
        ((0x0009, 0x1001), "LO"),
        ((0x0010, 0x0010), "PN"), // patient
        ((0x0010, 0x0020), "LO"),
        ((0x0010, 0x1000), "LO"),
        ((0x0010, 0x1040), "LO"),
        ((0x0010, 0x2154), "SH"),
        ((0x0010, 0x21b0), "LT"),
        ((0x0010, 0x4000), "LT"),
        ((0x0018, 0x0010), "LO"), // contrast
        ((0x0018, 0x1000), "LO"),
        ((0x0018, 0x1030), "LO"), // protocol
        ((0x0018, 0x1400), "LO"),
        ((0x0020, 0x0010), "SH"),
        ((0x0020, 0x4000), "LT"),
        ((0x0032, 0x1032), "PN"),
    ] {
        more.text(tag, vr, &format!("CANARY{:04x}", tag.1));
    }
    more.text((0x0010, 0x0030), "DA", "19010203");
    // A vendor may write what he likes where a kernel is expected.
    more.text((0x0008, 0x0070), "LO", "CANARY maker").text((0x0008, 0x1090), "LO", "CANARY model");
    more
}

/// Two visits `t0` and `t1` of the small patient, full of canaries, with an RTSTRUCT and a SEG.
fn put_pair(here: &Path) {
    let grid = patient::grid();
    for (n, shift) in [[0.0; 3], [3.0, 0.0, -2.0]].into_iter().enumerate() {
        let folder = here.join(["t0", "t1"][n]);
        let scan = as_scanned(&patient::body(&grid, shift, 1));
        let about = Scanned { more: canaries(), ..Scanned::on(DAYS[n]) };
        put_slices(&folder.join("ct"), &slices_of(&scan, &about), Layout::Nested);
        let at: [f64; 3] = std::array::from_fn(|axis| patient::LESION[axis] + shift[axis]);
        let lesion = region("GTV", &patient::ball(scan.grid(), at, 12.0));
        put_contours(&folder.join("o.dcm"), &folder.join("ct"), std::slice::from_ref(&lesion));
        if n == 1 {
            std::fs::remove_file(folder.join("o.dcm")).unwrap();
            put_segments(&folder.join("o.dcm"), &folder.join("ct"), &[lesion]);
        }
    }
}

/// UIDs of all images and objects below a folder.
fn uids(folder: &Path) -> BTreeSet<String> {
    let found = look(&[folder.to_owned()]).unwrap();
    let mut uids = BTreeSet::new();
    for series in &found.series {
        uids.insert(series.uid.clone());
        uids.extend(series.study.clone());
        uids.extend(series.frame_of_reference().map(str::to_owned));
        uids.extend(series.slices().iter().map(|slice| slice.sop.to_string()));
    }
    uids
}

/// What must not be found.
struct Secrets(BTreeSet<String>);

impl Secrets {
    fn of(here: &Path, folders: &[&str]) -> Self {
        Self(folders.iter().flat_map(|folder| uids(&here.join(folder))).collect())
    }

    /// Fails where a text holds a canary, a UID of the sources, or anything that has the form of a UID.
    fn check(&self, what: &str, bytes: &[u8]) {
        let text = String::from_utf8_lossy(bytes).to_lowercase();
        for word in WORDS {
            if let Some(at) = text.find(word) {
                panic!("{what} says {word}: {}", around(&text, at));
            }
        }
        for uid in &self.0 {
            assert!(!text.contains(uid.as_str()), "{what} says the UID {uid}");
        }
        if let Some(at) = looks_like_a_uid(&text) {
            panic!("{what} holds a UID: {}", around(&text, at));
        }
    }

    /// The same for an object of DICOM, which has UIDs of its own and of the standard.
    fn check_object(&self, file: &Path) {
        let text = String::from_utf8_lossy(&std::fs::read(file).unwrap()).to_lowercase();
        for word in WORDS.into_iter().chain(self.0.iter().map(String::as_str)) {
            assert!(!text.contains(word), "{} says {word}", file.display());
        }
    }

    /// The same for all files below a folder, and for their names.
    fn check_files(&self, folder: &Path) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            self.check(&format!("the name of {}", path.display()), name.as_bytes());
            if path.is_dir() {
                self.check_files(&path);
            } else if path.extension().is_some_and(|ending| ending == "dcm") {
                self.check_object(&path);
            } else {
                self.check(&path.display().to_string(), &plain(&path));
            }
        }
    }
}

/// The content of a file, uncompressed.
fn plain(path: &Path) -> Vec<u8> {
    let bytes = std::fs::read(path).unwrap();
    if path.extension().is_some_and(|ending| ending == "gz") {
        let mut plain = Vec::new();
        flate2::read::GzDecoder::new(bytes.as_slice()).read_to_end(&mut plain).unwrap();
        return plain;
    }
    bytes
}

fn around(text: &str, at: usize) -> String {
    text.chars().skip(text[..at].chars().count().saturating_sub(80)).take(200).collect()
}

/// Where numbers with five dots or more between them begin.
fn looks_like_a_uid(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let length = bytes[at..].iter().take_while(|b| b.is_ascii_digit() || **b == b'.').count();
        let run = text.get(at..at + length).unwrap_or_default().trim_matches('.');
        if run.matches('.').count() >= 5 && run.split('.').all(|part| !part.is_empty()) {
            return Some(at);
        }
        at += length.max(1);
    }
    None
}

/// Runs a verb in every way of telling, and holds what it says and writes against the secrets. It may succeed or not.
fn told(here: &Path, secrets: &Secrets, arguments: &[&str], code: i32) {
    let out = arguments.iter().position(|a| *a == "--out").map(|at| here.join(arguments[at + 1]));
    for more in [&[][..], &["--json"], &["-vv"]] {
        let mut all = arguments.to_vec();
        all.extend(more);
        if out.is_some() {
            all.push("--force");
        }
        let output = delta(here, &all).env("RUST_LOG", "trace").env("RUST_BACKTRACE", "1").output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        let shown = String::from_utf8_lossy(&said);
        assert_eq!(output.status.code(), Some(code), "delta {all:?}\n{shown}");
        secrets.check(&format!("delta {}", all.join(" ")), &said);
    }
    if let Some(out) = out.filter(|out| out.is_dir()) {
        secrets.check_files(&out);
    }
}

/// Under a pseudonym nothing of the patient is left in them either.
#[test]
fn objects_that_are_written_under_a_pseudonym_tell_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    put_pair(here);
    let secrets = Secrets::of(here, &["t0", "t1"]);
    let told = |arguments: &[&str], code| told(here, &secrets, arguments, code);
    for form in ["rtstruct", "seg"] {
        let write = ["contours", "t0/ct", "t0/o.dcm:GTV", "--as", form, "--out"];
        told(&[&write[..], &["open.dcm"]].concat(), 0);
        told(&[&write[..], &["hidden.dcm", "--pseudonym", "P 01"]].concat(), 0);
        secrets.check_object(&here.join("hidden.dcm"));
        told(&["contours", "t0/ct", "t0/o.dcm:NO", "--as", form, "--out", "no.dcm"], 3);
        told(&["contours", "t0/o.dcm", "t0/o.dcm", "--as", form, "--out", "no.dcm"], 3);
    }
    let run = ["run", "--baseline", "t0", "--followup", "t1", "--dicom-out", "both", "--pseudonym", "P 01"];
    told(&[&run[..], &["--out", "objects"]].concat(), 0);
}

/// All verbs on the visits `t0` and `t1` of a folder, each with the region GTV in `o.dcm`.
fn all_verbs(here: &Path) {
    let secrets = Secrets::of(here, &["t0", "t1"]);
    assert!(secrets.0.len() > 10);
    let told = |arguments: &[&str], code| told(here, &secrets, arguments, code);
    told(&["inspect", "t0", "t1", "t0/ct"], 0);
    told(&["inspect", "t0/o.dcm"], 3);
    told(&["extract", "t0", "t0/o.dcm:GTV", "--out", "e"], 0);
    told(&["extract", "t1/ct", "t1/o.dcm", "--layout", "wide", "--parquet", "--out", "w"], 0);
    told(&["verify", "e"], 0);
    told(&["run", "--baseline", "t0", "--followup", "t1", "--parquet", "--out", "r"], 0);
    told(&["run", "--baseline", "t0", "--followup", "t1", "--perturb", "2", "--from", "r", "--out", "p"], 0);
    told(&["verify", "r"], 0);
    told(
        &["register", "--fixed", "t1/ct", "--moving", "t0", "--moving-lesion", "t0/o.dcm:GTV", "--out", "g"],
        0,
    );
    std::fs::write(
        here.join("batch.csv"),
        "ID,Image,Mask\na,t0,t0/o.dcm:GTV\nb,t0,t0/o.dcm:NO\nc,t1,t0/no\n",
    )
    .unwrap();
    told(&["extract", "--batch", "batch.csv", "--out", "b"], 5);
    let manifest = "subject,repeat,visit_folder\nA,1,t0\nA,2,t1\n";
    std::fs::write(here.join("repeats.csv"), manifest).unwrap();
    told(&["stability", "repeats.csv", "--out", "s"], 0);
    told(&["stability", "repeats.csv", "--perturb", "2", "--out", "sp"], 0);
    std::fs::write(here.join("study.csv"), "subject,visit,visit_folder\nA,t0,t0\nA,t1,t1\n").unwrap();
    study(here, &secrets);
    refused(here, &secrets);
}

/// What is refused, and how: the file or folder that was given, and nothing of what stands in it.
fn refused(here: &Path, secrets: &Secrets) {
    let told = |arguments: &[&str], code| told(here, secrets, arguments, code);
    let images = files(&here.join("t0/ct"));
    let copied = |name: &str| {
        for image in &images {
            let to = here.join(name).join(image.strip_prefix(here.join("t0/ct")).unwrap());
            std::fs::create_dir_all(to.parent().unwrap()).unwrap();
            std::fs::copy(image, to).unwrap();
        }
        let at = |n: usize| here.join(name).join(images[n].strip_prefix(here.join("t0/ct")).unwrap());
        [at(1), at(images.len() / 2)]
    };
    let object = "t0/o.dcm:GTV";
    told(&["extract", "t0", "t0/o.dcm:NO", "--out", "no"], 3);
    told(&["extract", "t0", object, "--series", "99", "--out", "no"], 3);
    told(&["extract", "t0/o.dcm", object, "--out", "no"], 3);
    told(&["extract", "t1/ct", "t1/ct", "--out", "no"], 3);

    let [_, middle] = copied("gap");
    std::fs::remove_file(middle).unwrap();
    told(&["extract", "gap", object, "--out", "no"], 3);
    told(&["inspect", "gap"], 3);
    told(&["run", "--baseline", "gap", "--followup", "t1", "--out", "no"], 3);

    let [_, middle] = copied("cut");
    let bytes = std::fs::read(&middle).unwrap();
    std::fs::write(&middle, &bytes[..bytes.len() - 200]).unwrap();
    told(&["extract", "cut", object, "--out", "no"], 3);
    told(&["inspect", "cut"], 3);
    std::fs::write(&middle, &bytes[..300]).unwrap();
    told(&["extract", "cut", object, "--out", "no"], 3);
    told(&["run", "--baseline", "cut", "--followup", "t1", "--out", "no"], 3);
    told(&["register", "--fixed", "cut", "--moving", "t1", "--out", "no"], 3);

    copied("two/a");
    for (n, image) in files(&here.join("t1/ct")).iter().enumerate() {
        let to = here.join(format!("two/b/{n}"));
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::copy(image, to).unwrap();
    }
    // The same series twice is one.
    let code = if uids(&here.join("t0")) == uids(&here.join("t1")) { 0 } else { 3 };
    told(&["extract", "two", object, "--out", "no"], code);
    told(&["inspect", "two"], code);

    std::fs::write(
        here.join("study.csv"),
        "subject,visit,visit_folder\nA,t0,gap\nA,t1,t1\nB,t0,two\nB,t1,t1\n",
    )
    .unwrap();
    study(here, secrets);
}

/// A study of `study.csv`, which may be refused.
fn study(here: &Path, secrets: &Secrets) {
    let of_study = ["cohort", "run", "study.csv", "--out", "study", "--perturb", "0", "--force"];
    let collect = ["cohort", "collect", "study", "--wide"];
    for (verb, more) in
        [(&of_study[..], &[][..]), (&of_study, &["--skip-faulty", "-vv"]), (&collect, &["--json"])]
    {
        let output = delta(here, &[verb, more].concat()).output().unwrap();
        secrets.check(&format!("{verb:?}"), &[output.stdout, output.stderr].concat());
    }
    if here.join("study").exists() {
        // The copy of the user's own table, with the paths that stand there.
        std::fs::remove_file(here.join("study/manifest.csv")).unwrap();
        secrets.check_files(&here.join("study"));
        std::fs::copy(here.join("study.csv"), here.join("study/manifest.csv")).unwrap();
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    delta_radiomics::io::content_files(folder).unwrap()
}

#[test]
fn no_verb_tells_who_the_patient_is() {
    let dir = tempfile::tempdir().unwrap();
    put_pair(dir.path());
    all_verbs(dir.path());
}

#[test]
fn no_verb_tells_the_canaries_of_the_reference() {
    let Some(reference) = reference() else { return };
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    for visit in ["t0", "t1"] {
        let to = here.join(visit).join("ct");
        std::fs::create_dir_all(&to).unwrap();
        for file in files(&reference.join("dicom/data/derived/phantom_canary/image")) {
            std::fs::copy(&file, to.join(file.file_name().unwrap())).unwrap();
        }
        let grid = read_scan(&to, &ReadOptions::default()).unwrap().volume.grid().clone();
        let middle = grid.middle().point();
        let ball = patient::ball(&grid, [middle.x, middle.y, middle.z], 8.0);
        put_contours(&here.join(visit).join("o.dcm"), &to, &[region("GTV", &ball)]);
    }
    all_verbs(here);
}

/// A series with regions of these names, in an RTSTRUCT.
fn put_regions(folder: &Path, names: &[&str]) {
    let scan = as_scanned(&patient::body(&patient::grid(), [0.0; 3], 1));
    let about = Scanned::on(DAYS[0]);
    put_slices(&folder.join("ct"), &slices_of(&scan, &about), Layout::Plain);
    put_named(&folder.join("o.dcm"), &scan, &about, names);
}

#[test]
fn names_of_regions_are_harmless_in_tables_pages_and_terminals() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    let long = "x".repeat(200);
    let names = [
        "GTV 19990807",
        "GTV 1999-08-07",
        "GTV 07.08.1999",
        "GTV 1.2.826.0.1.3680043.8.498.7",
        "GTV 2.25.329800735698586629295641978511506172918",
        "<script>alert(1)</script>",
        "bell\u{7}\u{1b}[31m red",
        "=1+1",
        "../../etc/passwd",
        "a\u{202e}b",
        &long,
        &long,
        "",
    ];
    put_regions(&here.join("t"), &names);
    let secrets = Secrets::of(here, &["t"]);
    told(here, &secrets, &["inspect", "t"], 0);
    told(here, &secrets, &["extract", "t/ct", "t/o.dcm", "--out", "e"], 0);
    let run =
        ["run", "--baseline", "t", "--followup", "t", "--no-register", "--lesion", "_1+1", "--out", "r"];
    told(here, &secrets, &run, 0);
    for table in ["e/features.csv", "r/features.csv"] {
        let table = rows(&here.join(table));
        let mut regions: Vec<&str> = table.iter().map(|row| row["roi"].as_str()).collect();
        regions.sort_unstable();
        regions.dedup();
        println!("{regions:?}");
        assert_eq!(regions.len(), names.len(), "each has a name of its own");
        for name in &regions {
            assert!(name.chars().count() <= 64 && !name.contains(['<', '/', '\u{202e}']), "{name:?}");
            assert!(!name.chars().any(char::is_control), "{name:?}");
            assert!(!name.starts_with(['=', '.']), "{name:?}");
        }
    }
    let page = std::fs::read_to_string(here.join("r/report.html")).unwrap();
    assert!(!page.contains("alert(1)</script>"));
}

#[test]
fn two_regions_of_one_name_are_told_apart_by_number() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    put_regions(here, &["GTV", "GTV", "other"]);
    let secrets = Secrets::of(here, &["ct"]);
    told(here, &secrets, &["extract", "ct", "o.dcm:GTV", "--out", "no"], 3);
    told(here, &secrets, &["extract", "ct", "o.dcm:2", "--out", "two"], 0);
    told(here, &secrets, &["extract", "ct", "o.dcm", "--out", "all"], 0);
    let table = rows(&here.join("all/features.csv"));
    let mut regions: Vec<&str> = table.iter().map(|row| row["roi"].as_str()).collect();
    regions.dedup();
    assert_eq!(regions, ["GTV_1", "GTV_2", "other"]);
}

#[test]
fn folders_and_files_that_archives_name_by_uids_do_not_hand_them_on() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    let (first, second) = ("1.3.6.1.4.1.14519.5.2.1.9999.1234.1", "1.3.6.1.4.1.14519.5.2.1.9999.1234.2");
    put_pair(here);
    std::fs::rename(here.join("t0"), here.join(first)).unwrap();
    std::fs::rename(here.join("t1"), here.join(second)).unwrap();
    let object = format!("{first}/1.3.6.1.4.1.14519.5.2.1.9999.1234.3.dcm");
    std::fs::rename(here.join(first).join("o.dcm"), here.join(&object)).unwrap();
    let secrets = Secrets::of(here, &[first, second]);
    let told = |arguments: &[&str], code| told(here, &secrets, arguments, code);
    told(&["inspect", first, second, &object, "1.2.3.4.5.6.7.8"], 3);
    told(&["extract", first, &object, "--out", "e"], 0);
    told(&["extract", first, &format!("{object}:NO"), "--out", "no"], 3);
    told(&["run", "--baseline", first, "--followup", second, "--out", "r"], 0);
    let output = delta(here, &["run", "--baseline", first, "--followup", second]).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    secrets.check("run", &[output.stdout, output.stderr].concat());
    let made = common::names(here).into_iter().find(|name| name.starts_with("delta_")).unwrap();
    secrets.check("the name of the result", made.as_bytes());
    told(&["register", "--fixed", second, "--moving", first, "--out", "g"], 0);
    let batch = format!("Image,Mask\n{first},{object}\n{second},{object}\nno/1.2.3.4.5.6.7,{object}\n");
    std::fs::write(here.join("batch.csv"), batch).unwrap();
    let output = delta(here, &["extract", "--batch", "batch.csv", "--out", "b", "-vv"]).output().unwrap();
    secrets.check("extract --batch", &[output.stdout, output.stderr].concat());
    std::fs::write(
        here.join("study.csv"),
        format!("subject,visit,visit_folder\nA,t0,{first}\nA,t1,{second}\n"),
    )
    .unwrap();
    study(here, &secrets);
}
