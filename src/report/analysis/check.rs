//! Records that contradict themselves are refused before anything is drawn.

use super::error::ReportError;
use crate::record::analysis::{Analysis, Interval};

/// An error for the first contradiction.
pub fn check(analysis: &Analysis) -> Result<(), ReportError> {
    if analysis.models.is_empty() && analysis.univariate.is_empty() {
        return Err(ReportError::Empty);
    }
    lengths(analysis)?;
    numbers(analysis)
}

fn lengths(analysis: &Analysis) -> Result<(), ReportError> {
    let ragged = |what| Err(ReportError::Ragged { what });
    let groups = analysis.table_one.groups.len();
    if analysis.table_one.rows.iter().any(|row| row.cells.len() != groups) {
        return ragged("the groups and the cells of Table 1");
    }
    if let Some(redundancy) = &analysis.redundancy {
        let n = redundancy.shown.len();
        let square = redundancy.correlations.iter().all(|row| row.len() == n);
        if redundancy.correlations.len() != n || !square {
            return ragged("the features of the heat map and its correlations");
        }
    }
    for explained in analysis.models.iter().filter_map(|model| model.explained.as_ref()) {
        if explained.shap.iter().any(|row| row.len() != explained.importance.len()) {
            return ragged("SHAP values and the features that they belong to");
        }
    }
    if let Some(batches) = &analysis.batches {
        let n = batches.of.len();
        let components = std::iter::once(&batches.before).chain(&batches.after);
        if components.into_iter().any(|c| c.scores.len() != n) {
            return ragged("the units of the sites and their components");
        }
        if batches.counts.len() != batches.sites.len() || batches.of.iter().any(|s| *s >= batches.sites.len())
        {
            return ragged("the sites and the units that name them");
        }
    }
    Ok(())
}

fn numbers(analysis: &Analysis) -> Result<(), ReportError> {
    let is_finite = |i: &Interval| i.estimate.is_finite() && i.lower.is_finite() && i.upper.is_finite();
    let refuse = |what: String| Err(ReportError::NotFinite { what });
    for model in &analysis.models {
        let word = model.model.word();
        if !model.discrimination.iter().all(is_finite) {
            return refuse(format!("the discrimination of the model {word}"));
        }
        if model.permutation.as_ref().is_some_and(|p| !p.p.is_finite()) {
            return refuse(format!("the permutation p of the model {word}"));
        }
    }
    for difference in &analysis.differences {
        if !difference.difference.iter().all(is_finite) {
            return refuse(format!("the difference of the model {} to volume", difference.model.word()));
        }
    }
    for row in &analysis.univariate {
        let effects = [row.discrimination, row.log_hazard_ratio];
        let singles = [row.p, row.q, row.u, row.volume_correlation, row.mutual_information];
        if !effects.iter().flatten().all(is_finite) || !singles.iter().flatten().all(|v| v.is_finite()) {
            return refuse(format!("a number of the feature {}", row.feature));
        }
    }
    Ok(())
}
