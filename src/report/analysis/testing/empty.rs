//! An analysis of which nothing came.

use super::claim::claim;
use super::response;
use crate::record::analysis::*;

/// As little as there can be: one model that could not be made.
pub fn empty() -> Analysis {
    let mut analysis = response();
    let volume = ModelResult {
        model: ModelKind::Deltas,
        status: ModelStatus::TooFew,
        note: Some("3 of 7 patients have the outcome".into()),
        discrimination: None,
        uno: None,
        by_repeat: vec![],
        permutation: None,
        roc: vec![],
        calibration: None,
        decision: vec![],
        optimism: None,
        chosen: vec![],
        frozen: None,
        explained: None,
    };
    analysis.models = vec![volume];
    analysis.claim = claim(ClaimVerdict::None);
    analysis.claim.interval.simulated_coverage = None;
    analysis.flow.clear();
    analysis.table_one = TableOne { groups: vec![], rows: vec![] };
    analysis.missing.clear();
    analysis.filters.clear();
    analysis.redundancy = None;
    analysis.univariate.clear();
    analysis.differences.clear();
    analysis.sample_size.clear();
    analysis.subgroups.clear();
    analysis.batches = None;
    analysis.courses.clear();
    analysis.checklist.clear();
    analysis.warnings.clear();
    analysis
}
