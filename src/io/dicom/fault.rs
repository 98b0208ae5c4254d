//! Why DICOM is refused.

use delta_dicom::{Fault, FaultKind};
use thiserror::Error;

use crate::diagnose::{Diagnose, Exit};

/// Why DICOM is refused. Its text never holds a UID, a date, or text of the patient.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{}{fact}", place.as_ref().map_or_else(String::new, |place| format!("{place}: ")))]
pub struct DicomFault {
    /// Of what kind it is.
    pub kind: FaultKind,
    /// Which of the files it is about, where they were found and not named (`file 3 of 80, in the order of their
    /// paths`).
    pub place: Option<String>,
    /// What was found.
    pub fact: String,
}

impl DicomFault {
    /// A fault of what was given itself.
    pub fn new(fault: Fault) -> Self {
        Self { kind: fault.kind, place: None, fact: fault.fact }
    }
}

impl Diagnose for DicomFault {
    fn code(&self) -> &'static str {
        match self.kind {
            FaultKind::Unreadable => "E-FILE-ACCESS",
            FaultKind::NotDicom => "E-DICOM-NONE",
            FaultKind::Broken => "E-DICOM-BROKEN",
            FaultKind::Syntax => "E-DICOM-SYNTAX",
            FaultKind::NoVolume => "E-DICOM-VOLUME",
            FaultKind::Choice => "E-DICOM-SERIES",
            FaultKind::Suv => "E-DICOM-SUV",
            FaultKind::Region => "E-DICOM-ROI",
            FaultKind::Frame => "E-DICOM-FRAME",
            FaultKind::Unwritable => "E-DICOM-WRITE",
        }
    }

    fn hint(&self) -> String {
        match self.kind {
            FaultKind::Unreadable => "Check the permissions of the file and its folder.",
            FaultKind::NotDicom => "Give a DICOM file, or the folder of a series.",
            FaultKind::Broken => "Export or copy it again: a part that is missing cannot be guessed.",
            FaultKind::Syntax => {
                "Have the archive send it uncompressed or in a usual lossless syntax (dcmdjpeg, dcmdjpls and gdcmconv \
                 convert files)."
            }
            FaultKind::NoVolume => {
                "Give the folder of the whole series; where slices are missing in the archive too, the scan cannot be \
                 used."
            }
            FaultKind::Choice => "Say which one by --series, or by series in visit.toml: its label as listed.",
            FaultKind::Suv => "Take activities as they are by --pet raw, or have the missing attributes completed.",
            FaultKind::Region => "`delta inspect` lists regions; give FILE:ROI by name, number or Tracking UID.",
            FaultKind::Frame => "They were drawn on another scan: give the series that they belong to.",
            FaultKind::Unwritable => "RTSTRUCT and SEG need a series with a study and a frame of reference.",
        }
        .into()
    }

    fn exit(&self) -> Exit {
        match self.kind {
            FaultKind::Unreadable => Exit::Surroundings,
            _ => Exit::Input,
        }
    }
}
