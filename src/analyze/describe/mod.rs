//! What the report says of features, models, survival, groups and sites.

pub(super) mod aspects;
pub(super) mod batches;
pub(super) mod calibrate;
pub(super) mod importance;
pub(super) mod models;
pub(super) mod nomogram;
pub(super) mod overview;
pub(super) mod round_days;
pub(super) mod sample_size;
pub(super) mod subgroups;
pub(super) mod survival;
pub(super) mod univariate;
