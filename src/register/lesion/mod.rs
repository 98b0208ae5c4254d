//! What a registration does with the baseline's lesion.
//!
//! It is always left out of the metric while the whole is aligned, for a lesion that shrinks must not pull tissue into
//! itself. What is found then carries the tissue that was lesion. Around the lesion (`window.rs`) the map may afterwards
//! follow the visible border ([`follow`]), or move the lesion as a rigid body ([`rigid`]).

pub mod follow;
pub mod rigid;
mod rigidity;
mod window;

use serde::{Deserialize, Serialize};

use super::spline::LevelLog;
use crate::transform::Transform;

/// A transform refined around a lesion.
pub struct Refined {
    /// The refined transform.
    pub transform: Transform,
    /// After the last but one level: what the last level changed is a measure of uncertainty.
    pub previous_level: Transform,
    /// Its descents.
    pub levels: Vec<LevelLog>,
}

/// What the map does inside the baseline's lesion.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LesionMode {
    /// It is left out of the metric and goes where its surroundings take it.
    #[default]
    Exclude,
    /// The map follows the lesion's visible border.
    Follow,
    /// The lesion turns and shifts, and keeps its size and shape.
    Rigid,
}

impl LesionMode {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::Exclude, Self::Follow, Self::Rigid];

    /// Its name on the command line and in records.
    pub fn word(self) -> &'static str {
        match self {
            Self::Exclude => "exclude",
            Self::Follow => "follow",
            Self::Rigid => "rigid",
        }
    }
}
