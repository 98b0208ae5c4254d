//! The rules against the shared reference, and what a run's rows make of them.

use std::collections::BTreeMap;

use delta_table::Sheet;

use super::*;
use crate::delta::testing::delta_row;
use crate::record::{Flag, Status};

/// One lesion of `before` at baseline and `after` at a follow-up, by either criterion.
fn lesion(visit: &str, name: &str, before: f64, after: f64) -> Vec<DeltaRow> {
    ["morph_diam_axial", "morph_volume"]
        .map(|tag| DeltaRow {
            followup_visit: visit.into(),
            baseline: Some(before),
            followup: Some(after),
            absolute: Outcome::NotStandardised(after - before),
            ..delta_row(name, RoiRole::Lesion, MaskSource::Drawn, tag)
        })
        .to_vec()
}

/// The same, as the pair of a follow-up with a baseline where there was no such lesion.
fn new(visit: &str, size: f64) -> Vec<DeltaRow> {
    let none = Outcome::Undefined(Reason::RoiOnlyAtFollowup);
    let appears = |row: DeltaRow| DeltaRow {
        mask_source_baseline: None,
        baseline: None,
        absolute: none,
        relative: none,
        log_ratio: none,
        ..row
    };
    lesion(visit, "new", 0.0, size).into_iter().map(appears).collect()
}

fn changed(rows: Vec<DeltaRow>, change: impl Fn(&mut DeltaRow)) -> Vec<DeltaRow> {
    let with = |mut row| {
        change(&mut row);
        row
    };
    rows.into_iter().map(with).collect()
}

const DAYS: [FollowupDay; 2] = [
    FollowupDay { visit: "t1", interval_days: Some(10.0) },
    FollowupDay { visit: "t2", interval_days: Some(40.0) },
];

/// The rows of RECIST.
fn recist(deltas: &[DeltaRow]) -> Vec<ResponseRow> {
    let rows = responses(deltas, LesionContour::Followed, &DAYS);
    rows.into_iter().filter(|row| row.criterion == ResponseCriterion::Recist).collect()
}

#[test]
fn every_category_and_nadir_is_that_of_the_reference() {
    let Some(folder) = crate::reference::folder() else { return };
    let folder = folder.join("reference/stats/deltas");
    let input = Sheet::read_csv(&folder.join("response_input.csv")).unwrap();
    let expected = Sheet::read_csv(&folder.join("response_expected.csv")).unwrap();
    let cells = |sheet: &Sheet, name: &str| -> Vec<String> {
        sheet.text(name).unwrap().into_iter().map(|cell| cell.expect("a full column")).collect()
    };
    let number = |cell: &String| cell.parse::<f64>().unwrap();
    let (cases, visits) = (cells(&input, "case"), cells(&input, "visit"));
    let sizes: Vec<f64> = cells(&input, "size").iter().map(number).collect();
    let appeared = cells(&input, "new_lesion");
    let mut of_case: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    (0..cases.len()).for_each(|n| of_case.entry(&cases[n]).or_default().push(n));
    let mut found = BTreeMap::new();
    for (case, rows) in of_case {
        let (first, rest) = rows.split_first().unwrap();
        let mut deltas = Vec::new();
        for &n in rest {
            deltas.extend(lesion(&visits[n], "lesion", sizes[*first], sizes[n]));
            if appeared[n] == "1" {
                deltas.extend(new(&visits[n], 9.0));
            }
        }
        let days: Vec<FollowupDay> = rest
            .iter()
            .map(|n| FollowupDay { visit: &visits[*n], interval_days: Some(number(&visits[*n])) })
            .collect();
        for row in responses(&deltas, LesionContour::Followed, &days) {
            let place = (case.to_owned(), row.followup_visit.clone(), row.criterion);
            found.insert(place, (row.nadir.unwrap(), row.category.unwrap()));
        }
    }
    let (cases, visits) = (cells(&expected, "case"), cells(&expected, "visit"));
    let nadirs: Vec<f64> = cells(&expected, "nadir").iter().map(number).collect();
    for criterion in ResponseCriterion::ALL {
        let categories = cells(&expected, criterion.word());
        for n in 0..cases.len() {
            let wanted = (nadirs[n], ResponseCategory::from_word(&categories[n]).unwrap());
            let place = (cases[n].clone(), visits[n].clone(), *criterion);
            assert_eq!(found.remove(&place), Some(wanted), "{place:?}");
        }
    }
    assert!(cases.len() > 100 && found.is_empty(), "{} of ours are left", found.len());
}

#[test]
fn sizes_are_summed_over_lesions_and_the_nadir_is_of_all_earlier_visits() {
    let mut deltas = lesion("t1", "a", 60.0, 30.0);
    deltas.extend(lesion("t1", "b", 40.0, 30.0));
    deltas.extend(lesion("t2", "a", 60.0, 52.0));
    deltas.extend(lesion("t2", "b", 40.0, 20.0));
    let rows = recist(&deltas);
    let told: Vec<_> = rows.iter().map(|r| (r.lesions, r.baseline, r.nadir, r.size.value())).collect();
    assert_eq!(told, [(2, Some(100.0), Some(100.0), Some(60.0)), (2, Some(100.0), Some(60.0), Some(72.0)),]);
    // 28 % less than at baseline, and a fifth more than at best.
    let categories: Vec<_> = rows.iter().map(|r| r.category).collect();
    assert_eq!(categories, [Ok(ResponseCategory::Pr), Ok(ResponseCategory::Pd)]);
    assert_eq!((rows[1].percent_from_baseline(), rows[1].percent_from_nadir()), (Some(-28.0), Some(20.0)));
    // Visits count in the order of their days, whatever that of the rows.
    deltas.reverse();
    assert_eq!(recist(&deltas), rows);
    let back = [DAYS[1], DAYS[0]];
    assert_eq!(responses(&deltas, LesionContour::Followed, &back)[..2], rows);
}

#[test]
fn a_new_lesion_is_progression_and_no_part_of_the_sum() {
    let mut deltas = lesion("t1", "a", 50.0, 20.0);
    deltas.extend(new("t1", 8.0));
    let [row] = &recist(&deltas)[..] else { panic!("one follow-up") };
    assert_eq!(
        (row.category, row.new_lesions, row.size),
        (Ok(ResponseCategory::Pd), 1, Outcome::Value(20.0))
    );
    // Without any lesion at baseline too.
    let [row] = &recist(&new("t1", 8.0))[..] else { panic!("one follow-up") };
    assert_eq!(
        (row.category, row.lesions, row.baseline, row.nadir),
        (Ok(ResponseCategory::Pd), 0, None, None)
    );
    assert_eq!((row.status(), row.size.value()), (Status::Ok, None));
    // Scans of another kind show other lesions.
    let refused = Outcome::Refused(Reason::OtherModality);
    let mut deltas = changed(lesion("t1", "a", 50.0, 20.0), |row| row.absolute = refused);
    deltas.extend(new("t1", 8.0));
    assert_eq!(recist(&deltas)[0].category, Err(Reason::OtherModality));
}

#[test]
fn what_has_no_size_is_not_determined_says_why_and_is_no_nadir() {
    let refused = Outcome::Refused(Reason::QaFail);
    let mut deltas = changed(lesion("t1", "a", 50.0, 20.0), |row| row.absolute = refused);
    deltas.extend(lesion("t1", "b", 50.0, 20.0));
    deltas.extend(lesion("t2", "a", 50.0, 30.0));
    deltas.extend(lesion("t2", "b", 50.0, 30.0));
    let rows = recist(&deltas);
    assert_eq!((rows[0].category, rows[0].status()), (Err(Reason::QaFail), Status::Refused));
    assert_eq!((rows[1].category, rows[1].nadir), (Ok(ResponseCategory::Pr), Some(100.0)));
    let missing = Outcome::Undefined(Reason::RoiOnlyAtBaseline);
    let deltas = changed(lesion("t1", "a", 50.0, 0.0), |row| {
        (row.absolute, row.followup, row.mask_source_followup) = (missing, None, None);
    });
    let row = &recist(&deltas)[0];
    assert_eq!((row.category, row.status()), (Err(Reason::RoiOnlyAtBaseline), Status::Undefined));
    assert_eq!((row.percent_from_baseline(), row.size.value()), (None, None));
}

#[test]
fn contours_of_ours_mark_the_category_and_every_later_one_whose_nadir_they_are() {
    let ours = |visit, after| {
        changed(lesion(visit, "a", 50.0, after), |row| {
            row.mask_source_followup = Some(MaskSource::Followed);
            row.flags.raise(Flag::Unconfirmed);
        })
    };
    let mut deltas = ours("t1", 20.0);
    deltas.extend(lesion("t2", "a", 50.0, 40.0));
    let rows = recist(&deltas);
    assert!(rows.iter().all(|row| row.flags.has(&Flag::Unconfirmed)));
    assert_eq!(
        (rows[0].mask_source_words(), rows[1].mask_source_words()),
        ("followed".into(), "drawn".into())
    );
    let mut deltas = ours("t1", 60.0);
    deltas.extend(lesion("t2", "a", 50.0, 40.0));
    assert!(!recist(&deltas)[1].flags.has(&Flag::Unconfirmed), "the baseline is the nadir");
}

#[test]
fn organs_and_filtered_images_have_no_response() {
    let organ = changed(lesion("t1", "liver", 50.0, 20.0), |row| row.roi_role = RoiRole::Organ);
    let filtered = changed(lesion("t1", "a", 50.0, 20.0), |row| row.key.image = "log".into());
    assert!(responses(&[organ, filtered].concat(), LesionContour::Followed, &DAYS).is_empty());
}
