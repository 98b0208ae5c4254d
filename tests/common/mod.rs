//! What the tests of the program share: where things are, and how the program is called.
#![allow(dead_code, reason = "each test uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a test that cannot read its own data has to fail")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The folder of reference data, where it is; `None` skips a test with a message, unless the data are required.
pub fn reference() -> Option<PathBuf> {
    let folder = std::env::var_os("DELTA_REFERENCE")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    if folder.join("registration").is_dir() {
        return Some(folder);
    }
    let required = std::env::var("DELTA_REQUIRE_REFERENCE").is_ok_and(|v| v == "1");
    assert!(!required, "reference data are required, and {} has none", folder.display());
    eprintln!("skipped: no reference data at {}", folder.display());
    None
}

/// The program with arguments, in a working folder. A run makes no noise band of its own unless its arguments ask for
/// one: twenty copies of every visit cost more than most tests are worth.
pub fn delta(here: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_delta"));
    command.current_dir(here).args(arguments);
    if arguments.first() == Some(&"run") && !arguments.contains(&"--perturb") {
        command.args(["--perturb", "0"]);
    }
    command
}

/// Runs the program and gives what it printed; panics with its words where the exit code is another.
pub fn expect(here: &Path, arguments: &[&str], code: i32) -> Output {
    let output = delta(here, arguments).output().unwrap();
    let (said, cried) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "delta {arguments:?}\n{said}\n{cried}");
    output
}

/// Content of all files below a folder, without those that no hash covers.
pub fn contents(folder: &Path) -> std::collections::BTreeMap<String, Vec<u8>> {
    delta_radiomics::store::hash_tree(folder)
        .unwrap()
        .into_keys()
        .filter(|name| name != "timing.json")
        .map(|name| (name.clone(), std::fs::read(folder.join(&name)).unwrap()))
        .collect()
}

/// Names in a folder, sorted.
pub fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// Rows of a CSV as maps from column to cell.
pub fn rows(csv: &Path) -> Vec<std::collections::BTreeMap<String, String>> {
    let sheet = delta_table::Sheet::read_csv(csv).unwrap();
    let mut rows = vec![std::collections::BTreeMap::new(); sheet.rows()];
    for name in sheet.names() {
        for (row, cell) in rows.iter_mut().zip(sheet.text(&name).unwrap()) {
            row.insert(name.clone(), cell.unwrap_or_default());
        }
    }
    rows
}
