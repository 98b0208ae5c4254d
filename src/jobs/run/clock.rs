//! Where the time goes: `timing.json`, which no hash covers.

use std::time::Instant;

use rustix::time::{ClockId, clock_gettime};
use serde::Serialize;

/// Wall and CPU seconds of one stage.
#[derive(Debug, Serialize)]
struct Lap {
    stage: &'static str,
    wall_seconds: f64,
    cpu_seconds: f64,
}

/// The content of `timing.json`.
#[derive(Debug, Serialize)]
pub struct Timing {
    schema: u32,
    stages: Vec<Lap>,
    /// Wall seconds from start to end.
    pub wall_seconds: f64,
    cpu_seconds: f64,
    peak_memory_mb: Option<f64>,
    threads: usize,
}

/// A stop watch with laps.
#[derive(Debug)]
pub struct Clock {
    started: Instant,
    lap: (Instant, f64),
    laps: Vec<Lap>,
}

impl Clock {
    /// Starts.
    pub fn start() -> Self {
        Self { started: Instant::now(), lap: (Instant::now(), cpu_seconds()), laps: Vec::new() }
    }

    /// Ends the stage that went on since the last lap.
    pub fn lap(&mut self, stage: &'static str) {
        let (wall, cpu) = self.lap;
        self.lap = (Instant::now(), cpu_seconds());
        let (wall_seconds, cpu_seconds) = ((self.lap.0 - wall).as_secs_f64(), self.lap.1 - cpu);
        tracing::info!("{stage}: {wall_seconds:.2} s, {cpu_seconds:.2} s of CPU");
        self.laps.push(Lap { stage, wall_seconds, cpu_seconds });
    }

    /// Stops.
    pub fn stop(self) -> Timing {
        Timing {
            schema: 1,
            wall_seconds: self.started.elapsed().as_secs_f64(),
            cpu_seconds: cpu_seconds(),
            peak_memory_mb: peak_memory_mb(),
            threads: rayon::current_num_threads(),
            stages: self.laps,
        }
    }
}

/// CPU seconds of all threads of this process so far.
fn cpu_seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// Largest memory of this process so far, where the system tells it.
fn peak_memory_mb() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|l| l.starts_with("VmHWM:"))?;
    let kilobytes: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes / 1024.0)
}
