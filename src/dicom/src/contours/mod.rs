//! Contours: RT Structure Sets (PS3.3 A.19) read onto a grid of voxels, and masks written as outlines.
//!
//! **The rule.** A voxel belongs to a region where its centre lies inside of the contours. A contour goes to the slice
//! nearest to it along the normal, if that is within half of the distance of slices; half-way it goes to the lower one.
//! Inside is what a line from the centre towards higher columns leaves by an odd number of crossings (even-odd); an edge
//! holds its lower row and not its upper one, and a crossing counts if it is beyond the centre. Contours of one region on
//! one slice are combined by exclusive or, so that a contour within another is a hole, which is also what keyholes and
//! `CLOSEDPLANAR_XOR` ask for (PS3.3 C.8.8.6.3).
//!
//! **Which image.** Contours belong to a frame of reference and to a place in it, not to the slices that they name: those
//! are often absent, or of another copy of the series. Contours of another frame of reference are refused, unless the
//! structure set lists the very series in it: then it only gave that frame a name of its own.
//!
//! An outline that is written runs along the edges of voxels, half a voxel away from every centre. Whatever rounding
//! happens on the way, it is read back as the very same mask.

mod canvas;
mod fill;
mod outline;
mod read;
mod warning;
mod write;

pub use fill::{Filled, Target};
pub use read::{Contour, Interpreted, Kind, Region, Structures};
pub use warning::Warning;
pub use write::{Drawn, write};
