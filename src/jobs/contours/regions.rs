//! The regions of masks on a series, each with its name.

use std::path::{Path, PathBuf};

use super::ContoursError;
use crate::io::{
    DicomImage, IoError, MaskFault, MaskTarget, ReadOptions, RegionOut, check_name, label_names, mask_files,
    read_regions,
};
use crate::jobs::Failure;
use crate::jobs::run::is_mask_of_a_result;
use crate::labels::Mask;
use crate::visit::Tracking;

/// A region that is written.
#[derive(Debug)]
pub struct Region {
    /// Name.
    pub name: String,
    /// Voxels on the series' grid.
    pub mask: Mask,
    tracking: Option<Tracking>,
    carried: bool,
}

impl Region {
    /// The region as it is written.
    pub fn out(&self) -> RegionOut<'_> {
        let Self { name, mask, tracking, carried } = self;
        RegionOut { name, mask, tracking: tracking.as_ref(), carried: *carried }
    }
}

/// Reads the regions of masks, and what should be known of them.
pub fn read(
    masks: &[PathBuf],
    image: &DicomImage,
    options: &ReadOptions,
) -> Result<(Vec<Region>, Vec<String>), Failure> {
    let space = image.space()?;
    let target = MaskTarget { grid: space.upright.grid(), space: Some(&space) };
    let (mut regions, mut notes): (Vec<Region>, Vec<String>) = (Vec::new(), Vec::new());
    for given in masks {
        for path in mask_files(given)? {
            for region in of_file(&path, is_mask_of_a_result(given), target, options, &mut notes)? {
                if regions.iter().any(|earlier| earlier.name == region.name) {
                    return Err(ContoursError::SameName { path, name: region.name }.into());
                }
                regions.push(region);
            }
        }
    }
    Ok((regions, notes))
}

/// The regions of one file. Names are those of the file, else those of the table beside it, else made of the file's name
/// and the label. What a run wrote was carried, whether the file says so or, as NIfTI, cannot.
fn of_file(
    path: &Path,
    of_a_result: bool,
    target: MaskTarget<'_>,
    options: &ReadOptions,
    notes: &mut Vec<String>,
) -> Result<Vec<Region>, Failure> {
    let mut read = read_regions(path, target, options)?;
    notes.append(&mut read.notes);
    if read.by_label.is_empty() {
        return Err(ContoursError::EmptyMask(path.to_owned()).into());
    }
    let table = label_names(path)?;
    let mut regions = Vec::new();
    for (label, mask) in &read.by_label {
        let name = table.get(label).cloned().unwrap_or_else(|| read.name_of(*label, path));
        check_name(&name).map_err(|fault| IoError::mask(path, MaskFault::Name(fault)))?;
        regions.push(Region {
            name,
            mask: mask.clone(),
            tracking: read.tracking.get(label).cloned(),
            carried: of_a_result || read.carried.contains(label),
        });
    }
    Ok(regions)
}
