//! Series of images: found, put in order, refused where they make no regular volume, and read.
//!
//! A folder is looked at once, headers only ([`look`]). Slices are grouped by Series Instance UID, then frame of
//! reference, orientation, size and pixel spacing; slices at the same place are told apart by what they are (magnitude
//! or phase, echo, time point, ...). What is left of a group is a [`Series`]: a volume, or the reason why it is none.
//! Neither the order nor the names of files change anything.

mod choice;
mod geometry;
mod header;
mod kind;
mod number;
mod slice;
mod stack;
mod volume;
mod walk;

use std::fmt;
use std::path::PathBuf;

use rayon::prelude::*;

pub(crate) use geometry::decimals;
pub use geometry::{Geometry, Warning};
use header::{Head, Heading};
pub(crate) use number::{number, private};
pub(crate) use slice::Groups;
pub use slice::{Place, Rescale, Slice};
use stack::{Stack, Twins};
pub use volume::{Padding, Volume};
pub use walk::files;

use crate::file::File;
use crate::write::hidden;
use crate::{Fault, FaultKind, Grid};

/// What kind of scanner made a series (PS3.3 C.7.3.1.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Modality {
    /// Computed tomography.
    Ct,
    /// Magnetic resonance.
    Mr,
    /// Positron emission tomography.
    Pt,
    /// Nuclear medicine.
    Nm,
    /// Something else.
    Other,
}

impl Modality {
    fn of(word: Option<&str>) -> Self {
        match word {
            Some("CT") => Self::Ct,
            Some("MR") => Self::Mr,
            Some("PT" | "PET") => Self::Pt,
            Some("NM") => Self::Nm,
            _ => Self::Other,
        }
    }

    /// DICOM's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ct => "CT",
            Self::Mr => "MR",
            Self::Pt => "PT",
            Self::Nm => "NM",
            Self::Other => "OT",
        }
    }
}

/// What a look at folders and files found.
#[derive(Debug, Default)]
pub struct Found {
    /// Series of images, in a fixed order.
    pub series: Vec<Series>,
    /// Contours and segmentations, in the order of their paths.
    pub companions: Vec<Companion>,
    /// Files that are DICOM, but damaged; in the order of their paths.
    pub broken: Vec<Fault>,
    /// Files that are no DICOM, or none of the above.
    pub others: usize,
}

/// Contours or a segmentation, beside or apart from their series.
#[derive(Clone, PartialEq, Eq)]
pub struct Companion {
    /// Which of them.
    pub kind: CompanionKind,
    /// Its file, as it was found.
    pub path: PathBuf,
    /// UIDs of the frames of reference that it is in; sorted.
    pub frames: Vec<String>,
    /// UIDs of the series that it refers to; sorted. Tools get them wrong: frames of reference count.
    pub series: Vec<String>,
    /// The patient's identifier: under a pseudonym, frames of reference are renamed by it.
    pub owner: Option<String>,
}

/// Kinds of companions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CompanionKind {
    /// RT Structure Set.
    Contours,
    /// Segmentation, label maps included.
    Segments,
}

/// A series, or what of a series is one volume.
pub struct Series {
    /// By what it is called in lists: its Series Number, with a letter or a part where that is not enough.
    pub label: String,
    /// Series Number.
    pub number: Option<i64>,
    /// Modality.
    pub modality: Modality,
    /// Series Instance UID.
    pub uid: String,
    /// Study Instance UID.
    pub study: Option<String>,
    /// What is worth knowing though it is used.
    pub warnings: Vec<Warning>,
    slices: Vec<Slice>,
    twins: Twins,
    geometry: Result<Geometry, Fault>,
    part: Option<String>,
    dates: Dates,
}

/// When a series was made. Only differences of dates are to be told: a date may identify a patient.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Dates {
    /// Days from 1970-01-01 to Study Date.
    pub study: Option<i64>,
    /// Days from 1970-01-01 to Acquisition Date.
    pub acquisition: Option<i64>,
}

/// Days from one series to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    /// Days.
    pub days: i64,
    /// Which dates were compared.
    pub source: DateSource,
}

/// Dates that both series have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateSource {
    /// Study Date.
    Study,
    /// Acquisition Date.
    Acquisition,
}

/// Looks at files, and at folders with all that is inside them. Only headers are read.
///
/// # Errors
/// `Unreadable`: a path that is not there, or a file or folder that cannot be read.
pub fn look(paths: &[PathBuf]) -> Result<Found, Fault> {
    let files = walk::files(paths)?;
    let read: Vec<Result<Heading, Fault>> = files.par_iter().map(|path| header::read(path)).collect();
    let (mut found, mut images) = (Found::default(), Vec::new());
    for heading in read {
        match heading {
            Ok(Heading::Image(head, slices)) => images.push((head, slices)),
            Ok(Heading::Companion(companion)) => found.companions.push(companion),
            Ok(Heading::Other) => found.others += 1,
            Err(fault) => match fault.kind {
                FaultKind::Unreadable => return Err(fault),
                FaultKind::NotDicom => found.others += 1,
                _ => found.broken.push(fault),
            },
        }
    }
    found.series = stack::series(images);
    Ok(found)
}

impl Series {
    fn new(label: String, head: &Head, stack: Stack) -> Self {
        Self {
            label,
            number: head.number,
            modality: head.modality,
            uid: head.uid.to_string(),
            study: head.study.clone(),
            warnings: stack.warnings,
            slices: stack.slices,
            twins: stack.twins,
            geometry: stack.geometry,
            part: stack.part,
            dates: head.dates,
        }
    }

    /// Its slices, in order along the normal (in that of their UIDs where they have no place).
    pub fn slices(&self) -> &[Slice] {
        &self.slices
    }

    /// Its grid.
    ///
    /// # Errors
    /// `NoVolume`: it makes none, with the position where not. `Broken`: files contradict each other.
    pub fn grid(&self) -> Result<&Grid, Fault> {
        self.geometry().map(|geometry| &geometry.grid)
    }

    /// Its grid, and how even its slices are.
    ///
    /// # Errors
    /// As [`Self::grid`].
    pub fn geometry(&self) -> Result<&Geometry, Fault> {
        self.geometry.as_ref().map_err(Clone::clone)
    }

    /// The header of its first slice.
    ///
    /// # Errors
    /// `Unreadable`, `Broken`: the file is another one by now.
    pub fn header(&self) -> Result<File, Fault> {
        let first =
            self.slices.first().ok_or_else(|| Fault::of(FaultKind::NoVolume, "a series without slices"))?;
        File::open_header(&first.path)
    }

    /// The UID of its frame of reference.
    pub fn frame_of_reference(&self) -> Option<&str> {
        self.slices.first()?.frame_of_reference.as_deref()
    }

    /// When it was made.
    pub fn dates(&self) -> Dates {
        self.dates
    }

    /// Whether contours or a segmentation belong to it: they are in its frame of reference, under a pseudonym too, or
    /// contours list the series itself, whatever name they give the frame.
    pub fn fits(&self, companion: &Companion) -> bool {
        let same_frame = self.frame_of_reference().is_some_and(|frame| {
            let hidden = companion.owner.as_deref().map(|pseudonym| hidden(pseudonym, frame));
            companion.frames.iter().any(|own| own == frame || Some(own) == hidden.as_ref())
        });
        same_frame || (companion.kind == CompanionKind::Contours && companion.series.contains(&self.uid))
    }

    fn is_localizer(&self) -> bool {
        self.slices.iter().all(|slice| slice.kind.localizer)
    }
}

impl Dates {
    /// Days to a later series: by Study Date if both have it, else by Acquisition Date if both have it.
    pub fn days_until(self, later: Self) -> Option<Interval> {
        let between = |from: Option<i64>, to: Option<i64>, source| {
            Some(Interval { days: to?.checked_sub(from?)?, source })
        };
        between(self.study, later.study, DateSource::Study)
            .or_else(|| between(self.acquisition, later.acquisition, DateSource::Acquisition))
    }
}

/// Without what identifies it.
impl fmt::Debug for Dates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Dates")
    }
}

/// Without what identifies it.
impl fmt::Debug for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Series {} ({self})", self.label)
    }
}

/// Without what identifies it.
impl fmt::Debug for Companion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Companion").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// Modality, size, spacing and what sets it apart; no text of the file.
impl fmt::Display for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.modality {
            Modality::Other => "other modality",
            known => known.word(),
        })?;
        if let Ok(Geometry { grid, gaps, .. }) = &self.geometry {
            let [columns, rows, slices] = grid.size;
            let [i, j] = [grid.steps[0], grid.steps[1]].map(|step| decimals(crate::grid::norm(step)));
            write!(f, ", {columns} x {rows} x {slices} voxels of {i} x {j} x {} mm", decimals(gaps[1]))?;
        } else {
            let [columns, rows] = self.slices.first().map_or([0, 0], |slice| slice.size);
            write!(f, ", {} slices of {columns} x {rows}, no volume", self.slices.len())?;
        }
        if self.is_localizer() {
            f.write_str(", localizer")?;
        } else if let Some(words) = self.plane() {
            write!(f, ", {words}")?;
        }
        self.part.as_ref().map_or(Ok(()), |part| write!(f, ", {part}"))
    }
}

impl Series {
    /// The plane of the slices; none where they have no place.
    fn plane(&self) -> Option<&'static str> {
        let n = geometry::normal(&self.slices.first()?.place?).map(f64::abs);
        let axis = (0..3).find(|axis| n[*axis] > 0.999);
        Some(axis.map_or("oblique", |axis| ["sagittal", "coronal", "axial"][axis]))
    }
}
