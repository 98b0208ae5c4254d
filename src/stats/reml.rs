//! Variance components by restricted maximum likelihood, for tables with holes or more than two repeats.

/// Components of the model y = mu + subject + repeat + residual, or of the one without repeats.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VarianceComponents {
    /// The mean.
    pub mean: f64,
    /// Between subjects.
    pub subject: f64,
    /// Between repeats; `None` in the one-way model.
    pub repeat: Option<f64>,
    /// What is left.
    pub residual: f64,
}

/// Of a table of subjects and exchangeable repeats.
pub fn one_way(_rows: &[Vec<Option<f64>>]) -> Option<VarianceComponents> {
    None
}

/// Of a table of subjects and repeats.
pub fn two_way(_rows: &[Vec<Option<f64>>]) -> Option<VarianceComponents> {
    None
}
