//! Contours of ours in repeats that lack a region: those of the first repeat that has any, by registration.

use super::plan::Plan;
use crate::jobs::align::{self, Lesions, Pair};
use crate::jobs::run::Acceptance;
use crate::jobs::run::contours::{self, OurContour, role_of};
use crate::jobs::run::scans::Scans;
use crate::jobs::{Failure, Silent};
use crate::record::{MaskSource, QaVerdict, Reason, RoiRole};
use crate::visit::Visit;

/// The contours of ours on one repeat.
#[derive(Debug, Default)]
pub struct Made {
    /// Of the regions that the repeat lacks: followed for lesions, carried else.
    pub contours: Vec<OurContour>,
    /// The verdict on the alignment, where there was one.
    pub verdict: Option<QaVerdict>,
    /// What a reader must know.
    pub notes: Vec<String>,
}

/// Makes what is missing in each of a subject's repeats.
pub fn missing(visits: &[Visit], plan: &Plan) -> Result<Vec<Made>, Failure> {
    let Some(baseline) = visits.iter().find(|v| !v.structures.is_empty()) else {
        return Ok(visits.iter().map(|_| Made::default()).collect());
    };
    visits
        .iter()
        .map(|visit| if lacks(visit, baseline) { made(baseline, visit, plan) } else { Ok(Made::default()) })
        .collect()
}

/// Whether a region of the first drawn repeat is missing.
fn lacks(visit: &Visit, baseline: &Visit) -> bool {
    baseline.structures.iter().any(|s| !has(visit, &s.name) && !visit.absent.contains(&s.name))
}

fn has(visit: &Visit, name: &str) -> bool {
    visit.structures.iter().any(|s| s.name == name)
}

fn made(baseline: &Visit, visit: &Visit, plan: &Plan) -> Result<Made, Failure> {
    let pair = Pair::of(baseline, visit);
    let lesions = Lesions::new(contours::lesions(baseline), contours::lesions(visit));
    let registration = plan.protocol.register.resolve();
    let aligned = align::register(&pair, &lesions.given(baseline, visit), &registration, &Silent, 0.0..1.0)?;
    let subject = visit.subject.clone().unwrap_or_default();
    let name = format!("{subject}: {} -> {}", visit.name, baseline.name);
    let qa = align::assess(&pair, &aligned, &name, &[], &plan.protocol.qa);
    let scans = Scans { subject: visit.subject.clone(), visits: vec![baseline.clone()] };
    let mut ours = contours::ours(&scans, visit, &aligned, Acceptance::AsDeclared);
    ours.retain(|c| !has(visit, &c.structure.name) && is_best(c));
    let mut notes = Vec::new();
    match qa.verdict {
        QaVerdict::Fail => {
            for contour in &mut ours {
                contour.trouble = Some(Reason::QaFail);
            }
            notes
                .push(format!("{name}: the alignment failed its checks; what it would carry has no values."));
        }
        QaVerdict::Review => notes.push(format!("{name}: the alignment needs a look.")),
        QaVerdict::Pass => {}
    }
    Ok(Made { contours: ours, verdict: Some(qa.verdict), notes })
}

/// Of a lesion the followed contour counts, of anything else the carried one.
fn is_best(contour: &OurContour) -> bool {
    let is_lesion = role_of(&contour.structure) == RoiRole::Lesion;
    is_lesion != (contour.structure.source == MaskSource::Carried)
}
