//! Estimators on plain slices. They know no patients.

pub mod benjamini_hochberg;
pub mod bland_altman;
pub mod bootstrap;
pub mod combat;
pub mod concordance;
pub mod fisher;
pub mod fit;
pub mod icc;
pub mod kaplan_meier;
pub mod kendall;
pub mod log_rank;
pub mod mean_squares;
pub mod noncentral_t;
pub mod precision;
pub mod reml;
pub mod repeatability;
pub mod required;
pub mod sign_flip;
pub mod student;
pub mod trajectory;

#[cfg(test)]
mod cohort_reference;
#[cfg(test)]
mod reference;
#[cfg(test)]
mod survival_reference;
