//! `delta extract`: one image, and batches in which some rows fail.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its own data has to fail")]

mod common;
#[path = "support/patient.rs"]
mod patient;

use std::collections::BTreeMap;
use std::path::Path;

use common::{contents, expect, names, rows};
use delta_radiomics::geometry::Grid;
use delta_radiomics::io::{write_labels, write_mask, write_volume};
use serde_json::Value;

type Row = BTreeMap<String, String>;

fn said(here: &Path, arguments: &[&str], code: i32) -> String {
    String::from_utf8(expect(here, arguments, code).stdout).unwrap()
}

fn json(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// `a/ct.nii.gz` with `a/labels.nii.gz` (1 and 2) and `a/gtv.nii.gz` (1 alone), and another scan `b/` of the same form
/// with smaller voxels; `mr.nii.gz` with fractions on a's grid.
fn put_scans(here: &Path) {
    let fine = Grid::axis_aligned([36, 31, 29], [2.5; 3], [-43.75, -37.5, -35.0]).unwrap();
    for (name, grid, seed) in [("a", patient::grid(), 1), ("b", fine, 2)] {
        let folder = here.join(name);
        std::fs::create_dir_all(&folder).unwrap();
        write_volume(&folder.join("ct.nii.gz"), &patient::body(&grid, [0.0; 3], seed)).unwrap();
        let lesion = patient::ball(&grid, patient::LESION, 12.0);
        let organ = patient::ball(&grid, patient::ORGAN, 9.0);
        write_mask(&folder.join("gtv.nii.gz"), &lesion).unwrap();
        let labels = patient::labels(&grid, &[(1, lesion), (2, organ)]);
        write_labels(&folder.join("labels.nii.gz"), &labels).unwrap();
    }
    let mr = patient::body(&patient::grid(), [0.0; 3], 3).map(|v| v / 7.0 + 200.0);
    write_volume(&here.join("mr.nii.gz"), &mr).unwrap();
}

/// Values by region, feature and aggregation.
fn values(table: &[Row], region: &str) -> BTreeMap<(String, String), (String, String)> {
    let of_region = table.iter().filter(|r| r["roi"] == region);
    of_region
        .map(|r| {
            ((r["feature"].clone(), r["aggregation"].clone()), (r["value"].clone(), r["reason"].clone()))
        })
        .collect()
}

const BATCH: &str = "ID,Image,Mask,Label,site\n\
    P1,a/ct.nii.gz,a/labels.nii.gz,2,\"Oslo, east\"\n\
    P1,a/ct.nii.gz,a/labels.nii.gz,1,\n\
    P2,b/ct.nii.gz,b/labels.nii.gz,,Bergen\n\
    P3,c/ct.nii.gz,a/labels.nii.gz,1,\n\
    P4,a/ct.nii.gz,b/gtv.nii.gz,1,\n\
    P5,a/ct.nii.gz,a/gtv.nii.gz,7,\n\
    P6,mr.nii.gz,a/gtv.nii.gz,1,\n\
    P7,a/ct.nii.gz,a/gtv.nii.gz,x,\n\
    P8,b/ct.nii.gz,b/gtv.nii.gz,1,\n";

#[test]
fn every_label_is_a_region_with_the_values_of_a_run() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    put_scans(here);
    for (image, more) in [("a/ct.nii.gz", &[][..]), ("mr.nii.gz", &["--modality", "MR"])] {
        let mask = "a/labels.nii.gz";
        let run = ["run", "--baseline", image, "--baseline-mask", mask, "--followup", image];
        let run = [&run[..], &["--followup-mask", mask, "--no-register", "--out", "run"], more].concat();
        expect(here, &[&run[..], &["--force"]].concat(), 0);
        let extract = [&["extract", image, mask, "--force"], more].concat();
        let summary = said(here, &extract, 0);
        assert!(summary.lines().count() <= 10, "{summary}");
        assert!(summary.trim_end().ends_with("delta_extract/features.csv"), "{summary}");
        let ours = rows(&here.join("delta_extract/features.csv"));
        let theirs: Vec<Row> = rows(&here.join("run/features.csv"))
            .into_iter()
            .filter(|r| !r["visit"].ends_with("_2"))
            .collect();
        for label in ["1", "2"] {
            let found = values(&ours, &format!("labels_{label}"));
            assert!(found.len() > 80);
            assert_eq!(found, values(&theirs, label), "{image} label {label}");
        }
        assert_eq!(ours[0]["measurement_hash"], theirs[0]["measurement_hash"]);
        assert_eq!(ours[0]["flags"], theirs[0]["flags"]);
    }
    expect(here, &["verify", "delta_extract"], 0);
}

#[test]
fn several_masks_and_one_label_of_them() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    put_scans(here);
    let both = ["extract", "a/ct.nii.gz", "a/labels.nii.gz", "a/gtv.nii.gz"];
    expect(here, &both, 0);
    let table = rows(&here.join("delta_extract/features.csv"));
    let mut regions: Vec<(&str, &str)> = table.iter().map(|r| (&*r["roi"], &*r["label"])).collect();
    regions.dedup();
    assert_eq!(regions, [("labels_1", "1"), ("labels_2", "2"), ("gtv", "1")]);
    assert_eq!(values(&table, "labels_1"), values(&table, "gtv"));
    let roles: Vec<&str> =
        ["labels_1", "gtv"].map(|roi| &*table.iter().find(|r| r["roi"] == roi).unwrap()["roi_role"]).into();
    assert_eq!(roles, ["organ", "lesion"]);

    let one = [&both[..], &["--label", "1", "--out", "one"]].concat();
    expect(here, &one, 0);
    let table = rows(&here.join("one/features.csv"));
    assert!(table.iter().all(|r| r["label"] == "1") && table.iter().any(|r| r["roi"] == "labels_1"));
}

#[test]
fn a_failing_row_is_listed_and_ends_no_other() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    put_scans(here);
    std::fs::write(here.join("batch.csv"), BATCH).unwrap();
    let summary = said(here, &["extract", "--batch", "batch.csv", "--out", "out"], 5);
    assert!(summary.contains("5 of 9 rows") && summary.contains("row 4"), "{summary}");
    let failed = rows(&here.join("out/failures.csv"));
    let codes: Vec<(&str, &str)> = failed.iter().map(|r| (&*r["row"], &*r["code"])).collect();
    let expected = [
        ("4", "E-FILE-MISSING"),
        ("5", "E-MASK-GRID"),
        ("6", "E-MASK-LABEL"),
        ("7", "E-BATCH-MODALITY"),
        ("8", "E-BATCH-LABEL"),
    ];
    assert_eq!(codes, expected);
    assert!(failed.iter().all(|r| !r["fact"].is_empty() && !r["hint"].is_empty()));
    assert_eq!((&*failed[0]["image"], &*failed[0]["mask"]), ("c/ct.nii.gz", "a/labels.nii.gz"));

    let table = rows(&here.join("out/features.csv"));
    let header = std::fs::read_to_string(here.join("out/features.csv")).unwrap();
    assert!(
        header.starts_with("row,ID,Image,Mask,Label,site,modality,measurement_hash,roi,label,"),
        "{header:.100}"
    );
    let mut regions: Vec<[&str; 4]> =
        table.iter().map(|r| [&*r["row"], &*r["ID"], &*r["roi"], &*r["site"]]).collect();
    regions.dedup();
    let expected = [
        ["1", "P1", "labels_2", "Oslo, east"],
        ["2", "P1", "labels_1", ""],
        ["3", "P2", "labels_1", "Bergen"],
        ["3", "P2", "labels_2", "Bergen"],
        ["9", "P8", "gtv", ""],
    ];
    assert_eq!(regions, expected);
    let of_row = |n: &str| table.iter().filter(|r| r["row"] == n).cloned().collect::<Vec<Row>>();
    assert_eq!(values(&of_row("3"), "labels_1"), values(&of_row("9"), "gtv"), "the same region, read again");

    // A row is measured as it would be alone; the protocol's spacing is fixed.
    expect(here, &["extract", "a/ct.nii.gz", "a/labels.nii.gz", "--label", "2", "--out", "alone"], 0);
    assert_eq!(values(&rows(&here.join("alone/features.csv")), "labels_2"), values(&of_row("1"), "labels_2"));
}

#[test]
fn which_region_is_asked_for_changes_no_value_of_a_normalised_scan() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    put_scans(here);
    // Lesions by their names: both are left out of what the scan is normalised by, whichever is measured.
    std::fs::copy(here.join("a/labels.nii.gz"), here.join("tumour.nii.gz")).unwrap();
    expect(here, &["extract", "mr.nii.gz", "tumour.nii.gz", "--out", "all"], 0);
    expect(here, &["extract", "mr.nii.gz", "tumour.nii.gz", "--label", "2", "--out", "one"], 0);
    let [all, one] = ["all", "one"].map(|out| rows(&here.join(out).join("features.csv")));
    assert!(one.iter().all(|r| r["roi_role"] == "lesion" && r["flags"].contains("normalised")));
    assert_eq!(values(&one, "tumour_2"), values(&all, "tumour_2"));
}

#[test]
fn bytes_do_not_depend_on_threads_and_an_own_result_is_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    put_scans(here);
    std::fs::write(here.join("batch.csv"), BATCH).unwrap();
    let extract = ["extract", "--batch", "batch.csv", "--parquet", "--out"];
    for (threads, out) in [("1", "one"), ("2", "two"), ("7", "seven")] {
        expect(here, &[&extract[..], &[out, "-j", threads]].concat(), 5);
    }
    let one = contents(&here.join("one"));
    let files: Vec<&str> = one.keys().map(String::as_str).collect();
    assert_eq!(
        files,
        ["failures.csv", "features.csv", "features.parquet", "resolved_protocol.toml", "run.json"]
    );
    assert!(one == contents(&here.join("two")) && one == contents(&here.join("seven")));
    expect(here, &["verify", "one"], 0);

    assert_eq!(said(here, &[&extract[..], &["one", "--quiet"]].concat(), 5), "one\n");
    let other = [&extract[..], &["one", "--label", "1", "--json"]].concat();
    let refused: Value = serde_json::from_str(&said(here, &other, 3)).unwrap();
    assert_eq!(refused["error"]["code"], "E-OUT-OCCUPIED");
    assert!(contents(&here.join("one")) == one);
    let done: Value = serde_json::from_str(&said(here, &[&other[..], &["--force"]].concat(), 5)).unwrap();
    assert_eq!((&done["rows"], &done["failed"].as_array().unwrap().len()), (&9.into(), &5));
    assert!(names(here).iter().all(|name| !name.contains("partial")));
}

#[test]
fn a_wide_table_holds_the_values_of_the_long_one() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    put_scans(here);
    let batch = BATCH.replace("site", "modality");
    std::fs::write(here.join("batch.csv"), batch).unwrap();
    let extract = ["extract", "--batch", "batch.csv"];
    expect(here, &[&extract[..], &["--out", "long"]].concat(), 5);
    expect(here, &[&extract[..], &["--layout", "wide", "--out", "wide"]].concat(), 5);
    let pyradiomics = ["--names", "pyradiomics", "--out"];
    expect(here, &[&extract[..], &pyradiomics, &["their_long"]].concat(), 5);
    expect(here, &[&extract[..], &["--layout", "wide"], &pyradiomics, &["their_wide"]].concat(), 5);
    let [long, wide, their_long, their_wide] =
        ["long", "wide", "their_long", "their_wide"].map(|out| rows(&here.join(out).join("features.csv")));
    assert_eq!((wide.len(), their_wide.len()), (5, 5));
    assert_eq!((&*wide[0]["given_modality"], &*wide[0]["modality"]), ("Oslo, east", "CT"));
    for (row, theirs) in long.iter().zip(&their_long) {
        let of = |table: &'_ [Row]| {
            table.iter().find(|r| r["row"] == row["row"] && r["roi"] == row["roi"]).unwrap().clone()
        };
        let ibsi = match &*row["aggregation"] {
            "" => row["feature"].clone(),
            aggregation => format!("{}_{aggregation}", row["feature"]),
        };
        assert_eq!(row["value"], theirs["value"]);
        assert_eq!(of(&wide)[&ibsi], row["value"], "{ibsi}");
        let name = &theirs["feature"];
        let column = if name.starts_with("original_") { name } else { &ibsi };
        assert_eq!(of(&their_wide)[column], row["value"], "{column}");
        if !row["reason"].is_empty() {
            assert!(of(&wide)["reasons"].contains(&format!("{ibsi}={}", row["reason"])));
        }
    }
    let has = |name: &str| their_wide[0].contains_key(name);
    assert!(
        has("original_glcm_Contrast") && has("original_shape_Flatness") && has("original_firstorder_Mean")
    );
    assert!(has("stat_kurt") && has("morph_pca_maj_axis") && !has("stat_mean") && !has("cm_contrast_3D_avg"));
}

#[test]
fn the_sampling_is_one_decision_over_the_headers_of_all_images() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    put_scans(here);
    let batch = "Image,Mask\na/ct.nii.gz,a/gtv.nii.gz\nb/ct.nii.gz,b/gtv.nii.gz\n";
    std::fs::create_dir(here.join("tables")).unwrap();
    std::fs::write(here.join("tables/batch.csv"), batch.replace("a/", "../a/").replace("b/", "../b/"))
        .unwrap();
    let generic = ["--protocol", "generic", "--modality", "CT", "--units", "HU"];
    let extract = ["extract", "--batch", "tables/batch.csv", "--out", "out"];
    expect(here, &[&extract[..], &generic].concat(), 0);
    let spacing =
        |out: &str| json(&here.join(out).join("run.json"))["measurement"]["sampling"]["spacing_mm"].clone();
    assert_eq!(spacing("out"), serde_json::json!([3.0, 3.0, 3.0]), "the coarsest of both");
    let alone = ["extract", "b/ct.nii.gz", "b/gtv.nii.gz", "--out", "alone"];
    expect(here, &[&alone[..], &generic].concat(), 0);
    assert_eq!(spacing("alone"), serde_json::json!([2.5, 2.5, 2.5]));
    let text = std::fs::read_to_string(here.join("out/resolved_protocol.toml")).unwrap();
    assert!(text.contains("spacing_mm = 3"), "{text}");
    // The resolved protocol measures the same again, on one of the images alone.
    std::fs::write(here.join("resolved.toml"), text).unwrap();
    let again = ["extract", "b/ct.nii.gz", "b/gtv.nii.gz", "--protocol", "resolved.toml", "--modality", "CT"];
    expect(here, &[&again[..], &["--units", "HU", "--out", "again"]].concat(), 0);
    let second: Vec<Row> =
        rows(&here.join("out/features.csv")).into_iter().filter(|r| r["row"] == "2").collect();
    assert_eq!(values(&second, "gtv"), values(&rows(&here.join("again/features.csv")), "gtv"));
}

#[test]
fn what_is_wrong_is_said_under_a_code_and_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    put_scans(here);
    let image = "a/ct.nii.gz";
    let nothing = patient::labels(&patient::grid(), &[]);
    write_labels(&here.join("empty.nii.gz"), &nothing).unwrap();
    let tables = [
        ("no_mask.csv", "Image,Msk\na,b\n"),
        ("no_rows.csv", "Image,Mask\n"),
        ("no_image.csv", "Image,Mask\nc.nii.gz,d.nii.gz\n"),
    ];
    for (name, text) in tables {
        std::fs::write(here.join(name), text).unwrap();
    }
    let refused: &[(&[&str], i32, &str)] = &[
        (&[], 2, "required"),
        (&[image], 2, "required"),
        (&[image, "a/gtv.nii.gz", "--batch", "no_rows.csv"], 2, "cannot be used with"),
        (&[image, "a/gtv.nii.gz", "--label", "0"], 2, "above zero"),
        (&[image, "a/gtv.nii.gz", "--modality", "XT"], 2, "E-RUN-WORD"),
        (&[image, "a/gtv.nii.gz", "--label", "3"], 3, "E-MASK-LABEL  a/gtv.nii.gz"),
        (&[image, "a/gtv.nii.gz", "a/../a/gtv.nii.gz"], 3, "E-MASK-NAME"),
        (&[image, "empty.nii.gz"], 3, "E-MASK-EMPTY  empty.nii.gz"),
        (&[image, "b/gtv.nii.gz"], 3, "E-MASK-GRID  b/gtv.nii.gz"),
        (&[image, image], 3, "E-MASK-NEGATIVE  a/ct.nii.gz"),
        (&["c.nii.gz", "a/gtv.nii.gz"], 3, "E-FILE-MISSING  c.nii.gz"),
        (&["mr.nii.gz", "a/gtv.nii.gz", "--protocol", "ct"], 3, "E-PROTOCOL-UNITS"),
        (&[image, "a/gtv.nii.gz", "--protocol", "pett"], 3, "E-PROTOCOL-NAME"),
        (&["--batch", "nowhere.csv"], 3, "E-BATCH-FILE  nowhere.csv"),
        (&["--batch", "no_mask.csv"], 3, "E-BATCH-COLUMN  no_mask.csv"),
        (&["--batch", "no_rows.csv"], 3, "E-BATCH-EMPTY  no_rows.csv"),
        (&["--batch", "no_image.csv"], 3, "E-BATCH-NO-IMAGE"),
    ];
    let before = names(here);
    for (arguments, code, words) in refused {
        let output = expect(here, &[&["extract"], *arguments].concat(), *code);
        let cried = String::from_utf8_lossy(&output.stderr);
        assert!(cried.contains(words), "{arguments:?}: {cried}");
        assert!(output.stdout.is_empty());
    }
    assert_eq!(names(here), before);
}
