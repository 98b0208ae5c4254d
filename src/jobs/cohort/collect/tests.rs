//! A study of four patients, made by hand: one with everything, one single visit, one that failed, one that waits.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use delta_table::{Sheet, row_groups};

use super::*;
use crate::delta::single::rows_without_followup;
use crate::delta::{PairContext, VisitContext, delta_rows, registry_info};
use crate::diagnose::Exit;
use crate::features::settings::Normalise;
use crate::jobs::Silent;
use crate::record::table::{delta_table, feature_table};
use crate::record::{
    Family, FeatureKey, FeatureRow, Flags, MaskSource, MeasurementHash, Modality, Outcome, RoiRole, Units,
    VisitState,
};

const HASH: &str = "abababababababababab";

fn feature(subject: &str, visit: &str, roi: &str, source: MaskSource, tag: &str, value: f64) -> FeatureRow {
    FeatureRow {
        subject: Some(subject.into()),
        visit: visit.into(),
        modality: Modality::Ct,
        measurement_hash: MeasurementHash::new(HASH.into()),
        roi: roi.into(),
        roi_role: if roi == "liver" { RoiRole::Organ } else { RoiRole::Lesion },
        mask_source: source,
        key: FeatureKey {
            image: "original".into(),
            family: Family::from_word(tag.split('_').next().unwrap()).unwrap(),
            feature: tag.into(),
            aggregation: None,
        },
        outcome: Outcome::Value(value),
        unit: String::new(),
        flags: Flags::default(),
    }
}

fn region(subject: &str, visit: &str, roi: &str, source: MaskSource, size: f64) -> Vec<FeatureRow> {
    [("morph_volume", size), ("stat_var", size + 0.1), ("diag_voxels", 7.0)]
        .map(|(tag, value)| feature(subject, visit, roi, source, tag, value))
        .to_vec()
}

const QA: &str = r#"{"schema":1,"pair":"t1 -> t0","verdict":"REVIEW",
"reasons":[{"code":"chance","text":"near chance","value":0.1,"threshold":0.2,"verdict":"REVIEW"},
{"code":"folds","text":"folds","value":0.1,"threshold":0.2,"verdict":"REVIEW"}],
"similarity":{"measure":"ncc","before":0.1,"rigid":0.5,"spline":0.9,"chance_mean":0.05,"chance_max":0.2},
"overlap_fraction":0.99,"jacobian":{"min":0.5,"p01":0.6,"median":1.0,"p99":1.4,"max":1.5,"folded_fraction":0.0},
"inverse_residual_mm":{"mean":0.1,"max":0.3},"displacement_mm":{"mean":1.0,"p95":2.0,"max":3.0},
"rois":[{"name":"one","mask_source":"followed","volume_ml_carried":1.0,"volume_ratio_jacobian":1.0,
"displacement_mm":1.0,"border_uncertainty_mm":0.4,"outside_fraction":0.0,
"agreement":[{"of":"followed","with":"drawn","dice":0.8,"hd95_mm":1.0,"mean_surface_distance_mm":0.5},
{"of":"carried","with":"drawn","dice":0.7,"hd95_mm":1.0,"mean_surface_distance_mm":0.5}]}]}"#;

struct Study {
    _dir: tempfile::TempDir,
    path: PathBuf,
    subjects: StudySubjects,
}

fn patient(study: &Path, key: &str, features: &[FeatureRow], deltas: &[crate::record::DeltaRow]) -> PathBuf {
    let folder = study.join("patients").join(key);
    fs::create_dir_all(&folder).unwrap();
    feature_table(features).unwrap().write_csv(&folder.join("features.csv")).unwrap();
    delta_table(deltas).unwrap().write_csv(&folder.join("deltas.csv")).unwrap();
    fs::write(folder.join("run.json"), r#"{"schema":1,"request":{"subject":"x"}}"#).unwrap();
    folder
}

fn visits(subject: &str, names: &[&str]) -> Vec<VisitRecord> {
    let record = |(n, name): (usize, &&str)| VisitRecord {
        subject: subject.into(),
        visit: (*name).into(),
        as_given: Some((*name).into()),
        day: Some(42.0 * n as f64),
        state: VisitState::Taken,
        reason: String::new(),
    };
    names.iter().enumerate().map(record).collect()
}

fn subject(name: &str, records: Vec<VisitRecord>) -> StudySubject {
    StudySubject {
        name: name.into(),
        site: Some("north".into()),
        batch: None,
        group: None,
        records,
        set_aside: None,
    }
}

/// Lesion `one` is drawn twice, `two` is followed and carried, `gone` is absent, `new` is new.
fn everything(subject: &str) -> (Vec<FeatureRow>, Vec<crate::record::DeltaRow>) {
    use MaskSource::{Carried, Drawn, Followed};
    let rows = |visit, all: &[(&str, MaskSource, f64)]| -> Vec<FeatureRow> {
        all.iter().flat_map(|(roi, source, size)| region(subject, visit, roi, *source, *size)).collect()
    };
    let before = rows(
        "t0",
        &[("one", Drawn, 10.0), ("two", Drawn, 20.0), ("gone", Drawn, 5.0), ("liver", Drawn, 900.0)],
    );
    let after = rows(
        "t1",
        &[
            ("one", Drawn, 8.0),
            ("one", Carried, 11.0),
            ("two", Followed, 21.0),
            ("two", Carried, 22.0),
            ("gone", Carried, 5.5),
            ("new", Drawn, 1.0),
            ("liver", Carried, 901.0),
        ],
    );
    let visit = |name, absent| VisitContext { name, modality: Modality::Ct, units: Units::Hu, absent };
    let (absent, flags) = (["gone".to_owned()], Flags::default());
    let pair = PairContext {
        baseline: visit("t0", &[]),
        followup: visit("t1", &absent),
        interval_days: Some(42.0),
        normalise: Normalise::None,
        qa: None,
        accepted: &[],
        flags: &flags,
        gate: None,
        band: None,
        lookup: &registry_info,
    };
    let deltas = delta_rows(&before, &after, &pair).unwrap();
    (before.into_iter().chain(after).collect(), deltas)
}

fn study() -> Study {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().to_owned();
    let (features, deltas) = everything("A");
    let folder = patient(&path, "A-000000000001", &features, &deltas);
    fs::write(folder.join("qa.json"), QA).unwrap();
    let features = region("B", "t0", "one", MaskSource::Drawn, 3.0);
    let deltas = rows_without_followup(&features, &[], &registry_info);
    patient(&path, "B-000000000002", &features, &deltas);
    let refused = Failure { code: "E-X".into(), fact: "a, b".into(), hint: "h".into(), exit: Exit::Input };
    PatientState::measured("A", "A-000000000001").write(&path).unwrap();
    PatientState::measured("B", "B-000000000002").write(&path).unwrap();
    PatientState::failed("C", "C-000000000003", refused).write(&path).unwrap();
    let subjects = vec![
        subject("A", visits("A", &["t0", "t1"])),
        subject("B", visits("B", &["t0"])),
        subject("C", visits("C", &["t0", "t1"])),
        subject("D", visits("D", &["t0", "t1"])),
    ];
    Study { _dir: dir, path, subjects: StudySubjects { schema: 1, subjects } }
}

impl Study {
    fn collect(&self, tables: Tables) -> Result<Collected, Failure> {
        collect(&self.path, &self.subjects, tables, &Silent)
    }
    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path.join(name)).unwrap()
    }
    fn sheet(&self, name: &str) -> Sheet {
        Sheet::read_csv(&self.path.join(name)).unwrap()
    }
    fn cells(&self, name: &str, column: &str) -> Vec<String> {
        let cells = self.sheet(name).text(column).unwrap();
        cells.into_iter().map(Option::unwrap_or_default).collect()
    }
    fn bytes(&self) -> BTreeMap<String, Vec<u8>> {
        let read = |name: String| Some((name.clone(), fs::read(self.path.join(name)).ok()?));
        files().into_iter().filter_map(read).collect()
    }
}

#[test]
fn long_tables_are_those_of_the_patients_and_each_patient_is_a_row_group() {
    let study = study();
    let collected = study.collect(Tables::Long).unwrap();
    assert_eq!((collected.subjects, collected.measured), (4, 2));
    assert_eq!(collected.pending, ["D"]);
    assert!(!collected.is_whole());
    for (name, column) in [("features", "value"), ("deltas", "absolute")] {
        let of = |key: &str| study.read(&format!("patients/{key}/{name}.csv"));
        let (first, second) = (of("A-000000000001"), of("B-000000000002"));
        let (header, rows) = second.split_once('\n').unwrap();
        assert_eq!(study.read(&format!("{name}.csv")), first.clone() + rows);
        assert!(first.starts_with(header));
        let parquet = study.path.join(format!("{name}.parquet"));
        let rows_of = |text: &str| text.lines().count() - 1;
        assert_eq!(row_groups(&parquet).unwrap(), [rows_of(&first), rows_of(&second)]);
        let parquet = Sheet::read_parquet(&parquet).unwrap();
        let csv = study.sheet(&format!("{name}.csv"));
        assert_eq!(parquet.numbers(column).unwrap(), csv.numbers(column).unwrap());
        for text in csv.names() {
            assert_eq!(parquet.text(&text).unwrap().len(), csv.rows());
        }
    }
    assert!(!study.path.join("trajectories.csv").exists());
    assert_eq!(study.read("failures.csv"), "subject,key,code,fact,hint\nC,C-000000000003,E-X,\"a, b\",h\n");
    assert_eq!(study.cells("visits.csv", "visit").len(), 7);
    assert!(!study.path.join(STAGING).exists());
    assert!(collected.summary(&study.path).lines().count() <= 10);
}

#[test]
fn lesions_that_are_new_gone_or_lost_are_counted() {
    let study = study();
    let collected = study.collect(Tables::Long).unwrap();
    let [pair, single] = &collected.qa[..] else { panic!("a pair and a single visit") };
    assert_eq!(pair.followup_visit.as_deref(), Some("t1"));
    let lesions = (
        pair.lesions_baseline,
        pair.lesions_followup,
        pair.lesions_new,
        pair.lesions_absent,
        pair.lesions_lost,
    );
    assert_eq!(lesions, (3, 3, 1, 1, 0));
    // Two of `one` and two of `two` (its followed contour), and the volume of `gone`, which is zero now.
    assert_eq!(pair.deltas, 5);
    assert_eq!(single.followup_visit, None);
    assert_eq!((single.lesions_baseline, single.deltas), (1, 0));
    assert_eq!(study.cells("qa.csv", "reasons"), ["chance;folds", ""]);
    assert_eq!(study.cells("qa.csv", "lowest_dice"), ["0.7", ""]);
    assert_eq!(study.cells("qa.csv", "followed"), ["aligned", "no_follow_up"]);
    assert_eq!(study.cells("qa.csv", "lesions_new"), ["1", ""]);
}

#[test]
fn a_lesion_that_cannot_be_followed_is_lost() {
    let study = study();
    let file = study.path.join("patients/A-000000000001/deltas.csv");
    let text = fs::read_to_string(&file).unwrap();
    let lost = text.replace(",roi_only_at_followup,", ",roi_vanished,");
    assert_ne!(text, lost);
    fs::write(file, lost).unwrap();
    let row = &study.collect(Tables::Long).unwrap().qa[0];
    assert_eq!((row.lesions_lost, row.lesions_followup), (1, 2));
}

#[test]
fn wide_tables_have_a_row_per_lesion_by_the_contour_that_decides() {
    let study = study();
    study.collect(Tables::LongAndWide(DeltaScale::LogRatio)).unwrap();
    let names = study.sheet("features_wide.csv").names();
    assert_eq!(names[names.len() - 3..], ["reasons", "morph_volume", "stat_var"], "no diagnostics");
    let of = |column: &str| study.cells("features_wide.csv", column).join(" ");
    assert_eq!(of("visit"), "t0 t0 t0 t1 t1 t1 t1 t0");
    assert_eq!(of("lesion"), "gone one two gone new one two one");
    assert_eq!(of("mask_source"), "drawn drawn drawn  drawn drawn followed drawn");
    assert_eq!(of("morph_volume"), "5.0 10.0 20.0  1.0 8.0 21.0 3.0");
    assert_eq!(study.cells("features_wide.csv", "reasons")[3], "absent");

    let of = |column: &str| study.cells("deltas_wide.csv", column);
    assert_eq!(of("lesion").join(" "), "gone new one two one");
    assert_eq!(of("delta_scale")[0], "log_ratio");
    assert_eq!(of("interval_days").join(" "), "42.0 42.0 42.0 42.0 ");
    assert_eq!(of("mask_source_followup").join(" "), " drawn drawn followed ");
    let volume = study.sheet("deltas_wide.csv").numbers("morph_volume").unwrap();
    // The double nearest to ln 0.8; the logarithm of the rounded 0.8 is its neighbour.
    assert_eq!(volume[2], Some(-0.223_143_551_314_209_76));
    assert_eq!(of("reasons")[0], "absent");
    assert_eq!(of("reasons")[1], "roi_only_at_followup");
    assert_eq!(of("reasons")[4], "no_follow_up");

    study.collect(Tables::LongAndWide(DeltaScale::Absolute)).unwrap();
    let volume = study.sheet("deltas_wide.csv").numbers("morph_volume").unwrap();
    assert_eq!(volume[..4], [Some(-5.0), None, Some(-2.0), Some(1.0)]);
    assert_eq!(study.cells("deltas_wide.csv", "reasons")[0], "stat_var=absent");
    let parquet = Sheet::read_parquet(&study.path.join("deltas_wide.parquet")).unwrap();
    assert_eq!(parquet.numbers("morph_volume").unwrap(), volume);

    // Tables of an earlier time do not stay beside new ones.
    study.collect(Tables::Long).unwrap();
    assert!(!study.path.join("deltas_wide.csv").exists());
}

#[test]
fn the_order_of_the_subjects_and_a_second_time_change_no_byte() {
    let mut study = study();
    let tables = Tables::LongAndWide(DeltaScale::Relative);
    study.collect(tables).unwrap();
    let once = study.bytes();
    assert_eq!(once.len(), 2 * 7);
    study.subjects.subjects.reverse();
    study.collect(tables).unwrap();
    assert!(study.bytes() == once);
}

#[test]
fn patients_of_two_measurements_make_long_tables_and_no_wide_ones() {
    let study = study();
    let before = study.bytes();
    let file = study.path.join("patients/B-000000000002/features.csv");
    let text = fs::read_to_string(&file).unwrap().replace(HASH, "cdcdcdcdcdcdcd");
    fs::write(file, text).unwrap();
    let error = study.collect(Tables::LongAndWide(DeltaScale::Absolute)).unwrap_err();
    assert_eq!((error.code.as_str(), error.exit), ("E-COLLECT-MIXED", Exit::Input));
    assert!(error.fact.contains("abababababab by A; cdcdcdcdcdcd by B"), "{}", error.fact);
    assert!(study.bytes() == before, "nothing was written");
    let collected = study.collect(Tables::Long).unwrap();
    assert_eq!(collected.notes().len(), 1);
}

#[test]
fn a_torn_or_foreign_table_is_named_with_its_patient() {
    let refused = |spoil: fn(&str) -> Option<String>| {
        let study = study();
        let file = study.path.join("patients/B-000000000002/deltas.csv");
        match spoil(&fs::read_to_string(&file).unwrap()) {
            Some(text) => fs::write(&file, text).unwrap(),
            None => fs::remove_file(&file).unwrap(),
        }
        let error = study.collect(Tables::Long).unwrap_err();
        assert!(error.fact.starts_with("B: patients/B-000000000002/deltas.csv"), "{}", error.fact);
        assert!(!study.path.join("features.csv").exists() && !study.path.join(STAGING).exists());
        error.code
    };
    assert_eq!(refused(|_| None), "E-COLLECT-PATIENT");
    assert_eq!(refused(|text| Some(text[..text.len() - 9].to_owned())), "E-COLLECT-PATIENT");
    assert_eq!(refused(|text| Some(text.replace("log_ratio_status", "x"))), "E-COLLECT-COLUMNS");
    assert_eq!(refused(|text| Some(text.replace("CT", "CT,CT"))), "E-COLLECT-PATIENT");
}

#[test]
fn a_folder_that_is_no_study_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let error = collect_alone(dir.path(), Tables::Long, &Silent).unwrap_err();
    assert_eq!(error.code, "E-COLLECT-STUDY");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}
