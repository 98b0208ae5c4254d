//! How well features repeat: agreement of repeated scans, and noise made in silico.
//!
//! [`study`] puts repeated measurements into series that may be pooled; [`assess`] says of one series how far its
//! repeats differ and whether the feature is stable under the [`rules`]; [`chance`] how many deltas of unchanged
//! patients are beyond the limits that such a study gives.

pub mod assess;
pub mod chance;
pub mod rules;
pub mod study;
