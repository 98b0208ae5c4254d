//! What the program does, one file per job: the only room that knows both computing and reporting.

pub mod phantom;
