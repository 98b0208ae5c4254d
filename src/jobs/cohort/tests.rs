//! Each fault of a manifest, and what windows make of it.

use std::collections::BTreeSet;
use std::path::Path;

use super::faults::refusal;
use super::manifest::{Checked, CohortManifest, HeaderCheck};
use super::windows::Window;
use crate::geometry::Grid;
use crate::io::{ReadOptions, write_labels, write_volume};
use crate::jobs::Failure;
use crate::record::{Modality, Units, VisitState};
use crate::visit::When;
use crate::volume::Volume;

/// A folder with scans: `ct` looks like CT, `mr` does not; `mask` is theirs, `moved` lies elsewhere.
fn scans() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let grid = Grid::axis_aligned([6, 5, 4], [1.0; 3], [0.0; 3]).unwrap();
    let moved = Grid::axis_aligned([6, 5, 4], [1.0; 3], [3.0, 0.0, 0.0]).unwrap();
    let volume = |of: fn(usize) -> f32| Volume::new(grid.clone(), (0..120).map(of).collect());
    let ct = volume(|n| if n < 20 { -1000.0 } else { 40.0 });
    for name in ["ct", "ct_b", "ct_c"] {
        write_volume(&dir.path().join(format!("{name}.nii.gz")), &ct).unwrap();
    }
    for name in ["mr", "mr_b"] {
        write_volume(&dir.path().join(format!("{name}.nii.gz")), &volume(|n| n as f32 + 0.5)).unwrap();
    }
    let labels = |grid: Grid| Volume::new(grid, (0..120).map(|n| u32::from(n == 60)).collect());
    write_labels(&dir.path().join("mask.nii.gz"), &labels(grid.clone())).unwrap();
    write_labels(&dir.path().join("moved.nii.gz"), &labels(moved)).unwrap();
    std::fs::write(dir.path().join("torn.nii.gz"), b"no scan").unwrap();
    for (visit, when) in [("v0", "date = 2024-01-01"), ("v1", "date = 2024-02-12"), ("v2", "day = 42.0")] {
        let folder = dir.path().join(visit);
        std::fs::create_dir(&folder).unwrap();
        write_volume(&folder.join("image.nii.gz"), &ct).unwrap();
        write_labels(&folder.join("mask.nii.gz"), &labels(grid.clone())).unwrap();
        let text = format!("schema = 1\nsubject = \"S\"\nmodality = \"CT\"\nunits = \"HU\"\n{when}\n");
        std::fs::write(folder.join("visit.toml"), text).unwrap();
    }
    dir
}

fn read_in(dir: &Path, text: &str, windows: &[&str], check: &HeaderCheck) -> Result<Checked, Failure> {
    let path = dir.join("manifest.csv");
    std::fs::write(&path, text).unwrap();
    let windows: Vec<Window> = windows.iter().map(|w| w.parse().unwrap()).collect();
    CohortManifest::read(&path, &ReadOptions::default(), &windows, check)
}

fn read(text: &str, windows: &[&str]) -> Checked {
    read_in(scans().path(), text, windows, &HeaderCheck::All).unwrap()
}

const HEAD: &str = "subject,visit,day,image,mask\n";

/// The faults of rows below the usual header.
fn faults(rows: &str) -> Vec<(usize, String, String)> {
    let checked = read(&format!("{HEAD}{rows}"), &[]);
    checked.faults.into_iter().map(|f| (f.row, f.code, f.fact)).collect()
}

/// The only fault.
fn fault(rows: &str) -> (usize, String, String) {
    let all = faults(rows);
    assert_eq!(all.len(), 1, "{all:?}");
    all.into_iter().next().unwrap()
}

fn names(checked: &Checked, n: usize) -> Vec<&str> {
    checked.manifest.subjects[n].visits.iter().map(|v| v.name.as_str()).collect()
}

#[test]
fn subjects_are_sorted_and_followups_are_in_the_order_of_their_days() {
    let checked = read(
        "subject,visit,day,image,mask,site,group,age\n\
         B,t0,0,ct.nii.gz,mask.nii.gz,Bonn,g1,50\n\
         A,late,90,ct_b.nii.gz,,Ulm,,40\nA,t0,-3,ct.nii.gz,mask.nii.gz,Ulm,,40\nA,soon,30,ct_c.nii.gz,,Ulm,,40\n",
        &[],
    );
    assert_eq!(checked.faults, []);
    let subjects = &checked.manifest.subjects;
    assert_eq!(subjects.iter().map(|s| s.name.as_str()).collect::<Vec<_>>(), ["A", "B"]);
    assert_eq!(names(&checked, 0), ["t0", "soon", "late"]);
    assert_eq!(names(&checked, 1), ["t0"], "a single visit is its own baseline");
    assert_eq!(
        subjects[0].records.iter().map(|r| r.day).collect::<Vec<_>>(),
        [Some(0.0), Some(33.0), Some(93.0)]
    );
    assert_eq!((subjects[1].site.as_deref(), subjects[1].group.as_deref()), (Some("Bonn"), Some("g1")));
    let inputs = &checked.inputs["A"];
    assert_eq!(inputs.iter().map(|i| i.files.len()).collect::<Vec<_>>(), [2, 1, 1]);
    assert!(inputs.iter().all(|i| (i.facts.modality, i.facts.units) == (Modality::Ct, Units::Hu)));
}

#[test]
fn the_baseline_is_marked_or_called_t0_and_is_never_guessed() {
    let (row, code, fact) = fault("A,a,0,ct.nii.gz,mask.nii.gz\nA,b,9,ct_b.nii.gz,\n");
    assert_eq!((row, code.as_str()), (1, "E-MANIFEST-BASELINE"), "{fact}");
    let marked = |marks: [&str; 3]| {
        read(
            &format!(
                "subject,visit,day,image,mask,baseline\nA,t0,5,ct.nii.gz,mask.nii.gz,{}\n\
                 A,b,0,ct_b.nii.gz,mask.nii.gz,{}\nA,c,9,ct_c.nii.gz,,{}\n",
                marks[0], marks[1], marks[2]
            ),
            &[],
        )
    };
    for (marks, order) in [(["", "TRUE", "no"], ["b", "t0", "c"]), (["", "1", ""], ["b", "t0", "c"])] {
        assert_eq!(names(&marked(marks), 0), order);
    }
    for (marks, code) in [
        (["yes", "yes", ""], "E-MANIFEST-BASELINE"),
        (["no", "no", "no"], "E-MANIFEST-BASELINE"),
        (["", "first", ""], "E-TABLE-WORD"),
        (["true", "", ""], "E-MANIFEST-DAYS"),
    ] {
        let checked = marked(marks);
        assert_eq!(checked.faults[0].code, code, "{marks:?}");
        assert!(checked.manifest.subjects.is_empty());
    }
}

#[test]
fn every_fault_of_a_row_is_told_with_its_row_and_subject() {
    for (rows, row, code, said) in [
        ("A,t0,0,none.nii.gz,mask.nii.gz\n", 1, "E-FILE-MISSING", "none.nii.gz"),
        ("A,t0,0,ct.nii.gz,none.nii.gz\n", 1, "E-FILE-MISSING", "none.nii.gz"),
        ("A,t0,0,torn.nii.gz,mask.nii.gz\n", 1, "E-FORMAT-UNKNOWN", "torn.nii.gz"),
        ("A,t0,0,ct.nii.gz,torn.nii.gz\n", 1, "E-FORMAT-UNKNOWN", "torn.nii.gz"),
        ("A,t0,0,ct.nii.gz,moved.nii.gz\n", 1, "E-MASK-GRID", "another grid"),
        ("A,t0,soon,ct.nii.gz,mask.nii.gz\n", 1, "E-TABLE-NUMBER", "no number"),
        ("A,t0,0,,mask.nii.gz\n", 1, "E-TABLE-CELL", "image is empty"),
        (",t0,0,ct.nii.gz,mask.nii.gz\n", 1, "E-TABLE-CELL", "subject is empty"),
        ("A/B,t0,0,ct.nii.gz,mask.nii.gz\n", 1, "E-TABLE-NAME", "'/'"),
        ("A,t0,0,ct.nii.gz,mask.nii.gz\nA,t0,9,ct_b.nii.gz,\n", 2, "E-MANIFEST-DUPLICATE", "row 1 too"),
        ("A,t0,0,ct.nii.gz,mask.nii.gz\nA,T0,9,ct_b.nii.gz,\n", 2, "E-MANIFEST-DUPLICATE", "upper and lower"),
        ("A,t0,0,ct.nii.gz,mask.nii.gz\nA,t1,9,ct.nii.gz,\n", 2, "E-MANIFEST-DUPLICATE", "scan of row 1"),
        ("A,t0,9,ct.nii.gz,mask.nii.gz\nA,t1,2,ct_b.nii.gz,\n", 2, "E-MANIFEST-DAYS", "7 days before"),
        (
            "A,t0,0,ct.nii.gz,mask.nii.gz\nA,t1,,ct_b.nii.gz,\nA,t2,9,ct_c.nii.gz,\n",
            2,
            "E-MANIFEST-DAYS",
            "order",
        ),
        ("A,t0,0,ct.nii.gz,mask.nii.gz\nA,t1,9,v1,\n", 2, "E-MANIFEST-DAYS", "dates"),
        ("A,t0,0,ct.nii.gz,\nA,t1,9,ct_b.nii.gz,\n", 1, "E-MANIFEST-MASK", "no visit has a mask"),
    ] {
        // An image column may name a folder, and a folder may have a date of its own.
        let rows = if said == "dates" { rows.replace(",9,v1", ",,v1") } else { rows.to_owned() };
        let found = fault(&rows);
        assert_eq!((found.0, found.1.as_str()), (row, code), "{rows}: {}", found.2);
        assert!(found.2.contains(said), "{}", found.2);
    }
}

#[test]
fn all_faults_are_listed_at_once_and_the_other_subjects_are_kept() {
    let text = format!(
        "{HEAD}A,t0,0,none.nii.gz,moved.nii.gz\nB,t0,0,ct.nii.gz,mask.nii.gz\na,t0,0,ct.nii.gz,mask.nii.gz\n\
         C,t0,0,mr.nii.gz,none.nii.gz\nD,t0,0,ct.nii.gz,moved.nii.gz\nD,t1,9,torn.nii.gz,\n"
    );
    let checked = read(&text, &[]);
    let rows: Vec<usize> = checked.faults.iter().map(|f| f.row).collect();
    assert_eq!(rows, [1, 4, 5, 6]);
    let kept: Vec<&str> = checked.manifest.subjects.iter().map(|s| s.name.as_str()).collect();
    assert_eq!(kept, ["B", "a"]);
    let failure = refusal(Path::new("m.csv"), &checked.faults).unwrap();
    assert_eq!(failure.code, "E-MANIFEST-FAULTS");
    assert!(
        failure.fact.contains("\n  row 5, D: E-MASK-GRID  ")
            && failure.fact.contains("Faults: 4, of 3 subjects")
    );
    assert!(refusal(Path::new("m.csv"), &[]).is_none());
    let many: Vec<_> = (0..203).map(|_| checked.faults[0].clone()).collect();
    assert!(refusal(Path::new("m.csv"), &many).unwrap().fact.contains("\n  and 3 more\n"));
}

#[test]
fn subjects_that_differ_in_case_alone_are_refused_both() {
    let all = faults("Ab,t0,0,ct.nii.gz,mask.nii.gz\naB,t0,0,ct.nii.gz,mask.nii.gz\n");
    assert_eq!(
        all.iter().map(|f| (f.0, f.1.as_str())).collect::<Vec<_>>(),
        [(1, "E-MANIFEST-DUPLICATE"), (2, "E-MANIFEST-DUPLICATE")]
    );
}

#[test]
fn dates_come_from_the_manifest_or_the_visit_and_never_from_both_cells() {
    let checked = read(
        "subject,visit,day,date,visit_folder\nA,t0,,,v0\nA,t1,,,v1\nB,t0,,2024-03-01,v0\nB,t1,,2024-03-31,v1\n\
         C,t0,1,2024-03-01,v0\nD,t0,,01.03.2024,v0\nE,t0,,,v0\nE,t1,,,v2\n",
        &[],
    );
    let days: Vec<_> = checked
        .manifest
        .subjects
        .iter()
        .map(|s| s.records.iter().map(|r| r.day).collect::<Vec<_>>())
        .collect();
    assert_eq!(days, [[Some(0.0), Some(42.0)], [Some(0.0), Some(30.0)]]);
    let codes: Vec<_> = checked.faults.iter().map(|f| (f.row, f.code.as_str())).collect();
    assert_eq!(codes, [(5, "E-MANIFEST-DATE"), (6, "E-MANIFEST-DATE"), (8, "E-MANIFEST-DAYS")]);
    assert!(checked.notes.iter().any(|note| note.contains("another subject") && note.contains("A, B")));
}

#[test]
fn a_baseline_without_a_day_is_day_zero_where_the_followups_have_days() {
    let checked = read(&format!("{HEAD}A,t0,,ct.nii.gz,mask.nii.gz\nA,t1,42,ct_b.nii.gz,\n"), &[]);
    assert_eq!(checked.manifest.subjects[0].visits[0].when, Some(When::Day(0.0)));
    assert_eq!(checked.manifest.subjects[0].records[1].day, Some(42.0));
    let checked =
        read(&format!("{HEAD}A,t0,,ct.nii.gz,mask.nii.gz\nA,b,,ct_b.nii.gz,\nA,a,,ct_c.nii.gz,\n"), &[]);
    assert_eq!(names(&checked, 0), ["t0", "b", "a"], "without days, the order of the rows");
}

#[test]
fn modalities_are_declared_or_recognised_and_must_be_one_within_a_subject() {
    let checked = read(
        "subject,visit,day,image,mask,modality,units,group\n\
         A,t0,0,mr.nii.gz,mask.nii.gz,MR,,\nA,t1,9,mr_b.nii.gz,,mr,,\n\
         B,t0,0,ct.nii.gz,mask.nii.gz,CT,,\nB,t1,9,ct_b.nii.gz,,,,\n\
         C,t0,0,ct.nii.gz,mask.nii.gz,PET,,\nC,t1,9,mr_b.nii.gz,,,,\n\
         D,t0,0,ct.nii.gz,mask.nii.gz,,,x\nD,t1,9,mr_b.nii.gz,,,,y\n\
         E,t0,0,ct.nii.gz,mask.nii.gz,,,\nE,t1,9,mr_b.nii.gz,,,,\n",
        &[],
    );
    let facts = |name: &str| {
        checked.inputs[name].iter().map(|i| (i.facts.modality, i.facts.units)).collect::<Vec<_>>()
    };
    assert_eq!(facts("A"), [(Modality::Mr, Units::Arbitrary); 2]);
    assert_eq!(facts("B"), [(Modality::Ct, Units::Hu); 2]);
    assert_eq!(facts("E"), [(Modality::Ot, Units::Arbitrary); 2], "not all look like CT");
    let codes: Vec<_> = checked.faults.iter().map(|f| (f.row, f.code.as_str())).collect();
    assert_eq!(codes, [(6, "E-MANIFEST-MODALITY"), (8, "E-MANIFEST-SUBJECT")]);
}

#[test]
fn windows_name_the_visits_and_say_why_others_take_no_part() {
    let text = format!(
        "{HEAD}A,t0,0,ct.nii.gz,mask.nii.gz\nA,x,40,ct_b.nii.gz,\nA,y,30,none.nii.gz,\nA,z,200,torn.nii.gz,\n\
         B,t0,0,ct.nii.gz,mask.nii.gz\nB,x,70,torn.nii.gz,\n"
    )
    .replace("none.nii.gz", "mr.nii.gz");
    let checked = read(&text, &["t2: 90 +/- 10 d", "t1: 42 +/- 14 d"]);
    assert_eq!(checked.faults, [], "scans that take no part are not looked into");
    assert_eq!(names(&checked, 0), ["t0", "t1"]);
    assert_eq!(names(&checked, 1), ["t0"], "no window was met: a single visit");
    let told: Vec<_> = checked.manifest.subjects[0]
        .records
        .iter()
        .map(|r| (r.visit.as_str(), r.as_given.as_deref(), r.state, r.reason.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            ("t0", Some("t0"), VisitState::Taken, ""),
            ("t1", Some("x"), VisitState::Taken, ""),
            ("t2", None, VisitState::Missing, "no visit between day 80 and 100; the nearest is on day 40"),
            ("y", Some("y"), VisitState::NotNearest, "visit x on day 40 is nearer to day 42 of t1"),
            ("z", Some("z"), VisitState::OutsideWindows, "day 200 lies in no window"),
        ]
    );
    let two = format!("{HEAD}A,t0,0,ct.nii.gz,mask.nii.gz\nA,t1,,ct_b.nii.gz,\n");
    assert_eq!(read(&two, &["t1: 42 +/- 14 d"]).faults[0].code, "E-MANIFEST-DAYS");
    assert_eq!(
        read(&two.replace("t1,,", "t1,40,"), &["T0: 42 +/- 14 d"]).faults[0].code,
        "E-MANIFEST-WINDOW"
    );
}

#[test]
fn a_table_that_is_none_and_misspelt_columns_are_refused_as_a_whole() {
    let dir = scans();
    let refused = |text: &str| read_in(dir.path(), text, &[], &HeaderCheck::All).unwrap_err();
    for (text, code, said) in [
        ("subject;visit;day\nA;t0;0\n", "E-TABLE-SEPARATOR", "semicolons"),
        ("subject,day,image,mask\nA,0,ct.nii.gz,\n", "E-TABLE-COLUMN", "no column visit"),
        (
            "subject,visit,day,image,mask,sit\nA,t0,0,ct.nii.gz,mask.nii.gz,x\n",
            "E-TABLE-COLUMN",
            "looks like site",
        ),
        (
            "subject,visit,day,image,mask\nA,t0,0,ct.nii.gz\n",
            "E-TABLE-FILE",
            "row 1 has 4 cells, the header 5",
        ),
        ("subject,visit,day,image\nA,t0,0,ct.nii.gz\n", "E-TABLE-COLUMN", "no column mask"),
    ] {
        let failure = refused(text);
        assert_eq!(failure.code, code, "{}", failure.fact);
        assert!(failure.fact.contains(said), "{}", failure.fact);
    }
}

#[test]
fn headers_are_read_of_the_subjects_that_are_asked_for() {
    let dir = scans();
    let text = format!("{HEAD}A,t0,0,ct.nii.gz,mask.nii.gz\nB,t0,0,torn.nii.gz,mask.nii.gz\n");
    let check = HeaderCheck::Of(BTreeSet::from(["A".to_owned()]));
    let checked = read_in(dir.path(), &text, &[], &check).unwrap();
    assert_eq!(checked.faults, []);
    assert_eq!(checked.inputs.keys().collect::<Vec<_>>(), ["A"]);
    assert_eq!(checked.manifest.subjects.len(), 2);
}
