//! What is adjusted, and how it is shrunk.

/// Prior of the empirical Bayes step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prior {
    /// Normal for shifts, inverse gamma for variances.
    Parametric,
    /// The other features' estimates, weighted by their likelihood.
    NonParametric,
}

/// What is adjusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Adjust {
    /// Shift and spread.
    MeanAndScale,
    /// The shift alone.
    MeanOnly,
}

/// How a table is harmonised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Prior.
    pub prior: Prior,
    /// What is adjusted.
    pub adjust: Adjust,
    /// The batch that stays as it is, and that the others are brought to.
    pub reference: Option<usize>,
}
