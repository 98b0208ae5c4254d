//! What the likelihood needs of a table of subjects and repeats.
//!
//! Subjects with equally many values share one weight, so their sums are all that is kept: the likelihood then costs
//! the same for ten subjects as for ten thousand.

use nalgebra::{DMatrix, DVector};

/// A share of the whole spread that is rounding.
const ROUNDING: f64 = 1e-13;

/// Sums over a table, of values about their mean in units of their standard deviation.
pub(super) struct Table {
    /// Number of values.
    pub values: f64,
    /// Mean of all values, in their own unit.
    pub mean: f64,
    /// Standard deviation of all values.
    pub unit: f64,
    /// Sum of squares about the subjects' means.
    pub within: f64,
    /// Per repeat: sum of deviations from the subjects' means.
    pub shifts: DVector<f64>,
    /// Sum over subjects of diag(m) - m m' / n, with m the subject's row of ones and zeros and n their sum.
    pub laplacian: DMatrix<f64>,
    /// Subjects by their number of values, ascending.
    pub groups: Vec<Group>,
}

/// Subjects with equally many values.
pub(super) struct Group {
    /// Number of values of each.
    pub count: f64,
    /// Number of subjects.
    pub subjects: f64,
    /// Sum of m m'.
    pub pairs: DMatrix<f64>,
    /// Sum of m times the subject's mean.
    pub means: DVector<f64>,
    /// Sum of squares of the subjects' means.
    pub squares: f64,
}

impl Table {
    /// `None` for fewer than two subjects with a value, and for values that do not vary.
    pub fn of(rows: &[Vec<Option<f64>>]) -> Option<Self> {
        let all: Vec<f64> = rows.iter().flatten().flatten().copied().collect();
        let values = all.len() as f64;
        let first = all.iter().sum::<f64>() / values;
        // The mean itself is rounded; what is left of it is taken off a second time.
        let slip = all.iter().map(|v| v - first).sum::<f64>() / values;
        let spread = all.iter().map(|v| (v - first - slip).powi(2)).sum::<f64>();
        let unit = (spread / values).sqrt();
        if !(unit.is_finite() && unit > 0.0) {
            return None;
        }
        // A repeat that nobody has is no repeat.
        let width = rows.iter().map(Vec::len).max()?;
        let filled = |row: &Vec<Option<f64>>, j: usize| row.get(j).copied().flatten();
        let columns: Vec<usize> =
            (0..width).filter(|&j| rows.iter().any(|row| filled(row, j).is_some())).collect();
        let k = columns.len();
        let mut table = Self {
            values,
            mean: first + slip,
            unit,
            within: 0.0,
            shifts: DVector::zeros(k),
            laplacian: DMatrix::zeros(k, k),
            groups: (1..=k).map(|count| Group::empty(count, k)).collect(),
        };
        for row in rows {
            let cells: Vec<(usize, f64)> = columns
                .iter()
                .enumerate()
                .filter_map(|(to, &j)| Some((to, (filled(row, j)? - first - slip) / unit)))
                .collect();
            table.add(&cells);
        }
        table.groups.retain(|group| group.subjects > 0.0);
        let subjects: f64 = table.groups.iter().map(|group| group.subjects).sum();
        (subjects >= 2.0).then_some(table)
    }

    fn add(&mut self, cells: &[(usize, f64)]) {
        let Some(group) = cells.len().checked_sub(1).map(|at| &mut self.groups[at]) else { return };
        let mean = cells.iter().map(|cell| cell.1).sum::<f64>() / group.count;
        group.subjects += 1.0;
        group.squares += mean * mean;
        for &(i, value) in cells {
            self.within += (value - mean) * (value - mean);
            self.shifts[i] += value - mean;
            self.laplacian[(i, i)] += 1.0;
            group.means[i] += mean;
            for &(j, _) in cells {
                self.laplacian[(i, j)] -= 1.0 / group.count;
                group.pairs[(i, j)] += 1.0;
            }
        }
    }

    /// Number of repeats that somebody has.
    pub fn repeats(&self) -> usize {
        self.shifts.len()
    }

    /// Whether anything is left beside the subjects' own means, and beside the repeats' own if these are in the model.
    pub fn has_residual(&self, beside_repeats: bool) -> bool {
        let explained = if beside_repeats { self.explained_by_repeats() } else { 0.0 };
        self.within - explained > ROUNDING * self.values
    }

    /// Sum of squares that shifts of the repeats take off that within subjects, by least squares. Shifts are known up
    /// to a constant, or to one for each part of a table that falls into parts: hence the pseudo-inverse.
    fn explained_by_repeats(&self) -> f64 {
        let eigen = self.laplacian.clone().symmetric_eigen();
        let smallest = 1e-12 * eigen.eigenvalues.amax();
        let along = eigen.eigenvectors.tr_mul(&self.shifts);
        let known = along.iter().zip(&eigen.eigenvalues).filter(|(_, e)| **e > smallest);
        known.map(|(c, e)| c * c / e).sum()
    }
}

impl Group {
    fn empty(count: usize, k: usize) -> Self {
        Self {
            count: count as f64,
            subjects: 0.0,
            pairs: DMatrix::zeros(k, k),
            means: DVector::zeros(k),
            squares: 0.0,
        }
    }
}
