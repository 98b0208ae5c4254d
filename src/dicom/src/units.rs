//! What the values of a series mean.

use dicom_dictionary_std::tags;

use crate::Fault;
use crate::series::{Groups, Modality, Series};

/// What a value of a series means once it is rescaled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Units {
    /// Hounsfield units.
    Hounsfield,
    /// Hounsfield units, for it is CT; the files say that they do not know (Rescale Type `US`).
    LikelyHounsfield,
    /// Activity in Bq/mL.
    Activity,
    /// What depends on the scanner, or is not said in words that are known.
    Arbitrary,
}

/// What the values of a series mean, by its first slice. Rescale Type of CT is absent where it is HU (PS3.3
/// C.8.2.1.1.4); PET says it in Units (C.8.9.1.1.3).
///
/// # Errors
/// Those of [`Series::header`].
pub fn units(series: &Series) -> Result<Units, Fault> {
    let header = series.header()?;
    let root = header.root();
    Ok(match series.modality {
        Modality::Ct => {
            let frame = series.slices().first().map_or(0, |slice| slice.frame);
            let groups = Groups::of_frame(root, frame);
            let kind = groups.of(tags::PIXEL_VALUE_TRANSFORMATION_SEQUENCE, tags::RESCALE_TYPE);
            match kind.text(tags::RESCALE_TYPE).as_deref() {
                None | Some("HU") => Units::Hounsfield,
                Some("US") => Units::LikelyHounsfield,
                Some(_) => Units::Arbitrary,
            }
        }
        Modality::Pt if root.text(tags::UNITS).as_deref() == Some("BQML") => Units::Activity,
        _ => Units::Arbitrary,
    })
}
