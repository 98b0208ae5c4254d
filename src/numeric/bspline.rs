//! The uniform cubic B-spline basis on one knot interval.

/// Weights of the four controls around a point at fraction `t` (0 to 1) of its interval.
///
/// ```
/// use delta_radiomics::numeric::bspline::weights;
/// assert!((weights(0.3).iter().sum::<f64>() - 1.0).abs() < 1e-15);
/// assert_eq!(weights(0.0), [1.0 / 6.0, 4.0 / 6.0, 1.0 / 6.0, 0.0]);
/// ```
pub fn weights(t: f64) -> [f64; 4] {
    let s = 1.0 - t;
    [
        s * s * s / 6.0,
        (3.0 * t * t * t - 6.0 * t * t + 4.0) / 6.0,
        (-3.0 * t * t * t + 3.0 * t * t + 3.0 * t + 1.0) / 6.0,
        t * t * t / 6.0,
    ]
}

/// First derivative of [`weights`] by `t`.
pub fn derivative_weights(t: f64) -> [f64; 4] {
    let s = 1.0 - t;
    [-s * s / 2.0, (3.0 * t * t - 4.0 * t) / 2.0, (-3.0 * t * t + 2.0 * t + 1.0) / 2.0, t * t / 2.0]
}
