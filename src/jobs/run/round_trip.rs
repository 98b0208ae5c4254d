//! An alignment checked by going another way: back from the baseline, and by the visit before.

use std::ops::Range;

use super::contours::{self, OurContour, role_of};
use super::pairs::PairResult;
use super::plan::Plan;
use super::scans::Scans;
use crate::geometry::{Fixed, Grid, Moving, World};
use crate::jobs::Progress;
use crate::jobs::align::{self, Lesions, Pair};
use crate::labels::Mask;
use crate::propagate;
use crate::record::{LoopQa, MaskSource, MissQa, Qa, RoiRole};
use crate::register::qa::round_trip::{OtherWay, add, no_way, reason};
use crate::register::qa::{self, QaThresholds};
use crate::register::{Given, RegisterError};
use crate::transform::Transform;
use crate::visit::Structure;

/// Registrations that are made of a pair where other ways are asked for: there, back, and to the visit before.
const PARTS: f64 = 3.0;

/// The end of one of these parts in the share of a pair.
pub fn part(share: &Range<f64>, n: u8) -> f64 {
    share.start + (share.end - share.start) * f64::from(n) / PARTS
}

/// Other ways of a pair, as far as they were asked for and there are any.
#[derive(Debug, Default)]
pub struct OtherWays {
    back: Option<Result<Transform, RegisterError>>,
    before: Option<Before>,
}

/// The way to the visit before.
#[derive(Debug)]
struct Before {
    visit: String,
    scan: Grid<Moving>,
    found: Result<Transform, RegisterError>,
}

impl OtherWays {
    /// Registers the pair the other way round, and the follow-up to the visit before.
    pub fn registered(
        pair: &Pair,
        given: &Given,
        plan: &Plan,
        scans: &Scans,
        done: &[PairResult],
        progress: &dyn Progress,
        share: &Range<f64>,
    ) -> Self {
        let parts = part(share, 1)..part(share, 2);
        let back = align::back(pair, given, &plan.registration, progress, parts);
        let before = done.last().map(|result| {
            let [visit, followup] = [done.len() - 1, done.len()].map(|n| &scans.followups()[n]);
            let parts = part(share, 2)..share.end;
            // The lesion of the visit before is left out as it is drawn, else as it was carried there.
            let lesion = contours::lesions(visit)
                .or_else(|| Mask::union(carried_lesions(&result.ours).map(|s| &s.mask)));
            let lesions = Lesions::new(lesion, contours::lesions(followup));
            let (given, which) = (lesions.given(visit, followup), format!("to {}: ", visit.name));
            let pair = Pair::of(visit, followup);
            Before {
                visit: visit.name.clone(),
                scan: visit.image.grid().in_frame(),
                found: align::other_way(&pair, &given, &plan.registration, &which, progress, parts),
            }
        });
        Self { back: Some(back), before }
    }

    /// The way back, where it was registered.
    pub fn back(&self) -> Option<&Transform> {
        self.back.as_ref()?.as_ref().ok()
    }

    /// Adds to the findings how far the body and each region miss by these ways.
    pub fn compare(
        &self,
        qa: &mut Qa,
        pair: &Pair,
        there: &Transform,
        ours: &[OurContour],
        thresholds: &QaThresholds,
        done: &[PairResult],
    ) {
        let regions: Vec<Vec<World<Fixed>>> =
            ours.iter().map(|c| propagate::points(&c.structure.mask.in_frame())).collect();
        let scan = pair.moving.grid();
        if let Some(back) = &self.back {
            align::compare_with_way_back(qa, pair, there, back, thresholds);
            if let Ok(back) = back {
                let miss = |points: &[_]| propagate::there_and_back(points, there, back, scan);
                for (roi, points) in qa.rois.iter_mut().zip(&regions) {
                    roi.both_ways_mm = miss(points);
                }
                at_lesions(qa, ours, OtherWay::Back, thresholds);
            }
        }
        let on = done.last().and_then(|result| result.alignment.as_ref()).map(|a| &a.aligned.transform);
        let (Some(before), Some(on)) = (&self.before, on) else { return };
        let way = OtherWay::By(&before.visit);
        let first = match &before.found {
            Ok(first) => first,
            Err(error) => return add(qa, no_way(way, error)),
        };
        let miss = |points: &[_]| propagate::by_way_of(points, (there, scan), (first, &before.scan), on);
        for (roi, points) in qa.rois.iter_mut().zip(&regions) {
            roi.loop_mm = miss(points);
        }
        if let Some(miss) = miss(&qa::body_points(&pair.fixed)) {
            if let Some(reason) = reason(way, None, &miss, thresholds) {
                add(qa, reason);
            }
            qa.loop_mm = Some(LoopQa { by_way_of: before.visit.clone(), miss });
        }
        at_lesions(qa, ours, way, thresholds);
    }
}

/// Adds a finding for each lesion that misses by too much: an organ is part of the body, and a lesion too small to be
/// seen in it. Both contours of a lesion go the same way, so that the carried one is enough.
fn at_lesions(qa: &mut Qa, ours: &[OurContour], way: OtherWay, thresholds: &QaThresholds) {
    for Structure { name, .. } in carried_lesions(ours) {
        let roi = qa.rois.iter().find(|r| r.name == *name && r.mask_source == MaskSource::Carried);
        let miss: Option<MissQa> =
            roi.and_then(|r| if way == OtherWay::Back { r.both_ways_mm } else { r.loop_mm });
        if let Some(reason) = miss.and_then(|miss| reason(way, Some(name), &miss, thresholds)) {
            add(qa, reason);
        }
    }
}

/// The carried contours of lesions.
fn carried_lesions(ours: &[OurContour]) -> impl Iterator<Item = &Structure> {
    let carried = ours.iter().map(|c| &c.structure).filter(|s| s.source == MaskSource::Carried);
    carried.filter(|s| role_of(s) == RoiRole::Lesion)
}
