//! Size and outline of a region, and how its intensities lie in it: what morphology is measured with.

pub mod autocorrelation;
pub mod diameter;
pub mod mesh;

mod spectral;
