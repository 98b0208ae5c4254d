//! What the header of one file says: slices of an image, contours, a segmentation, or something else.

use std::path::Path;
use std::sync::Arc;

use dicom_dictionary_std::tags;

use super::kind::Kind;
use super::slice::{self, Groups, Slice};
use super::{Companion, CompanionKind, Dates, Modality};
use crate::file::{Class, File, Item};
use crate::time;
use crate::{Fault, FaultKind};

/// Classes of slices and volumes of scanners (PS3.4 B.5): CT, MR, PET and NM, classic, enhanced and converted.
const SCANS: [&str; 11] = [
    "1.2.840.10008.5.1.4.1.1.2",
    "1.2.840.10008.5.1.4.1.1.2.1",
    "1.2.840.10008.5.1.4.1.1.2.2",
    "1.2.840.10008.5.1.4.1.1.4",
    "1.2.840.10008.5.1.4.1.1.4.1",
    "1.2.840.10008.5.1.4.1.1.4.3",
    "1.2.840.10008.5.1.4.1.1.4.4",
    "1.2.840.10008.5.1.4.1.1.20",
    "1.2.840.10008.5.1.4.1.1.128",
    "1.2.840.10008.5.1.4.1.1.128.1",
    "1.2.840.10008.5.1.4.1.1.130",
];

/// RT Dose and RT Image: grids of their own that are no scans. Presentation states and parametric maps have no pixels
/// or no integers, and fall out by themselves.
const NO_SCAN: [&str; 2] = ["1.2.840.10008.5.1.4.1.1.481.2", "1.2.840.10008.5.1.4.1.1.481.1"];

/// What is in a file.
pub(super) enum Heading {
    /// Slices of an image.
    Image(Head, Vec<Slice>),
    /// Contours or a segmentation.
    Companion(Companion),
    /// DICOM of another kind.
    Other,
}

/// What all slices of a series share.
#[derive(Clone)]
pub(super) struct Head {
    pub(super) uid: Arc<str>,
    pub(super) study: Option<String>,
    pub(super) number: Option<i64>,
    pub(super) modality: Modality,
    pub(super) dates: Dates,
}

/// Reads a header.
///
/// # Errors
/// `Unreadable`, `NotDicom`, `Broken`, `Syntax`.
pub(super) fn read(path: &Path) -> Result<Heading, Fault> {
    let file = File::open_header(path)?;
    heading(&file, path).map_err(|fault| fault.at(path))
}

fn heading(file: &File, path: &Path) -> Result<Heading, Fault> {
    let root = file.root();
    let class = root.text(tags::SOP_CLASS_UID).unwrap_or_default();
    match Class::of(&class) {
        Class::Contours => return Ok(Heading::Companion(contours(root, path))),
        Class::Segments => return Ok(Heading::Companion(segments(root, path))),
        Class::Other => {}
    }
    let dimension = |tag| u16::try_from(root.integer(tag)?).ok().map(usize::from).filter(|v| *v > 0);
    let (Some(columns), Some(rows)) = (dimension(tags::COLUMNS), dimension(tags::ROWS)) else {
        // Cut between two attributes, a slice would be missed by nobody where it is the last of its series.
        let announced = file.announced.as_deref().filter(|_| class.is_empty()).unwrap_or(&class);
        if SCANS.contains(&announced) || Class::of(announced) != Class::Other {
            return Err(Fault::of(FaultKind::Broken, "is cut off, or an image without columns and rows"));
        }
        return Ok(Heading::Other);
    };
    if NO_SCAN.contains(&class.as_str()) || root.integer(tags::SAMPLES_PER_PIXEL).unwrap_or(1) != 1 {
        return Ok(Heading::Other);
    }
    let head = head(root)?;
    let slices = slices(root, path, &class, [columns, rows])?;
    // Photographs of screens and the like.
    if head.modality == Modality::Other && slices.iter().all(|slice| slice.place.is_none()) {
        return Ok(Heading::Other);
    }
    Ok(Heading::Image(head, slices))
}

fn head(root: Item<'_>) -> Result<Head, Fault> {
    let uid = root
        .text(tags::SERIES_INSTANCE_UID)
        .ok_or_else(|| Fault::of(FaultKind::Broken, "an image without a Series Instance UID"))?;
    let day = |tag| root.text(tag).and_then(|date| time::day(date.get(..8).unwrap_or(&date)));
    Ok(Head {
        uid: uid.into(),
        study: root.text(tags::STUDY_INSTANCE_UID),
        number: root.integer(tags::SERIES_NUMBER),
        modality: Modality::of(root.text(tags::MODALITY).as_deref()),
        dates: Dates {
            study: day(tags::STUDY_DATE),
            acquisition: day(tags::ACQUISITION_DATE).or_else(|| day(tags::ACQUISITION_DATE_TIME)),
        },
    })
}

fn slices(root: Item<'_>, path: &Path, class: &str, size: [usize; 2]) -> Result<Vec<Slice>, Fault> {
    let broken = |fact: String| Fault::of(FaultKind::Broken, fact);
    let sop: Arc<str> = root
        .text(tags::SOP_INSTANCE_UID)
        .ok_or_else(|| broken("an image without a SOP Instance UID".into()))?
        .into();
    let (path, sop_class): (Arc<Path>, Arc<str>) = (path.into(), class.into());
    let frame_of_reference: Option<Arc<str>> = root.text(tags::FRAME_OF_REFERENCE_UID).map(Into::into);
    let shared = root.item(tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE);
    let own = root.items(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE);
    let frames = root.integer(tags::NUMBER_OF_FRAMES).unwrap_or(1);
    if !own.is_empty() && usize::try_from(frames) != Ok(own.len()) {
        return Err(broken(format!("{frames} frames, but functional groups for {}", own.len())));
    }
    if own.is_empty() && frames != 1 {
        // Frames without a place each: one entry says as much as many.
        let slice = one(Groups { root, own: None, shared: None }, 0)?;
        return Ok(vec![Slice { place: None, path, sop_class, sop, frame_of_reference, size, ..slice }]);
    }
    let groups = match own.as_slice() {
        [] => vec![Groups { root, own: None, shared }],
        own => own.iter().map(|own| Groups { root, own: Some(*own), shared }).collect(),
    };
    let padding = slice::padding(root);
    let complete = |(frame, groups): (usize, Groups<'_>)| {
        let slice = one(groups, frame)?;
        let (path, sop_class, sop) = (path.clone(), sop_class.clone(), sop.clone());
        let frame_of_reference = frame_of_reference.clone();
        Ok(Slice { path, sop_class, sop, frame_of_reference, size, padding, ..slice })
    };
    groups.into_iter().enumerate().map(complete).collect()
}

/// What differs between frames; what their file says is filled in by the caller.
fn one(groups: Groups<'_>, frame: usize) -> Result<Slice, Fault> {
    let (rescale, timing) = (slice::rescale(groups)?, slice::timing(groups));
    Ok(Slice {
        path: Path::new("").into(),
        frame,
        sop_class: "".into(),
        sop: "".into(),
        frame_of_reference: None,
        place: slice::place(groups)?,
        size: [0, 0],
        rescale,
        padding: None,
        of_many: groups.own.is_some(),
        kind: Kind::of(groups, timing.acquired, rescale),
        timing,
    })
}

fn contours(root: Item<'_>, path: &Path) -> Companion {
    let mut frames: Vec<String> = root.text(tags::FRAME_OF_REFERENCE_UID).into_iter().collect();
    let mut series = Vec::new();
    for frame in root.items(tags::REFERENCED_FRAME_OF_REFERENCE_SEQUENCE) {
        frames.extend(frame.text(tags::FRAME_OF_REFERENCE_UID));
        for study in frame.items(tags::RT_REFERENCED_STUDY_SEQUENCE) {
            let referred = study.items(tags::RT_REFERENCED_SERIES_SEQUENCE);
            series.extend(referred.iter().filter_map(|item| item.text(tags::SERIES_INSTANCE_UID)));
        }
    }
    for region in root.items(tags::STRUCTURE_SET_ROI_SEQUENCE) {
        frames.extend(region.text(tags::REFERENCED_FRAME_OF_REFERENCE_UID));
    }
    companion(CompanionKind::Contours, root, path, frames, series)
}

fn segments(root: Item<'_>, path: &Path) -> Companion {
    let frames = root.text(tags::FRAME_OF_REFERENCE_UID).into_iter().collect();
    let referred = root.items(tags::REFERENCED_SERIES_SEQUENCE);
    let series = referred.iter().filter_map(|item| item.text(tags::SERIES_INSTANCE_UID)).collect();
    companion(CompanionKind::Segments, root, path, frames, series)
}

fn companion(
    kind: CompanionKind,
    root: Item<'_>,
    path: &Path,
    mut frames: Vec<String>,
    mut series: Vec<String>,
) -> Companion {
    frames.sort();
    frames.dedup();
    series.sort();
    series.dedup();
    Companion { kind, path: path.to_owned(), frames, series, owner: root.text(tags::PATIENT_ID) }
}
