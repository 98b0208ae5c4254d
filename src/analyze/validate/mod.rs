//! How well models do on units that they have not seen: folds, exchanged labels, drawn patients, and what may be claimed.

pub(super) mod claim;
pub(super) mod cross_validate;
pub(super) mod folds;
pub(super) mod interval;
pub(super) mod pairs;
pub(super) mod resamples;
pub(super) mod streams;
