//! Transforms as elastix writes them (`TransformParameters.0.txt`): LPS, fixed to moving points.
//!
//! Lines `(Name value ...)`, comments after `//`. One file holds one transform and names the one that acts before it
//! (`InitialTransformParameterFileName`; before 2023 `InitialTransformParametersFileName`), by a path from its own
//! folder. Ours, `T(x) = R(x + u(x))`, is therefore a spline's file named by a rigid motion's. A file also says where
//! the fixed image lies, which transformix needs to make an image.
//!
//! Source: elastix manual, and elastix 5.3's own reading and writing (`elxTransformBase`, `elxEulerTransform`,
//! `elxBSplineTransform`), held by tests against transformix.

mod entries;
mod fault;
mod read;
mod write;

pub use fault::ElastixFault;
pub use read::{ElastixTransform, looks_like, read_chain};
pub use write::{TextFile, texts};

#[cfg(test)]
mod tests;
