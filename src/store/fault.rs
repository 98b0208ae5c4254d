//! Dying on purpose, for tests: with the feature `fault-injection` the process aborts at the n-th step that must
//! survive a crash, n being `DELTA_DIE_AT_STEP`. Without the feature the steps are nothing.

/// A step at which a crash must lose nothing.
#[cfg(not(feature = "fault-injection"))]
pub fn step() {}

/// A step at which a crash must lose nothing.
#[cfg(feature = "fault-injection")]
pub fn step() {
    use std::sync::atomic::{AtomicU64, Ordering};
    static STEPS: AtomicU64 = AtomicU64::new(0);
    let wanted = std::env::var("DELTA_DIE_AT_STEP").ok().and_then(|n| n.parse::<u64>().ok());
    if wanted == Some(STEPS.fetch_add(1, Ordering::Relaxed)) {
        std::process::abort();
    }
}
