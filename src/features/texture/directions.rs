//! The directions in which a voxel has neighbours (Chebyshev distance 1).

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

/// Where a voxel has neighbours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Space {
    /// Within its slice: 8 neighbours.
    Slice,
    /// In the volume: 26 neighbours.
    Volume,
}
