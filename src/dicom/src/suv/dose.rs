//! The dose that was injected, and how fast it decays.

use dicom_dictionary_std::tags;

use super::{Assumption, optional, refuse};
use crate::Fault;
use crate::file::Item;

/// A dose.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dose {
    /// At injection.
    pub(super) becquerel: f64,
    /// In seconds.
    pub(super) half_life: f64,
}

impl Dose {
    /// Decays per second.
    pub(super) fn rate(&self) -> f64 {
        std::f64::consts::LN_2 / self.half_life
    }
}

/// Half-lives in seconds of nuclides by their code: SNOMED RT, SNOMED CT (PS3.16 CID 4020), and as they are also
/// written. Of carbon to fluorine as in the European Pharmacopoeia (5.7), of the others as the National Nuclear Data
/// Center has them, which is that table's source.
const HALF_LIVES: [([&str; 3], f64); 7] = [
    (["C-105A1", "40565003", "11C"], 1223.1),
    (["C-107A1", "21576001", "13N"], 597.9),
    (["C-B1038", "129504001", "15O"], 122.24),
    (["C-111A1", "77004003", "18F"], 6586.2),
    (["C-127A2", "3932008", "64Cu"], 45_723.6),
    (["C-131A3", "35337001", "68Ga"], 4062.6),
    (["C-168A4", "63360001", "89Zr"], 282_276.0),
];

/// The one item on the tracer.
///
/// # Errors
/// `Suv`: none, or several.
pub(super) fn tracer(root: Item<'_>) -> Result<Item<'_>, Fault> {
    match root.items(tags::RADIOPHARMACEUTICAL_INFORMATION_SEQUENCE).as_slice() {
        [one] => Ok(*one),
        several => refuse(format!("{} radiopharmaceuticals where one is needed", several.len())),
    }
}

/// The dose.
///
/// # Errors
/// `Suv`: no dose, no half-life nor the code of a nuclide that is known, several tracers.
pub(super) fn dose(root: Item<'_>, assumptions: &mut Vec<Assumption>) -> Result<Dose, Fault> {
    let tracer = tracer(root)?;
    let dose = optional(tracer, tags::RADIONUCLIDE_TOTAL_DOSE, "Radionuclide Total Dose")?;
    let Some(mut becquerel) = dose.filter(|dose| *dose > 0.0) else { return refuse("no dose") };
    if becquerel < 1e4 {
        becquerel *= 1e6;
        assumptions.push(Assumption::DoseInMegabecquerel);
    }
    let stated = optional(tracer, tags::RADIONUCLIDE_HALF_LIFE, "Radionuclide Half Life")?;
    if let Some(half_life) = stated.filter(|half_life| *half_life > 0.0) {
        return Ok(Dose { becquerel, half_life });
    }
    let code = tracer.item(tags::RADIONUCLIDE_CODE_SEQUENCE).and_then(|item| item.text(tags::CODE_VALUE));
    let Some((_, half_life)) =
        HALF_LIVES.iter().find(|(codes, _)| code.as_deref().is_some_and(|code| codes.contains(&code)))
    else {
        return refuse("no half-life, nor the code of a nuclide that is known");
    };
    assumptions.push(Assumption::HalfLifeOfNuclide);
    Ok(Dose { becquerel, half_life: *half_life })
}
