//! Registration: the follow-up is fixed, the baseline moves.
//!
//! [`register`] finds `T(x) = R(x + u(x))` from follow-up points to baseline points: several rigid starts
//! ([`starts`]), a rigid motion ([`rigid`]), a spline coarse to fine ([`spline`]), where motion is
//! large with a searched start beside the rigid one ([`discrete`]), and for a lesion last levels in its
//! neighbourhood ([`lesion`]). Metrics ([`metric`]), regularisers ([`regulariser`]) and the optimiser are parts that can
//! be exchanged. No step draws random numbers, and no result depends on the number of threads.

pub mod discrete;
pub mod lesion;
pub mod level;
pub mod metric;
mod optimise;
pub mod prepare;
pub mod qa;
pub mod regulariser;
pub mod rigid;
mod run;
pub mod settings;
pub mod spline;
pub mod starts;
mod warp;

pub use lesion::LesionMode;
pub use level::RegionsLeftOut;
pub use run::{Given, RegisterError, Registered, Stage, register};
