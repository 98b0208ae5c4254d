//! The rigid stage: starts, then the rigid motion coarse to fine.

use crate::geometry::{Fixed, Moving};
use crate::transform::{Rigid, Transform};
use crate::volume::Volume;

use super::initial::{Candidate, InitialUse};
use super::level::Level;
use super::rigid::{Effort, likeness, optimise};
use super::run::{Given, RegisterError, Stage, both_prepared, checked};
use super::settings::RegisterSettings;
use super::starts::{Starts, choose};

/// Starts are scored on about as many voxels of the body at most: what tells a position from another is coarse.
const STARTS_VOXELS: f64 = 20_000.0;

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
    let settings = &given.settings(settings);
    checked(fixed, moving, settings)?;
    let (fixed, moving) = both_prepared(fixed, moving, given, settings);
    rigid_stage(&fixed, &moving, given, settings, &|_| ()).map(|(found, _)| found)
}

/// The rigid stage of prepared images, and the starts that were given.
pub(super) fn rigid_stage<'a>(
    fixed: &Volume<f32, Fixed>,
    moving: &Volume<f32, Moving>,
    given: &Given<'a>,
    settings: &RegisterSettings,
    progress: &dyn Fn(Stage),
) -> Result<(RigidStage, Vec<Candidate<'a>>), RegisterError> {
    let settings = &RegisterSettings { metric: settings.metric.of_rigid_stage(), ..settings.clone() };
    progress(Stage::Starts);
    let level = |voxel_mm: f64| Level::new(fixed, moving, voxel_mm, settings.radius);
    // Settings without rigid levels are refused before.
    let (voxels, finest) = (&settings.rigid_voxel_mm, settings.rigid_voxel_mm.len() - 1);
    let first = level(voxels[0]);
    let crowd = first.body_voxels / STARTS_VOXELS;
    let coarser = (crowd > 1.0).then(|| level(voxels[0] * libm::cbrt(crowd)));
    let coarsest = coarser.as_ref().unwrap_or(&first);
    let left_out = &given.excluded(&first, settings);
    let mut initial = Candidate::all(given.initial, coarsest, left_out, settings);
    let rigids: Vec<&Rigid> = initial.iter().map(|start| &start.rigid).collect();
    let starts = choose(coarsest, left_out, &rigids, settings);
    let Some(winner) = starts.winner() else {
        return Err(RegisterError::NoOverlap { best: starts.best_overlap });
    };
    if let Some(n) = starts.given_winner() {
        initial[n].used = InitialUse::Rigid;
    }
    progress(Stage::Rigid);
    let mut parameters = winner.parameters;
    for (n, &voxel_mm) in voxels.iter().enumerate() {
        let effort = if n == finest { Effort::Full } else { Effort::Coarse };
        let level = if n == 0 { &first } else { &level(voxel_mm) };
        parameters = optimise(level, &parameters, left_out, settings, effort).parameters;
    }
    let rigid = Transform::from_rigid(parameters.rigid());
    let overlap = likeness(&first, &rigid.rigid, left_out, settings).overlap;
    Ok((RigidStage { rigid, starts, overlap }, initial))
}

#[cfg(test)]
mod tests;
