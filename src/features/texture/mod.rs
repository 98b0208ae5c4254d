//! What the texture families count: grey levels of neighbouring voxels.

pub mod cross_table;
pub mod depth;
pub mod directions;
mod forest;
pub mod links;
pub mod pairs;
pub mod zones;
