//! Time to event: curves of two groups, and Cox's model.

use crate::numeric::random::Random;
use crate::record::analysis::*;

pub fn kaplan_meier(random: &mut Random) -> KaplanMeier {
    let curves = [("lower score", 17, 30, 520.0), ("higher score", 24, 30, 290.0)]
        .map(|(name, events, n, scale)| {
            let mut days: Vec<(f64, bool)> = (0..n)
                .map(|at| ((-libm::log(1.0 - 0.95 * random.uniform()) * scale).round() + 5.0, at < events))
                .collect();
            days.sort_by(|a, b| a.0.total_cmp(&b.0));
            let mut survival = 1.0;
            let mut steps = vec![];
            for (at, (day, event)) in days.iter().enumerate() {
                if *event {
                    survival *= 1.0 - 1.0 / (n - at) as f64;
                    let half = 0.18 * (1.0 - survival).min(0.8);
                    steps.push(CurveStep {
                        days: *day,
                        survival,
                        interval: Some(((survival - half).max(0.0), (survival + half).min(1.0))),
                    });
                }
            }
            Curve {
                name: name.into(),
                n,
                events,
                median: steps.iter().find(|s| s.survival <= 0.5).map(|s| s.days),
                at_risk: (0..=7)
                    .map(|k| {
                        (200.0 * f64::from(k), days.iter().filter(|d| d.0 >= 200.0 * f64::from(k)).count())
                    })
                    .collect(),
                censored: days.iter().filter(|d| !d.1).map(|d| d.0).collect(),
                steps,
            }
        })
        .to_vec();
    let row = |name: &str, at: f64, p: f64| HazardRow {
        name: name.into(),
        hazard_ratio: Some(Interval { estimate: at, lower: at / 1.6, upper: at * 1.6 }),
        p: Some(p),
        status: None,
    };
    let ph = |name: &str, chi: f64, df: usize, p: f64| ProportionalHazards {
        name: name.into(),
        chi_squared: chi,
        df,
        p,
    };
    KaplanMeier {
        split: "the median score (deltas)".into(),
        curves,
        interval: "log-log".into(),
        log_rank: Some(4.31),
        p: Some(0.038),
        hazard_ratio: Some(Interval { estimate: 1.92, lower: 1.03, upper: 3.58 }),
        hazards: vec![
            row("age", 1.08, 0.61),
            row("sex=male", 0.91, 0.7),
            HazardRow {
                name: "stage=IV".into(),
                hazard_ratio: None,
                p: None,
                status: Some("separated".into()),
            },
            row("score (deltas)", 1.51, 0.03),
        ],
        proportional: vec![
            ph("age", 0.4, 1, 0.53),
            ph("score (deltas)", 3.9, 1, 0.048),
            ph("GLOBAL", 4.6, 3, 0.2),
        ],
    }
}
