//! What the texture families count: grey levels of neighbouring voxels.

pub mod dependences;
pub mod directions;
pub mod links;
pub mod pairs;
pub mod tones;
