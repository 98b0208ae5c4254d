//! The parts of the page, one file each, in the order in which they stand.

use std::collections::BTreeMap;

use crate::record::{MaskSource, RoiRole};
use crate::visit::Structure;

use super::headline::Deciding;
use super::input::{RunReport, VisitView};

pub mod alignment;
pub mod banner;
pub mod fit;
pub mod headlines;
pub mod methods;
mod other_ways;
pub mod provenance;
pub mod regions;
pub mod response;
pub mod table;
pub mod unanswered;
pub mod values;
pub mod visits;

/// The contours of a region at a visit, the deciding one first, then by how much a person stands behind them.
fn contours_of<'a>(
    visit: &VisitView<'a>,
    roi: &str,
    deciding: Option<MaskSource>,
) -> Vec<(MaskSource, &'a Structure)> {
    let mut found: Vec<(MaskSource, &Structure)> =
        visit.structures.iter().filter(|s| s.name == roi).map(|s| (s.source, *s)).collect();
    found.sort_by_key(|(source, _)| (Some(*source) != deciding, *source));
    found
}

/// Names and roles of all regions with a contour anywhere, lesions first, else in the order of the visits.
fn regions<'a>(report: &RunReport<'a>) -> Vec<(&'a str, Option<RoiRole>)> {
    let mut names: Vec<(&str, Option<RoiRole>)> = Vec::new();
    let mut place: BTreeMap<&str, usize> = BTreeMap::new();
    for structure in report.visits.iter().flat_map(|v| &v.structures) {
        let at = *place.entry(&structure.name).or_insert_with(|| {
            names.push((&structure.name, structure.role));
            names.len() - 1
        });
        names[at].1 = names[at].1.or(structure.role);
    }
    names.sort_by_key(|(_, role)| *role != Some(RoiRole::Lesion));
    names
}

/// The lesion that the alignment's figures are centred on, with its deciding contour: the first lesion, else the
/// first region, that has voxels at the visit.
fn focus<'a>(report: &RunReport<'a>, deciding: &Deciding, visit: &VisitView<'a>) -> Option<&'a Structure> {
    regions(report).into_iter().find_map(|(name, _)| {
        let contours = contours_of(visit, name, deciding.source(visit.name, name));
        contours.into_iter().map(|(_, s)| s).find(|s| !s.mask.is_empty())
    })
}
