//! What was asked of whom, and who was left out.

use crate::record::analysis::*;

pub fn design(target: TargetKind, events: usize) -> Design {
    let outcome = match target {
        TargetKind::Response => "response",
        TargetKind::Survival => "time_days and event",
    };
    Design {
        version: "0.1.0".into(),
        target,
        outcome: outcome.into(),
        source: "the study trial-7".into(),
        inputs: vec![
            (
                "outcomes.csv".into(),
                "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".into(),
            ),
            (
                "features.parquet".into(),
                "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752".into(),
            ),
        ],
        measurement_hashes: vec!["m1:4be30d9814c6d4e9".into()],
        visits: Some(("t0".into(), "t1".into())),
        delta_scale: "log_ratio".into(),
        units: 60,
        patients: 60,
        events,
        landmark: Landmark {
            rule: "the day of the follow-up scan".into(),
            events_before: 3,
            lost_before: 1,
            incorporated: usize::from(target == TargetKind::Response),
            unknown_day: 2,
        },
        candidates: vec![
            Candidates { model: ModelKind::Volume, columns: 1 },
            Candidates { model: ModelKind::Clinical, columns: 4 },
            Candidates { model: ModelKind::Baseline, columns: 187 },
            Candidates { model: ModelKind::Deltas, columns: 187 },
            Candidates { model: ModelKind::All, columns: 379 },
        ],
        folds: 5,
        inner_folds: 5,
        repeats: 5,
        alpha: 0.5,
        permutations: 200,
        resamples: 200,
        seed: 1,
        harmonised: (target == TargetKind::Response).then(|| "ComBat, parametric, mean and scale".into()),
        overridden: vec![],
    }
}

pub fn flow(events: usize) -> Vec<FlowStep> {
    let step = |step: &str, units: usize, events: Option<usize>, out: &[(&str, usize)]| FlowStep {
        step: step.into(),
        patients: units,
        units,
        counted: Counted::Patients,
        events,
        left_out: out.iter().map(|(why, n)| ((*why).to_owned(), *n)).collect(),
    };
    vec![
        step("in the outcome table", 72, None, &[]),
        step(
            "measured at both visits",
            67,
            None,
            &[("no follow-up scan", 4), ("alignment FAIL at the follow-up, so that deltas are refused", 1)],
        ),
        step("outcome known", 65, Some(events + 4), &[("no outcome in the table", 2)]),
        step(
            "alive and followed at the landmark",
            60,
            Some(events),
            &[("event on or before the follow-up scan", 3), ("lost on or before it", 2)],
        ),
    ]
}
