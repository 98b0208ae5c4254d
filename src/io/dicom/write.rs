//! Regions as RTSTRUCT and SEG of the series that they lie on.

use std::path::{Path, PathBuf};

use delta_dicom::Fault;
use delta_dicom::contours::{self, Drawn};
use delta_dicom::segments::{self, Lesion};
use delta_dicom::write::{self, Images, Made, Patient};

use super::DicomImage;
use super::image::refusal;
use super::upright::Upright;
use crate::geometry::Grid;
use crate::io::{IoError, compare_grids};
use crate::labels::Mask;
use crate::visit::Tracking;

/// In which form regions are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectKind {
    /// An RT structure set: outlines, which planning systems edit.
    Rtstruct,
    /// A segmentation: voxels.
    Seg,
}

impl ObjectKind {
    /// Its word on the command line and in names of files.
    pub fn word(self) -> &'static str {
        match self {
            Self::Rtstruct => "rtstruct",
            Self::Seg => "seg",
        }
    }
}

/// A region to be written.
#[derive(Clone, Debug)]
pub struct RegionOut<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its voxels on the series' grid, as the program has it.
    pub mask: &'a Mask,
    /// What it is tracked as over time, where it was read with that; else its name says it.
    pub tracking: Option<&'a Tracking>,
    /// Whether it was carried here from another visit and waits for a person.
    pub carried: bool,
}

/// What writes regions of a series. What it writes carries the patient's and the study's modules of the series, unless
/// it was made with a pseudonym.
#[derive(Clone, Debug)]
pub struct RegionWriter {
    path: PathBuf,
    images: Images,
    patient: Patient,
    upright: Upright,
}

impl DicomImage {
    /// What writes regions of the series, under a pseudonym where one is given.
    ///
    /// # Errors
    /// `E-DICOM-WRITE`: the series has no study or no frame of reference, or the pseudonym cannot be one;
    /// `E-DICOM-VOLUME`: it makes no volume.
    pub fn writer(&self, pseudonym: Option<&str>) -> Result<RegionWriter, IoError> {
        let refuse = |fault| refusal(self.path(), fault);
        let series = self.series();
        let images = Images::of(series).map_err(refuse)?;
        let header = series.header().map_err(refuse)?;
        let patient = match pseudonym {
            Some(pseudonym) => Patient::under(header.root(), pseudonym),
            None => Patient::copied(header.root()),
        };
        Ok(RegionWriter {
            path: self.path().to_owned(),
            patient: patient.map_err(refuse)?,
            upright: self.space()?.upright,
            images,
        })
    }
}

impl RegionWriter {
    /// The series, by the path that was given.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The grid that regions have to lie on.
    pub fn grid(&self) -> &Grid {
        self.upright.grid()
    }

    /// The bytes of a file with these regions, numbered from 1. The same regions give the same bytes: when the scan was
    /// made stands for when the file was.
    ///
    /// # Errors
    /// `E-MASK-GRID`: a region lies on another grid. `E-DICOM-WRITE`: there is no region, or a name is longer than 64
    /// characters.
    pub fn bytes(&self, kind: ObjectKind, regions: &[RegionOut<'_>]) -> Result<Vec<u8>, IoError> {
        for region in regions {
            compare_grids(region.mask.grid(), self.grid())
                .map_err(|fault| IoError::mask(&self.path, fault))?;
        }
        let written = match kind {
            ObjectKind::Rtstruct => self.contours(regions),
            ObjectKind::Seg => self.segments(regions),
        };
        written.map_err(|fault| refusal(&self.path, fault))
    }

    fn contours(&self, regions: &[RegionOut<'_>]) -> Result<Vec<u8>, Fault> {
        let voxels: Vec<Vec<bool>> = regions.iter().map(|region| self.voxels(region.mask, true)).collect();
        let tracking = tracking(regions);
        let drawn: Vec<Drawn<'_>> = (regions.iter().zip(&voxels).zip(&tracking))
            .map(|((region, voxels), tracking)| Drawn {
                name: region.name,
                tracking: tracking.as_ref(),
                made: region.made(),
                voxels,
            })
            .collect();
        contours::write(&self.images, &self.patient, self.patient.moment(), &drawn)
    }

    fn segments(&self, regions: &[RegionOut<'_>]) -> Result<Vec<u8>, Fault> {
        let masks: Vec<Vec<u8>> = regions.iter().map(|region| self.voxels(region.mask, 1)).collect();
        let tracking = tracking(regions);
        let lesions: Vec<Lesion<'_>> = (regions.iter().zip(&masks).zip(&tracking))
            .map(|((region, mask), tracking)| Lesion {
                label: region.name,
                tracking: tracking.as_ref(),
                made: region.made(),
                mask,
            })
            .collect();
        segments::encode(&self.patient, &self.images, &lesions, self.patient.moment())
    }

    /// A mask's voxels on the series' own slices, which a tilted series has elsewhere than its upright grid.
    fn voxels<T: Copy + Default>(&self, mask: &Mask, inside: T) -> Vec<T> {
        let mut voxels = vec![T::default(); self.grid().len()];
        for offset in mask.offsets() {
            voxels[offset] = inside;
        }
        self.upright.back(voxels)
    }
}

impl RegionOut<'_> {
    fn made(&self) -> Made {
        if self.carried { Made::Carried } else { Made::Given }
    }
}

fn tracking(regions: &[RegionOut<'_>]) -> Vec<Option<write::Tracking>> {
    let known =
        |Tracking { uid, owner }: &Tracking| write::Tracking { uid: uid.clone(), owner: owner.clone() };
    regions.iter().map(|region| region.tracking.map(known)).collect()
}
