//! What is said of a file that was written.

use super::ContoursRequest;
use super::regions::Region;
use crate::io::{DicomImage, ObjectKind, shown_path};

/// Regions that the summary names.
const SHOWN: usize = 3;
/// Notes that it shows; the JSON has all.
const NOTES: usize = 2;

/// A file as it is told.
pub struct Told<'a> {
    /// What was asked.
    pub request: &'a ContoursRequest,
    /// The series.
    pub image: &'a DicomImage,
    /// The regions.
    pub regions: &'a [Region],
    /// What should be known of them.
    pub notes: &'a [String],
}

impl Told<'_> {
    /// At most ten lines.
    pub fn summary(&self) -> String {
        let Self { request, image, regions, notes } = self;
        let named = |region: &Region| {
            format!("{} ({} voxels, {:.2} mL)", region.name, region.mask.count(), region.mask.volume_ml())
        };
        let mut names: Vec<String> = regions.iter().take(SHOWN).map(named).collect();
        if regions.len() > SHOWN {
            names.push(format!("and {} more", regions.len() - SHOWN));
        }
        let mut lines = vec![
            format!("Series:     {}", image.series()),
            format!("Regions:    {}", names.join(", ")),
            match &request.pseudonym {
                Some(pseudonym) => {
                    format!("Patient:    {pseudonym}; no identifier, date or UID of the series is in the file")
                }
                None => "Patient:    as in the series: the file holds who the patient is (--pseudonym replaces it)".into(),
            },
        ];
        lines.extend(notes.iter().take(NOTES).map(|note| format!("Note:       {note}")));
        let form = match request.kind {
            ObjectKind::Rtstruct => "RTSTRUCT",
            ObjectKind::Seg => "SEG",
        };
        lines.push(format!("Result:     {} ({form})", shown_path(&request.out)));
        lines.push(
            "Edited and exported, it is given back as a mask: FILE, or FILE:ROI for one of its regions."
                .into(),
        );
        lines.join("\n")
    }

    /// The same for a program.
    pub fn json(&self) -> serde_json::Value {
        let regions: Vec<_> = self
            .regions
            .iter()
            .map(|region| {
                let (voxels, ml) = (region.mask.count(), region.mask.volume_ml());
                serde_json::json!({ "name": region.name, "voxels": voxels, "volume_ml": ml })
            })
            .collect();
        serde_json::json!({
            "out": self.request.out,
            "form": self.request.kind.word(),
            "series": self.image.series().to_string(),
            "regions": regions,
            "pseudonym": self.request.pseudonym,
            "notes": self.notes,
        })
    }
}
