//! Why batches cannot be harmonised.

use thiserror::Error;

/// Why there is no harmonised table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ComBatFault {
    /// Batches or covariates have not one row per row of the table, or columns are not those of the fit.
    #[error("the tables do not have the same rows or columns")]
    Shape,
    /// A value is missing or not finite.
    #[error("a value is missing; fill missing values before")]
    Missing,
    /// All rows are of one batch.
    #[error("there is one batch")]
    OneBatch,
    /// No more rows than batches and covariates.
    #[error("there are no more rows than batches and covariates")]
    TooFew,
    /// Within the batches a covariate does not vary, or is a combination of others: what is the batch's and what the
    /// covariate's cannot be told apart.
    #[error("covariates cannot be told apart from batches, or from each other")]
    Confounded,
    /// The reference batch has fewer than two rows.
    #[error("the reference batch has fewer than two rows")]
    Reference,
    /// Rows of a batch that was not there in the fit.
    #[error("batch {0} was not there when the harmonisation was fitted")]
    Unseen(usize),
}

impl ComBatFault {
    /// The word of the tables.
    pub fn word(self) -> &'static str {
        match self {
            Self::Shape => "shape",
            Self::Missing => "missing",
            Self::OneBatch => "one_batch",
            Self::TooFew => "too_few",
            Self::Confounded => "confounded",
            Self::Reference => "reference",
            Self::Unseen(_) => "unseen_batch",
        }
    }
}
