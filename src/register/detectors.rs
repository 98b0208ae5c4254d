//! Detectors of a wrong header: positions that no patient can take, scored and never applied.
//!
//! A mirrored scan has lost the sign of an axis, and a scan turned by half a turn was stored the other way round (or the
//! patient lay prone, or feet first). Each such position is optimised as briefly as the ordinary starts were, on the same
//! level, so that its cost compares with the winner's; where it is lower, the ordinary alignment is not to be trusted.

use nalgebra::{Point3, Vector3};

use super::level::{LeftOut, Level};
use super::rigid::{Effort, Likeness, RigidParameters, cost, likeness, optimise};
use super::settings::RegisterSettings;
use super::starts::LEAST_OVERLAP;

/// What would be wrong with a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// Mirrored across an axis of the world (0: left and right, 1: front and back, 2: head and feet exchanged).
    Mirrored(usize),
    /// Turned by 180 degrees about an axis of the world.
    HalfTurned(usize),
}

impl Wrong {
    const ALL: [Self; 6] = [
        Self::Mirrored(0),
        Self::Mirrored(1),
        Self::Mirrored(2),
        Self::HalfTurned(0),
        Self::HalfTurned(1),
        Self::HalfTurned(2),
    ];

    /// In words, after "one scan is".
    pub fn words(self) -> &'static str {
        match self {
            Self::Mirrored(0) => "mirrored, left to right",
            Self::Mirrored(1) => "mirrored, front to back",
            Self::Mirrored(_) => "mirrored, head to feet",
            Self::HalfTurned(0) => "turned by half a turn, front to back and head to feet",
            Self::HalfTurned(1) => "turned by half a turn, left to right and head to feet",
            Self::HalfTurned(_) => "turned by half a turn, left to right and front to back",
        }
    }
}

/// How well a position fits on the level of the starts, nothing left out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fitted {
    /// The metric's cost; smaller is better.
    pub cost: f64,
    /// Overlap and likeness.
    pub likeness: Likeness,
}

/// A wrong position and how well it fits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Detector {
    /// Which.
    pub wrong: Wrong,
    /// How well it fits.
    pub fitted: Fitted,
}

/// The winner beside the positions that no patient can take.
#[derive(Clone, Debug, PartialEq)]
pub struct Detectors {
    /// The best ordinary start, after its short optimisation.
    pub ordinary: Fitted,
    /// The others that overlap enough, best first.
    pub wrong: Vec<Detector>,
}

/// Fits each wrong position for a while.
pub fn detect(level: &Level, winner: &RigidParameters, settings: &RegisterSettings) -> Detectors {
    let nothing = LeftOut::nothing();
    let fitted = |level: &Level, at: &RigidParameters| Fitted {
        cost: cost(level, settings, at, &nothing),
        likeness: likeness(level, &at.rigid(), &nothing, settings),
    };
    let fit = |wrong: Wrong| {
        let (level, angles) = match wrong {
            Wrong::Mirrored(axis) => (&level.mirrored(axis), [0.0; 3]),
            Wrong::HalfTurned(axis) => {
                (level, [0, 1, 2].map(|a| if a == axis { std::f64::consts::PI } else { 0.0 }))
            }
        };
        let score = |start: &RigidParameters| likeness(level, &start.rigid(), &nothing, settings);
        let starts = upon_each_other(level, winner.centre, angles);
        let scored = starts.iter().map(|s| (score(s), s)).filter(|(l, _)| l.overlap >= LEAST_OVERLAP);
        let (_, start) = scored.max_by(|(a, _), (b, _)| a.score.total_cmp(&b.score))?;
        let end = optimise(level, start, &nothing, settings, Effort::Short).parameters;
        let fitted = fitted(level, &end);
        (fitted.likeness.overlap >= LEAST_OVERLAP).then_some(Detector { wrong, fitted })
    };
    let mut wrong: Vec<Detector> = Wrong::ALL.into_iter().filter_map(fit).collect();
    wrong.sort_by(|a, b| a.fitted.cost.total_cmp(&b.fitted.cost));
    Detectors { ordinary: fitted(level, winner), wrong }
}

/// Turned positions that bring the bodies, or the middles of the grids, upon each other.
fn upon_each_other(level: &Level, centre: Point3<f64>, angles: [f64; 3]) -> [RigidParameters; 2] {
    let turned = RigidParameters::new(centre, angles, Vector3::zeros()).rigid();
    let body = level.fixed_body_centre();
    let middles = (level.fixed.grid().middle(), level.moving.grid().middle());
    [(body, level.moving_body_centre), middles]
        .map(|(from, to)| RigidParameters::new(centre, angles, to.point() - turned.apply(from).point()))
}
