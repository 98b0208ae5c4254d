//! Size and outline of a region: what morphology is measured with.

pub mod diameter;
pub mod mesh;
