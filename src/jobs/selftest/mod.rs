//! The standard's own test: its phantoms are measured, and every value is held against the published one.

mod error;
mod markdown;
mod peer;
mod result;

use std::fmt;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::Failure;
use crate::features::ibsi::{CONFIGURATIONS, Configuration, Phantom, Table, compare, digital_phantom};
use crate::io::{ReadOptions, VisitSource, read_visit};
use crate::labels::Mask;
use crate::store::{self, Existing};
use crate::volume::Volume;

pub use error::SelftestError;
pub use result::Selftest;

/// The table in the standard's folder.
const TABLE_FILE: &str = "reference_values.csv";

/// What is asked.
#[derive(Clone, Debug)]
pub struct SelftestRequest {
    /// Folder of the standard's phantoms and values; without it the digital phantom that the program carries.
    pub ibsi: Option<PathBuf>,
    /// File of a report in Markdown.
    pub report: Option<PathBuf>,
    /// What happens to an existing file that is no such report.
    pub existing: Existing,
}

/// Does what is asked.
pub fn selftest(request: &SelftestRequest) -> Result<Selftest, Failure> {
    if let Some(path) = &request.report {
        check_report(path, request.existing)?;
    }
    let result = match &request.ibsi {
        None => measured(&Table::of_the_digital_phantom(), &[(Phantom::Digital, digital_phantom())])?,
        Some(folder) => {
            check_folder(folder)?;
            let table = read_table(&folder.join(TABLE_FILE), Table::parse)?;
            let scan = |phantom: Phantom| read_scan(folder, phantom).map(|scan| (phantom, scan));
            measured(&table, &[scan(Phantom::Digital)?, scan(Phantom::Ct)?])?
        }
    };
    if let Some(path) = &request.report {
        let peer = match &request.ibsi {
            Some(folder) => peer::read(folder, &result.compared)?,
            None => None,
        };
        store::write_text(path, &markdown::report(&result, peer.as_ref()))?;
    }
    Ok(result)
}

/// Measures the scans in all their configurations at once and compares.
fn measured(table: &Table, scans: &[(Phantom, (Volume<f32>, Mask))]) -> Result<Selftest, Failure> {
    let with_scan = |configuration: &'static Configuration| {
        let scan = scans.iter().find(|(phantom, _)| *phantom == configuration.phantom);
        scan.map(|(_, scan)| (configuration, scan))
    };
    let runs: Vec<_> = CONFIGURATIONS.iter().filter_map(with_scan).collect();
    let all: Vec<_> = runs
        .par_iter()
        .map(|(configuration, (image, mask))| {
            configuration.measure(image, mask).map(|values| compare(configuration, &values, table))
        })
        .collect();
    let mut compared = Vec::new();
    for of_configuration in all {
        compared.extend(of_configuration?);
    }
    let configurations: Vec<_> = runs.into_iter().map(|(configuration, _)| configuration).collect();
    let mut without_reference: Vec<String> = configurations
        .iter()
        .flat_map(|c| table.of(c.name))
        .filter(|row| row.published.is_none())
        .map(|row| row.feature.clone())
        .collect();
    without_reference.sort();
    without_reference.dedup();
    Ok(Selftest { configurations, compared, without_reference })
}

fn file_names(phantom: Phantom) -> [String; 2] {
    ["image", "mask"].map(|what| format!("{}_{what}.nii.gz", phantom.stem()))
}

fn check_folder(folder: &Path) -> Result<(), SelftestError> {
    let scans = [Phantom::Digital, Phantom::Ct].into_iter().flat_map(file_names);
    let missing: Vec<String> =
        scans.chain([TABLE_FILE.to_owned()]).filter(|name| !folder.join(name).is_file()).collect();
    if missing.is_empty() {
        Ok(())
    } else {
        Err(SelftestError::Folder { folder: folder.to_owned(), missing })
    }
}

/// Reads and understands a table.
fn read_table<T, E: fmt::Display>(
    path: &Path,
    parse: impl Fn(&str) -> Result<T, E>,
) -> Result<T, SelftestError> {
    let fault = |fault: String| SelftestError::Table { path: path.to_owned(), fault };
    let text = std::fs::read_to_string(path).map_err(|e| fault(e.to_string()))?;
    parse(&text).map_err(|e| fault(e.to_string()))
}

fn read_scan(folder: &Path, phantom: Phantom) -> Result<(Volume<f32>, Mask), Failure> {
    let [image, mask] = file_names(phantom).map(|name| folder.join(name));
    let visit = read_visit(&VisitSource::with_mask(image, mask), &ReadOptions::default())?;
    let region = visit.union(|_| true);
    // An empty mask was refused.
    let region = region.unwrap_or_else(|| Mask::from_offsets(visit.image.grid().clone(), &[]));
    Ok((visit.image, region))
}

/// A report is replaced, another file only by force.
fn check_report(path: &Path, existing: Existing) -> Result<(), SelftestError> {
    let ours = || std::fs::read_to_string(path).is_ok_and(|text| text.starts_with(markdown::HEADING));
    if existing == Existing::Keep && path.exists() && !ours() {
        return Err(SelftestError::Occupied(path.to_owned()));
    }
    Ok(())
}
