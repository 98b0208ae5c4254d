//! The moment that activities are stated for, and the time from injection to it.

use dicom_dictionary_std::tags;

use super::dose::{self, Dose};
use super::{Assumption, Reference, refuse};
use crate::Fault;
use crate::file::Item;
use crate::series::{Series, Slice, private};
use crate::time::{Moment, zone};

/// Times computed back from slices that differ by less, in seconds, are one.
const ONE_MOMENT: f64 = 5.0;
/// After so many half-lives nothing is left that could be measured: a time or date is wrong.
const HALF_LIVES: f64 = 10.0;
const GE: [&str; 1] = ["GEMS_PETD_01"];

/// How the dose at injection relates to the activities of each slice.
pub(super) struct Timed {
    /// What a slice is multiplied by to be related to the dose at injection.
    pub(super) growth: Vec<f64>,
    pub(super) reference: Reference,
    pub(super) uptake_minutes: Option<f64>,
}

/// Activities are decayed back to the injection: the dose is taken as it was.
pub(super) fn at_injection(slices: usize) -> Timed {
    Timed { growth: vec![1.0; slices], reference: Reference::Injection, uptake_minutes: None }
}

/// Activities are of one moment, the start of the scan.
///
/// # Errors
/// `Suv`: no times; an injection after the scan or more than ten half-lives before it.
pub(super) fn at_start(
    root: Item<'_>,
    series: &Series,
    dose: &Dose,
    assumptions: &mut Vec<Assumption>,
) -> Result<Timed, Fault> {
    let (moment, reference) = start(root, series, Some(dose))?;
    if reference != Reference::SeriesTime {
        assumptions.push(Assumption::SeriesTimeTooLate(reference));
    }
    let seconds = seconds_from_injection(root, moment, assumptions)?;
    plausible(seconds, dose)?;
    Ok(Timed {
        growth: vec![(dose.rate() * seconds).exp(); series.slices().len()],
        reference,
        uptake_minutes: Some(seconds / 60.0),
    })
}

/// Activities are as they were while each frame was taken: the mean over its duration.
///
/// # Errors
/// `Suv`: no times or durations; an injection after a frame or more than ten half-lives before it.
pub(super) fn at_frames(
    root: Item<'_>,
    series: &Series,
    dose: &Dose,
    assumptions: &mut Vec<Assumption>,
) -> Result<Timed, Fault> {
    let mut growth = Vec::with_capacity(series.slices().len());
    for slice in series.slices() {
        let Some(acquired) = slice.timing.acquired else { return refuse("no acquisition time") };
        let Some(duration) = duration(slice) else { return refuse("no Actual Frame Duration") };
        let mut assumed = Vec::new();
        let seconds = seconds_from_injection(root, acquired, &mut assumed)?;
        plausible(seconds, dose)?;
        assumptions.extend(assumed.into_iter().filter(|new| !assumptions.contains(new)).collect::<Vec<_>>());
        growth.push((dose.rate() * seconds).exp() / mean_left(dose.rate() * duration));
    }
    assumptions.push(Assumption::DecayFromFrameTimes);
    Ok(Timed { growth, reference: Reference::EachFrame, uptake_minutes: None })
}

/// Minutes from injection to the scan, as an acquisition's fact: to the reference where there is one, else to the
/// earliest acquisition. None where times are missing or make no sense.
pub(crate) fn uptake_minutes(series: &Series) -> Option<f64> {
    let header = series.header().ok()?;
    let root = header.root();
    let mut assumed = Vec::new();
    let dose = dose::dose(root, &mut assumed).ok();
    let at = match root.text(tags::DECAY_CORRECTION).as_deref() {
        Some("START") => start(root, series, dose.as_ref()).ok()?.0,
        _ => earliest(series)?,
    };
    let seconds = seconds_from_injection(root, at, &mut assumed).ok()?;
    // Longer than two days is no uptake of any tracer in use, but a date that was changed.
    let longest = dose.map_or(172_800.0, |dose| HALF_LIVES * dose.half_life);
    (0.0..=longest).contains(&seconds).then_some(seconds / 60.0)
}

fn plausible(seconds: f64, dose: &Dose) -> Result<(), Fault> {
    if seconds < 0.0 || seconds > HALF_LIVES * dose.half_life {
        return refuse(format!("the scan would be {:.0} min after the injection", seconds / 60.0));
    }
    Ok(())
}

fn earliest(series: &Series) -> Option<Moment> {
    series.slices().iter().filter_map(|slice| slice.timing.acquired).min()
}

/// The start of the scan. Series Date and Time are it, unless an acquisition began before: then the series was made
/// later from it. A computation back from the frames, always done, would be 11 % off on scanners that write one
/// acquisition time for all beds.
fn start(root: Item<'_>, series: &Series, dose: Option<&Dose>) -> Result<(Moment, Reference), Fault> {
    let date = root.text(tags::SERIES_DATE);
    let time = root.text(tags::SERIES_TIME);
    let stated = date.zip(time).and_then(|(date, time)| Moment::of(&date, &time));
    let earliest = earliest(series);
    match (stated, earliest) {
        (Some(stated), Some(earliest)) if stated > earliest => {}
        (Some(stated), _) => return Ok((stated, Reference::SeriesTime)),
        (None, _) => return refuse("no Series Date and Time"),
    }
    let scanner = private(root, 0x0009, 0x0D, &GE).and_then(|text| Moment::with_zone(&text));
    if let Some((moment, _)) = scanner {
        return Ok((moment, Reference::ScannerPrivate));
    }
    if let Some(moment) = dose.and_then(|dose| computed_back(series, dose)) {
        return Ok((moment, Reference::ComputedBack));
    }
    earliest
        .map_or_else(|| refuse("no acquisition time"), |moment| Ok((moment, Reference::EarliestAcquisition)))
}

/// Acquisition time + the time of the mean activity in the frame - Frame Reference Time, if all slices agree.
fn computed_back(series: &Series, dose: &Dose) -> Option<Moment> {
    let of = |slice: &Slice| {
        let (acquired, reference) = (slice.timing.acquired?, slice.timing.reference_ms?);
        let rate = dose.rate();
        let mean_at = -mean_left(rate * duration(slice)?).ln() / rate;
        Some(acquired.later(mean_at - reference / 1000.0))
    };
    let moments: Option<Vec<Moment>> = series.slices().iter().map(of).collect();
    let moments = moments?;
    let (first, last) = (moments.iter().min()?, moments.iter().max()?);
    let spread = last.seconds_since(*first);
    (spread < ONE_MOMENT).then(|| first.later(spread / 2.0))
}

fn duration(slice: &Slice) -> Option<f64> {
    slice.timing.duration_ms.filter(|ms| *ms > 0.0).map(|ms| ms / 1000.0)
}

/// The mean activity during a frame as a share of that at its start; `decays` is rate times duration.
fn mean_left(decays: f64) -> f64 {
    -(-decays).exp_m1() / decays
}

/// Seconds from injection to a moment.
fn seconds_from_injection(
    root: Item<'_>,
    moment: Moment,
    assumptions: &mut Vec<Assumption>,
) -> Result<f64, Fault> {
    let tracer = dose::tracer(root)?;
    if let Some(text) = tracer.text(tags::RADIOPHARMACEUTICAL_START_DATE_TIME) {
        let Some((injected, injected_zone)) = Moment::with_zone(&text) else {
            return refuse("date and time of the injection are none");
        };
        let local = root.text(tags::TIMEZONE_OFFSET_FROM_UTC).and_then(|text| zone(&text));
        let shift = match (injected_zone, local) {
            (Some(injected), Some(local)) => injected - local,
            (Some(_), None) => {
                assumptions.push(Assumption::ZoneOfInjection);
                0
            }
            (None, _) => 0,
        };
        return Ok(moment.seconds_since(injected.later(-(shift as f64))));
    }
    let Some(time) = tracer.text(tags::RADIOPHARMACEUTICAL_START_TIME) else {
        return refuse("no time of injection");
    };
    let Some((injected, day_before)) = moment.last_at(&time) else {
        return refuse("the time of injection is none");
    };
    if day_before {
        assumptions.push(Assumption::InjectionDayBefore);
    }
    Ok(moment.seconds_since(injected))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_of_a_frame_lies_between_start_and_end() {
        assert!((mean_left(1e-9) - 1.0).abs() < 1e-9);
        // One half-life: (1 - 1/2) / ln 2.
        assert!((mean_left(std::f64::consts::LN_2) - 0.5 / std::f64::consts::LN_2).abs() < 1e-12);
    }
}
