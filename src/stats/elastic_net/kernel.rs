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
    ((lanes[0] + lanes[4]) + (lanes[1] + lanes[5])) + ((lanes[2] + lanes[6]) + (lanes[3] + lanes[7])) + rest
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
