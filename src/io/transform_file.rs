//! The one door for transforms of any format that is known; the format is told by content, never by name.

use std::path::Path;

use super::elastix;
use super::format::Format;
use super::{IoError, ReadOptions, itk, read_displacement};
use crate::geometry::{Fixed, Grid};
use crate::transform::{Chain, Field};

/// Formats of transforms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransformForm {
    /// ITK's text (`.tfm`).
    Itk,
    /// elastix's parameter files (`.txt`).
    Elastix,
    /// A displacement field (NIfTI).
    Field,
}

impl TransformForm {
    /// The format that a file to be written has by the ending of its name.
    pub fn of_name(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_string_lossy().to_lowercase();
        let forms =
            [(".tfm", Self::Itk), (".txt", Self::Elastix), (".nii.gz", Self::Field), (".nii", Self::Field)];
        forms.into_iter().find(|(ending, _)| name.ends_with(ending)).map(|(_, form)| form)
    }
}

/// A transform that was read.
#[derive(Clone, Debug)]
pub struct TransformFile {
    /// From fixed to moving points, RAS.
    pub chain: Chain,
    /// The grid of the fixed scan, where the file says it.
    pub grid: Option<Grid<Fixed>>,
    /// Its format.
    pub form: TransformForm,
}

/// Reads a transform: ITK text, an elastix file with those that it names, or a displacement field.
pub fn read_map(path: &Path, options: &ReadOptions) -> Result<TransformFile, IoError> {
    if Format::of(path)? == Format::Nifti {
        let vectors = read_displacement(path, options)?;
        let grid = Some(vectors.grid().clone());
        return Ok(TransformFile { chain: Field::new(vectors).into(), grid, form: TransformForm::Field });
    }
    let bytes = std::fs::read(path).map_err(|e| IoError::file(path, e))?;
    let text = String::from_utf8_lossy(&bytes);
    if text.starts_with(itk::FIRST_LINE) {
        return Ok(TransformFile { chain: itk::read_chain(path)?, grid: None, form: TransformForm::Itk });
    }
    if elastix::looks_like(&text) {
        let elastix::ElastixTransform { chain, grid } = elastix::read_chain(path)?;
        return Ok(TransformFile { chain, grid, form: TransformForm::Elastix });
    }
    Err(IoError::NoTransform { path: path.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::Diagnose as _;

    #[test]
    fn the_ending_says_what_is_written() {
        let form = |name: &str| TransformForm::of_name(Path::new(name));
        assert_eq!(form("a/t.TFM"), Some(TransformForm::Itk));
        assert_eq!(form("TransformParameters.0.txt"), Some(TransformForm::Elastix));
        assert_eq!(form("u.nii.gz"), Some(TransformForm::Field));
        assert_eq!((form("t.mat"), form("")), (None, None));
    }

    #[test]
    fn what_is_no_transform_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.tfm");
        std::fs::write(&path, "id,fixed_x\n").unwrap();
        let code = |path: &Path| read_map(path, &ReadOptions::default()).unwrap_err().code();
        assert_eq!(code(&path), "E-TRANSFORM-FORMAT");
        assert_eq!(code(&folder.path().join("none.tfm")), "E-FILE-MISSING");
    }
}
