//! An alignment beside other ways of the same points: back again, and by the visit before.

use maud::{Markup, html};

use crate::record::{MaskSource, MissQa, Qa, QaRoi};
use crate::report::wording::{self, fixed};

/// What other ways say; nothing where none was asked for.
pub fn other_ways(qa: &Qa) -> Markup {
    if qa.both_ways_mm.is_none() && qa.loop_mm.is_none() {
        return html! {};
    }
    html! {
        h3 { "Other ways to the same place" }
        @if let Some(miss) = &qa.both_ways_mm {
            p {
                "There and back: the baseline was registered to the follow-up too, without a look at the way there. "
                (within(miss)) " of where it began. Two registrations that found the same tissue agree; that they agree "
                "is no proof, for both may err alike."
            }
        }
        @if let Some(way) = &qa.loop_mm {
            p {
                "By way of " (way.by_way_of) ": the follow-up was registered to the visit before too, and that one is \
                 aligned with the baseline. "
                (within(&way.miss)) " of where the direct way takes it. Where the two part, at least one of the three "
                "alignments is wrong there."
            }
        }
        (regions(qa))
    }
}

/// Where half and nearly all of the body end.
fn within(miss: &MissQa) -> String {
    let (median, p95) = (fixed(miss.median, 2), fixed(miss.p95, 2));
    format!("Half of the body ends within {median} mm, and 95 % within {p95} mm,")
}

/// The same at each region that was carried.
fn regions(qa: &Qa) -> Markup {
    let of_region = |r: &&QaRoi| {
        r.mask_source == MaskSource::Carried && (r.both_ways_mm.is_some() || r.loop_mm.is_some())
    };
    let rows: Vec<&QaRoi> = qa.rois.iter().filter(of_region).collect();
    let by = qa.loop_mm.as_ref().map(|way| &way.by_way_of);
    let cells = |miss: Option<&MissQa>| {
        let cell = |value: Option<f64>| value.map_or_else(|| "\u{2013}".to_owned(), |v| fixed(v, 2));
        html! { td.n { (cell(miss.map(|m| m.median))) } td.n { (cell(miss.map(|m| m.p95))) } }
    };
    html! {
        @if !rows.is_empty() {
            div.scroll tabindex="0" role="region" aria-label="Regions by other ways" {
                table.plain {
                    thead { tr {
                        th { "Region" }
                        th.n { "There and back, median (mm)" } th.n { "95 % within (mm)" }
                        @if let Some(by) = by { th.n { "By way of " (by) ", median (mm)" } th.n { "95 % within (mm)" } }
                    } }
                    tbody {
                        @for roi in rows {
                            tr {
                                th scope="row" { (wording::region(&roi.name)) }
                                (cells(roi.both_ways_mm.as_ref()))
                                @if by.is_some() { (cells(roi.loop_mm.as_ref())) }
                            }
                        }
                    }
                }
            }
        }
    }
}
