//! Kernels and sums that several rooms share.

pub mod bspline;
pub mod distance;
pub mod quantile;
pub mod random;
pub mod sum;
