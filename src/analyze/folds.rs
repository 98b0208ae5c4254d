//! Which units are held out together.

/// Folds of a repeated cross-validation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folds {
    /// By repeat, then by unit: the fold in which the unit is held out.
    pub of: Vec<Vec<usize>>,
}
