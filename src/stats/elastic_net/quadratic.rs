//! The smooth part of the objective around a point as a parabola in a few columns, and its minimum with the absolute
//! penalty.

use super::factor::Factor;
use super::kernel::soft;
use super::loss::Loss;
use crate::numeric::lanes::{add, products};

/// Sweeps of coordinate descent that find most of the columns that come and go.
const SWEEPS: usize = 8;
/// Sweeps where columns are combinations of each other, so that no solution of all at once exists.
const MANY_SWEEPS: usize = 200;
/// Added to the diagonal, relative: equal columns have no unique solution, and this chooses one in the model alone (the
/// stop knows nothing of it).
const RIDGE: f64 = 1e-9;

/// Second derivatives of the mean loss and of the square penalty along chosen columns.
#[derive(Default)]
pub(super) struct Quadratic {
    /// The columns, in the order in which they came.
    pub columns: Vec<usize>,
    right: Vec<Vec<f64>>,
    rows: Vec<Vec<f64>>,
    /// Of the columns that were last not zero.
    factor: Factor,
}

impl Quadratic {
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Takes more columns into the model: their places, values, and the second derivative of their square penalty.
    pub fn push(&mut self, columns: &[(usize, &[f64], f64)], loss: &impl Loss) {
        let mut lefts = Vec::with_capacity(columns.len());
        for (_, values, _) in columns {
            let (mut left, mut right) = (Vec::new(), Vec::new());
            loss.curve(values, &mut left, &mut right);
            lefts.push(left);
            self.right.push(right);
        }
        for (some, lefts) in columns.chunks(4).zip(lefts.chunks(4)) {
            let lefts: Vec<&[f64]> = lefts.iter().map(Vec::as_slice).collect();
            let table = products(&lefts, &self.right[..self.rows.len() + some.len()]);
            for ((index, values, square), mut row) in some.iter().zip(table) {
                let n = values.len() as f64;
                let own = self.rows.len();
                row.truncate(own + 1);
                for value in &mut row {
                    *value /= n;
                }
                row[own] = row[own].max(0.0) * (1.0 + RIDGE) + square;
                for (other, value) in self.rows.iter_mut().zip(&row) {
                    other.push(*value);
                }
                self.columns.push(*index);
                self.rows.push(row);
            }
        }
    }

    /// Coefficients at or near the minimum of the parabola through `start`, with these `slopes` there, plus `penalties`
    /// times absolute values. The value is never above that of `start`.
    pub fn minimum(&mut self, start: &[f64], slopes: &[f64], penalties: &[f64]) -> Vec<f64> {
        let mut search = Search { at: start.to_vec(), slopes: slopes.to_vec(), penalties };
        let whole = search.enter(self) && self.solve(&mut search);
        if whole && !search.misses() {
            return search.at;
        }
        for _ in 0..SWEEPS {
            search.sweep(&self.rows);
        }
        for _ in 0..20 + self.columns.len() {
            let whole = search.enter(self) && self.solve(&mut search);
            if !whole {
                for _ in 0..SWEEPS {
                    search.sweep(&self.rows);
                }
            } else if !search.misses() {
                return search.at;
            }
        }
        for _ in 0..MANY_SWEEPS {
            search.sweep(&self.rows);
        }
        search.at
    }

    /// Moves to the minimum of the columns of the factor while their signs hold. A column that reaches zero stays
    /// there, and the others go on without it. False if too many did.
    fn solve(&mut self, search: &mut Search) -> bool {
        for _ in 0..4 + self.columns.len() / 8 {
            let support = &self.factor.columns;
            let signs: Vec<f64> = support.iter().map(|&j| search.sign(j)).collect();
            let mut change: Vec<f64> = support
                .iter()
                .zip(&signs)
                .map(|(&j, sign)| -search.slopes[j] - search.penalties[j] * sign)
                .collect();
            self.factor.solve(&mut change);
            let mut length = 1.0;
            for ((&j, sign), change) in support.iter().zip(&signs).zip(&change) {
                if search.penalties[j] > 0.0 && (search.at[j] + change) * sign <= 0.0 {
                    length = f64::min(length, (-search.at[j] / change).max(0.0));
                }
            }
            let mut gone = Vec::new();
            for (place, ((&j, sign), change)) in support.iter().zip(&signs).zip(&change).enumerate() {
                let mut next = search.at[j] + length * change;
                let reached = next * sign <= 0.0 || next.abs() < 1e-13 * change.abs();
                if length < 1.0
                    && search.penalties[j] > 0.0
                    && reached
                    && (search.at[j] + change) * sign <= 0.0
                {
                    next = 0.0;
                    gone.push(place);
                }
                let moved = next - search.at[j];
                search.at[j] = next;
                if moved != 0.0 {
                    add(&mut search.slopes, moved, &self.rows[j]);
                }
            }
            if length >= 1.0 {
                return true;
            }
            for place in gone.into_iter().rev() {
                self.factor.remove(place);
            }
        }
        false
    }
}

/// Coefficients on their way to the minimum of a parabola.
struct Search<'a> {
    at: Vec<f64>,
    slopes: Vec<f64>,
    penalties: &'a [f64],
}

impl Search<'_> {
    /// The sign of a coefficient, or the one with which it would leave zero.
    fn sign(&self, j: usize) -> f64 {
        if self.at[j] == 0.0 { -self.slopes[j].signum() } else { self.at[j].signum() }
    }

    /// Whether a column is at zero that should not be.
    fn misses(&self) -> bool {
        (0..self.at.len()).any(|j| self.at[j] == 0.0 && self.wants_in(j))
    }

    fn wants_in(&self, j: usize) -> bool {
        self.penalties[j] == 0.0 || self.slopes[j].abs() > self.penalties[j] * (1.0 + 1e-9)
    }

    /// Makes the factor that of the columns that are not zero or want to leave it; whether it exists.
    fn enter(&self, model: &mut Quadratic) -> bool {
        let inside = |j: usize| self.penalties[j] == 0.0 || self.at[j] != 0.0 || self.wants_in(j);
        let gone: Vec<usize> =
            (0..model.factor.columns.len()).filter(|&k| !inside(model.factor.columns[k])).collect();
        // Taking out costs some six times what adding does.
        if gone.len() * 4 > model.factor.columns.len() {
            model.factor = Factor::default();
        } else {
            gone.into_iter().rev().for_each(|place| model.factor.remove(place));
        }
        let mut held = vec![false; self.at.len()];
        model.factor.columns.iter().for_each(|&j| held[j] = true);
        (0..self.at.len()).filter(|&j| inside(j) && !held[j]).all(|j| model.factor.push(j, &model.rows))
    }

    /// One round of coordinate descent.
    fn sweep(&mut self, rows: &[Vec<f64>]) {
        for (j, row) in rows.iter().enumerate() {
            let curvature = row[j];
            if curvature <= 0.0 {
                continue;
            }
            let next = soft(curvature * self.at[j] - self.slopes[j], self.penalties[j]) / curvature;
            let change = next - self.at[j];
            if change != 0.0 {
                self.at[j] = next;
                add(&mut self.slopes, change, row);
            }
        }
    }
}
