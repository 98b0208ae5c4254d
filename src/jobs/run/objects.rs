//! RTSTRUCT and SEG of the contours that a run made, for a person to edit where the scans are looked at.

use super::contours::OurContour;
use super::error::RunError;
use super::request::RunRequest;
use super::scans::Scans;
use super::write::content;
use crate::io::{ObjectKind, RegionOut, RegionWriter, source_files};
use crate::jobs::Failure;
use crate::store::OutputFolder;
use crate::visit::Visit;

/// Which files are written beside the masks, and whose they say they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DicomOut {
    /// In which form.
    pub forms: DicomForms,
    /// What stands for the patient, instead of the series' modules.
    pub pseudonym: Option<String>,
}

/// Forms of contours that a run writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DicomForms {
    /// RT structure sets.
    Rtstruct,
    /// Segmentations.
    Seg,
    /// Both.
    Both,
}

impl DicomForms {
    /// Its word on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Rtstruct => "rtstruct",
            Self::Seg => "seg",
            Self::Both => "both",
        }
    }

    /// The forms, the one that planning systems edit first.
    fn kinds(self) -> &'static [ObjectKind] {
        match self {
            Self::Rtstruct => &[ObjectKind::Rtstruct],
            Self::Seg => &[ObjectKind::Seg],
            Self::Both => &[ObjectKind::Rtstruct, ObjectKind::Seg],
        }
    }
}

/// What writes the contours of one follow-up.
#[derive(Debug)]
pub struct Objects {
    kinds: &'static [ObjectKind],
    writer: RegionWriter,
}

/// What writes the contours of each follow-up; empty where none is asked for. Only headers are read, so that a follow-up
/// that is no series is refused before anything is computed.
pub fn asked(request: &RunRequest) -> Result<Vec<Objects>, Failure> {
    let Some(DicomOut { forms, pseudonym }) = &request.dicom_out else { return Ok(Vec::new()) };
    let of = |source: &crate::io::VisitSource| {
        let series = source_files(source, &request.reading)?.series;
        let series = series.ok_or_else(|| RunError::NoSeries(source.path.clone()))?;
        Ok(Objects { kinds: forms.kinds(), writer: series.writer(pseudonym.as_deref())? })
    };
    request.visits.iter().skip(1).map(|visit| of(&visit.source)).collect()
}

impl Objects {
    /// Writes contours of a follow-up in each form, as `STEM.rtstruct.dcm` and `STEM.seg.dcm`. Gives the name of the one
    /// to edit; none where there is no contour.
    pub fn write<'a>(
        &self,
        folder: &OutputFolder,
        stem: &str,
        scans: &Scans,
        followup: &Visit,
        contours: impl Iterator<Item = &'a OurContour>,
    ) -> Result<Option<String>, Failure> {
        let region = |contour: &'a OurContour| {
            let name = contour.structure.name.as_str();
            // A lesion is what it was at baseline.
            let tracking = scans.baseline().tracking.get(name).or_else(|| followup.tracking.get(name));
            RegionOut { name, mask: &contour.structure.mask, tracking, carried: true }
        };
        let regions: Vec<RegionOut<'_>> = contours.map(region).collect();
        if regions.is_empty() {
            return Ok(None);
        }
        let mut to_edit = None;
        for kind in self.kinds {
            let name = format!("{stem}.{}.dcm", kind.word());
            content(folder, &name, &self.writer.bytes(*kind, &regions)?)?;
            to_edit = to_edit.or(Some(name));
        }
        Ok(to_edit)
    }
}
