//! Groups of patients: subgroups and sites.

use super::within;
use crate::numeric::random::Random;
use crate::record::analysis::*;

pub fn subgroups(response: bool) -> Vec<SubgroupRow> {
    let row = |column: &str, level: &str, n: usize, at: f64| SubgroupRow {
        column: column.into(),
        level: level.into(),
        n,
        patients: n,
        events: n * 2 / 5,
        discrimination: Some(within(at, 0.2)),
        calibration_in_the_large: response.then_some(0.03),
        suppressed: None,
    };
    let mut all = vec![
        row("sex", "female", 23, 0.81),
        row("sex", "male", 37, 0.86),
        row("site", "north", 25, 0.79),
        row("site", "south", 28, 0.88),
        row("site", "west", 7, 0.5),
    ];
    all[4].suppressed = Some("fewer than 10 patients".into());
    all[4].discrimination = None;
    all[4].calibration_in_the_large = None;
    all
}

pub fn batches(random: &mut Random) -> Batches {
    let of: Vec<usize> = (0..60).map(|at| [0, 1, 1, 0, 1, 2, 0, 1][at % 8]).collect();
    let counts = (0..3).map(|site| of.iter().filter(|s| **s == site).count()).collect();
    let mut component = |shift: f64, between: f64| Component {
        scores: of
            .iter()
            .map(|site| (shift * (*site as f64 - 1.0) + 3.0 * random.normal(), 2.0 * random.normal()))
            .collect(),
        explained: (0.31, 0.14),
        between_sites: between,
    };
    Batches {
        sites: vec!["north".into(), "south".into(), "west".into()],
        before: component(6.0, 0.42),
        after: Some(component(0.0, 0.03)),
        counts,
        of,
        harmonised: Harmonised {
            in_models: true,
            text: "ComBat, parametric, mean and scale, on the delta features".into(),
        },
    }
}
