//! The images that contours and segments lie on.

use dicom_core::VR;
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use super::{Patient, item, put, put_items};
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

impl Images {
    /// Checks that there is an image for each slice, and that the grid is one.
    ///
    /// # Errors
    /// `Unwritable`: it is not so.
    pub fn check(&self) -> Result<(), Fault> {
        let finite = self.grid.origin.iter().chain(self.grid.steps.as_flattened()).all(|v| v.is_finite());
        if self.slices.len() != self.grid.size[2] || self.grid.voxels() == 0 {
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
