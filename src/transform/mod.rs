//! Maps of points. A transform takes a point of the follow-up (fixed) to the same tissue at baseline (moving).

mod chain;
mod compose;
mod dense;
mod field;
mod fit;
mod map;
mod planes;
mod refine;
mod rigid;
mod solve;
mod spline;

pub use chain::{Chain, Part, Step};
pub use compose::{Inverted, Transform};
pub(crate) use dense::combine_rows;
pub use dense::{AxisTable, Dense, PlaneSpace};
pub use field::Field;
pub use map::{PlaneMap, PointMap, box_corners, hull};
pub use planes::Planes;
pub use rigid::Rigid;
pub use spline::{Lattice, Spline};
