//! What can be wrong with repeated measurements.

use crate::diagnose::Diagnose;

/// Why repeated measurements are refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StabilityError {
    /// One repeat of one region gives a feature twice.
    #[error("subject {subject}, region {roi}, repeat {repeat}: {feature} is there twice ({group})")]
    Duplicate {
        /// The subject.
        subject: String,
        /// The region.
        roi: String,
        /// The repeat.
        repeat: String,
        /// The feature, as `image/family/feature/aggregation`.
        feature: String,
        /// What it was to be pooled with.
        group: String,
    },
    /// A group has one repeat only.
    #[error("{group}: every measurement is of repeat {repeat}")]
    OneRepeat {
        /// What was to be pooled.
        group: String,
        /// Its only repeat.
        repeat: String,
    },
    /// No two subjects share the name of a repeat.
    #[error("{group}: {subjects} subjects, and no two of them have a repeat of the same name")]
    ForeignRepeats {
        /// What was to be pooled.
        group: String,
        /// Number of subjects.
        subjects: usize,
    },
    /// A feature comes in two units.
    #[error("{feature} is in {first} and in {second} ({group})")]
    Units {
        /// The feature, as `image/family/feature/aggregation`.
        feature: String,
        /// What was to be pooled.
        group: String,
        /// One unit.
        first: String,
        /// The other.
        second: String,
    },
    /// There is no measurement at all.
    #[error("there is no measurement")]
    Empty,
}

impl Diagnose for StabilityError {
    fn code(&self) -> &'static str {
        match self {
            Self::Duplicate { .. } => "E-STABILITY-DUPLICATE",
            Self::OneRepeat { .. } => "E-STABILITY-ONE-REPEAT",
            Self::ForeignRepeats { .. } => "E-STABILITY-REPEATS",
            Self::Units { .. } => "E-STABILITY-UNITS",
            Self::Empty => "E-STABILITY-EMPTY",
        }
    }

    fn hint(&self) -> String {
        match self {
            Self::Duplicate { .. } => {
                "Give each repeat of a subject a name of its own, and each region of a subject one name."
            }
            Self::OneRepeat { .. } => "Add a second scan, contour or perturbation of each subject.",
            Self::ForeignRepeats { .. } => "Name repeats alike in all subjects: 1 and 2, or test and retest.",
            Self::Units { .. } => "Measure all repeats with one protocol.",
            Self::Empty => "Name repeats of at least five subjects.",
        }
        .into()
    }
}
