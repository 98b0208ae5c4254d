//! What a folder of DICOM holds, before anybody says which of it is meant.

use std::path::{Path, PathBuf};

use delta_dicom::series::{Found, Series, look};
use delta_dicom::{Fault, FaultKind};

use super::image::when_of;
use super::refusal;
use crate::io::{IoError, ReadOptions};
use crate::visit::When;

/// A folder that was looked into, headers only.
#[derive(Debug)]
pub struct Survey {
    folder: PathBuf,
    found: Found,
    /// Place of the series that is meant.
    chosen: Result<usize, Fault>,
}

impl Survey {
    /// Looks into a folder; none where no image series is in it.
    pub fn of(folder: &Path, options: &ReadOptions) -> Result<Option<Self>, IoError> {
        let found = look(&[folder.to_owned()]).map_err(|fault| refusal(folder, fault))?;
        if found.series.is_empty() && found.broken.is_empty() {
            return Ok(None);
        }
        let place = |choice: &Series| found.series.iter().position(|series| std::ptr::eq(series, choice));
        let chosen = found.choose(options.series.as_deref()).map(|choice| place(choice).unwrap_or(0));
        Ok(Some(Self { folder: folder.to_owned(), chosen, found }))
    }

    /// The label of the series that is meant, where it is not the only one.
    pub fn label(&self) -> Option<&str> {
        let chosen = self.chosen()?;
        (self.found.series.len() > 1).then_some(chosen.label.as_str())
    }

    /// Whether several series are there, and nobody said which one is meant.
    pub fn is_open(&self) -> bool {
        self.chosen.as_ref().is_err_and(|fault| fault.kind == FaultKind::Choice)
    }

    /// Why it is no scan as it is, without a name of a file: no series is meant, or it makes no volume.
    pub fn problem(&self) -> Option<String> {
        let fault = match &self.chosen {
            Err(fault) => fault.clone(),
            Ok(place) => self.found.series.get(*place)?.grid().err()?,
        };
        Some(refusal(&self.folder, fault).fact())
    }

    /// When it was made: by the series that is meant, else by the first one that says it.
    pub fn when(&self) -> When {
        let mut all = self.found.series.iter().map(|series| when_of(series.dates()));
        match self.chosen() {
            Some(series) => when_of(series.dates()),
            None => all.find(|when| *when != When::Unknown).unwrap_or(When::Unknown),
        }
    }

    /// Whether contours or segmentations lie beside the series.
    pub fn has_regions(&self) -> bool {
        match self.chosen() {
            Some(series) => self.found.companions.iter().any(|companion| series.fits(companion)),
            None => !self.found.companions.is_empty(),
        }
    }

    /// Whether another folder holds images of the same study.
    pub fn shares_study(&self, other: &Self) -> bool {
        let studies = |survey: &Self| -> Vec<String> {
            survey.found.series.iter().filter_map(|series| series.study.clone()).collect()
        };
        let theirs = studies(other);
        studies(self).iter().any(|study| theirs.contains(study))
    }

    fn chosen(&self) -> Option<&Series> {
        self.found.series.get(*self.chosen.as_ref().ok()?)
    }
}
