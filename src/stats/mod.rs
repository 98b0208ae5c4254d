//! Estimators on plain slices; they know no patients.

pub mod sign_flip;
