//! Masks as an RT Structure Set.

use dicom_core::{DataElement, PrimitiveValue, VR};
use dicom_dictionary_std::{tags, uids};
use dicom_object::InMemDicomObject;

use super::outline::{Corner, outlines};
use crate::write::{self, Images, Made, Moment, Patient, Tracking, decimal, item, put, put_items};
use crate::{Fault, FaultKind, Grid};

/// Characters of a name, at most (PS3.5 6.2, LO).
const LONGEST_NAME: usize = 64;

/// Coordinates are written to a nanometre where voxels are larger than this, in millimetres.
const COARSE_MM: f64 = 1e-3;

/// Colours of regions, one after the other: red, green and blue, bright on a grey image.
const COLOURS: [&str; 8] = [
    "255\\64\\64",
    "64\\224\\64",
    "80\\160\\255",
    "255\\224\\64",
    "255\\96\\255",
    "64\\224\\224",
    "255\\160\\64",
    "192\\160\\255",
];

/// A region to write.
#[derive(Clone, Copy, Debug)]
pub struct Drawn<'a> {
    /// Its name. Control characters and backslashes become underscores, and it ends after 64 characters.
    pub name: &'a str,
    /// What it is tracked as over time, where it was read with that; else its name says it ([`Patient::lesion`]).
    pub tracking: Option<&'a Tracking>,
    /// How it came to be.
    pub made: Made,
    /// Its voxels on the grid of the images: column fastest, then row, then slice.
    pub voxels: &'a [bool],
}

/// A structure set (PS3.3 A.19) of masks on a series, as the bytes of a file in Implicit VR Little Endian, the only
/// syntax in which a contour of any length can be written. Regions are numbered from 1 in the order given; `moment` is
/// when they were made. The same input gives the same bytes.
///
/// # Errors
/// `Unwritable`: there is no image for each slice, or a mask is of another size than the series.
pub fn write(
    images: &Images,
    patient: &Patient,
    moment: &Moment,
    drawn: &[Drawn<'_>],
) -> Result<Vec<u8>, Fault> {
    images.check()?;
    if drawn.iter().any(|region| region.voxels.len() != images.grid.voxels()) {
        return Err(Fault::of(FaultKind::Unwritable, "a mask is of another size than the series"));
    }
    let mut object = InMemDicomObject::new_empty();
    write::put_common(&mut object, uids::RT_STRUCTURE_SET_STORAGE);
    patient.put(&mut object);
    write::put_equipment(&mut object);
    // RT series (PS3.3 C.8.8.1).
    put(&mut object, tags::MODALITY, VR::CS, "RTSTRUCT");
    put(&mut object, tags::SERIES_NUMBER, VR::IS, "");
    put(&mut object, tags::OPERATORS_NAME, VR::PN, "");
    // Structure set (C.8.8.5).
    put(&mut object, tags::STRUCTURE_SET_LABEL, VR::SH, "delta");
    put(&mut object, tags::STRUCTURE_SET_DATE, VR::DA, &moment.date);
    put(&mut object, tags::STRUCTURE_SET_TIME, VR::TM, &moment.time);
    put_items(&mut object, tags::REFERENCED_FRAME_OF_REFERENCE_SEQUENCE, vec![referenced(images, patient)]);
    let (mut listed, mut contours, mut observed) = (Vec::new(), Vec::new(), Vec::new());
    for (region, number) in drawn.iter().zip(1_usize..) {
        let digits = number.to_string();
        listed.push(item(|object| {
            put(object, tags::ROI_NUMBER, VR::IS, &digits);
            put(object, tags::REFERENCED_FRAME_OF_REFERENCE_UID, VR::UI, patient.frame());
            put(object, tags::ROI_NAME, VR::LO, &plain(region.name));
            if let Some(description) = region.made.description() {
                put(object, tags::ROI_GENERATION_DESCRIPTION, VR::LO, description);
            }
            put(object, tags::ROI_GENERATION_ALGORITHM, VR::CS, "SEMIAUTOMATIC");
        }));
        let lines = lines(region.voxels, images, patient)?;
        contours.push(item(|object| {
            put(object, tags::ROI_DISPLAY_COLOR, VR::IS, COLOURS[(number - 1) % COLOURS.len()]);
            // A region without a voxel has no contour, and then no list of them.
            if !lines.is_empty() {
                put_items(object, tags::CONTOUR_SEQUENCE, lines);
            }
            put(object, tags::REFERENCED_ROI_NUMBER, VR::IS, &digits);
        }));
        observed.push(item(|object| {
            put(object, tags::OBSERVATION_NUMBER, VR::IS, &digits);
            put(object, tags::REFERENCED_ROI_NUMBER, VR::IS, &digits);
            put(object, tags::RTROI_INTERPRETED_TYPE, VR::CS, "");
            put(object, tags::ROI_INTERPRETER, VR::PN, "");
            // No attributes of this module, and allowed in any: who knows segmentations knows them.
            put(object, tags::TRACKING_ID, VR::UT, &plain(region.name));
            put(object, tags::TRACKING_UID, VR::UI, &patient.tracked(region.name, region.tracking));
        }));
    }
    put_items(&mut object, tags::STRUCTURE_SET_ROI_SEQUENCE, listed);
    put_items(&mut object, tags::ROI_CONTOUR_SEQUENCE, contours);
    put_items(&mut object, tags::RTROI_OBSERVATIONS_SEQUENCE, observed);
    write::put_identity(&mut object)?;
    write::part10(object, uids::IMPLICIT_VR_LITTLE_ENDIAN)
}

/// Frame of reference, study, series and images that the contours lie on.
fn referenced(images: &Images, patient: &Patient) -> InMemDicomObject {
    let series = item(|object| {
        put(object, tags::SERIES_INSTANCE_UID, VR::UI, &patient.uid(&images.series));
        put_items(object, tags::CONTOUR_IMAGE_SEQUENCE, images.instances(patient));
    });
    let study = item(|object| {
        // A class that is retired and still asked for here.
        put(object, tags::REFERENCED_SOP_CLASS_UID, VR::UI, "1.2.840.10008.3.1.2.3.1");
        put(object, tags::REFERENCED_SOP_INSTANCE_UID, VR::UI, patient.study());
        put_items(object, tags::RT_REFERENCED_SERIES_SEQUENCE, vec![series]);
    });
    item(|object| {
        put(object, tags::FRAME_OF_REFERENCE_UID, VR::UI, patient.frame());
        put_items(object, tags::RT_REFERENCED_STUDY_SEQUENCE, vec![study]);
    })
}

/// The contours of a region, slice after slice (PS3.3 C.8.8.6).
fn lines(voxels: &[bool], images: &Images, patient: &Patient) -> Result<Vec<InMemDicomObject>, Fault> {
    let [columns, rows, _] = images.grid.size;
    let mut items = Vec::new();
    for (k, slice) in voxels.chunks_exact(columns * rows).enumerate() {
        for mut line in outlines(slice, columns) {
            line.rotate_left(beginning(&images.grid));
            let (count, coordinates) = (line.len().to_string(), coordinates(&line, images, k)?);
            let number = (items.len() + 1).to_string();
            items.push(item(|object| {
                let image = item(|object| images.put_reference(object, k, patient));
                put_items(object, tags::CONTOUR_IMAGE_SEQUENCE, vec![image]);
                put(object, tags::CONTOUR_GEOMETRIC_TYPE, VR::CS, "CLOSED_PLANAR");
                put(object, tags::NUMBER_OF_CONTOUR_POINTS, VR::IS, &count);
                put(object, tags::CONTOUR_NUMBER, VR::IS, &number);
                // One text with its backslashes: as a list, a long contour would take many times the room.
                object.put(DataElement::new(tags::CONTOUR_DATA, VR::DS, PrimitiveValue::from(coordinates)));
            }));
        }
    }
    Ok(items)
}

/// How many corners an outline begins later, which then ends with a step along the row. Where a row runs along the
/// patient, it begins with its first corner and ends with a step along the column: some programs compare the last point
/// with the first by their x and y only, and drop it where just z differs.
fn beginning(grid: &Grid) -> usize {
    let across = |step: [f64; 3]| step[0].hypot(step[1]) / crate::grid::norm(step);
    usize::from(across(grid.steps[0]) >= across(grid.steps[1]))
}

/// Corners in the patient, as decimal strings.
fn coordinates(line: &[Corner], images: &Images, k: usize) -> Result<String, Fault> {
    let coarse = images.grid.steps.iter().all(|step| crate::grid::norm(*step) > COARSE_MM);
    let rounded = |value: f64| if coarse { (value * 1e6).round() / 1e6 } else { value };
    let mut text = String::new();
    for &[x, y] in line {
        for value in images.point([x as f64 - 0.5, y as f64 - 0.5], k) {
            if !text.is_empty() {
                text.push('\\');
            }
            text.push_str(&decimal(rounded(value))?);
        }
    }
    Ok(text)
}

/// A name that the standard allows.
fn plain(name: &str) -> String {
    let allowed = |c: char| if c == '\\' || c.is_control() { '_' } else { c };
    name.trim().chars().take(LONGEST_NAME).map(allowed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outline_closes_across_the_patient_in_any_orientation() {
        let axes = [[0.7, 0.0, 0.0], [0.0, 0.7, 0.0], [0.0, 0.0, -0.7]];
        for [i, j, k] in [[0, 1, 2], [1, 2, 0], [2, 1, 0], [0, 2, 1], [2, 0, 1]] {
            let grid = Grid { size: [3, 3, 1], origin: [0.0; 3], steps: [axes[i], axes[j], axes[k]] };
            let mut mask = [false; 9];
            mask[4] = true;
            let mut line = outlines(&mask, 3).remove(0);
            line.rotate_left(beginning(&grid));
            let images = Images { grid, series: String::new(), slices: Vec::new(), origins: None };
            let text = coordinates(&line, &images, 0).unwrap();
            let points: Vec<f64> = text.split('\\').map(|v| v.parse().unwrap()).collect();
            assert_eq!(points.len(), 12);
            assert!((points[0] - points[9]).hypot(points[1] - points[10]) > 0.6, "{points:?}");
        }
    }

    #[test]
    fn names_are_what_the_standard_allows() {
        assert_eq!(plain(" a\\b\n "), "a_b");
        assert_eq!(plain(&"ä".repeat(70)).chars().count(), 64);
    }
}
