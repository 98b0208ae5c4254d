//! Estimators on plain slices. They know no patients.

pub mod benjamini_hochberg;
pub mod repeatability;
pub mod sign_flip;
pub mod student;
pub mod trajectory;
