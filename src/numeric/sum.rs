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

/// Computes `f(block)` for blocks `0..n` in parallel and gives the results in the order of the blocks.
pub fn blocks<R: Send>(n: usize, f: impl Fn(usize) -> R + Sync + Send) -> Vec<R> {
    (0..n).into_par_iter().map(f).collect()
}

/// Mean, with the sum in order; `None` for no values.
pub fn mean(values: &[f64]) -> Option<f64> {
    if values.is_empty() { None } else { Some(ordered_sum(values) / values.len() as f64) }
}
