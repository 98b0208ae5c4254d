//! Series against the reference (criterion 1), and what the reference has no files for.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;
#[path = "common/slices.rs"]
mod slices;

use std::path::{Path, PathBuf};

use delta_dicom::series::{Companion, CompanionKind, DateSource, Series, look};
use delta_dicom::{Fault, FaultKind};
use serde_json::Value;
use slices::Plain;

/// The files of a series of the reference; folders inside its folder are others.
fn files(path: &Path) -> Vec<PathBuf> {
    if path.is_file() {
        return vec![path.to_owned()];
    }
    let entries = std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.is_file()).collect()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

fn near(found: f64, expected: &Value, tolerance: f64, what: &str) {
    let expected = expected.as_f64().unwrap();
    assert!((found - expected).abs() <= tolerance, "{what}: {found} where {expected} is expected");
}

fn stored_sha(series: &Series) -> String {
    let bytes: Vec<u8> = series.stored().unwrap().iter().flat_map(|v| v.to_le_bytes()).collect();
    common::sha256(&bytes)
}

fn check_volume(name: &str, series: &Series, group: &Value) {
    let geometry = series.geometry().unwrap();
    let grid = &geometry.grid;
    let size: Vec<f64> = grid.size.iter().map(|n| *n as f64).collect();
    assert_eq!(size, numbers(&group["dim_ijk"]), "{name}");
    for (axis, row) in group["affine_lps"].as_array().unwrap().iter().enumerate() {
        let expected = numbers(row);
        let found = [grid.steps[0][axis], grid.steps[1][axis], grid.steps[2][axis], grid.origin[axis]];
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() <= 1e-4, "{name}: affine {found} where {expected} is expected");
        }
    }
    for (found, key) in geometry.gaps.iter().zip(["gap_min", "gap_median", "gap_max"]) {
        near(*found, &group[key], 1e-6, &format!("{name} {key}"));
    }
    near(geometry.shear_degrees, &group["shear_deg"], 1e-3, &format!("{name} shear"));
    near(geometry.residual_mm, &group["max_position_residual_mm"], 1e-6, &format!("{name} residual"));
    assert_eq!(stored_sha(series), group["stored_sha256_i32le"].as_str().unwrap(), "{name}");
    let volume = series.volume().unwrap();
    let values: Vec<f64> = volume.values.iter().map(|v| f64::from(*v)).collect();
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    for (found, key) in [(least, "min"), (most, "max"), (mean, "mean")] {
        let expected = &group["rescaled"][key];
        near(found, expected, 1e-6 * expected.as_f64().unwrap().abs(), &format!("{name} {key}"));
    }
}

#[test]
fn every_series_of_the_reference_is_read_or_refused_as_decided() {
    let Some(reference) = common::reference() else { return };
    let expected = common::expected(&reference);
    let (mut read, mut refused) = (0, 0);
    for (name, decision) in expected["decisions"].as_object().unwrap() {
        let found = look(&files(&reference.join("data").join(name))).unwrap();
        let chosen: Result<&Series, Fault> =
            found.choose(None).and_then(|series| series.geometry().map(|_| series));
        match decision["action"].as_str().unwrap() {
            "refuse" => {
                let fault = chosen.unwrap_err();
                println!("{name}: {:?}: {}", fault.kind, fault.fact);
                assert!(matches!(fault.kind, FaultKind::NoVolume | FaultKind::Choice | FaultKind::Broken));
                if let Some(at) = decision["name_gap_after_mm"].as_f64() {
                    assert!(fault.fact.contains(&format!("{at:.3}")), "{name}: {}", fault.fact);
                }
                refused += 1;
            }
            "refuse or accept within 1 stored unit" => {
                let fault = chosen.unwrap().stored().unwrap_err();
                assert_eq!(fault.kind, FaultKind::Syntax, "{name}: {}", fault.fact);
            }
            action => {
                let series = chosen.unwrap_or_else(|fault| panic!("{name}: {}", fault.fact));
                let groups = expected["series"][name]["groups"].as_array().unwrap();
                assert_eq!(groups.len(), 1);
                check_volume(name, series, &groups[0]);
                for warning in &series.warnings {
                    println!("{name}: {warning}");
                }
                assert_eq!(action == "warn", !series.warnings.is_empty(), "{name}");
                read += 1;
            }
        }
    }
    println!("{read} series read, {refused} refused");
    assert_eq!((read, refused), (63, 17));
}

#[test]
fn volumes_at_one_place_are_chosen_by_label_and_scaled_each_its_own_way() {
    let Some(reference) = common::reference() else { return };
    let name = "enhanced/philips_b0";
    let found = look(&files(&reference.join("data").join(name))).unwrap();
    println!("{}", found.list());
    assert!(found.list().contains("magnitude") && found.list().contains("field map"));
    let labels: Vec<String> = found.series.iter().map(|series| series.label.clone()).collect();
    assert_eq!(labels.len(), 2);
    let mut sum = 0.0;
    for label in &labels {
        let series = found.choose(Some(label)).unwrap();
        assert_eq!(series.grid().unwrap().size, [64, 64, 32]);
        sum += series.volume().unwrap().values.iter().map(|v| f64::from(*v)).sum::<f64>();
    }
    // The reference scales both in one stack of 64.
    let together =
        common::expected(&reference)["series"][name]["groups"][0]["rescaled"]["sum"].as_f64().unwrap();
    assert!((sum / together - 1.0).abs() < 1e-6, "{sum} where {together} is expected");
    assert_eq!(found.choose(Some("nothing")).unwrap_err().kind, FaultKind::Choice);
}

#[test]
fn padding_is_known_by_its_stored_value() {
    let Some(reference) = common::reference() else { return };
    let found = look(&[reference.join("data/ct_crlm1004/image")]).unwrap();
    let volume = found.choose(None).unwrap().volume().unwrap();
    let padding = volume.padding.unwrap();
    let low = volume.values.iter().filter(|value| **value == -3024.0).count();
    assert_eq!(padding.count(), low);
    assert!(low > 0 && volume.values.iter().enumerate().all(|(at, v)| padding.is(at) == (*v == -3024.0)));
}

#[test]
fn contours_and_segments_are_listed_beside_their_series() {
    let Some(reference) = common::reference() else { return };
    let found = look(&[reference.join("data/derived/phantom")]).unwrap();
    let of = |kind| found.companions.iter().filter(|companion| companion.kind == kind).count();
    assert_eq!((of(CompanionKind::Contours), of(CompanionKind::Segments)), (1, 7));
    let series = found.choose(None).unwrap();
    let elsewhere = found.companions.iter().filter(|companion| !series.fits(companion));
    let names: Vec<_> = elsewhere.map(|companion| companion.path.file_name().unwrap()).collect();
    assert_eq!(names, ["other_frame_of_reference.dcm"]);
    assert!(found.companions.iter().any(|companion| companion.series.contains(&series.uid)));
}

#[test]
fn names_order_and_folders_change_nothing() {
    let Some(reference) = common::reference() else { return };
    let original = reference.join("data/pet_sts002/image");
    let folder = tempfile::tempdir().unwrap();
    for (at, file) in files(&original).iter().rev().enumerate() {
        let inside = folder.path().join(format!("{}/{}", at % 3, at % 2));
        std::fs::create_dir_all(&inside).unwrap();
        std::fs::copy(file, inside.join(format!("x{}", 997 * (at + 1) % 1009))).unwrap();
    }
    let (a, b) = (look(&[original]).unwrap(), look(&[folder.path().to_owned()]).unwrap());
    assert_eq!(a.list(), b.list());
    let (a, b) = (a.choose(None).unwrap(), b.choose(None).unwrap());
    assert_eq!(a.geometry().unwrap(), b.geometry().unwrap());
    assert_eq!(a.volume().unwrap().values, b.volume().unwrap().values);
}

fn written(slices: &[Plain]) -> (tempfile::TempDir, delta_dicom::series::Found) {
    let folder = tempfile::tempdir().unwrap();
    slices::write(folder.path(), slices);
    let found = look(&[folder.path().to_owned()]).unwrap();
    (folder, found)
}

#[test]
fn values_go_where_their_slices_are() {
    let all: Vec<Plain> = [2, 0, 1].map(|k| Plain::at(k, 5.0 * k as f64)).to_vec();
    let (_folder, found) = written(&all);
    let series = found.choose(None).unwrap();
    let values = series.volume().unwrap().values;
    let expected = (0..3).flat_map(|k| (0..12).map(move |v| (100 * k + v - 1024) as f32));
    assert_eq!(values, expected.collect::<Vec<f32>>());
    assert_eq!(series.grid().unwrap().steps[2], [0.0, 0.0, 5.0]);
    let elsewhere = |kind| Companion {
        kind,
        path: "".into(),
        frames: vec!["2.25.99".into()],
        series: vec![series.uid.clone()],
        owner: None,
    };
    assert!(
        series.fits(&elsewhere(CompanionKind::Contours)) && !series.fits(&elsewhere(CompanionKind::Segments))
    );
    assert_eq!(found.list(), "1 (CT, 4 x 3 x 3 voxels of 1 x 1 x 5 mm, axial)");
}

#[test]
fn frames_are_read_one_by_one_each_with_its_slope() {
    let (_folder, found) = written(&[slices::frames([4, 3], 3, (0..36).collect())]);
    let series = found.choose(None).unwrap();
    let frame = |stored: i32, slope: i32| (stored..stored + 12).map(move |v| (v * slope) as f32);
    let expected: Vec<f32> = frame(24, 1).chain(frame(12, 2)).chain(frame(0, 3)).collect();
    assert_eq!(series.volume().unwrap().values, expected);
    let (_folder, found) = written(&[slices::frames([4, 3], 3, (0..35).collect())]);
    assert_eq!(found.choose(None).unwrap().volume().unwrap_err().kind, FaultKind::Broken);
}

/// Headers with bytes changed at random: a series, or a fault, and no panic.
#[test]
fn damaged_headers_do_no_harm() {
    let mut seed = 7_u64;
    let mut random = move |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % below
    };
    let folder = tempfile::tempdir().unwrap();
    let classic: Vec<Plain> = (0..4).map(|k| Plain::at(k, k as f64)).collect();
    let paths = slices::write(folder.path(), &classic);
    let intact: Vec<Vec<u8>> = classic.iter().map(Plain::bytes).collect();
    let many = slices::frames([4, 3], 9, (0..108).collect()).bytes();
    let mut read = 0;
    for round in 0..400 {
        let (path, bytes) =
            if round % 2 == 0 { (&paths[round % 4], &intact[round % 4]) } else { (&paths[0], &many) };
        let mut damaged = bytes.clone();
        for _ in 0..=round % 5 {
            let at = 132 + random(bytes.len() - 132);
            damaged[at] = [random(256) as u8, b'9', b'-', b'e'][random(4)];
        }
        std::fs::write(path, damaged).unwrap();
        let files = if round % 2 == 0 { paths.clone() } else { vec![path.clone()] };
        let found = look(&files).unwrap();
        for series in &found.series {
            let (_, _) = (delta_dicom::suv::suv(series), delta_dicom::acquisition::acquisition(series));
            read += usize::from(series.volume().is_ok());
        }
        let _ = found.choose(None);
        std::fs::write(&paths[round % 4], &intact[round % 4]).unwrap();
        std::fs::write(&paths[0], &intact[0]).unwrap();
    }
    assert!((50..400).contains(&read), "{read} read");
}

#[test]
fn several_series_are_listed_and_a_survey_is_not_taken() {
    let slice = |series: &str, number, k: usize| Plain {
        series: series.into(),
        number,
        sop: format!("{series}.{k}"),
        ..Plain::at(k, k as f64)
    };
    let mut all: Vec<Plain> = (0..2).map(|k| slice("2.25.5", 3, k)).collect();
    let survey =
        (0..2).map(|k| Plain { image_type: "ORIGINAL\\PRIMARY\\LOCALIZER".into(), ..slice("2.25.6", 1, k) });
    all.extend(survey);
    let (_folder, found) = written(&all);
    assert_eq!(found.choose(None).unwrap().label, "3");
    assert_eq!(found.choose(Some("1")).unwrap().label, "1");
    assert_eq!(found.choose(Some("ct")).unwrap().label, "3");
    all.extend((0..2).map(|k| slice("2.25.7", 3, k)));
    let (_folder, found) = written(&all);
    let fault = found.choose(None).unwrap_err();
    assert_eq!(fault.kind, FaultKind::Choice);
    assert!(fault.fact.contains("3a (CT") && fault.fact.contains("3b (CT"), "{}", fault.fact);
    assert!(!fault.fact.contains("2.25"), "{}", fault.fact);
    assert_eq!(found.choose(Some("3b")).unwrap().uid, "2.25.7");
    assert_eq!(found.choose(Some("CT")).unwrap_err().kind, FaultKind::Choice);
}

#[test]
fn echoes_at_one_place_are_volumes_of_their_own() {
    let echo =
        |k: usize, ms| Plain { echo_ms: Some(ms), sop: format!("2.25.2.{k}.{ms}"), ..Plain::at(k, k as f64) };
    let (_folder, found) = written(&[echo(0, 4.5), echo(1, 4.5), echo(0, 9.0), echo(1, 9.0)]);
    assert!(found.list().contains("1.1 (") && found.list().contains("echo time 4.5 ms"), "{}", found.list());
    assert_eq!(found.series.len(), 2);
    // A single extra slice is no volume, whatever sets it apart.
    let (_folder, found) = written(&[echo(0, 4.5), echo(1, 4.5), echo(0, 9.0)]);
    let fault = found.choose(None).unwrap().grid().unwrap_err();
    assert_eq!(fault.kind, FaultKind::NoVolume);
}

#[test]
fn stacks_that_are_no_grid_are_refused_with_their_place() {
    let refused = |slices: &[Plain], words: &str| {
        let (_folder, found) = written(slices);
        let fault = found.choose(None).unwrap().grid().unwrap_err();
        assert_eq!(fault.kind, FaultKind::NoVolume);
        assert!(fault.fact.contains(words), "{}", fault.fact);
    };
    let at =
        |places: &[f64]| -> Vec<Plain> { places.iter().enumerate().map(|(k, z)| Plain::at(k, *z)).collect() };
    refused(&at(&[7.5]), "one slice only");
    refused(&at(&[0.0, 2.0, 4.0, 6.2]), "2.2 mm lie between those at 4 and 6.2 mm");
    // Gaps within 5 % of their median that add up to half a slice.
    let drift: Vec<f64> =
        (0..60).map(|k| if k < 30 { 2.0 * f64::from(k) } else { 60.0 + 2.09 * f64::from(k - 30) }).collect();
    refused(&at(&drift), "from its place on a regular grid");
    let mut shifted = at(&[0.0, 2.0, 4.0]);
    shifted[1].position[0] = 0.8;
    refused(&shifted, "the slice at 2 mm");
    let mut mixed = at(&[0.0, 2.0, 4.0]);
    mixed[2].size = [3, 4];
    refused(&mixed, "the one at 4 mm along the normal has 3 x 4 pixels");
}

#[test]
fn a_copy_is_used_once_and_has_to_be_one() {
    let mut slices: Vec<Plain> = (0..3).map(|k| Plain::at(k, k as f64)).collect();
    slices.push(slices[1].clone());
    let (_folder, found) = written(&slices);
    let series = found.choose(None).unwrap();
    assert_eq!(series.warnings.len(), 1);
    assert_eq!(series.volume().unwrap().values.len(), 36);
    slices[3].pixels[5] += 1;
    let (_folder, found) = written(&slices);
    let fault = found.choose(None).unwrap().volume().unwrap_err();
    assert_eq!(fault.kind, FaultKind::Broken);
    slices[3].position[2] = 7.0;
    let (_folder, found) = written(&slices);
    assert_eq!(found.choose(None).unwrap().grid().unwrap_err().kind, FaultKind::Broken);
}

#[test]
fn a_damaged_file_is_no_missing_slice_and_other_files_are_none() {
    let folder = tempfile::tempdir().unwrap();
    let paths = slices::write(folder.path(), &[0, 1, 2].map(|k| Plain::at(k, k as f64)));
    std::fs::write(folder.path().join("notes.txt"), "no DICOM").unwrap();
    let look = || look(&[folder.path().to_owned()]).unwrap();
    assert_eq!((look().others, look().choose(None).is_ok()), (1, true));
    let bytes = std::fs::read(&paths[2]).unwrap();
    std::fs::write(&paths[2], &bytes[..bytes.len() - 4]).unwrap();
    let fault = look().choose(None).unwrap_err();
    assert_eq!((fault.kind, fault.path.as_ref()), (FaultKind::Broken, Some(&paths[2])));
}

#[test]
fn days_are_counted_between_dates_of_one_kind() {
    let series = |study: &str, acquired: &str| {
        let slice = |k: usize| Plain {
            study_date: study.into(),
            acquisition_date: acquired.into(),
            ..Plain::at(k, k as f64)
        };
        written(&[slice(0), slice(1)])
    };
    let (_a, first) = series("20200228", "20200227");
    let (_b, second) = series("20200301", "20200301");
    let (_c, third) = series("", "20210227");
    let days = |a: &delta_dicom::series::Found, b: &delta_dicom::series::Found| {
        a.series[0].dates().days_until(b.series[0].dates()).map(|interval| (interval.days, interval.source))
    };
    assert_eq!(days(&first, &second), Some((2, DateSource::Study)));
    assert_eq!(days(&second, &first), Some((-2, DateSource::Study)));
    assert_eq!(days(&first, &third), Some((366, DateSource::Acquisition)));
    let (_d, none) = series("", "");
    assert_eq!(days(&first, &none), None);
}
