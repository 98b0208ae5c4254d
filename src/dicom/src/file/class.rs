//! What a file is, by its SOP class.

use dicom_dictionary_std::tags;

use super::File;

/// RT Structure Set Storage (PS3.4 B.5).
const CONTOURS: &str = "1.2.840.10008.5.1.4.1.1.481.3";
/// Segmentation Storage and Label Map Segmentation Storage.
const SEGMENTS: [&str; 2] = ["1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7"];

/// Kinds of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// RT Structure Set.
    Contours,
    /// Segmentation, label maps included.
    Segments,
    /// An image, or anything else.
    Other,
}

impl Class {
    pub(crate) fn of(uid: &str) -> Self {
        match uid {
            CONTOURS => Self::Contours,
            class if SEGMENTS.contains(&class) => Self::Segments,
            _ => Self::Other,
        }
    }
}

impl File {
    /// What it is; none where it names no class, and so is no object of DICOM.
    pub fn class(&self) -> Option<Class> {
        self.root().text(tags::SOP_CLASS_UID).map(|uid| Class::of(&uid))
    }
}
