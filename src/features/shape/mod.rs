//! Size and outline of a region: what morphology is measured with.

pub mod bounding_box;
pub mod diameter;
pub mod ellipsoid;
pub mod hull;
pub mod mesh;
pub mod moments;
pub mod rows;
pub mod tips;
