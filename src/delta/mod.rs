//! Two measurements become one change, and the change meets its noise.
//!
//! [`pairing`] matches the rows of two visits; [`definition`] says what a change is and where it is defined;
//! [`contour`] what a contour of ours may be used for; [`gate`] compares a change with what two scans of an
//! unchanged patient differ by, [`band`] with what perturbed copies of the two scans differ by; [`acquisition`] says how the two scans were made differently; [`trajectory`] follows a
//! feature over three visits or more; [`single`] says of a visit without a follow-up that there is no change.

pub mod acquisition;
pub mod band;
pub mod border;
pub mod contour;
pub mod definition;
mod error;
pub mod gate;
pub mod multiplicity;
pub mod pairing;
pub mod response;
pub mod single;
pub mod summary;
pub mod trajectory;

pub use error::DeltaError;
pub use pairing::{PairContext, VisitContext, delta_rows};

use crate::features::registry::{self, FeatureInfo};

/// How this room learns what is known about a feature, by its tag: [`registry_info`], or a table of a test.
pub type Lookup<'a> = &'a dyn Fn(&str) -> Option<FeatureInfo>;

/// The registry as a [`Lookup`].
pub fn registry_info(tag: &str) -> Option<FeatureInfo> {
    registry::find(tag).copied()
}

#[cfg(test)]
mod reference;
#[cfg(test)]
mod testing;
