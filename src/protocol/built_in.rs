//! The protocols that come with the program: `protocols/*.toml`.

use super::Protocol;
use crate::record::Modality;

/// A protocol that comes with the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BuiltIn {
    /// Any scan.
    Generic,
    /// Computed tomography.
    Ct,
    /// Magnetic resonance.
    Mr,
    /// Positron emission tomography.
    Pet,
}

impl BuiltIn {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::Generic, Self::Ct, Self::Mr, Self::Pet];

    /// The one that serves a modality.
    pub fn of(modality: Modality) -> Self {
        match modality {
            Modality::Ct => Self::Ct,
            Modality::Mr => Self::Mr,
            Modality::Pt => Self::Pet,
            Modality::Nm | Modality::Ot => Self::Generic,
        }
    }

    /// The one of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|built_in| built_in.name() == name)
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Generic => "generic",
            Self::Ct => "ct",
            Self::Mr => "mr",
            Self::Pet => "pet",
        }
    }

    /// What it is for: the first line of its text.
    pub fn purpose(self) -> &'static str {
        self.text().lines().next().unwrap_or_default().trim_start_matches(['#', ' '])
    }

    /// Its text, comments included.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Generic => include_str!("../../protocols/generic.toml"),
            Self::Ct => include_str!("../../protocols/ct.toml"),
            Self::Mr => include_str!("../../protocols/mr.toml"),
            Self::Pet => include_str!("../../protocols/pet.toml"),
        }
    }

    /// Its settings.
    pub fn protocol(self) -> Protocol {
        // The text is compiled in, and a test parses each of them.
        Protocol::parse(self.text(), self.name()).expect("a built-in protocol is sound")
    }
}
