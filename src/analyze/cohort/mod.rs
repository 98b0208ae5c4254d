//! What is analysed: units, what is predicted of them, and the columns that may predict it.

pub(super) mod data;
pub(super) mod patients;
pub(super) mod target;
pub(super) mod units;
