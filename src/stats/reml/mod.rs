//! Variance components by restricted maximum likelihood, for tables with holes or more than two repeats.
//!
//! A value is y = mu + subject + repeat + residual, all three random, normal and independent (Patterson & Thompson
//! 1971; Searle, Casella & McCulloch 1992). A variance at zero stays at zero. With few repeats their variance is
//! hardly determined. On a complete table the estimates are those of the mean squares wherever these give no negative
//! variance.
//!
//! | file | holds |
//! |---|---|
//! | `table.rs` | what the likelihood needs of a table, however many subjects it has |
//! | `likelihood.rs` | the profiled likelihood of two variance ratios and its gradient |
//! | `climb.rs` | its summit, zero included |

mod climb;
mod likelihood;
mod table;

#[cfg(test)]
mod plain;
#[cfg(test)]
mod reference;

use climb::{Estimated, summit};
use likelihood::Profile;
use table::Table;

/// Components of the model y = mu + subject + repeat + residual, or of the one without repeats.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VarianceComponents {
    /// The mean.
    pub mean: f64,
    /// Between subjects.
    pub subject: f64,
    /// Between repeats; `None` in the one-way model.
    pub repeat: Option<f64>,
    /// What is left.
    pub residual: f64,
}

impl VarianceComponents {
    /// Share of the subjects' variance in that of a single value: ICC(1,1) of the one-way model, ICC(A,1) of the
    /// two-way model.
    pub fn agreement(&self) -> f64 {
        self.subject / (self.subject + self.repeat.unwrap_or(0.0) + self.residual)
    }

    /// The same with the repeats' shifts left aside: ICC(C,1).
    pub fn consistency(&self) -> f64 {
        self.subject / (self.subject + self.residual)
    }
}

/// Subjects and what is left within them. A row per subject; only the number of its values counts, not their place.
///
/// `None` for fewer than two subjects, and where nothing is left within them.
///
/// ```
/// use delta_radiomics::stats::reml::one_way;
/// let rows = [vec![Some(1.0), Some(2.0)], vec![Some(5.0), None], vec![Some(8.0), Some(6.0)]];
/// let found = one_way(&rows).unwrap();
/// assert!(found.agreement() > 0.8 && found.repeat.is_none());
/// ```
pub fn one_way(rows: &[Vec<Option<f64>>]) -> Option<VarianceComponents> {
    components(rows, Estimated::SUBJECTS)
}

/// Subjects, repeats and what is left. A row per subject with a cell per repeat.
///
/// `None` for fewer than two subjects or repeats, and where nothing is left beside them.
///
/// ```
/// use delta_radiomics::stats::reml::two_way;
/// let row = |cells: [f64; 3]| cells.map(Some).to_vec();
/// let mut rows = vec![row([1.0, 2.5, 1.4]), row([4.0, 5.1, 4.2]), row([2.2, 3.0, 2.6]), row([6.1, 7.0, 6.0])];
/// rows[2][1] = None;
/// let found = two_way(&rows).unwrap();
/// assert!(found.repeat.unwrap() > found.residual && found.agreement() < found.consistency());
/// ```
pub fn two_way(rows: &[Vec<Option<f64>>]) -> Option<VarianceComponents> {
    components(rows, Estimated::SUBJECTS_AND_REPEATS)
}

fn components(rows: &[Vec<Option<f64>>], estimated: Estimated) -> Option<VarianceComponents> {
    let table = Table::of(rows)?;
    if table.repeats() < 2 || !table.has_residual(estimated.repeats) {
        return None;
    }
    let profile = Profile::of(&table);
    let ratios = summit(&profile, estimated);
    let at = profile.at(ratios);
    Some(VarianceComponents {
        mean: table.mean + at.mean * table.unit,
        subject: ratios[0] * at.residual * table.unit * table.unit,
        repeat: estimated.repeats.then_some(ratios[1] * at.residual * table.unit * table.unit),
        residual: at.residual * table.unit * table.unit,
    })
}
