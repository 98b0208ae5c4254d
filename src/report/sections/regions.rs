//! Each region at each visit, with its contours.

use maud::{Markup, html};

use super::contours_of;
use crate::report::figures::contours::{Region, by_visit};
use crate::report::headline::Deciding;
use crate::report::input::RunReport;
use crate::report::wording::region_list;

/// Regions that get pictures; the rest is named, so that the page stays small enough to send.
const MOST_REGIONS: usize = 12;

/// Pixels of a slice: smaller where there are many.
fn pixels(regions: usize) -> usize {
    match regions {
        0..=3 => 220,
        4..=6 => 170,
        _ => 120,
    }
}

/// The section.
pub fn regions(report: &RunReport, deciding: &Deciding) -> Markup {
    let all = super::regions(report);
    let (shown, left_out) = all.split_at(all.len().min(MOST_REGIONS));
    let most = pixels(shown.len() * report.visits.len() / 2);
    html! {
        section id="regions" {
            h2 { @if report.is_followed() { "Regions at each visit" } @else { "Regions" } }
            @if all.is_empty() { p.note { "No visit has a contour." } }
            @for (name, _) in shown { (region(report, deciding, name, most)) }
            @if !left_out.is_empty() {
                p.note {
                    "Left out to keep the page small: "
                    (region_list(&left_out.iter().map(|(name, _)| *name).collect::<Vec<_>>(), 8)) "."
                }
            }
        }
    }
}

fn region(report: &RunReport, deciding: &Deciding, name: &str, most: usize) -> Markup {
    let views: Vec<Region<crate::geometry::Own>> = report
        .visits
        .iter()
        .filter_map(|visit| {
            let contours = contours_of(visit, name, deciding.source(visit.name, name));
            (!contours.is_empty()).then(|| Region {
                name,
                visit: visit.name,
                modality: report.modality,
                image: visit.image,
                contours: contours.into_iter().map(|(s, structure)| (s, &structure.mask)).collect(),
            })
        })
        .collect();
    by_visit(&views, most)
}
