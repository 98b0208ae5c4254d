//! What the files of a visit are, and what their headers say: checked before anything is measured.

use std::path::PathBuf;

use super::faults::RowFault;
use super::rows::Row;
use crate::features::sampling::VisitFacts;
use crate::geometry::Grid;
use crate::io::{
    IoError, MaskTarget, ReadOptions, VisitSaid, check_mask, looks_like_ct, meaning_of, read_scan,
    source_files, units_of_series,
};
use crate::record::{Modality, Units};
use crate::visit::Declared;

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
    /// The files, the image first; a DICOM series is what it was found in.
    pub files: Vec<PathBuf>,
    /// Where the image lies.
    pub grid: Grid,
    /// Whether something was drawn.
    pub has_mask: bool,
    /// What the visit's own file and its series say of it.
    pub said: Option<VisitSaid>,
}

/// Reads the headers of a visit's image and masks; all faults where there is one.
pub fn read_headers(row: &Row, options: &ReadOptions) -> Result<Headers, Vec<RowFault>> {
    let files = source_files(&row.source, options).map_err(|error| vec![RowFault::from(error)])?;
    let mut faults: Vec<RowFault> = Vec::new();
    let mut told = |error: IoError| faults.push(error.into());
    let place = files.grid(options).and_then(|grid| Ok((grid, files.space()?))).map_err(&mut told).ok();
    let image = place.as_ref().map(|(grid, space)| MaskTarget { grid, space: space.as_ref() });
    for mask in &files.masks {
        if let Err(error) = check_mask(mask, image, options) {
            told(error);
        }
    }
    let said = match &place {
        Some(_) => files.said().map_err(&mut told).ok().flatten(),
        None => None,
    };
    let has_mask = files.has_mask();
    if !has_mask && !row.source.rois.is_empty() {
        faults.push(RowFault::LabelsWithoutMask);
    }
    match place {
        Some((grid, _)) if faults.is_empty() => Ok(Headers { grid, has_mask, said, files: files.all() }),
        _ => Err(faults),
    }
}

/// What the intensities of the visits of a run mean, decided as `delta run` decides it: by the manifest, else by the
/// visit's own file or series, else by the voxels of all visits. Units that a series says itself go before the
/// manifest's. Voxels are read only where nobody says it.
pub fn meanings(
    visits: &[(&Row, &Headers)],
    options: &ReadOptions,
) -> Result<Vec<(Modality, Units)>, (usize, RowFault)> {
    let is_ct = |n: usize| match read_scan(&visits[n].1.files[0], options) {
        Ok(scan) => Ok(looks_like_ct(&scan.volume)),
        Err(error) => Err((n, RowFault::from(error))),
    };
    let mut known: Vec<Option<(Modality, Units)>> = Vec::new();
    for (n, (row, headers)) in visits.iter().enumerate() {
        known.push(match (row.modality, row.units, &headers.said) {
            (None, None, None) => None,
            (modality, units, Some(said)) => {
                let units = match said.declared {
                    Declared::ByScan => units_of_series(said.units, units),
                    _ => units.unwrap_or(said.units),
                };
                Some((modality.unwrap_or(said.modality), units))
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
