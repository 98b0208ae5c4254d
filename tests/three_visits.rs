//! Three visits of one patient: the course of each feature, through the program.

#![allow(clippy::unwrap_used, reason = "a test that cannot write its own data has to fail")]

mod common;

use std::collections::BTreeMap;
use std::path::Path;

use common::{expect, names, rows};
use delta_radiomics::visit::VisitFile;

type Row = BTreeMap<String, String>;

/// The baseline as `t0`, the same again as `t1`, and the phantom's follow-up as `t2`, all drawn; `days` in their
/// order, `None` where a visit does not know its own.
fn put_visits(here: &Path, days: [Option<f64>; 3]) {
    expect(here, &["phantom", "pair", "--seed", "3", "--drawn", "all"], 0);
    for ((visit, from), day) in [("t0", "t0"), ("t1", "t0"), ("t2", "t1")].into_iter().zip(days) {
        let (folder, source) = (here.join(visit), here.join("pair").join(from));
        std::fs::create_dir_all(&folder).unwrap();
        for file in ["image.nii.gz", "mask.nii.gz"] {
            std::fs::copy(source.join(file), folder.join(file)).unwrap();
        }
        let text = std::fs::read_to_string(source.join("visit.toml")).unwrap();
        let file = VisitFile { visit: Some(visit.into()), day, ..toml::from_str(&text).unwrap() };
        std::fs::write(folder.join("visit.toml"), toml::to_string(&file).unwrap()).unwrap();
    }
}

fn run(here: &Path, followups: &[&str], out: &str) {
    let mut words = vec!["run", "--baseline", "t0", "--no-register", "--parquet", "--out", out];
    words.extend(followups.iter().flat_map(|visit| ["--followup", visit]));
    expect(here, &words, 0);
}

fn number(cell: &str) -> f64 {
    cell.parse().unwrap_or_else(|_| panic!("{cell:?} is no number"))
}

fn same_feature(a: &Row, b: &Row) -> bool {
    ["roi", "feature", "aggregation", "image"].iter().all(|column| a[*column] == b[*column])
}

#[test]
fn unchanged_then_changed_has_the_slopes_and_area_of_a_bent_line() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    put_visits(here, [Some(0.0), Some(10.0), Some(40.0)]);
    run(here, &["t1", "t2"], "out");
    let (courses, deltas) = (rows(&here.join("out/trajectories.csv")), rows(&here.join("out/deltas.csv")));
    let last: Vec<&Row> = deltas.iter().filter(|r| r["followup_visit"] == "t2").collect();
    assert_eq!(courses.len(), last.len(), "one course per region and feature");
    let mut changed = 0;
    for row in &courses {
        let delta = last.iter().find(|delta| same_feature(row, delta)).unwrap();
        assert_eq!((&row["status"], &row["reason"]), (&delta["status"], &delta["reason"]));
        assert_eq!((&*row["mask_sources"], number(&row["visits"])), ("drawn;drawn;drawn", 3.0));
        assert_eq!((number(&row["first_day"]), number(&row["last_day"])), (0.0, 40.0));
        if !["ok", "not_standardised"].contains(&row["status"].as_str()) {
            assert_eq!((&*row["ols_slope_per_day"], &*row["auc_above_baseline"]), ("", ""));
            continue;
        }
        // Values f, f, f + d on days 0, 10, 40: sum (t - tm)^2 = 2600/3, sum (t - tm)(y - ym) = 70/3 d, and of
        // sum (y - ym)^2 = 52/78 d^2 the line leaves 3/78 d^2 with one degree of freedom.
        let d = number(&delta["absolute"]);
        let scale = number(&delta["baseline"]).abs().max(d.abs());
        let expected = [
            ("ols_slope_per_day", d * 7.0 / 260.0),
            ("ols_slope_se", d.abs() * (3.0 / 78.0 / (2600.0 / 3.0_f64)).sqrt()),
            // Pairs: 0, d / 40, d / 30.
            ("theil_sen_slope_per_day", d / 40.0),
            ("auc_above_baseline", 15.0 * d),
        ];
        for (column, expected) in expected {
            let found = number(&row[column]);
            assert!((found - expected).abs() <= 1e-10 * scale, "{} {column}: {found}", row["feature"]);
        }
        changed += usize::from(d != 0.0);
    }
    assert!(changed > 100, "{changed}");
    assert!(names(&here.join("out")).contains(&"trajectories.parquet".to_owned()));
    expect(here, &["verify", "out"], 0);
}

#[test]
fn two_visits_or_unknown_days_have_no_course_and_only_the_latter_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    put_visits(here, [Some(0.0), None, Some(40.0)]);
    for (followups, out, said) in [(&["t2"][..], "two", false), (&["t1", "t2"], "unknown", true)] {
        run(here, followups, out);
        assert!(!names(&here.join(out)).iter().any(|name| name.starts_with("trajectories")), "{out}");
        for file in ["run.json", "report.html"] {
            let text = std::fs::read_to_string(here.join(out).join(file)).unwrap();
            assert_eq!(text.contains("No trajectories were made"), said, "{out}/{file}");
        }
    }
}
