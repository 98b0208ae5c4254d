//! From activity to SUV by body weight: `activity * weight / dose`, the dose decayed to the moment that the activity
//! is stated for.
//!
//! What moment that is differs between scanners and is the largest error of conversions (up to 32 %): it is named in
//! the result, and so is everything that had to be assumed. Rules as in the standard (PS3.3 C.8.9.1) and in the manual
//! of the Image Biomarker Standardisation Initiative's SUV reference objects, which all come out; where files of real
//! scanners contradict the latter, the files win (module `reference`).

mod body;
mod dose;
mod reference;

use std::fmt;

use dicom_dictionary_std::tags;

pub use body::Measure;
pub(crate) use reference::uptake_minutes;

use crate::file::Item;
use crate::series::{Series, Volume, number, private};
use crate::{Fault, FaultKind};

/// How a PET series becomes SUV by body weight.
#[derive(Clone, Debug, PartialEq)]
pub struct Suv {
    /// What the values of each slice are multiplied by, in the order of the slices: g per unit of the image.
    pub factors: Vec<f64>,
    /// The moment that activities are stated for; none where they are relative already.
    pub reference: Option<Reference>,
    /// Minutes from injection to that moment; none where the moment is the injection, or each frame's own.
    pub uptake_minutes: Option<f64>,
    /// What had to be assumed.
    pub assumptions: Vec<Assumption>,
}

/// The moment that activities are stated for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reference {
    /// Series Date and Time.
    SeriesTime,
    /// A private attribute of GE, (0009,100D), scan date and time.
    ScannerPrivate,
    /// Computed back from acquisition time, frame reference time and frame duration.
    ComputedBack,
    /// The earliest acquisition time.
    EarliestAcquisition,
    /// The injection (Decay Correction ADMIN).
    Injection,
    /// Each frame's own time: activities came without decay correction (NONE).
    EachFrame,
}

/// What had to be assumed to arrive at SUV.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assumption {
    /// The weight is in grams: it is over 1000.
    WeightInGrams,
    /// The dose is in MBq: it is below 10^4.
    DoseInMegabecquerel,
    /// The half-life is the one of the nuclide's code.
    HalfLifeOfNuclide,
    /// The injection was the day before: its time of day is later than the reference.
    InjectionDayBefore,
    /// The file names no zone: it is the one of the injection.
    ZoneOfInjection,
    /// The Series Time is later than an acquisition and stands for no reference.
    SeriesTimeTooLate(Reference),
    /// Decay was corrected here, from times and durations of frames.
    DecayFromFrameTimes,
    /// The image is another kind of SUV and was converted.
    ConvertedFrom(Measure),
    /// The same, by the mean of both formulas, for the sex is not known.
    ConvertedFromMean(Measure),
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SeriesTime => "SeriesTime",
            Self::ScannerPrivate => "GE private (0009,100D)",
            Self::ComputedBack => {
                "back-computed from AcquisitionTime, FrameReferenceTime, ActualFrameDuration"
            }
            Self::EarliestAcquisition => "earliest AcquisitionTime",
            Self::Injection => "injection",
            Self::EachFrame => "AcquisitionTime of each frame",
        })
    }
}

impl fmt::Display for Assumption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WeightInGrams => f.write_str("weight taken as grams"),
            Self::DoseInMegabecquerel => f.write_str("dose taken as MBq"),
            Self::HalfLifeOfNuclide => f.write_str("half-life from nuclide code"),
            Self::InjectionDayBefore => f.write_str("injection taken as the day before"),
            Self::ZoneOfInjection => f.write_str("time zone taken from the injection"),
            Self::SeriesTimeTooLate(reference) => {
                write!(f, "SeriesTime after AcquisitionTime; reference {reference}")
            }
            Self::DecayFromFrameTimes => f.write_str("decay correction applied from frame times"),
            Self::ConvertedFrom(measure) => write!(f, "converted from SUV {measure}"),
            Self::ConvertedFromMean(measure) => {
                write!(f, "converted from SUV {measure} with mean of male and female, sex not M or F")
            }
        }
    }
}

/// The factor that turns counts of Philips into SUV: (7053,1000).
const PHILIPS_SUV: u8 = 0x00;
/// The factor that turns counts of Philips into Bq/mL: (7053,1009).
const PHILIPS_ACTIVITY: u8 = 0x09;
const PHILIPS: [&str; 1] = ["Philips PET Private Group"];

/// A refusal.
pub(crate) fn refuse<T>(fact: impl Into<String>) -> Result<T, Fault> {
    Err(Fault::of(FaultKind::Suv, fact))
}

/// How a series becomes SUV by body weight.
///
/// # Errors
/// `Suv`: units, weight, dose, times or nuclide are missing or contradict each other. Those of [`Series::header`].
pub fn suv(series: &Series) -> Result<Suv, Fault> {
    let header = series.header()?;
    let root = header.root();
    if series.slices().iter().any(|slice| slice.rescale.intercept != 0.0) {
        return refuse("rescale intercept is not 0");
    }
    let slices = series.slices().len();
    let same = |factor: f64| Suv {
        factors: vec![factor; slices],
        reference: None,
        uptake_minutes: None,
        assumptions: Vec::new(),
    };
    match root.text(tags::UNITS).as_deref() {
        Some("GML") => relative(root, "BW", same),
        Some("CM2ML") => relative(root, "BSA", same),
        Some("BQML") => activity(root, series, 1.0),
        Some("CNTS") => match (philips(root, PHILIPS_SUV), philips(root, PHILIPS_ACTIVITY)) {
            (Some(factor), _) => Ok(same(factor)),
            (None, Some(factor)) => activity(root, series, factor),
            (None, None) => refuse("units are counts (CNTS), and no factor of Philips is there"),
        },
        Some(_) => refuse("units are none of BQML, GML, CM2ML and CNTS"),
        None => refuse("no units"),
    }
}

/// A series in SUV by body weight.
///
/// # Errors
/// Those of [`suv`] and of [`Series::volume`].
pub fn volume(series: &Series) -> Result<(Volume, Suv), Fault> {
    let suv = suv(series)?;
    Ok((series.volume_times(&suv.factors)?, suv))
}

/// A factor of Philips; zero means that there is none.
fn philips(root: Item<'_>, element: u8) -> Option<f64> {
    let value: f64 = private(root, 0x7053, element, &PHILIPS)?.split('\\').next()?.trim().parse().ok()?;
    (value.is_finite() && value > 0.0).then_some(value)
}

/// Images that are SUV already, of whatever kind.
fn relative(root: Item<'_>, usual: &str, same: impl Fn(f64) -> Suv) -> Result<Suv, Fault> {
    let word = root.text(tags::SUV_TYPE);
    let Some(measure) = Measure::of_word(word.as_deref().unwrap_or(usual)) else {
        return refuse("SUV Type is none that is known");
    };
    let converted = body::conversion(root, measure)?;
    Ok(Suv { assumptions: converted.assumption.into_iter().collect(), ..same(converted.factor) })
}

/// Images in Bq/mL once multiplied by `scale`.
fn activity(root: Item<'_>, series: &Series, scale: f64) -> Result<Suv, Fault> {
    let (mut grams, mut assumptions) = (body::weight_kg(root)?.unwrap_or(0.0) * 1000.0, Vec::new());
    if grams <= 0.0 {
        return refuse("no Patient Weight");
    }
    if grams > 1e6 {
        grams /= 1000.0;
        assumptions.push(Assumption::WeightInGrams);
    }
    let dose = dose::dose(root, &mut assumptions)?;
    let per_becquerel = grams * scale / dose.becquerel;
    let correction = root.text(tags::DECAY_CORRECTION);
    let timed = match correction.as_deref() {
        Some("ADMIN") => reference::at_injection(series.slices().len()),
        Some("START") => reference::at_start(root, series, &dose, &mut assumptions)?,
        Some("NONE") => reference::at_frames(root, series, &dose, &mut assumptions)?,
        Some(_) => return refuse("Decay Correction is none of START, ADMIN and NONE"),
        None => return refuse("no Decay Correction"),
    };
    Ok(Suv {
        factors: timed.growth.iter().map(|growth| per_becquerel * growth).collect(),
        reference: Some(timed.reference),
        uptake_minutes: timed.uptake_minutes,
        assumptions,
    })
}

/// A number that may be absent, but has to be one.
fn optional(item: Item<'_>, tag: dicom_core::Tag, name: &str) -> Result<Option<f64>, Fault> {
    number(item, tag, name).map_err(|fault| Fault::of(FaultKind::Suv, fault.fact))
}
