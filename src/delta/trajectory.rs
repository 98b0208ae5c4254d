//! Three visits or more: the course of each feature.
//!
//! A trajectory rests on the same values as the deltas: the baseline, and of each follow-up the contour that decides.
//! What a delta refuses or cannot give, no trajectory through that visit gives either.

use std::collections::BTreeMap;

use super::contour::{LesionContour, deciding};
use crate::record::{DeltaRow, FeatureKey, Flags, Outcome, Reason, TrajectoryRow};
use crate::stats::trajectory::{area_above, ordinary_least_squares, theil_sen};

/// When a follow-up was.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FollowupDay<'a> {
    /// Name of the visit.
    pub visit: &'a str,
    /// Days since the baseline, where known.
    pub interval_days: Option<f64>,
}

/// The trajectories of a run, or why there are none.
#[derive(Clone, Debug, PartialEq)]
pub enum Trajectories {
    /// Two visits make a delta.
    TooFewVisits,
    /// The days of some visits are not known.
    UnknownDays,
    /// One row per region and feature.
    Rows(Vec<TrajectoryRow>),
}

/// The trajectories of all regions and features that have deltas, from the deltas of every follow-up.
pub fn trajectories(deltas: &[DeltaRow], contour: LesionContour, followups: &[FollowupDay]) -> Trajectories {
    if followups.len() < 2 {
        return Trajectories::TooFewVisits;
    }
    let days: Option<Vec<f64>> = followups.iter().map(|f| f.interval_days).collect();
    let Some(days) = days else { return Trajectories::UnknownDays };
    let mut courses: BTreeMap<(&str, &FeatureKey), Vec<Option<&DeltaRow>>> = BTreeMap::new();
    for row in deciding(deltas, contour) {
        if let Some(place) = followups.iter().position(|f| f.visit == row.followup_visit) {
            let course = courses.entry((&row.roi, &row.key)).or_insert_with(|| vec![None; days.len()]);
            course[place] = Some(row);
        }
    }
    Trajectories::Rows(courses.values().filter_map(|course| trajectory(course, &days)).collect())
}

/// One region and feature; `None` without any delta.
fn trajectory(course: &[Option<&DeltaRow>], days: &[f64]) -> Option<TrajectoryRow> {
    let any = course.iter().flatten().next()?;
    let mut flags = Flags::default();
    course.iter().flatten().for_each(|row| flags.join(&row.flags));
    let sources = course.iter().map(|row| row.and_then(|r| r.mask_source_followup));
    let shape = points(course, days).and_then(|points| Shape::of(&points));
    let slope = match shape {
        Ok(shape) if all_standardised(course) => Outcome::Value(shape.ols_slope),
        Ok(shape) => Outcome::NotStandardised(shape.ols_slope),
        Err(none) => none,
    };
    let shape = shape.ok();
    Some(TrajectoryRow {
        subject: any.subject.clone(),
        modality: any.modality,
        measurement_hash: any.measurement_hash.clone(),
        roi: any.roi.clone(),
        roi_role: any.roi_role,
        mask_sources: std::iter::once(any.mask_source_baseline).chain(sources).collect(),
        key: any.key.clone(),
        first_day: days.iter().copied().fold(0.0, f64::min),
        last_day: days.iter().copied().fold(0.0, f64::max),
        ols_slope_per_day: slope,
        ols_slope_se: shape.map(|s| s.ols_slope_se),
        theil_sen_slope_per_day: shape.map(|s| s.theil_sen_slope),
        auc_above_baseline: shape.map(|s| s.area_above_baseline),
        flags,
    })
}

/// Day and value of every visit, the baseline first; where one has no value, why: a refusal speaks before what is
/// undefined, an earlier visit before a later one.
fn points(course: &[Option<&DeltaRow>], days: &[f64]) -> Result<Vec<(f64, f64)>, Outcome> {
    let mut points = Vec::new();
    for (row, day) in course.iter().zip(days) {
        // A contour without a row is at neither visit of that pair, but at another follow-up.
        let row = row.filter(|row| row.absolute.value().is_some());
        let Some((baseline, followup)) = row.and_then(|row| row.baseline.zip(row.followup)) else {
            return Err(why_none(course));
        };
        if points.is_empty() {
            points.push((0.0, baseline));
        }
        points.push((*day, followup));
    }
    Ok(points)
}

fn why_none(course: &[Option<&DeltaRow>]) -> Outcome {
    let missing = Outcome::Undefined(Reason::RoiOnlyAtFollowup);
    let outcomes = || course.iter().map(|row| row.map_or(missing, |row| row.absolute));
    let refused = outcomes().find(|outcome| matches!(outcome, Outcome::Refused(_)));
    refused.or_else(|| outcomes().find(|outcome| outcome.value().is_none())).unwrap_or(missing)
}

fn all_standardised(course: &[Option<&DeltaRow>]) -> bool {
    course.iter().flatten().all(|row| matches!(row.absolute, Outcome::Value(_)))
}

/// The figures of one trajectory.
#[derive(Clone, Copy)]
struct Shape {
    ols_slope: f64,
    ols_slope_se: f64,
    theil_sen_slope: f64,
    area_above_baseline: f64,
}

impl Shape {
    /// From day and value, the baseline first. Undefined where all visits are of one day, or a figure overflows.
    fn of(points: &[(f64, f64)]) -> Result<Self, Outcome> {
        let none = Outcome::Undefined(Reason::ZeroDenominator);
        let (_, baseline) = *points.first().ok_or(none)?;
        let mut in_time = points.to_vec();
        in_time.sort_by(|a, b| a.0.total_cmp(&b.0));
        let line = ordinary_least_squares(&in_time).ok_or(none)?;
        let shape = Self {
            ols_slope: line.slope,
            ols_slope_se: line.slope_se.ok_or(none)?,
            theil_sen_slope: theil_sen(&in_time).ok_or(none)?.slope,
            area_above_baseline: area_above(&in_time, baseline),
        };
        let figures = [shape.ols_slope, shape.ols_slope_se, shape.theil_sen_slope, shape.area_above_baseline];
        if figures.iter().all(|f| f.is_finite()) { Ok(shape) } else { Err(none) }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::delta_row;
    use super::*;
    use crate::record::{Flag, MaskSource, RoiRole};

    const DAYS: [FollowupDay; 2] = [
        FollowupDay { visit: "t1", interval_days: Some(10.0) },
        FollowupDay { visit: "t2", interval_days: Some(40.0) },
    ];

    fn delta(visit: &str, source: MaskSource, followup: f64) -> DeltaRow {
        DeltaRow {
            followup_visit: visit.into(),
            followup: Some(followup),
            absolute: Outcome::Value(followup - 1.0),
            ..delta_row("lesion", RoiRole::Lesion, source, "stat_var")
        }
    }

    fn only(deltas: &[DeltaRow]) -> TrajectoryRow {
        let Trajectories::Rows(rows) = trajectories(deltas, LesionContour::Followed, &DAYS) else {
            panic!("three visits of known days")
        };
        let [row] = &rows[..] else { panic!("one feature of one region: {rows:?}") };
        row.clone()
    }

    #[test]
    fn three_visits_by_hand() {
        let row = only(&[delta("t1", MaskSource::Drawn, 3.0), delta("t2", MaskSource::Drawn, 3.0)]);
        // The doctest of stats::trajectory, its time times ten.
        assert!((row.ols_slope_per_day.value().unwrap() - 0.5 / 13.0).abs() < 1e-15);
        assert!((row.theil_sen_slope_per_day.unwrap() - 0.05).abs() < 1e-15);
        assert_eq!(row.auc_above_baseline, Some(70.0));
        assert_eq!((row.visits(), row.first_day, row.last_day), (3, 0.0, 40.0));
        assert_eq!(row.mask_source_words(), "drawn;drawn;drawn");
    }

    #[test]
    fn each_follow_up_gives_the_contour_that_decides_there() {
        let mut followed = delta("t2", MaskSource::Followed, 3.0);
        followed.flags.raise(Flag::Unconfirmed);
        let rows = [
            delta("t1", MaskSource::Carried, 90.0),
            delta("t1", MaskSource::Drawn, 3.0),
            delta("t2", MaskSource::Carried, 90.0),
            followed,
        ];
        let row = only(&rows);
        assert_eq!(row.mask_source_words(), "drawn;drawn;followed");
        assert_eq!(row.auc_above_baseline, Some(70.0));
        assert!(row.flags.has(&Flag::Unconfirmed));
    }

    #[test]
    fn a_visit_without_a_value_leaves_no_trajectory_and_says_why() {
        let flat = Outcome::Undefined(Reason::SingleGreyLevel);
        let failed = Outcome::Refused(Reason::QaFail);
        let first = DeltaRow { absolute: flat, ..delta("t1", MaskSource::Drawn, 3.0) };
        let second = DeltaRow { absolute: failed, ..delta("t2", MaskSource::Drawn, 3.0) };
        let row = only(&[first.clone(), delta("t2", MaskSource::Drawn, 3.0)]);
        assert_eq!((row.ols_slope_per_day, row.auc_above_baseline), (flat, None));
        assert_eq!(only(&[first, second]).ols_slope_per_day, failed, "a refusal speaks first");
        let row = only(&[delta("t2", MaskSource::Drawn, 3.0)]);
        assert_eq!(row.ols_slope_per_day, Outcome::Undefined(Reason::RoiOnlyAtFollowup));
        assert_eq!(row.mask_source_words(), "drawn;;drawn");
    }

    #[test]
    fn no_reference_in_the_standard_stays_said() {
        let open =
            DeltaRow { absolute: Outcome::NotStandardised(2.0), ..delta("t1", MaskSource::Drawn, 3.0) };
        let row = only(&[open, delta("t2", MaskSource::Drawn, 3.0)]);
        assert!(matches!(row.ols_slope_per_day, Outcome::NotStandardised(_)));
    }

    #[test]
    fn visits_count_in_the_order_of_their_days() {
        let turned = [DAYS[1], DAYS[0]];
        let rows = [delta("t1", MaskSource::Drawn, 3.0), delta("t2", MaskSource::Drawn, 5.0)];
        let Trajectories::Rows(other) = trajectories(&rows, LesionContour::Followed, &turned) else {
            panic!("three visits of known days")
        };
        assert_eq!(other, [only(&rows)]);
    }

    #[test]
    fn two_visits_or_unknown_days_give_none() {
        let rows = [delta("t1", MaskSource::Drawn, 3.0), delta("t2", MaskSource::Drawn, 3.0)];
        let of = |days: &[FollowupDay]| trajectories(&rows, LesionContour::Followed, days);
        assert_eq!(of(&DAYS[..1]), Trajectories::TooFewVisits);
        assert_eq!(
            of(&[DAYS[0], FollowupDay { visit: "t2", interval_days: None }]),
            Trajectories::UnknownDays
        );
        let same = DAYS.map(|day| FollowupDay { interval_days: Some(0.0), ..day });
        let Trajectories::Rows(rows) = of(&same) else { panic!("the days are known") };
        assert_eq!(rows[0].ols_slope_per_day, Outcome::Undefined(Reason::ZeroDenominator));
    }
}
