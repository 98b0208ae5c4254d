//! Maps of points. A transform takes a point of the follow-up (fixed) to the same tissue at baseline (moving).

mod compose;
mod dense;
mod planes;
mod refine;
mod rigid;
mod spline;

pub use compose::{Inverted, Transform};
pub(crate) use dense::combine_rows;
pub use dense::{AxisTable, Dense, PlaneSpace};
pub use planes::Planes;
pub use rigid::Rigid;
pub use spline::{Lattice, Spline};
