//! How a job tells how far it is.

/// Hears how far a job is.
pub trait Progress: Sync {
    /// `name` is being worked on; `done` is the finished share of the whole job, 0 to 1.
    fn stage(&self, name: &str, done: f64);
}

/// Hears nothing.
#[derive(Debug)]
pub struct Silent;

impl Progress for Silent {
    fn stage(&self, _name: &str, _done: f64) {}
}
