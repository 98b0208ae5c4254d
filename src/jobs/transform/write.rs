//! Transforms and volumes out, whole or not at all, in the format that the result's name says.

use std::path::{Path, PathBuf};

use super::TransformError;
use crate::geometry::{Fixed, Grid};
use crate::io::{IoError, TransformForm, elastix, itk, nifti};
use crate::jobs::Failure;
use crate::propagate;
use crate::store::{Existing, OutputFile, StoreError};
use crate::transform::{Chain, Part};

/// Writes a chain; `grid`, of the fixed scan, is asked for where the format needs it. Gives the names of the files,
/// the result last.
pub fn write_chain(
    out: &Path,
    existing: Existing,
    chain: &Chain,
    grid: impl FnOnce() -> Result<Grid<Fixed>, Failure>,
) -> Result<Vec<PathBuf>, Failure> {
    let form = TransformForm::of_name(out).ok_or_else(|| TransformError::Ending(out.to_owned()))?;
    let is_sampled = chain.parts().iter().any(|part| matches!(part, Part::Field(_)));
    if is_sampled && form != TransformForm::Field {
        return Err(TransformError::Sampled(out.to_owned()).into());
    }
    let texts = match form {
        TransformForm::Field => {
            let field = propagate::displacement_field(chain, &grid()?);
            write_nifti(out, existing, |path| nifti::write_displacement(path, &field))?;
            return Ok(vec![out.to_owned()]);
        }
        TransformForm::Itk => vec![(out.to_owned(), itk::chain_text(chain)?)],
        TransformForm::Elastix => {
            let name = out.file_name().unwrap_or_default().to_string_lossy();
            let files = elastix::texts(chain, &grid()?, &name)?;
            files.into_iter().map(|file| (out.with_file_name(file.name), file.text)).collect()
        }
    };
    // The one that names the others appears last.
    let mut begun = Vec::new();
    for (path, text) in &texts {
        let file = OutputFile::begin(path, existing)?;
        std::fs::write(file.path(), text).map_err(StoreError::at(path))?;
        begun.push(file);
    }
    begun.into_iter().try_for_each(OutputFile::publish)?;
    Ok(texts.into_iter().map(|(path, _)| path).collect())
}

/// Writes a NIfTI file.
pub fn write_nifti(
    out: &Path,
    existing: Existing,
    write: impl FnOnce(&Path) -> Result<(), IoError>,
) -> Result<(), Failure> {
    let file = OutputFile::begin(out, existing)?;
    write(file.path())?;
    Ok(file.publish()?)
}

/// Refuses, before anything is computed, a name that is no NIfTI file's, and a file that is to be kept.
pub fn check_nifti(out: &Path, existing: Existing) -> Result<(), Failure> {
    match TransformForm::of_name(out) {
        Some(TransformForm::Field) => OutputFile::begin(out, existing).map(drop).map_err(Failure::from),
        _ => Err(TransformError::NoNifti(out.to_owned()).into()),
    }
}
