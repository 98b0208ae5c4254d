//! Reporting items of two lists.

use crate::record::analysis::*;

pub fn checklist() -> Vec<ChecklistItem> {
    let item = |list: &str, number: &str, item: &str, evidence: Evidence, text: &str| ChecklistItem {
        list: list.into(),
        number: number.into(),
        item: item.into(),
        evidence,
        text: text.into(),
    };
    vec![
        item(
            "METRICS",
            "2",
            "Eligibility criteria that describe a representative population",
            Evidence::Author,
            "only the author can say it",
        ),
        item(
            "METRICS",
            "11",
            "Features that repeat poorly are left out",
            Evidence::Evidenced,
            "122 of 181 features are stable in the gate of 20 patients",
        ),
        item(
            "METRICS",
            "14",
            "Data are split before anything is learnt",
            Evidence::Evidenced,
            "5 repeats of 5 folds by patient, in folds.csv",
        ),
        item(
            "METRICS",
            "28",
            "External testing",
            Evidence::NotDone,
            "no external cohort was scored: see delta cohort apply",
        ),
        item("CLEAR", "8", "Study design", Evidence::Author, "only the author can say it"),
        item(
            "CLEAR",
            "46",
            "Calibration",
            Evidence::Evidenced,
            "slope, intercept and Brier score of each model",
        ),
    ]
}
