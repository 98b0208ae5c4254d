//! Candidate columns: filters, those that say the same, and each against the outcome.

use super::{FEATURES, interval, within};
use crate::numeric::random::Random;
use crate::record::analysis::*;

pub fn filters() -> Vec<FilterStep> {
    let mut all = Vec::new();
    for block in ["baseline", "delta"] {
        let mut before = 187;
        for (filter, after, rule) in [
            ("finite", 181, "a value in at least 80 % of units"),
            ("gate", 122, "stable in test-retest"),
            ("variance", 121, "not constant"),
            ("volume", 96, "absolute rank correlation with the change of volume at most 0.9"),
            ("redundancy", 31, "one of each cluster at absolute rank correlation 0.9"),
            ("screening", 14, "n / ln n by marginal association"),
        ] {
            all.push(FilterStep {
                block: block.into(),
                filter: filter.into(),
                before,
                after,
                rule: rule.into(),
            });
            before = after;
        }
    }
    all
}

pub fn redundancy(random: &mut Random) -> Redundancy {
    let shown: Vec<String> = (0..36).map(|at| format!("{}_{}", FEATURES[at % 12], at / 12)).collect();
    let cluster = |at: usize| at / 7;
    let mut correlations = vec![vec![1.0; 36]; 36];
    for row in 0..36 {
        for column in 0..row {
            let near = cluster(row) == cluster(column);
            let value: f64 = if near { 0.93 - 0.04 * random.uniform() } else { 0.45 * random.normal() };
            let value = if near && (row + column) % 5 == 0 { -value } else { value.clamp(-0.85, 0.85) };
            correlations[row][column] = value;
            correlations[column][row] = value;
        }
    }
    let clusters = (0..6)
        .map(|at| {
            let features: Vec<String> = shown.iter().skip(7 * at).take(7).cloned().collect();
            Cluster { representative: features[0].clone(), features }
        })
        .collect();
    Redundancy { height: 0.1, clusters, shown, correlations }
}

pub fn univariate(response: bool, random: &mut Random) -> Vec<UnivariateRow> {
    let mut rows = vec![];
    for (block, n) in [("volume", 1), ("clinical", 4), ("baseline", 180), ("delta", 181)] {
        let mut of_block: Vec<UnivariateRow> = (0..n)
            .map(|at| {
                let planted = response && block == "delta" && at < 3;
                let z = if planted { 4.4 - 0.3 * at as f64 } else { random.normal() };
                let p = libm::erfc(z.abs() / std::f64::consts::SQRT_2);
                let auc = (0.5 + 0.08 * z).clamp(0.02, 0.98);
                UnivariateRow {
                    block: block.into(),
                    feature: if at < 12 {
                        FEATURES[at].into()
                    } else {
                        format!("{}_{at}", FEATURES[at % 12])
                    },
                    n: 60,
                    events: if response { 24 } else { 41 },
                    discrimination: Some(within(auc, 0.14)),
                    u: response.then_some(auc * 864.0),
                    log_hazard_ratio: (!response).then(|| interval(0.16 * z, 0.31)),
                    p: Some(p),
                    q: None,
                    volume_correlation: Some((0.5 * random.normal()).clamp(-0.89, 0.89)),
                    mutual_information: response.then_some(0.02),
                    gate: (block == "delta").then(|| "stable".into()),
                    status: None,
                }
            })
            .collect();
        adjust(&mut of_block);
        rows.extend(of_block);
    }
    let mut constant = rows[rows.len() - 1].clone();
    constant.feature = "original_shape_Flat".into();
    constant.status = Some("constant".into());
    (constant.p, constant.q, constant.discrimination, constant.log_hazard_ratio) = (None, None, None, None);
    rows.push(constant);
    rows
}

/// Benjamini and Hochberg.
pub fn adjust(rows: &mut [UnivariateRow]) {
    let m = rows.len() as f64;
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by(|a, b| rows[*b].p.unwrap().total_cmp(&rows[*a].p.unwrap()));
    let mut least: f64 = 1.0;
    for (down, at) in order.into_iter().enumerate() {
        least = least.min(rows[at].p.unwrap() * m / (m - down as f64));
        rows[at].q = Some(least);
    }
}
