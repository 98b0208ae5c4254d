//! Registration: the follow-up is fixed, the baseline moves.

pub mod qa;
pub mod settings;
