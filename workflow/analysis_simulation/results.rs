//! Results of simulated cohorts, in a file that a broken run goes on from.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::Mutex;

/// What the analysis of one cohort said.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outcome {
    /// Discrimination of the deltas' model, and its interval.
    pub deltas: [f64; 3],
    /// Its difference to the change of volume alone, and its interval.
    pub difference: [f64; 3],
    /// Discrimination of the change of volume alone, and its interval.
    pub volume: [f64; 3],
    /// Permutation p of the deltas' model.
    pub p: f64,
    pub claimed: bool,
    /// What the planted leak (features chosen on all units, before the folds) made of it, where one was planted.
    pub leaked: Option<f64>,
    pub seconds: f64,
}

const HEADER: &str = "scenario,cohort,auc,lower,upper,difference,difference_lower,difference_upper,volume_auc,\
                      volume_lower,volume_upper,p,claimed,leaked_auc,seconds";

/// Outcomes by scenario and cohort.
pub type Outcomes = BTreeMap<(String, u64), Outcome>;

/// Reads a file of results; none where there is no file yet. A last line that was cut off is passed over.
pub fn read(path: &Path) -> io::Result<Outcomes> {
    if !path.exists() {
        return Ok(Outcomes::new());
    }
    Ok(std::fs::read_to_string(path)?.lines().skip(1).filter_map(parse).collect())
}

fn parse(line: &str) -> Option<((String, u64), Outcome)> {
    let cells: Vec<&str> = line.split(',').collect();
    if cells.len() != HEADER.split(',').count() {
        return None;
    }
    let number = |place: usize| cells[place].parse::<f64>().ok();
    let three = |place: usize| Some([number(place)?, number(place + 1)?, number(place + 2)?]);
    let outcome = Outcome {
        deltas: three(2)?,
        difference: three(5)?,
        volume: three(8)?,
        p: number(11)?,
        claimed: cells[12] == "1",
        leaked: number(13),
        seconds: number(14)?,
    };
    Some(((cells[0].to_owned(), cells[1].parse().ok()?), outcome))
}

/// Appends outcomes as they come, whole lines at a time.
pub struct Sink(Mutex<File>);

impl Sink {
    /// Opens a file at its end, with a header where it is new.
    pub fn open(path: &Path) -> io::Result<Self> {
        let fresh = !path.exists();
        let mut file = OpenOptions::new().create(true).append(true).open(path)?;
        if fresh {
            writeln!(file, "{HEADER}")?;
        } else if !std::fs::read_to_string(path)?.ends_with('\n') {
            // A run that was broken in the middle of a line.
            writeln!(file)?;
        }
        Ok(Self(Mutex::new(file)))
    }

    pub fn write(&self, scenario: &str, cohort: u64, outcome: &Outcome) -> io::Result<()> {
        let mut cells = vec![scenario.to_owned(), cohort.to_string()];
        let figures = [outcome.deltas, outcome.difference, outcome.volume].concat();
        cells.extend(figures.iter().map(|value| format!("{value}")));
        cells.extend([
            format!("{}", outcome.p),
            u8::from(outcome.claimed).to_string(),
            outcome.leaked.map(|leaked| leaked.to_string()).unwrap_or_default(),
            format!("{:.2}", outcome.seconds),
        ]);
        let line = format!("{}\n", cells.join(","));
        let mut file = self.0.lock().map_err(|_| io::Error::other("a worker panicked"))?;
        file.write_all(line.as_bytes())
    }
}
