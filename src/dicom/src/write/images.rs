//! The images that contours and segments lie on.

use dicom_core::VR;
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use super::{Patient, item, put, put_items};
use crate::series::{Series, Slice};
use crate::{Fault, FaultKind, Grid};

/// A series of images as objects refer to it.
#[derive(Clone, Debug)]
pub struct Images {
    /// Where its voxels are.
    pub grid: Grid,
    /// UID of the series.
    pub series: String,
    /// Of each slice (k), the image.
    pub slices: Vec<Reference>,
    /// Of each slice the centre of its first voxel, where that is known better than by the grid: real slices leave it a
    /// little, and other programs look for an image at the very place that is written.
    pub origins: Option<Vec<[f64; 3]>>,
}

/// An image, or a frame of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// UID of its class.
    pub class: String,
    /// UID of the image.
    pub instance: String,
    /// The frame from 1, where the image has several.
    pub frame: Option<u32>,
}

impl Reference {
    fn of(slice: &Slice) -> Self {
        Self {
            class: slice.sop_class.to_string(),
            instance: slice.sop.to_string(),
            // Frames are counted from 1 (PS3.3 C.7.6.16).
            frame: slice.of_many.then(|| u32::try_from(slice.frame + 1).unwrap_or(u32::MAX)),
        }
    }
}

impl Images {
    /// Those of a series.
    ///
    /// # Errors
    /// As [`Series::grid`].
    pub fn of(series: &Series) -> Result<Self, Fault> {
        Ok(Self {
            grid: series.grid()?.clone(),
            series: series.uid.clone(),
            slices: series.slices().iter().map(Reference::of).collect(),
            origins: series.slices().iter().map(|slice| Some(slice.place?.position)).collect(),
        })
    }

    /// A point of a slice, which may lie between voxels: column and row.
    pub fn point(&self, [x, y]: [f64; 2], slice: usize) -> [f64; 3] {
        let known = self.origins.as_ref().and_then(|origins| origins.get(slice));
        let origin = known.copied().unwrap_or_else(|| self.grid.point([0.0, 0.0, slice as f64]));
        let [i, j, _] = self.grid.steps;
        std::array::from_fn(|axis| origin[axis] + x * i[axis] + y * j[axis])
    }

    /// Checks that there is an image for each slice, and that the grid is one.
    ///
    /// # Errors
    /// `Unwritable`: it is not so.
    pub fn check(&self) -> Result<(), Fault> {
        let origins = self.origins.as_deref().unwrap_or_default().as_flattened();
        let numbers = self.grid.origin.iter().chain(self.grid.steps.as_flattened()).chain(origins);
        let finite = numbers.copied().all(f64::is_finite);
        let placed = self.origins.as_ref().is_none_or(|origins| origins.len() == self.slices.len());
        if self.slices.len() != self.grid.size[2] || self.grid.voxels() == 0 || !placed {
            return Err(Fault::of(FaultKind::Unwritable, "the series has not one image for each slice"));
        }
        if !finite || self.grid.voxel_volume() <= 0.0 {
            return Err(Fault::of(FaultKind::Unwritable, "the series has no grid"));
        }
        Ok(())
    }

    /// The image of a slice, as it is referred to: class, instance, and the frame where it has several.
    pub fn put_reference(&self, object: &mut InMemDicomObject, slice: usize, patient: &Patient) {
        let Some(image) = self.slices.get(slice) else { return };
        put(object, tags::REFERENCED_SOP_CLASS_UID, VR::UI, &image.class);
        put(object, tags::REFERENCED_SOP_INSTANCE_UID, VR::UI, &patient.uid(&image.instance));
        if let Some(frame) = image.frame {
            put(object, tags::REFERENCED_FRAME_NUMBER, VR::IS, &frame.to_string());
        }
    }

    /// Class and instance of each image once, without frames.
    pub fn instances(&self, patient: &Patient) -> Vec<InMemDicomObject> {
        let mut distinct: Vec<&Reference> = Vec::new();
        let mut seen = std::collections::BTreeSet::new();
        distinct.extend(self.slices.iter().filter(|image| seen.insert(&image.instance)));
        let one = |image: &Reference| {
            item(|object| {
                put(object, tags::REFERENCED_SOP_CLASS_UID, VR::UI, &image.class);
                put(object, tags::REFERENCED_SOP_INSTANCE_UID, VR::UI, &patient.uid(&image.instance));
            })
        };
        distinct.into_iter().map(one).collect()
    }

    /// The module that lists what an object refers to (PS3.3 C.12.2).
    pub fn put_instance_references(&self, object: &mut InMemDicomObject, patient: &Patient) {
        let series = item(|object| {
            put_items(object, tags::REFERENCED_INSTANCE_SEQUENCE, self.instances(patient));
            put(object, tags::SERIES_INSTANCE_UID, VR::UI, &patient.uid(&self.series));
        });
        put_items(object, tags::REFERENCED_SERIES_SEQUENCE, vec![series]);
    }
}
