//! How well features repeat: agreement of repeated scans, and noise made in silico.
//!
//! [`study`] puts repeated measurements into series that may be pooled; [`assess`] says of one series how far its
//! repeats differ and whether the feature is stable under the [`rules`].

pub mod assess;
pub mod perturb;
pub mod rules;
pub mod study;
