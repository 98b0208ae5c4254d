//! The rigid stage: starts, then the rigid motion coarse to fine.

use crate::geometry::{Fixed, Moving};
use crate::transform::Transform;
use crate::volume::Volume;

use super::level::{LeftOut, Level};
use super::rigid::{Effort, correlation, optimise};
use super::run::{Given, RegisterError, Stage};
use super::settings::RegisterSettings;
use super::starts::{Starts, choose};

/// What the rigid stage found.
#[derive(Clone, Debug, PartialEq)]
pub struct RigidStage {
    /// The motion.
    pub rigid: Transform,
    /// The starts, and how clear the choice was.
    pub starts: Starts,
    /// Share of the follow-up's body that the motion brings into the baseline's field of view.
    pub overlap: f64,
}

/// The rigid stage alone, of images as they are read: what [`super::register`] begins with.
pub fn align_rigidly(
    fixed: &Volume<f32, Fixed>,
    moving: &Volume<f32, Moving>,
    given: &Given,
    settings: &RegisterSettings,
) -> Result<RigidStage, RegisterError> {
    super::run::checked(fixed, moving, settings)?;
    let (fixed, moving) = super::run::both_prepared(fixed, moving, given, settings);
    let left_out = LeftOut::new(&given.left_out, settings.lesion_margin_mm);
    rigid_stage(&fixed, &moving, &left_out, settings, &|_| ())
}

/// The rigid stage of prepared images.
pub(super) fn rigid_stage(
    fixed: &Volume<f32, Fixed>,
    moving: &Volume<f32, Moving>,
    left_out: &LeftOut,
    settings: &RegisterSettings,
    progress: &dyn Fn(Stage),
) -> Result<RigidStage, RegisterError> {
    progress(Stage::Starts);
    let coarse = Level::new(fixed, moving, settings.rigid_voxel_mm[0], settings.radius);
    let starts = choose(&coarse, left_out, settings);
    let Some(winner) = starts.winner() else {
        return Err(RegisterError::NoOverlap { best: starts.best_overlap });
    };
    progress(Stage::Rigid);
    let mut parameters = winner.parameters;
    for &voxel_mm in &settings.rigid_voxel_mm {
        let level = Level::new(fixed, moving, voxel_mm, settings.radius);
        parameters = optimise(&level, &parameters, left_out, settings, Effort::Full).parameters;
    }
    let rigid = Transform::from_rigid(parameters.rigid());
    let (overlap, _) = correlation(&coarse, &rigid.rigid, left_out);
    Ok(RigidStage { rigid, starts, overlap })
}
