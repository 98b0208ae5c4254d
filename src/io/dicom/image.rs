//! A series as a scan.

use std::path::{Path, PathBuf};

use delta_dicom::series::{Companion, Dates, Found, Series, files, look};
use delta_dicom::{Fault, Grid as Lps, suv};
use serde::Serialize;

use super::facts::SeriesFacts;
use super::paths::{given, is_dicom};
use super::upright::{Upright, lps};
use super::{DicomFault, PetValues};
use crate::geometry::Grid;
use crate::io::{Header, IoError, ReadOptions, Scan};
use crate::record::Modality;
use crate::visit::When;
use crate::volume::Volume;

/// A series that was chosen in what a path stands for, before its voxels are read.
#[derive(Debug)]
pub struct DicomImage {
    path: PathBuf,
    found: Found,
    chosen: usize,
    pet: PetValues,
}

/// A series in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SeriesListed {
    /// What `--series` calls it.
    pub label: String,
    /// Modality, size, spacing, and what sets it apart.
    pub what: String,
}

/// The DICOM series that are in what a path stands for; none where it holds no DICOM, or cannot be read.
pub fn list_series(path: &Path) -> Vec<SeriesListed> {
    if !is_dicom(path).is_ok_and(|is| is) {
        return Vec::new();
    }
    let listed = |series: &Series| SeriesListed { label: series.label.clone(), what: series.to_string() };
    look(&given(path)).map(|found| found.series.iter().map(listed).collect()).unwrap_or_default()
}

/// Where contours and segments of an image are looked up: the image's voxels, and by what it is known.
#[derive(Clone, Debug)]
pub struct Space {
    /// The series' own voxels, LPS.
    pub grid: Lps,
    /// Centres of the slices' first voxels, where files say them; empty for an image that is no series.
    pub origins: Vec<[f64; 3]>,
    /// UID of the frame of reference.
    pub frame: Option<String>,
    /// UID of the series.
    pub series: Option<String>,
    /// How the voxels lie on the scan's grid.
    pub upright: Upright,
}

impl DicomImage {
    /// Looks at what a path stands for, headers only, and chooses the series that is meant.
    pub fn open(path: &Path, options: &ReadOptions) -> Result<Self, IoError> {
        Self::choose(path, look(&given(path)).map_err(|fault| refusal(path, fault))?, options)
    }

    /// The same for a path that may be of another format.
    pub fn of(path: &Path, options: &ReadOptions) -> Result<Option<Self>, IoError> {
        if is_dicom(path)? { Self::open(path, options).map(Some) } else { Ok(None) }
    }

    /// The same for a folder that may hold no DICOM at all.
    pub fn find(folder: &Path, options: &ReadOptions) -> Result<Option<Self>, IoError> {
        let found = look(&[folder.to_owned()]).map_err(|fault| refusal(folder, fault))?;
        if found.series.is_empty() && found.companions.is_empty() && found.broken.is_empty() {
            return Ok(None);
        }
        Self::choose(folder, found, options).map(Some)
    }

    fn choose(path: &Path, found: Found, options: &ReadOptions) -> Result<Self, IoError> {
        let choice = found.choose(options.series.as_deref()).map_err(|fault| refusal(path, fault))?;
        let chosen = found.series.iter().position(|series| std::ptr::eq(series, choice)).unwrap_or(0);
        Ok(Self { path: path.to_owned(), found, chosen, pet: options.pet })
    }

    /// The path that it was found by.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The series.
    pub fn series(&self) -> &Series {
        &self.found.series[self.chosen]
    }

    /// Contours and segmentations beside the series that lie in its frame of reference.
    pub fn companions(&self) -> Vec<&Companion> {
        self.found.companions.iter().filter(|companion| self.series().fits(companion)).collect()
    }

    /// How many contours and segmentations there belong to no series that was found.
    pub fn strangers(&self) -> usize {
        let known = |companion: &&Companion| self.found.series.iter().any(|series| series.fits(companion));
        self.found.companions.len() - self.found.companions.iter().filter(known).count()
    }

    /// Where its voxels lie.
    pub fn grid(&self) -> Result<Grid, IoError> {
        Ok(self.upright()?.grid().clone())
    }

    /// When the scan was made, of which only differences are told.
    pub fn when(&self) -> When {
        when_of(self.series().dates())
    }

    /// What it says of itself, read without voxels.
    pub fn facts(&self) -> Result<SeriesFacts, IoError> {
        let suv = self.suv()?;
        SeriesFacts::of(self.series(), suv.as_ref()).map_err(|fault| self.refuse(fault))
    }

    /// Where contours and segments of it are looked up.
    pub fn space(&self) -> Result<Space, IoError> {
        let series = self.series();
        Ok(Space {
            grid: series.grid().map_err(|fault| self.refuse(fault))?.clone(),
            origins: series.slices().iter().filter_map(|slice| Some(slice.place?.position)).collect(),
            frame: series.frame_of_reference().map(str::to_owned),
            series: Some(series.uid.clone()),
            upright: self.upright()?,
        })
    }

    /// The scan.
    pub fn scan(&self) -> Result<Scan, IoError> {
        let suv = self.suv()?;
        let factors = suv.as_ref().map_or(&[] as &[f64], |suv| &suv.factors);
        let refuse = |fault| self.refuse(fault);
        let mut read = self.series().volume_times(factors).map_err(refuse)?;
        if let Some(padding) = &read.padding {
            // Voxels that hold no image are no data, whatever number stands there.
            for (voxel, value) in read.values.iter_mut().enumerate() {
                if padding.is(voxel) {
                    *value = f32::NAN;
                }
            }
        }
        let space = self.space()?;
        let values = space.upright.place(read.values, f32::NAN);
        let facts = SeriesFacts::of(self.series(), suv.as_ref()).map_err(refuse)?;
        let mut notes = facts.notes();
        if space.upright.is_moved() {
            notes.push(
                "The gantry was tilted: slices were moved within their planes by whole pixels onto an upright grid, \
                 at most half a pixel from their place; no intensity was interpolated."
                    .into(),
            );
        }
        Ok(Scan {
            volume: Volume::new(space.upright.grid().clone(), values),
            header: Header::Dicom(Box::new(facts)),
            space: Some(Box::new(space)),
            notes,
        })
    }

    /// How activity becomes SUV, where that is asked for.
    fn suv(&self) -> Result<Option<suv::Suv>, IoError> {
        let series = self.series();
        if super::facts::modality(series.modality) != Modality::Pt || self.pet == PetValues::Raw {
            return Ok(None);
        }
        suv::suv(series).map(Some).map_err(|fault| self.refuse(fault))
    }

    fn upright(&self) -> Result<Upright, IoError> {
        let grid = self.series().grid().map_err(|fault| self.refuse(fault))?;
        Upright::of(grid).map_err(|error| IoError::geometry(&self.path, error))
    }

    fn refuse(&self, fault: Fault) -> IoError {
        refusal(&self.path, fault)
    }
}

impl Space {
    /// The space of an image that is no series: nothing is known of its frame of reference.
    pub fn of_grid(grid: &Grid) -> Result<Self, crate::geometry::GeometryError> {
        let series = lps(grid);
        Ok(Self {
            upright: Upright::of(&series)?,
            grid: series,
            origins: Vec::new(),
            frame: None,
            series: None,
        })
    }
}

/// Dates as a moment of which only differences are told.
pub fn when_of(dates: Dates) -> When {
    match (dates.study, dates.acquisition) {
        (None, None) => When::Unknown,
        (study, acquisition) => When::Scanned { study, acquisition },
    }
}

/// A fault about a path that was given. A file that was only found there is told by its place among the others: its
/// name may say who the patient is.
pub fn refusal(path: &Path, fault: Fault) -> IoError {
    let given = given(path);
    let place = fault.path.as_ref().filter(|at| !given.contains(at)).and_then(|at| {
        let all = files(&given).ok()?;
        let n = all.iter().position(|file| file == at).filter(|_| all.len() > 1)?;
        Some(format!("file {} of {}, in the order of their paths", n + 1, all.len()))
    });
    IoError::Dicom { path: path.to_owned(), fault: DicomFault { place, ..DicomFault::new(fault) } }
}
