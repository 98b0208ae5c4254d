//! Kernels and sums that several rooms share.

pub mod box_sum;
pub mod bspline;
pub mod distance;
pub mod fft;
pub mod forest;
pub mod lanes;
pub mod quantile;
pub mod random;
pub mod sum;
