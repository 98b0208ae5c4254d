//! Maps of points. A transform takes a point of the follow-up (fixed) to the same tissue at baseline (moving).

mod compose;
mod dense;
mod planes;
mod rigid;
mod spline;

pub use compose::{Inverted, Transform};
pub use dense::{AxisTable, Dense, PlaneSpace};
pub use planes::Planes;
pub use rigid::Rigid;
pub use spline::{Lattice, Spline};
