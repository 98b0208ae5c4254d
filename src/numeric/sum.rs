//! Sums whose result does not depend on the number of threads.
//!
//! Work is split into blocks whose size depends on the data alone; blocks are computed in parallel, each by one
//! thread in storage order, and their results are combined in order.

use rayon::prelude::*;

/// Sum of `values` in f64, in storage order within fixed blocks.
///
/// ```
/// use delta_radiomics::numeric::sum::ordered_sum;
/// assert_eq!(ordered_sum(&[0.1, 0.2, 0.3]), 0.1 + 0.2 + 0.3);
/// ```
pub fn ordered_sum(values: &[f64]) -> f64 {
    values.chunks(4096).map(|block| block.iter().sum::<f64>()).sum()
}

/// Scalar product, in eight partial sums whose order is fixed: the compiler makes vectors of them.
pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    const LANES: usize = 8;
    let (a8, b8) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest: f64 = a8.remainder().iter().zip(b8.remainder()).map(|(a, b)| a * b).sum();
    let mut lanes = [0.0; LANES];
    for (a, b) in a8.zip(b8) {
        for n in 0..LANES {
            lanes[n] += a[n] * b[n];
        }
    }
    lanes.iter().sum::<f64>() + rest
}

/// Computes `f(block)` for blocks `0..n` in parallel and gives the results in the order of the blocks.
pub fn blocks<R: Send>(n: usize, f: impl Fn(usize) -> R + Sync + Send) -> Vec<R> {
    (0..n).into_par_iter().map(f).collect()
}

/// Mean, with the sum in order; `None` for no values.
pub fn mean(values: &[f64]) -> Option<f64> {
    if values.is_empty() { None } else { Some(ordered_sum(values) / values.len() as f64) }
}
