//! What every job on a transform is given.

use std::path::PathBuf;

use super::TransformError;
use crate::geometry::{Fixed, Grid, Moving};
use crate::io::{ReadOptions, TransformFile, read_grid, read_map};
use crate::jobs::Failure;
use crate::store::Existing;

/// A transform, the scans that it lies between, and where the result goes.
#[derive(Clone, Debug)]
pub struct Given {
    /// ITK text, an elastix file, or a displacement field.
    pub transform: PathBuf,
    /// The fixed scan (follow-up).
    pub fixed: Option<PathBuf>,
    /// The moving scan (baseline).
    pub moving: Option<PathBuf>,
    /// The result.
    pub out: PathBuf,
    /// How files are read.
    pub reading: ReadOptions,
    /// What happens to an existing result.
    pub existing: Existing,
}

impl Given {
    /// The transform.
    pub fn read(&self) -> Result<TransformFile, Failure> {
        Ok(read_map(&self.transform, &self.reading)?)
    }

    /// The grid of the fixed scan: of the scan that is named, else as the transform's file says.
    pub fn known_fixed(&self, file: &TransformFile) -> Result<Option<Grid<Fixed>>, Failure> {
        match &self.fixed {
            Some(path) => Ok(Some(read_grid(path, &self.reading)?.in_frame())),
            None => Ok(file.grid.clone()),
        }
    }

    /// The same where it is needed.
    pub fn fixed(&self, file: &TransformFile, purpose: &'static str) -> Result<Grid<Fixed>, Failure> {
        let known = self.known_fixed(file)?;
        Ok(known.ok_or_else(|| TransformError::no_fixed_grid(&self.transform, purpose))?)
    }

    /// The grid of the moving scan, where one is named.
    pub fn known_moving(&self) -> Result<Option<Grid<Moving>>, Failure> {
        let grid = self.moving.as_ref().map(|path| read_grid(path, &self.reading)).transpose()?;
        Ok(grid.map(|grid| grid.in_frame()))
    }

    /// The same where it is needed.
    pub fn moving(&self, purpose: &'static str) -> Result<Grid<Moving>, Failure> {
        let known = self.known_moving()?;
        Ok(known.ok_or_else(|| TransformError::no_moving_grid(&self.transform, purpose))?)
    }
}
