//! The whole registration of one pair.

use thiserror::Error;

use crate::diagnose::Diagnose;
use crate::geometry::{Fixed, Grid, Moving};
use crate::record::Units;
use crate::transform::{Chain, Transform};
use crate::volume::Volume;

use super::as_stored::stands_as_stored;
use super::discrete;
use super::initial::{Candidate, InitialStart, InitialUse};
use super::lesion::LesionMode;
use super::lesion::follow::follow;
use super::lesion::rigid::{TOLERANCE_MM, move_rigidly};
use super::level::{LeftOut, Level, RegionsLeftOut};
use super::prepare::prepared;
use super::rigid_stage::{RigidStage, rigid_stage};
use super::settings::{RegisterSettings, SplineLevel};
use super::spline::{LevelLog, improve, lattice_spacing};
use super::starts::{LEAST_OVERLAP, Starts};

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

/// Whether tissue looks the same in both scans.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Contrast {
    /// One modality: what is bright in one is bright in the other.
    #[default]
    Same,
    /// Two modalities: only that places differ is shared.
    Other,
}

/// What is given of a pair beside its images and the settings.
#[derive(Clone, Copy, Debug)]
pub struct Given<'a> {
    /// Units of both images.
    pub units: Units,
    /// Whether they show tissue alike; if not, the settings' metric and clipping yield to
    /// [`RegisterSettings::for_other_contrast`].
    pub contrast: Contrast,
    /// Regions that must not pull.
    pub left_out: RegionsLeftOut<'a>,
    /// Maps of follow-up points to baseline points, of whatever source, that are tried as starts beside the others.
    pub initial: &'a [Chain],
    /// What the map does inside the baseline's lesion.
    pub lesion_mode: LesionMode,
}

impl Given<'_> {
    /// Two scans of one contrast, nothing left out, no start given.
    pub fn of(units: Units) -> Self {
        Self {
            units,
            contrast: Contrast::Same,
            left_out: RegionsLeftOut::default(),
            initial: &[],
            lesion_mode: LesionMode::Exclude,
        }
    }
    /// What is left out of a level.
    pub(super) fn excluded(&self, level: &Level, settings: &RegisterSettings) -> LeftOut {
        LeftOut::new(&self.left_out, settings.lesion_margin_mm, level)
    }
    /// The settings that serve these scans.
    pub(super) fn settings(&self, asked: &RegisterSettings) -> RegisterSettings {
        match self.contrast {
            Contrast::Same => asked.clone(),
            Contrast::Other => asked.for_other_contrast(),
        }
    }
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
    /// What became of the starts that were given, in their order; empty for identical images.
    pub initial: Vec<InitialStart>,
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
            starts: Starts { tried: Vec::new(), ambiguity: None, detectors: None, best_overlap: 1.0 },
            initial: Vec::new(),
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
    let settings = &given.settings(settings);
    checked(fixed, moving, settings)?;
    let (lesion, mode) = (given.left_out.moving_lesion.filter(|m| !m.is_empty()), given.lesion_mode);
    if lesion.is_none() && mode != LesionMode::Exclude {
        return Err(RegisterError::NoLesion(mode));
    }
    if identical(fixed, moving) {
        return Ok(Registered::identity(lesion.is_some() && mode == LesionMode::Exclude));
    }
    let (fixed, moving) = both_prepared(fixed, moving, given, settings);
    let grid = fixed.grid();

    let (RigidStage { mut rigid, starts, overlap }, mut given_starts) =
        rigid_stage(&fixed, &moving, given, settings, progress)?;
    // Where organs move by themselves, which is what a search is set for. A body that moves as one has a rigid motion to
    // trust: a CT liver that was moved by 9 mm lost to the scans as stored on coarse voxels, and gained nothing by it.
    if settings.search_mm > 0.0 && stands_as_stored(&fixed, &moving, &rigid, given, settings) {
        rigid = Transform::identity();
    }
    let (mut previous_level, mut transform, mut levels) = (rigid.clone(), rigid.clone(), Vec::new());
    for (n, of) in settings.levels.iter().enumerate() {
        progress(Stage::Spline { level: n + 1, of: settings.levels.len() });
        let level = Level::new(&fixed, &moving, of.voxel_mm, settings.radius);
        let excluded = given.excluded(&level, settings);
        let descend = |from: &Transform| improve(grid, &level, of, from, &excluded, settings);
        let (next, log) = if n == 0 {
            let found = (settings.search_mm > 0.0)
                .then(|| searched(&fixed, &moving, &rigid, of.lattice_mm, &excluded, settings));
            from_the_best_start(descend, &rigid, found, &mut given_starts, (grid, of))
        } else {
            descend(&transform)
        };
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
            let found = if rigid {
                move_rigidly(&fixed, &moving, &transform, lesion, given.left_out, settings)
            } else {
                follow(&fixed, &moving, &transform, lesion, settings)
            }
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
        initial: given_starts.iter().map(Candidate::told).collect(),
        overlap,
        levels,
        identical: false,
    })
}

/// Refuses settings without levels and images without contrast.
pub(super) fn checked(
    fixed: &Volume<f32, Fixed>,
    moving: &Volume<f32, Moving>,
    settings: &RegisterSettings,
) -> Result<(), RegisterError> {
    if settings.rigid_voxel_mm.is_empty() {
        return Err(RegisterError::NoLevels("rigid"));
    }
    if settings.levels.is_empty() {
        return Err(RegisterError::NoLevels("spline"));
    }
    has_contrast(fixed.values(), "follow-up (fixed)")?;
    has_contrast(moving.values(), "baseline (moving)")
}

/// Both images made ready for comparison.
pub(super) fn both_prepared(
    fixed: &Volume<f32, Fixed>,
    moving: &Volume<f32, Moving>,
    given: &Given,
    settings: &RegisterSettings,
) -> (Volume<f32, Fixed>, Volume<f32, Moving>) {
    (prepared(fixed, settings.clip, given.units), prepared(moving, settings.clip, given.units))
}

/// The first level of the spline from each start: the rigid motion, what was searched, and what bends of what was given.
/// Where the search or what was given errs, the descent from the rigid motion is still there; the best of all goes on.
fn from_the_best_start(
    descend: impl Fn(&Transform) -> (Transform, LevelLog),
    rigid: &Transform,
    searched: Option<Transform>,
    given: &mut [Candidate],
    (grid, level): (&Grid<Fixed>, &SplineLevel),
) -> (Transform, LevelLog) {
    let spacing = lattice_spacing(grid, level.lattice_mm);
    let bent = given.iter().enumerate();
    let bent = bent.filter_map(|(n, start)| Some((Some(n), start.bent(grid, &rigid.rigid, spacing)?)));
    let (mut best, mut winner) = (descend(rigid), None);
    for (source, start) in searched.map(|start| (None, start)).into_iter().chain(bent) {
        let other = descend(&start);
        if other.1.after < best.1.after {
            (best, winner) = (other, source);
        }
    }
    if let Some(n) = winner {
        given[n].used = InitialUse::Bent;
    }
    best
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
