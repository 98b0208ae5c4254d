//! What estimators of agreement cost, in CPU seconds of this process.
//!
//! `cargo bench --bench agreement -- FOLDER`: makes two tables of a seed (1,500 features x 30 subjects x 2 repeats;
//! 1,500 x 100 x 3 with a tenth of the cells empty), times the six ICCs with their intervals on the first and two-way
//! REML on the second, and writes tables and results as CSV for other programs to be held against
//! (`benches/peers/agreement.py` runs all of it). Reading and writing are not timed. Prints both times, medians of nine
//! rounds.

mod clock;

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use clock::timed;
use delta_radiomics::numeric::random::Random;
use delta_radiomics::record::IccForm;
use delta_radiomics::stats::icc::iccs;
use delta_radiomics::stats::mean_squares::MeanSquares;
use delta_radiomics::stats::reml::two_way;

/// Rounds of a time.
const ROUNDS: usize = 9;
type Table = Vec<Vec<Option<f64>>>;

const FEATURES: usize = 1500;

fn main() -> ExitCode {
    let Some(folder) = std::env::args().skip(1).find(|a| a != "--bench").map(PathBuf::from) else {
        eprintln!("usage: FOLDER");
        return ExitCode::from(2);
    };
    match run(&folder) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(folder: &std::path::Path) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(folder)?;
    let (pairs, holed) = (tables(1, 30, 2, 0.0), tables(2, 100, 3, 0.1));
    fs::write(folder.join("icc.csv"), long(&pairs))?;
    fs::write(folder.join("reml.csv"), long(&holed))?;

    let flat: Vec<Vec<f64>> = pairs.iter().map(|t| t.iter().flatten().flatten().copied().collect()).collect();
    let all = || flat.iter().map(|v| MeanSquares::of(v, 2).map(|m| iccs(&m))).collect::<Vec<_>>();
    let mut text = String::from("feature,form,icc,lower,upper,f,p\n");
    for (feature, found) in all().iter().enumerate() {
        for (form, icc) in IccForm::ALL.iter().zip(found.iter().flatten()) {
            if let Some((icc, (lower, upper))) = icc.and_then(|icc| Some((icc, icc.interval?))) {
                let (e, f, p) = (icc.estimate, icc.f, icc.p);
                writeln!(text, "{feature},\"{form}\",{e},{lower},{upper},{f},{p}")?;
            }
        }
    }
    fs::write(folder.join("icc_delta.csv"), text)?;

    let components = || holed.iter().map(|t| two_way(t)).collect::<Vec<_>>();
    let mut text = String::from("feature,subject,repeat,residual\n");
    for (feature, found) in components().iter().enumerate() {
        if let Some(found) = found {
            let repeat = found.repeat.unwrap_or(0.0);
            writeln!(text, "{feature},{},{repeat},{}", found.subject, found.residual)?;
        }
    }
    fs::write(folder.join("reml_delta.csv"), text)?;
    println!("icc {}", timed(ROUNDS, all));
    println!("reml {}", timed(ROUNDS, components));
    Ok(())
}

/// A table per feature, their noise growing from a fifth of the subjects' spread to a little more than all of it.
fn tables(seed: u64, n: usize, k: usize, holes: f64) -> Vec<Table> {
    let mut random = Random::seeded(seed);
    let mut table = |feature: usize| {
        let noise = 0.2 + feature as f64 / FEATURES as f64;
        let shifts: Vec<f64> = (0..k).map(|_| 0.3 * random.normal()).collect();
        let mut row = || {
            let subject = 10.0 + random.normal();
            let mut cell = |shift: &f64| {
                let value = subject + shift + noise * random.normal();
                (random.uniform() >= holes).then_some(value)
            };
            shifts.iter().map(&mut cell).collect()
        };
        (0..n).map(|_| row()).collect()
    };
    (0..FEATURES).map(&mut table).collect()
}

fn long(tables: &[Table]) -> String {
    let mut text = String::from("feature,subject,repeat,value\n");
    for (feature, table) in tables.iter().enumerate() {
        for (subject, row) in table.iter().enumerate() {
            for (repeat, value) in row.iter().enumerate() {
                if let Some(value) = value {
                    let _ = writeln!(text, "{feature},{subject},{repeat},{value}");
                }
            }
        }
    }
    text
}
