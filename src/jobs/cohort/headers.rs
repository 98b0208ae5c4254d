//! What the files of a visit are, and what their headers say: checked before anything is measured.

use std::path::PathBuf;

use super::faults::RowFault;
use super::rows::Row;
use crate::features::sampling::VisitFacts;
use crate::geometry::Grid;
use crate::io::{
    IoError, ReadOptions, compare_grids, looks_like_ct, meaning_of, read_grid, read_scan, source_files,
};
use crate::record::{Modality, Units};

/// The files of a visit, and what is known of its scan without measuring it.
#[derive(Clone, Debug)]
pub struct VisitInputs {
    /// The files, the image first.
    pub files: Vec<PathBuf>,
    /// Grid, units and modality.
    pub facts: VisitFacts,
}

/// The headers of a visit.
pub struct Headers {
    /// The files, the image first.
    pub files: Vec<PathBuf>,
    /// Where the image lies.
    pub grid: Grid,
    /// Whether something was drawn.
    pub has_mask: bool,
}

/// Reads the headers of a visit's image and masks; all faults where there is one.
pub fn read_headers(row: &Row, options: &ReadOptions) -> Result<Headers, Vec<RowFault>> {
    let files = source_files(&row.source, options).map_err(|error| vec![RowFault::from(error)])?;
    let mut faults: Vec<RowFault> = Vec::new();
    let grid = read_grid(&files.image, options).map_err(|error| faults.push(error.into())).ok();
    for mask in &files.masks {
        match (read_grid(mask, options), &grid) {
            (Err(error), _) => faults.push(error.into()),
            (Ok(of_mask), Some(grid)) => {
                if let Err(fault) = compare_grids(&of_mask, grid) {
                    faults.push(IoError::mask(mask, fault).into());
                }
            }
            (Ok(_), None) => {}
        }
    }
    if files.masks.is_empty() && !row.source.rois.is_empty() {
        faults.push(RowFault::LabelsWithoutMask);
    }
    match grid {
        Some(grid) if faults.is_empty() => {
            Ok(Headers { grid, has_mask: !files.masks.is_empty(), files: files.all() })
        }
        _ => Err(faults),
    }
}

/// What the intensities of the visits of a run mean, decided as `delta run` decides it: by the manifest, else by the
/// visit's own file, else by the voxels of all visits. Voxels are read only where nobody says it.
pub fn meanings(
    visits: &[(&Row, &Headers)],
    options: &ReadOptions,
) -> Result<Vec<(Modality, Units)>, (usize, RowFault)> {
    let is_ct = |n: usize| match read_scan(&visits[n].1.files[0], options) {
        Ok(scan) => Ok(looks_like_ct(&scan.volume)),
        Err(error) => Err((n, RowFault::from(error))),
    };
    let mut known: Vec<Option<(Modality, Units)>> = Vec::new();
    for (n, (row, _)) in visits.iter().enumerate() {
        known.push(match (row.modality, row.units, &row.said) {
            (None, None, None) => None,
            (modality, units, Some(said)) => {
                Some((modality.unwrap_or(said.modality), units.unwrap_or(said.units)))
            }
            (modality, units, None) => {
                // Hounsfield units are recognised where nothing else is said.
                let may_be_hu = units.is_none() && modality.is_none_or(|m| m == Modality::Ct);
                let meaning = meaning_of(modality, units, may_be_hu && is_ct(n)?);
                Some((meaning.modality, meaning.units))
            }
        });
    }
    if known.iter().all(Option::is_some) {
        return Ok(known.into_iter().flatten().collect());
    }
    let mut all_ct = known.iter().flatten().all(|meaning| *meaning == (Modality::Ct, Units::Hu));
    for n in (0..visits.len()).filter(|&n| known[n].is_none()) {
        all_ct = all_ct && is_ct(n)?;
    }
    let bare = meaning_of(None, None, all_ct);
    Ok(known.into_iter().map(|meaning| meaning.unwrap_or((bare.modality, bare.units))).collect())
}
