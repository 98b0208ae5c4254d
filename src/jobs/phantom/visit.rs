//! The folder of one visit: scan, mask, and what is known of them.

use crate::geometry::Frame;
use crate::io::{write_labels, write_volume};
use crate::jobs::Failure;
use crate::record::{Modality, Units};
use crate::store::{OutputFolder, StoreError};
use crate::visit::{Acquisition, RoiEntry, VisitFile};
use crate::volume::Volume;

use super::scan::{Label, Size};

/// What `visit.toml` says of a visit.
#[derive(Clone, Debug)]
pub struct VisitSheet<'a> {
    /// Subject.
    pub subject: String,
    /// Name of the visit.
    pub visit: &'a str,
    /// Days since baseline.
    pub day: f64,
    /// The labels that are drawn.
    pub labels: &'a [Label],
    /// The lesions that are known to be gone.
    pub absent: Vec<Label>,
    /// How the scan was made.
    pub acquisition: Acquisition,
}

/// How a scan of this size is made, where nothing else is known of the scanner.
pub fn acquisition(size: Size) -> Acquisition {
    Acquisition {
        slice_thickness_mm: Some(size.spacing_mm()[2]),
        manufacturer: Some("delta phantom".to_owned()),
        ..Acquisition::default()
    }
}

/// Writes `image.nii.gz`, where something is drawn `mask.nii.gz`, and `visit.toml` into a folder of the result.
pub fn write_visit<F: Frame>(
    out: &OutputFolder,
    folder: &str,
    sheet: &VisitSheet<'_>,
    image: &Volume<f32, F>,
    mask: Option<&Volume<u32, F>>,
) -> Result<(), Failure> {
    let file = |file: &str| out.file(&format!("{folder}/{file}"));
    // Whole HU within 12 bits: nothing is lost.
    write_volume(&file("image.nii.gz")?, &image.map(|hu| hu as i16))?;
    if let Some(mask) = mask {
        write_labels(&file("mask.nii.gz")?, mask)?;
    }
    let visit = VisitFile {
        schema: 1,
        subject: Some(sheet.subject.clone()),
        visit: Some(sheet.visit.to_owned()),
        day: Some(sheet.day),
        modality: Some(Modality::Ct.word().to_owned()),
        units: Some(Units::Hu.word().to_owned()),
        image: Some("image.nii.gz".to_owned()),
        mask: mask.map(|_| "mask.nii.gz".to_owned()),
        roi: sheet.labels.iter().map(|&l| roi_entry(l)).collect(),
        absent: sheet.absent.iter().map(|l| l.name().to_owned()).collect(),
        acquisition: sheet.acquisition.clone(),
        ..VisitFile::default()
    };
    let path = file("visit.toml")?;
    let text = toml::to_string(&visit).expect("a visit has no key that TOML cannot hold");
    std::fs::write(&path, text).map_err(StoreError::at(&path))?;
    Ok(())
}

fn roi_entry(label: Label) -> RoiEntry {
    RoiEntry {
        label: Some(label.number()),
        name: label.name().to_owned(),
        role: Some(label.role()),
        mask: None,
        mask_source: None,
    }
}
