//! How well features repeat: agreement of repeated scans, and noise made in silico.
//!
//! [`study`] puts repeated measurements into series that may be pooled; [`assess`] says of one series how far its
//! repeats differ and whether the feature is stable under the [`rules`].

pub mod assess;
mod correlations;
pub mod error;
mod incomplete;
pub mod name;
mod on_scale;
pub mod rules;
mod scale;
pub mod study;
mod table;
mod verdict;

#[cfg(test)]
mod reference;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use error::StabilityError;
