//! The contours that a follow-up is measured in: those drawn there, and those of ours.

use super::request::Acceptance;
use super::scans::Scans;
use crate::geometry::{Fixed, Own};
use crate::jobs::align::Aligned;
use crate::labels::Mask;
use crate::propagate;
use crate::record::{MaskSource, Reason, RoiRole};
use crate::transform::Transform;
use crate::visit::{Structure, Visit};

/// A region may lose this share of its volume at the border of the follow-up before its values are undefined.
const MAY_LEAVE: f64 = 0.05;

/// A contour of ours at a follow-up.
#[derive(Clone, Debug)]
pub struct OurContour {
    /// Region, role, source and voxels on the follow-up's grid.
    pub structure: Structure,
    /// Why its values are undefined.
    pub trouble: Option<Reason>,
    /// Share of the baseline volume that has no counterpart in the follow-up's field of view.
    pub outside_fraction: f64,
    /// Volume at follow-up over volume at baseline by the transform alone.
    pub volume_ratio_jacobian: Option<f64>,
}

/// The role of a structure; roles are decided before contours are made.
pub fn role_of(structure: &Structure) -> RoiRole {
    structure.role.unwrap_or(RoiRole::Organ)
}

/// Every baseline region through the transform (`carried`), and lesions through the refined one (`followed`).
/// Regions known to be gone at follow-up are not carried; a followed contour that a person accepted is `accepted`.
pub fn ours(scans: &Scans, followup: &Visit, aligned: &Aligned, acceptance: Acceptance) -> Vec<OurContour> {
    let grid = followup.image.grid().in_frame::<Fixed>();
    let mut contours = Vec::new();
    for structure in &scans.baseline().structures {
        if followup.absent.contains(&structure.name) {
            continue;
        }
        let through = |transform: &Transform, source: MaskSource| {
            let carried = propagate::carry(&structure.mask.in_frame(), transform, &grid);
            OurContour {
                trouble: trouble(&carried.mask, carried.outside_fraction),
                outside_fraction: carried.outside_fraction,
                volume_ratio_jacobian: carried.volume_ratio_jacobian,
                structure: Structure {
                    name: structure.name.clone(),
                    role: structure.role,
                    source,
                    mask: carried.mask.in_frame::<Own>(),
                },
            }
        };
        contours.push(through(&aligned.transform, MaskSource::Carried));
        if let (RoiRole::Lesion, Some(followed)) = (role_of(structure), &aligned.followed) {
            let accepted = is_accepted(&structure.name, followup, acceptance);
            let source = if accepted { MaskSource::Accepted } else { MaskSource::Followed };
            contours.push(through(followed, source));
        }
    }
    contours
}

/// Whether a person accepted the contour of ours of this region.
pub fn is_accepted(region: &str, followup: &Visit, acceptance: Acceptance) -> bool {
    acceptance == Acceptance::All || followup.accept_contours.iter().any(|name| name == region)
}

fn trouble(mask: &Mask<Fixed>, outside_fraction: f64) -> Option<Reason> {
    if outside_fraction > MAY_LEAVE {
        Some(Reason::OutsideFieldOfView)
    } else {
        mask.is_empty().then_some(Reason::RoiVanished)
    }
}

/// All lesions of a visit as one mask; `None` where there is none.
pub fn lesions(visit: &Visit) -> Option<Mask> {
    visit.union(|structure| role_of(structure) == RoiRole::Lesion)
}
