//! The loss around a point as a parabola in a few columns, and its minimum with the penalties.

use super::kernel::{add, dot, soft};
use super::loss::Loss;

/// Sweeps of coordinate descent between two attempts to solve for the columns that are not zero at once.
const SWEEPS: usize = 12;
/// Attempts; what they leave is the next step's to do.
const ATTEMPTS: usize = 12;
/// Added to the diagonal, relative: equal columns have no unique solution, and this chooses one in the model alone (the
/// stop knows nothing of it).
const RIDGE: f64 = 1e-9;

/// Second derivatives of the mean loss along chosen columns.
#[derive(Default)]
pub(super) struct Quadratic {
    /// The columns, in the order in which they came.
    pub columns: Vec<usize>,
    left: Vec<Vec<f64>>,
    right: Vec<Vec<f64>>,
    rows: Vec<Vec<f64>>,
}

/// Penalties of the columns of a [`Quadratic`]: of the absolute value and of half the square.
pub(super) struct Penalties {
    pub absolute: Vec<f64>,
    pub square: Vec<f64>,
}

impl Quadratic {
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Takes one more column into the model.
    pub fn push(&mut self, index: usize, column: &[f64], loss: &impl Loss) {
        let (mut left, mut right) = (Vec::new(), Vec::new());
        loss.curve(column, &mut left, &mut right);
        let n = column.len() as f64;
        let mut row: Vec<f64> = self.right.iter().map(|other| dot(&left, other) / n).collect();
        row.push(dot(&left, &right).max(0.0) / n * (1.0 + RIDGE));
        for (other, value) in self.rows.iter_mut().zip(&row) {
            other.push(*value);
        }
        self.columns.push(index);
        self.rows.push(row);
        self.left.push(left);
        self.right.push(right);
    }

    /// Coefficients near the minimum of the parabola through `start` with these `gradients`, plus penalties. The value
    /// is never above that of `start`.
    pub fn minimum(&self, start: &[f64], gradients: &[f64], penalties: &Penalties) -> Vec<f64> {
        let (mut at, mut slope) = (start.to_vec(), gradients.to_vec());
        if let Some(solved) = self.solved(&at, &slope, penalties, true) {
            return solved;
        }
        for _ in 0..ATTEMPTS {
            let mut moved = 0.0_f64;
            for _ in 0..SWEEPS {
                moved = self.sweep(&mut at, &mut slope, penalties);
                if moved == 0.0 {
                    return at;
                }
            }
            if let Some(solved) = self.solved(&at, &slope, penalties, false) {
                return solved;
            }
            if moved < 1e-14 {
                break;
            }
        }
        at
    }

    /// One round of coordinate descent; the largest change of a slope that a column made for itself.
    fn sweep(&self, at: &mut [f64], slope: &mut [f64], penalties: &Penalties) -> f64 {
        let mut moved = 0.0_f64;
        for (j, row) in self.rows.iter().enumerate() {
            let curvature = row[j];
            let whole = curvature + penalties.square[j];
            if whole <= 0.0 {
                continue;
            }
            let next = soft(curvature * at[j] - slope[j], penalties.absolute[j]) / whole;
            let change = next - at[j];
            if change != 0.0 {
                at[j] = next;
                add(slope, change, row);
                moved = moved.max((change * whole).abs());
            }
        }
        moved
    }

    /// The minimum, if the columns that are not zero there have the signs that they have now; columns that would leave
    /// zero count as if they had where `entering`.
    fn solved(&self, at: &[f64], slope: &[f64], penalties: &Penalties, entering: bool) -> Option<Vec<f64>> {
        let signed = |j: usize| {
            let limit = penalties.absolute[j];
            if limit == 0.0 || at[j] != 0.0 {
                Some(at[j].signum())
            } else if entering && slope[j].abs() > limit {
                Some(-slope[j].signum())
            } else {
                None
            }
        };
        let support: Vec<(usize, f64)> = (0..at.len()).filter_map(|j| Some((j, signed(j)?))).collect();
        let mut lower: Vec<Vec<f64>> = Vec::with_capacity(support.len());
        let mut right = Vec::with_capacity(support.len());
        for (i, &(j, sign)) in support.iter().enumerate() {
            let mut row: Vec<f64> = Vec::with_capacity(i + 1);
            for (k, &(other, _)) in support[..i].iter().enumerate() {
                let value = (self.rows[j][other] - dot(&row[..k], &lower[k][..k])) / lower[k][k];
                row.push(value);
            }
            let whole = self.rows[j][j] + penalties.square[j];
            let pivot = whole - dot(&row, &row);
            if pivot <= 1e-12 * whole {
                return None;
            }
            let target = -(slope[j] + penalties.square[j] * at[j] + penalties.absolute[j] * sign);
            let value = (target - dot(&row, &right)) / pivot.sqrt();
            row.push(pivot.sqrt());
            lower.push(row);
            right.push(value);
        }
        for i in (0..support.len()).rev() {
            right[i] /= lower[i][i];
            let value = right[i];
            add(&mut right[..i], -value, &lower[i][..i]);
        }
        let (mut next, mut slope) = (at.to_vec(), slope.to_vec());
        for (&(j, sign), change) in support.iter().zip(&right) {
            next[j] += change;
            if penalties.absolute[j] > 0.0 && next[j] * sign <= 0.0 {
                return None;
            }
            add(&mut slope, *change, &self.rows[j]);
        }
        let fits = (0..at.len()).all(|j| next[j] != 0.0 || slope[j].abs() <= penalties.absolute[j] * (1.0 + 1e-9));
        (fits && next.iter().all(|b| b.is_finite())).then_some(next)
    }
}

impl Penalties {
    /// The penalty of coefficients.
    pub fn of(&self, coefficients: &[f64]) -> f64 {
        let of = |((b, absolute), square): ((&f64, &f64), &f64)| absolute * b.abs() + square / 2.0 * b * b;
        coefficients.iter().zip(&self.absolute).zip(&self.square).map(of).sum()
    }
}
