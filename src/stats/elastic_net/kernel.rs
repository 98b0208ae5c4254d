//! Sums over columns, in lanes of a fixed number: the same result on every processor.

const LANES: usize = 8;

/// Sum of products. Both slices have the same length.
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let (a_blocks, a_rest) = a.as_chunks::<LANES>();
    let (b_blocks, b_rest) = b.as_chunks::<LANES>();
    let mut lanes = [0.0; LANES];
    for (x, y) in a_blocks.iter().zip(b_blocks) {
        for lane in 0..LANES {
            lanes[lane] += x[lane] * y[lane];
        }
    }
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(x, y)| x * y).sum();
    total(lanes) + rest
}

/// Sums of products of `a` with each of `others`, two at a time: `a` is read once for both. Each is what [`dot`] gives.
pub(super) fn dots(a: &[f64], others: &[Vec<f64>]) -> Vec<f64> {
    let (a_blocks, a_rest) = a.as_chunks::<LANES>();
    let mut sums = Vec::with_capacity(others.len() + 1);
    let (pairs, last) = others.as_chunks::<2>();
    for [b, c] in pairs {
        let (b_blocks, b_rest) = b.as_chunks::<LANES>();
        let (c_blocks, c_rest) = c.as_chunks::<LANES>();
        let (mut of_b, mut of_c) = ([0.0; LANES], [0.0; LANES]);
        for (x, (y, z)) in a_blocks.iter().zip(b_blocks.iter().zip(c_blocks)) {
            for lane in 0..LANES {
                of_b[lane] += x[lane] * y[lane];
                of_c[lane] += x[lane] * z[lane];
            }
        }
        for (lanes, rest) in [(of_b, b_rest), (of_c, c_rest)] {
            sums.push(total(lanes) + a_rest.iter().zip(rest).map(|(x, y)| x * y).sum::<f64>());
        }
    }
    sums.extend(last.iter().map(|b| dot(a, b)));
    sums
}

fn total(lanes: [f64; LANES]) -> f64 {
    ((lanes[0] + lanes[4]) + (lanes[1] + lanes[5])) + ((lanes[2] + lanes[6]) + (lanes[3] + lanes[7]))
}

/// `y += a x`.
pub(super) fn add(y: &mut [f64], a: f64, x: &[f64]) {
    for (y, x) in y.iter_mut().zip(x) {
        *y += a * x;
    }
}

/// `x` drawn to zero by `by`, and no further.
pub(super) fn soft(x: f64, by: f64) -> f64 {
    if x > by {
        x - by
    } else if x < -by {
        x + by
    } else {
        0.0
    }
}

/// A column of a matrix.
pub(super) fn column(x: &nalgebra::DMatrix<f64>, j: usize) -> &[f64] {
    &x.as_slice()[j * x.nrows()..(j + 1) * x.nrows()]
}

#[cfg(test)]
mod tests {
    use super::{dot, dots, soft};

    #[test]
    fn sums_of_many_are_those_of_one() {
        let column = |k: usize| (0..37).map(|i| ((i * 7 + k * 13) % 11) as f64 - 4.9).collect::<Vec<f64>>();
        let others: Vec<Vec<f64>> = (1..6).map(column).collect();
        let found = dots(&column(0), &others);
        assert!(others.iter().zip(&found).all(|(b, sum)| dot(&column(0), b) == *sum));
        let plain: f64 = column(0).iter().zip(&others[0]).map(|(a, b)| a * b).sum();
        assert!((plain - found[0]).abs() < 1e-10);
    }

    #[test]
    fn nothing_is_drawn_beyond_zero() {
        assert_eq!([soft(3.0, 1.0), soft(-3.0, 1.0), soft(0.5, 1.0), soft(-1.0, 1.0)], [2.0, -2.0, 0.0, 0.0]);
    }
}
