//! Registration: the follow-up is fixed, the baseline moves.
//!
//! [`register`] finds `T(x) = R(x + u(x))` from follow-up points to baseline points: several rigid starts
//! ([`starts`], those that are given [`initial`], and [`detectors`] of wrong headers), a rigid motion ([`rigid`], the
//! two together [`align_rigidly`]), a spline coarse to fine ([`spline`]), where motion is
//! large with a searched start beside the rigid one ([`discrete`]), and for a lesion last levels
//! in its neighbourhood ([`lesion`]). Metrics ([`metric`]), regularisers ([`regulariser`]) and the optimiser are parts that can
//! be exchanged. No step draws random numbers, and no result depends on the number of threads.

mod as_stored;
pub mod detectors;
pub mod discrete;
pub mod initial;
pub mod lesion;
pub mod level;
pub mod metric;
mod optimise;
pub mod prepare;
pub mod qa;
pub mod regulariser;
pub mod rigid;
mod rigid_stage;
mod run;
mod sampled;
pub mod settings;
pub mod spline;
pub mod starts;
mod warp;

pub use lesion::LesionMode;
pub use level::RegionsLeftOut;
pub use rigid_stage::{RigidStage, align_rigidly};
pub use run::{Contrast, Given, RegisterError, Registered, Stage, register};
