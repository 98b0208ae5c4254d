//! What every object that is written has in common: whose it is, UIDs made from content, and the bytes of the file.

mod decimal;
mod images;
mod patient;
mod uid;

use dicom_core::{DataElement, PrimitiveValue, Tag, VR};
use dicom_dictionary_std::tags;
use dicom_object::{FileMetaTableBuilder, InMemDicomObject};

pub use decimal::decimal;
pub use images::{Images, Reference};
pub(crate) use patient::hidden;
pub use patient::{Moment, Patient, Tracking, same_frame};
pub use uid::uid;

use crate::{Fault, FaultKind};

/// The character set of everything that is written: UTF-8 (PS3.3 C.12.1.1.2).
const UTF_8: &str = "ISO_IR 192";

/// How a region that is written came to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Made {
    /// Somebody drew it, or it is not known.
    #[default]
    Given,
    /// It was carried here from another visit and waits for a person. A region says so of itself in a fixed sentence,
    /// which it may keep while a person edits it.
    Carried,
}

impl Made {
    /// What a region that was carried says of itself.
    const CARRIED: &str = "Carried from another visit by delta";

    /// What is written as the description of a region.
    pub(crate) fn description(self) -> Option<&'static str> {
        (self == Self::Carried).then_some(Self::CARRIED)
    }

    /// What a region's description says.
    pub(crate) fn of(description: Option<&str>) -> Self {
        if description == Some(Self::CARRIED) { Self::Carried } else { Self::Given }
    }
}

/// Puts text into a set of attributes. Several values are parted by a backslash; an empty text is an empty value.
pub fn put(object: &mut InMemDicomObject, tag: Tag, vr: VR, text: &str) {
    let value = match text {
        "" => PrimitiveValue::Empty,
        text if text.contains('\\') && !matches!(vr, VR::ST | VR::LT | VR::UT) => {
            PrimitiveValue::Strs(text.split('\\').map(str::to_owned).collect())
        }
        text => PrimitiveValue::from(text),
    };
    object.put(DataElement::new(tag, vr, value));
}

/// Puts a short unsigned number (US).
pub fn put_short(object: &mut InMemDicomObject, tag: Tag, value: u16) {
    object.put(DataElement::new(tag, VR::US, PrimitiveValue::from(value)));
}

/// Puts a sequence.
pub fn put_items(object: &mut InMemDicomObject, tag: Tag, items: Vec<InMemDicomObject>) {
    object.put(DataElement::new(tag, VR::SQ, dicom_core::value::DataSetSequence::from(items)));
}

/// An item made by a closure.
pub fn item(fill: impl FnOnce(&mut InMemDicomObject)) -> InMemDicomObject {
    let mut object = InMemDicomObject::new_empty();
    fill(&mut object);
    object
}

/// An item with a code (PS3.3 8.8): value, scheme, meaning.
pub fn code([value, scheme, meaning]: [&str; 3]) -> InMemDicomObject {
    item(|object| {
        put(object, tags::CODE_VALUE, VR::SH, value);
        put(object, tags::CODING_SCHEME_DESIGNATOR, VR::SH, scheme);
        put(object, tags::CODE_MEANING, VR::LO, meaning);
    })
}

/// The SOP common module (PS3.3 C.12.1), but for the instance, which [`put_identity`] adds in the end.
pub fn put_common(object: &mut InMemDicomObject, class: &str) {
    put(object, tags::SPECIFIC_CHARACTER_SET, VR::CS, UTF_8);
    put(object, tags::SOP_CLASS_UID, VR::UI, class);
}

/// The equipment modules (PS3.3 C.7.5.1, C.7.5.2), all of whose attributes are required.
pub fn put_equipment(object: &mut InMemDicomObject) {
    put(object, tags::MANUFACTURER, VR::LO, "delta-radiomics");
    put(object, tags::MANUFACTURER_MODEL_NAME, VR::LO, "delta");
    put(object, tags::DEVICE_SERIAL_NUMBER, VR::LO, "0");
    put(object, tags::SOFTWARE_VERSIONS, VR::LO, env!("CARGO_PKG_VERSION"));
}

/// Puts the UIDs of instance and series, made from all else that the object holds: the same content has the same UIDs in
/// every run, other content has others.
///
/// # Errors
/// `Unwritable`: as [`part10`].
pub fn put_identity(object: &mut InMemDicomObject) -> Result<(), Fault> {
    let mut bytes = Vec::new();
    let syntax = dicom_transfer_syntax_registry::entries::IMPLICIT_VR_LITTLE_ENDIAN.erased();
    object.write_dataset_with_ts(&mut bytes, &syntax).map_err(|_| unwritable())?;
    put(object, tags::SOP_INSTANCE_UID, VR::UI, &uid(&[b"instance", &bytes]));
    put(object, tags::SERIES_INSTANCE_UID, VR::UI, &uid(&[b"series", &bytes]));
    Ok(())
}

/// The bytes of a file (PS3.10 7): preamble, file meta information, and the attributes in a transfer syntax.
/// Class and instance are taken from the attributes.
///
/// # Errors
/// `Unwritable`: a value that the syntax cannot hold.
pub fn part10(object: InMemDicomObject, syntax: &str) -> Result<Vec<u8>, Fault> {
    let meta = FileMetaTableBuilder::new()
        .transfer_syntax(syntax)
        .implementation_class_uid(uid(&[b"implementation"]))
        .implementation_version_name("DELTA");
    let file = object.with_meta(meta).map_err(|_| unwritable())?;
    let mut bytes = Vec::new();
    file.write_all(&mut bytes).map_err(|_| unwritable())?;
    Ok(bytes)
}

fn unwritable() -> Fault {
    Fault::of(FaultKind::Unwritable, "the object cannot be coded")
}

#[cfg(test)]
mod tests {
    use dicom_dictionary_std::uids;

    use super::*;

    #[test]
    fn a_file_is_read_back_and_the_same_object_gives_the_same_bytes() {
        let made = || {
            item(|object| {
                put_common(object, uids::SEGMENTATION_STORAGE);
                put_equipment(object);
                put(object, tags::PATIENT_NAME, VR::PN, "Läsion^Ω");
                put(object, tags::IMAGE_TYPE, VR::CS, "DERIVED\\PRIMARY");
                put_short(object, tags::ROWS, 7);
                put_items(object, tags::SEGMENT_SEQUENCE, vec![code(["1", "DCM", "one"])]);
                put_identity(object).unwrap();
            })
        };
        for syntax in [uids::IMPLICIT_VR_LITTLE_ENDIAN, uids::EXPLICIT_VR_LITTLE_ENDIAN] {
            let bytes = part10(made(), syntax).unwrap();
            assert_eq!(bytes, part10(made(), syntax).unwrap());
            assert_eq!(&bytes[128..132], b"DICM");
            let mut other = made();
            put_short(&mut other, tags::ROWS, 8);
            put_identity(&mut other).unwrap();
            assert_ne!(other.get(tags::SOP_INSTANCE_UID), made().get(tags::SOP_INSTANCE_UID));
            let back = dicom_object::from_reader(&bytes[..]).unwrap();
            let text = |tag| back.element(tag).unwrap().to_multi_str().unwrap().join("\\");
            assert_eq!(text(tags::PATIENT_NAME), "Läsion^Ω");
            assert_eq!(text(tags::IMAGE_TYPE), "DERIVED\\PRIMARY");
            assert_eq!(back.element(tags::ROWS).unwrap().to_int::<u16>().unwrap(), 7);
            assert_eq!(back.element(tags::SEGMENT_SEQUENCE).unwrap().items().unwrap().len(), 1);
        }
    }
}
