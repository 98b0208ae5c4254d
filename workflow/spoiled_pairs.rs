//! Does the verdict see what is wrong with a pair? Good pairs, spoilt pairs, pairs of two patients and a breathing liver
//! that is wrong by centimetres are registered and judged.
//!
//! `cargo run --release --locked --example spoiled_pairs -- REFERENCE reports/registration`
//!
//! Writes `3_spoiled_pairs.csv`, `4_different_patients.csv` and, with all figures, `spoiled_pairs_figures.csv` there.
//! A third argument names a folder where alignments are kept, so that thresholds can be tried again in minutes.
//! Seeded: the same table at any number of threads.

#[path = "spoiled_pairs/cases.rs"]
mod cases;
#[path = "spoiled_pairs/judged.rs"]
mod judged;
#[path = "spoiled_pairs/kept.rs"]
mod kept;
#[path = "spoiled_pairs/spoil.rs"]
mod spoil;
#[path = "spoiled_pairs/table.rs"]
mod table;
#[path = "spoiled_pairs/wrong.rs"]
mod wrong;

use std::path::Path;
use std::process::ExitCode;

use cases::Group;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (reference, out, keep) = match arguments.as_slice() {
        [reference, out] => (reference, out, None),
        [reference, out, keep] => (reference, out, Some(Path::new(keep))),
        _ => {
            eprintln!("usage: spoiled_pairs REFERENCE OUT [KEEP]");
            return ExitCode::from(2);
        }
    };
    match write(Path::new(reference), Path::new(out), keep) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn write(reference: &Path, out: &Path, keep: Option<&Path>) -> Result<(), Box<dyn std::error::Error>> {
    let mut rows = Vec::new();
    for case in cases::cases() {
        let outcome = judged::judged(&case, reference, keep)?;
        eprintln!("{}", table::line(&case, &outcome));
        rows.push(table::row(&case, &outcome));
    }
    std::fs::create_dir_all(out)?;
    let one_patient = [Group::Good, Group::Spoilt, Group::Centimetres];
    std::fs::write(out.join("3_spoiled_pairs.csv"), table::brief(&rows, &one_patient))?;
    std::fs::write(out.join("4_different_patients.csv"), table::brief(&rows, &[Group::Patients]))?;
    std::fs::write(out.join("spoiled_pairs_figures.csv"), table::figures(&rows))?;
    println!("{}", table::counts(&rows));
    Ok(())
}
