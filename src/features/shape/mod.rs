//! Size and outline of a region, and how its intensities lie in it: what morphology is measured with.

pub mod autocorrelation;
pub mod axial;
pub mod bounding_box;
pub mod diameter;
pub mod ellipsoid;
pub mod hull;
pub mod mesh;
pub mod moments;
pub mod rows;
pub mod tips;

mod spectral;
