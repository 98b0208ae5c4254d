//! Reads the series of a folder and says what that took: `cargo run --release -p delta-dicom --example read_series -- FOLDER`.
//!
//! Prints one JSON object: seconds of wall time from the first look at the folder to the last voxel, voxels, and the peak
//! of memory in kilobytes (Linux). Slices that make no volume are decoded all the same: this is about time.
//! `src/dicom/tests/time_series.py` puts it beside another program.

use std::path::PathBuf;
use std::time::Instant;

use delta_dicom::Fault;
use delta_dicom::file::File;
use delta_dicom::pixels::{frame, layout};
use delta_dicom::series::{Series, Slice, look};
use rayon::prelude::*;

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
    let series = found.choose(None)?;
    let values = match series.grid() {
        Ok(_) => series.volume()?.values,
        Err(_) => decoded(series)?,
    };
    let took = start.elapsed().as_secs_f64();
    let sum: f64 = values.iter().map(|value| f64::from(*value)).sum();
    let (voxels, peak) = (values.len(), peak_kb().unwrap_or(0));
    let mean = sum / voxels as f64;
    Ok(format!(
        "{{\"seconds\": {took:.4}, \"looked\": {looked:.4}, \"voxels\": {voxels}, \"mean\": {mean:.9}, \"peak_kb\": {peak}}}"
    ))
}

/// Values of all slices, one after the other.
fn decoded(series: &Series) -> Result<Vec<f32>, Fault> {
    let values = |slice: &Slice| {
        let file = File::open(&slice.path)?;
        let stored = frame(&file, &layout(&file)?, slice.frame)?;
        let rescale = slice.rescale;
        let value = |stored: i32| (f64::from(stored) * rescale.slope + rescale.intercept) as f32;
        Ok(stored.into_iter().map(value).collect::<Vec<f32>>())
    };
    Ok(series.slices().par_iter().map(values).collect::<Result<Vec<_>, Fault>>()?.concat())
}

fn peak_kb() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
