//! What a series says of itself, in words that every part of the program knows.

use delta_dicom::acquisition::{self, acquisition};
use delta_dicom::series::{Modality as OfSeries, Series};
use delta_dicom::suv::Suv;
use delta_dicom::{Fault, Units as OfValues, units};
use serde::Serialize;

use crate::record::{Modality, Units};
use crate::visit::Acquisition;

/// What values a PET series is read as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PetValues {
    /// SUV by body weight.
    #[default]
    Suv,
    /// Activities as they are stored, usually in Bq/mL.
    Raw,
}

/// What a series says of itself.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SeriesFacts {
    /// By what it is called in lists (`--series`).
    pub label: String,
    /// Modality.
    pub modality: Modality,
    /// What a value means.
    pub units: Units,
    /// Number of slices.
    pub slices: usize,
    /// How the scan was made.
    pub acquisition: Acquisition,
    /// How activity became SUV, where it did.
    pub suv: Option<SuvFacts>,
    /// What is worth knowing though it is used, in sentences.
    pub warnings: Vec<String>,
}

/// How activity became SUV by body weight.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SuvFacts {
    /// Smallest and largest factor of a slice, in g/mL per unit of the image.
    pub factors: [f64; 2],
    /// The moment that activities are stated for, by the attribute that says it.
    pub reference: Option<String>,
    /// Minutes from injection to that moment.
    pub uptake_min: Option<f64>,
    /// What had to be assumed.
    pub assumptions: Vec<String>,
}

impl SeriesFacts {
    /// Of a series whose values are read as `suv` says; none leaves them as they are.
    pub fn of(series: &Series, suv: Option<&Suv>) -> Result<Self, Fault> {
        let modality = modality(series.modality);
        let mut warnings: Vec<String> = series.warnings.iter().map(|w| sentence(&w.to_string())).collect();
        let units = match (suv, units(series)?) {
            (Some(_), _) => Units::Suv,
            (None, OfValues::Hounsfield) => Units::Hu,
            (None, OfValues::LikelyHounsfield) => {
                warnings.push(
                    "The files say that their unit is not specified (Rescale Type US): taken as \
                               Hounsfield units, for it is CT."
                        .into(),
                );
                Units::Hu
            }
            (None, OfValues::Activity) => Units::BqMl,
            (None, OfValues::Arbitrary) => Units::Arbitrary,
        };
        Ok(Self {
            label: series.label.clone(),
            modality,
            units,
            slices: series.slices().len(),
            acquisition: of_visit(acquisition(series)?),
            suv: suv.map(SuvFacts::of),
            warnings,
        })
    }

    /// All that a reader of the result should know, in sentences.
    pub fn notes(&self) -> Vec<String> {
        self.suv.iter().map(SuvFacts::sentence).chain(self.warnings.iter().cloned()).collect()
    }
}

impl SuvFacts {
    fn of(suv: &Suv) -> Self {
        let least = suv.factors.iter().copied().fold(f64::INFINITY, f64::min);
        let most = suv.factors.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        Self {
            factors: [least, most],
            reference: suv.reference.map(|reference| reference.to_string()),
            uptake_min: suv.uptake_minutes,
            assumptions: suv.assumptions.iter().map(ToString::to_string).collect(),
        }
    }

    fn sentence(&self) -> String {
        let [least, most] = self.factors;
        let factor =
            if least == most { format!("{least:.6e}") } else { format!("{least:.6e} to {most:.6e}") };
        let stated =
            self.reference.iter().map(|reference| format!("; activities are stated for {reference}"));
        let uptake = self.uptake_min.map(|minutes| format!(", {minutes:.1} min after injection"));
        let assumed =
            (!self.assumptions.is_empty()).then(|| format!("; assumed: {}", self.assumptions.join("; ")));
        let told: String = stated.chain(uptake).chain(assumed).collect();
        format!("SUV by body weight: values times {factor} g/mL{told}.")
    }
}

/// The modality in the program's words.
pub fn modality(of: OfSeries) -> Modality {
    match of {
        OfSeries::Ct => Modality::Ct,
        OfSeries::Mr => Modality::Mr,
        OfSeries::Pt => Modality::Pt,
        OfSeries::Nm => Modality::Nm,
        OfSeries::Other => Modality::Ot,
    }
}

fn of_visit(found: acquisition::Acquisition) -> Acquisition {
    Acquisition {
        kernel: found.kernel,
        slice_thickness_mm: found.slice_thickness_mm,
        kvp: found.kvp,
        contrast_phase: found.contrast.map(|contrast| contrast.word().to_owned()),
        sequence: found.sequence,
        te_ms: found.te_ms,
        tr_ms: found.tr_ms,
        ti_ms: found.ti_ms,
        field_t: found.field_t,
        tracer: found.tracer.map(str::to_owned),
        uptake_min: found.uptake_min,
        manufacturer: found.manufacturer.map(str::to_owned),
        model: None,
        site: None,
    }
}

/// Words as a sentence.
pub fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}
