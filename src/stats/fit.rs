//! Why a model could not be fitted.

use thiserror::Error;

/// Why a model has no coefficients.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum FitFault {
    /// Fewer rows than the model has parameters.
    #[error("there are fewer rows than parameters")]
    TooFew,
    /// All rows have one outcome.
    #[error("all rows have the same outcome")]
    OneClass,
    /// No row has an event.
    #[error("there are no events")]
    NoEvents,
    /// A combination of columns tells the outcomes apart, so that its coefficient grows without bound.
    #[error("a combination of columns separates the outcomes")]
    Separated,
    /// A column is constant, or a combination of others.
    #[error("columns are constant or combinations of each other")]
    Collinear,
    /// The iteration did not reach its tolerance.
    #[error("the iteration did not converge")]
    NotConverged,
}

impl FitFault {
    /// The word of the tables.
    pub fn word(self) -> &'static str {
        match self {
            Self::TooFew => "too_few",
            Self::OneClass => "one_class",
            Self::NoEvents => "no_events",
            Self::Separated => "separated",
            Self::Collinear => "collinear",
            Self::NotConverged => "not_converged",
        }
    }
}
