//! The dose that was injected, and how fast it decays.

use dicom_dictionary_std::tags;

use super::{Assumption, optional, refuse};
use crate::Fault;
use crate::file::Item;
use crate::nuclide;

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
    let nuclide = code.as_deref().and_then(nuclide::of_code_or_name);
    let Some(half_life) = nuclide.and_then(|nuclide| nuclide.half_life) else {
        return refuse("no half-life, nor the code of a nuclide that is known");
    };
    assumptions.push(Assumption::HalfLifeOfNuclide);
    Ok(Dose { becquerel, half_life })
}
