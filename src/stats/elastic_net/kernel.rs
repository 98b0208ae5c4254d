//! Small things that all losses need.

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
    use super::soft;

    #[test]
    fn nothing_is_drawn_beyond_zero() {
        assert_eq!([soft(3.0, 1.0), soft(-3.0, 1.0), soft(0.5, 1.0), soft(-1.0, 1.0)], [2.0, -2.0, 0.0, 0.0]);
    }
}
