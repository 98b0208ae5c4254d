//! The whole registration of one pair.

use thiserror::Error;

use crate::diagnose::Diagnose;
use crate::geometry::{Fixed, Moving};
use crate::record::Units;
use crate::transform::Transform;
use crate::volume::Volume;

use super::discrete;
use super::lesion::LesionMode;
use super::lesion::follow::follow;
use super::lesion::rigid::{TOLERANCE_MM, move_rigidly};
use super::level::{LeftOut, Level, RegionsLeftOut};
use super::prepare::prepared;
use super::rigid::{Effort, correlation, optimise};
use super::settings::RegisterSettings;
use super::spline::{LevelLog, improve, lattice_spacing};
use super::starts::{LEAST_OVERLAP, Starts, choose};

/// What the registration is at, for a progress display.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Scoring rigid starts.
    Starts,
    /// Optimising the rigid motion.
    Rigid,
    /// A level of the spline (from 1) of so many.
    Spline {
        /// Which.
        level: usize,
        /// Of how many.
        of: usize,
    },
    /// Following the lesion's border.
    Follow,
    /// Holding the lesion rigid.
    Hold,
}

/// What is given of a pair beside its images and the settings.
#[derive(Clone, Copy, Debug)]
pub struct Given<'a> {
    /// Units of both images.
    pub units: Units,
    /// Regions that must not pull.
    pub left_out: RegionsLeftOut<'a>,
    /// What the map does inside the baseline's lesion.
    pub lesion_mode: LesionMode,
}

/// Why a pair was not registered.
#[derive(Debug, Error, PartialEq)]
pub enum RegisterError {
    /// No start brings the two scans over each other.
    #[error("none of the starts tried lays at least {:.0} % of the follow-up's body inside the baseline scan (best: {:.0} %)", 100.0 * LEAST_OVERLAP, 100.0 * best)]
    NoOverlap {
        /// Best overlap of a start, 0 to 1.
        best: f64,
    },
    /// An image has no contrast to compare.
    #[error("the {which} scan has the same value everywhere")]
    NoContrast {
        /// `follow-up (fixed)` or `baseline (moving)`.
        which: &'static str,
    },
    /// The settings have no levels.
    #[error("the registration settings name no {0} level")]
    NoLevels(&'static str),
    /// A lesion mode without a lesion.
    #[error("lesion mode `{}` needs the lesion of the baseline (moving) scan, and none is given", .0.word())]
    NoLesion(LesionMode),
    /// Around the lesion, no map was found that does what the mode asks.
    #[error("lesion mode `{}`: {}", .0.word(), unmet(*.0))]
    LesionMode(LesionMode),
}

/// Why a lesion mode was not possible.
fn unmet(mode: LesionMode) -> String {
    let why = match mode {
        LesionMode::Rigid => format!("no map without a fold holds it rigid to {TOLERANCE_MM} mm"),
        LesionMode::Exclude | LesionMode::Follow => "no map without a fold follows it".to_owned(),
    };
    format!("no part of the lesion lies inside the follow-up scan, or {why}")
}

impl Diagnose for RegisterError {
    fn code(&self) -> &'static str {
        match self {
            Self::NoOverlap { .. } => "E-REGISTER-OVERLAP",
            Self::NoContrast { .. } => "E-REGISTER-CONTRAST",
            Self::NoLevels(_) => "E-REGISTER-LEVELS",
            Self::NoLesion(_) => "E-REGISTER-NO-LESION",
            Self::LesionMode(_) => "E-REGISTER-LESION-MODE",
        }
    }
    fn hint(&self) -> String {
        match self {
            Self::NoOverlap { .. } => "Check that both scans show the same body region of one patient, and \
                that their headers are right (`delta inspect`)."
                .into(),
            Self::NoContrast { .. } => {
                "Check that the file is the scan and not a mask or a blank series.".into()
            }
            Self::NoLevels(_) => {
                "Give `rigid_voxel_mm` and `levels` in [register] at least one entry, or leave them out."
                    .into()
            }
            Self::NoLesion(_) => {
                "Give its mask (`--moving-lesion`); an empty one counts as none. Or leave out `--lesion-mode`.".into()
            }
            Self::LesionMode(_) => {
                "Look at the result without `--lesion-mode`: is the lesion where it should be?".into()
            }
        }
    }
}

/// A registered pair.
#[derive(Clone, Debug, PartialEq)]
pub struct Registered {
    /// The rigid part alone.
    pub rigid: Transform,
    /// After the last but one level of the spline: what the last level changed is a measure of uncertainty.
    pub previous_level: Transform,
    /// The whole transform, found with the lesion left out: what carries contours. In the other modes: that, refined
    /// around the lesion.
    pub transform: Transform,
    /// The same, refined around the lesion with the lesion back in the metric; `None` without a baseline lesion,
    /// where it lies outside the follow-up scan, and in the other modes.
    pub followed: Option<Transform>,
    /// The refined transform after its last but one level.
    pub followed_previous: Option<Transform>,
    /// The rigid starts; empty for identical images.
    pub starts: Starts,
    /// Share of the follow-up's body that the rigid motion brings into the baseline's field of view.
    pub overlap: f64,
    /// Levels of the spline, then those of the followed contour.
    pub levels: Vec<LevelLog>,
    /// Whether both images are the same, voxel for voxel.
    pub identical: bool,
}

impl Registered {
    fn identity(with_lesion: bool) -> Self {
        let identity = Transform::identity();
        Self {
            rigid: identity.clone(),
            previous_level: identity.clone(),
            followed: with_lesion.then(|| identity.clone()),
            followed_previous: with_lesion.then(|| identity.clone()),
            transform: identity,
            starts: Starts {
                tried: Vec::new(),
                ambiguity: None,
                turned_correlation: -1.0,
                best_overlap: 1.0,
            },
            overlap: 1.0,
            levels: Vec::new(),
            identical: true,
        }
    }
}

/// Registers the baseline (`moving`) to the follow-up (`fixed`). NaN is no data. `progress` is told each stage as it
/// begins. `given.lesion_mode` decides what the transform does inside the lesion.
///
/// Identical images (same grid, same voxels) give exactly the identity.
pub fn register(
    fixed: &Volume<f32, Fixed>,
    moving: &Volume<f32, Moving>,
    given: &Given,
    settings: &RegisterSettings,
    progress: &dyn Fn(Stage),
) -> Result<Registered, RegisterError> {
    if settings.rigid_voxel_mm.is_empty() {
        return Err(RegisterError::NoLevels("rigid"));
    }
    if settings.levels.is_empty() {
        return Err(RegisterError::NoLevels("spline"));
    }
    has_contrast(fixed.values(), "follow-up (fixed)")?;
    has_contrast(moving.values(), "baseline (moving)")?;
    let (lesion, mode) = (given.left_out.moving_lesion.filter(|m| !m.is_empty()), given.lesion_mode);
    if lesion.is_none() && mode != LesionMode::Exclude {
        return Err(RegisterError::NoLesion(mode));
    }
    if identical(fixed, moving) {
        return Ok(Registered::identity(lesion.is_some() && mode == LesionMode::Exclude));
    }
    let fixed = prepared(fixed, settings.clip, given.units);
    let moving = prepared(moving, settings.clip, given.units);
    let grid = fixed.grid();
    let left_out = |level: &Level| LeftOut::new(&given.left_out, settings.lesion_margin_mm, level);

    progress(Stage::Starts);
    let coarse = Level::new(&fixed, &moving, settings.rigid_voxel_mm[0], settings.radius);
    let excluded = left_out(&coarse);
    let starts = choose(&coarse, &excluded, settings);
    let Some(winner) = starts.winner() else {
        return Err(RegisterError::NoOverlap { best: starts.best_overlap });
    };
    progress(Stage::Rigid);
    let mut parameters = winner.parameters;
    for &voxel_mm in &settings.rigid_voxel_mm {
        let level = Level::new(&fixed, &moving, voxel_mm, settings.radius);
        parameters = optimise(&level, &parameters, &excluded, settings, Effort::Full).parameters;
    }
    let rigid = Transform::from_rigid(parameters.rigid());
    let (overlap, _) = correlation(&coarse, &rigid.rigid, &excluded);

    let (mut previous_level, mut transform, mut levels) = (rigid.clone(), rigid.clone(), Vec::new());
    for (n, of) in settings.levels.iter().enumerate() {
        progress(Stage::Spline { level: n + 1, of: settings.levels.len() });
        let level = Level::new(&fixed, &moving, of.voxel_mm, settings.radius);
        let excluded = left_out(&level);
        let (mut next, mut log) = improve(grid, &level, of, &transform, &excluded, settings);
        if n == 0 && settings.search_mm > 0.0 {
            // Where the search errs the descent from the rigid motion is still there, and the better of both goes on.
            let found = searched(&fixed, &moving, &rigid, of.lattice_mm, &excluded, settings);
            let (other, other_log) = improve(grid, &level, of, &found, &excluded, settings);
            if other_log.after < log.after {
                (next, log) = (other, other_log);
            }
        }
        previous_level = std::mem::replace(&mut transform, next);
        levels.push(log);
    }
    let (mut followed, mut followed_previous) = (None, None);
    match (lesion, mode) {
        (None, _) => {}
        (Some(lesion), LesionMode::Exclude) => {
            progress(Stage::Follow);
            if let Some(found) = follow(&fixed, &moving, &transform, lesion, settings) {
                followed = Some(found.transform);
                followed_previous = Some(found.previous_level);
                levels.extend(found.levels);
            }
        }
        (Some(lesion), LesionMode::Follow | LesionMode::Rigid) => {
            let rigid = mode == LesionMode::Rigid;
            progress(if rigid { Stage::Hold } else { Stage::Follow });
            let refine = if rigid { move_rigidly } else { follow };
            let found = refine(&fixed, &moving, &transform, lesion, settings)
                .ok_or(RegisterError::LesionMode(mode))?;
            (transform, previous_level) = (found.transform, found.previous_level);
            levels.extend(found.levels);
        }
    }
    Ok(Registered {
        rigid,
        previous_level,
        transform,
        followed,
        followed_previous,
        starts,
        overlap,
        levels,
        identical: false,
    })
}

/// The rigid motion with what a discrete search adds to it.
fn searched(
    fixed: &Volume<f32, Fixed>,
    moving: &Volume<f32, Moving>,
    rigid: &Transform,
    lattice_mm: f64,
    excluded: &LeftOut,
    settings: &RegisterSettings,
) -> Transform {
    let level = Level::new(fixed, moving, discrete::VOXEL_MM, settings.radius);
    let spacing = lattice_spacing(fixed.grid(), lattice_mm);
    let (reach, noise) = (settings.search_mm, settings.noise);
    let spline = discrete::start(fixed.grid(), &level, &rigid.rigid, excluded, reach, noise, spacing);
    Transform { rigid: rigid.rigid.clone(), spline: Some(spline) }
}

/// Refuses an image whose known voxels all hold one value.
fn has_contrast(values: &[f32], which: &'static str) -> Result<(), RegisterError> {
    let mut known = values.iter().filter(|v| !v.is_nan());
    let first = known.next();
    if known.all(|v| Some(v) == first) { Err(RegisterError::NoContrast { which }) } else { Ok(()) }
}

/// Whether two images are the same, voxel for voxel, no data included.
fn identical(fixed: &Volume<f32, Fixed>, moving: &Volume<f32, Moving>) -> bool {
    fixed.grid().dims() == moving.grid().dims()
        && fixed.grid().affine() == moving.grid().affine()
        && fixed.values().iter().zip(moving.values()).all(|(a, b)| a == b || (a.is_nan() && b.is_nan()))
}

#[cfg(test)]
mod tests;
