//! When time starts, and who is left out by that.
//!
//! A delta is known at the follow-up scan alone. Who had the event or was lost before it never had one: to count their
//! time, or that of the others up to the scan, would give survivors' time to the delta (immortal time).

use super::error::AnalyzeFault;
use super::outcomes::{Happened, Outcomes};
use super::request::{Incorporated, LandmarkAsked};
use crate::record::analysis::{Landmark, TargetKind};

/// A unit that has features and an outcome.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Row of what was measured.
    pub measured: usize,
    /// Row of the outcomes.
    pub outcome: usize,
    /// Patient, and lesion where units are lesions, in words.
    pub name: String,
    /// Patient.
    pub subject: String,
    /// Day of the follow-up scan after the baseline, where known.
    pub scan_day: Option<f64>,
    /// Day of the landmark after the baseline; zero until it is set, and for a response.
    pub start: f64,
    /// What happened; days from baseline, from the landmark on once that is set.
    pub happened: Happened,
}

/// Who is left, and what was found on the way.
#[derive(Debug)]
pub struct Landmarked {
    /// Units that are left; the days of survival count from the landmark.
    pub kept: Vec<Candidate>,
    /// The rule, with those it left out.
    pub landmark: Landmark,
    /// Units that were left out, by why.
    pub left_out: Vec<(String, usize)>,
    /// What was overridden.
    pub overridden: Vec<String>,
}

/// Applies the landmark to units.
///
/// # Errors
/// Responses that were known on or before the scan, where that is not allowed; survival without the day of a scan,
/// where time starts there.
pub fn apply(
    candidates: Vec<Candidate>,
    outcomes: &Outcomes,
    asked: LandmarkAsked,
    incorporated: Incorporated,
) -> Result<Landmarked, AnalyzeFault> {
    match outcomes.target {
        TargetKind::Response => responses(candidates, outcomes, asked, incorporated),
        TargetKind::Survival => survival(candidates, asked),
    }
}

fn rule(asked: LandmarkAsked) -> String {
    match asked {
        LandmarkAsked::FollowupScan => "the follow-up scan of each patient".into(),
        LandmarkAsked::Day(day) => format!("day {day} after the baseline scan"),
        LandmarkAsked::Baseline => "none: time starts at the baseline scan".into(),
    }
}

fn patients<'a>(candidates: impl Iterator<Item = &'a Candidate>) -> usize {
    super::measured::count_patients(candidates.map(|candidate| candidate.subject.as_str()))
}

fn responses(
    candidates: Vec<Candidate>,
    outcomes: &Outcomes,
    asked: LandmarkAsked,
    incorporated: Incorporated,
) -> Result<Landmarked, AnalyzeFault> {
    let known = |candidate: &Candidate| outcomes.rows[candidate.outcome].known_day;
    let early = |candidate: &&Candidate| {
        known(candidate).zip(candidate.scan_day).is_some_and(|(known, scan)| known <= scan)
    };
    let incorporated_units: Vec<&Candidate> = candidates.iter().filter(early).collect();
    let mut overridden = Vec::new();
    if !incorporated_units.is_empty() {
        if incorporated == Incorporated::Refuse {
            let told = |candidate: &&Candidate| {
                let day = |day: Option<f64>| day.map_or_else(|| "?".into(), |day| day.to_string());
                format!(
                    "{} (known on day {}, scan on day {})",
                    candidate.name,
                    day(known(candidate)),
                    day(candidate.scan_day)
                )
            };
            return Err(AnalyzeFault::Incorporated {
                path: outcomes.path().to_owned(),
                patients: incorporated_units.iter().map(told).collect(),
            });
        }
        overridden.push(format!(
            "The response of {} patients was known on or before the follow-up scan, and is a target nevertheless \
             (--allow-incorporated).",
            patients(incorporated_units.iter().copied())
        ));
    }
    let unknown = |candidate: &&Candidate| known(candidate).is_none() || candidate.scan_day.is_none();
    let landmark = Landmark {
        rule: match asked {
            LandmarkAsked::FollowupScan => {
                "the follow-up scan of each patient: a response known by then is no target".into()
            }
            other => rule(other),
        },
        events_before: 0,
        lost_before: 0,
        incorporated: patients(incorporated_units.iter().copied()),
        unknown_day: patients(candidates.iter().filter(unknown)),
    };
    Ok(Landmarked { kept: candidates, landmark, left_out: Vec::new(), overridden })
}

fn survival(candidates: Vec<Candidate>, asked: LandmarkAsked) -> Result<Landmarked, AnalyzeFault> {
    let without_day: Vec<String> =
        candidates.iter().filter(|of| of.scan_day.is_none()).map(|of| of.name.clone()).collect();
    if asked == LandmarkAsked::FollowupScan && !without_day.is_empty() {
        return Err(AnalyzeFault::NoScanDay { missing: without_day, of: candidates.len() });
    }
    let unknown_day = patients(candidates.iter().filter(|of| of.scan_day.is_none()));
    let mut overridden = Vec::new();
    if asked == LandmarkAsked::Baseline {
        overridden.push(
            "No landmark (--no-landmark): time starts at the baseline, and the time that patients had to live to get \
             a follow-up scan is given to their deltas."
                .to_owned(),
        );
    }
    let (mut kept, mut events, mut lost, mut late) = (Vec::new(), Vec::new(), Vec::new(), 0);
    for mut candidate in candidates {
        let start = match asked {
            LandmarkAsked::FollowupScan => candidate.scan_day.unwrap_or(0.0),
            LandmarkAsked::Day(day) => day,
            LandmarkAsked::Baseline => 0.0,
        };
        if matches!(asked, LandmarkAsked::Day(day) if candidate.scan_day.is_some_and(|scan| scan > day)) {
            late += 1;
            continue;
        }
        let Happened::Survival { days, event } = candidate.happened else { continue };
        if days > start {
            candidate.happened = Happened::Survival { days: days - start, event };
            candidate.start = start;
            kept.push(candidate);
        } else if event {
            events.push(candidate);
        } else {
            lost.push(candidate);
        }
    }
    let landmark = Landmark {
        rule: rule(asked),
        events_before: patients(events.iter()),
        lost_before: patients(lost.iter()),
        incorporated: 0,
        unknown_day,
    };
    let left_out = [
        ("event on or before the landmark", events.len()),
        ("lost on or before the landmark", lost.len()),
        ("follow-up scan after the landmark", late),
    ];
    let left_out = left_out.into_iter().filter(|(_, n)| *n > 0).map(|(why, n)| (why.to_owned(), n)).collect();
    Ok(Landmarked { kept, landmark, left_out, overridden })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(name: &str, scan: Option<f64>, days: f64, event: bool) -> Candidate {
        Candidate {
            measured: 0,
            outcome: 0,
            name: name.into(),
            subject: name.into(),
            scan_day: scan,
            start: 0.0,
            happened: Happened::Survival { days, event },
        }
    }

    fn days(of: &Landmarked) -> Vec<(String, f64)> {
        let day = |candidate: &Candidate| match candidate.happened {
            Happened::Survival { days, .. } => (candidate.name.clone(), days),
            Happened::Response(_) => (candidate.name.clone(), f64::NAN),
        };
        of.kept.iter().map(day).collect()
    }

    #[test]
    fn time_starts_at_the_scan_and_who_is_gone_by_then_is_counted() {
        let all = || {
            vec![
                candidate("A", Some(50.0), 50.0, true),
                candidate("B", Some(50.0), 20.0, false),
                candidate("C", Some(60.0), 90.0, true),
            ]
        };
        let found = survival(all(), LandmarkAsked::FollowupScan).unwrap();
        assert_eq!(days(&found), [("C".to_owned(), 30.0)]);
        assert_eq!((found.landmark.events_before, found.landmark.lost_before), (1, 1));
        let found = survival(all(), LandmarkAsked::Day(55.0)).unwrap();
        assert!(found.kept.is_empty(), "the scan of C is after the landmark");
        assert_eq!(found.left_out.len(), 3);
        let found = survival(all(), LandmarkAsked::Baseline).unwrap();
        assert_eq!((found.kept.len(), found.overridden.len()), (3, 1));
    }

    #[test]
    fn without_the_day_of_the_scan_there_is_no_landmark() {
        let all = vec![candidate("A", None, 50.0, true)];
        let fault = survival(all.clone(), LandmarkAsked::FollowupScan).unwrap_err();
        assert!(matches!(fault, AnalyzeFault::NoScanDay { of: 1, .. }));
        let found = survival(all, LandmarkAsked::Day(10.0)).unwrap();
        assert_eq!((found.kept.len(), found.landmark.unknown_day), (1, 1));
    }
}
