//! The largest singular values of a large matrix, and their vectors (Golub and Kahan 1965; Golub and Van Loan 2013,
//! 10.4.2).
//!
//! From a vector v the method builds, by products with X and its transpose alone, orthonormal u_1, u_2, ... and
//! v_1, v_2, ... in which X is bidiagonal. The largest singular values of the small bidiagonal matrix are those of X to
//! full precision long before it is as large as X. Each new vector is made orthogonal to all before it, because
//! rounding would bring back what was found already. Equal singular values, which measured data do not have, may be
//! found once.

use nalgebra::{DMatrix, DVector, SVD};

use crate::numeric::random::Random;

/// A vector is found where its residual is below this share of the largest singular value.
const TOLERANCE: f64 = 1e-10;
/// A step that is smaller than this share of the largest says that the rest of the matrix is zero.
const NOTHING: f64 = 1e-13;
/// Steps between two looks at what is found.
const LOOK: usize = 10;

/// Left vectors (rows x count), values, the largest first, and right vectors (columns x count); fewer where the rank is
/// smaller. `None` where the small decomposition fails.
pub(super) fn largest(x: &DMatrix<f64>, count: usize) -> Option<(DMatrix<f64>, Vec<f64>, DMatrix<f64>)> {
    let most = x.nrows().min(x.ncols());
    let mut random = Random::seeded(1);
    let mut v = DVector::from_fn(x.ncols(), |_, _| random.normal());
    v.normalize_mut();
    let (mut left, mut right) = (Vec::<DVector<f64>>::new(), vec![v]);
    let (mut diagonal, mut beside) = (Vec::<f64>::new(), Vec::<f64>::new());
    let mut scale = 0.0_f64;
    loop {
        let mut u = x * &right[right.len() - 1];
        let alpha = orthogonal(&mut u, &left);
        scale = scale.max(alpha);
        let mut rest = 0.0;
        if alpha > NOTHING * scale {
            u.unscale_mut(alpha);
            let mut v = x.tr_mul(&u);
            rest = orthogonal(&mut v, &right);
            left.push(u);
            diagonal.push(alpha);
            if rest > NOTHING * scale {
                v.unscale_mut(rest);
                right.push(v);
                beside.push(rest);
            } else {
                rest = 0.0;
            }
        }
        let steps = diagonal.len();
        if steps == 0 {
            return None;
        }
        let ended = rest == 0.0 || steps >= most;
        if !ended && (steps < count || steps % LOOK != 0) {
            continue;
        }
        // Where u has ended before v there is one right vector more than left ones.
        let wide = if ended { right.len() } else { steps };
        let small = DMatrix::from_fn(steps, wide, |row, column| match column {
            _ if column == row => diagonal[row],
            _ if column == row + 1 => beside[row],
            _ => 0.0,
        });
        let of = SVD::try_new(small, true, true, f64::EPSILON, 10_000)?;
        let (p, q, values) = (of.u?, of.v_t?, of.singular_values);
        let kept = count.min(values.len());
        if ended || (0..kept).all(|i| rest * p[(steps - 1, i)].abs() <= TOLERANCE * values[0]) {
            let combined = |basis: &[DVector<f64>], by: &DMatrix<f64>| {
                let mut all = DMatrix::zeros(basis[0].len(), kept);
                for (place, vector) in basis.iter().enumerate().take(by.nrows()) {
                    for i in 0..kept {
                        all.column_mut(i).axpy(by[(place, i)], vector, 1.0);
                    }
                }
                all
            };
            return Some((
                combined(&left, &p),
                values.iter().take(kept).copied().collect(),
                combined(&right, &q.transpose()),
            ));
        }
    }
}

/// Takes off what a vector has along others, twice because of rounding; gives the length of what is left.
fn orthogonal(vector: &mut DVector<f64>, others: &[DVector<f64>]) -> f64 {
    for _ in 0..2 {
        for other in others {
            let along = other.dot(vector);
            vector.axpy(-along, other, 1.0);
        }
    }
    vector.norm()
}

#[cfg(test)]
mod tests {
    use nalgebra::{DMatrix, SVD};

    use super::largest;
    use crate::numeric::random::Random;

    /// Factors of falling weight, and noise.
    fn table(rows: usize, columns: usize, factors: usize, noise: f64) -> DMatrix<f64> {
        let mut random = Random::seeded(2);
        let weights = DMatrix::from_fn(factors, columns, |i, _| random.normal() / (1.0 + i as f64));
        let scores = DMatrix::from_fn(rows, factors, |_, _| random.normal());
        scores * weights + DMatrix::from_fn(rows, columns, |_, _| noise * random.normal())
    }

    #[test]
    fn values_and_vectors_are_those_of_the_whole_decomposition() {
        for (rows, columns, noise) in [(90, 60, 0.3), (50, 130, 0.3), (80, 80, 1.0), (12, 9, 0.5)] {
            let x = table(rows, columns, 8, noise);
            let (left, values, right) = largest(&x, 6).unwrap();
            let whole = SVD::new(x.clone(), true, true);
            let (u, v) = (whole.u.unwrap(), whole.v_t.unwrap());
            for i in 0..6 {
                assert!((values[i] - whole.singular_values[i]).abs() < 1e-10 * values[0], "{rows} {i}");
                let (a, b) = (left.column(i).dot(&u.column(i)), right.column(i).dot(&v.row(i).transpose()));
                assert!((a.abs() - 1.0).abs() < 1e-9 && (b.abs() - 1.0).abs() < 1e-9, "{rows} {i} {a} {b}");
                assert!((&x * right.column(i) - left.column(i) * values[i]).norm() < 1e-8 * values[0]);
            }
        }
    }

    #[test]
    fn a_matrix_of_small_rank_ends_early() {
        let (left, values, right) = largest(&table(70, 40, 3, 0.0), 10).unwrap();
        assert_eq!(values.iter().filter(|v| **v > 1e-10 * values[0]).count(), 3);
        let rebuilt = left * DMatrix::from_diagonal(&nalgebra::DVector::from_vec(values)) * right.transpose();
        assert!((rebuilt - table(70, 40, 3, 0.0)).amax() < 1e-10);
        assert!(largest(&DMatrix::zeros(5, 4), 2).is_none());
    }
}
