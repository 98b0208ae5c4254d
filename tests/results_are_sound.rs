//! A result is complete, harmless and self-contained, and two runs do not write one result.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its own data has to fail")]

mod common;
#[path = "support/patient.rs"]
mod patient;

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use common::{delta, expect, names};
use delta_table::Sheet;
use patient::{put_drawn, put_pair};

const RUN: [&str; 7] = ["run", "--baseline", "t0", "--followup", "t1", "--out", "out"];

/// A registered run in a folder whose subject has every character that a page must escape and a name may have.
fn result(here: &Path) {
    put_pair(here);
    expect(here, &[&RUN[..], &["--parquet", "--subject", "O'Neil (A), 50% #1"]].concat(), 0);
}

#[test]
fn tables_hold_finite_numbers_and_parquet_holds_the_same() {
    let dir = tempfile::tempdir().unwrap();
    result(dir.path());
    for table in ["features", "deltas"] {
        let path = |kind: &str| dir.path().join("out").join(format!("{table}.{kind}"));
        let text = std::fs::read_to_string(path("csv")).unwrap().to_lowercase();
        let not_finite = |cell: &str| ["nan", "inf", "-inf", "infinity", "-infinity"].contains(&cell);
        assert!(!text.split([',', '\n', '"']).any(not_finite), "{table}");
        let (csv, parquet) =
            (Sheet::read_csv(&path("csv")).unwrap(), Sheet::read_parquet(&path("parquet")).unwrap());
        assert!(csv.rows() > 100 && csv.rows() == parquet.rows());
        assert_eq!(csv.names(), parquet.names());
        assert_eq!(csv.text("feature").unwrap(), parquet.text("feature").unwrap());
        let column = if table == "features" { "value" } else { "absolute" };
        assert_eq!(csv.numbers(column).unwrap(), parquet.numbers(column).unwrap());
    }
}

#[test]
fn the_page_needs_nothing_from_elsewhere() {
    let dir = tempfile::tempdir().unwrap();
    result(dir.path());
    let page = std::fs::read_to_string(dir.path().join("out/report.html")).unwrap();
    for start in ["src=", "href=", "url(", "@import", "srcset=", "action="] {
        for (at, _) in page.match_indices(start) {
            let target = page[at + start.len()..].trim_start_matches(['"', '\'']);
            assert!(
                target.starts_with("data:") || target.starts_with('#'),
                "{start}{}",
                &target[..40.min(target.len())]
            );
        }
    }
    assert!(!page.contains("fetch(") && !page.contains("XMLHttpRequest"));
    assert!(page.contains("Research use only"));
    assert!(!page.contains(&*dir.path().to_string_lossy()), "no path of this machine");
}

#[test]
fn the_second_of_two_runs_to_one_result_is_told_to_wait() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    put_pair(here);
    put_drawn(&here.join("other"), 9.0, [0.0; 3]);
    let mut first = delta(here, &RUN).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let started = Instant::now();
    while !names(here).iter().any(|name| name.starts_with("out.partial-")) {
        assert!(started.elapsed() < Duration::from_secs(30) && first.try_wait().unwrap().is_none());
        std::thread::sleep(Duration::from_millis(2));
    }
    // Between the folder and its lock there is a moment.
    std::thread::sleep(Duration::from_millis(50));
    let second = ["run", "--baseline", "t0", "--followup", "other", "--no-register", "--out", "out"];
    for arguments in [second.to_vec(), [&second[..], &["--force"]].concat()] {
        let refused = expect(here, &arguments, 6);
        assert!(String::from_utf8_lossy(&refused.stderr).starts_with("E-OUT-LOCKED"));
    }
    assert!(first.wait().unwrap().success());
    assert_eq!(names(here), ["other", "out", "t0", "t1"]);
    expect(here, &["verify", "out"], 0);
}
