//! A cohort of lesions, and more features than a figure holds.

use super::claim::claim;
use super::columns::adjust;
use super::response;
use crate::numeric::random::Random;
use crate::record::analysis::*;

/// 69 lesions of 39 patients with 1,561 deltas of a table: nothing is known of visits, sites and covariates.
pub fn lesions() -> Analysis {
    let mut random = Random::seeded(20);
    let mut analysis = response();
    analysis.design.source = "baseline.csv and followup.csv".into();
    analysis.design.visits = None;
    analysis.design.measurement_hashes.clear();
    (analysis.design.units, analysis.design.patients, analysis.design.events) = (69, 39, 21);
    for step in &mut analysis.flow {
        step.patients = step.units * 39 / 72;
    }
    analysis.claim = claim(ClaimVerdict::None);
    let names = |n: usize| -> Vec<String> {
        let filters =
            ["original", "wavelet-LLH", "wavelet-HHL", "log-sigma-2-0-mm-3D", "log-sigma-5-0-mm-3D"];
        (0..n)
            .map(|at| format!("{}_glszm_LargeAreaHighGrayLevelEmphasis{}", filters[at % 5], at / 5))
            .collect()
    };
    let delta: Vec<UnivariateRow> =
        analysis.univariate.iter().filter(|row| row.block == "delta").cloned().collect();
    analysis.univariate.retain(|row| row.block == "volume");
    let mut rows: Vec<UnivariateRow> = names(1561)
        .into_iter()
        .enumerate()
        .map(|(at, feature)| {
            let p = random.uniform().max(1e-4);
            UnivariateRow { feature, p: Some(p), ..delta[3 + at % 170].clone() }
        })
        .collect();
    adjust(&mut rows);
    analysis.univariate.extend(rows);
    let redundancy = analysis.redundancy.as_mut().unwrap();
    redundancy.shown = names(200);
    redundancy.correlations = (0..200)
        .map(|row: usize| {
            (0..200).map(|column: usize| if row.abs_diff(column) < 4 { 0.95 } else { 0.2 }).collect()
        })
        .collect();
    redundancy.clusters = names(1200)
        .chunks(3)
        .map(|f| Cluster { representative: f[0].clone(), features: f.to_vec() })
        .collect();
    analysis.courses.clear();
    analysis.batches = None;
    analysis.table_one.rows.clear();
    analysis.missing = names(300)
        .into_iter()
        .map(|column| Missing { column, block: "delta".into(), missing: 3, of: 69 })
        .collect();
    analysis
}
