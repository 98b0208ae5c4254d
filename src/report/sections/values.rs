//! The values of a single visit, to sort and to search. Works as a plain table without scripts.

use maud::{Markup, html};

use super::table::{MOST_PRINTED, search};
use crate::record::{DeltaRow, RoiRole};
use crate::report::input::RunReport;
use crate::report::wording::{count, feature_name, number, typographic, unit};

/// The table, lesions first.
pub fn values(report: &RunReport) -> Markup {
    let mut rows: Vec<&DeltaRow> = report.deltas.iter().collect();
    rows.sort_by_key(|r| (r.roi_role != RoiRole::Lesion, &r.roi));
    let intensity = report.intensity_unit();
    let class = if rows.len() > MOST_PRINTED { "screen-only" } else { "printed" };
    html! {
        section id="deltas" {
            h2 { "All values" }
            @if rows.is_empty() { p.note { "There is none." } } @else {
                p {
                    (count(rows.len(), "row")) ", as in " code { "deltas.csv" } ", where every delta says "
                    code { "no_follow_up" } ". Why a value is missing stands in " code { "features.csv" } "."
                }
                @if rows.len() > MOST_PRINTED {
                    p.print-only { "The table is too long for paper: it is the file features.csv." }
                }
                div class=(class) {
                    (search())
                    div.scroll.tall tabindex="0" role="region" aria-label="All values" {
                        table.deltas id="delta-table" {
                            thead { tr {
                                th scope="col" { "Region" }
                                th scope="col" { "Feature" }
                                th.n scope="col" { "Value" }
                                th scope="col" { "Unit" }
                            } }
                            tbody { @for row in rows { (line(row, intensity)) } }
                        }
                    }
                }
            }
        }
    }
}

fn line(row: &DeltaRow, intensity: &str) -> Markup {
    html! {
        tr {
            td { (row.roi) @if let Some(source) = row.mask_source_baseline { small { (source) } } }
            td { (feature_name(&row.key)) small { (row.key.feature) " " (row.key.aggregation_word()) } }
            td.n { (row.baseline.map_or_else(String::new, |v| typographic(&number(v)))) }
            td { span.unit { (unit(&row.key.feature, intensity)) } }
        }
    }
}
