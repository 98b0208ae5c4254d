//! What a file is, told by its first bytes.

use std::io::ErrorKind;
use std::path::Path;

use super::IoError;
use super::nifti::{NiftiFault, peek};

/// A format that can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// NIfTI-1 or -2, or what is damaged enough to be told so by its reader.
    Nifti,
    /// DICOM Part 10.
    Dicom,
    /// MetaImage (`.mha`, `.mhd`).
    MetaImage,
    /// NRRD.
    Nrrd,
    /// HDF5, MINC 2 among it.
    Hdf5,
    /// A picture.
    Picture,
    /// A zip archive.
    Zip,
    /// Nothing at all.
    Empty,
    /// Nothing that is known.
    Unknown,
}

impl Format {
    /// Looks at a file's first bytes, decompressed where they are gzip.
    pub fn of(path: &Path) -> Result<Self, IoError> {
        match peek(path) {
            Ok(bytes) => Ok(Self::of_bytes(&bytes)),
            Err(NiftiFault::Read(e)) => Err(IoError::file(path, e)),
            Err(fault) => Err(IoError::nifti(path, fault)),
        }
    }

    /// Tells the format of the first bytes of a file.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        let at = |n: usize, word: &[u8]| bytes.get(n..n + word.len()) == Some(word);
        let size = bytes.first_chunk::<4>().map(|b| [i32::from_le_bytes(*b), i32::from_be_bytes(*b)]);
        let header_size = size.is_some_and(|s| s.iter().any(|n| [348, 540].contains(n)));
        let magic = at(344, b"n+1") || at(344, b"ni1") || at(4, b"n+2") || at(4, b"ni2");
        if header_size || magic {
            Self::Nifti
        } else if at(128, b"DICM") {
            Self::Dicom
        } else if at(0, b"ObjectType") || at(0, b"NDims") {
            Self::MetaImage
        } else if at(0, b"NRRD") {
            Self::Nrrd
        } else if at(0, b"\x89HDF") {
            Self::Hdf5
        } else if at(0, b"\x89PNG") || at(0, b"\xff\xd8\xff") || at(0, b"II*\0") || at(0, b"MM\0*") {
            Self::Picture
        } else if at(0, b"PK\x03\x04") {
            Self::Zip
        } else if bytes.is_empty() {
            Self::Empty
        } else {
            Self::Unknown
        }
    }

    /// What to call it in a sentence.
    pub fn words(self) -> &'static str {
        match self {
            Self::Nifti => "a NIfTI file",
            Self::Dicom => "a DICOM file",
            Self::MetaImage => "a MetaImage file",
            Self::Nrrd => "an NRRD file",
            Self::Hdf5 => "an HDF5 or MINC file",
            Self::Picture => "a picture",
            Self::Zip => "a zip archive",
            Self::Empty => "an empty file",
            Self::Unknown => "no image format that is known",
        }
    }

    /// How to make a scan of it that can be read.
    pub fn hint(self) -> &'static str {
        match self {
            Self::Dicom => "An RTSTRUCT or a SEG, not an image, is what holds regions.",
            Self::MetaImage | Self::Nrrd | Self::Hdf5 => {
                "Convert it into .nii.gz, for example with SimpleITK or 3D Slicer."
            }
            Self::Empty => "The file was lost on its way: copy or export it again.",
            Self::Zip => "Unpack it first.",
            Self::Nifti | Self::Picture | Self::Unknown => {
                "Scans are NIfTI files (.nii or .nii.gz) or DICOM series, masks are NIfTI, RTSTRUCT or SEG."
            }
        }
    }
}

/// Whether a missing file is what a read failed on.
pub fn is_missing(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::IsADirectory)
}

#[cfg(test)]
mod tests {
    use super::Format;

    #[test]
    fn formats_are_told_by_content() {
        let mut dicom = vec![0; 128];
        dicom.extend(b"DICM");
        assert_eq!(Format::of_bytes(&dicom), Format::Dicom);
        assert_eq!(Format::of_bytes(b"NRRD0004\n"), Format::Nrrd);
        assert_eq!(Format::of_bytes(&348_i32.to_be_bytes()), Format::Nifti);
        assert_eq!(Format::of_bytes(b"hello"), Format::Unknown);
    }
}
