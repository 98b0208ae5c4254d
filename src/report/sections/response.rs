//! How the lesions responded by each criterion, where there are lesions.

use maud::{Markup, html};

use crate::delta::response::SCOPE;
use crate::record::{Flag, ResponseCriterion, ResponseRow};
use crate::report::input::RunReport;
use crate::report::wording::{count, number, sentence, signed_percent};

/// The section.
pub fn response(report: &RunReport) -> Markup {
    let rows = report.responses;
    html! {
        @if !rows.is_empty() {
            section id="response" {
                h2 { "Response by size" }
                p.note {
                    "RECIST 1.1: sum of the lesions' longest axial diameters (mm); volumetric: sum of their volumes (mm\u{b3}). "
                    (SCOPE) "."
                }
                div.scroll tabindex="0" role="region" aria-label="Response by size" {
                    table.plain {
                        thead {
                            tr {
                                th { "Follow-up" } th { "Criterion" } th.n { "Lesions" } th.n { "Baseline" }
                                th.n { "Nadir" } th.n { "Now" } th.n { "From baseline" } th.n { "From nadir" }
                                th { "Category" }
                            }
                        }
                        tbody { @for row in rows { (line(row)) } }
                    }
                }
            }
        }
    }
}

fn line(row: &ResponseRow) -> Markup {
    let share = |percent: Option<f64>| percent.map_or_else(String::new, |p| signed_percent(p / 100.0));
    html! {
        tr {
            td { (row.followup_visit) }
            td { (row.criterion.name()) }
            td.n { (lesions(row)) }
            td.n { (size(row.criterion, row.baseline)) }
            td.n { (size(row.criterion, row.nadir)) }
            td.n { (size(row.criterion, row.size.value())) }
            td.n { (share(row.percent_from_baseline())) }
            td.n { (share(row.percent_from_nadir())) }
            td { (category(row)) }
        }
    }
}

fn lesions(row: &ResponseRow) -> String {
    match row.new_lesions {
        0 => row.lesions.to_string(),
        new => format!("{}, {new} new", row.lesions),
    }
}

fn size(criterion: ResponseCriterion, size: Option<f64>) -> String {
    size.map_or_else(String::new, |size| {
        format!("{} {}", number(size), criterion.unit().replace('3', "\u{b3}"))
    })
}

/// The category, or why there is none; marked where nobody looked at a contour that it rests on.
fn category(row: &ResponseRow) -> Markup {
    html! {
        @match row.category {
            Ok(category) => { (category.word()) " " small { (category.name()) } }
            Err(reason) => { "not determined" small { (sentence(reason.sentence())) } }
        }
        @if row.category.is_ok() && row.new_lesions > 0 {
            small { (count(row.new_lesions, "new lesion")) }
        }
        @if row.flags.has(&Flag::Unconfirmed) {
            small { "unconfirmed: nobody has looked at a contour that this rests on; its size is the registration's" }
        }
    }
}
