//! Segmentations (SEG, PS3.3 A.51 and C.8.20) in and out.
//!
//! Frames are sparse and in any order. A frame of a BINARY or FRACTIONAL segmentation holds pixels of one segment, so that
//! segments may overlap; in a LABELMAP each pixel holds its segment's number. A frame is placed by its own position and
//! orientation, never by its order. A fraction belongs from half of the maximum on.

mod encode;
mod frames;
mod planes;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use dicom_dictionary_std::tags;

pub use encode::{Lesion, encode};
pub use planes::Planes;

use crate::file::{File, Item};
use crate::write::{Made, Tracking, same_frame};
use crate::{Fault, FaultKind, Grid};
use frames::{Frames, broken};

/// A segmentation file.
pub struct Segments<'a> {
    root: Item<'a>,
    frames: Frames<'a>,
    segments: Vec<Segment>,
}

/// A segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Its number.
    pub number: u32,
    /// What it is called.
    pub label: String,
    /// What it is tracked as over time, for people.
    pub tracking_id: Option<String>,
    /// The same for machines.
    pub tracking_uid: Option<String>,
    /// Whether it says that it was carried here from another visit.
    pub made: Made,
}

/// A segment's voxels on slices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// 0 or 1 per voxel, i fastest, then j, then k.
    pub mask: Vec<u8>,
    /// Voxels of the segment in frames that lie on no slice, and that the mask lacks.
    pub voxels_off: u64,
    /// Frames with such voxels.
    pub frames_off: usize,
}

impl<'a> Segments<'a> {
    /// What a file holds.
    ///
    /// # Errors
    /// `Broken`: it is no segmentation, or one that is not whole.
    pub fn of(file: &'a File) -> Result<Self, Fault> {
        let root = file.root();
        let frames = Frames::of(file)?;
        let (mut segments, mut numbers) = (Vec::new(), BTreeSet::new());
        for item in root.items(tags::SEGMENT_SEQUENCE) {
            let number = item.integer(tags::SEGMENT_NUMBER).and_then(|number| u32::try_from(number).ok());
            let number = number.ok_or_else(|| broken("a segment has no number"))?;
            if !numbers.insert(i64::from(number)) {
                return Err(broken(format!("two segments have the number {number}")));
            }
            segments.push(Segment {
                number,
                label: item.text(tags::SEGMENT_LABEL).unwrap_or_default(),
                tracking_id: item.text(tags::TRACKING_ID),
                tracking_uid: item.text(tags::TRACKING_UID),
                made: Made::of(item.text(tags::SEGMENT_DESCRIPTION).as_deref()),
            });
        }
        // What surrounds the segments of a label map may be described like a segment; it is none.
        segments.retain(|segment| Some(i64::from(segment.number)) != frames.background());
        segments.sort_by_key(|segment| segment.number);
        for frame in 0..frames.count() {
            if frames.segment(frame)?.is_some_and(|number| !numbers.contains(&number)) {
                return Err(broken(format!("frame {} is of a segment that is not described", frame + 1)));
            }
        }
        Ok(Self { root, frames, segments })
    }

    /// Its segments, by number.
    pub fn list(&self) -> &[Segment] {
        &self.segments
    }

    /// What a segment is tracked as over time.
    pub fn tracked(&self, segment: &Segment) -> Option<Tracking> {
        Some(Tracking { uid: segment.tracking_uid.clone()?, owner: self.root.text(tags::PATIENT_ID) })
    }

    /// The segment with a label, a Tracking UID, a Tracking ID or a number, in this order.
    ///
    /// # Errors
    /// `Region`: there is none, or there are several.
    pub fn pick(&self, which: &str) -> Result<&Segment, Fault> {
        let ways: [fn(&Segment) -> Option<String>; 4] = [
            |segment| Some(segment.label.clone()),
            |segment| segment.tracking_uid.clone(),
            |segment| segment.tracking_id.clone(),
            |segment| Some(segment.number.to_string()),
        ];
        let numbers = |found: &mut dyn Iterator<Item = &Segment>| {
            found.map(|segment| segment.number.to_string()).collect::<Vec<_>>().join(", ")
        };
        for way in ways {
            let fits = |segment: &&Segment| way(segment).as_deref() == Some(which);
            let mut fitting = self.segments.iter().filter(fits);
            match (fitting.next(), fitting.next()) {
                (Some(one), None) => return Ok(one),
                (None, _) => (),
                (Some(_), Some(_)) => {
                    let found = numbers(&mut self.segments.iter().filter(fits));
                    return Err(Fault::of(
                        FaultKind::Region,
                        format!("several segments are called so: numbers {found}"),
                    ));
                }
            }
        }
        let all = numbers(&mut self.segments.iter());
        let fact = format!("no segment is called so or has this number (there are: {all})");
        Err(Fault::of(FaultKind::Region, fact))
    }

    /// Voxels of each segment over all frames, on slices or not.
    ///
    /// # Errors
    /// Those of coded pixels.
    pub fn counts(&self) -> Result<BTreeMap<u32, u64>, Fault> {
        let mut counts: BTreeMap<i64, u64> = BTreeMap::new();
        for frame in 0..self.frames.count() {
            // Pixels of a segment lie side by side: the map is asked where they end.
            let mut run = (0, 0);
            self.frames.each(frame, |number, _| {
                if number == run.0 {
                    run.1 += 1;
                } else {
                    *counts.entry(run.0).or_default() += run.1;
                    run = (number, 1);
                }
            })?;
            *counts.entry(run.0).or_default() += run.1;
        }
        let of = |segment: &Segment| counts.get(&i64::from(segment.number)).copied().unwrap_or(0);
        Ok(self.segments.iter().map(|segment| (segment.number, of(segment))).collect())
    }

    /// A segment on a grid.
    ///
    /// # Errors
    /// `Frame`: the segmentation lies in another frame of reference than the images, whose UID is given; `Region`: no
    /// frame that holds voxels of it lies on a slice; and those of [`Segments::place`].
    pub fn mask(&self, number: u32, grid: &Grid, images: &str) -> Result<Placed, Fault> {
        self.on(number, &Planes::of(grid), images)
    }

    /// The same on planes whose own positions are known.
    ///
    /// # Errors
    /// As [`Segments::mask`].
    pub fn on(&self, number: u32, planes: &Planes, images: &str) -> Result<Placed, Fault> {
        self.check_frame(images)?;
        let placed = self.place(number, planes)?;
        if placed.frames_off > 0 && !placed.mask.contains(&1) {
            let fact = format!("none of the segment's {} frames lies on a slice", placed.frames_off);
            return Err(Fault::of(FaultKind::Region, fact));
        }
        Ok(placed)
    }

    /// Whether it lies in the frame of reference of images, whose UID is given.
    ///
    /// # Errors
    /// `Frame`: it does not.
    pub fn check_frame(&self, images: &str) -> Result<(), Fault> {
        let own = self.root.text(tags::FRAME_OF_REFERENCE_UID);
        if own.is_some_and(|own| same_frame(self.root, &own, images)) {
            return Ok(());
        }
        Err(Fault::of(
            FaultKind::Frame,
            "the segmentation lies in another frame of reference than the images",
        ))
    }

    /// A segment on planes, whatever the frame of reference says.
    ///
    /// # Errors
    /// `Region`: no segment has the number; those of coded pixels.
    pub fn place(&self, number: u32, planes: &Planes) -> Result<Placed, Fault> {
        if !self.segments.iter().any(|segment| segment.number == number) {
            return Err(Fault::of(FaultKind::Region, format!("no segment has the number {number}")));
        }
        let wanted = i64::from(number);
        let pixels = planes.pixels();
        let mut placed =
            Placed { mask: vec![0; pixels.saturating_mul(planes.count())], voxels_off: 0, frames_off: 0 };
        for frame in 0..self.frames.count() {
            if self.frames.segment(frame)?.is_some_and(|of| of != wanted) {
                continue;
            }
            let plane = self.frames.pose(frame).and_then(|pose| planes.find(self.frames.size, &pose));
            let slice = plane.and_then(|plane| placed.mask.get_mut(plane * pixels..)?.get_mut(..pixels));
            if let Some(slice) = slice {
                self.frames.each(frame, |of, pixel| {
                    if let Some(voxel) = slice.get_mut(pixel).filter(|_| of == wanted) {
                        *voxel = 1;
                    }
                })?;
            } else {
                let mut off = 0;
                self.frames.each(frame, |of, _| off += u64::from(of == wanted))?;
                placed.voxels_off += off;
                placed.frames_off += usize::from(off > 0);
            }
        }
        Ok(placed)
    }
}
