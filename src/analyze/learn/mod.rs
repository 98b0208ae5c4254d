//! From a training part to a model: filters, preparation, penalties, and the model on all units.

pub(super) mod filters;
pub(super) mod frozen;
pub(super) mod harmonise;
pub(super) mod learner;
pub(super) mod plan;
pub(super) mod prepare;
pub(super) mod ranks;
pub(super) mod redundancy;
pub(super) mod score;
pub(super) mod screen;
