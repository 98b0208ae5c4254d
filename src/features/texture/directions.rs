//! The directions in which a voxel has neighbours (Chebyshev distance 1), and the aggregations of what is counted there.

use crate::record::Aggregation;

/// Half of the 26 directions, as steps along the axes of the block; the other half are their opposites. The first
/// [`IN_PLANE`] lie in the plane. The voxel that each leads to comes later in storage.
pub const DIRECTIONS: [[i64; 3]; 13] = [
    [1, 0, 0],
    [-1, 1, 0],
    [0, 1, 0],
    [1, 1, 0],
    [-1, -1, 1],
    [0, -1, 1],
    [1, -1, 1],
    [-1, 0, 1],
    [0, 0, 1],
    [1, 0, 1],
    [-1, 1, 1],
    [0, 1, 1],
    [1, 1, 1],
];

/// How many of [`DIRECTIONS`] lie in the plane.
pub const IN_PLANE: usize = 4;

/// The aggregations of what is counted along each direction: pairs and runs.
pub const ALONG_DIRECTIONS: [Aggregation; 6] = [
    Aggregation::TwoDAvg,
    Aggregation::TwoDComb,
    Aggregation::TwoHalfDAvg,
    Aggregation::TwoHalfDComb,
    Aggregation::ThreeDAvg,
    Aggregation::ThreeDComb,
];

/// The aggregations of what is counted among all neighbours at once: zones, tones and dependences.
pub const AMONG_NEIGHBOURS: [Aggregation; 3] =
    [Aggregation::TwoD, Aggregation::TwoHalfD, Aggregation::ThreeD];

/// Where a voxel has neighbours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Space {
    /// Within its slice: 8 neighbours.
    Slice,
    /// In the volume: 26 neighbours.
    Volume,
}
