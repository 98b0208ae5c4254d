//! What a piece of work costs: CPU seconds of this process.

use std::hint::black_box;

use rustix::time::{ClockId, clock_gettime};

/// Median CPU seconds of an odd number of rounds.
pub fn timed<T>(rounds: usize, work: impl Fn() -> T) -> f64 {
    let mut seconds: Vec<f64> = (0..rounds)
        .map(|_| {
            let start = cpu_seconds();
            black_box(work());
            cpu_seconds() - start
        })
        .collect();
    seconds.sort_by(f64::total_cmp);
    seconds[rounds / 2]
}

fn cpu_seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}
