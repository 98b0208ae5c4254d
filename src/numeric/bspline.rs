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

/// Second derivative of [`weights`] by `t`.
pub fn second_derivative_weights(t: f64) -> [f64; 4] {
    [1.0 - t, 3.0 * t - 2.0, 1.0 - 3.0 * t, t]
}

/// Turns samples at the knots into the coefficients of the cubic B-spline that passes through them, in place.
///
/// The two ends are held by the natural condition (no second derivative), so that a straight line gives itself.
/// `samples[i]` lies at control `i`; the coefficients of the first and the last control are those samples.
/// Solved exactly as a tridiagonal system (the recursive filter with pole `sqrt(3) - 2` is its limit).
///
/// ```
/// use delta_radiomics::numeric::bspline::prefilter;
/// let mut line = [1.0, 2.0, 3.0, 4.0];
/// prefilter(&mut line);
/// assert!(line.iter().zip([1.0, 2.0, 3.0, 4.0]).all(|(a, b): (&f64, f64)| (a - b).abs() < 1e-12));
/// ```
pub fn prefilter(samples: &mut [f64]) {
    let n = samples.len();
    if n < 3 {
        return;
    }
    // Rows 1..n-1 read (c[i-1] + 4 c[i] + c[i+1]) / 6 = s[i]; the ends are known.
    let mut ratio = vec![0.0; n];
    for i in 1..n - 1 {
        let pivot = 4.0 - ratio[i - 1];
        ratio[i] = 1.0 / pivot;
        samples[i] = (6.0 * samples[i] - samples[i - 1]) / pivot;
    }
    for i in (1..n - 1).rev() {
        samples[i] -= ratio[i] * samples[i + 1];
    }
}
