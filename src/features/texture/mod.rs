//! What the texture families count: grey levels of neighbouring voxels.

pub mod counts;
pub mod cross_table;
pub mod dependences;
pub mod depth;
pub mod directions;
mod forest;
pub mod links;
pub mod pairs;
pub mod runs;
pub mod tones;
pub mod zone_matrix;
pub mod zones;
