//! Reads the series of a folder and says what that took: `cargo run --release -p delta-dicom --example read_series -- FOLDER`.
//!
//! Prints one JSON object: seconds of wall time from the first look at the folder to the last voxel, voxels, and the peak
//! of memory in kilobytes (Linux). `src/dicom/tests/time_series.py` puts it beside another program.

use std::path::PathBuf;
use std::time::Instant;

use delta_dicom::Fault;
use delta_dicom::series::look;

fn main() {
    let Some(folder) = std::env::args_os().nth(1) else {
        eprintln!("give the folder of a series");
        std::process::exit(2);
    };
    match read(PathBuf::from(folder)) {
        Ok(line) => println!("{line}"),
        Err(fault) => {
            eprintln!("{}", fault.fact);
            std::process::exit(3);
        }
    }
}

fn read(folder: PathBuf) -> Result<String, Fault> {
    let start = Instant::now();
    let found = look(&[folder])?;
    let looked = start.elapsed().as_secs_f64();
    let volume = found.choose(None)?.volume()?;
    let took = start.elapsed().as_secs_f64();
    let sum: f64 = volume.values.iter().map(|value| f64::from(*value)).sum();
    let (voxels, peak) = (volume.values.len(), peak_kb().unwrap_or(0));
    let mean = sum / voxels as f64;
    Ok(format!(
        "{{\"seconds\": {took:.4}, \"looked\": {looked:.4}, \"voxels\": {voxels}, \"mean\": {mean:.9}, \"peak_kb\": {peak}}}"
    ))
}

fn peak_kb() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
