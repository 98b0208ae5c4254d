//! Features of whatever source was named.

use std::path::Path;

use super::measured::Measured;
use super::request::{FeatureRequest, FeatureSource};
use super::visits::{TwoTables, Wanted};
use super::{study, table, visits};
use crate::jobs::{Failure, Progress};

/// Reads the features. `wanted` are scales that a frozen model asks for; empty otherwise.
pub fn read(request: &FeatureRequest, wanted: &Wanted, progress: &dyn Progress) -> Result<Measured, Failure> {
    match &request.source {
        FeatureSource::Study(folder) => study::read(folder, request, wanted, progress),
        FeatureSource::Table(path) => Ok(table::read(path, request)?),
        FeatureSource::Visits { baseline, followup, key, group } => {
            let of = TwoTables { baseline: Path::new(baseline), followup, key, group: group.as_deref() };
            Ok(visits::read(&of, request, wanted)?)
        }
    }
}
