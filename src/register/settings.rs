//! Settings of the registration: presets per body region, and what a protocol may change.

use serde::{Deserialize, Serialize};

/// A set of settings that was measured on one kind of body region.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Preset {
    /// Head.
    Brain,
    /// CT of the trunk.
    ThoraxAbdomen,
    /// MR of the breathing abdomen.
    BreathingMr,
    /// Emission tomography.
    Pet,
    /// Anything else.
    Generic,
}

/// The `[register]` section of a protocol: a preset and what is changed in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegisterSection {
    /// The preset.
    pub preset: Preset,
}
