//! Images on their grids.

pub mod pyramid;
