//! A Cholesky factor to which columns are added and from which they are taken.

use crate::numeric::lanes::{add, dot};

/// Share of its curvature that a column must keep beside the others.
const SINGULAR: f64 = 1e-11;

/// Lower factor L of the part of a symmetric matrix that belongs to chosen columns, L L' = that part.
#[derive(Default)]
pub(super) struct Factor {
    /// The columns, in the order of the rows of the factor.
    pub columns: Vec<usize>,
    rows: Vec<Vec<f64>>,
}

impl Factor {
    /// Adds a column of `matrix`; whether that was possible: a combination of those inside is refused.
    pub fn push(&mut self, column: usize, matrix: &[Vec<f64>]) -> bool {
        let whole = matrix[column][column];
        let mut row: Vec<f64> = Vec::with_capacity(self.rows.len() + 1);
        for (other, lower) in self.columns.iter().zip(&self.rows) {
            let k = row.len();
            row.push((matrix[column][*other] - dot(&row, &lower[..k])) / lower[k]);
        }
        let pivot = whole - dot(&row, &row);
        if pivot.is_nan() || pivot <= SINGULAR * whole {
            return false;
        }
        row.push(pivot.sqrt());
        self.rows.push(row);
        self.columns.push(column);
        true
    }

    /// Takes out the column at a place. The rows below it lose an entry; rotations of neighbouring entries make them
    /// triangular again (Golub & Van Loan 2013, 6.5.4).
    pub fn remove(&mut self, place: usize) {
        self.columns.remove(place);
        self.rows.remove(place);
        let mut rotations: Vec<(f64, f64)> = Vec::with_capacity(self.rows.len() - place);
        for row in &mut self.rows[place..] {
            // The entry carried along is the one that the rotation before left to its right.
            let mut carried = row[place];
            for (k, (c, s)) in rotations.iter().enumerate() {
                let next = row[place + k + 1];
                row[place + k] = c * carried + s * next;
                carried = c * next - s * carried;
            }
            let last = place + rotations.len();
            let next = row[last + 1];
            let length = carried.hypot(next);
            rotations.push((carried / length, next / length));
            row[last] = length;
            row.pop();
        }
    }

    /// Solves for a right side in the order of `columns`, in place.
    pub fn solve(&self, right: &mut [f64]) {
        for (i, row) in self.rows.iter().enumerate() {
            right[i] = (right[i] - dot(&right[..i], &row[..i])) / row[i];
        }
        for (i, row) in self.rows.iter().enumerate().rev() {
            right[i] /= row[i];
            let value = right[i];
            add(&mut right[..i], -value, &row[..i]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Factor;

    /// Solves, multiplies back, and gives the largest difference.
    fn off(factor: &Factor, matrix: &[Vec<f64>]) -> f64 {
        let right: Vec<f64> = (0..factor.columns.len()).map(|k| 1.0 + k as f64).collect();
        let mut found = right.clone();
        factor.solve(&mut found);
        let of = |(a, value): (&usize, &f64)| {
            let product: f64 = factor.columns.iter().zip(&found).map(|(b, x)| matrix[*a][*b] * x).sum();
            (product - value).abs()
        };
        factor.columns.iter().zip(&right).map(of).fold(0.0, f64::max)
    }

    #[test]
    fn what_is_added_and_taken_leaves_a_factor() {
        let entry = |i: usize, j: usize| 1.0 / (1.0 + i as f64 + j as f64) + if i == j { 0.5 } else { 0.0 };
        let matrix: Vec<Vec<f64>> = (0..9).map(|i| (0..9).map(|j| entry(i, j)).collect()).collect();
        let mut factor = Factor::default();
        assert!((0..9).all(|j| factor.push(j, &matrix)));
        for place in [4, 0, 6, 2] {
            factor.remove(place);
            assert!(off(&factor, &matrix) < 1e-12, "{place}");
        }
        assert!(factor.push(4, &matrix));
        assert_eq!(factor.columns, [1, 2, 5, 6, 7, 4]);
        assert!(off(&factor, &matrix) < 1e-12);
    }

    #[test]
    fn a_combination_of_columns_is_refused() {
        let matrix = vec![vec![1.0, 1.0], vec![1.0, 1.0]];
        let mut factor = Factor::default();
        assert!(factor.push(0, &matrix));
        assert!(!factor.push(1, &matrix));
        assert_eq!(factor.columns, [0]);
    }
}
