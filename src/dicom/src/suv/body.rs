//! Weight, and other sizes of a body that SUV may be related to.

use std::fmt;

use dicom_dictionary_std::tags;

use super::{Assumption, optional, refuse};
use crate::Fault;
use crate::file::Item;

/// What an SUV is related to (PS3.3 C.8.9.1.1.12, SUV Type).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Body weight.
    Weight,
    /// Lean body mass, after James with the factor 120 for men.
    Lean,
    /// Lean body mass, after James with the factor 128 for men.
    LeanJames128,
    /// Ideal body weight.
    Ideal,
    /// Body surface.
    Surface,
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl Measure {
    const ALL: [Self; 5] = [Self::Weight, Self::Lean, Self::LeanJames128, Self::Ideal, Self::Surface];

    /// DICOM's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Weight => "BW",
            Self::Lean => "LBM",
            Self::LeanJames128 => "LBMJAMES128",
            Self::Ideal => "IBW",
            Self::Surface => "BSA",
        }
    }

    pub(super) fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|measure| measure.word() == word)
    }
}

/// What another SUV is multiplied by to be one by body weight.
pub(super) struct Conversion {
    pub(super) factor: f64,
    pub(super) assumption: Option<Assumption>,
}

/// Patient Weight as it stands there, above zero.
pub(super) fn weight_kg(root: Item<'_>) -> Result<Option<f64>, Fault> {
    Ok(optional(root, tags::PATIENT_WEIGHT, "Patient Weight")?.filter(|weight| *weight > 0.0))
}

/// From a kind of SUV to the one by body weight.
///
/// # Errors
/// `Suv`: weight or height is missing, or the measure comes out at or below zero.
pub(super) fn conversion(root: Item<'_>, measure: Measure) -> Result<Conversion, Fault> {
    if measure == Measure::Weight {
        return Ok(Conversion { factor: 1.0, assumption: None });
    }
    let metres = optional(root, tags::PATIENT_SIZE, "Patient Size")?.filter(|height| *height > 0.0);
    let (Some(kg), Some(metres)) = (weight_kg(root)?, metres) else {
        return refuse(format!("SUV by {measure} needs weight and height to be converted"));
    };
    let sex = root.text(tags::PATIENT_SEX);
    let (male, female) = sizes(measure, kg, metres * 100.0);
    let (size, known) = match sex.as_deref() {
        Some("M") => (male, true),
        Some("F") => (female, true),
        _ => (f64::midpoint(male, female), false),
    };
    let factor = kg / size;
    if !(factor.is_finite() && factor > 0.0) {
        return refuse(format!("weight and height give no {measure} above zero"));
    }
    let assumption = match measure {
        Measure::Weight | Measure::Surface => None,
        _ if known => Some(Assumption::ConvertedFrom(measure)),
        _ => Some(Assumption::ConvertedFromMean(measure)),
    };
    Ok(Conversion { factor, assumption })
}

/// Of a man and of a woman: kilograms, or for the surface the number that kilograms are divided by to make g/cm2.
fn sizes(measure: Measure, kg: f64, cm: f64) -> (f64, f64) {
    let square = (kg / cm) * (kg / cm);
    match measure {
        Measure::Weight => (kg, kg),
        Measure::Lean => (1.10 * kg - 120.0 * square, 1.07 * kg - 148.0 * square),
        Measure::LeanJames128 => (1.10 * kg - 128.0 * square, 1.07 * kg - 148.0 * square),
        Measure::Ideal => (48.0 + 1.06 * (cm - 152.0), 45.5 + 0.91 * (cm - 152.0)),
        Measure::Surface => {
            // Du Bois and Du Bois 1916: square metres, here in thousandths of square centimetres.
            let square_metres = 0.007184 * cm.powf(0.725) * kg.powf(0.425);
            (square_metres * 10.0, square_metres * 10.0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_of_70_kg_and_170_cm_has_the_sizes_of_the_formulas() {
        let near = |a: (f64, f64), b: (f64, f64)| (a.0 - b.0).abs() < 1e-9 && (a.1 - b.1).abs() < 1e-9;
        let square = 4900.0 / 28_900.0;
        assert!(near(sizes(Measure::Lean, 70.0, 170.0), (77.0 - 120.0 * square, 74.9 - 148.0 * square)));
        assert!(near(sizes(Measure::Ideal, 70.0, 170.0), (67.08, 61.88)));
        let (surface, _) = sizes(Measure::Surface, 70.0, 170.0);
        assert!((surface - 18.097).abs() < 0.01, "{surface}");
    }
}
