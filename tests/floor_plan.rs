//! The house's import order (ARCHITECTURE.md): a file imports only from its own room and from floors below it;
//! rooms on one floor do not know each other.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its own data has to fail")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Rooms by floor, highest first. A room is a folder or a file directly below `src`.
const FLOORS: &[&[&str]] = &[
    &["main", "cli"],
    &["jobs"],
    &["report", "protocol"],
    &["delta", "stability", "analyze"],
    &["register", "propagate", "features", "stats"],
    &["image", "io"],
    &["transform"],
    &["visit", "record", "store", "delta_table", "delta_dicom"],
    &["geometry", "volume", "labels", "numeric", "diagnose", "reference"],
];

/// Rooms that are crates of their own, called `delta_` and this.
const PATH_CRATES: [&str; 2] = ["table", "dicom"];

/// Neighbours on the ground and first floor that may know each other, with the reason.
const NEIGHBOURS: &[(&str, &str)] = &[
    // A program is its command line.
    ("main", "cli"),
    // A visit is described in the controlled words of the records.
    ("visit", "record"),
    // Records become tables, and only that crate knows how tables are written.
    ("record", "delta_table"),
    // A grid says what is wrong with it in the project's form of errors; volumes and masks lie on grids.
    ("geometry", "diagnose"),
    ("volume", "geometry"),
    ("labels", "geometry"),
    ("labels", "volume"),
    // A mask grows and shrinks by exact distances.
    ("labels", "numeric"),
];

fn floor_of(room: &str) -> Option<usize> {
    FLOORS.iter().rev().position(|rooms| rooms.contains(&room))
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// Rooms that a source names: `crate::room`, `delta_radiomics::room`, `crate::{a, b::c}`, `delta_table`.
fn rooms_named(source: &str) -> Vec<(usize, String)> {
    let mut named = Vec::new();
    for (number, line) in source.lines().enumerate() {
        let code = line.split("//").next().unwrap_or("");
        for (start, _) in code.match_indices("crate::").chain(code.match_indices("delta_radiomics::")) {
            let rest = &code[start..];
            let rest = &rest[rest.find("::").unwrap() + 2..];
            let hint = "write one `use crate::room` per room, so that this test can read it";
            assert!(!rest.starts_with('{'), "line {}: {hint}", number + 1);
            let room: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            named.push((number + 1, room));
        }
        for own in PATH_CRATES.map(|room| format!("delta_{room}")) {
            if code.contains(&format!("{own}::")) {
                named.push((number + 1, own));
            }
        }
    }
    named
}

#[test]
fn no_file_imports_sideways_or_upward() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    let mut faults = BTreeMap::new();
    for file in files {
        let relative = file.strip_prefix(&src).unwrap();
        let room = relative.components().next().unwrap().as_os_str().to_string_lossy().replace(".rs", "");
        if room == "lib" || PATH_CRATES.contains(&room.as_str()) {
            continue;
        }
        let own = floor_of(&room).unwrap_or_else(|| panic!("{room} has no floor: give it one in FLOORS"));
        for (line, named) in rooms_named(&fs::read_to_string(&file).unwrap()) {
            let allowed = named == room
                || NEIGHBOURS.contains(&(room.as_str(), named.as_str()))
                || floor_of(&named).is_some_and(|other| other < own);
            if !allowed {
                faults.insert(format!("{}:{line}", relative.display()), named);
            }
        }
    }
    assert!(faults.is_empty(), "imports against the plan: {faults:#?}");
}

#[test]
fn the_plan_names_every_room_that_exists() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for entry in fs::read_dir(src).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().replace(".rs", "");
        let is_known = name == "lib" || PATH_CRATES.contains(&name.as_str()) || floor_of(&name).is_some();
        assert!(is_known, "{name} has no floor");
    }
}

#[test]
fn the_reader_of_imports_sees_what_it_should() {
    let source =
        "use crate::image::resample;\nlet x = crate::jobs::run(); // crate::cli\nuse delta_table::Table;";
    let named: Vec<String> = rooms_named(source).into_iter().map(|(_, r)| r).collect();
    assert_eq!(named, ["image", "jobs", "delta_table"]);
}
