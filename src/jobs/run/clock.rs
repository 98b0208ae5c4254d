//! Where the time goes: `timing.json`, which no hash covers.

use std::time::Instant;

use rustix::time::{ClockId, clock_gettime};
use serde::Serialize;

/// Wall and CPU seconds of one stage.
#[derive(Debug, Serialize)]
struct Lap {
    stage: &'static str,
    wall_seconds: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    cpu_seconds: Option<f64>,
}

/// The content of `timing.json`.
#[derive(Debug, Serialize)]
pub struct Timing {
    schema: u32,
    stages: Vec<Lap>,
    /// Wall seconds from start to end.
    pub wall_seconds: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    cpu_seconds: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    peak_memory_mb: Option<f64>,
    threads: usize,
}

/// Whose the process is: CPU seconds and peak memory are known of whole processes only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Process {
    Ours,
    Shared,
}

impl Process {
    fn cpu_seconds(self) -> Option<f64> {
        (self == Self::Ours).then(cpu_seconds)
    }
    fn peak_memory_mb(self) -> Option<f64> {
        (self == Self::Ours).then(peak_memory_mb).flatten()
    }
}

/// A stop watch with laps.
#[derive(Debug)]
pub struct Clock {
    process: Process,
    started: Instant,
    lap: (Instant, Option<f64>),
    laps: Vec<Lap>,
}

impl Clock {
    /// Starts, for work that has the process to itself.
    pub fn start() -> Self {
        Self::starting(Process::Ours)
    }

    /// Starts, for work beside other work in one process: of CPU and memory nothing is said.
    pub fn start_beside_others() -> Self {
        Self::starting(Process::Shared)
    }

    fn starting(process: Process) -> Self {
        let now = Instant::now();
        Self { process, started: now, lap: (now, process.cpu_seconds()), laps: Vec::new() }
    }

    /// Ends the stage that went on since the last lap.
    pub fn lap(&mut self, stage: &'static str) {
        let (wall, cpu) = self.lap;
        self.lap = (Instant::now(), self.process.cpu_seconds());
        let wall_seconds = (self.lap.0 - wall).as_secs_f64();
        let cpu_seconds = self.lap.1.zip(cpu).map(|(now, then)| now - then);
        if let Some(cpu) = cpu_seconds {
            tracing::info!("{stage}: {wall_seconds:.2} s, {cpu:.2} s of CPU");
        } else {
            tracing::info!("{stage}: {wall_seconds:.2} s");
        }
        self.laps.push(Lap { stage, wall_seconds, cpu_seconds });
    }

    /// Stops.
    pub fn stop(self) -> Timing {
        Timing {
            schema: 1,
            wall_seconds: self.started.elapsed().as_secs_f64(),
            cpu_seconds: self.process.cpu_seconds(),
            peak_memory_mb: self.process.peak_memory_mb(),
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
