//! What the texture families count: grey levels of neighbouring voxels.

pub mod counts;
pub mod cross_table;
pub mod dependences;
pub mod directions;
pub mod links;
pub mod pairs;
pub mod runs;
pub mod tones;
