//! Patients: covariates, missing values, courses over their visits.

use super::FEATURES;
use crate::numeric::random::Random;
use crate::record::analysis::*;

pub fn table_one(words: [&str; 2], n: [usize; 2]) -> TableOne {
    let number = |median: f64, spread: f64, n: usize| TableOneCell::Number {
        n,
        median: Some(median),
        quartiles: Some((median - spread, median + spread)),
    };
    let row = |name: &str, median: f64, spread: f64, shift: f64| TableOneRow {
        name: name.into(),
        level: None,
        cells: vec![
            number(median, spread, 60),
            number(median - shift, spread, n[0]),
            number(median + shift, spread, n[1]),
        ],
        standardised_difference: Some(-2.0 * shift / spread),
    };
    let level = |name: &str, level: &str, counts: [usize; 2], difference: Option<f64>| TableOneRow {
        name: name.into(),
        level: Some(level.into()),
        cells: vec![
            TableOneCell::Level { n: counts[0] + counts[1], of: 60 },
            TableOneCell::Level { n: counts[0], of: n[0] },
            TableOneCell::Level { n: counts[1], of: n[1] },
        ],
        standardised_difference: difference,
    };
    TableOne {
        groups: vec![("all".into(), 60), (words[0].into(), n[0]), (words[1].into(), n[1])],
        rows: vec![
            row("age (years)", 63.0, 8.0, 1.2),
            row("volume at baseline (mL)", 14.2, 9.0, -0.8),
            level("sex", "female", [11, 12], Some(0.11)),
            level("sex", "male", [n[0] - 11, n[1] - 12], Some(-0.11)),
            level("performance status", "0", [13, 9], Some(0.24)),
            level("performance status", "1 or more", [n[0] - 13, n[1] - 9], Some(-0.24)),
        ],
    }
}

pub fn missing() -> Vec<Missing> {
    let of = |column: &str, block: &str, missing: usize| Missing {
        column: column.into(),
        block: block.into(),
        missing,
        of: 60,
    };
    vec![
        of("ldh", "clinical", 9),
        of("age", "clinical", 0),
        of(FEATURES[5], "delta", 4),
        of(FEATURES[6], "delta", 2),
        of(FEATURES[0], "delta", 0),
    ]
}

pub fn courses(outcomes: &[bool], survival: bool, random: &mut Random) -> Vec<Course> {
    outcomes
        .iter()
        .enumerate()
        .map(|(at, yes)| {
            let good = *yes != survival;
            let mut change: f64 = 0.0;
            let visits = (0..4)
                .map(|visit| {
                    if visit > 0 {
                        change += if good { -14.0 } else { 9.0 } + 13.0 * random.normal();
                        change = change.max(-100.0);
                    }
                    let recist = if change <= -30.0 {
                        "PR"
                    } else if change >= 20.0 {
                        "PD"
                    } else {
                        "SD"
                    };
                    CourseVisit {
                        visit: format!("t{visit}"),
                        day: Some(if visit == 0 {
                            0.0
                        } else {
                            visit as f64 * 42.0 + (5.0 * random.normal()).round()
                        }),
                        diameter_percent: Some(change),
                        volume_percent: Some(2.2 * change),
                        recist: (visit > 0).then(|| recist.into()),
                    }
                })
                .collect();
            Course {
                subject: format!("P{:02}", at + 1),
                lesion: None,
                outcome: (at != 7).then_some(*yes),
                days: survival.then(|| 140.0 + (600.0 * random.uniform()).round()),
                visits,
            }
        })
        .collect()
}
